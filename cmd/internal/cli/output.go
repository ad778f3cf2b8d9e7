package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/term"

	"hybridaudit/audit"
	"hybridaudit/cmd/internal/aside"
	"hybridaudit/reports/document"
	"hybridaudit/reports/jsonfile"
	"hybridaudit/reports/terminal"
	"hybridaudit/reports/xlsx"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/file"
)

// format is a kind of report.
type format struct {
	name  string // as --format takes it
	file  string
	write func(context.Context, io.Writer, *document.Document) error
}

func formats() []format {
	return []format{
		{"xlsx", "report.xlsx", func(ctx context.Context, w io.Writer, d *document.Document) error {
			return xlsx.Write(ctx, w, d, xlsx.Options{})
		}},
		{"json", "findings.json", func(_ context.Context, w io.Writer, d *document.Document) error { return jsonfile.Write(w, d) }},
	}
}

func chosen(names []string) ([]format, error) {
	var all []string
	for _, f := range formats() {
		all = append(all, f.name)
	}
	var out []format
	for _, n := range names {
		i := slices.Index(all, strings.TrimSpace(n))
		if i < 0 {
			return nil, usage("--format %q: the formats are %s", n, strings.Join(all, ", "))
		}
		if !slices.ContainsFunc(out, func(f format) bool { return f.name == all[i] }) {
			out = append(out, formats()[i])
		}
	}
	if len(out) == 0 {
		return nil, usage("--format names none of the formats %s", strings.Join(all, ", "))
	}
	return out, nil
}

// folder makes an output folder that only its owner may read.
func folder(path string) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return exit(exitReport, fmt.Errorf("making the folder %s: %w", path, err))
	}
	return nil
}

// reports writes all reports aside and then puts them into place together, so that the folder never holds reports of two runs, and an interrupted run
// changes nothing.
func (a *app) reports(ctx context.Context, dir string, kinds []format, d *document.Document, extra ...*aside.File) ([]string, error) {
	ready := slices.Clone(extra)
	discard := func(err error) error {
		for _, f := range ready {
			err = errors.Join(err, f.Discard())
		}
		return err
	}
	for _, k := range kinds {
		f, err := aside.Write(filepath.Join(dir, k.file), func(w io.Writer) error { return k.write(ctx, stoppable{ctx, w}, d) })
		if err != nil {
			err = discard(err)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, exit(exitReport, err)
		}
		ready = append(ready, f)
	}
	for _, f := range ready {
		// The one fault of putting a file into its place that can be foreseen: found out later, it would leave reports of two runs side by side.
		if info, err := os.Lstat(f.Path()); err == nil && info.IsDir() {
			return nil, exit(exitReport, discard(fmt.Errorf("writing %s: there is a folder of that name", f.Path())))
		}
	}
	if ctx.Err() != nil {
		return nil, discard(ctx.Err())
	}
	a.placed = true
	var paths []string
	for i, f := range ready {
		if err := f.Commit(); err != nil {
			for _, rest := range ready[i+1:] {
				err = errors.Join(err, rest.Discard())
			}
			return nil, exit(exitReport, err)
		}
		paths = append(paths, f.Path())
	}
	return paths, nil
}

// stoppable fails writes after an interrupt, so that a long report ends at once.
type stoppable struct {
	ctx context.Context //nolint:containedctx // a writer has no other way to learn of it
	io.Writer
}

func (s stoppable) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.Writer.Write(p)
}

// summary prints the short result for people, or logs it.
func (a *app) summary(d *document.Document, paths []string) error {
	if a.quiet {
		return nil
	}
	if a.logFormat == "json" {
		h, n := d.Summary.Headline, d.Summary.BySeverity
		a.log.Info("reports written", "files", paths, "people", h.People, "clear", h.Clear, "affected", h.Affected, "notAssessed", h.NotAssessed,
			"critical", n[audit.Critical], "high", n[audit.High], "medium", n[audit.Medium], "low", n[audit.Low], "info", n[audit.Info])
		return nil
	}
	return terminal.Write(a.io.Err, d, terminal.Options{Colour: colour(a.io.Err), Width: width(a.io.Err), Files: paths})
}

// width is that of the terminal, 0 when the stream is none.
func width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// colour follows the convention of NO_COLOR.
func colour(w io.Writer) bool { return terminalStream(w) && os.Getenv("NO_COLOR") == "" }

// outcome turns a result into the exit code.
func (a *app) outcome(r *audit.Result, refused error) error {
	if refused != nil {
		return exit(exitSignIn, refused)
	}
	if gap := gaps(r); gap != "" && !a.allowPartial {
		return exit(exitIncomplete, errors.New(gap))
	}
	n := 0
	for i := range r.Findings {
		if r.Findings[i].Severity >= a.threshold {
			n++
		}
	}
	if n > 0 {
		a.say("%d findings at or above %s.", n, a.threshold)
		return exit(exitFindings, nil)
	}
	return nil
}

// unread lists what was not read completely, each cause once with all the datasets that it concerns.
func unread(s *evidence.Snapshot) []string {
	type cause struct {
		state  evidence.State
		reason string
	}
	var order []cause
	names := map[cause][]string{}
	for _, c := range s.Coverage() {
		if c.Optional || c.State != evidence.Partial && c.State != evidence.Failed {
			continue
		}
		k := cause{c.State, c.Reason}
		if names[k] == nil {
			order = append(order, k)
		}
		names[k] = append(names[k], string(c.Dataset))
	}
	var lines []string
	for _, k := range order {
		verb := "is"
		if len(names[k]) > 1 {
			verb = "are"
		}
		lines = append(lines, fmt.Sprintf("%s %s %s: %s", strings.Join(names[k], ", "), verb, k.state, k.reason))
	}
	return lines
}

// gaps says what was not read or not assessed, "" when nothing was.
func gaps(r *audit.Result) string {
	sets := unread(r.Evidence)
	rules := 0
	for _, o := range r.Outcomes {
		if (o.Status == audit.NotAssessed || o.Status == audit.Broken) && !o.Excused {
			rules++
		}
	}
	if len(sets) == 0 && rules == 0 {
		return ""
	}
	gap := fmt.Sprintf("incomplete: %d rules were not assessed", rules)
	if len(sets) > 0 {
		gap += "\n" + strings.Join(sets, "\n")
	}
	return gap
}

// saveEvidence writes an evidence file aside.
func saveEvidence(path string, s *evidence.Snapshot, o file.Options) (*aside.File, error) {
	o.Tool = "hybridaudit " + toolVersion()
	f, err := aside.Write(path, func(w io.Writer) error { return file.Write(w, s, o) })
	if err != nil {
		return nil, exit(exitReport, err)
	}
	return f, nil
}
