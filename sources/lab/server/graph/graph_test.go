package graphlab

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/lab"
)

// readAll follows the links and returns the ids in order.
func (r *running) readAll(t *testing.T, token, target string) (ids []string, pages int) {
	t.Helper()
	for target != "" {
		status, p := r.page(t, token, target)
		if status != http.StatusOK {
			t.Fatalf("%s: %d %+v", target, status, p.Error)
		}
		for _, v := range p.Value {
			id, _ := v["id"].(string)
			ids = append(ids, id)
		}
		target = p.Next
		if pages++; pages > 1000 {
			t.Fatal("endless")
		}
	}
	return ids, pages
}

func TestPagesGiveEachObjectOnce(t *testing.T) {
	tenant := sampleTenant(2500)
	r := start(t, Options{Tenant: tenant})
	token := r.token(t)
	for _, tt := range []struct {
		query string
		pages int
	}{{"", 25}, {"?$top=999&$select=id,displayName", 3}, {"?%24top=500&%24select=id", 5}} {
		ids, pages := r.readAll(t, token, "/v1.0/users"+tt.query)
		seen := map[string]bool{}
		for _, id := range ids {
			seen[id] = true
		}
		if len(ids) != 2500 || len(seen) != 2500 || pages != tt.pages {
			t.Errorf("%q: %d objects, %d different, %d pages; want 2500 and %d pages", tt.query, len(ids), len(seen), pages, tt.pages)
		}
	}
}

func TestProjection(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(1)})
	token := r.token(t)
	_, p := r.page(t, token, "/v1.0/users?$select=displayName,proxyAddresses")
	want := []map[string]any{{"displayName": `User "0", {first}`, "proxyAddresses": []any{"SMTP:user0@contoso.com"}}}
	if d := cmp.Diff(want, p.Value); d != "" {
		t.Error(d)
	}
	if !strings.HasSuffix(p.Context, "$metadata#users(displayName,proxyAddresses)") {
		t.Errorf("context %q", p.Context)
	}
	_, p = r.page(t, token, "/v1.0/users")
	if _, ok := p.Value[0]["accountEnabled"]; ok || p.Value[0]["userPrincipalName"] != "user0@contoso.com" {
		t.Errorf("without $select: %v", p.Value[0])
	}
	_, p = r.page(t, token, "/beta/users?$select=id,onPremisesSipInfo")
	if _, ok := p.Value[0]["onPremisesSipInfo"]; !ok {
		t.Errorf("beta: %v", p.Value[0])
	}
}

func TestAnswers(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(3)})
	token := r.token(t)
	tests := []struct {
		path   string
		status int
		code   string
	}{
		{"/v1.0/users/user1@contoso.com", 200, ""},
		{"/v1.0/users/00000000-0000-4000-8000-000000000002?$select=id", 200, ""},
		{"/v1.0/users/00000000-0000-4000-8000-000000000009", 404, "Request_ResourceNotFound"},
		{"/v1.0/domains/contoso.com", 200, ""},
		{"/v1.0/domains/contoso.com/serviceConfigurationRecords", 200, ""},
		{"/v1.0/domains/fabrikam.com/serviceConfigurationRecords", 404, "Request_ResourceNotFound"},
		{"/v1.0/directory/onPremisesSynchronization", 403, "Authorization_RequestDenied"},
		{"/v1.0/nothing", 400, "BadRequest"},
		{"/v2.0/users", 400, "BadRequest"},
		{"/v1.0/users?$top=1000", 400, "Request_UnsupportedQuery"},
		{"/v1.0/users?$top=0", 400, "Request_UnsupportedQuery"},
		{"/v1.0/users?$top=x", 400, "BadRequest"},
		{"/v1.0/users?$select=shoeSize", 400, "BadRequest"},
		{"/v1.0/users?$select=onPremisesSipInfo", 400, "BadRequest"},
		{"/v1.0/users?$select=aboutMe", 501, "NotImplemented"},
		{"/v1.0/users?$filter=accountEnabled eq true", 400, "Request_UnsupportedQuery"},
		{"/v1.0/users?$skiptoken=made-up", 400, "Directory_ExpiredPageToken"},
		{"/v1.0/subscribedSkus?$top=5", 400, "Request_UnsupportedQuery"},
		{"/v1.0/subscribedSkus", 200, ""},
		{"/v1.0/organization?$select=id", 200, ""},
		{"/v1.0/users/$count", 400, "Request_BadRequest"},
	}
	for _, tt := range tests {
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

func TestCounts(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(150)})
	token := r.token(t)
	resp, body, err := r.get(t, token, "/v1.0/users/$count", "ConsistencyLevel", "eventual")
	if err != nil || string(body) != "150" || resp.Header.Get("Content-Type") != "text/plain" {
		t.Errorf("$count: %q %v", body, err)
	}
	_, p := r.page(t, token, "/v1.0/users?$count=true", "ConsistencyLevel", "eventual")
	if p.Count == nil || *p.Count != 150 {
		t.Errorf("count on the first page: %v", p.Count)
	}
	if _, p = r.page(t, token, p.Next, "ConsistencyLevel", "eventual"); p.Count != nil {
		t.Error("count on the second page")
	}
	if _, p = r.page(t, token, "/v1.0/users?$count=true"); p.Count != nil {
		t.Error("count without ConsistencyLevel")
	}
}

