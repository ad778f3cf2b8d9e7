package audit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// What the output of Get-CsPhoneNumberAssignment tells of a tenant is added to a list that was read in part, and is nothing beside one that was read completely; the
// Teams configurations of users come last.
func TestNumbersOfSeveralSources(t *testing.T) {
	rows := tables{
		evidence.TenantOrganization: {`{"id":"$1","tenant":"a"}`, `{"id":"$2","tenant":"b"}`},
		evidence.TenantNumbers: {
			`{"id":"n1","tenant":"a","telephoneNumber":"+81312345601","assignmentTargetId":"$91"}`,
			`{"id":"n2","tenant":"b","telephoneNumber":"+81312345601","assignmentTargetId":"$92"}`,
		},
		evidence.TeamsNumbers: {
			`{"source":"a","TelephoneNumber":"+81312345602","AssignedPstnTargetId":"$91"}`,
			`{"source":"b","TelephoneNumber":"+81312345601","AssignedPstnTargetId":"$92","AssignmentCategory":"Private"}`,
			`{"source":"b","TelephoneNumber":"+81312345601","AssignedPstnTargetId":"$93"}`,
			`{"source":"b","TelephoneNumber":"+81312345602;ext=602","AssignedPstnTargetId":"$93"}`,
			`{"source":"b","TelephoneNumber":"+81312345602","AssignedPstnTargetId":"$94"}`,
		},
		evidence.TenantTeamsUsers: {
			`{"id":"$93","tenant":"b","telephoneNumbers":[{"telephoneNumber":"+81312345602","assignmentCategory":"primary"},{"telephoneNumber":"+81312345603"}]}`,
		},
	}
	rule := everybody("VOI-901")
	var got []string
	rule.Check = audit.Once(func(p *audit.Pass) {
		for _, tenant := range []string{"a", "b"} {
			for _, digits := range []string{"+81312345601", "+81312345602", "+81312345603"} {
				for _, h := range p.Numbers().Holders(tenant, digits) {
					got = append(got, tenant+" "+h.Number.String()+" "+h.Target.String()[34:]+" "+h.Category)
				}
			}
		}
		if !p.NumbersRead("a") || p.NumbersRead("b") {
			t.Errorf("numbers read: of a %t, of b %t", p.NumbersRead("a"), p.NumbersRead("b"))
		}
	})
	partly := []evidence.Coverage{
		{Dataset: evidence.TenantNumbers, Source: "a", State: evidence.Complete}, {Dataset: evidence.TenantNumbers, Source: "b", State: evidence.Partial},
		{Dataset: evidence.TeamsNumbers, Source: "b", State: evidence.Partial}, {Dataset: evidence.TenantTeamsUsers, Source: "b", State: evidence.Failed},
	}
	run(t, snapshot(t, rows, partly...), audit.Options{Rules: []*audit.Rule{rule}})
	want := []string{"a +81312345601 91 ", "b +81312345601 92 Private", "b +81312345602 94 ", "b +81312345602;ext=602 93 primary", "b +81312345603 93 "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
