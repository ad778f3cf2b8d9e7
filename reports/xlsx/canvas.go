package xlsx

import (
	"fmt"
	"math"

	"github.com/xuri/excelize/v2"
)

// canvas is a sheet that is laid out by hand on a grid of equal columns. The first error stays.
type canvas struct {
	b     *book
	sheet string
	row   int // next free row
	err   error
}

const (
	gridFirst = 2   // column B
	gridCount = 12  // columns B to M
	gridWidth = 9.9 // of a column, in characters
)

func (b *book) canvas(sheet string) *canvas { return &canvas{b: b, sheet: sheet, row: 1} }

func (c *canvas) try(err error) {
	if c.err == nil && err != nil {
		c.err = fmt.Errorf("laying out %s: %w", c.sheet, err)
	}
}

func (c *canvas) cell(col, row int) string {
	name, err := excelize.CoordinatesToCellName(gridFirst+col, row)
	c.try(err)
	return name
}

// put writes a value over the grid columns from, counted from 0, to to and one or more rows, merged.
func (c *canvas) put(row, from, to int, value any, l look, rows ...int) {
	last := row
	if len(rows) > 0 {
		last += rows[0] - 1
	}
	first, end := c.cell(from, row), c.cell(to, last)
	if s, ok := value.(string); ok {
		value = fit(s, c.b.cutMark)
		l.quote = formulaLike(s)
	}
	if first != end {
		c.try(c.b.f.MergeCell(c.sheet, first, end))
	}
	c.try(c.b.f.SetCellStyle(c.sheet, first, end, c.b.styles.of(l)))
	if s, ok := value.(string); ok {
		c.try(c.b.f.SetCellStr(c.sheet, first, escaped.ReplaceAllString(s, "_x005F$0")))
	} else {
		c.try(c.b.f.SetCellValue(c.sheet, first, value))
	}
}

// link makes a cell lead to a sheet.
func (c *canvas) link(col, row int, sheet string) { c.linkTo(col, row, quoteSheet(sheet)+"!A1") }

func (c *canvas) linkTo(col, row int, location string) {
	c.try(c.b.f.SetCellHyperLink(c.sheet, c.cell(col, row), location, "Location"))
}

func (c *canvas) height(row int, points float64) {
	c.try(c.b.f.SetRowHeight(c.sheet, row, min(points, excelize.MaxRowHeight)))
}

// tall is the height of so many lines.
func tall(lines int, size float64) float64 { return math.Ceil(float64(lines)*size*1.31) + 4 }

// gap leaves an empty row.
func (c *canvas) gap(points float64) {
	c.height(c.row, points)
	c.row++
}

// section writes a heading with a line below it.
func (c *canvas) section(title string) {
	c.put(c.row, 0, gridCount-1, title, look{size: 13, bold: true, ink: slate, border: slate, vertical: "center"})
	c.height(c.row, 24)
	c.row++
}
