package rules_test

import (
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.yaml.in/yaml/v3"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/audit/scope"
	"hybridaudit/audit/text"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

var update = flag.Bool("update", false, "rewrite the wanted results of the case files")

var caseTime = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// A case file sits beside its rule: sip/sip001.txtar has the cases of SIP-001. Files in it are named "case/dataset", with one JSON object a line, and
// "case/want"; "case/coverage" has lines "dataset state reason", "dataset missing attribute", "dataset notInCatalog attribute", "dataset asked attributes", "dataset narrowed", "dataset stale", "dataset taken time", "dataset files names" or "dataset source name"; "case/settings" is YAML. See fillDefaults for what need
// not be written.
func TestCases(t *testing.T) {
	byFile := map[string]*audit.Rule{}
	for _, r := range rules.All() {
		byFile[caseFile(r)] = r
	}
	for file, rule := range byFile {
		t.Run(rule.ID, func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatalf("every rule needs a case file: %v", err)
			}
			runCases(t, rule, archive)
			if *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	files, err := filepath.Glob("*/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if byFile[f] == nil {
			t.Errorf("%s is the case file of no rule", f)
		}
	}
}

func caseFile(r *audit.Rule) string {
	return filepath.Join(r.Category, strings.ToLower(strings.ReplaceAll(r.ID, "-", ""))+".txtar")
}

// caseInputs gives the names of the cases in their order, and the parts of each.
func caseInputs(t *testing.T, archive *txtar.Archive) (names []string, inputs map[string]map[string][]byte) {
	t.Helper()
	inputs = map[string]map[string][]byte{}
	for _, f := range archive.Files {
		name, part, ok := strings.Cut(f.Name, "/")
		if !ok {
			t.Fatalf("file %q is not named case/part", f.Name)
		}
		if inputs[name] == nil {
			inputs[name] = map[string][]byte{}
			names = append(names, name)
		}
		inputs[name][part] = f.Data
	}
	return names, inputs
}

func runCases(t *testing.T, rule *audit.Rule, archive *txtar.Archive) {
	names, inputs := caseInputs(t, archive)
	hits, misses := 0, 0
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			got := judge(t, rule, inputs[name])
			if strings.HasPrefix(got, "failed") {
				hits++
			} else {
				misses++
			}
			i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name+"/want" })
			if i < 0 {
				t.Fatalf("case %q has no want file", name)
			}
			if *update {
				archive.Files[i].Data = []byte(got)
				return
			}
			if diff := cmp.Diff(string(archive.Files[i].Data), got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if hits == 0 || misses < 2 {
		t.Errorf("%d cases with findings and %d without: a rule needs hits, a clean object, and a case that is not applicable or a boundary", hits, misses)
	}
}

type caseSettings struct {
	NoServer         bool
	AlternateLoginID bool
	SyncInterval     string
	Scope            scope.Config
	Params           yaml.Node
	LeftOut          []string
	OnlineSuffixes   []string
}

// judge runs one rule over a case and prints what came of it.
func judge(t *testing.T, rule *audit.Rule, input map[string][]byte) string {
	t.Helper()
	catalogue, err := text.English()
	if err != nil {
		t.Fatal(err)
	}
	return show(catalogue, judgeCase(t, rule, input))
}

