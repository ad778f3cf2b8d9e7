package xlsx_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zip"
	"github.com/xuri/excelize/v2"

	"hybridaudit/reports/document"
	"hybridaudit/reports/document/documenttest"
	"hybridaudit/reports/xlsx"
)

func sample(t *testing.T, o documenttest.Options) *document.Document {
	t.Helper()
	d, err := documenttest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func write(t *testing.T, d *document.Document, o xlsx.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if o.TempDir == "" {
		o.TempDir = t.TempDir()
	}
	if err := xlsx.Write(t.Context(), &b, d, o); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(o.TempDir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("%d temporary files are left", len(left))
	}
	return b.Bytes()
}

func open(t *testing.T, file []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// table reads a sheet: its headings, and its rows by heading.
func table(t *testing.T, f *excelize.File, sheet string) ([]string, []map[string]string) {
	t.Helper()
	cells, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(cells) < 2 {
		t.Fatalf("%s has %d rows", sheet, len(cells))
	}
	var all []map[string]string
	for _, row := range cells[1:] {
		m := map[string]string{}
		for i, v := range row {
			m[cells[0][i]] = v
		}
		all = append(all, m)
	}
	return cells[0], all
}

var (
	sheets = []string{"Summary", "Findings", "People", "Rules", "Domains", "Licences", "Coverage"}
	// networkSheets are those of evidence of the network.
	networkSheets = []string{"Summary", "Findings", "People", "Rules", "Domains", "DNS", "Hosts", "Licences", "Coverage"}
)

func TestEverySheetIsAlwaysThere(t *testing.T) {
	for name, o := range map[string]documenttest.Options{
		"faults": {}, "clean": {Clean: true, Complete: true}, "nothing read": {Unread: true}, "hostile": {Hostile: true}, "network": {Network: true},
		"hostile network": {Network: true, Hostile: true}, "no network": {Network: true, Unread: true},
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t, write(t, sample(t, o), xlsx.Options{}))
			sheets := sheets
			if o.Network && !o.Unread {
				sheets = networkSheets
			}
			if diff := cmp.Diff(sheets, f.GetSheetList()); diff != "" {
				t.Fatalf("-want +got:\n%s", diff)
			}
			for _, sheet := range sheets[1:] {
				checkDataSheet(t, f, sheet)
			}
		})
	}
}

// checkDataSheet: a real table over all rows with unique headings, a frozen heading, and a page that prints.
func checkDataSheet(t *testing.T, f *excelize.File, sheet string) {
	t.Helper()
	headings, rows := table(t, f, sheet)
	if unique := slices.Compact(slices.Sorted(slices.Values(headings))); len(unique) != len(headings) {
		t.Errorf("%s has a heading twice: %v", sheet, headings)
	}
	for _, h := range headings {
		if strings.Contains(h, ".") || h == "" {
			t.Errorf("%s has the heading %q", sheet, h)
		}
	}
	last, err := excelize.CoordinatesToCellName(len(headings), len(rows)+1)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := f.GetTables(sheet)
	if err != nil {
		t.Fatal(err)
	}
	if len(tables) != 1 || tables[0].Range != "A1:"+last {
		t.Errorf("%s has the tables %+v, want one over A1:%s", sheet, tables, last)
	}
	if panes, err := f.GetPanes(sheet); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("%s has the panes %+v, %v", sheet, panes, err)
	}
	layout, err := f.GetPageLayout(sheet)
	if err != nil || *layout.Orientation != "landscape" || *layout.FitToWidth != 1 || *layout.FitToHeight != 0 {
		t.Errorf("%s has the page layout %+v, %v", sheet, layout, err)
	}
	footer, err := f.GetHeaderFooter(sheet)
	if err != nil || !strings.Contains(footer.OddFooter, "&P") {
		t.Errorf("%s has the footer %+v, %v", sheet, footer, err)
	}
	named := map[string]bool{}
	for _, n := range f.GetDefinedName() {
		if n.Scope == sheet {
			named[n.Name] = true
		}
	}
	if !named["_xlnm.Print_Titles"] || !named["_xlnm.Print_Area"] {
		t.Errorf("%s has the names %v", sheet, named)
	}
}

