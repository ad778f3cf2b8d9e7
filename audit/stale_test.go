package audit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// What rests on files that are too old says so: the verdict, and each finding.
func TestStaleData(t *testing.T) {
	old := evidence.Coverage{Dataset: evidence.TeamsPolicies, State: evidence.Complete, Files: []string{"policies.xml"}, Stale: true}
	rows := tables{evidence.ADUsers: people(1)}
	for name, c := range map[string]struct {
		rule *audit.Rule
		want string
		fact []string
	}{
		"with a finding": {everybody("TOP-901", audit.Need{Dataset: evidence.TeamsPolicies}), "failed stale", []string{"teams.upgradePolicies", "policies.xml"}},
		"without one":    {nobody("TOP-901", audit.Need{Dataset: evidence.TeamsPolicies, Optional: true}), "passed stale", nil},
		"other data":     {everybody("TOP-901", audit.Need{Dataset: evidence.TeamsFederation}), "failed", nil},
	} {
		r := run(t, snapshot(t, rows, old), audit.Options{Rules: []*audit.Rule{c.rule}})
		if got := status(r.Outcomes[0]); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		var seen []string
		for _, f := range r.Findings {
			for _, e := range f.Evidence {
				if e.Name == "staleData" {
					seen = append(seen, e.Values...)
				}
			}
		}
		if diff := cmp.Diff(c.fact, seen); diff != "" {
			t.Errorf("%s: evidence (-want +got):\n%s", name, diff)
		}
	}
}
