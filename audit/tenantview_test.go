package audit_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// Who has a number: what the service lists goes before what a command told, and users' configurations add what neither has.
func TestNumbers(t *testing.T) {
	rows := tables{
		evidence.TenantUsers: {`{"id":"$11","tenant":"a"}`, `{"id":"$12","tenant":"a"}`},
		evidence.TenantNumbers: {
			`{"id":"1","tenant":"a","telephoneNumber":"+81312345601","assignmentTargetId":"$11","numberSource":"online"}`,
			`{"id":"2","tenant":"a","telephoneNumber":"81312345602;ext=7","assignmentTargetId":"$12"}`,
			`{"id":"3","tenant":"b","telephoneNumber":"+81312345601","assignmentTargetId":"$13"}`,
			`{"id":"4","tenant":"a","telephoneNumber":"+81312345603"}`, `{"id":"5","tenant":"a","telephoneNumber":"110","assignmentTargetId":"$11"}`,
			`{"id":"6","tenant":"a","telephoneNumber":"no number","assignmentTargetId":"$11"}`,
		},
		evidence.TeamsNumbers: {`{"TelephoneNumber":"+81312345609","AssignedPstnTargetId":"$11"}`},
		evidence.TenantTeamsUsers: {
			`{"id":"$11","tenant":"a","telephoneNumbers":[{"telephoneNumber":"+81312345601","assignmentCategory":"alternate"},{"telephoneNumber":"+81312345604","assignmentCategory":"primary"}]}`,
			`{"id":"$12","tenant":"a","telephoneNumbers":[{"telephoneNumber":"+81312345601","assignmentCategory":"primary"}]}`,
		},
	}
	show := func(list []audit.HeldNumber) (shown []string) {
		for _, h := range list {
			shown = append(shown, fmt.Sprintf("%s %s %s %t %t %t", h.Number, h.Target.String()[34:], h.Category, h.Online(), h.Whole(), h.Primary()))
		}
		return shown
	}
	for name, c := range map[string]struct {
		coverage evidence.Coverage
		holders  map[string][]string
		of       []string
	}{
		"listed by the service": {
			evidence.Coverage{Dataset: evidence.TenantSKUs, State: evidence.Complete},
			map[string][]string{
				"+81312345601": {"+81312345601 11 alternate true true false"}, "+81312345602": {"+81312345602;ext=7 12  false true true"}, "+81312345603": nil, "+81312345609": nil,
				"+81312345604": {"+81312345604 11 primary false false true"},
			},
			[]string{"+81312345601 11 alternate true true false", "+81312345604 11 primary false false true"},
		},
	} {
		ask(t, snapshot(t, rows, c.coverage), audit.Options{}, func(p *audit.Pass) {
			for digits, want := range c.holders {
				if diff := cmp.Diff(want, show(p.Numbers().Holders("a", digits))); diff != "" {
					t.Errorf("%s, %s (-want +got):\n%s", name, digits, diff)
				}
			}
			if diff := cmp.Diff(c.of, show(p.Numbers().Of(p.Evidence.TenantUserAt(0)))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		})
	}
	rows[evidence.TenantNumbers] = nil
	ask(t, snapshot(t, rows, evidence.Coverage{Dataset: evidence.TenantNumbers, State: evidence.Failed}), audit.Options{}, func(p *audit.Pass) {
		if got := show(p.Numbers().Holders("b", "+81312345609")); len(got) != 1 {
			t.Errorf("the output of a command says %v", got)
		}
		if got := show(p.Numbers().Holders("a", "+81312345601")); len(got) != 2 {
			t.Errorf("users' configurations say %v", got)
		}
	})
}

func TestTenantHome(t *testing.T) {
	const user = `{"id":"$11","userPrincipalName":"p1@contoso.com","onPremisesSyncEnabled":true}`
	for name, c := range map[string]struct {
		own, teams, sip, online string
		stale                   bool
		want                    string
	}{
		"nothing":                {"SRV:", "", "", "", false, "none "},
		"account type":           {"SRV:", "User", "", "", false, "online accountType"},
		"account type, silent":   {"SRV:", "unknown", "", "", false, "none "},
		"copy of the directory":  {"SRV:", "user", "SRV:", "", false, "onPremises sipInfo"},
		"copy that is elsewhere": {"SRV:", "user", "pool.example.com", "", false, "online accountType"},
		"command":                {"SRV:", "user", "SRV:", `"OnPremHostingProvider":"sipfed.online.lync.com"`, false, "online onlineUser"},
		"command, host alone":    {"SRV:", "user", "SRV:", `"HostingProvider":"srv:"`, false, "onPremises onlineUser"},
		"command, both, one is not the directory's": {
			"sipfed.online.lync.com", "user", "", `"OnPremHostingProvider":"sipfed.online.lync.com","HostingProvider":"SRV:"`, false, "onPremises onlineUser",
		},
		"command, silent":         {"SRV:", "user", "", `"HostingProvider":"x"`, false, "online accountType"},
		"command, old":            {"SRV:", "user", "", `"HostingProvider":"SRV:"`, true, "online accountType"},
		"command, old, and alone": {"SRV:", "", "", `"HostingProvider":"sipfed.online.lync.com"`, true, "online onlineUser"},
	} {
		rows := tables{
			evidence.ADUsers: {person(1, `"userPrincipalName":"p1@contoso.com","msRTCSIP-DeploymentLocator":"`+c.own+`"`)}, evidence.TenantUsers: {user},
		}
		if c.teams != "" {
			rows[evidence.TenantTeamsUsers] = []string{`{"id":"$11","accountType":"` + c.teams + `"}`}
		}
		if c.sip != "" {
			rows[evidence.TenantSIPInfo] = []string{`{"id":"$11","onPremisesSipInfo.sipDeploymentLocation":"` + c.sip + `"}`}
		}
		if c.online != "" {
			rows[evidence.TeamsOnlineUsers] = []string{`{"Identity":"$11",` + c.online + `}`}
		}
		s := snapshot(t, rows, evidence.Coverage{Dataset: evidence.TeamsOnlineUsers, State: evidence.Complete, Stale: c.stale})
		ask(t, s, audit.Options{}, func(p *audit.Pass) {
			view := p.TenantHome(p.Evidence.TenantUserAt(0))
			if got := view.Home.String() + " " + view.View; got != c.want {
				t.Errorf("%s: %s, want %s", name, got, c.want)
			}
		})
	}
}