func TestFindings(t *testing.T) {
	d := sample(t, documenttest.Options{People: 80})
	_, rows := table(t, open(t, write(t, d, xlsx.Options{})), "Findings")
	if len(rows) != d.Count() {
		t.Fatalf("%d rows, want %d", len(rows), d.Count())
	}
	i := 0
	for f := range d.WorstFirst() {
		got := rows[i]
		i++
		want := map[string]string{
			"Severity": d.Say("severity." + f.Severity.String()), "Rule": f.Rule.ID, "Category": d.Category(f.Rule.Category), "Name": f.Subject.Name,
			"User principal name": f.Subject.UPN, "Department": f.Subject.Department, "What is wrong": f.Message(), "Kind of object": d.Kind(f.Subject.Kind),
			"Attribute": f.Attribute, "Value": f.Value, "Other objects concerned": strings.Join(f.Others(), "; "),
			"What was seen": strings.Join(f.EvidenceLines(), " | "), "Distinguished name": f.Subject.DN, "Forest or tenant": f.Subject.Source,
			"Finding id": f.Fingerprint(),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("row %d -want +got:\n%s", i+1, diff)
		}
	}
}

func TestCellsHaveTheirTypes(t *testing.T) {
	f := open(t, write(t, sample(t, documenttest.Options{Network: true}), xlsx.Options{}))
	for _, c := range []struct {
		sheet, heading string
		kind           excelize.CellType
		format         string
	}{
		{"People", "Open findings", excelize.CellTypeUnset, "#,##0"},
		{"People", "Last logon (UTC)", excelize.CellTypeUnset, "yyyy-mm-dd hh:mm"},
		{"People", "Name", excelize.CellTypeInlineString, ""},
		{"Licences", "Free", excelize.CellTypeUnset, "#,##0"},
		{"Domains", "People by SIP address", excelize.CellTypeUnset, "#,##0"},
		{"Domains", "Tenant", excelize.CellTypeInlineString, ""},
		{"Licences", "Tenant", excelize.CellTypeInlineString, ""},
		{"Coverage", "Rows read", excelize.CellTypeUnset, "#,##0"},
		{"Coverage", "Started (UTC)", excelize.CellTypeUnset, "yyyy-mm-dd hh:mm"},
		{"Rules", "Findings", excelize.CellTypeUnset, "#,##0"},
		{"Findings", "Finding id", excelize.CellTypeInlineString, ""},
		{"Hosts", "Host", excelize.CellTypeInlineString, ""},
		{"Hosts", "Port", excelize.CellTypeUnset, "0"},
		{"Hosts", "Valid until (UTC)", excelize.CellTypeUnset, "yyyy-mm-dd hh:mm"},
		{"Hosts", "Days left", excelize.CellTypeUnset, "#,##0"},
		{"Hosts", "Clock ahead (seconds)", excelize.CellTypeUnset, "#,##0.0"},
		{"DNS", "Record", excelize.CellTypeInlineString, ""},
		{"DNS", "TTL (seconds)", excelize.CellTypeUnset, "#,##0"},
	} {
		headings, _ := table(t, f, c.sheet)
		cell, err := excelize.CoordinatesToCellName(slices.Index(headings, c.heading)+1, 2)
		if err != nil {
			t.Fatalf("%s has no column %s", c.sheet, c.heading)
		}
		kind, err := f.GetCellType(c.sheet, cell)
		if err != nil || kind != c.kind {
			t.Errorf("%s, %s: type %v, want %v (%v)", c.sheet, c.heading, kind, c.kind, err)
		}
		if c.format == "" {
			continue
		}
		id, err := f.GetCellStyle(c.sheet, cell)
		if err != nil {
			t.Fatal(err)
		}
		style, err := f.GetStyle(id)
		if err != nil || style.CustomNumFmt == nil || *style.CustomNumFmt != c.format {
			t.Errorf("%s, %s: format %v, want %s (%v)", c.sheet, c.heading, style.CustomNumFmt, c.format, err)
		}
	}
}

func TestTimesAreRight(t *testing.T) {
	f := open(t, write(t, sample(t, documenttest.Options{}), xlsx.Options{}))
	_, rows := table(t, f, "Coverage")
	if got, want := rows[0]["Ended (UTC)"], documenttest.Taken.Add(-2*time.Minute); got == "" {
		t.Error("no time")
	} else if days, err := excelDays(got); err != nil || days.Sub(want).Abs() > time.Second {
		t.Errorf("ended at %v, want %v (%v)", days, want, err)
	}
}

func excelDays(s string) (time.Time, error) {
	var days float64
	if err := xml.Unmarshal([]byte("<d>"+s+"</d>"), &days); err != nil {
		return time.Time{}, err
	}
	return excelize.ExcelDateToTime(days, false)
}

