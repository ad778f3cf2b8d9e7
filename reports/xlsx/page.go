package xlsx

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// page sets up how a sheet is printed: A4, as wide as the page, with page numbers.
func (b *book) page(sheet, tab, orientation string) error {
	const a4 = 9
	size, wide, high, yes := a4, 1, 0, true
	f := b.f
	if err := f.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &yes, TabColorRGB: &tab}); err != nil {
		return fmt.Errorf("setting up %s: %w", sheet, err)
	}
	if err := f.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &size, Orientation: &orientation, FitToWidth: &wide, FitToHeight: &high}); err != nil {
		return fmt.Errorf("setting up the page of %s: %w", sheet, err)
	}
	side, top, foot := 0.4, 0.6, 0.3
	margins := excelize.PageLayoutMarginsOptions{Left: &side, Right: &side, Top: &top, Bottom: &top, Header: &foot, Footer: &foot}
	if err := f.SetPageMargins(sheet, &margins); err != nil {
		return fmt.Errorf("setting up the margins of %s: %w", sheet, err)
	}
	title := b.d.Say("report.title")
	if o := clean(b.d.Organisation.Title()); o != "" {
		title += ": " + o
	}
	footer := "&L&8" + headerText(title) + "&C&8" + headerText(sheet) + "&R&8&P / &N"
	if err := f.SetHeaderFooter(sheet, &excelize.HeaderFooterOptions{OddFooter: footer}); err != nil {
		return fmt.Errorf("setting up the footer of %s: %w", sheet, err)
	}
	return nil
}

// headerText makes a text fit for a page footer, where & starts a command, and all of it must stay below 255 characters.
func headerText(s string) string {
	const most = 80
	if r := []rune(s); len(r) > most {
		s = string(r[:most-1]) + "…"
	}
	// A digit behind the size command would be read as part of it.
	return " " + strings.ReplaceAll(s, "&", "&&")
}

// print sets the printed columns and repeats the first row on every page.
func (b *book) print(sheet string, columns, rows int) error {
	last, err := excelize.ColumnNumberToName(columns)
	if err != nil {
		return err
	}
	quoted := quoteSheet(sheet)
	for _, n := range []excelize.DefinedName{
		{Name: "_xlnm.Print_Titles", RefersTo: quoted + "!$1:$1", Scope: sheet},
		{Name: "_xlnm.Print_Area", RefersTo: fmt.Sprintf("%s!$A$1:$%s$%d", quoted, last, rows), Scope: sheet},
	} {
		if err := b.f.SetDefinedName(&n); err != nil {
			return fmt.Errorf("setting up printing of %s: %w", sheet, err)
		}
	}
	return nil
}

// quoteSheet writes a sheet's name as formulas want it.
func quoteSheet(name string) string { return "'" + strings.ReplaceAll(name, "'", "''") + "'" }
