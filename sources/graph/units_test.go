package graph

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/valyala/fastjson"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/objects"
	graphlab "hybridaudit/sources/lab/server/graph"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		header, date string
		want         time.Duration
		ok           bool
	}{
		{"", "", 0, false},
		{"soon", "", 0, false},
		{"NaN", "", 0, false},
		{"7", "", 7 * time.Second, true},
		{" 7 ", "", 7 * time.Second, true},
		{"0.9", "", 900 * time.Millisecond, true},
		{"0", "", time.Second, true},
		{"-5", "", time.Second, true},
		{"1e300", "", (1<<31 - 1) * time.Second, true},
		{"Inf", "", (1<<31 - 1) * time.Second, true},
		{"Sun, 01 Mar 2026 12:05:00 GMT", "", 5 * time.Minute, true},
		{"Sun, 01 Mar 2026 12:05:00 GMT", "Sun, 01 Mar 2026 12:04:00 GMT", time.Minute, true}, // our clock is wrong
		{"Sun, 01 Mar 2026 11:05:00 GMT", "", time.Second, true},
	}
	for _, tt := range tests {
		h := http.Header{}
		h.Set("Retry-After", tt.header)
		if tt.date != "" {
			h.Set("Date", tt.date)
		}
		if got, ok := retryAfter(h, now); got != tt.want || ok != tt.ok {
			t.Errorf("%q at %q: %v %v, want %v %v", tt.header, tt.date, got, ok, tt.want, tt.ok)
		}
	}
}

func TestSameOrigin(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"https://graph.microsoft.com/v1.0/users?$skiptoken=x", "https://graph.microsoft.com", true},
		{"https://GRAPH.microsoft.com:443/x", "https://graph.microsoft.com", true},
		{"http://graph.microsoft.com/x", "https://graph.microsoft.com", false},
		{"http://graph.microsoft.com:443/x", "https://graph.microsoft.com", false},
		{"https://graph.microsoft.com:8443/x", "https://graph.microsoft.com", false},
		{"https://graph.microsoft.com.example.com/x", "https://graph.microsoft.com", false},
		{"https://graph.microsoft.com@example.com/x", "https://graph.microsoft.com", false},
		{"https://me@graph.microsoft.com/x", "https://graph.microsoft.com", false},
		{"//graph.microsoft.com/x", "https://graph.microsoft.com", false},
		{"/v1.0/users", "https://graph.microsoft.com", false},
	}
	for _, tt := range tests {
		a, err := url.Parse(tt.a)
		if err != nil {
			t.Fatal(err)
		}
		b, err := url.Parse(tt.b)
		if err != nil {
			t.Fatal(err)
		}
		if got := sameOrigin(a, b); got != tt.want {
			t.Errorf("%s and %s: %v", tt.a, tt.b, got)
		}
	}
}

