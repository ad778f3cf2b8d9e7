package xlsx_test

import (
	"bytes"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zip"
	"github.com/xuri/excelize/v2"

	"hybridaudit/audit"
	"hybridaudit/reports/document"
	"hybridaudit/reports/document/documenttest"
	"hybridaudit/reports/xlsx"
)

// texts gives all texts of a sheet and the cell of each.
func texts(t *testing.T, f *excelize.File, sheet string) map[string]string {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for r, row := range rows {
		for c, v := range row {
			cell, err := excelize.CoordinatesToCellName(c+1, r+1)
			if err != nil {
				t.Fatal(err)
			}
			if v != "" {
				all[v] = cell
			}
		}
	}
	return all
}

func TestSummary(t *testing.T) {
	d := sample(t, documenttest.Options{People: 80})
	f := open(t, write(t, d, xlsx.Options{}))
	got := texts(t, f, "Summary")
	for _, want := range []string{
		"Hybrid configuration audit", "Contoso", "Evidence taken 2026-11-21 12:00 UTC", d.Summary.ShownText(), d.Summary.Sentence, "What was not read",
		"What to fix first", "SIP address used by more than one AD object", "Decide who owns the address: the active account with the mailbox and the latest logon.",
		"SIP-901", "Findings by category", "Affected by department", "2026-11-21 12:05 UTC, hybridaudit 1.2.3", "dc1.contoso.com, graph.microsoft.com",
		"contoso.com (" + documenttest.ID('f', 1) + ")", d.RuleCounts(), "Human Resources", document.Number(d.Summary.People), "act now",
	} {
		if got[want] == "" {
			t.Errorf("the summary does not show %q", want)
		}
	}
	box := slices.ContainsFunc(slices.Collect(keys(got)), func(s string) bool {
		return strings.Contains(s, "Teams user configurations (Contoso) could not be read") && strings.Contains(s, "HOM-905")
	})
	if !box {
		t.Error("the summary does not say what was not read")
	}
}

func keys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func TestHeadlineFigureIsANumber(t *testing.T) {
	d := sample(t, documenttest.Options{})
	f := open(t, write(t, d, xlsx.Options{}))
	cell := texts(t, f, "Summary")[d.Summary.ShownText()]
	share, _, _ := d.Summary.Shown()
	if got, err := f.GetCellValue("Summary", cell, excelize.Options{RawCellValue: true}); err != nil || got != strconv.FormatFloat(share, 'f', -1, 64) {
		t.Errorf("%s holds %q, want %v (%v)", cell, got, share, err)
	}
}

// TestLinksLeadSomewhere: every link of the summary names a sheet that exists, and that of a rule leads to the rule's row.
func TestLinksLeadSomewhere(t *testing.T) {
	f := open(t, write(t, sample(t, documenttest.Options{}), xlsx.Options{}))
	place := regexp.MustCompile(`^'([^']+)'!([A-Z]+[0-9]+)$`)
	links := 0
	for text, cell := range texts(t, f, "Summary") {
		there, target, err := f.GetCellHyperLink("Summary", cell)
		if err != nil {
			t.Fatal(err)
		}
		if !there {
			continue
		}
		links++
		m := place.FindStringSubmatch(target)
		if m == nil || !slices.Contains(f.GetSheetList(), m[1]) {
			t.Errorf("%q leads to %s", text, target)
			continue
		}
		if m[1] == "Rules" && m[2] != "A1" {
			if id, err := f.GetCellValue("Rules", m[2]); err != nil || id != text {
				t.Errorf("%s leads to %s (%v)", text, id, err)
			}
		}
	}
	if links < 8 {
		t.Errorf("only %d links", links)
	}
}

// TestRuleLinks: the formula in a finding shows the rule's id and finds its row.
func TestRuleLinks(t *testing.T) {
	f := open(t, write(t, sample(t, documenttest.Options{}), xlsx.Options{}))
	formula, err := f.GetCellFormula("Findings", "B2")
	if err != nil {
		t.Fatal(err)
	}
	if want := `HYPERLINK("#'Rules'!A"&MATCH("SIP-901",'Rules'!$A$1:$A$10,0),"SIP-901")`; formula != want {
		t.Errorf("formula %s, want %s", formula, want)
	}
	if shown, err := f.CalcCellValue("Findings", "B2"); err != nil || shown != "SIP-901" {
		t.Errorf("the formula gives %q (%v)", shown, err)
	}
}

