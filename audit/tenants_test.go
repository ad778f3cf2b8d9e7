package audit_test

import (
	"testing"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// A person in two tenants has a finding in each, and they are two: a waiver of one is none of the other. A person in one tenant is told apart as ever.
func TestFindingsOfTwoTenantsAreTwo(t *testing.T) {
	rule := everybody("SIP-903")
	rule.Check = audit.EachPair(func(p *audit.Pass, o evidence.ADObject, _ evidence.TenantUser) {
		p.Report(audit.Finding{Subject: audit.ADSubject(o)})
	})
	user := func(id, tenant, anchor string) string {
		return `{"id":"00000000-0000-0000-0000-0000000000` + id + `","tenant":"` + tenant + `","onPremisesImmutableId":"` + anchor + `"}`
	}
	prints := func(users ...string) []string {
		s := snapshot(t, tables{evidence.ADUsers: people(1), evidence.TenantUsers: users})
		var all []string
		r := run(t, s, audit.Options{Rules: []*audit.Rule{rule}})
		for i := range r.Findings {
			all = append(all, r.Findings[i].Fingerprint())
		}
		return all
	}
	var anchor, key string
	for o := range snapshot(t, tables{evidence.ADUsers: people(1)}).ADObjects(evidence.ADUsers) {
		anchor, key = o.GUID().Base64(), o.GUID().String()
	}
	one, both := prints(user("11", "a", anchor)), prints(user("11", "a", anchor), user("12", "b", anchor))
	plain := (&audit.Finding{Rule: rule, Subject: audit.Subject{Key: key}}).Fingerprint()
	if len(one) != 1 || one[0] != plain {
		t.Errorf("in one tenant: %q, want %q", one, plain)
	}
	if len(both) != 2 || both[0] == both[1] || both[0] == plain || both[1] == plain {
		t.Errorf("in two tenants: %q, and %q of one alone", both, one)
	}
}