func TestConfig(t *testing.T) {
	good := Config{TenantID: "contoso.onmicrosoft.com", ClientID: clientID, Secret: func() (string, error) { return secret, nil }}
	tests := []struct {
		name     string
		change   func(*Config)
		problems []string
	}{
		{"good", func(*Config) {}, nil},
		{"cloud", func(c *Config) { c.Cloud = "china" }, nil},
		{"Graph URL with version", func(c *Config) { c.GraphURL = "https://graph.example.com/v1.0/" }, nil},
		{"plain Graph on loopback", func(c *Config) { c.GraphURL = "http://127.0.0.1:8080" }, nil},
		{"plain Graph elsewhere", func(c *Config) { c.GraphURL = "http://graph.example.com" }, []string{"https://"}},
		{"plain sign-in on loopback", func(c *Config) { c.LoginURL = "http://127.0.0.1:8080" }, []string{"login URL", "https://"}},
		{"another scheme", func(c *Config) { c.GraphURL = "ftp://graph.example.com" }, []string{"https://"}},
		{"URL with a path", func(c *Config) { c.GraphURL = "https://graph.example.com/proxy" }, []string{"just a scheme and a host"}},
		{"URL with a name", func(c *Config) { c.GraphURL = "https://me:pass@graph.example.com" }, []string{"just a scheme and a host"}},
		{"everything", func(c *Config) {
			*c = Config{TenantID: "a/b", ClientID: "x", Cloud: "mars", PageSize: 1000, MaxWait: -1, UserProperties: []string{"shoeSize"}}
		}, []string{"tenant id", "client id", "secret or a certificate", "cloud", "page size", "negative", "shoeSize"}},
		{"managed identity", func(c *Config) { c.Secret, c.Auth, c.TenantID = nil, ByManagedIdentity, tenantID }, nil},
		{"managed identity of a domain", func(c *Config) { c.Secret, c.Auth = nil, ByManagedIdentity }, []string{"give the tenant by its id", "contoso.onmicrosoft.com"}},
		{"Azure CLI of a domain", func(c *Config) { c.Secret, c.ClientID, c.Auth = nil, "", ByAzureCLI }, nil}, // it passes the domain on
		{"secret and certificate", func(c *Config) { c.Certificate = &Certificate{} }, []string{"not both"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := good
			tt.change(&c)
			err := c.Validate()
			if (err == nil) != (tt.problems == nil) {
				t.Fatalf("got %v", err)
			}
			for _, p := range tt.problems {
				if !strings.Contains(err.Error(), p) {
					t.Errorf("%q is not in %q", p, err)
				}
			}
			if _, newErr := New(c); (newErr == nil) != (err == nil) {
				t.Errorf("New: %v, Validate: %v", newErr, err)
			}
		})
	}
	for _, cloud := range Clouds() {
		if _, _, ok := cloudAddresses(cloud); !ok {
			t.Errorf("cloud %s has no addresses", cloud)
		}
	}
}

func TestPermissions(t *testing.T) {
	seen := map[evidence.Dataset]bool{}
	for _, p := range Permissions() {
		if seen[p.Dataset] || !p.Dataset.Tenant() || p.Path == "" || !strings.Contains(p.Name, ".Read.") || !guidText.MatchString(p.RoleID) {
			t.Errorf("%+v", p)
		}
		seen[p.Dataset] = true
	}
	for _, d := range evidence.Datasets() {
		if d.Tenant() && !seen[d] {
			t.Errorf("%s has no permission", d)
		}
	}
}

// TestStatusError also covers the answers at which the SDK's own error type panics.
func TestStatusError(t *testing.T) {
	tests := []struct{ body, want string }{
		{`{"error":{"code":"Authorization_RequestDenied","message":"Insufficient\nprivileges\u202e.","innerError":{"request-id":"1"}}}`,
			"HTTP 403 Authorization_RequestDenied: Insufficient privileges ."},
		{`{"error":{"code":null}}`, "HTTP 403"},
		{`{"error":null}`, "HTTP 403"},
		{`{"error":"invalid"}`, "HTTP 403"},
		{`{"title":"Forbidden"}`, "HTTP 403"},
		{`[]`, "HTTP 403"}, {`null`, "HTTP 403"}, {``, "HTTP 403"}, {`<html>`, "HTTP 403"},
	}
	for _, tt := range tests {
		if got := statusError(&http.Response{StatusCode: 403, Header: http.Header{}}, []byte(tt.body)).Error(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.body, got, tt.want)
		}
	}
}

func TestChallenge(t *testing.T) {
	h := http.Header{}
	h.Set("WWW-Authenticate", `Bearer realm="", error="insufficient_claims", claims="eyJhIjoxfQ=="`)
	if got := challenge(h); got != `{"a":1}` {
		t.Errorf("got %q", got)
	}
	for _, text := range []string{"", "Bearer", `Bearer claims="not base64!"`, `Bearer claims="a"`} {
		h.Set("WWW-Authenticate", text)
		if got := challenge(h); got != "" {
			t.Errorf("%q gave %q", text, got)
		}
	}
}

