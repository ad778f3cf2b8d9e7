package audit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// ask runs a question on a pass over the evidence.
func ask(t *testing.T, s *evidence.Snapshot, o audit.Options, question func(*audit.Pass)) {
	t.Helper()
	asked := false
	o.Rules = []*audit.Rule{{ID: "SIP-901", Severity: audit.Low, Check: audit.Once(func(p *audit.Pass) {
		asked = true
		question(p)
	})}}
	if r := run(t, s, o); !asked || r.Outcomes[0].Status == audit.Broken {
		t.Fatalf("the question was not answered: %v", r.Outcomes[0].Reason)
	}
}

func TestSettled(t *testing.T) {
	changed := func(at string) string { return person(1, `"whenChanged":"`+at+`"`) }
	for _, c := range []struct {
		row      string
		interval time.Duration
		want     bool
	}{
		{changed("2026-11-21T10:59:59Z"), 0, true}, {changed("2026-11-21T11:00:00Z"), 0, false}, {changed("2026-11-21T11:59:00Z"), 0, false},
		{changed("2026-11-21T10:59:59Z"), time.Hour, false}, {changed("2026-11-21T11:55:00Z"), 2 * time.Minute, true}, {person(1, ""), 0, true},
	} {
		s := snapshot(t, tables{evidence.ADUsers: {c.row}})
		ask(t, s, audit.Options{Settings: audit.Settings{SyncInterval: c.interval}}, func(p *audit.Pass) {
			if got := p.Settled(p.Evidence.ADObjectAt(evidence.ADUsers, 0)); got != c.want {
				t.Errorf("%s with an interval of %s: %t", c.row, c.interval, got)
			}
		})
	}
}

func TestWithoutSIP(t *testing.T) {
	for name, c := range map[string]struct {
		rows     tables
		coverage []evidence.Coverage
		want     string
	}{
		"nobody":         {tables{evidence.ADUsers: people(2)}, nil, "noSIP"},
		"empty":          {nil, nil, "noSIP"},
		"an address":     {tables{evidence.ADUsers: {person(1, `"msRTCSIP-PrimaryUserAddress":"sip:a@contoso.com"`)}}, nil, ""},
		"switched off":   {tables{evidence.ADGroups: {`{"objectGUID":"$1","msRTCSIP-UserEnabled":false}`}}, nil, ""},
		"read in part":   {tables{evidence.ADUsers: people(2)}, []evidence.Coverage{{Dataset: evidence.ADContacts, State: evidence.Partial}}, ""},
		"not asked for":  {nil, []evidence.Coverage{{Dataset: evidence.ADGroups}}, ""},
		"tenant missing": {nil, []evidence.Coverage{{Dataset: evidence.TenantUsers, State: evidence.Failed}}, "noSIP"},
	} {
		ask(t, snapshot(t, c.rows, c.coverage...), audit.Options{}, func(p *audit.Pass) {
			if got := p.WithoutSIP().Code; got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		})
	}
}

func TestFactsOfAPass(t *testing.T) {
	s := snapshot(t, tables{
		evidence.TenantDomains: {`{"id":"Contoso.com","isVerified":true}`, `{"id":"münchen.example.com","isVerified":true}`, `{"id":"new.example.com","isVerified":false}`},
		evidence.TenantUsers:   {`{"id":"$1","userPrincipalName":"a@contoso.com"}`, `{"id":"$2","userPrincipalName":"b@contoso.com"}`},
		evidence.TenantTeamsUsers: {
			`{"id":"$2","accountType":"resourceAccount"}`,
		},
		evidence.ADUsers: {
			person(1, `"userPrincipalName":"a@contoso.com","mail":"a@Contoso.com","proxyAddresses":["smtp:a@contoso.com","smtp:a@fabrikam.com","sip:a@sip.example.com"],"msRTCSIP-PrimaryUserAddress":"sip:a@contoso.com","msRTCSIP-UserEnabled":true`),
			`{"objectGUID":"$2","objectClass":["user"],"distinguishedName":"CN=X,OU=Old,DC=contoso,DC=com","userPrincipalName":"b@contoso.com"}`,
		},
		evidence.ADContacts: {`{"objectGUID":"$3","objectClass":["contact"],"msRTCSIP-PrimaryUserAddress":"sip:c@contoso.com"}`},
	})
	ask(t, s, audit.Options{Scope: scope.Config{ExcludeOUs: []string{"OU=Old,DC=contoso,DC=com"}}}, func(p *audit.Pass) {
		var got []string
		for _, d := range []string{"contoso.com", "xn--mnchen-3ya.example.com", "new.example.com", "fabrikam.com"} {
			_, ok := p.Verified(d)
			got = append(got, fmt.Sprint(ok))
		}
		for u := range p.Evidence.TenantUsers() {
			got = append(got, fmt.Sprint(!p.Teams(u).IsZero(), p.TenantClass(u) == scope.ResourceAccount))
		}
		for _, d := range []string{"contoso.com", "fabrikam.com", "sip.example.com", "nowhere.example.com"} {
			got = append(got, fmt.Sprintf("%+v", p.Domains().Of(d)))
		}
		want := []string{
			"true", "true", "false", "false", "false false", "true true",
			"{Objects:2 UPN:1 SIP:2 SIPEnabled:1 SIPProxy:0 SMTP:1}", "{Objects:1 UPN:0 SIP:0 SIPEnabled:0 SIPProxy:0 SMTP:1}",
			"{Objects:1 UPN:0 SIP:0 SIPEnabled:0 SIPProxy:1 SMTP:0}", "{Objects:0 UPN:0 SIP:0 SIPEnabled:0 SIPProxy:0 SMTP:0}",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
