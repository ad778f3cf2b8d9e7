package xlsx

import (
	"github.com/xuri/excelize/v2"

	"hybridaudit/audit"
)

const (
	chartRows   = 16
	chartRow    = 20 // height of a row under a chart, in points
	mostInChart = 8
	mostLines   = 3 // of a department's name
)

// counts writes the findings by category and severity, and beside them the departments. The charts are drawn from these cells. It gives the row of the
// table's heading and the number of categories.
type countTable struct{ head, categories int }

func (c *canvas) counts() countTable {
	d, s := c.b.d, c.b.d.Summary
	if s.Findings == 0 {
		return countTable{}
	}
	const label, total, beside = 1, 7, 9 // grid columns: the label's last, the total, the first of the departments
	top := c.row
	bold := look{size: 13, bold: true, ink: slate, border: slate, vertical: "center"}
	c.put(top, 0, total, d.Say("report.categories"), bold)
	c.put(top, beside, gridCount-1, d.Say("report.departments"), bold)
	c.height(top, 24)
	head := look{size: 10, bold: true, ink: grey, border: line, vertical: "center"}
	right := head
	right.horizontal = "right"
	c.put(top+1, 0, label, d.Say("column.category"), head)
	for i, x := range audit.Severities() {
		c.put(top+1, 2+i, 2+i, d.Say("severity."+x.String()), right)
	}
	c.put(top+1, total, total, d.Say("column.total"), right)
	c.put(top+1, beside, beside+1, d.Say("column.department"), head)
	c.put(top+1, gridCount-1, gridCount-1, d.Say("report.affected"), right)
	c.height(top+1, 20)

	row := top + 2
	used := 0
	for _, k := range s.Categories {
		if k.Total() == 0 {
			continue
		}
		c.put(row, 0, label, k.Label, look{size: 10, ink: ink, border: line, vertical: "center"})
		for i, x := range audit.Severities() {
			c.put(row, 2+i, 2+i, k.Severities[x], numbers(k.Severities[x] > 0, severityTone(x)))
		}
		c.put(row, total, total, k.Total(), look{size: 10, bold: true, ink: ink, border: line, format: countFormat, horizontal: "right", vertical: "center"})
		row++
		used++
	}
	sum := look{size: 10, bold: true, ink: ink, border: slate, format: countFormat, horizontal: "right", vertical: "center"}
	name := sum
	name.horizontal = ""
	c.put(row, 0, label, d.Say("column.total"), name)
	for i, x := range audit.Severities() {
		c.put(row, 2+i, 2+i, s.BySeverity[x], sum)
	}
	c.put(row, total, total, s.Findings, sum)
	high := c.departments(top+2, beside)
	end := max(row, top+1+len(high))
	for r := top + 2; r <= end; r++ {
		points := 18.0
		if i := r - top - 2; i < len(high) {
			points = max(points, high[i])
		}
		c.height(r, points)
	}
	c.row = end + 1
	c.gap(12)
	return countTable{top + 1, used}
}

// numbers is the look of a count in the table: coloured when there is something, faint when there is not.
func numbers(some bool, t tone) look {
	l := look{size: 10, ink: "B5BDC5", border: line, format: countFormat, horizontal: "right", vertical: "center"}
	if some {
		l.ink, l.fill = t.ink, t.fill
	}
	return l
}

// departments lists where the affected people are and gives the heights that its rows need.
func (c *canvas) departments(row, from int) (high []float64) {
	d := c.b.d
	all := d.Summary.Departments
	if len(all) == 0 {
		c.put(row, from, gridCount-1, "–", look{size: 10, ink: grey})
		return []float64{0}
	}
	for _, t := range all[:min(len(all), mostDepartments)] {
		name := clean(t.Name)
		if name == "" {
			name = d.Say("report.noDepartment")
		}
		c.put(row, from, from+1, name, look{size: 10, ink: ink, border: line, vertical: "center", wrap: true})
		c.put(row, gridCount-1, gridCount-1, t.Affected, look{
			size: 10, bold: true, ink: ink, border: line, format: countFormat, horizontal: "right", vertical: "center",
		})
		high = append(high, tall(min(lines(name, 2, 10), mostLines), 10))
		row++
	}
	if more := len(all) - mostDepartments; more > 0 {
		c.put(row, from, gridCount-1, d.Say("report.more", audit.Num("count", more)), look{size: 10, ink: grey})
		high = append(high, 0)
	}
	return high
}