func TestHeaders(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(100)})
	token := r.token(t)
	resp, _, err := r.get(t, token, "/v1.0/users", "client-request-id", "me", "Accept-Encoding", "gzip")
	if err != nil {
		t.Fatal(err)
	}
	if resp.Header.Get("request-id") == "" || resp.Header.Get("client-request-id") != "me" || resp.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("headers %v", resp.Header)
	}
	if resp.ProtoMajor != 2 {
		t.Errorf("protocol %s", resp.Proto)
	}
}

func TestWritingIsRefused(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(1)})
	req, err := http.NewRequest(http.MethodPatch, r.url+"/v1.0/users/user0@contoso.com", strings.NewReader(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.token(t))
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("PATCH answered %d", resp.StatusCode)
	}
}

func TestErrorAnswers(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		fault      Fault
		status     int
		retryAfter string
	}{
		{Fault{Kind: Throttled, RetryAfter: 3 * time.Second}, 429, "3"},
		{Fault{Kind: Throttled, RetryAfter: 1500 * time.Millisecond, RetryForm: RetryFraction}, 429, "1.5"},
		{Fault{Kind: Throttled, RetryAfter: time.Hour, RetryForm: RetryDate}, 429, "Sun, 01 Mar 2026 13:00:00 GMT"},
		{Fault{Kind: Throttled, RetryForm: RetryMissing}, 429, ""},
		{Fault{Kind: Unavailable, RetryAfter: 7 * time.Second}, 503, "7"},
		{Fault{Kind: GatewayTimeout, RetryAfter: 7 * time.Second}, 504, "7"},
		{Fault{Kind: InternalError}, 500, ""},
		{Fault{Kind: BadGateway}, 502, ""},
		{Fault{Kind: ErrorWithoutMember}, 400, ""},
		{Fault{Kind: Redirected, Origin: "https://elsewhere.example.com"}, 302, ""},
	}
	for _, tt := range tests {
		tt.fault.Path, tt.fault.After = "users", 1
		r := start(t, Options{Tenant: sampleTenant(300), Faults: []Fault{tt.fault}, Now: func() time.Time { return now }})
		token := r.token(t)
		_, first := r.page(t, token, "/v1.0/users")
		resp, _, err := r.get(t, token, first.Next)
		if err != nil || resp.StatusCode != tt.status || resp.Header.Get("Retry-After") != tt.retryAfter {
			t.Errorf("%+v: got %v %v", tt.fault, resp, err)
			continue
		}
		if ids, _ := r.readAll(t, token, first.Next); len(ids) != 200 {
			t.Errorf("%+v: %d objects after the fault, want 200", tt.fault, len(ids))
		}
	}
}

func TestUnauthorisedFaultRevokesTheToken(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(5), Faults: []Fault{{Path: "*", Kind: Unauthorized, Claims: `{"access_token":{}}`}}})
	token := r.token(t)
	for range 2 {
		resp, _, err := r.get(t, token, "/v1.0/users")
		if err != nil || resp.StatusCode != http.StatusUnauthorized || resp.Header.Get("WWW-Authenticate") == "" {
			t.Fatalf("got %v %v", resp, err)
		}
	}
	if ids, _ := r.readAll(t, r.token(t), "/v1.0/users"); len(ids) != 5 {
		t.Errorf("%d objects with the new token", len(ids))
	}
	seen := r.requests()
	if got := []int{seen[1].Token, seen[2].Token, seen[4].Token}; !cmp.Equal(got, []int{1, 1, 2}) {
		t.Errorf("token ordinals %v", got)
	}
}

