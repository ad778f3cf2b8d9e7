package audit_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// asked runs a rule that does nothing but ask.
func asked(t *testing.T, s *evidence.Snapshot, ask func(*audit.Pass)) {
	t.Helper()
	run(t, s, audit.Options{Rules: []*audit.Rule{{
		ID: "TOP-901", Category: "top", Severity: audit.Info, Message: "asked", Check: audit.Once(ask),
	}}})
}

var (
	twoForests = []string{`{"name":"contoso.com","guid":"$701"}`, `{"name":"fabrikam.com","guid":"$702"}`}
	twoTenants = []string{`{"id":"$801","displayName":"Contoso","tenant":"contoso"}`, `{"id":"$802","displayName":"Fabrikam","tenant":"fabrikam"}`}
)

// Which forests are synchronised to which tenant is told by source anchors, not by addresses that two tenants share.
func TestForestsOf(t *testing.T) {
	users := []string{
		person(1, `"userPrincipalName":"a@contoso.com"`),
		`{"objectGUID":"$2","objectClass":["top","person","user"],"distinguishedName":"CN=P2,DC=fabrikam,DC=com","forest":"fabrikam.com","userAccountControl":512}`,
	}
	partners := []string{
		`{"id":"$91","userPrincipalName":"a@contoso.com","onPremisesSyncEnabled":true,"onPremisesImmutableId":"AAAAAAAAAAAAAAAAAAAAAQ==","tenant":"contoso"}`,
		`{"id":"$92","userPrincipalName":"b@fabrikam.com","onPremisesSyncEnabled":true,"onPremisesDistinguishedName":"CN=P2,DC=fabrikam,DC=com","tenant":"contoso"}`,
		`{"id":"$93","userPrincipalName":"a@contoso.com","onPremisesSyncEnabled":true,"tenant":"fabrikam"}`,
	}
	for name, c := range map[string]struct {
		tenants, users []string
		want           map[string][]string
	}{
		"one tenant has all forests":     {twoTenants[:1], nil, map[string][]string{"contoso": {"contoso.com", "fabrikam.com"}}},
		"two tenants, and anchors":       {twoTenants, partners, map[string][]string{"contoso": {"contoso.com", "fabrikam.com"}, "fabrikam": nil}},
		"two tenants and nobody of them": {twoTenants, nil, map[string][]string{"contoso": nil, "fabrikam": nil}},
	} {
		s := snapshot(t, tables{
			evidence.ADForests: twoForests, evidence.TenantOrganization: c.tenants, evidence.ADUsers: users, evidence.TenantUsers: c.users,
		})
		asked(t, s, func(p *audit.Pass) {
			got := map[string][]string{}
			for o := range p.Evidence.Organizations() {
				got[o.Tenant()] = slices.Clone(p.ForestsOf(o))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		})
	}
}

// A few accounts of a large forest do not make a second tenant one of it.
func TestForestsOfAFewAccounts(t *testing.T) {
	for _, c := range []struct {
		first, second int
		tied          bool
	}{{20, 1, false}, {19, 1, true}, {200, 4, false}, {200, 5, true}, {0, 1, true}} {
		rows := tables{evidence.ADForests: twoForests[:1], evidence.TenantOrganization: twoTenants}
		for n := range c.first + c.second {
			tenant := "contoso"
			if n >= c.first {
				tenant = "fabrikam"
			}
			rows[evidence.ADUsers] = append(rows[evidence.ADUsers], person(n+1, ""))
			rows[evidence.TenantUsers] = append(rows[evidence.TenantUsers], fmt.Sprintf(
				`{"id":"$9%d","onPremisesSyncEnabled":true,"onPremisesDistinguishedName":"CN=P%d,OU=People,DC=contoso,DC=com","tenant":%q}`, n, n+1, tenant))
		}
		asked(t, snapshot(t, rows), func(p *audit.Pass) {
			for o := range p.Evidence.Organizations() {
				if got := slices.Contains(p.ForestsOf(o), "contoso.com"); o.Tenant() == "fabrikam" && got != c.tied {
					t.Errorf("%d people in one tenant and %d in the other, which is tied: %t, want %t", c.first, c.second, got, c.tied)
				}
			}
		})
	}
}

// PowerShell output belongs to the tenant or forest that it names, or to the only one that there is.
func TestWhoseExports(t *testing.T) {
	pool := `{"objectGUID":"$601","distinguishedName":"CN=1:1,CN=Pools,DC=contoso,DC=com","forest":"contoso.com"}`
	other := `{"objectGUID":"$602","distinguishedName":"CN=1:1,CN=Pools,DC=fabrikam,DC=com","forest":"fabrikam.com"}`
	for _, c := range []struct {
		source           string
		tenants, forests []string
		pools            []string
		tenant, forest   string
	}{
		{"", twoTenants[:1], twoForests[:1], nil, "contoso", "contoso.com"},
		{"", twoTenants, twoForests, nil, "", ""},
		{"", twoTenants, twoForests, []string{pool}, "", "contoso.com"},
		{"", twoTenants, twoForests, []string{pool, other}, "", ""},
		{"Fabrikam", twoTenants, twoForests, nil, "fabrikam", ""},
		{guid("801"), twoTenants, twoForests, nil, "contoso", ""},
		{"Fabrikam.com", twoTenants, twoForests, []string{pool}, "", "fabrikam.com"},
		{"wingtip.com", twoTenants[:1], twoForests[:1], []string{pool}, "", ""},
	} {
		s := snapshot(t, tables{
			evidence.ADForests: c.forests, evidence.TenantOrganization: c.tenants, evidence.ADPools: c.pools,
			evidence.TeamsFederation: {fmt.Sprintf(`{"source":%q,"Identity":"Global"}`, c.source)}, evidence.ServerEdge: {fmt.Sprintf(`{"source":%q,"Identity":"Global"}`, c.source)},
		})
		asked(t, s, func(p *audit.Pass) {
			tenant := ""
			for o := range p.Evidence.Organizations() {
				if len(p.ExportsOf(evidence.TeamsFederation, o)) == 1 {
					tenant += o.Tenant()
				}
			}
			forest := ""
			for f := range p.Evidence.Forests() {
				if len(p.ServerExportsOf(evidence.ServerEdge, f.Name())) == 1 && p.BroughtOf(evidence.ServerEdge, f.Name()) {
					forest += f.Name()
				}
			}
			if tenant != c.tenant || forest != c.forest {
				t.Errorf("%q with %d tenants, %d forests, %d pools: of %q and %q, want %q and %q", c.source, len(c.tenants), len(c.forests), len(c.pools), tenant, forest, c.tenant, c.forest)
			}
		})
	}
}