// charts draws both charts over the rows that were left for them.
func (c *canvas) charts(row int, t countTable) {
	d := c.b.d
	half := gridCount / 2
	heading := look{size: 13, bold: true, ink: slate, border: slate, vertical: "center"}
	c.put(row, 0, half-1, d.Say("report.severities"), heading)
	c.put(row, half, gridCount-1, d.Say("report.categories"), heading)
	c.height(row, 24)
	for r := row + 1; r <= row+chartRows; r++ {
		c.height(r, chartRow)
	}
	c.height(row+chartRows+1, 8)
	c.height(row+chartRows+2, 8)
	c.try(c.b.f.AddChart(c.sheet, c.cell(0, row+1), c.bySeverity(t)))
	c.try(c.b.f.AddChart(c.sheet, c.cell(half, row+1), c.byCategory(t)))
}

// size is that of a chart over half the grid and the rows left for it. Charts are tied to cells, so what counts is in which cell they end: these are the
// pixels by which excelize reckons that, not those of a screen.
func size() excelize.ChartDimension {
	const column, row, margin = 79, 24, 12
	return excelize.ChartDimension{Width: column*gridCount/2 - margin, Height: row*chartRows - margin}
}

func (c *canvas) ref(fromCol, fromRow, toCol, toRow int) string {
	name := func(col, row int) string {
		s, err := excelize.CoordinatesToCellName(gridFirst+col, row, true)
		c.try(err)
		return s
	}
	from, to := name(fromCol, fromRow), name(toCol, toRow)
	if from != to {
		from += ":" + to
	}
	return quoteSheet(c.sheet) + "!" + from
}

func solid(colour string) excelize.Fill {
	return excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}
}

func (c *canvas) font(size float64, colour string) excelize.Font {
	return excelize.Font{Family: c.b.styles.font, Size: size, Color: colour}
}

// bySeverity is a column for each severity. Each is a series of its own, so that it has its own colour.
func (c *canvas) bySeverity(t countTable) *excelize.Chart {
	total := t.head + t.categories + 1
	var all []excelize.ChartSeries
	for i, s := range audit.Severities() {
		all = append(all, excelize.ChartSeries{
			Name: c.ref(2+i, t.head, 2+i, t.head), Categories: c.ref(0, total, 0, total), Values: c.ref(2+i, total, 2+i, total), Fill: solid(severityTone(s).full),
			DataLabel: excelize.ChartDataLabel{Font: c.font(10, ink)}, DataLabelPosition: excelize.ChartDataLabelsPositionOutsideEnd,
		})
	}
	gapWidth, overlap := uint(30), -25
	legend := c.font(9, ink)
	return &excelize.Chart{
		Type: excelize.Col, Series: all, Dimension: size(), GapWidth: &gapWidth, Overlap: &overlap,
		Legend:   excelize.ChartLegend{Position: "bottom", Font: &legend},
		XAxis:    excelize.ChartAxis{TickLabelPosition: excelize.ChartTickLabelNone},
		YAxis:    excelize.ChartAxis{MajorGridLines: true, Font: c.font(9, grey), NumFmt: excelize.ChartNumFmt{CustomNumFmt: "#,##0"}},
		PlotArea: excelize.ChartPlotArea{ShowVal: true, NumFmt: excelize.ChartNumFmt{CustomNumFmt: "#,##0"}},
		Format:   c.format(c.b.d.Say("report.severities")), Border: excelize.LineOptions{Type: excelize.LineNone},
	}
}

// byCategory is a bar for each category, made of its severities.
func (c *canvas) byCategory(t countTable) *excelize.Chart {
	first, last := t.head+1, t.head+min(t.categories, mostInChart)
	var all []excelize.ChartSeries
	for i, s := range audit.Severities() {
		all = append(all, excelize.ChartSeries{
			Name: c.ref(2+i, t.head, 2+i, t.head), Categories: c.ref(0, first, 0, last), Values: c.ref(2+i, first, 2+i, last), Fill: solid(severityTone(s).full),
		})
	}
	gapWidth, overlap := uint(45), 100
	legend := c.font(9, ink)
	return &excelize.Chart{
		Type: excelize.BarStacked, Series: all, Dimension: size(), GapWidth: &gapWidth, Overlap: &overlap,
		Legend: excelize.ChartLegend{Position: "bottom", Font: &legend},
		XAxis:  excelize.ChartAxis{ReverseOrder: true, Font: c.font(10, ink)},
		YAxis: excelize.ChartAxis{
			MajorGridLines: true, Font: c.font(9, grey), TickLabelPosition: excelize.ChartTickLabelHigh, NumFmt: excelize.ChartNumFmt{CustomNumFmt: "#,##0"},
		},
		Format: c.format(c.b.d.Say("report.categories")), Border: excelize.LineOptions{Type: excelize.LineNone},
	}
}

// format ties a chart to the cells below it, so that it is as wide as half the grid whatever the font makes of the columns.
func (c *canvas) format(alt string) excelize.GraphicOptions {
	yes := true
	return excelize.GraphicOptions{AltText: alt, OffsetX: 4, OffsetY: 4, PrintObject: &yes}
}
