package graph

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/objects"
	graphlab "hybridaudit/sources/lab/server/graph"
)

var update = flag.Bool("update", false, "rewrite testdata/*.want")

// TestEverythingIsRead compares what arrives in the columns with files that were checked by hand against the bodies.
func TestEverythingIsRead(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t)}).everything()
	s, err := tr.collect(context.Background(), t, Datasets()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range Datasets() {
		cov := only(t, s, d)
		if cov.State != evidence.Complete || cov.Reason != "" || cov.Rows != s.Rows(d) || cov.Source != tenantID || cov.Server == "" ||
			cov.Permission == "" || cov.Ended.Before(cov.Started) || len(cov.Attributes) == 0 {
			t.Errorf("%s: coverage %+v", d, cov)
		}
		got := rowsOf(t, s, d)
		name := filepath.Join("testdata", string(d)+".want")
		if *update {
			text, err := json.MarshalIndent(got, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, append(text, '\n'), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var want []map[string]any
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", d, diff)
		}
	}
	if cov := only(t, s, evidence.TenantUsers); cov.Expected != 3 {
		t.Errorf("expected users %d, want 3", cov.Expected)
	}
	if cov := only(t, s, evidence.TenantDomainRecords); len(cov.Notes) != 1 || !strings.Contains(cov.Notes[0], "contoso.onmicrosoft.com") {
		t.Errorf("notes of the records: %q", cov.Notes)
	}
	if cov := only(t, s, evidence.TenantVerification); len(cov.Notes) != 1 || !strings.Contains(cov.Notes[0], "eu.contoso.com") {
		t.Errorf("notes of the verification records: %q", cov.Notes)
	}
	for _, d := range []evidence.Dataset{evidence.TenantUsers, evidence.TenantGroups, evidence.TenantContacts} {
		if cov := only(t, s, d); !strings.HasPrefix(cov.Delta, "/v1.0/") {
			t.Errorf("%s: the link to changes is %q", d, cov.Delta)
		}
	}
}

// TestFixturesUseEveryColumn keeps the bodies in testdata rich enough to be compared with the SDK.
func TestFixturesUseEveryColumn(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t)}).everything()
	s, err := tr.collect(context.Background(), t, Datasets()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range Datasets() {
		used := map[string]bool{}
		for _, row := range rowsOf(t, s, d) {
			for name, v := range row {
				used[name] = true
				records, _ := v.([]any)
				for _, record := range records {
					fields, _ := record.(map[string]any)
					for field := range fields {
						used[name+"/"+field] = true
					}
				}
			}
		}
		for _, c := range evidence.SchemaOf(d) {
			if used[c.Name] == (!d.Holds(c.Name) || c.Name == evidence.TenantColumn) {
				t.Errorf("%s: fixtures have %s: %v", d, c.Name, used[c.Name])
			}
			for _, f := range c.Fields {
				if !used[c.Name+"/"+f.Name] {
					t.Errorf("%s: no fixture has %s/%s", d, c.Name, f.Name)
				}
			}
		}
	}
}

// rowsOf gives the rows of a dataset as maps from column names to values; absent values are not there.
func rowsOf(t testing.TB, s *evidence.Snapshot, d evidence.Dataset) []map[string]any {
	t.Helper()
	var all []map[string]any
	for row := range s.Rows(d) {
		var m map[string]any
		if err := json.Unmarshal(s.Table(d).AppendJSON(nil, row), &m); err != nil {
			t.Fatal(err)
		}
		if m[evidence.TenantColumn] != tenantID {
			t.Errorf("a row of %s is of the tenant %v", d, m[evidence.TenantColumn])
		}
		delete(m, evidence.TenantColumn) // no property of the service
		all = append(all, m)
	}
	return all
}

