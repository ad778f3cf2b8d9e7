package graph

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/lab"
	graphlab "hybridaudit/sources/lab/server/graph"
)

// refusing is a tenant that refuses these paths.
func refusing(t *testing.T, paths ...string) lab.Tenant {
	tenant := fixtureTenant(t)
	tenant.Refused = map[string]string{}
	for _, p := range paths {
		tenant.Refused[p] = "Authorization_RequestDenied"
	}
	return tenant
}

// inState lists the datasets in a state.
func inState(a *Access, s GrantState) []string {
	var names []string
	for _, g := range a.Grants {
		if g.State == s {
			names = append(names, string(g.Dataset))
		}
	}
	slices.Sort(names)
	return names
}

var switchedOff = []string{"tenant.limits", "tenant.signIns", "tenant.sipInfo"}

func TestCheckReadsTheToken(t *testing.T) {
	tests := []struct {
		name    string
		refused []string
		missing []string
	}{
		{"all granted", nil, nil},
		{"one permission of several datasets", []string{"users"}, []string{"tenant.deletedUsers", "tenant.users"}},
		{"Teams", []string{"admin/teams/userConfigurations", "admin/teams/telephoneNumberManagement/numberAssignments"}, []string{"tenant.numbers", "tenant.teamsUsers"}},
		// The organisation's permission is gone, and the licences have their own.
		{"organisation", []string{"organization"}, []string{"tenant.organization"}},
		{"federation", []string{"domains/contoso.com/federationConfiguration"}, []string{"tenant.federations"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := start(t, graphlab.Options{Tenant: refusing(t, tt.refused...)})
			tr.cfg.Beta, tr.cfg.SignIns = false, false
			a, err := Check(t.Context(), tr.cfg)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.missing, inState(a, Missing)); diff != "" {
				t.Errorf("missing: -want +got\n%s", diff)
			}
			if diff := cmp.Diff(switchedOff, inState(a, Off)); diff != "" {
				t.Errorf("off: -want +got\n%s", diff)
			}
			if a.TenantID != tenantID || a.ClientID != clientID || a.Application == "" || a.ServicePrincipal == "" || a.Delegated || a.Asked {
				t.Errorf("%+v", a)
			}
			if wantName := tt.name != "organisation"; (a.TenantName != "") != wantName {
				t.Errorf("tenant's name %q", a.TenantName)
			}
			if len(tr.seen) > 0 && tr.requests("users") > 0 {
				t.Error("users were asked for although the token tells")
			}
		})
	}
}

// With delegated permissions the resources themselves are asked.
func TestCheckAsks(t *testing.T) {
	tenant := refusing(t, "groups", "domains/contoso.com/serviceConfigurationRecords")
	tr := start(t, graphlab.Options{Tenant: tenant, Applications: []graphlab.Application{{ClientID: clientID, Person: personID}}})
	s := &shown{}
	tr.cfg.Secret, tr.cfg.Auth, tr.cfg.Prompt, tr.cfg.SignIns = nil, ByDeviceCode, s.prompt, true
	tr.cfg.Beta = false
	a, err := Check(t.Context(), tr.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if !a.Delegated || !a.Asked || a.Person != personID || s.count() != 1 {
		t.Errorf("%+v", a)
	}
	states := map[evidence.Dataset]GrantState{}
	for _, g := range a.Grants {
		states[g.Dataset] = g.State
	}
	for d, want := range map[evidence.Dataset]GrantState{
		evidence.TenantUsers: Granted, evidence.TenantOrganization: Granted, evidence.TenantGroups: Missing, evidence.TenantDomainRecords: Missing, evidence.TenantSIPInfo: Off,
		evidence.TenantSyncFeatures: Granted,
	} {
		if states[d] != want {
			t.Errorf("%s is %d, want %d", d, states[d], want)
		}
	}
	if q := tr.last("groups").RawQuery; !strings.Contains(q, "top=1") {
		t.Errorf("groups were asked for with %q", q)
	}
	if tr.requests("directory/onpremisessynchronization") != 1 {
		t.Error("the synchronisation was not asked for")
	}
}

// What only the beta endpoint has is asked for there, and no more than one user of it.
func TestCheckAsksBeta(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t), Applications: []graphlab.Application{{ClientID: clientID, Person: personID}}})
	s := &shown{}
	tr.cfg.Secret, tr.cfg.Auth, tr.cfg.Prompt, tr.cfg.Beta = nil, ByDeviceCode, s.prompt, true
	a, err := Check(t.Context(), tr.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if untested := inState(a, Untested); untested != nil {
		t.Errorf("untested: %q", untested)
	}
	for target, query := range map[string]string{"users": "$top=1", "organization": ""} {
		if q := tr.last(target); q.Path != "/beta/"+target || q.RawQuery != query {
			t.Errorf("%s was asked for with %q", q.Path, q.RawQuery)
		}
	}
}