func judgeCase(t *testing.T, rule *audit.Rule, input map[string][]byte) *audit.Result {
	t.Helper()
	var set caseSettings
	if err := yaml.Unmarshal(input["settings"], &set); err != nil {
		t.Fatal(err)
	}
	o := audit.Options{Rules: []*audit.Rule{rule}, Scope: set.Scope, LeftOut: set.LeftOut, Workers: 1}
	o.Settings = audit.Settings{NoServer: set.NoServer, AlternateLoginID: set.AlternateLoginID, OnlineSuffixes: set.OnlineSuffixes}
	if set.SyncInterval != "" {
		d, err := time.ParseDuration(set.SyncInterval)
		if err != nil {
			t.Fatal(err)
		}
		o.Settings.SyncInterval = d
	}
	if !set.Params.IsZero() {
		params := rule.Params()
		if err := set.Params.Decode(params); err != nil {
			t.Fatal(err)
		}
		o.Params = map[string]any{rule.ID: params}
	}
	result, err := audit.Run(t.Context(), build(t, input), o)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// show prints an outcome: the status with its reason, then a line for each variant that was not assessed, then a line for each finding: variant, severity, subject,
// related subjects and message.
func show(c *text.Catalogue, r *audit.Result) string {
	var b strings.Builder
	o := r.Outcomes[0]
	b.WriteString(o.Status.String())
	if !o.Reason.IsZero() {
		b.WriteString(": " + reason(c, o.Reason))
	}
	b.WriteByte('\n')
	for _, v := range o.Variants {
		if v.Reason.Code != "later" {
			fmt.Fprintf(&b, "%s not assessed: %s\n", v.Code, reason(c, v.Reason))
		}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		fmt.Fprintf(&b, "%s %s %s", strings.TrimSpace(f.Variant+" "+f.Severity.String()), f.Subject.Kind, short(f.Subject.Key))
		for _, s := range f.Related {
			b.WriteString(" ~" + short(s.Key))
		}
		fmt.Fprintf(&b, " | %s\n", c.Format(f.Rule.MessageOf(f.Variant), f.Arg))
	}
	return b.String()
}

func reason(c *text.Catalogue, r audit.Reason) string {
	return text.Format(c.Get("reason."+r.Code), func(name string) any {
		for _, a := range r.Args {
			if a.Name == name {
				return a.Value
			}
		}
		return nil
	})
}

const zeros = "00000000-0000-0000-0000-000000000000"

func short(key string) string {
	if rest, ok := strings.CutPrefix(key, zeros[:24]); ok {
		return strings.TrimLeft(rest, "0")
	}
	return key
}

func long(key string) string {
	if len(key) < 12 {
		return zeros[:36-len(key)] + key
	}
	return key
}

// build makes evidence of a case. Every dataset is complete unless the case says otherwise; a tenant and a forest are there unless the case gives its own.
func build(t *testing.T, input map[string][]byte) *evidence.Snapshot {
	t.Helper()
	b := evidence.NewBuilder(caseTime)
	var decoder evidence.Decoder
	for _, d := range evidence.Datasets() {
		data, ok := input[string(d)]
		if !ok {
			data = []byte(defaults[d])
		}
		for line := range strings.Lines(string(data)) {
			if strings.TrimSpace(line) == "" {
				continue
			}
			var row map[string]any
			numbers := json.NewDecoder(strings.NewReader(line))
			numbers.UseNumber() // file times do not fit into a float64
			if err := numbers.Decode(&row); err != nil {
				t.Fatalf("%s: %s: %v", d, line, err)
			}
			fillDefaults(t, d, row)
			full, err := json.Marshal(row)
			if err != nil {
				t.Fatal(err)
			}
			if err := decoder.Row(b.Table(d), full); err != nil {
				t.Fatalf("%s: %s: %v", d, line, err)
			}
		}
		b.Cover(coverage(t, d, b.Table(d).Rows(), string(input["coverage"])))
	}
	for name := range input {
		if !evidence.Dataset(name).Known() && !slices.Contains([]string{"want", "coverage", "settings"}, name) {
			t.Fatalf("unknown part %q", name)
		}
	}
	return b.Seal()
}

func coverage(t *testing.T, d evidence.Dataset, rows int, lines string) evidence.Coverage {
	c := evidence.Coverage{Dataset: d, State: evidence.Complete, Expected: rows, Rows: rows, Started: caseTime, Ended: caseTime, Optional: d == evidence.TenantSyncFeatures}
	for line := range strings.Lines(lines) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != string(d) {
			continue
		}
		switch fields[1] {
		case "missing":
			c.Missing = append(c.Missing, fields[2:]...)
			continue
		case "notInCatalog":
			c.Missing, c.NotInCatalog = append(c.Missing, fields[2:]...), append(c.NotInCatalog, fields[2:]...)
			continue
		case "asked":
			c.Attributes = fields[2:]
			continue
		case "narrowed":
			c.Narrowed = true
			continue
		case "files":
			c.Files = fields[2:]
			continue
		case "source":
			c.Source = fields[2]
			continue
		case "stale":
			c.Stale = true
			continue
		case "taken":
			at, err := time.Parse(time.RFC3339, fields[2])
			if err != nil {
				t.Fatal(err)
			}
			c.Started, c.Ended = at, at
			continue
		}
		if err := c.State.UnmarshalText([]byte(fields[1])); err != nil {
			t.Fatal(err)
		}
		c.Reason = strings.Join(fields[2:], " ")
	}
	return c
}

