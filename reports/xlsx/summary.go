package xlsx

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"hybridaudit/reports/document"
)

const (
	mostWorst = 10
	mostGaps  = 6
)

// summary lays out the first sheet: what a manager sees in one minute.
func (b *book) summary() error {
	sheet := b.d.Say("sheet.summary")
	if err := b.f.SetSheetName("Sheet1", sheet); err != nil {
		return err
	}
	if err := b.page(sheet, slate, "portrait"); err != nil {
		return err
	}
	c := b.canvas(sheet)
	no := false
	c.try(b.f.SetSheetView(sheet, 0, &excelize.ViewOptions{ShowGridLines: &no}))
	c.try(b.f.SetColWidth(sheet, "A", "A", 2))
	for i := range gridCount {
		name, err := excelize.ColumnNumberToName(gridFirst + i)
		c.try(err)
		c.try(b.f.SetColWidth(sheet, name, name, gridWidth))
	}
	c.head()
	c.headline()
	c.people()
	c.severities()
	c.notRead()
	charts := c.row
	if b.d.Summary.Findings > 0 {
		c.row += chartRows + 3 // a heading, the charts and a gap
	}
	c.worst()
	counts := c.counts()
	c.about()
	if b.d.Summary.Findings > 0 {
		c.charts(charts, counts)
	}
	c.try(b.f.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Area", RefersTo: fmt.Sprintf("%s!$A$1:$M$%d", quoteSheet(sheet), c.row), Scope: sheet,
	}))
	return c.err
}

func (c *canvas) head() {
	d := c.b.d
	c.gap(8)
	c.put(c.row, 0, gridCount-1, d.Say("report.title"), look{size: 22, bold: true, ink: slate, vertical: "center"})
	c.height(c.row, 32)
	c.row++
	if title := clean(d.Organisation.Title()); title != "" {
		c.put(c.row, 0, gridCount-1, title, look{size: 14, ink: ink, vertical: "center"})
		c.height(c.row, 22)
		c.row++
	}
	c.put(c.row, 0, gridCount-1, d.Say("report.taken", document.At("time", d.Taken)), look{size: 10, ink: grey, border: slate, vertical: "center"})
	c.height(c.row, 20)
	c.row++
	c.gap(10)
}

func (c *canvas) headline() {
	s := c.b.d.Summary
	const figure, textSize, labelSize = 3, 12.0, 15.0
	l := look{size: 44, bold: true, ink: slate, horizontal: "center", vertical: "center", fill: paper, format: "0%"}
	var value any = "–"
	if share, decimals, ok := s.Shown(); ok {
		value = share
		if decimals > 0 {
			l.format, l.size = "0.0%", 36
		}
	}
	c.put(c.row, 0, figure-1, value, l, 2)
	label := c.b.d.Say("headline.label")
	if s.Share == nil {
		label = ""
	}
	c.put(c.row, figure, gridCount-1, label, look{size: labelSize, bold: true, ink: slate, vertical: "bottom", fill: paper, indent: 1, wrap: true})
	c.put(c.row+1, figure, gridCount-1, s.Sentence, look{size: textSize, ink: ink, wrap: true, fill: paper, indent: 1})
	c.height(c.row, 36)
	c.height(c.row+1, max(40, tall(lines(s.Sentence, gridCount-figure, textSize), textSize)+6))
	c.row += 2
	c.gap(10)
}

// tile writes a small label above a large number.
type tile struct {
	label, note string
	n           int
	tone        tone
	sheet       string
}

func (c *canvas) tiles(all []tile) {
	span := gridCount / len(all)
	noted := false
	for i, t := range all {
		if t.n == 0 {
			t.tone = tone{paper, grey, ""} // nothing to be seen here
		}
		from, to := i*span, (i+1)*span-1
		c.put(c.row, from, to, t.label, look{size: 10, bold: true, ink: t.tone.ink, fill: t.tone.fill, horizontal: "center", vertical: "center"})
		c.put(c.row+1, from, to, t.n, look{
			size: 22, bold: true, ink: t.tone.ink, fill: t.tone.fill, horizontal: "center", vertical: "center", format: countFormat,
		})
		c.link(from, c.row+1, t.sheet)
		if t.note != "" {
			c.put(c.row+2, from, to, t.note, look{size: 9, ink: t.tone.ink, fill: t.tone.fill, horizontal: "center", vertical: "center"})
			noted = true
		}
	}
	c.height(c.row, 20)
	c.height(c.row+1, 32)
	c.row += 2
	if noted {
		c.height(c.row, 18)
		c.row++
	}
	c.gap(10)
}