func TestRecordLabels(t *testing.T) {
	tests := []struct{ record, label, target string }{
		{`{"label":"_sip._tls.contoso.com","service":"_sip","protocol":"_tls","nameTarget":"a"}`, "_sip._tls.contoso.com", "a"},
		{`{"label":"contoso.com","service":"_sip","protocol":"_tls","nameTarget":"a"}`, "_sip._tls.contoso.com", "a"},
		{`{"label":"sip.contoso.com","canonicalName":"b"}`, "sip.contoso.com", "b"},
		{`{"label":"contoso.com","mailExchange":"c","preference":5}`, "contoso.com", "c"},
	}
	for _, tt := range tests {
		b := evidence.NewBuilder(time.Now())
		table := b.Table(evidence.TenantDomainRecords)
		rows := objects.NewRows(table, "", nil)
		rows.Nameless = true
		rows.More = func(row evidence.Row, o *fastjson.Object) error {
			return objects.FillRecord(table.Schema(), row, o, "contoso.com")
		}
		if !rows.Add([]byte(tt.record)) {
			t.Fatalf("%s was not taken", tt.record)
		}
		for r := range b.Seal().DomainRecords() {
			if r.Label() != tt.label || r.Target() != tt.target || r.Domain() != "contoso.com" {
				t.Errorf("%s: %q, %q, %q", tt.record, r.Domain(), r.Label(), r.Target())
			}
		}
	}
}

func TestRateLimit(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: manyUsers(30)})
	tr.cfg.PageSize, tr.cfg.RequestsPerSecond = 10, 50
	began := time.Now()
	s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	if err != nil || s.Rows(evidence.TenantUsers) != 30 {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 60*time.Millisecond { // four requests, three gaps of 20 ms
		t.Errorf("four requests took %v", took)
	}
}

func TestProgress(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: manyUsers(250)})
	var rows []int
	tr.cfg.Progress = func(_ evidence.Dataset, n, expected int) {
		rows = append(rows, n)
		if expected != 250 {
			t.Errorf("expected %d", expected)
		}
	}
	if _, err := tr.collect(context.Background(), t, evidence.TenantUsers); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int{100, 200, 250}, rows); d != "" {
		t.Error(d)
	}
}

// FuzzReadPage holds the reader of pages to encoding/json: no panic on anything, the same elements on valid pages.
func FuzzReadPage(f *testing.F) {
	for _, seed := range []string{
		`{"value":[]}`, `{"@odata.nextLink":"https:\/\/x\u0041","value":[{"id":"1"},{"id":"\"]}"}]}`, `{"value":[1,[2],"3",null,true]}`, `{"value":{}}`,
		` { "a" : { } , "value" : [ { } ] } `, `[]`, `{"value":[`, `{}`, `{"@odata.nextLink":5,"value":[]}`, "", `{"value":[{"a":"\\"}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, whole := range []bool{false, true} {
			p, err := objects.ReadPage(body, nil, whole)
			if err != nil {
				continue
			}
			r := objects.NewRows(evidence.NewBuilder(time.Time{}).Table(evidence.TenantUsers), "", nil)
			r.Take(p)
			var want struct {
				Value []json.RawMessage `json:"value"`
				Next  string            `json:"@odata.nextLink"`
			}
			var object map[string]json.RawMessage
			if json.Unmarshal(body, &object) != nil || json.Unmarshal(body, &want) != nil || object["value"] == nil {
				continue // encoding/json is stricter about UTF-8 and laxer about the case of names
			}
			var got []json.RawMessage
			for _, e := range p.Elements {
				got = append(got, e)
			}
			if len(got) != len(want.Value) {
				t.Errorf("%d elements, want %d", len(got), len(want.Value))
			}
		}
	})
}