var defaults = map[evidence.Dataset]string{
	evidence.ADForests:          `{"name":"contoso.com","guid":"f","domains":["contoso.com"]}`,
	evidence.TenantOrganization: `{"id":"e","displayName":"Contoso","onPremisesSyncEnabled":true,"onPremisesLastSyncDateTime":"2026-11-21T11:50:00Z"}`,
	evidence.TenantDomains: `{"id":"contoso.com","isVerified":true,"isDefault":true,"isRoot":true,"authenticationType":"Managed","supportedServices":["Email","OfficeCommunicationsOnline"]}
{"id":"contoso.onmicrosoft.com","isVerified":true,"isInitial":true,"isRoot":true,"authenticationType":"Managed","supportedServices":["Email","OfficeCommunicationsOnline"]}`,
}

// fillDefaults completes a row: short GUIDs ("1"), SIDs in text form, and for directory objects the class, an enabled account, a name, a DN and times long ago.
func fillDefaults(t *testing.T, d evidence.Dataset, row map[string]any) {
	t.Helper()
	for _, c := range evidence.SchemaOf(d) {
		if v, ok := row[c.Name].(string); ok && c.Kind == evidence.GUID {
			row[c.Name] = long(v)
		}
	}
	for _, name := range []string{"objectSid", "msRTCSIP-OriginatorSid", "msExchMasterAccountSid", "mS-DS-ConsistencyGuid"} {
		if v, ok := row[name].(string); ok {
			row[name] = octets(t, v)
		}
	}
	set := func(name string, v any) {
		if _, ok := row[name]; !ok {
			row[name] = v
		}
	}
	n := ""
	for _, name := range []string{"objectGUID", "id"} {
		if v, ok := row[name].(string); ok {
			n = short(v)
		}
	}
	switch d {
	case evidence.ADUsers, evidence.ADContacts, evidence.ADGroups:
		classes := map[evidence.Dataset][]string{
			evidence.ADUsers: {"top", "person", "organizationalPerson", "user"}, evidence.ADContacts: {"top", "person", "organizationalPerson", "contact"},
			evidence.ADGroups: {"top", "group"},
		}
		set("objectClass", classes[d])
		if d == evidence.ADUsers {
			set("userAccountControl", 512)
		}
		set("displayName", "Object "+n)
		set("distinguishedName", "CN=Object "+n+",OU=People,DC=contoso,DC=com")
		set("forest", "contoso.com")
		set("whenCreated", "2026-01-05T08:00:00Z")
		set("whenChanged", "2026-06-05T08:00:00Z")
	case evidence.ADPools, evidence.ADServers, evidence.ADTopology, evidence.ADExchange, evidence.ADConnectionPoints, evidence.ADServiceAccounts, evidence.ADComputers:
		set("forest", "contoso.com")
	case evidence.TenantUsers:
		set("userType", "Member")
		set("accountEnabled", true)
		set("displayName", "User "+n)
		set("createdDateTime", "2026-01-05T08:00:00Z")
	}
}

func octets(t *testing.T, v string) string {
	t.Helper()
	if b, err := directory.ParseSID(v); err == nil {
		return base64.StdEncoding.EncodeToString(b)
	}
	if g, err := directory.ParseGUID(long(v)); err == nil {
		return base64.StdEncoding.EncodeToString(g[:])
	}
	return v
}
