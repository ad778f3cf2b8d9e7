package imports

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/imports/clixml"
	"hybridaudit/sources/imports/plain"
	"hybridaudit/sources/imports/powershell"
)

// MaxExports is how many files of PowerShell output are read together.
const MaxExports = 1000

// ExportFile is a file with the output of a PowerShell command.
type ExportFile struct {
	File
	Source string // the tenant or forest that it is of, as the operator says; "" when nobody said
}

// ExportOptions say how files of PowerShell output are read.
type ExportOptions struct {
	Limits powershell.Limits
	// Progress is called now and then with the rows that a dataset has; expected is always -1. It is nil when nobody wants to know.
	Progress func(d evidence.Dataset, rows, expected int)
	// Log gets what was found in the files; nothing that names a person. Nil discards.
	Log *slog.Logger
}

// Export is the output of one command, out of one file or several. Which tenant or forest it is of may still be open: [Place] settles it.
type Export struct {
	Command Command
	Source  string         // as the operator said, "" when nobody did
	Tenant  directory.GUID // as the objects say, zero when they do not
	Files   []string
	Oldest  time.Time // modification times of the files
	Newest  time.Time
	Rows    int

	builder *evidence.Builder
	filling *exportFilling
}

// Exports reads files of PowerShell output: JSON, CSV or CliXml, told apart by their content. Files of one command and one source belong together. An error is an
// [*ExportError] or an error of the readers: it names the file and, where there is one, the line.
func Exports(ctx context.Context, files []ExportFile, o ExportOptions) ([]*Export, error) {
	if len(files) > MaxExports {
		return nil, fmt.Errorf("%d files of PowerShell output are too many: at most %d are read together", len(files), MaxExports)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Progress == nil {
		o.Progress = func(evidence.Dataset, int, int) {}
	}
	l := &exportLoading{options: o, byKey: map[exportKey]*Export{}}
	for _, f := range files {
		if err := l.file(ctx, f); err != nil {
			return nil, err
		}
	}
	for _, e := range l.all {
		e.Rows = e.filling.table.Rows()
	}
	return l.all, nil
}

// exportKey tells outputs apart that do not belong together.
type exportKey struct {
	dataset evidence.Dataset
	source  string
	tenant  directory.GUID
}

type exportLoading struct {
	options ExportOptions
	byKey   map[exportKey]*Export
	all     []*Export
}

// objectReader reads the objects of one form.
type objectReader interface {
	Next() (powershell.Object, error)
}

// sampled is how many objects are looked at before it is decided whose they are: whoever writes objects by hand leaves out what is null.
const sampled = 50

func (l *exportLoading) file(ctx context.Context, f ExportFile) (err error) {
	source, err := f.Open()
	if err != nil {
		return fmt.Errorf("opening %s: %w", f.Name, err)
	}
	defer func() {
		if fault := source.Close(); fault != nil && err == nil {
			err = fmt.Errorf("closing %s: %w", f.Name, fault)
		}
	}()
	in, form, err := l.reader(source, f.Name)
	if err != nil {
		return err
	}
	first, ended, err := firstObjects(in)
	if err != nil {
		return err
	}
	s := shapeOf(first)
	if csv, ok := in.(*powershell.CSVReader); ok {
		for _, name := range csv.Header() {
			s.properties[strings.ToLower(name)] = true
		}
	}
	var command Command
	switch hint, hinted := named(f.Name); {
	case len(first) > 0 || len(s.properties) > 0:
		if command, err = recognise(f.Name, s); err != nil {
			return err
		}
	case hinted:
		command = hint
	default:
		return &ExportError{File: f.Name, Problem: "it holds no object, and its name does not say of which command: name it after the command, as in Get-CsBlockedDomain.xml"}
	}
	rows, err := l.fill(ctx, f, command, in, first, ended)
	if err != nil {
		return err
	}
	l.options.Log.Info("PowerShell output read", "file", f.Name, "command", command.Title(), "form", form, "objects", rows)
	return nil
}

// reader tells the form of a file by its first character.
func (l *exportLoading) reader(source io.Reader, name string) (objectReader, string, error) {
	text := plain.UTF8(source)
	first, err := firstOf(text)
	switch {
	case errors.Is(err, io.EOF):
		return nil, "", &ExportError{File: name, Problem: "it is empty: nothing was saved in it; Export-Clixml writes a file that says so even when a command gives nothing"}
	case err != nil:
		return nil, "", fmt.Errorf("reading %s: %w", name, err)
	}
	switch {
	case first == '<':
		return clixml.NewReader(text, name, l.options.Limits), "CliXml", nil
	case first == '{' || first == '[' || first == 'n' && begins(text, "null"):
		return powershell.NewJSONReader(text, name, l.options.Limits), "JSON", nil
	}
	return powershell.NewCSVReader(text, name, l.options.Limits), "CSV", nil
}

// firstOf is the first character that is no blank; nothing but blanks before it is taken.
func firstOf(in *bufio.Reader) (byte, error) {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		if bytes.IndexByte([]byte(" \t\r\n"), b) < 0 {
			return b, in.UnreadByte()
		}
	}
}

