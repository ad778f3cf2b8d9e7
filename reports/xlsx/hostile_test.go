package xlsx_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"hybridaudit/reports/document/documenttest"
	"hybridaudit/reports/xlsx"
)

// TestHostileText: nothing of the directory becomes a formula, drives a program or breaks the file.
func TestHostileText(t *testing.T) {
	f := open(t, write(t, sample(t, documenttest.Options{Hostile: true, People: 60, Network: true}), xlsx.Options{}))
	quoted := 0
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for r, row := range rows {
			for c, value := range row {
				cell, err := excelize.CoordinatesToCellName(c+1, r+1)
				if err != nil {
					t.Fatal(err)
				}
				quoted += checkCell(t, f, sheet, cell, value)
			}
		}
	}
	if quoted < 40 {
		t.Errorf("only %d cells have the quote prefix", quoted)
	}
}

func checkCell(t *testing.T, f *excelize.File, sheet, cell, value string) (quoted int) {
	t.Helper()
	for _, r := range value {
		if r != '\n' && (unicode.IsControl(r) || r == 0x202E || r >= 0xFFFE && r <= 0xFFFF) {
			t.Fatalf("%s %s holds %U", sheet, cell, r)
		}
	}
	if n := len(utf16.Encode([]rune(value))); n > 32767 {
		t.Errorf("%s %s holds %d characters", sheet, cell, n)
	}
	formula, err := f.GetCellFormula(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	if formula != "" && (sheet != "Findings" || !strings.HasPrefix(cell, "B") || !strings.HasPrefix(formula, `HYPERLINK("#'Rules'!A"&MATCH("`)) {
		t.Errorf("%s %s has the formula %s", sheet, cell, formula)
	}
	if value == "" || !strings.ContainsRune("=+-@", rune(value[0])) {
		return 0
	}
	kind, err := f.GetCellType(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	if kind == excelize.CellTypeUnset || kind == excelize.CellTypeNumber {
		return 0 // a negative number
	}
	id, err := f.GetCellStyle(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	if prefix := f.Styles.CellXfs.Xf[id].QuotePrefix; prefix == nil || !*prefix {
		t.Errorf("%s %s holds %q without the quote prefix", sheet, cell, value)
	}
	return 1
}

func TestHostileNamesAreShownAsTheyAre(t *testing.T) {
	f := open(t, write(t, sample(t, documenttest.Options{Hostile: true, People: 60, Network: true}), xlsx.Options{}))
	_, rows := table(t, f, "People")
	var names []string
	for _, r := range rows {
		names = append(names, r["Name"])
	}
	for _, want := range []string{
		`=HYPERLINK("http://evil.example","click")`, "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1:A9)", "\uFFFD=1+1", "line\uFFFD\uFFFDbreak", "right\uFFFDto left",
		"\uFFFD[31mred", "_x0041_ and _x202E_", "nul\uFFFDbyte", "\uFFFD\uFFFD", "<script>alert(1)</script>&amp;",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("%q is not among the names %q", want, names[:13])
		}
	}
	cut := slices.IndexFunc(names, func(n string) bool { return strings.HasPrefix(n, "long long") })
	if cut < 0 || len(names[cut]) > 40000 || !strings.HasSuffix(names[cut], "(cut; the whole value is in findings.json)") {
		t.Error("the long name is not cut with a mark")
	}
}
