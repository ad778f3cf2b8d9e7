package terminal

import (
	"fmt"
	"io"
	"strings"

	"hybridaudit/audit/text"
	"hybridaudit/reports/document"
	"hybridaudit/reports/document/textwidth"
)

// Options say how to print.
type Options struct {
	Colour bool     // with ANSI colours
	Width  int      // columns of the terminal; 0: 80. Less than 40 counts as 40
	Files  []string // paths of the reports that were written
}

const (
	defaultWidth = 80
	leastWidth   = 40
	mostRules    = 8
	mostGaps     = 6
	indent       = "  "
)

// Write prints the summary. An error is one of w.
func Write(w io.Writer, d *document.Document, o Options) error {
	if o.Width == 0 {
		o.Width = defaultWidth
	}
	p := &printer{d: d, colour: o.Colour, width: max(o.Width, leastWidth)}
	p.head()
	p.headline()
	p.severities()
	p.worst()
	p.notRead()
	p.files(o.Files)
	if _, err := io.WriteString(w, p.b.String()); err != nil {
		return fmt.Errorf("printing the summary: %w", err)
	}
	return nil
}

// printer gathers the lines. A text is measured and cut before it is coloured.
type printer struct {
	b      strings.Builder
	d      *document.Document
	colour bool
	width  int
}

func (p *printer) line(parts ...string) {
	p.b.WriteString(strings.TrimRight(strings.Join(parts, ""), " "))
	p.b.WriteByte('\n')
}

// paint colours a text with an ANSI code.
func (p *printer) paint(code, s string) string {
	if !p.colour || code == "" || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

const (
	bold  = "1"
	faint = "2"
	amber = "33"
)

func severityColour(s document.Severity) string {
	return map[document.Severity]string{document.Critical: "1;31", document.High: "31", document.Medium: amber, document.Low: "36", document.Info: faint}[s]
}

// heading starts a section.
func (p *printer) heading(key string) {
	p.line()
	p.line(p.paint(bold, textwidth.Cut(p.d.Say(key), p.width)))
}

// span is a text and its colour.
type span struct{ code, text string }

// wrapped prints a text over as many lines as it takes; mark stands before the first line, within the indentation.
func (p *printer) wrapped(mark, s span) {
	before := textwidth.Of(mark.text)
	for i, l := range textwidth.Wrap(s.text, p.width-before-len(indent)) {
		lead := strings.Repeat(" ", before)
		if i == 0 {
			lead = p.paint(mark.code, mark.text)
		}
		p.line(indent, lead, p.paint(s.code, l))
	}
}

func (p *printer) head() {
	title := p.d.Say("report.title")
	if o := text.Harmless(p.d.Organisation.Title()); o != "" {
		title += ": " + o
	}
	p.line(p.paint(bold, textwidth.Cut(title, p.width)))
	p.line(p.paint(faint, textwidth.Cut(p.d.Say("report.taken", document.At("time", p.d.Taken)), p.width)))
}

func (p *printer) headline() {
	s := p.d.Summary
	p.line()
	colour := "32"
	switch {
	case s.Share == nil:
		colour = amber
	case s.Affected > 0:
		colour = "31"
	}
	figure := s.ShownText()
	p.wrapped(span{"1;" + colour, figure + indent}, span{text: s.Sentence})
}

func (p *printer) severities() {
	p.heading("report.findings")
	if p.d.Summary.Findings == 0 {
		p.line(indent, p.d.Nothing())
		p.wrapped(span{}, span{faint, p.d.RuleCounts()})
		return
	}
	used := 0
	var parts []string
	for _, s := range document.Severities() {
		part := p.d.Say("severity."+s.String()) + " " + document.Number(p.d.Summary.BySeverity[s])
		if w := textwidth.Of(part) + 3; used+w > p.width && used > 0 {
			p.line(parts...)
			parts, used = nil, 0
		}
		code := severityColour(s)
		if p.d.Summary.BySeverity[s] == 0 {
			code = faint
		}
		parts = append(parts, indent, p.paint(code, part), " ")
		used += textwidth.Of(part) + 3
	}
	p.line(parts...)
	p.wrapped(span{}, span{faint, p.d.RuleCounts()})
}

func (p *printer) worst() {
	rules := p.d.Summary.Worst
	if len(rules) == 0 {
		return
	}
	p.heading("report.worst")
	shown := rules[:min(len(rules), mostRules)]
	level, id, count := 0, 0, 0
	for _, r := range shown {
		level = max(level, textwidth.Of(p.d.Say("severity."+r.Severity.String())))
		id, count = max(id, textwidth.Of(r.ID)), max(count, len(document.Number(r.Hits)))
	}
	for _, r := range shown {
		number := document.Number(r.Hits)
		before := p.paint(severityColour(r.Severity), textwidth.Pad(p.d.Say("severity."+r.Severity.String()), level))
		title := textwidth.Cut(r.Title, p.width-level-id-count-8)
		p.line(indent, before, indent, textwidth.Pad(r.ID, id), indent, strings.Repeat(" ", count-len(number)), number, indent, title)
	}
	if more := len(rules) - len(shown); more > 0 {
		p.line(indent, p.paint(faint, p.d.Say("report.more", document.Num("count", more))))
	}
}

func (p *printer) notRead() {
	gaps := p.d.Summary.Gaps
	p.heading("report.notRead")
	if len(gaps) == 0 {
		p.wrapped(span{}, span{text: p.d.NothingUnread()})
		return
	}
	for i, g := range gaps {
		if i == mostGaps {
			p.line(indent, p.paint(faint, p.d.Say("report.more", document.Num("count", len(gaps)-i))))
			break
		}
		p.wrapped(span{amber, "! "}, span{amber, g.Text})
		if len(g.Rules) > 0 {
			p.wrapped(span{text: indent}, span{faint, p.d.Say("gap.rules", document.List("rules", g.Rules))})
		}
	}
}

func (p *printer) files(paths []string) {
	if len(paths) == 0 {
		return
	}
	p.heading("report.files")
	for _, f := range paths {
		p.line(indent, text.Harmless(f)) // never cut: a reader copies it
	}
}