func TestRequestsAreNarrow(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t)}).everything()
	tr.cfg.PageSize, tr.cfg.Version = 0, "1.2"
	if _, err := tr.collect(context.Background(), t, Datasets()...); err != nil {
		t.Fatal(err)
	}
	for _, q := range tr.seen {
		if q.Method != "GET" && q.Target != "token" && (q.Method != "POST" || q.Target != "$batch") {
			t.Errorf("%s %s", q.Method, q.Path)
		}
		if q.Target != "token" && q.Target != "discovery" && (q.ClientRequestID == "" || !strings.Contains(q.UserAgent, "hybridaudit/1.2")) {
			t.Errorf("%s was sent with client-request-id %q as %q", q.Path, q.ClientRequestID, q.UserAgent)
		}
	}
	kinds := map[string]string{}
	for _, q := range tr.seen {
		if q.Target != "users" {
			continue
		}
		kinds[q.Path+strings.Split(q.RawQuery, "&")[0]] = q.RawQuery
		if q.Consistency != "" {
			t.Errorf("users were asked for with ConsistencyLevel %q", q.Consistency)
		}
	}
	all := "$select=" + strings.Join(objects.Properties(evidence.SchemaOf(evidence.TenantUsers), nil), ",")
	if d := cmp.Diff(map[string]string{
		"/v1.0/users" + all:                       all + "&$top=999",
		"/v1.0/users$select=id,signInActivity":    "$select=id,signInActivity&$top=500",
		"/beta/users$select=id,onPremisesSipInfo": "$select=id,onPremisesSipInfo&$top=999",
	}, kinds); d != "" {
		t.Errorf("users were asked for with (-want +got):\n%s", d)
	}
	if q := tr.last("contacts"); strings.Contains(q.RawQuery, "groupTypes") || !strings.Contains(q.RawQuery, "proxyAddresses") || !strings.Contains(q.RawQuery, "$top=999") {
		t.Errorf("contacts were asked for with %q", q.RawQuery)
	}
	if q := tr.last("serviceprincipals(appid='00000002-0000-0ff1-ce00-000000000000')"); !strings.Contains(q.RawQuery, "keyCredentials") {
		t.Errorf("service principals were asked for with %q", q.RawQuery)
	}
	if n := tr.requests("$batch"); n != 1 {
		t.Errorf("%d batches", n)
	}
	if q := tr.last("users/$count"); q.Consistency != "eventual" {
		t.Errorf("the count was asked for with ConsistencyLevel %q", q.Consistency)
	}
	if q := tr.last("subscribedskus"); q.RawQuery != "" {
		t.Errorf("SKUs were asked for with %q", q.RawQuery)
	}
	if n := tr.requests("token"); n != 1 {
		t.Errorf("%d tokens were fetched", n)
	}
}

func TestOnlyWhatIsWanted(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t)}).everything()
	tr.cfg.UserProperties = []string{"userPrincipalName"}
	s, err := tr.collect(context.Background(), t, evidence.TenantUsers, evidence.TenantDomainRecords, evidence.ADUsers)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Coverage()) != 2 || s.Rows(evidence.TenantDomainRecords) == 0 {
		t.Errorf("coverage %+v", s.Coverage())
	}
	if d := cmp.Diff([]string{"id", "userPrincipalName"}, only(t, s, evidence.TenantUsers).Attributes); d != "" {
		t.Error(d)
	}
	if q := tr.last("users"); !strings.Contains(q.RawQuery, "$select=id,userPrincipalName&") {
		t.Errorf("query %q", q.RawQuery)
	}
	for u := range s.TenantUsers() {
		if u.UPN() == "" || u.DisplayName() != "" {
			t.Errorf("user %q %q", u.UPN(), u.DisplayName())
		}
	}
}

// TestUnknownPropertyIsLeftOut: a cloud that lacks a property refuses the whole $select.
func TestUnknownPropertyIsLeftOut(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t), UnknownProperties: []string{"imAddresses", "provisionedPlans"}}).everything()
	s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	if err != nil {
		t.Fatal(err)
	}
	cov := only(t, s, evidence.TenantUsers)
	if cov.State != evidence.Complete || cov.Rows != 3 || !cmp.Equal(cov.Missing, []string{"imAddresses", "provisionedPlans"}) {
		t.Errorf("coverage %+v", cov)
	}
	if !cov.Lacks("imAddresses") || cov.Lacks("mail") {
		t.Error("what is missing is not told apart from what is there")
	}
	tr = start(t, graphlab.Options{Tenant: fixtureTenant(t), UnknownProperties: []string{"id"}})
	if s, err = tr.collect(context.Background(), t, evidence.TenantUsers); err != nil {
		t.Fatal(err)
	}
	if cov := only(t, s, evidence.TenantUsers); cov.State != evidence.Failed || tr.requests("users") != 1 {
		t.Errorf("without ids: %+v after %d requests", cov, tr.requests("users"))
	}
}

