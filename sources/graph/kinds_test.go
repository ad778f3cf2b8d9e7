package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/lab"
	graphlab "hybridaudit/sources/lab/server/graph"
)

// targets are what is asked for each dataset of the fixtures.
func targets() map[evidence.Dataset]string {
	all := map[evidence.Dataset]string{
		evidence.TenantDomainRecords: "domains/contoso.com/serviceConfigurationRecords",
		evidence.TenantVerification:  "domains/Fabrikam.example/verificationDnsRecords",
		evidence.TenantFederations:   "domains/contoso.com/federationConfiguration",
		evidence.TenantPrincipals:    "servicePrincipals(appId='00000004-0000-0ff1-ce00-000000000000')",
	}
	for _, p := range Permissions() {
		if all[p.Dataset] == "" {
			all[p.Dataset] = p.Path
		}
	}
	return all
}

// TestEveryDatasetGetsOverFaults lets each dataset meet each fault that goes away again: nothing is lost, nothing is there twice.
func TestEveryDatasetGetsOverFaults(t *testing.T) {
	faults := []graphlab.Fault{
		{Kind: graphlab.Throttled, RetryAfter: 14 * time.Minute}, {Kind: graphlab.Throttled, RetryAfter: 300 * time.Millisecond, RetryForm: graphlab.RetryFraction, Times: 5},
		{Kind: graphlab.Unavailable, RetryAfter: 2 * time.Minute, RetryForm: graphlab.RetryDate}, {Kind: graphlab.GatewayTimeout, RetryForm: graphlab.RetryMissing},
		{Kind: graphlab.InternalError, Times: 3}, {Kind: graphlab.BadGateway}, {Kind: graphlab.Unauthorized}, {Kind: graphlab.ConnectionReset}, {Kind: graphlab.HTMLPage},
		{Kind: graphlab.NoValue},
	}
	for d, path := range targets() {
		t.Run(string(d), func(t *testing.T) {
			clean := start(t, graphlab.Options{Tenant: fixtureTenant(t)}).everything()
			s, err := clean.collect(context.Background(), t, d)
			if err != nil {
				t.Fatal(err)
			}
			want := rowsOf(t, s, d)
			for _, f := range faults {
				if f.Kind == graphlab.NoValue && (d == evidence.TenantPrincipals || d == evidence.TenantSyncFeatures) {
					continue // an object without a list is the right answer there
				}
				f.Path = path
				tr := start(t, graphlab.Options{Tenant: fixtureTenant(t), Faults: []graphlab.Fault{f}}).everything()
				s, err := tr.collect(context.Background(), t, d)
				if err != nil {
					t.Fatal(err)
				}
				if cov := only(t, s, d); cov.State != evidence.Complete {
					t.Errorf("fault %d: %s %s", f.Kind, cov.State, cov.Reason)
				}
				if diff := cmp.Diff(want, rowsOf(t, s, d)); diff != "" {
					t.Errorf("fault %d (-want +got):\n%s", f.Kind, diff)
				}
				if f.Kind != graphlab.Unauthorized && len(tr.clock.sleeps()) == 0 {
					t.Errorf("fault %d met nothing", f.Kind)
				}
			}
		})
	}
}

// TestEveryDatasetThatStaysBroken: what does not go away is in the coverage, and no row is made up.
func TestEveryDatasetThatStaysBroken(t *testing.T) {
	for d, path := range targets() {
		t.Run(string(d), func(t *testing.T) {
			for _, tt := range []struct {
				fault  graphlab.Fault
				reason string
			}{
				{graphlab.Fault{Kind: graphlab.Throttled, RetryAfter: time.Hour, Times: -1}, "asked to wait 1h0m0s"},
				{graphlab.Fault{Kind: graphlab.InternalError, Times: -1}, "HTTP 500 Service_InternalServerError"},
				{graphlab.Fault{Kind: graphlab.Unauthorized, Times: -1}, "refused with a new token as well"},
			} {
				tt.fault.Path = path
				tr := start(t, graphlab.Options{Tenant: fixtureTenant(t), Faults: []graphlab.Fault{tt.fault}}).everything()
				s, err := tr.collect(context.Background(), t, d)
				if err != nil {
					t.Fatal(err)
				}
				cov := only(t, s, d)
				if cov.State != evidence.Failed && (cov.State != evidence.Partial || d != evidence.TenantPrincipals) || !strings.Contains(cov.Reason, tt.reason) || cov.Delta != "" {
					t.Errorf("fault %d: %+v", tt.fault.Kind, cov)
				}
			}
		})
	}
}