func (c *canvas) people() {
	d, s := c.b.d, c.b.d.Summary
	sheet := d.Say("sheet.people")
	plain := tone{paper, ink, ""}
	c.tiles([]tile{
		{label: d.Say("report.people"), n: s.People, tone: plain, sheet: sheet},
		{label: d.Say("report.clear"), n: s.Clear, tone: verdictTone(document.Clear), sheet: sheet},
		{label: d.Say("report.affected"), n: s.Affected, tone: verdictTone(document.Affected), sheet: sheet},
		{label: d.Say("report.notAssessed"), n: s.NotAssessed, tone: verdictTone(document.InDoubt), sheet: sheet},
	})
}

func (c *canvas) severities() {
	d := c.b.d
	sheet := d.Say("sheet.findings")
	all := []tile{{label: d.Say("report.findings"), n: d.Summary.Findings, note: " ", tone: tone{paper, ink, ""}, sheet: sheet}}
	for _, s := range document.Severities() {
		all = append(all, tile{
			label: d.Say("severity." + s.String()), note: d.Say("when." + s.String()), n: d.Summary.BySeverity[s], tone: severityTone(s), sheet: sheet,
		})
	}
	c.tiles(all)
}

// notRead is the box that keeps a reader from taking silence for health.
func (c *canvas) notRead() {
	d := c.b.d
	gaps := d.Summary.Gaps
	fill, text := amberFill, amberInk
	if len(gaps) == 0 {
		fill, text = greenFill, greenInk
	}
	c.put(c.row, 0, gridCount-1, d.Say("report.notRead"), look{size: 11, bold: true, ink: text, fill: fill, indent: 1, vertical: "center"})
	c.height(c.row, 22)
	c.row++
	write := func(s string) {
		c.put(c.row, 0, gridCount-1, s, look{size: 10, ink: text, fill: fill, wrap: true, indent: 1})
		n := 0
		for l := range strings.SplitSeq(s, "\n") {
			n += lines(l, gridCount, 10.4) // the indentation takes some room
		}
		c.height(c.row, tall(n, 10))
		c.row++
	}
	if len(gaps) == 0 {
		write(d.NothingUnread())
	}
	for i, g := range gaps {
		if i == mostGaps {
			write(d.Say("report.more", document.Num("count", len(gaps)-i)))
			break
		}
		line := "•  " + clean(g.Text)
		if len(g.Rules) > 0 {
			line += "\n    " + d.Say("gap.rules", document.List("rules", g.Rules))
		}
		write(line)
	}
	if len(gaps) > 0 {
		sheet := d.Say("sheet.coverage")
		c.put(c.row, 0, gridCount-1, d.Say("report.seeCoverage", document.Str("sheet", sheet)), look{size: 10, fill: fill, link: true, indent: 1})
		c.link(0, c.row, sheet)
		c.height(c.row, 18)
		c.row++
	}
	c.gap(12)
}