// The domain that permissions are tried with is one that has everything, if there is one.
func TestProbedDomain(t *testing.T) {
	const (
		initial    = `{"id":"contoso.onmicrosoft.com","isInitial":true,"isRoot":true,"isVerified":true}`
		custom     = `{"id":"contoso.com","isRoot":true,"isVerified":true}`
		below      = `{"id":"eu.contoso.com","isRoot":false,"isVerified":true}`
		unverified = `{"id":"fabrikam.com","isRoot":true,"isVerified":false}`
	)
	tests := []struct {
		list []string
		want string
	}{
		{[]string{initial, custom, `{"id":"fabrikam.com","isRoot":true,"isVerified":true}`}, "contoso.com"},
		{[]string{below, unverified, custom, initial}, "contoso.com"},
		{[]string{unverified, below, initial}, "contoso.onmicrosoft.com"},
		{[]string{unverified}, "fabrikam.com"},
		{[]string{"7", `{"id":"a/b","isVerified":true}`, "{}"}, ""},
		{nil, ""},
	}
	for _, tt := range tests {
		p := probing{}
		if p.learn([]byte(`{"value":[` + strings.Join(tt.list, ",") + `]}`)); p.domain.name != tt.want {
			t.Errorf("%q: %q, want %q", tt.list, p.domain.name, tt.want)
		}
	}
	p := probing{}
	if p.learn([]byte(`{"value":`)); p.domain.name != "" {
		t.Errorf("learned %q of nothing", p.domain.name)
	}
}

// Of a domain of Microsoft's own the service gives no records, which says nothing about the permission.
func TestProbeOfMicrosoftsDomain(t *testing.T) {
	tests := []struct {
		domain, path string
		status       int
		want         GrantState
	}{
		{"contoso.onmicrosoft.com", "domains/{id}/serviceConfigurationRecords", 400, Granted},
		{"contoso.onmicrosoft.com", "domains/{id}/serviceConfigurationRecords", 404, Granted},
		{"contoso.onmicrosoft.com", "domains/{id}/verificationDnsRecords", 400, Granted},
		{"contoso.onmicrosoft.com", "domains/{id}/serviceConfigurationRecords", 403, Missing},
		{"contoso.onmicrosoft.com", "users", 400, Untested},
		{"contoso.onmicrosoft.com", "servicePrincipals(appId='{id}')", 400, Untested},
		{"contoso.com", "domains/{id}/serviceConfigurationRecords", 400, Untested},
	}
	for _, tt := range tests {
		tr, _ := startBehind(t, graphlab.Options{Tenant: fixtureTenant(t)}, func(w http.ResponseWriter, r *http.Request) bool {
			if !strings.HasPrefix(r.URL.Path, "/v1.0/") {
				return false
			}
			writeJSON(w, tt.status, `{"error":{"code":"Request_BadRequest","message":"no"}}`)
			return true
		})
		r, err := tr.cfg.resolve()
		if err != nil {
			t.Fatal(err)
		}
		c, err := newClient(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, permission := range Permissions() {
			if permission.Path != tt.path {
				continue
			}
			g := Grant{Permission: permission}
			if err := (&probing{client: c, domain: domain{name: tt.domain}}).ask(t.Context(), &g); err != nil || g.State != tt.want {
				t.Errorf("%s of %s, HTTP %d: %v, %+v", tt.path, tt.domain, tt.status, err, g)
			}
			break
		}
		c.close()
	}
}

func TestCheckThatFails(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: manyUsers(1), Applications: []graphlab.Application{{ClientID: clientID, Secret: "another"}}})
	_, err := Check(t.Context(), tr.cfg)
	if refused := refusalOf(t, err); refused.Code != "AADSTS7000215" {
		t.Errorf("got %v", err)
	}
	// Graph takes no token.
	tr = start(t, graphlab.Options{Tenant: fixtureTenant(t), Faults: []graphlab.Fault{{Path: "organization", Kind: graphlab.Unauthorized, Times: -1}}})
	var unauthorized *UnauthorizedError
	if a, err := Check(t.Context(), tr.cfg); !errors.As(err, &unauthorized) || a == nil {
		t.Errorf("got %v", err)
	}
	// The sign-in works and Graph is not there.
	tr = start(t, graphlab.Options{Tenant: fixtureTenant(t), Audience: "https://127.0.0.1:1"})
	tr.cfg.GraphURL = "https://127.0.0.1:1"
	if a, err := Check(t.Context(), tr.cfg); err == nil || !strings.Contains(err.Error(), "asking 127.0.0.1:1: 127.0.0.1:1 refused the connection") || a.Application == "" {
		t.Errorf("%+v, %v", a, err)
	}
	tr.cfg.ClientID = "no GUID"
	if _, err := Check(t.Context(), tr.cfg); err == nil {
		t.Error("a wrong configuration was tried")
	}
}