// TestPagedDatasets: what comes in pages is taken to the end, with empty pages and repeated objects on the way.
func TestPagedDatasets(t *testing.T) {
	const n = 350
	for d, path := range map[evidence.Dataset]string{
		evidence.TenantUsers: "users", evidence.TenantSIPInfo: "users", evidence.TenantSignIns: "users", evidence.TenantGroups: "groups", evidence.TenantContacts: "contacts",
		evidence.TenantDeletedUsers: "directory/deletedItems/microsoft.graph.user", evidence.TenantTeamsUsers: "admin/teams/userConfigurations",
		evidence.TenantNumbers: "admin/teams/telephoneNumberManagement/numberAssignments", evidence.TenantRoles: "roleManagement/directory/roleAssignments", evidence.TenantDomains: "domains",
	} {
		tenant := lab.Tenant{ID: tenantID, Collections: []lab.Collection{{Path: path}}}
		for i := range n {
			tenant.Collections[0].Objects = append(tenant.Collections[0].Objects, json.RawMessage(fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d"}`, i)))
		}
		tr := start(t, graphlab.Options{Tenant: tenant, Faults: []graphlab.Fault{
			{Path: path, Kind: graphlab.EmptyPage, After: 1, Times: 4}, {Path: path, Kind: graphlab.RepeatedObjects, After: 5}, {Path: path, Kind: graphlab.Unauthorized, After: 6},
			{Path: path, Kind: graphlab.Throttled, After: 7, RetryAfter: 14 * time.Minute},
		}}).everything()
		s, err := tr.collect(context.Background(), t, d)
		if err != nil {
			t.Fatal(err)
		}
		cov := only(t, s, d)
		ids := map[any]bool{}
		for _, row := range rowsOf(t, s, d) {
			ids[row["id"]] = true
		}
		if cov.State != evidence.Complete || cov.Rows != n || len(ids) != n || tr.requests("token") != 2 || !strings.Contains(fmt.Sprint(cov.Notes), "more than once") {
			t.Errorf("%s: %d rows, %d ids, %d tokens, %+v", d, cov.Rows, len(ids), tr.requests("token"), cov)
		}
	}
}

// TestForgottenPlace: a page token that went bad during a long wait begins the listing again; what was read is not read twice.
func TestForgottenPlace(t *testing.T) {
	for _, always := range []bool{false, true} {
		bad := 1
		tr, _ := startBehind(t, graphlab.Options{Tenant: manyUsers(250)}, func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/v1.0/users" || r.URL.Query().Get("$skiptoken") == "" || bad == 0 && !always {
				return false
			}
			bad--
			writeJSON(w, 400, `{"error":{"code":"Directory_ExpiredPageToken","message":"The specified page token value has expired."}}`)
			return true
		})
		s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
		if err != nil {
			t.Fatal(err)
		}
		cov := only(t, s, evidence.TenantUsers)
		if want := map[bool]int{false: 250, true: 100}[always]; cov.Rows != want || (cov.State == evidence.Complete) == always || !strings.Contains(fmt.Sprint(cov.Notes), "begun again") {
			t.Errorf("always %v: %+v", always, cov)
		}
		noDoubles(t, s)
	}
}