// TestRefusedResources takes the permission for each resource away in turn: what hangs on it fails with the permission named, all else is complete.
func TestRefusedResources(t *testing.T) {
	type set = []evidence.Dataset
	tests := []struct {
		path string
		fail set
		// also are those that lack a part of what they are made of, without the permission being theirs.
		also set
	}{
		{"organization", set{evidence.TenantOrganization, evidence.TenantLimits}, nil},
		{"domains", set{evidence.TenantDomains}, set{evidence.TenantDomainRecords, evidence.TenantVerification, evidence.TenantFederations}},
		{"domains/contoso.com/serviceConfigurationRecords", set{evidence.TenantDomainRecords}, nil},
		{"domains/Fabrikam.example/verificationDnsRecords", set{evidence.TenantVerification}, nil},
		{"domains/contoso.com/federationConfiguration", set{evidence.TenantFederations}, nil},
		{"subscribedSkus", set{evidence.TenantSKUs}, nil},
		{"users", set{evidence.TenantUsers, evidence.TenantSIPInfo, evidence.TenantSignIns}, nil},
		{"admin/teams/userConfigurations", set{evidence.TenantTeamsUsers}, nil},
		{"directory/onPremisesSynchronization", set{evidence.TenantSyncFeatures}, nil},
		{"groups", set{evidence.TenantGroups}, nil},
		{"contacts", set{evidence.TenantContacts}, nil},
		{"directory/deletedItems/microsoft.graph.user", set{evidence.TenantDeletedUsers}, nil},
		{"admin/serviceAnnouncement/healthOverviews", set{evidence.TenantHealth}, nil},
		{"admin/serviceAnnouncement/issues", set{evidence.TenantIssues}, nil},
		{"admin/teams/telephoneNumberManagement/numberAssignments", set{evidence.TenantNumbers}, nil},
		{"servicePrincipals", set{evidence.TenantPrincipals}, nil},
		{"roleManagement/directory/roleAssignments", set{evidence.TenantRoles}, nil},
	}
	covered := map[evidence.Dataset]bool{}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			tenant := fixtureTenant(t)
			tenant.Refused = map[string]string{tt.path: "Authorization_RequestDenied"}
			tr := start(t, graphlab.Options{Tenant: tenant}).everything()
			s, err := tr.collect(context.Background(), t, Datasets()...)
			if err != nil {
				t.Fatal(err)
			}
			for _, cov := range s.Coverage() {
				permission := cov.Permission
				switch {
				case slices.Contains(tt.also, cov.Dataset):
					permission = permissionFor(tt.fail[0])
				case !slices.Contains(tt.fail, cov.Dataset):
					if cov.State != evidence.Complete {
						t.Errorf("%s is %s: %s", cov.Dataset, cov.State, cov.Reason)
					}
					continue
				}
				if cov.State != evidence.Failed || cov.SignIn || cov.Delta != "" || !strings.Contains(cov.Reason, "grant the application "+permission+" ") ||
					!strings.Contains(cov.Reason, "Authorization_RequestDenied") {
					t.Errorf("coverage %+v", cov)
				}
			}
			if len(s.Coverage()) != len(Datasets()) {
				t.Errorf("%d coverages", len(s.Coverage()))
			}
		})
		for _, d := range tt.fail {
			covered[d] = true
		}
	}
	for _, d := range Datasets() {
		if !covered[d] {
			t.Errorf("%s is never refused", d)
		}
	}
}

func TestOptional(t *testing.T) {
	c, err := New(Config{TenantID: "contoso.com", ClientID: clientID, Secret: func() (string, error) { return secret, nil }})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range Datasets() {
		want := d.Supplied() || d == evidence.TenantSyncFeatures
		if got := c.coverage(d).Optional; got != want {
			t.Errorf("%s: optional %v", d, got)
		}
	}
}

// TestOnRequest: without the switch nothing is read and nothing said.
func TestOnRequest(t *testing.T) {
	for _, tt := range []struct {
		beta, signIns bool
		without       int
	}{{false, false, 3}, {true, false, 1}, {false, true, 2}, {true, true, 0}} {
		tr := start(t, graphlab.Options{Tenant: fixtureTenant(t)}).everything()
		tr.cfg.Beta, tr.cfg.SignIns = tt.beta, tt.signIns
		s, err := tr.collect(context.Background(), t, Datasets()...)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(s.Coverage()); n != len(Datasets())-tt.without {
			t.Errorf("%+v: %d coverages", tt, n)
		}
		for _, q := range tr.seen {
			if strings.HasPrefix(q.Path, "/beta/") && !tt.beta || strings.Contains(q.RawQuery, "signInActivity") && !tt.signIns {
				t.Errorf("%+v: asked for %s?%s", tt, q.Path, q.RawQuery)
			}
		}
	}
}