func TestCheckInOtherClouds(t *testing.T) {
	login, root, _ := cloudAddresses("china")
	pair, pool := certified(t, strings.TrimPrefix(login, "https://"), strings.TrimPrefix(root, "https://"))
	tr := serve(t, graphlab.Options{Tenant: fixtureTenant(t), Audience: root}, pair)
	(&relay{to: strings.TrimPrefix(tr.cfg.LoginURL, "https://")}).through(t, nil)
	tr.cfg.LoginURL, tr.cfg.GraphURL, tr.cfg.Cloud, tr.cfg.RootCAs = "", "", "china", pool
	a, err := Check(t.Context(), tr.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"tenant.numbers", "tenant.teamsUsers"}, inState(a, Absent)); diff != "" {
		t.Errorf("absent: -want +got\n%s", diff)
	}
}

func TestWiderPermissions(t *testing.T) {
	tests := []struct {
		held []string
		want map[evidence.Dataset]string // by which permission
	}{
		{[]string{"Directory.Read.All"}, map[evidence.Dataset]string{
			evidence.TenantOrganization: "Directory.Read.All", evidence.TenantDomains: "Directory.Read.All", evidence.TenantSKUs: "Directory.Read.All", evidence.TenantUsers: "Directory.Read.All",
			evidence.TenantGroups: "Directory.Read.All", evidence.TenantContacts: "Directory.Read.All", evidence.TenantDeletedUsers: "Directory.Read.All",
			evidence.TenantPrincipals: "Directory.Read.All", evidence.TenantRoles: "Directory.Read.All", evidence.TenantSIPInfo: "Directory.Read.All", evidence.TenantLimits: "Directory.Read.All",
		}},
		{[]string{"Domain.ReadWrite.All"}, map[evidence.Dataset]string{
			evidence.TenantDomains: "Domain.ReadWrite.All", evidence.TenantDomainRecords: "Domain.ReadWrite.All", evidence.TenantVerification: "Domain.ReadWrite.All",
		}},
		{[]string{"User.ReadBasic.All", "Group.ReadBasic.All"}, nil},
		{[]string{"Directory.ReadWrite.All", "User.Read.All"}, map[evidence.Dataset]string{
			evidence.TenantOrganization: "Directory.ReadWrite.All", evidence.TenantSKUs: "Directory.ReadWrite.All", evidence.TenantUsers: "", evidence.TenantGroups: "Directory.ReadWrite.All",
			evidence.TenantContacts: "Directory.ReadWrite.All", evidence.TenantDeletedUsers: "", evidence.TenantPrincipals: "Directory.ReadWrite.All", evidence.TenantRoles: "Directory.ReadWrite.All",
			evidence.TenantSIPInfo: "", evidence.TenantLimits: "Directory.ReadWrite.All",
		}},
	}
	for _, tt := range tests {
		got := map[evidence.Dataset]string{}
		for _, p := range Permissions() {
			g := Grant{Permission: p}
			if g.weigh(tt.held); g.State == Granted {
				got[p.Dataset] = g.By
			}
		}
		if !maps.Equal(got, tt.want) {
			t.Errorf("%q: %s", tt.held, cmp.Diff(tt.want, got))
		}
	}
}

func TestParseToken(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: manyUsers(1)})
	c, ok := parseToken(tr.borrowed(t))
	if !ok || c.Tenant != tenantID || c.Application != clientID || !slices.Contains(c.Roles, "User.Read.All") || !guidText.MatchString(c.Principal) {
		t.Errorf("%+v, %v", c, ok)
	}
	for _, opaque := range []string{"", "opaque", "a.b", "a.b.c", "a.e30.c", "a." + strings.Repeat("A", maxClaims+1) + ".c", "a.eyJ0aWQiOjF9.c", "a.b.c.d.e"} {
		if c, ok := parseToken(opaque); ok {
			t.Errorf("%.20q: %+v", opaque, c)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add("a.eyJ0aWQiOiJ4Iiwicm9sZXMiOlsiVXNlci5SZWFkLkFsbCJdfQ.c")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		if c, ok := parseToken(token); ok && strings.ContainsAny(c.Name+c.Tenant+c.Application+c.Person, "\x1b\n") {
			t.Errorf("%+v", c)
		}
	})
}

// A token whose claims cannot be read is no obstacle, neither to reading nor to checking.
func TestOpaqueToken(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: refusing(t, "contacts")})
	r, err := tr.cfg.resolve()
	if err != nil {
		t.Fatal(err)
	}
	c, err := newClient(r)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	g := Grant{Permission: Permissions()[0]}
	for _, p := range Permissions() {
		if p.Dataset == evidence.TenantContacts {
			g.Permission = p
		}
	}
	if err := (&probing{client: c}).ask(t.Context(), &g); err != nil || g.State != Missing || !strings.Contains(g.Why, "403") {
		t.Errorf("%v, %+v", err, g)
	}
	g.Dataset, g.Path = evidence.TenantFederations, "domains/{id}/federationConfiguration"
	if err := (&probing{client: c}).ask(t.Context(), &g); err != nil || g.State != Untested {
		t.Errorf("%v, %+v", err, g)
	}
}
