package xlsx

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"
)

// column is a column of a data sheet.
type column struct {
	key   string  // of its heading: column.key
	width float64 // in characters
	wrap  bool
	kind  kind
}

type kind uint8

const (
	words   kind = iota // text
	count               // whole number
	code                // number that counts nothing, such as a port
	decimal             // number with a tenth
	moment              // UTC date and time
	badge               // coloured word
	link                // text with a link
)

// layout describes a data sheet.
type layout struct {
	key     string // of its name: sheet.key
	table   string // name of its Excel table
	columns []column
	print   int    // how many columns are printed; 0: all
	lines   int    // how many lines of a wrapped text are shown at most; 0: as many as a row can show
	nothing string // what stands in the only row when there are none
	tab     string // colour of its tab
}

const (
	// maxRows is how many rows a sheet of Excel has.
	maxRows = 1 << 20
	// maxBytes is how much text a sheet takes before it is continued on the next: its XML, markup included, must stay below 4 GiB.
	maxBytes = 1 << 31
	// lineHeight is that of a line of the font of data sheets, in points.
	lineHeight = 12.9
	// checkEvery is after how many rows the context is asked.
	checkEvery = 1024
)

// dataSheet streams rows to a sheet, and to further ones when it is full.
type dataSheet struct {
	b      *book
	layout layout
	stream *excelize.StreamWriter
	name   string // of the current sheet
	part   int    // number of the current sheet
	row    int    // last row written
	bytes  int    // of text in the current sheet
	cells  []excelize.Cell
	values []any // pointers to cells
	plain  []int // styles by column
	quoted []int
}

func (b *book) sheet(l layout) (*dataSheet, error) {
	s := &dataSheet{b: b, layout: l, cells: make([]excelize.Cell, len(l.columns)), values: make([]any, len(l.columns))}
	for i, c := range l.columns {
		s.values[i] = &s.cells[i]
		look := look{size: tableSize, ink: ink, border: line, wrap: c.wrap}
		switch c.kind {
		case count:
			look.format, look.horizontal, look.indent = countFormat, "right", 1
		case code:
			look.format, look.horizontal, look.indent = codeFormat, "right", 1
		case decimal:
			look.format, look.horizontal, look.indent = decimalFormat, "right", 1
		case moment:
			look.format, look.horizontal = dateFormat, "left"
		case link:
			look.link = true
		case words, badge:
		}
		s.plain = append(s.plain, b.styles.of(look))
		look.quote = true
		s.quoted = append(s.quoted, b.styles.of(look))
	}
	return s, s.begin()
}

// begin starts the next sheet.
func (s *dataSheet) begin() error {
	s.part++
	name := s.b.d.Say("sheet." + s.layout.key)
	if s.part > 1 {
		name += " " + strconv.Itoa(s.part)
	}
	s.name, s.row, s.bytes = name, 1, 0
	f := s.b.f
	if _, err := f.NewSheet(name); err != nil {
		return fmt.Errorf("making the sheet %s: %w", name, err)
	}
	if err := s.b.page(name, s.layout.tab, "landscape"); err != nil {
		return err
	}
	stream, err := f.NewStreamWriter(name)
	if err != nil {
		return fmt.Errorf("making the sheet %s: %w", name, err)
	}
	s.stream = stream
	for i, c := range s.layout.columns {
		if err := stream.SetColWidth(i+1, i+1, c.width); err != nil {
			return err
		}
	}
	pane := excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft", Selection: []excelize.Selection{{SQRef: "A2", ActiveCell: "A2", Pane: "bottomLeft"}}}
	if err := stream.SetPanes(&pane); err != nil {
		return err
	}
	head := look{size: tableSize, bold: true, ink: white, fill: slate, wrap: true, vertical: "center"}
	headings := make([]any, len(s.layout.columns))
	high := 1
	for i, c := range s.layout.columns {
		heading := s.b.d.Say("column." + c.key)
		look := head
		switch c.kind {
		case badge:
			look.indent = 1
		case count, code, decimal:
			look.horizontal, look.indent = "right", 1
		case words, moment, link:
		}
		headings[i] = excelize.Cell{StyleID: s.b.styles.of(look), Value: heading}
		high = max(high, linesIn(heading, c.width-3, tableSize)) // bold, and the filter's button takes some room
	}
	return stream.SetRow("A1", headings, excelize.RowOpts{Height: 8 + lineHeight*float64(high)})
}

