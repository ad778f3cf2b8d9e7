package cli

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/audit/text"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/graph"
)

func TestGrantCommands(t *testing.T) {
	const client, object = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee"
	missing := slices.DeleteFunc(graph.Permissions(), func(p graph.Permission) bool {
		return p.Dataset != evidence.TenantUsers && p.Dataset != evidence.TenantHealth
	})
	tests := []struct {
		name   string
		cfg    graph.Config
		access graph.Access
		has    []string
		never  []string
	}{
		{
			"certificate", graph.Config{Auth: graph.ByCertificate, TenantID: "contoso.com", ClientID: client}, graph.Access{},
			[]string{
				"Connect-MgGraph -TenantId contoso.com -Scopes", `Get-MgServicePrincipal -Filter "appId eq '` + client + `'"`, "-AppRoleId df021288-bdef-4463-88db-98f22de89214  # User.Read.All",
				"--api-permissions df021288-bdef-4463-88db-98f22de89214=Role 79c261e0-fe76-4144-aad5-bdc68fbe4037=Role", "admin-consent --id " + client,
			},
			[]string{"az rest", "-Environment"},
		},
		{
			"system-assigned identity in China", graph.Config{Auth: graph.ByManagedIdentity, TenantID: "cccccccc-bbbb-4ccc-8ddd-eeeeeeeeeeee", Cloud: "china"}, graph.Access{ServicePrincipal: object},
			[]string{
				"-Environment China", "Get-MgServicePrincipal -ServicePrincipalId " + object,
				"az rest --method POST --uri https://microsoftgraph.chinacloudapi.cn/v1.0/servicePrincipals/" + object + "/appRoleAssignments",
				`\"appRoleId\":\"79c261e0-fe76-4144-aad5-bdc68fbe4037\"`, "# ServiceHealth.Read.All",
			},
			[]string{"az ad app permission"},
		},
		{
			"device code", graph.Config{Auth: graph.ByDeviceCode, TenantID: "contoso.com", ClientID: client}, graph.Access{Delegated: true, Held: []string{
				"Domain.Read.All", "Mail.Read", "User.Read.All", "offline_access", "profile", `x" ; reboot "`, "$(reboot)", "-x", "", strings.Repeat("x", 101),
			}},
			[]string{
				`-Scope "Domain.Read.All Mail.Read ServiceHealth.Read.All User.Read.All offline_access profile"`, "az ad app permission grant --id " + client, "take out", "Global Reader",
				`--scope "Domain.Read.All Mail.Read ServiceHealth.Read.All User.Read.All offline_access profile"`,
			},
			[]string{"AppRoleAssignment", "reboot", " -x", "xxx"},
		},
		{
			"Azure CLI", graph.Config{Auth: graph.ByAzureCLI, TenantID: "contoso.com"}, graph.Access{Delegated: true},
			[]string{"permissions of its own", "User.Read.All, ServiceHealth.Read.All", "docs/permissions.md"}, []string{"Connect-MgGraph"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Join(grantCommands(tt.cfg, &tt.access, missing), "\n")
			for _, want := range tt.has {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in\n%s", want, text)
				}
			}
			for _, never := range tt.never {
				if strings.Contains(text, never) {
					t.Errorf("%q is in\n%s", never, text)
				}
			}
		})
	}
}

// What a missing dataset costs is what the engine makes of the rules' needs.
func TestCost(t *testing.T) {
	of := []*audit.Rule{
		{ID: "A-001", Needs: []audit.Need{{Dataset: evidence.TenantUsers}}},
		{ID: "A-002", Needs: []audit.Need{{Dataset: evidence.TenantUsers, Optional: true}}},
		{ID: "A-003", Needs: []audit.Need{{Dataset: evidence.TenantUsers, OnRequest: true}}},
		{ID: "A-004", Needs: []audit.Need{{Dataset: evidence.ADUsers}}, Variants: []audit.Variant{
			{Code: "A", Needs: []audit.Need{{Dataset: evidence.TenantUsers}}}, {Code: "B"}, {Code: "C", Later: "network", Needs: []audit.Need{{Dataset: evidence.TenantUsers}}},
		}},
	}
	users := []evidence.Dataset{evidence.TenantUsers}
	if got, want := costOf(of, nil, users).String(), "not assessed without it: A-001; in part: A-004 (A)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := costOf(of, []string{"A-003"}, users).whole; !slices.Equal(got, []string{"A-001", "A-003"}) {
		t.Errorf("got %q", got)
	}
	if got := costOf(of, nil, []evidence.Dataset{evidence.TenantHealth}).String(); got != "no rule needs it; reports lack it" {
		t.Errorf("got %q", got)
	}
	for _, p := range graph.Permissions() {
		if c := costOf(rules.All(), nil, []evidence.Dataset{p.Dataset}); slices.Contains(c.whole, "") {
			t.Errorf("%s: %v", p.Dataset, c)
		}
	}
}

// What the cloud does not have costs rules as well as what is not granted.
func TestAbsentHasItsCost(t *testing.T) {
	labels, err := text.English()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	k := &checkup{app: &app{io: IO{Out: &out}}, rules: []*audit.Rule{{ID: "A-001", Needs: []audit.Need{{Dataset: evidence.TenantNumbers}}}}}
	k.permission(tenant{name: "graph"}, &grantedLine{
		state: graph.Absent, name: "TeamsTelephoneNumber.Read.All", optional: true, note: "of the global cloud", datasets: []evidence.Dataset{evidence.TenantNumbers},
	}, labels)
	if got := out.String(); !strings.Contains(got, "of the global cloud\n            not assessed without it: A-001\n") || len(k.gaps) > 0 {
		t.Errorf("%s%q", got, k.gaps)
	}
}

func TestWrapped(t *testing.T) {
	if got := wrapped("a bb ccc dddd", 6); !slices.Equal(got, []string{"a bb", "ccc", "dddd"}) {
		t.Errorf("got %q", got)
	}
	if got := wrapped("", 6); !slices.Equal(got, []string{""}) {
		t.Errorf("got %q", got)
	}
}
