package xlsx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sort"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"hybridaudit/reports/document"
)

// Options say how to write. The zero value is right but for tests and for systems whose place for temporary files is small or shared.
type Options struct {
	MaxRows int    // rows of a sheet, heading included, before it is continued on another; 0: what Excel has, 1,048,576
	TempDir string // where temporary files go, "": the system's place. They are removed before Write returns
}

// Write writes the workbook to w. Nothing is written before all of it is made. The context is asked now and then; an error is its, one of w, or one of
// the temporary files.
func Write(ctx context.Context, w io.Writer, d *document.Document, o Options) (err error) {
	c, err := newContainer(w, o.TempDir, d.Made.UTC())
	if err != nil {
		return fmt.Errorf("writing the workbook: %w", err)
	}
	defer func() { err = errors.Join(err, c.remove()) }()
	f := excelize.NewFile(excelize.Options{TmpDir: o.TempDir})
	defer func() { err = errors.Join(err, f.Close()) }()
	f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return c })

	b := &book{f: f, d: d, maxRows: maxRows, maxBytes: maxBytes, cutMark: d.Say("report.cut")}
	if o.MaxRows > 1 {
		b.maxRows = min(o.MaxRows, maxRows)
	}
	b.styles = &styles{f: f, font: fontOf(d.Lang), made: map[string]int{}}
	if err := b.fill(ctx); err != nil {
		return fmt.Errorf("writing the workbook: %w", err)
	}
	// The container takes the parts and writes to w; the buffer that excelize gives back stays empty.
	if _, err := f.WriteToBuffer(); err != nil {
		return fmt.Errorf("writing the workbook: %w", err)
	}
	return nil
}

// book is a workbook under construction.
type book struct {
	f        *excelize.File
	d        *document.Document
	styles   *styles
	maxRows  int
	maxBytes int
	cutMark  string
}

// fontOf is a font that has the language's letters and that Excel brings along.
func fontOf(lang string) string {
	if lang == "ja" {
		return "Yu Gothic"
	}
	return "Calibri"
}

func (b *book) fill(ctx context.Context) error {
	if err := b.f.SetDefaultFont(b.styles.font); err != nil {
		return err
	}
	if err := b.properties(); err != nil {
		return err
	}
	if err := b.summary(); err != nil {
		return err
	}
	b.f.SetActiveSheet(0) // before the others are there: it reads all sheets back that are
	for _, sheet := range []func(context.Context) error{b.findings, b.people, b.rules, b.domains, b.dns, b.hosts, b.licences, b.coverage} {
		if err := sheet(ctx); err != nil {
			return err
		}
	}
	// Adding a chart lists the types of all images that there may be, in the random order of a map.
	types := b.f.ContentTypes.Defaults
	sort.Slice(types, func(i, j int) bool { return types[i].Extension < types[j].Extension })
	return b.styles.err
}

// properties are what the file says about itself: the document's times, so that the same document gives the same file.
func (b *book) properties() error {
	made := b.d.Made.UTC().Format(time.RFC3339)
	return b.f.SetDocProps(&excelize.DocProperties{
		Title: b.d.Say("report.title"), Subject: clean(b.d.Organisation.Title()), Creator: b.d.Tool + " " + b.d.Version, LastModifiedBy: b.d.Tool,
		Created: made, Modified: made, Language: b.d.Lang,
	})
}

// rows streams all values of a kind to a sheet.
func rows[T any](ctx context.Context, b *book, l layout, all func(func(T) bool), fill func(*dataSheet, T)) error {
	s, err := b.sheet(l)
	if err != nil {
		return err
	}
	for v := range all {
		if err := s.add(ctx, func(s *dataSheet) { fill(s, v) }); err != nil {
			return err
		}
	}
	return s.end()
}

// answer is a three-valued fact in a word.
func (b *book) answer(t document.Tri) string {
	switch t {
	case document.Yes:
		return b.d.Say("answer.yes")
	case document.No:
		return b.d.Say("answer.no")
	case document.Absent:
	}
	return ""
}

func (b *book) yesNo(v bool) string {
	if v {
		return b.answer(document.Yes)
	}
	return b.answer(document.No)
}

// toRule is a formula that shows a rule's id and leads to its row, wherever the rows have been sorted to.
func (b *book) toRule(id string) string {
	sheet := quoteSheet(b.d.Say("sheet.rules"))
	id = strconv.Quote(id)
	return fmt.Sprintf(`HYPERLINK("#%s!A"&MATCH(%s,%s!$A$1:$A$%d,0),%s)`, sheet, id, sheet, len(b.d.Rules)+1, id)
}