func TestFullSheetsAreContinued(t *testing.T) {
	d := sample(t, documenttest.Options{People: 60})
	const limit = 11
	f := open(t, write(t, d, xlsx.Options{MaxRows: limit}))
	var ids []string
	parts := 0
	for _, sheet := range f.GetSheetList() {
		if !strings.HasPrefix(sheet, "Findings") {
			continue
		}
		parts++
		checkDataSheet(t, f, sheet)
		_, rows := table(t, f, sheet)
		if len(rows) > limit-1 {
			t.Errorf("%s has %d rows below its heading", sheet, len(rows))
		}
		for _, r := range rows {
			ids = append(ids, r["Finding id"])
		}
	}
	var want []string
	for x := range d.WorstFirst() {
		want = append(want, x.Fingerprint())
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if wantParts := (d.Count() + limit - 2) / (limit - 1); parts != wantParts {
		t.Errorf("%d sheets, want %d", parts, wantParts)
	}
	list := f.GetSheetList()
	if list[1] != "Findings" || list[2] != "Findings 2" || !slices.Contains(list, "People 2") {
		t.Errorf("sheets %v", list)
	}
	names := map[string]bool{}
	for _, sheet := range list {
		tables, err := f.GetTables(sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range tables {
			if names[x.Name] {
				t.Errorf("two tables are named %s", x.Name)
			}
			names[x.Name] = true
		}
	}
}

func TestAFullSheetIsNotContinuedOnAnEmptyOne(t *testing.T) {
	d := sample(t, documenttest.Options{})
	f := open(t, write(t, d, xlsx.Options{MaxRows: d.Count() + 1}))
	if list := f.GetSheetList(); slices.Contains(list, "Findings 2") {
		t.Errorf("sheets %v", list)
	}
}

func TestNothingToShow(t *testing.T) {
	f := open(t, write(t, sample(t, documenttest.Options{Clean: true, Complete: true}), xlsx.Options{}))
	if _, rows := table(t, f, "Findings"); len(rows) != 1 || rows[0]["Severity"] != "No findings." {
		t.Errorf("findings %v", rows)
	}
	f = open(t, write(t, sample(t, documenttest.Options{Unread: true}), xlsx.Options{}))
	if _, rows := table(t, f, "Findings"); len(rows) != 1 || rows[0]["Severity"] != "No findings in what was read." {
		t.Errorf("findings %v", rows)
	}
	if _, rows := table(t, f, "People"); len(rows) != 1 || !strings.HasPrefix(rows[0]["Verdict"], "Nobody could be judged") {
		t.Errorf("people %v", rows)
	}
	if _, rows := table(t, f, "Rules"); rows[0]["Result"] != "Not assessed" || rows[0]["Not judged, or only in part, because"] == "" {
		t.Errorf("rules %v", rows[0])
	}
}

func TestSameDocumentSameBytes(t *testing.T) {
	first := write(t, sample(t, documenttest.Options{People: 60}), xlsx.Options{MaxRows: 11})
	for range 3 {
		if !bytes.Equal(first, write(t, sample(t, documenttest.Options{People: 60}), xlsx.Options{MaxRows: 11})) {
			t.Fatal("the workbook differs from one time to the next")
		}
	}
}

// TestEveryPartIsWhole: checksums are right and every part is well-formed.
func TestEveryPartIsWhole(t *testing.T) {
	file := write(t, sample(t, documenttest.Options{Hostile: true, People: 60, Network: true}), xlsx.Options{})
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	if first := archive.File[0].Name; first != "[Content_Types].xml" {
		t.Errorf("the first part is %s", first)
	}
	seen := map[string]int{}
	for _, p := range archive.File {
		seen[strings.TrimRight(strings.TrimSuffix(p.Name[strings.LastIndexByte(p.Name, '/')+1:], ".xml"), "0123456789")]++
		r, err := p.Open()
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(r)
		for err == nil {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", p.Name, err)
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if seen["table"] != 8 || seen["chart"] != 2 || seen["sheet"] != 9 {
		t.Errorf("parts %v", seen)
	}
}

var errFull = errors.New("disk full")

type full struct{ after int }

func (w *full) Write(p []byte) (int, error) {
	if w.after -= len(p); w.after < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestErrorsAreReturned(t *testing.T) {
	d := sample(t, documenttest.Options{})
	dir := t.TempDir()
	for _, after := range []int{0, 5000} {
		if err := xlsx.Write(t.Context(), &full{after}, d, xlsx.Options{TempDir: dir}); !errors.Is(err, errFull) {
			t.Errorf("a writer that takes %d bytes: %v", after, err)
		}
	}
	if err := xlsx.Write(t.Context(), io.Discard, d, xlsx.Options{TempDir: dir + "/missing"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder that does not exist: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%d temporary files are left (%v)", len(left), err)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	var b bytes.Buffer
	err := xlsx.Write(ctx, &b, sample(t, documenttest.Options{People: 3000}), xlsx.Options{TempDir: dir})
	if !errors.Is(err, context.Canceled) || b.Len() > 0 {
		t.Errorf("%d bytes, %v", b.Len(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%d temporary files are left (%v)", len(left), err)
	}
}
