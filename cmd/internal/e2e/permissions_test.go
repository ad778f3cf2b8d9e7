package e2e

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"hybridaudit/audit"
	"hybridaudit/reports/document"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/graph"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
)

// Each application permission is taken away in turn: what it gives is Failed with its name, everything else is read, no rule passes on what was not read, and the report names both.
func TestEachPermissionRemoved(t *testing.T) {
	byName := map[string][]graph.Permission{}
	for _, p := range graph.Permissions() {
		if !p.Dataset.Supplied() {
			byName[p.Name] = append(byName[p.Name], p)
		}
	}
	if len(byName) < 10 {
		t.Fatalf("only %d permissions", len(byName))
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		t.Run(name, func(t *testing.T) {
			org := organisation(t, plant.Options{People: 40, Seed: 11, Only: []string{plant.NoFaults}, Alone: true})
			org.Tenant.Refused = maps.Clone(org.Tenant.Refused)
			if org.Tenant.Refused == nil {
				org.Tenant.Refused = map[string]string{}
			}
			lost := map[evidence.Dataset]bool{}
			for _, p := range byName[name] {
				lost[p.Dataset] = true
				for _, path := range paths(t, org.Tenant, p.Path) {
					org.Tenant.Refused[path] = "Authorization_RequestDenied"
				}
			}
			if lost[evidence.TenantDomains] {
				lost[evidence.TenantFederations] = true // asked domain by domain
			}
			org.Exports = nil // they can stand in for what the service refuses
			s := collectWith(t, org, server.Options{}, func(*graph.Config) {})
			assertLost(t, s, name, lost)
			r := run(t, s, audit.Options{})
			silenced := notPassed(t, r, lost)
			assertReported(t, r, name, lost, silenced)
		})
	}
}

// paths are the collections that a path of the permission table stands for.
func paths(t *testing.T, tenant lab.Tenant, pattern string) []string {
	t.Helper()
	before, after, ok := strings.Cut(pattern, "{id}")
	if !ok {
		return []string{pattern}
	}
	var all []string
	for _, c := range tenant.Collections {
		if c.Path == "domains" && before == "domains/" {
			for _, d := range c.Objects {
				var domain struct{ ID string }
				if err := json.Unmarshal(d, &domain); err != nil {
					t.Fatal(err)
				}
				all = append(all, before+domain.ID+after)
			}
		}
	}
	for _, app := range []string{"00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"} {
		if strings.HasPrefix(before, "servicePrincipals") {
			all = append(all, before+app+after, "servicePrincipals")
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s stands for nothing", pattern)
	}
	return all
}

func assertLost(t *testing.T, s *evidence.Snapshot, permission string, lost map[evidence.Dataset]bool) {
	t.Helper()
	for _, c := range s.Coverage() {
		switch {
		case !c.Dataset.Tenant() || c.Dataset == evidence.TenantSyncFeatures:
		case lost[c.Dataset]:
			if c.State != evidence.Failed || !strings.Contains(c.Reason, permission) || c.Rows != 0 {
				t.Errorf("%s is %s with %d rows: %q does not name %s", c.Dataset, c.State, c.Rows, c.Reason, permission)
			}
		case c.State != evidence.Complete:
			t.Errorf("%s is %s, but nothing was taken from it: %s", c.Dataset, c.State, c.Reason)
		}
	}
}

// notPassed holds that no rule passes on what was not read, and lists the rules that were not judged for it.
func notPassed(t *testing.T, r *audit.Result, lost map[evidence.Dataset]bool) []string {
	t.Helper()
	needs := func(needs []audit.Need) bool {
		return slices.ContainsFunc(needs, func(n audit.Need) bool { return lost[n.Dataset] && !n.Optional })
	}
	var silenced []string
	for _, o := range r.Outcomes {
		if needs(o.Rule.Needs) {
			silenced = append(silenced, o.Rule.ID)
			if o.Status == audit.Passed || o.Status == audit.Failed {
				t.Errorf("%s is %s without the data that it needs", o.Rule.ID, o.Status)
			}
		}
		for _, v := range o.Rule.Variants {
			if v.Later == "" && needs(v.Needs) && (o.Status == audit.Passed || o.Status == audit.Failed) &&
				!slices.ContainsFunc(o.Variants, func(out audit.VariantOutcome) bool { return out.Code == v.Code }) {
				t.Errorf("variant %s of %s was judged without the data that it needs", v.Code, o.Rule.ID)
			}
		}
	}
	return silenced
}

// assertReported holds that a reader is told what is missing and which rules that silenced.
func assertReported(t *testing.T, r *audit.Result, permission string, lost map[evidence.Dataset]bool, silenced []string) {
	t.Helper()
	if !strings.Contains(findingsJSON(t, r), permission) {
		t.Errorf("findings.json does not name %s", permission)
	}
	d := documentOf(t, r)
	for dataset := range lost {
		gap := slices.IndexFunc(d.Summary.Gaps, func(g document.Gap) bool {
			return strings.Contains(g.Text, d.Dataset(dataset)) && strings.Contains(g.Text, permission)
		})
		optional := dataset == evidence.TenantSyncFeatures
		if gap < 0 && !optional {
			t.Errorf("the report does not say that %s lacks %s", dataset, permission)
		}
	}
	for _, id := range silenced {
		if !slices.ContainsFunc(d.Summary.Gaps, func(g document.Gap) bool { return slices.Contains(g.Rules, id) }) {
			i := slices.IndexFunc(r.Outcomes, func(o audit.Outcome) bool { return o.Rule.ID == id })
			if r.Outcomes[i].Status == audit.NotAssessed {
				t.Errorf("the report does not say why %s was not judged", id)
			}
		}
	}
}