// worst lists the rules to start with.
func (c *canvas) worst() {
	d := c.b.d
	rules := d.Summary.Worst
	c.section(d.Say("report.worst"))
	if len(rules) == 0 {
		c.put(c.row, 0, gridCount-1, d.Nothing(), look{size: 10, ink: grey, vertical: "center"})
		c.height(c.row, 20)
		c.row++
		c.gap(12)
		return
	}
	head := look{size: 10, bold: true, ink: grey, border: line, vertical: "center"}
	right := head
	right.horizontal = "right"
	c.put(c.row, 0, 0, d.Say("column.severity"), head)
	c.put(c.row, 1, 1, d.Say("column.rule"), head)
	c.put(c.row, 2, 5, d.Say("column.title"), head)
	c.put(c.row, 6, 6, d.Say("column.findings"), right)
	head.indent = 1
	c.put(c.row, 7, 11, d.Say("column.firstStep"), head)
	c.height(c.row, 20)
	c.row++
	for _, r := range rules[:min(len(rules), mostWorst)] {
		t := severityTone(r.Severity)
		first := firstSentence(r.Fix)
		c.put(c.row, 0, 0, d.Say("severity."+r.Severity.String()), look{size: 10, bold: true, ink: t.ink, fill: t.fill, border: line})
		c.put(c.row, 1, 1, r.ID, look{size: 10, border: line, link: true})
		c.linkTo(1, c.row, fmt.Sprintf("%s!A%d", quoteSheet(d.Say("sheet.rules")), c.b.ruleRow(r.ID)))
		c.put(c.row, 2, 5, clean(r.Title), look{size: 10, ink: ink, border: line, wrap: true})
		c.put(c.row, 6, 6, r.Hits, look{size: 10, bold: true, ink: ink, border: line, format: countFormat, horizontal: "right"})
		c.put(c.row, 7, 11, first, look{size: 10, ink: ink, border: line, wrap: true, indent: 1})
		c.height(c.row, tall(max(lines(r.Title, 4, 10), lines(first, 5, 10.6)), 10))
		c.row++
	}
	note := d.Say("report.seeRules", document.Str("sheet", d.Say("sheet.rules")))
	if more := len(rules) - mostWorst; more > 0 {
		note = d.Say("report.more", document.Num("count", more)) + ". " + note
	}
	c.put(c.row, 0, gridCount-1, note, look{size: 10, link: true, vertical: "center"})
	c.link(0, c.row, d.Say("sheet.rules"))
	c.height(c.row, 20)
	c.row++
	c.gap(12)
}

// ruleRow is the row of a rule on the sheet of rules, before anybody sorts it.
func (b *book) ruleRow(id string) int {
	row := 2
	for r := range inOrder(b.d.Rules) {
		if r.ID == id {
			return row
		}
		row++
	}
	return 1
}

// firstSentence is what to do first; the rest stands on the sheet of rules.
func firstSentence(s string) string {
	s = clean(s)
	end := len(s)
	for _, stop := range []string{". ", "。"} {
		if i := strings.Index(s, stop); i >= 0 {
			end = min(end, i+len(strings.TrimSpace(stop)))
		}
	}
	return s[:end]
}

// about says when, where and with what the report was made.
func (c *canvas) about() {
	d := c.b.d
	c.section(d.Say("report.about"))
	tool := d.Say("report.tool", document.Str("name", d.Tool), document.Str("version", d.Version))
	for _, l := range [][2]string{
		{"takenLabel", clock(d.Taken)},
		{"madeLabel", clock(d.Made) + ", " + tool},
		{"forests", named(d.Organisation.Forests)},
		{"tenants", named(d.Organisation.Tenants)},
		{"servers", servers(d)},
		{"rulesLabel", d.RuleCounts()},
		{"figure", d.Say("report.figureMeaning")},
	} {
		if l[1] == "" {
			continue
		}
		c.put(c.row, 0, 1, d.Say("report."+l[0]), look{size: 10, ink: grey, wrap: true, vertical: "center"})
		c.put(c.row, 2, gridCount-1, l[1], look{size: 10, ink: ink, wrap: true, vertical: "center"})
		c.height(c.row, tall(max(lines(l[1], gridCount-2, 10), lines(d.Say("report."+l[0]), 2, 10)), 10)+2)
		c.row++
	}
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

func named(all []document.Named) string {
	shown := make([]string, len(all))
	for i, n := range all {
		if shown[i] = n.Name; n.ID != "" {
			shown[i] += " (" + n.ID + ")"
		}
	}
	return join(shown, "\n")
}

// servers names who was asked, each once.
func servers(d *document.Document) string {
	var all []string
	for _, c := range d.Coverage() {
		if c.Server != "" && !slices.Contains(all, c.Server) {
			all = append(all, c.Server)
		}
	}
	return join(all, ", ")
}
