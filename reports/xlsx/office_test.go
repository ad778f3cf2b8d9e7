package xlsx_test

import (
	"context"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/reports/document/documenttest"
	"hybridaudit/reports/xlsx"
)

// TestLibreOfficeReadsTheWorkbook: another program sees the sheets, the rows and the hostile texts as they were written. It evaluates no text.
func TestLibreOfficeReadsTheWorkbook(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		const how = "peer LibreOffice is missing: soffice is not installed; enable with: apt-get install libreoffice-calc-nogui"
		if os.Getenv("HYBRIDAUDIT_E2E") == "required" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	d := sample(t, documenttest.Options{Hostile: true, People: 60, Network: true})
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "report.xlsx"), write(t, d, xlsx.Options{}), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	// All sheets as CSV in UTF-8, with the formatted values, every text quoted.
	const filter = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false,false,false,-1"
	c := exec.CommandContext(ctx, office, "--headless", "-env:UserInstallation=file://"+dir+"/profile", "--convert-to", filter, "--outdir", dir, filepath.Join(dir, "report.xlsx"))
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	rows := map[string][][]string{}
	for _, sheet := range networkSheets {
		f, err := os.Open(filepath.Join(dir, "report-"+sheet+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		r := csv.NewReader(f)
		r.FieldsPerRecord, r.LazyQuotes = -1, false
		if rows[sheet], err = r.ReadAll(); err != nil {
			t.Fatalf("%s: %v", sheet, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if got := len(rows["Findings"]) - 1; got != d.Count() {
		t.Errorf("%d findings, want %d", got, d.Count())
	}
	if got := len(rows["People"]) - 1; got != d.CountPeople() {
		t.Errorf("%d people, want %d", got, d.CountPeople())
	}
	if got, want := len(rows["Hosts"])-1, len(d.Hosts()); got != want {
		t.Errorf("%d hosts, want %d", got, want)
	}
	if got, want := len(rows["DNS"])-1, len(d.Records()); got != want {
		t.Errorf("%d records, want %d", got, want)
	}
	i := 1
	for f := range d.WorstFirst() {
		row := rows["Findings"][i]
		i++
		if diff := cmp.Diff([]string{f.Rule.ID, f.Fingerprint()}, []string{row[1], row[14]}); diff != "" {
			t.Errorf("row %d -want +got:\n%s", i, diff)
		}
		if want := shown(f.Subject.Name); row[3] != want && !strings.HasPrefix(want, "long") {
			t.Errorf("row %d: name %q, want %q", i, row[3], want)
		}
	}
}

var shownAs = strings.NewReplacer("\t", "\uFFFD", "\r", "\uFFFD", "\n", "\uFFFD", "\x00", "\uFFFD", "\x1b", "\uFFFD", "\u202E", "\uFFFD", "\uFFFE", "\uFFFD", "\uFFFF", "\uFFFD")

// shown is a name with what is harmful in the sample replaced.
func shown(s string) string { return shownAs.Replace(s) }
