package xlsx

import (
	"github.com/xuri/excelize/v2"

	"hybridaudit/reports/document"
)

const (
	chartRows   = 16
	chartRow    = 20 // height of a row under a chart, in points
	mostInChart = 14
)

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
	for i, s := range document.Severities() {
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
	for i, s := range document.Severities() {
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
