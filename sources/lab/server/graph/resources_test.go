package graphlab

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/lab"
)

// wideTenant has something of everything.
func wideTenant() lab.Tenant {
	tenant := sampleTenant(5)
	raw := func(texts ...string) (all []json.RawMessage) {
		for _, text := range texts {
			all = append(all, json.RawMessage(text))
		}
		return all
	}
	var issues []string
	for i := range 250 {
		issues = append(issues, fmt.Sprintf(`{"id":"TM%d","isResolved":%t,"lastModifiedDateTime":"2026-03-%02dT10:00:00Z"}`, i, i%5 != 0, 1+i%28))
	}
	tenant.Collections[1].Objects = raw(`{"id":"` + tenantID + `","displayName":"Contoso","onPremisesLastPasswordSyncDateTime":"2026-03-01T00:00:00Z","directorySizeQuota":{"used":1,"total":300000}}`)
	tenant.Collections = append(tenant.Collections,
		lab.Collection{Path: "groups", Objects: raw(`{"id":"g1","displayName":"One","mailEnabled":true}`)},
		lab.Collection{Path: "contacts", Objects: raw(`{"id":"c1","displayName":"One","mail":"one@example.com"}`)},
		lab.Collection{Path: "directory/deletedItems/microsoft.graph.user", Objects: raw(`{"id":"d1","displayName":"Gone","deletedDateTime":"2026-03-01T00:00:00Z"}`)},
		lab.Collection{Path: "domains/contoso.com/federationConfiguration", Objects: raw(`{"id":"f1","issuerUri":"http://contoso.com/adfs/services/trust/"}`)},
		lab.Collection{Path: "admin/serviceAnnouncement/issues", Objects: raw(issues...)},
		lab.Collection{Path: "admin/teams/userConfigurations", Objects: raw(`{"id":"u1","accountType":"ineligibleUser"}`, `{"id":"u2","accountType":"user"}`)},
	)
	tenant.Refused = map[string]string{"users?signInActivity": "Authentication_MSGraphPermissionMissing", "beta/organization": "Authorization_RequestDenied", "domains/*/verificationDnsRecords": "Authorization_RequestDenied"}
	return tenant
}

func TestMoreAnswers(t *testing.T) {
	r := start(t, Options{Tenant: wideTenant()})
	token := r.token(t)
	for _, tt := range []struct {
		path   string
		status int
		code   string
	}{
		{"/v1.0/organization?$select=id,directorySizeQuota", 400, "BadRequest"},
		{"/beta/organization?$select=id,directorySizeQuota", 403, "Authorization_RequestDenied"},
		{"/v1.0/users?$select=id,signInActivity", 403, "Authentication_MSGraphPermissionMissing"},
		{"/v1.0/users?$select=id,signInActivity&$top=501", 403, "Authentication_MSGraphPermissionMissing"},
		{"/v1.0/users?$select=id", 200, ""},
		{"/v1.0/groups?$select=id,groupTypes,onPremisesSecurityIdentifier&$top=999", 200, ""},
		{"/v1.0/groups?$select=shoeSize", 400, "BadRequest"},
		{"/v1.0/groups?$top=1000", 400, "Request_UnsupportedQuery"},
		{"/v1.0/contacts?$select=onPremisesSecurityIdentifier", 400, "BadRequest"},
		{"/v1.0/contacts?$top=1000", 400, "Request_UnsupportedQuery"},
		{"/v1.0/directory/deletedItems/microsoft.graph.user?$select=id,deletedDateTime&$top=999", 200, ""},
		{"/v1.0/directory/deletedItems/microsoft.graph.user?$top=1000", 400, "Request_UnsupportedQuery"},
		{"/v1.0/domains/contoso.com/federationConfiguration", 200, ""},
		{"/v1.0/domains/fabrikam.com/federationConfiguration", 404, "Request_ResourceNotFound"},
		{"/v1.0/domains/contoso.com/verificationDnsRecords", 403, "Authorization_RequestDenied"},
		{"/v1.0/groups?$filter=mailEnabled eq true", 400, "Request_UnsupportedQuery"},
		{"/v1.0/admin/serviceAnnouncement/issues?$filter=shoeSize eq 4", 400, "Request_UnsupportedQuery"},
		{"/v1.0/admin/serviceAnnouncement/issues?$filter=isResolved eq false or isResolved eq true", 400, "Request_UnsupportedQuery"},
		{"/v1.0/admin/serviceAnnouncement/issues?$skip=-1", 400, "Request_UnsupportedQuery"},
	} {
		t.Run(tt.path, func(t *testing.T) {
			status, p := r.page(t, token, strings.ReplaceAll(tt.path, " ", "%20"))
			code := ""
			if p.Error != nil {
				code = p.Error.Code
			}
			if status != tt.status || code != tt.code {
				t.Errorf("got %d %q, want %d %q", status, code, tt.status, tt.code)
			}
		})
	}
}

func TestPagesOfSignIns(t *testing.T) {
	tenant := sampleTenant(600)
	r := start(t, Options{Tenant: tenant})
	token := r.token(t)
	for top, want := range map[string]int{"500": 200, "501": 400} {
		if status, _ := r.page(t, token, "/v1.0/users?$select=id,signInActivity&$top="+top); status != want {
			t.Errorf("$top=%s: %d, want %d", top, status, want)
		}
	}
}

