package jsonfile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"hybridaudit/audit"
	"hybridaudit/audit/text"
	"hybridaudit/reports/document"
	"hybridaudit/reports/document/documenttest"
	"hybridaudit/reports/jsonfile"
)

func write(t *testing.T, d *document.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jsonfile.Write(&b, d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sample(t *testing.T, o documenttest.Options) *document.Document {
	t.Helper()
	d, err := documenttest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	source, err := os.ReadFile("../../docs/findings.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(source))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AddResource("findings.schema.json", parsed); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("findings.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSchema(t *testing.T) {
	s := schema(t)
	for name, o := range map[string]documenttest.Options{
		"faults": {}, "hostile": {Hostile: true, People: 60}, "clean": {Clean: true, Complete: true}, "nothing read": {Unread: true},
	} {
		t.Run(name, func(t *testing.T) {
			written, err := jsonschema.UnmarshalJSON(bytes.NewReader(write(t, sample(t, o))))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(written); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSchemaRefuses: the schema sees what would break other people's scripts.
func TestSchemaRefuses(t *testing.T) {
	s := schema(t)
	good := string(write(t, sample(t, documenttest.Options{})))
	for name, change := range map[string][2]string{
		"another version": {`"schemaVersion": "1"`, `"schemaVersion": "2"`},
		"null list":       {`"missing":[]`, `"missing":null`},
		"unknown state":   {`"state":"open"`, `"state":"closed"`},
		"severity":        {`"severity":"critical"`, `"severity":"severe"`},
		"missing member":  {`"ruleId":`, `"rule":`},
		"time":            {`"taken": "2026-11-21T12:00:00Z"`, `"taken": "21.11.2026"`},
		"evidence":        {`"evidence":{"msRTCSIP-PrimaryUserAddress":[`, `"evidence":{"x":"y","msRTCSIP-PrimaryUserAddress":[`},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(good, change[0], change[1], 1)
			if bad == good {
				t.Fatalf("the file does not hold %s", change[0])
			}
			parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
			if err != nil {
				t.Fatal(err)
			}
			if s.Validate(parsed) == nil {
				t.Error("was taken")
			}
		})
	}
}

type file struct {
	SchemaVersion string
	Tool          struct{ Name, Version string }
	Taken, Lang   string
	Organisation  struct {
		Forests []struct{ Name, GUID string }
		Tenants []struct{ ID, Name string }
	}
	Coverage []map[string]any
	Rules    []map[string]any
	Findings []struct {
		RuleID, Variant, Severity, State string
		Subject                          map[string]string
		Related                          []map[string]string
		Attribute, Value                 string
		Arguments                        map[string]any
		Message                          string
		Evidence                         map[string]any
		Remediation, Fingerprint         string
	}
	Summary struct {
		BySeverity, ByRule map[string]int
		Headline           audit.Headline
	}
}

func read(t *testing.T, b []byte) file {
	t.Helper()
	var f file
	if err := json.Unmarshal(b, &f); err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	return f
}

func TestContents(t *testing.T) {
	d := sample(t, documenttest.Options{})
	f := read(t, write(t, d))
	if f.SchemaVersion != "1" || f.Tool.Name != "hybridaudit" || f.Tool.Version != "1.2.3" || f.Taken != "2026-11-21T12:00:00Z" || f.Lang != "en" {
		t.Errorf("head %+v", f)
	}
	if o := f.Organisation; len(o.Forests) != 1 || o.Forests[0].Name != "contoso.com" || o.Forests[0].GUID != documenttest.ID('f', 1) ||
		len(o.Tenants) != 1 || o.Tenants[0].Name != "Contoso" || o.Tenants[0].ID != documenttest.ID('o', 1) {
		t.Errorf("organisation %+v", o)
	}
	if len(f.Findings) != d.Count() || len(f.Rules) != len(d.Rules) || len(f.Coverage) != len(d.Coverage()) {
		t.Errorf("%d findings, %d rules, %d datasets", len(f.Findings), len(f.Rules), len(f.Coverage))
	}
	if diff := cmp.Diff(d.Summary.Headline, f.Summary.Headline); diff != "" {
		t.Errorf("headline -want +got:\n%s", diff)
	}
	bySeverity, byRule := map[string]int{"critical": 0, "high": 0, "medium": 0, "low": 0, "info": 0}, map[string]int{}
	i := 0
	for want := range d.Findings() {
		got := f.Findings[i]
		i++
		bySeverity[got.Severity]++
		byRule[got.RuleID]++
		if got.RuleID != want.Rule.ID || got.Fingerprint != want.Fingerprint() || got.Message != want.Message() || got.Remediation != want.Remedy() ||
			got.Subject["key"] != want.Subject.Key || got.State != "open" || len(got.Related) != len(want.Related) {
			t.Errorf("finding %d is %+v", i, got)
		}
	}
	if diff := cmp.Diff(bySeverity, f.Summary.BySeverity); diff != "" {
		t.Errorf("by severity -counted +written:\n%s", diff)
	}
	if diff := cmp.Diff(byRule, f.Summary.ByRule); diff != "" {
		t.Errorf("by rule -counted +written:\n%s", diff)
	}
}

func TestArgumentsKeepTheirTypes(t *testing.T) {
	f := read(t, write(t, sample(t, documenttest.Options{})))
	seen := map[string]any{}
	for _, x := range f.Findings {
		if x.RuleID == "LIC-905" || x.RuleID == "SIP-901" {
			for k, v := range x.Arguments {
				if k != "others" {
					seen[k] = v
				} else if list, ok := v.([]any); !ok || len(list) != 1 {
					t.Errorf("others is %#v", v)
				}
			}
		}
	}
	want := map[string]any{"used": 6.0, "units": 5.0, "seen": "2026-11-21T12:00:00Z", "sip": "person0@contoso.com"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEvidenceOfOthers(t *testing.T) {
	f := read(t, write(t, sample(t, documenttest.Options{})))
	for _, x := range f.Findings {
		if x.RuleID != "SIP-901" || x.Subject["key"] != documenttest.ID('a', 1) {
			continue
		}
		want := map[string]any{
			"msRTCSIP-PrimaryUserAddress": []any{"sip:person0@contoso.com"},
			"proxyAddresses":              []any{"SMTP:person1@contoso.com", "smtp:alias.person1@contoso.com", "sip:person0@contoso.com"},
			"whenChanged":                 []any{"2026-06-05T08:00:00Z"},
			"of": map[string]any{documenttest.ID('a', 0): map[string]any{
				"userAccountControl": []any{"512"}, "whenChanged": []any{"2026-06-05T08:00:00Z"}, "msRTCSIP-PrimaryUserAddress": []any{"sip:person0@contoso.com"},
			}},
		}
		if diff := cmp.Diff(want, x.Evidence); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		return
	}
	t.Error("the shared SIP address is not there")
}

// TestNoNulls: lists without elements are empty lists. Only times that do not exist and a share of nobody are null.
func TestNoNulls(t *testing.T) {
	for _, o := range []documenttest.Options{{}, {Unread: true}, {Clean: true, Complete: true}} {
		written := string(write(t, sample(t, o)))
		for _, allowed := range []string{`"share":null`, `"started":null`, `"ended":null`} {
			written = strings.ReplaceAll(written, allowed, "")
		}
		if i := strings.Index(written, "null"); i >= 0 {
			t.Errorf("null in …%s…", written[max(0, i-60):i+10])
		}
	}
}

func TestHostileTextIsQuoted(t *testing.T) {
	d := sample(t, documenttest.Options{Hostile: true, People: 80})
	written := write(t, d)
	for _, r := range string(written) {
		if r < 0x20 && r != '\n' || r == 0x7f || r == 0x202E || r == utf8.RuneError {
			if r == utf8.RuneError {
				continue // an honest replacement
			}
			t.Fatalf("%U stands in the file as it is", r)
		}
	}
	f := read(t, written)
	names := map[string]bool{}
	for _, x := range f.Findings {
		names[x.Subject["name"]] = true
	}
	for _, want := range []string{"right\u202Eto left", "\x1b[31mred", "line\r\nbreak", "<script>alert(1)</script>&amp;", `=HYPERLINK("http://evil.example","click")`} {
		if !names[want] {
			t.Errorf("the value %q did not survive", want)
		}
	}
}

func TestStringsSurvive(t *testing.T) {
	base, err := documenttest.Result(documenttest.Options{People: 1, Clean: true, Complete: true})
	if err != nil {
		t.Fatal(err)
	}
	words, err := text.English()
	if err != nil {
		t.Fatal(err)
	}
	rule := base.Outcomes[0].Rule
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.String().Draw(t, "value")
		r := *base
		r.Findings = []audit.Finding{{Rule: rule, Severity: audit.Low, Subject: audit.Subject{Kind: "ad.user", Key: "k"}, Value: value}}
		var b bytes.Buffer
		if err := jsonfile.Write(&b, document.New(&r, document.Meta{Words: words})); err != nil {
			t.Fatal(err)
		}
		var f file
		if err := json.Unmarshal(b.Bytes(), &f); err != nil {
			t.Fatal(err)
		}
		if got := f.Findings[0].Value; got != value {
			t.Fatalf("%q became %q", value, got)
		}
	})
}

func TestSameInputSameBytes(t *testing.T) {
	a, b := write(t, sample(t, documenttest.Options{People: 200})), write(t, sample(t, documenttest.Options{People: 200}))
	if !bytes.Equal(a, b) {
		t.Error("two writes of the same evidence differ")
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

func TestWriteErrorsAreReturned(t *testing.T) {
	d := sample(t, documenttest.Options{People: 500})
	for _, after := range []int{0, 100_000} {
		if err := jsonfile.Write(&full{after}, d); !errors.Is(err, errFull) {
			t.Errorf("after %d bytes: %v", after, err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	d, err := documenttest.New(documenttest.Options{People: 50_000})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		if err := jsonfile.Write(io.Discard, d); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(d.Count()*b.N)/b.Elapsed().Seconds(), "findings/s")
}

func ExampleWrite() {
	d, err := documenttest.New(documenttest.Options{Clean: true, Complete: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	var b bytes.Buffer
	if err := jsonfile.Write(&b, d); err != nil {
		fmt.Println(err)
		return
	}
	for line := range strings.Lines(b.String()) {
		if strings.Contains(line, `"summary"`) {
			fmt.Println(strings.TrimSpace(line))
		}
	}
	// Output:
	// "summary": {"bySeverity":{"critical":0,"high":0,"medium":0,"low":0,"info":0},"byRule":{},"headline":{"people":24,"clear":24,"affected":0,"notAssessed":0,"waivedPeople":0,"share":1}}
}
