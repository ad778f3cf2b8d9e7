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
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	graphlab "hybridaudit/sources/lab/server/graph"
)

var update = flag.Bool("update", false, "rewrite testdata/*.want")

// TestEverythingIsRead compares what arrives in the columns with files that were checked by hand against the bodies.
func TestEverythingIsRead(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t)})
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
}

// TestFixturesUseEveryColumn keeps the bodies in testdata rich enough to be compared with the SDK.
func TestFixturesUseEveryColumn(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t)})
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
			if !used[c.Name] && c.Name != evidence.TenantColumn {
				t.Errorf("%s: no fixture has %s", d, c.Name)
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
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t)})
	tr.cfg.PageSize, tr.cfg.Version = 0, "1.2"
	if _, err := tr.collect(context.Background(), t, Datasets()...); err != nil {
		t.Fatal(err)
	}
	for _, q := range tr.seen {
		if q.Method != "GET" && q.Target != "token" {
			t.Errorf("%s %s", q.Method, q.Path)
		}
		if q.Target != "token" && q.Target != "discovery" && (q.ClientRequestID == "" || !strings.Contains(q.UserAgent, "hybridaudit/1.2")) {
			t.Errorf("%s was sent with client-request-id %q as %q", q.Path, q.ClientRequestID, q.UserAgent)
		}
	}
	if q := tr.last("users"); !strings.Contains(q.RawQuery, "$top=999") || !strings.Contains(q.RawQuery, "proxyAddresses") || q.Consistency != "" {
		t.Errorf("users were asked for with %q, ConsistencyLevel %q", q.RawQuery, q.Consistency)
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
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t)})
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
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t), UnknownProperties: []string{"imAddresses", "provisionedPlans"}})
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

func TestRefusedResources(t *testing.T) {
	tests := []struct {
		dataset evidence.Dataset
		path    string
	}{
		{evidence.TenantOrganization, "organization"},
		{evidence.TenantDomains, "domains"},
		{evidence.TenantDomainRecords, "domains/contoso.com/serviceConfigurationRecords"},
		{evidence.TenantSKUs, "subscribedSkus"},
		{evidence.TenantUsers, "users"},
		{evidence.TenantTeamsUsers, "admin/teams/userConfigurations"},
		{evidence.TenantSyncFeatures, "directory/onPremisesSynchronization"},
	}
	for _, tt := range tests {
		t.Run(string(tt.dataset), func(t *testing.T) {
			tenant := fixtureTenant(t)
			tenant.Refused = map[string]string{tt.path: "Authorization_RequestDenied"}
			tr := start(t, graphlab.Options{Tenant: tenant})
			s, err := tr.collect(context.Background(), t, Datasets()...)
			if err != nil {
				t.Fatal(err)
			}
			for _, cov := range s.Coverage() {
				switch {
				case cov.Dataset != tt.dataset:
					if cov.State != evidence.Complete && (cov.Dataset != evidence.TenantDomainRecords || tt.dataset != evidence.TenantDomains) {
						t.Errorf("%s is %s: %s", cov.Dataset, cov.State, cov.Reason)
					}
				case cov.State != evidence.Failed || cov.SignIn || !strings.Contains(cov.Reason, "grant the application "+cov.Permission) ||
					!strings.Contains(cov.Reason, "Authorization_RequestDenied"):
					t.Errorf("coverage %+v", cov)
				case cov.Optional != (tt.dataset == evidence.TenantSyncFeatures):
					t.Errorf("optional: %v", cov.Optional)
				}
			}
			if len(s.Coverage()) != len(Datasets()) {
				t.Errorf("%d coverages", len(s.Coverage()))
			}
		})
	}
}

func TestTeamsWithoutSelect(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t), Faults: []graphlab.Fault{{Path: "admin/teams/userConfigurations", Kind: graphlab.ErrorWithoutMember}}})
	s, err := tr.collect(context.Background(), t, evidence.TenantTeamsUsers)
	if err != nil {
		t.Fatal(err)
	}
	if cov := only(t, s, evidence.TenantTeamsUsers); cov.State != evidence.Complete || cov.Rows != 4 || tr.last("admin/teams/userconfigurations").RawQuery != "" {
		t.Errorf("coverage %+v", cov)
	}
}

func TestNothingWanted(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t)})
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
	tr := start(t, graphlab.Options{Tenant: manyUsers(1)})
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
	tr := start(t, graphlab.Options{Tenant: tenant})
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
		if c.coverage(evidence.TenantUsers).Optional {
			t.Errorf("cloud %q: users optional", cloud)
		}
	}
}