// TestHugePage: a page of some 25 MB, compressed on the way, is one page like any other.
func TestHugePage(t *testing.T) {
	long := strings.Repeat("x500:/o=Contoso/ou=Exchange/cn=Recipients/cn=", 20)
	tenant := lab.Tenant{ID: tenantID, Collections: []lab.Collection{{Path: "users"}}}
	for i := range 999 {
		var proxies []string
		for p := range 24 {
			proxies = append(proxies, fmt.Sprintf("%q", fmt.Sprintf("%s%d-%d", long, i, p)))
		}
		tenant.Collections[0].Objects = append(tenant.Collections[0].Objects,
			json.RawMessage(fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d","proxyAddresses":[%s]}`, i, strings.Join(proxies, ","))))
	}
	tr := start(t, graphlab.Options{Tenant: tenant}).everything()
	tr.cfg.PageSize, tr.cfg.Timeout = 999, 5*time.Minute
	s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	if err != nil {
		t.Fatal(err)
	}
	if cov := only(t, s, evidence.TenantUsers); cov.State != evidence.Complete || cov.Rows != 999 || tr.requests("users") != 1 {
		t.Errorf("coverage %+v", cov)
	}
	for u := range s.TenantUsers() {
		n := 0
		for range u.ProxyAddresses() {
			n++
		}
		if n != 24 {
			t.Fatalf("user %d has %d addresses", u.Row(), n)
		}
	}
}

// TestTooLargeAnswer: what never ends is not read for ever.
func TestTooLargeAnswer(t *testing.T) {
	chunk := bytes.Repeat([]byte(" "), 1<<20)
	tr, _ := startBehind(t, graphlab.Options{Tenant: manyUsers(1)}, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/v1.0/subscribedSkus" {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		for range 2 * maxBody >> 20 {
			if _, err := w.Write(chunk); err != nil {
				break
			}
		}
		return true
	})
	s, err := tr.collect(context.Background(), t, evidence.TenantSKUs)
	if err != nil {
		t.Fatal(err)
	}
	if cov := only(t, s, evidence.TenantSKUs); cov.State != evidence.Failed || !strings.Contains(cov.Reason, "larger than 256 MiB") {
		t.Errorf("coverage %+v", cov)
	}
}

// TestSparseObjects: properties that are not there, null or of a value of tomorrow are no fault in any dataset.
func TestSparseObjects(t *testing.T) {
	paths := targets()
	for d, path := range paths {
		tenant := fixtureTenant(t)
		for i := range tenant.Collections {
			if c := &tenant.Collections[i]; c.Path == path || strings.HasPrefix(path, c.Path+"(") {
				for j, o := range c.Objects {
					var object map[string]any
					if err := json.Unmarshal(o, &object); err != nil {
						t.Fatal(err)
					}
					for name := range object {
						if name != "id" && name != "appId" && name != "isResolved" && (j > 0 || name != "isVerified") {
							object[name] = nil
						}
					}
					raw, err := json.Marshal(object)
					if err != nil {
						t.Fatal(err)
					}
					c.Objects[j] = raw
				}
			}
		}
		tr := start(t, graphlab.Options{Tenant: tenant}).everything()
		s, err := tr.collect(context.Background(), t, d)
		if err != nil {
			t.Fatal(err)
		}
		if cov := only(t, s, d); cov.State != evidence.Complete || cov.Rows == 0 {
			t.Errorf("%s: %+v", d, cov)
		}
	}
}