func TestBentPages(t *testing.T) {
	tests := []struct {
		name  string
		fault Fault
		check func(t *testing.T, r *running, token, self string, p wirePage)
	}{
		{"link to self", Fault{Kind: LinkToSelf, Times: -1}, func(t *testing.T, _ *running, _, self string, p wirePage) {
			if p.Next != self {
				t.Errorf("next %q, self %q", p.Next, self)
			}
		}},
		{"cycle", Fault{Kind: LinkCycle, Times: -1}, func(t *testing.T, r *running, token, self string, p wirePage) {
			_, b := r.page(t, token, p.Next)
			_, a := r.page(t, token, b.Next)
			if a.Next != b.Next && a.Next != p.Next || b.Next == p.Next || self == p.Next {
				t.Errorf("links %q, %q, %q", p.Next, b.Next, a.Next)
			}
		}},
		{"elsewhere", Fault{Kind: LinkElsewhere, Origin: "http://elsewhere.example.com:81"}, func(t *testing.T, _ *running, _, _ string, p wirePage) {
			if !strings.HasPrefix(p.Next, "http://elsewhere.example.com:81/v1.0/users?") {
				t.Errorf("next %q", p.Next)
			}
		}},
		{"empty page", Fault{Kind: EmptyPage}, func(t *testing.T, r *running, token, _ string, p wirePage) {
			ids, _ := r.readAll(t, token, p.Next)
			if len(p.Value) != 0 || len(ids) != 200 {
				t.Errorf("%d and %d objects", len(p.Value), len(ids))
			}
		}},
		{"repeated", Fault{Kind: RepeatedObjects}, func(t *testing.T, r *running, token, _ string, p wirePage) {
			ids, _ := r.readAll(t, token, p.Next)
			if len(p.Value) != 103 || len(ids) != 100 {
				t.Errorf("%d and %d objects", len(p.Value), len(ids))
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.fault.Path, tt.fault.After = "users", 1
			r := start(t, Options{Tenant: sampleTenant(300), Faults: []Fault{tt.fault}})
			token := r.token(t)
			_, first := r.page(t, token, "/v1.0/users")
			_, second := r.page(t, token, first.Next)
			tt.check(t, r, token, first.Next, second)
		})
	}
}

func TestBrokenBodies(t *testing.T) {
	tests := []struct {
		kind  FaultKind
		check func(t *testing.T, resp *http.Response, body []byte, err error)
	}{
		{TruncatedJSON, func(t *testing.T, _ *http.Response, body []byte, err error) {
			if err != nil || len(body) == 0 || json.Valid(body) {
				t.Errorf("%d bytes, %v", len(body), err)
			}
		}},
		{ConnectionClosed, func(t *testing.T, _ *http.Response, body []byte, err error) {
			if err == nil || len(body) == 0 {
				t.Errorf("%d bytes, %v", len(body), err)
			}
		}},
		{ConnectionReset, func(t *testing.T, resp *http.Response, _ []byte, err error) {
			if err == nil || errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%v %v", resp, err)
			}
		}},
		{HTMLPage, func(t *testing.T, resp *http.Response, body []byte, err error) {
			if err != nil || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") || !strings.Contains(string(body), "<html>") {
				t.Errorf("%q %v", body, err)
			}
		}},
		{WrongContentType, func(t *testing.T, resp *http.Response, body []byte, err error) {
			if err != nil || resp.Header.Get("Content-Type") != "text/plain" || !json.Valid(body) {
				t.Errorf("%v", err)
			}
		}},
		{NoValue, func(t *testing.T, _ *http.Response, body []byte, err error) {
			if err != nil || strings.Contains(string(body), "value") {
				t.Errorf("%q %v", body, err)
			}
		}},
	}
	for _, http1 := range []bool{false, true} {
		for _, tt := range tests {
			times := 1
			if http1 && tt.kind == ConnectionReset {
				times = 2 // net/http itself repeats a GET once when a reused connection was reset
			}
			r := start(t, Options{Tenant: sampleTenant(300), Faults: []Fault{{Path: "users", Kind: tt.kind, Times: times}}})
			if http1 {
				r.client.Transport.(*http.Transport).ForceAttemptHTTP2 = false
			}
			token := r.token(t)
			resp, body, err := r.get(t, token, "/v1.0/users")
			tt.check(t, resp, body, err)
			if ids, _ := r.readAll(t, token, "/v1.0/users"); len(ids) != 300 {
				t.Errorf("fault %d: %d objects afterwards", tt.kind, len(ids))
			}
		}
	}
}

func TestSlowAnswerEndsWithTheServer(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(1), Faults: []Fault{{Path: "users", Kind: Slow, Delay: time.Hour}}})
	token := r.token(t)
	r.client.Timeout = 50 * time.Millisecond
	if _, _, err := r.get(t, token, "/v1.0/users"); err == nil {
		t.Error("the slow answer came")
	}
}

func TestUnknownProperties(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(1), UnknownProperties: []string{"imAddresses"}})
	status, p := r.page(t, r.token(t), "/v1.0/users?$select=id,imAddresses")
	if status != http.StatusBadRequest || p.Error == nil || !strings.Contains(p.Error.Message, "'imAddresses'") {
		t.Errorf("got %d %+v", status, p.Error)
	}
}

func TestEmptyTenant(t *testing.T) {
	r := start(t, Options{Tenant: lab.Tenant{ID: tenantID, Collections: []lab.Collection{{Path: "users"}}}})
	status, p := r.page(t, r.token(t), "/v1.0/users")
	if status != http.StatusOK || p.Value == nil || len(p.Value) != 0 || p.Next != "" {
		t.Errorf("got %d %+v", status, p)
	}
}