func TestTeamsWithoutSelect(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t), Faults: []graphlab.Fault{{Path: "admin/teams/userConfigurations", Kind: graphlab.ErrorWithoutMember}}}).everything()
	s, err := tr.collect(context.Background(), t, evidence.TenantTeamsUsers)
	if err != nil {
		t.Fatal(err)
	}
	if cov := only(t, s, evidence.TenantTeamsUsers); cov.State != evidence.Complete || cov.Rows != 4 || tr.last("admin/teams/userconfigurations").RawQuery != "" {
		t.Errorf("coverage %+v", cov)
	}
}

func TestNothingWanted(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t)}).everything()
	s, err := tr.collect(context.Background(), t, evidence.ADUsers)
	if err != nil || len(s.Coverage()) != 0 || len(tr.seen) != 0 {
		t.Errorf("%v, %+v, %d requests", err, s.Coverage(), len(tr.seen))
	}
}

// TestPlainGraphOnLoopback: signing in needs TLS in every case, Graph may do without on loopback.
func TestPlainGraphOnLoopback(t *testing.T) {
	plain := httptest.NewUnstartedServer(nil)
	defer plain.Close()
	url := "http://" + plain.Listener.Addr().String()
	pair, cert := selfSigned(t, nil)
	lab, err := graphlab.New(graphlab.Options{Tenant: manyUsers(250), Audience: url, Applications: []graphlab.Application{{ClientID: clientID, Secret: secret}}})
	if err != nil {
		t.Fatal(err)
	}
	plain.Config.Handler = lab
	plain.Start()
	login := httptest.NewUnstartedServer(lab)
	login.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	login.StartTLS()
	defer login.Close()
	tr := &trial{clock: &fakeClock{}, cfg: Config{TenantID: tenantID, ClientID: clientID, Secret: func() (string, error) { return secret, nil },
		LoginURL: login.URL, GraphURL: url, RootCAs: x509.NewCertPool(), PageSize: 100}}
	tr.cfg.RootCAs.AddCert(cert)
	s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	if cov := only(t, s, evidence.TenantUsers); err != nil || cov.State != evidence.Complete || cov.Rows != 250 {
		t.Errorf("%v, %+v", err, cov)
	}
}

func TestMissingResources(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: manyUsers(1)}).everything()
	s, err := tr.collect(context.Background(), t, Datasets()...)
	if err != nil {
		t.Fatal(err)
	}
	if cov := only(t, s, evidence.TenantTeamsUsers); cov.State != evidence.Failed || !strings.Contains(cov.Reason, "global cloud only") {
		t.Errorf("Teams: %+v", cov)
	}
	if cov := only(t, s, evidence.TenantDomainRecords); cov.State != evidence.Failed || !strings.Contains(cov.Reason, "list of domains") {
		t.Errorf("records without domains: %+v", cov)
	}
	if cov := only(t, s, evidence.TenantUsers); cov.State != evidence.Complete {
		t.Errorf("users: %+v", cov)
	}
}

func TestDomainsThatGiveNoRecords(t *testing.T) {
	tenant := fixtureTenant(t)
	for i := range tenant.Collections {
		if tenant.Collections[i].Path == "domains/eu.contoso.com/serviceConfigurationRecords" {
			tenant.Collections[i].Path = "domains/other.example/serviceConfigurationRecords"
		}
	}
	tr := start(t, graphlab.Options{Tenant: tenant}).everything()
	s, err := tr.collect(context.Background(), t, evidence.TenantDomainRecords)
	if err != nil {
		t.Fatal(err)
	}
	cov := only(t, s, evidence.TenantDomainRecords)
	if cov.State != evidence.Partial || cov.Rows != 7 || !strings.Contains(cov.Reason, "1 of 3 domains") || !strings.Contains(cov.Reason, "eu.contoso.com") {
		t.Errorf("coverage %+v", cov)
	}
}

func TestOptionalOutsideTheGlobalCloud(t *testing.T) {
	for cloud, want := range map[string]bool{"": false, "global": false, "usgov": true, "usgovdod": true, "china": true} {
		c, err := New(Config{TenantID: "contoso.com", ClientID: clientID, Secret: func() (string, error) { return secret, nil }, Cloud: cloud})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.coverage(evidence.TenantTeamsUsers).Optional; got != want {
			t.Errorf("cloud %q: Teams optional %v", cloud, got)
		}
		if got := c.coverage(evidence.TenantNumbers).Optional; got != want {
			t.Errorf("cloud %q: numbers optional %v", cloud, got)
		}
		if c.coverage(evidence.TenantUsers).Optional {
			t.Errorf("cloud %q: users optional", cloud)
		}
	}
}
