package rules_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/audit/text"
	"hybridaudit/sources/evidence"
)

// The list is what the generator writes: a rule that was added without go generate fails here.
func TestListIsGenerated(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "run", "generate.go", "-check").CombinedOutput()
	if err != nil {
		t.Errorf("run go generate ./audit/rules: %s", out)
	}
}

var listed = regexp.MustCompile(`(?m)^\t\t([a-z]+)\.([A-Z]+)([0-9]{3}),$`)

// A rule's id, its category, its variable and its folder say the same thing.
func TestIDs(t *testing.T) {
	source, err := os.ReadFile("all.go")
	if err != nil {
		t.Fatal(err)
	}
	var want, got [][2]string
	for _, m := range listed.FindAllStringSubmatch(string(source), -1) {
		want = append(want, [2]string{m[1], m[2] + "-" + m[3]})
	}
	seen := map[string]bool{}
	for _, r := range rules.All() {
		got = append(got, [2]string{r.Category, r.ID})
		if seen[r.ID] {
			t.Errorf("%s is used twice", r.ID)
		}
		seen[r.ID] = true
		if !strings.HasPrefix(r.ID, strings.ToUpper(r.Category)+"-") {
			t.Errorf("%s is not an id of category %s", r.ID, r.Category)
		}
		if _, err := os.Stat(strings.TrimSuffix(caseFile(r), ".txtar") + ".go"); err != nil {
			t.Errorf("%s has no file of its own: %v", r.ID, err)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("variables and ids (-variable +id):\n%s", diff)
	}
}

// ownNumbering is that of working notes, which have no place in texts for administrators.
var ownNumbering = regexp.MustCompile(`\bS[0-9]-[0-9]{2}\b`)

func TestTexts(t *testing.T) {
	english, err := text.English()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.All() {
		for name, s := range map[string]string{"title": r.Title, "why": r.Why, "fix": r.Fix, "guards": r.Guards} {
			if s == "" || s != strings.TrimSpace(s) || strings.Contains(s, "  ") || ownNumbering.MatchString(s) {
				t.Errorf("%s: bad %s %q", r.ID, name, s)
			}
			if sentence := strings.HasSuffix(s, "."); sentence == (name == "title") {
				t.Errorf("%s: the %s ends wrongly: %q", r.ID, name, s)
			}
		}
		if len(r.Refs) == 0 {
			t.Errorf("%s cites nothing", r.ID)
		}
		for _, ref := range r.Refs {
			if ref.Title == "" || ownNumbering.MatchString(ref.Title) || ref.URL != "" && !strings.HasPrefix(ref.URL, "https://") {
				t.Errorf("%s: bad reference %v", r.ID, ref)
			}
		}
		if !english.Has("category." + r.Category) {
			t.Errorf("category %s has no name", r.Category)
		}
		if r.Severity == 0 || r.Message == "" && len(r.Variants) == 0 {
			t.Errorf("%s has no severity or no message", r.ID)
		}
		messages := map[string]bool{}
		for _, m := range append([]string{r.Message}, variantMessages(r)...) {
			if messages[m] || strings.HasSuffix(m, ".") || m != strings.TrimSpace(m) {
				t.Errorf("%s: bad message %q", r.ID, m)
			}
			messages[m] = true
		}
		codes := variantCodes(r)
		if !slices.IsSorted(codes) || len(slices.Compact(codes)) != len(r.Variants) {
			t.Errorf("%s: variants %v are not in order", r.ID, codes)
		}
	}
}

func variantMessages(r *audit.Rule) []string {
	var m []string
	for _, v := range r.Variants {
		if v.Later == "" {
			m = append(m, v.Message)
		}
	}
	return m
}

func variantCodes(r *audit.Rule) []string {
	var c []string
	for _, v := range r.Variants {
		c = append(c, v.Code)
	}
	return c
}

func TestNeedsAreInTheSchema(t *testing.T) {
	for _, r := range rules.All() {
		needs := slices.Clone(r.Needs)
		for _, v := range r.Variants {
			needs = append(needs, v.Needs...)
		}
		for _, n := range needs {
			if !n.Dataset.Known() {
				t.Errorf("%s needs %s, which is no dataset", r.ID, n.Dataset)
			}
			for _, a := range n.Attributes {
				if _, ok := evidence.SchemaOf(n.Dataset).Find(a); !ok {
					t.Errorf("%s needs %s of %s, which is not there", r.ID, a, n.Dataset)
				}
			}
		}
		if r.Params != nil && r.Params() == r.Params() {
			t.Errorf("%s: runs share one value of its parameters", r.ID)
		}
	}
}

// Messages, arguments, evidence and identity of everything that the case files report fit together, and every variant is reported by some case.
func TestFindingsFitTheirRules(t *testing.T) {
	english, err := text.English()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.All() {
		archive, err := txtar.ParseFile(caseFile(r))
		if err != nil {
			t.Error(err)
			continue
		}
		hit := map[string]bool{}
		names, inputs := caseInputs(t, archive)
		for _, name := range names {
			result := judgeCase(t, r, inputs[name])
			checkReasons(t, english, r, result)
			prints := map[string]bool{}
			for i := range result.Findings {
				f := &result.Findings[i]
				hit[f.Variant] = true
				checkFinding(t, r, name, f)
				if p := f.Fingerprint(); prints[p] {
					t.Errorf("%s, case %q: two findings with one fingerprint on %s", r.ID, name, f.Subject.Key)
				} else {
					prints[p] = true
				}
			}
		}
		if r.Message != "" && !hit[""] {
			t.Errorf("%s: no case reports it", r.ID)
		}
		for _, v := range r.Variants {
			if hit[v.Code] == (v.Later != "") {
				t.Errorf("%s %s: reported %t, waits for %q", r.ID, v.Code, hit[v.Code], v.Later)
			}
		}
	}
}

func checkFinding(t *testing.T, r *audit.Rule, name string, f *audit.Finding) {
	t.Helper()
	if _, ok := r.Variant(f.Variant); !ok && f.Variant != "" || r.MessageOf(f.Variant) == "" {
		t.Errorf("%s, case %q: unknown variant %q", r.ID, name, f.Variant)
	}
	used := map[string]bool{}
	for _, p := range placeholders(r, f.Variant) {
		if used[p] = true; f.Arg(p) == nil {
			t.Errorf("%s %s, case %q: the message wants {%s}", r.ID, f.Variant, name, p)
		}
	}
	for _, p := range text.Placeholders(r.FixHere) {
		used[p] = true // findings without the argument go without the sentence
	}
	for _, id := range r.Identity {
		if used[id] = true; f.Arg(id) == nil {
			t.Errorf("%s %s, case %q: the identity wants %s", r.ID, f.Variant, name, id)
		}
	}
	for _, e := range f.Evidence {
		used[e.Name] = true
		if e.Name == "" || len(e.Values) == 0 {
			t.Errorf("%s, case %q: empty evidence %v", r.ID, name, e)
		}
		if e.Of != "" && !slices.ContainsFunc(f.Related, func(s audit.Subject) bool { return s.Key == e.Of }) {
			t.Errorf("%s, case %q: evidence of %s, which is not related", r.ID, name, e.Of)
		}
	}
	for _, a := range f.Args {
		if !used[a.Name] {
			t.Errorf("%s %s, case %q: nothing uses the argument %s", r.ID, f.Variant, name, a.Name)
		}
	}
	if f.Severity == 0 || f.Subject.Key == "" || f.Subject.Name == "" {
		t.Errorf("%s, case %q: incomplete finding %+v", r.ID, name, f)
	}
	dataset, ok := subjectDatasets[f.Subject.Kind]
	if !ok {
		t.Errorf("%s, case %q: unknown kind of subject %q", r.ID, name, f.Subject.Kind)
	}
	if _, ok := evidence.SchemaOf(dataset).Find(f.Attribute); !ok && f.Attribute != "" && dataset != "" {
		t.Errorf("%s, case %q: %s has no attribute %s", r.ID, name, dataset, f.Attribute)
	}
}

// placeholders lists the names in braces of a variant's message and remedy. The braces of PowerShell's @{name='value'} are none.
func placeholders(r *audit.Rule, variant string) []string {
	inFix := slices.DeleteFunc(text.Placeholders(r.FixOf(variant)), func(p string) bool { return strings.ContainsAny(p, "='") })
	return append(text.Placeholders(r.MessageOf(variant)), inFix...)
}

// subjectDatasets says where a subject's attribute comes from; "" when it is not a row of one dataset.
var subjectDatasets = map[string]evidence.Dataset{
	"ad.user": evidence.ADUsers, "ad.contact": evidence.ADContacts, "ad.group": evidence.ADGroups, "ad.pool": evidence.ADPools, "ad.server": "", "forest": evidence.ADForests,
	"tenant.user": evidence.TenantUsers, "tenant.group": evidence.TenantGroups, "tenant.contact": evidence.TenantContacts, "domain": evidence.TenantDomains, "sku": evidence.TenantSKUs, "tenant": evidence.TenantOrganization, "dataset": "",
	"host": "", "service": "",
}

func checkReasons(t *testing.T, c *text.Catalogue, r *audit.Rule, result *audit.Result) {
	t.Helper()
	for _, o := range result.Outcomes {
		reasons := []audit.Reason{o.Reason}
		for _, v := range o.Variants {
			reasons = append(reasons, v.Reason)
		}
		for _, why := range reasons {
			if why.IsZero() {
				continue
			}
			if !c.Has("reason." + why.Code) {
				t.Errorf("%s: reason %q has no text", r.ID, why.Code)
			}
			for _, p := range text.Placeholders(c.Get("reason." + why.Code)) {
				if !slices.ContainsFunc(why.Args, func(a audit.Arg) bool { return a.Name == p }) {
					t.Errorf("%s: reason %q wants {%s}", r.ID, why.Code, p)
				}
			}
		}
	}
}

// Categories import the engine and its facts, never one another.
func TestCategoriesAreApart(t *testing.T) {
	files, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	categories := map[string]bool{}
	for _, r := range rules.All() {
		categories[r.Category] = true
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for c := range maps.Keys(categories) {
			if strings.Contains(string(source), `"hybridaudit/audit/rules/`+c+`"`) {
				t.Errorf("%s imports category %s", file, c)
			}
		}
	}
}