func begins(in *bufio.Reader, word string) bool {
	head, err := in.Peek(len(word) + 1)
	return string(head) == word && err != nil || len(head) > len(word) && string(head[:len(word)]) == word && bytes.IndexByte([]byte(" \r\n\t"), head[len(word)]) >= 0
}

// firstObjects reads the first objects.
func firstObjects(in objectReader) (first []powershell.Object, ended bool, err error) {
	for len(first) < sampled {
		o, err := in.Next()
		switch {
		case errors.Is(err, io.EOF):
			return first, true, nil
		case err != nil:
			return nil, false, err
		}
		first = append(first, o)
	}
	return first, false, nil
}

func shapeOf(objects []powershell.Object) shape {
	s := shape{properties: map[string]bool{}}
	for _, o := range objects {
		for i := range o.Members {
			s.properties[strings.ToLower(o.Members[i].Name)] = true
		}
		for _, t := range o.Types {
			if !slices.Contains(s.types, t) {
				s.types = append(s.types, t)
			}
		}
	}
	return s
}

// checkObjects is how many objects pass between two looks at the context.
const checkObjects = 1000

func (l *exportLoading) fill(ctx context.Context, f ExportFile, c Command, in objectReader, first []powershell.Object, ended bool) (rows int, err error) {
	tenant := directory.GUID{}
	if c.Tenant() {
		for _, o := range first {
			if tenant = tenantOf(o); !tenant.IsZero() {
				break
			}
		}
	}
	e := l.export(f, c, tenant)
	use := func(o powershell.Object) error {
		if other := tenantOf(o); c.Tenant() && !other.IsZero() && other != tenant {
			return &ExportError{File: f.Name, Problem: fmt.Sprintf("line %d: an object is of the tenant %s, others are of %s: save each tenant's into a file of its own", o.Line, other, tenant)}
		}
		if !e.filling.add(o) {
			return nil
		}
		if rows++; rows%checkObjects == 0 {
			l.options.Progress(c.Dataset, rows, -1)
			return ctx.Err()
		}
		return nil
	}
	for _, o := range first {
		if err := use(o); err != nil {
			return rows, err
		}
	}
	for !ended {
		o, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = use(o)
		}
		if err != nil {
			return rows, err
		}
	}
	return rows, ctx.Err()
}

// export gives what the file's objects belong to.
func (l *exportLoading) export(f ExportFile, c Command, tenant directory.GUID) *Export {
	key := exportKey{c.Dataset, strings.ToLower(f.Source), tenant}
	e := l.byKey[key]
	if e == nil {
		b := evidence.NewBuilder(time.Time{})
		e = &Export{Command: c, Source: f.Source, Tenant: tenant, Oldest: f.Modified, Newest: f.Modified, builder: b, filling: newExportFilling(c, b.Table(c.Dataset))}
		l.byKey[key] = e
		l.all = append(l.all, e)
	}
	e.Files = append(e.Files, f.Name)
	if f.Modified.Before(e.Oldest) {
		e.Oldest = f.Modified
	}
	if f.Modified.After(e.Newest) {
		e.Newest = f.Modified
	}
	e.filling.begin()
	return e
}

// tenantOf is the tenant that an object says it is of; zero when it says none, as accounts on-premises do.
func tenantOf(o powershell.Object) directory.GUID {
	v, ok := o.Get("TenantId")
	if !ok {
		return directory.GUID{}
	}
	g, err := directory.ParseGUID(strings.Trim(plainText(v).text, "{}"))
	if err != nil {
		return directory.GUID{}
	}
	return g
}