// add writes the row that fill sets. It opens the next sheet when this one is full.
func (s *dataSheet) add(ctx context.Context, fill func(*dataSheet)) error {
	if s.row%checkEvery == 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if s.row == s.b.maxRows || s.bytes >= s.b.maxBytes {
		if err := s.end(); err != nil {
			return err
		}
		if err := s.begin(); err != nil {
			return err
		}
	}
	for i := range s.cells {
		s.cells[i] = excelize.Cell{StyleID: s.plain[i]}
	}
	fill(s)
	s.row++
	if err := s.stream.SetRow("A"+strconv.Itoa(s.row), s.values, excelize.RowOpts{Height: s.height()}); err != nil {
		return fmt.Errorf("writing row %d of %s: %w", s.row, s.name, err)
	}
	return nil
}

// height is what the row needs for its wrapped texts, 0 for that of a single line. Excel would work it out itself when it opens the file, other programs do
// not, and with a million rows it would take its time.
func (s *dataSheet) height() float64 {
	high := 1
	for i, c := range s.layout.columns {
		if text, ok := s.cells[i].Value.(string); ok && c.wrap {
			high = max(high, linesIn(text, c.width, tableSize))
		}
	}
	if high == 1 {
		return 0
	}
	if s.layout.lines > 0 {
		high = min(high, s.layout.lines)
	}
	return min(2+lineHeight*float64(high), excelize.MaxRowHeight)
}

// text sets a cell to a text that was cleaned.
func (s *dataSheet) text(col int, value string) {
	if value == "" {
		return
	}
	value = fit(value, s.b.cutMark)
	if s.cells[col].Value = value; formulaLike(value) {
		s.cells[col].StyleID = s.quoted[col]
	}
	s.bytes += len(value)
}

// number sets a cell to a number.
func (s *dataSheet) number(col, value int) { s.cells[col].Value = value }

// when sets a cell to a time; the zero time leaves it empty.
func (s *dataSheet) when(col int, value time.Time) {
	if !value.IsZero() {
		s.cells[col].Value = value.UTC()
	}
}

// badge sets a cell to a coloured word of ours.
func (s *dataSheet) badge(col int, value string, t tone) {
	look := look{size: tableSize, ink: t.ink, fill: t.fill, border: line, indent: 1, wrap: s.layout.columns[col].wrap}
	s.cells[col] = excelize.Cell{Value: value, StyleID: s.b.styles.of(look)}
}

// end finishes the current sheet: table, print titles and print area.
func (s *dataSheet) end() error {
	if s.row == 1 {
		s.row++
		if err := s.stream.SetRow("A2", []any{excelize.Cell{Value: s.layout.nothing, StyleID: s.b.styles.of(look{size: tableSize, ink: grey})}}); err != nil {
			return err
		}
	}
	last, err := excelize.CoordinatesToCellName(len(s.layout.columns), s.row)
	if err != nil {
		return err
	}
	name := s.layout.table
	if s.part > 1 {
		name += strconv.Itoa(s.part)
	}
	stripes := false
	if err := s.stream.AddTable(&excelize.Table{Range: "A1:" + last, Name: name, StyleName: "TableStyleLight1", ShowRowStripes: &stripes}); err != nil {
		return fmt.Errorf("making the table of %s: %w", s.name, err)
	}
	if err := s.b.f.AddIgnoredErrors(s.name, "A1:"+last, excelize.IgnoredErrorsNumberStoredAsText); err != nil {
		return err
	}
	if err := s.b.print(s.name, s.printed(), s.row); err != nil {
		return err
	}
	if err := s.stream.Flush(); err != nil {
		return fmt.Errorf("finishing the sheet %s: %w", s.name, err)
	}
	return nil
}

func (s *dataSheet) printed() int {
	if s.layout.print > 0 {
		return s.layout.print
	}
	return len(s.layout.columns)
}