// TestIssues: what is open and what was resolved lately, whatever filters the service takes.
func TestIssues(t *testing.T) {
	day := func(ago int) string { return time.Now().UTC().AddDate(0, 0, -ago).Format(time.RFC3339) }
	tenant := lab.Tenant{ID: tenantID, Collections: []lab.Collection{{Path: "admin/serviceAnnouncement/issues", Objects: []json.RawMessage{
		json.RawMessage(`{"id":"TM1","isResolved":false,"lastModifiedDateTime":"` + day(40) + `","posts":[{"description":{"content":"secret"}}]}`),
		json.RawMessage(`{"id":"TM2","isResolved":true,"lastModifiedDateTime":"` + day(7) + `"}`),
		json.RawMessage(`{"id":"TM3","isResolved":true,"lastModifiedDateTime":"` + day(9) + `"}`),
		json.RawMessage(`{"id":"TM4","isResolved":true}`),
	}}}}
	for _, tt := range []struct {
		name    string
		refused string // part of a filter
		ids     []any
		posts   bool // asked for, for want of $select
	}{
		{"filters", "", []any{"TM1", "TM2"}, false},
		{"no filter of times", "lastModified", []any{"TM1", "TM2", "TM4"}, false},
		{"no filter at all", "isResolved", []any{"TM1", "TM2", "TM4"}, false},
		{"no $select", "$select", []any{"TM1", "TM2"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var last url.Values
			tr, _ := startBehind(t, graphlab.Options{Tenant: tenant}, func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path != "/v1.0/admin/serviceAnnouncement/issues" {
					return false
				}
				q := r.URL.Query()
				if r.Header.Get("Prefer") != "odata.maxpagesize=1000" {
					t.Errorf("Prefer: %q", r.Header.Get("Prefer"))
				}
				if tt.refused != "" && (strings.Contains(q.Get("$filter"), tt.refused) || q.Has(tt.refused)) {
					writeJSON(w, 400, `{"error":{"code":"BadRequest","message":"Invalid filter clause"}}`)
					return true
				}
				last = q
				return false
			})
			s, err := tr.collect(context.Background(), t, evidence.TenantIssues)
			if err != nil {
				t.Fatal(err)
			}
			var ids []any
			for _, row := range rowsOf(t, s, evidence.TenantIssues) {
				ids = append(ids, row["id"])
			}
			cov := only(t, s, evidence.TenantIssues)
			if diff := cmp.Diff(tt.ids, ids); diff != "" || cov.State != evidence.Complete {
				t.Errorf("%+v\n%s", cov, diff)
			}
			if last.Has("$select") == tt.posts {
				t.Errorf("asked with %v", last)
			}
		})
	}
}

// TestHybridApplications: a tenant that lacks them has none, which is no fault.
func TestHybridApplications(t *testing.T) {
	tenant := fixtureTenant(t)
	for i := range tenant.Collections {
		if c := &tenant.Collections[i]; c.Path == "servicePrincipals" {
			c.Objects = c.Objects[1:]
		}
	}
	tr := start(t, graphlab.Options{Tenant: tenant}).everything()
	s, err := tr.collect(context.Background(), t, evidence.TenantPrincipals)
	if err != nil {
		t.Fatal(err)
	}
	if cov := only(t, s, evidence.TenantPrincipals); cov.State != evidence.Complete || cov.Rows != 1 || len(cov.Notes) != 1 || !strings.Contains(cov.Notes[0], "00000004-") {
		t.Errorf("coverage %+v", cov)
	}
}

// TestDomainsWithoutFederation: 404 is what a federated domain without a configuration is answered with.
func TestDomainsWithoutFederation(t *testing.T) {
	tenant := fixtureTenant(t)
	for i := range tenant.Collections {
		if c := &tenant.Collections[i]; strings.HasSuffix(c.Path, "/federationConfiguration") {
			c.Path = "domains/other.example/federationConfiguration"
		}
	}
	tr := start(t, graphlab.Options{Tenant: tenant}).everything()
	s, err := tr.collect(context.Background(), t, evidence.TenantFederations)
	if err != nil {
		t.Fatal(err)
	}
	if cov := only(t, s, evidence.TenantFederations); cov.State != evidence.Complete || cov.Rows != 0 || len(cov.Notes) != 0 {
		t.Errorf("coverage %+v", cov)
	}
}

func TestSignInsWithoutLicence(t *testing.T) {
	tr, _ := startBehind(t, graphlab.Options{Tenant: manyUsers(1)}, func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.RawQuery, "signInActivity") {
			return false
		}
		writeJSON(w, 403, `{"error":{"code":"Authentication_RequestFromNonPremiumTenantOrB2CTenant","message":"Neither tenant is B2C or tenant doesn't have premium license"}}`)
		return true
	})
	tr.everything()
	s, err := tr.collect(context.Background(), t, evidence.TenantSignIns)
	if err != nil {
		t.Fatal(err)
	}
	if cov := only(t, s, evidence.TenantSignIns); cov.State != evidence.Failed || !cov.Optional || !strings.Contains(cov.Reason, "Entra ID P1") || strings.Contains(cov.Reason, "grant") {
		t.Errorf("coverage %+v", cov)
	}
}
