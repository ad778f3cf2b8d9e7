// Package e2e runs the whole program's parts together: the sample organisation served over LDAP, Graph, DNS and HTTPS, the real collectors, the rules, and real peers
// where they are installed.
package e2e

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/sources/ad"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/file"
	"hybridaudit/sources/graph"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
)

// collectLab serves the organisation and reads it with the real collectors, and what was saved of it with PowerShell.
func collectLab(t testing.TB, org lab.Organisation, o server.Options) *evidence.Snapshot {
	t.Helper()
	return collectWith(t, org, o, func(c *graph.Config) { c.Beta, c.SignIns = true, true })
}

// collectWith is collectLab with the tenants read in another way.
func collectWith(t testing.TB, org lab.Organisation, o server.Options, change func(*graph.Config)) *evidence.Snapshot {
	t.Helper()
	running, err := server.Start(t.Context(), org, o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	}()
	var parts []*evidence.Snapshot
	for _, r := range running.All() {
		parts = append(parts, collectAD(t, r), collectTenant(t, r, change))
	}
	parts = withExports(t, org, parts)
	if running.Network != nil {
		parts = append(parts, labView(t, running.Network, org.Network).look(t, parts...)...)
	}
	merged, err := evidence.Merge(parts...)
	if err != nil {
		t.Fatal(err)
	}
	return merged
}

func pool(pem []byte) *x509.CertPool {
	p := x509.NewCertPool()
	p.AppendCertsFromPEM(pem)
	return p
}

func collectAD(t testing.TB, r *server.Running) *evidence.Snapshot {
	t.Helper()
	b := evidence.NewBuilder(time.Now())
	c := ad.Config{
		Servers: []string{"ldaps://" + r.LDAPS}, BindName: r.BindName, Password: func() (string, error) { return r.Password, nil }, RootCAs: pool(r.CA),
		Attributes: allAttributes(),
	}
	if err := ad.Collect(t.Context(), c, b); err != nil {
		t.Fatal(err)
	}
	return b.Seal()
}

// allAttributes are those of people, those too that are read on request only.
func allAttributes() []string {
	return slices.DeleteFunc(evidence.SchemaOf(evidence.ADUsers).Names(), func(name string) bool { return name == evidence.ADForestColumn })
}

func collectTenant(t testing.TB, r *server.Running, change ...func(*graph.Config)) *evidence.Snapshot {
	t.Helper()
	config := graph.Config{
		TenantID: r.TenantID, ClientID: server.ClientID, Secret: func() (string, error) { return r.Secret, nil }, RootCAs: pool(r.CA),
		LoginURL: "https://" + r.Graph, GraphURL: "https://" + r.Graph,
	}
	for _, c := range change {
		c(&config)
	}
	c, err := graph.New(config)
	if err != nil {
		t.Fatal(err)
	}
	b := evidence.NewBuilder(time.Now())
	if err := c.Collect(t.Context(), b, evidence.Datasets()); err != nil {
		t.Fatal(err)
	}
	return b.Seal()
}

func run(t testing.TB, s *evidence.Snapshot, o audit.Options) *audit.Result {
	t.Helper()
	if o.Rules == nil {
		o.Rules = rules.All()
	}
	r, err := audit.Run(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// found gives the findings in the form of the truth.
func found(r *audit.Result) []lab.Expected {
	var all []lab.Expected
	for i := range r.Findings {
		f := &r.Findings[i]
		all = append(all, lab.Expected{RuleID: f.Rule.ID, Variant: f.Variant, Key: f.Subject.Key})
	}
	return all
}

// differences lists what is expected and not found, and what is found and not expected, both as multisets.
func differences(want, got []lab.Expected) []string {
	count := map[lab.Expected]int{}
	for _, e := range want {
		count[e]++
	}
	for _, e := range got {
		count[e]--
	}
	var all []lab.Expected
	for e, n := range count {
		if n != 0 {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b lab.Expected) int {
		return cmp.Or(cmp.Compare(a.RuleID, b.RuleID), cmp.Compare(a.Variant, b.Variant), cmp.Compare(a.Key, b.Key))
	})
	var lines []string
	for _, e := range all {
		word := "missing"
		if count[e] < 0 {
			word = "too many"
		}
		lines = append(lines, fmt.Sprintf("%s %s%s on %s (%+d)", word, e.RuleID, e.Variant, e.Key, -count[e]))
	}
	return lines
}

// assertTruth compares in both directions. Of each rule and variant it shows the first few objects.
func assertTruth(t *testing.T, r *audit.Result, want []lab.Expected) {
	t.Helper()
	shown := map[string]int{}
	for _, l := range differences(want, found(r)) {
		kind, _, _ := strings.Cut(l, " on ")
		if shown[kind]++; shown[kind] <= 3 {
			t.Error(l)
		}
	}
	for kind, n := range shown {
		t.Logf("%s: %d in all", kind, n)
	}
	for _, o := range r.Outcomes {
		if o.Status == audit.NotAssessed && !o.Wanting && !o.Excused || o.Status == audit.Broken { // organisations without servers have no output of theirs
			t.Errorf("%s ended %s: %+v", o.Rule.ID, o.Status, o.Reason)
		}
	}
}

func TestTruth(t *testing.T) {
	sizes := []int{300, 20000}
	if testing.Short() {
		sizes = sizes[:1]
	}
	for _, people := range sizes {
		for _, seed := range []int64{1, 2, 3} {
			t.Run(fmt.Sprintf("%d people, seed %d", people, seed), func(t *testing.T) {
				org, err := plant.New(plant.Options{People: people, Seed: seed, Now: time.Now().UTC().Truncate(time.Second)})
				if err != nil {
					t.Fatal(err)
				}
				assertTruth(t, run(t, collectLab(t, org, server.Options{}), audit.Options{}), org.Truth)
			})
		}
	}
}

func loadEvidence(t testing.TB, path string) *evidence.Snapshot {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	s, err := file.Read(f, info.Size(), nil, file.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