func TestBetaOnlyProperties(t *testing.T) {
	tenant := wideTenant()
	tenant.Refused = nil
	r := start(t, Options{Tenant: tenant})
	token := r.token(t)
	for path, want := range map[string]bool{"/v1.0/organization": false, "/beta/organization": true, "/beta/organization?$select=id,directorySizeQuota,onPremisesLastPasswordSyncDateTime": true} {
		if _, p := r.page(t, token, path); (p.Value[0]["directorySizeQuota"] != nil) != want {
			t.Errorf("%s: %v", path, p.Value[0])
		}
	}
}

func TestContexts(t *testing.T) {
	r := start(t, Options{Tenant: wideTenant()})
	token := r.token(t)
	for path, want := range map[string]string{
		"/v1.0/directory/deletedItems/microsoft.graph.user?$select=id": "users(id)",
		"/v1.0/domains/contoso.com/federationConfiguration":            "domains('contoso.com')/federationConfiguration",
		"/v1.0/domains/contoso.com/serviceConfigurationRecords":        "domains('contoso.com')/serviceConfigurationRecords",
		"/v1.0/admin/teams/userConfigurations":                         "admin/teams/userConfigurations",
		"/v1.0/groups/delta?$select=id":                                "groups(id)",
	} {
		if _, p := r.page(t, token, path); p.Context != r.url+"/v1.0/$metadata#"+want {
			t.Errorf("%s has the context %q, want %q", path, p.Context, want)
		}
	}
}

func TestIssuesAreFilteredAndSkipped(t *testing.T) {
	r := start(t, Options{Tenant: wideTenant()})
	token := r.token(t)
	const base = "/v1.0/admin/serviceAnnouncement/issues"
	for _, tt := range []struct {
		filter, prefer string
		objects, pages int
	}{
		{"", "", 250, 3}, {"", "odata.maxpagesize=1000", 250, 1}, {"isResolved eq false", "odata.maxpagesize=20", 50, 3},
		{"isResolved eq true and lastModifiedDateTime ge 2026-03-28T00:00:00Z", "", 6, 1}, {"lastModifiedDateTime lt 2026-03-02T00:00:00Z", "", 9, 1}, {"id eq 'TM7'", "", 1, 1},
	} {
		target := base
		if tt.filter != "" {
			target += "?$filter=" + url.QueryEscape(tt.filter)
		}
		objects, pages := 0, 0
		for ; target != ""; pages++ {
			_, p := r.page(t, token, target, "Prefer", tt.prefer)
			objects += len(p.Value)
			if target = p.Next; target != "" && !strings.Contains(target, "skip=") {
				t.Fatalf("next %q", target)
			}
		}
		if objects != tt.objects || pages != tt.pages {
			t.Errorf("%q: %d objects on %d pages, want %d on %d", tt.filter, objects, pages, tt.objects, tt.pages)
		}
	}
}

func TestUnknownEnumValuesAreHidden(t *testing.T) {
	r := start(t, Options{Tenant: wideTenant()})
	token := r.token(t)
	for prefer, want := range map[string]string{"": "unknownFutureValue", "include-unknown-enum-members": "ineligibleUser"} {
		if _, p := r.page(t, token, "/v1.0/admin/teams/userConfigurations", "Prefer", prefer); p.Value[0]["accountType"] != want || p.Value[1]["accountType"] != "user" {
			t.Errorf("Prefer %q: %v", prefer, p.Value)
		}
	}
}

func TestBentObjects(t *testing.T) {
	ask := func(f Fault) []map[string]any {
		f.Path = "admin/teams/userConfigurations"
		r := start(t, Options{Tenant: wideTenant(), Faults: []Fault{f}})
		_, p := r.page(t, r.token(t), "/v1.0/admin/teams/userConfigurations?$select=id,accountType")
		return p.Value
	}
	if d := cmp.Diff([]map[string]any{{"id": "u1", "accountType": "valueOfTheFuture"}, {"id": "u2", "accountType": "valueOfTheFuture"}}, ask(Fault{Kind: UnknownValues})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]map[string]any{{"id": "u1"}, {"id": "u2"}}, ask(Fault{Kind: MissingProperties, Members: []string{"accountType"}})); d != "" {
		t.Error(d)
	}
	padded := ask(Fault{Kind: Padded, Size: 1 << 20})
	if text, _ := padded[1]["@lab.padding"].(string); len(text) != 1<<20 || padded[1]["id"] != "u2" {
		t.Errorf("padded by %d", len(text))
	}
}

func TestMoreErrorAnswers(t *testing.T) {
	for kind, want := range map[FaultKind]int{Gone: 410, Forbidden: 403, NotFound: 404, MissingPart: 200} {
		r := start(t, Options{Tenant: wideTenant(), Faults: []Fault{{Path: "groups", Kind: kind, Times: -1}}})
		if status, _ := r.page(t, r.token(t), "/v1.0/groups"); status != want {
			t.Errorf("fault %d: %d, want %d", kind, status, want)
		}
	}
	r := start(t, Options{Tenant: wideTenant(), Faults: []Fault{{Path: "groups", Kind: Throttled, RetryAfter: time.Second}}})
	resp, _, err := r.get(t, r.token(t), "/v1.0/groups")
	if err != nil || resp.Header.Get("x-ms-throttle-scope") != "Tenant_Application/Read/"+clientID+"/"+tenantID || resp.Header.Get("x-ms-throttle-information") == "" {
		t.Errorf("%v %v", resp, err)
	}
}

func TestBadFaults(t *testing.T) {
	for _, f := range []Fault{{Path: "users", Kind: MissingProperties}, {Path: "users", Kind: Padded}, {Path: "users", Kind: lastFaultKind}} {
		if _, err := New(Options{Tenant: sampleTenant(1), Faults: []Fault{f}}); err == nil {
			t.Errorf("%+v is accepted", f)
		}
	}
}
