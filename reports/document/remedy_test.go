package document_test

import (
	"strings"
	"testing"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/text"
	"hybridaudit/reports/document"
	"hybridaudit/sources/evidence"
)

// The remedy of a finding ends with what is to be done in its case, when the finding has all that the sentence speaks of.
func TestRemedyHere(t *testing.T) {
	rule := &audit.Rule{
		ID: "DOM-901", Category: "dom", Severity: audit.High, Title: "T", Why: "W.", Fix: "Publish a record.", FixHere: "This one: {record}.", Message: "{domain} is not verified",
		Check: audit.Once(func(p *audit.Pass) {
			p.Report(audit.Finding{Subject: audit.DomainSubject("a.com"), Args: []audit.Arg{audit.Str("domain", "a.com"), audit.List("record", []string{"TXT MS=1", "MX 1.invalid"})}})
			p.Report(audit.Finding{Subject: audit.DomainSubject("b.com"), Args: []audit.Arg{audit.Str("domain", "b.com")}})
		}),
	}
	result, err := audit.Run(t.Context(), evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)).Seal(), audit.Options{Rules: []*audit.Rule{rule}})
	if err != nil {
		t.Fatal(err)
	}
	words, err := text.English()
	if err != nil {
		t.Fatal(err)
	}
	d := document.New(result, document.Meta{Tool: "hybridaudit", Version: "test", Lang: words.Lang, Words: words, Made: result.Evidence.Taken()})
	want := map[string]string{"a.com": "Publish a record. This one: TXT MS=1, MX 1.invalid.", "b.com": "Publish a record."}
	for f := range d.Findings() {
		if got := f.Remedy(); got != want[f.Subject.Key] {
			t.Errorf("%s: %q, want %q", f.Subject.Key, got, want[f.Subject.Key])
		}
	}
	if fix := d.Rules[0].Fix; strings.Contains(fix, "{") {
		t.Errorf("the rule itself says %q", fix)
	}
}