// TestChartsShowTheCounts follows the references of the charts to the cells and compares what stands there.
func TestChartsShowTheCounts(t *testing.T) {
	d := sample(t, documenttest.Options{People: 80})
	file := write(t, d, xlsx.Options{})
	f := open(t, file)
	reference := regexp.MustCompile(`<(tx|cat|val)>.*?<f>'Summary'!([^<]+)</f>`)
	archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []map[string][]int{bySeverity(d), byCategory(d)} {
		part, err := archive.Open("xl/charts/chart" + strconv.Itoa(i+1) + ".xml")
		if err != nil {
			t.Fatal(err)
		}
		source, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][]int{}
		name := ""
		for _, m := range reference.FindAllStringSubmatch(strings.ReplaceAll(string(source), "&#39;", "'"), -1) {
			cells := values(t, f, m[2])
			switch m[1] {
			case "tx":
				name = cells[0]
			case "val":
				for _, c := range cells {
					n, err := strconv.Atoi(c)
					if err != nil {
						t.Fatalf("%s holds %q", m[2], c)
					}
					got[name] = append(got[name], n)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("chart %d -want +got:\n%s", i+1, diff)
		}
	}
}

func bySeverity(d *document.Document) map[string][]int {
	want := map[string][]int{}
	for _, s := range audit.Severities() {
		want[d.Say("severity."+s.String())] = []int{d.Summary.BySeverity[s]}
	}
	return want
}

func byCategory(d *document.Document) map[string][]int {
	want := map[string][]int{}
	for _, s := range audit.Severities() {
		for _, c := range d.Summary.Categories {
			if c.Total() > 0 {
				want[d.Say("severity."+s.String())] = append(want[d.Say("severity."+s.String())], c.Counts[s])
			}
		}
	}
	return want
}

// values reads a reference such as $B$3 or $B$3:$F$3.
func values(t *testing.T, f *excelize.File, ref string) []string {
	t.Helper()
	from, to, ok := strings.Cut(strings.ReplaceAll(ref, "$", ""), ":")
	if !ok {
		to = from
	}
	c1, r1, err1 := excelize.CellNameToCoordinates(from)
	c2, r2, err2 := excelize.CellNameToCoordinates(to)
	if err1 != nil || err2 != nil {
		t.Fatalf("reference %s", ref)
	}
	var all []string
	for r := r1; r <= r2; r++ {
		for c := c1; c <= c2; c++ {
			cell, err := excelize.CoordinatesToCellName(c, r)
			if err != nil {
				t.Fatal(err)
			}
			v, err := f.GetCellValue("Summary", cell, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, v)
		}
	}
	return all
}

// japanese gives some labels in Japanese.
type japanese struct{ document.Words }

var japaneseTexts = map[string]string{
	"sheet.summary": "概要", "sheet.findings": "検出事項", "sheet.people": "利用者", "sheet.rules": "ルール", "sheet.domains": "ドメイン", "sheet.licences": "ライセンス",
	"sheet.coverage": "収集範囲", "severity.critical": "重大", "severity.high": "高", "column.name": "名前", "column.message": "問題点",
	"SIP-901.title": "複数の AD オブジェクトが同じ SIP アドレスを使用している", "SIP-901.message": "{others} も {sip} を使用しています",
	"SIP-901.fix": "まず所有者を決めます。次に他のアドレスを変更します。",
}

func (w japanese) Get(key string) string {
	if s, ok := japaneseTexts[key]; ok {
		return s
	}
	return w.Words.Get(key)
}

func (w japanese) Has(key string) bool { return japaneseTexts[key] != "" || w.Words.Has(key) }

func TestJapanese(t *testing.T) {
	m, err := documenttest.Meta(documenttest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := open(t, write(t, sample(t, documenttest.Options{Words: japanese{m.Words}, Lang: "ja"}), xlsx.Options{}))
	if diff := cmp.Diff([]string{"概要", "検出事項", "利用者", "ルール", "ドメイン", "ライセンス", "収集範囲"}, f.GetSheetList()); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	_, rows := table(t, f, "検出事項")
	if got, want := rows[0]["問題点"], "Björn Lindqvist も person0@contoso.com を使用しています"; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	if shown, err := f.CalcCellValue("検出事項", "B2"); err != nil || shown != "SIP-901" {
		t.Errorf("the link to the rule gives %q (%v)", shown, err)
	}
	_, people := table(t, f, "利用者")
	if !slices.ContainsFunc(people, func(r map[string]string) bool { return r["名前"] == "花子 Müller" }) {
		t.Errorf("people %v", people[:3])
	}
	summary := texts(t, f, "概要")
	for _, want := range []string{"複数の AD オブジェクトが同じ SIP アドレスを使用している", "まず所有者を決めます。", "営業部"} {
		if summary[want] == "" {
			t.Errorf("the summary does not show %s", want)
		}
	}
	if font, err := f.GetDefaultFont(); err != nil || font != "Yu Gothic" {
		t.Errorf("font %s (%v)", font, err)
	}
}
