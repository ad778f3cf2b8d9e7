package audit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// Where the configuration narrowed the reading of the directory, a synchronised tenant user without a partner has it in the rest: it is out of scope, and no person
// of the headline figure. One that no directory knows stays.
func TestNarrowedDirectory(t *testing.T) {
	rows := tables{
		evidence.ADUsers: people(1),
		evidence.TenantUsers: {
			`{"id":"$91","userPrincipalName":"elsewhere@contoso.com","userType":"Member","onPremisesSyncEnabled":true}`,
			`{"id":"$92","userPrincipalName":"cloud@contoso.com","userType":"Member"}`,
		},
	}
	everyTenantUser := everybody("LIC-901")
	everyTenantUser.Check = audit.EachTenantUser(func(p *audit.Pass, u evidence.TenantUser) { p.Report(audit.Finding{Subject: audit.TenantSubject(u)}) })
	for name, c := range map[string]struct {
		coverage []evidence.Coverage
		judged   []string
		people   int
	}{
		"whole":    {nil, []string{guid("91"), guid("92")}, 3},
		"narrowed": {[]evidence.Coverage{narrowed(evidence.Complete)}, []string{guid("92")}, 2},
	} {
		r := run(t, snapshot(t, rows, c.coverage...), audit.Options{Rules: []*audit.Rule{everyTenantUser}})
		var judged []string
		for _, f := range r.Findings {
			judged = append(judged, f.Subject.Key)
		}
		if diff := cmp.Diff(c.judged, judged); diff != "" || r.Headline.People != c.people {
			t.Errorf("%s: %d people; judged (-want +got):\n%s", name, r.Headline.People, diff)
		}
	}
}

// Nobody with SIP in a part of the directory is no proof that there is nobody.
func TestNarrowedDirectoryWithoutSIP(t *testing.T) {
	for name, c := range map[string]struct {
		coverage []evidence.Coverage
		want     string
	}{
		"whole": {nil, "notApplicable noSIP"}, "narrowed": {[]evidence.Coverage{narrowed(evidence.Complete)}, "passed"},
	} {
		rule := nobody("SIP-901")
		rule.Applies = (*audit.Pass).WithoutSIP
		r := run(t, snapshot(t, tables{evidence.ADUsers: people(1)}, c.coverage...), audit.Options{Rules: []*audit.Rule{rule}})
		if got := status(r.Outcomes[0]); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
