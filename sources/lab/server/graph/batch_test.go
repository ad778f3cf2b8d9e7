package graphlab

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/lab"
)

// wirePart is an answer within a batch.
type wirePart struct {
	ID      string
	Status  int
	Headers map[string]string
	Body    json.RawMessage
}

// post sends a batch and gives the parts of the answer by id, and the ids in the order in which they came.
func (r *running) post(t *testing.T, token, version, body string) (status int, parts map[string]wirePart, order []string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, r.url+"/"+version+"/$batch", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := r.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var envelope struct{ Responses []wirePart }
	if err := json.Unmarshal(raw, &envelope); err != nil {
		t.Fatalf("%v in %q", err, raw)
	}
	parts = map[string]wirePart{}
	for _, p := range envelope.Responses {
		parts[p.ID] = p
		order = append(order, p.ID)
	}
	return resp.StatusCode, parts, order
}

// questions writes a batch of GETs, numbered from 1.
func questions(urls ...string) string {
	var parts []string
	for i, u := range urls {
		parts = append(parts, fmt.Sprintf(`{"id":"%d","method":"GET","url":%q}`, i+1, u))
	}
	return `{"requests":[` + strings.Join(parts, ",") + `]}`
}

func TestBatchAnswersEachPart(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(150)})
	status, parts, order := r.post(t, r.token(t), "v1.0", questions("/domains/contoso.com/serviceConfigurationRecords", "users?$select=id&$top=100", "/domains/fabrikam.com/federationConfiguration",
		"/directory/onPremisesSynchronization", "https://graph.microsoft.com/v1.0/users", "/users?$top=1000"))
	if status != http.StatusOK || len(parts) != 6 {
		t.Fatalf("%d with %d parts", status, len(parts))
	}
	if order[0] == "1" {
		t.Errorf("the answers come in the order of the questions: %v", order)
	}
	got := map[string]int{}
	for id, p := range parts {
		got[id] = p.Status
	}
	if d := cmp.Diff(map[string]int{"1": 200, "2": 200, "3": 404, "4": 403, "5": 400, "6": 400}, got); d != "" {
		t.Error(d)
	}
	var page wirePage
	if err := json.Unmarshal(parts["2"].Body, &page); err != nil || len(page.Value) != 100 || !strings.HasPrefix(page.Next, r.url+"/v1.0/users?") {
		t.Errorf("users in a part: %v, %d objects, next %q", err, len(page.Value), page.Next)
	}
	if parts["1"].Headers["Content-Type"] == "" || parts["1"].Headers["Date"] != "" {
		t.Errorf("headers %v", parts["1"].Headers)
	}
	seen := r.requests()
	targets := map[string]string{}
	for _, q := range seen {
		if q.Part != "" {
			targets[q.Part] = q.Target
		}
	}
	if targets["1"] != "domains/contoso.com/serviceconfigurationrecords" || seen[len(seen)-1].Target != "$batch" {
		t.Errorf("seen %v", targets)
	}
}

func TestBatchOfBeta(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(1)})
	_, parts, _ := r.post(t, r.token(t), "beta", questions("/users?$select=id,onPremisesSipInfo"))
	if !strings.Contains(string(parts["1"].Body), "isSipEnabled") {
		t.Errorf("beta part: %s", parts["1"].Body)
	}
	_, parts, _ = r.post(t, r.token(t), "v1.0", questions("/users?$select=id,onPremisesSipInfo"))
	if parts["1"].Status != http.StatusBadRequest {
		t.Errorf("v1.0 part: %d", parts["1"].Status)
	}
}

func TestBadBatches(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(1)})
	token := r.token(t)
	full, tooMany := make([]string, 20), make([]string, 21)
	for i := range tooMany {
		tooMany[i] = "/organization"
	}
	copy(full, tooMany)
	for name, tt := range map[string]struct {
		body   string
		status int
	}{
		"20 parts":     {questions(full...), 200},
		"21 parts":     {questions(tooMany...), 400},
		"none":         {`{"requests":[]}`, 400},
		"no JSON":      {`requests`, 400},
		"no id":        {`{"requests":[{"method":"GET","url":"/users"}]}`, 400},
		"one id twice": {`{"requests":[{"id":"1","method":"GET","url":"/users"},{"id":"1","method":"GET","url":"/users"}]}`, 400},
	} {
		if status, _, _ := r.post(t, token, "v1.0", tt.body); status != tt.status {
			t.Errorf("%s: %d, want %d", name, status, tt.status)
		}
	}
	_, parts, _ := r.post(t, token, "v1.0", `{"requests":[{"id":"a","method":"PATCH","url":"/users/user0@contoso.com"},{"id":"b","method":"GET","url":"/users","headers":{"ConsistencyLevel":"eventual"}}]}`)
	if parts["a"].Status != http.StatusMethodNotAllowed || parts["b"].Status != http.StatusOK {
		t.Errorf("parts %v", parts)
	}
	if status, _ := r.page(t, token, "/v1.0/$batch"); status != http.StatusMethodNotAllowed {
		t.Errorf("GET $batch: %d", status)
	}
	if seen := r.requests(); !slices.ContainsFunc(seen, func(q Request) bool { return q.Part == "b" && q.Consistency == "eventual" }) {
		t.Error("the header of a part was not seen")
	}
}

func TestBatchFaults(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(1), Faults: []Fault{
		{Path: "domains/*/serviceConfigurationRecords", Kind: Throttled, RetryAfter: 2500 * time.Millisecond, RetryForm: RetryFraction},
		{Path: "domains", Kind: MissingPart}, {Path: "subscribedSkus", Kind: HTMLPage}, {Path: "$batch", Kind: Unavailable, After: 1},
	}})
	token := r.token(t)
	ask := questions("/domains/contoso.com/serviceConfigurationRecords", "/domains", "/subscribedSkus", "/organization")
	status, parts, _ := r.post(t, token, "v1.0", ask)
	_, there := parts["2"]
	if status != 200 || there || parts["1"].Status != 429 || parts["1"].Headers["Retry-After"] != "2.5" || parts["4"].Status != 200 {
		t.Errorf("%d %v", status, parts)
	}
	if body := string(parts["3"].Body); !strings.HasPrefix(body, `"`) || !strings.Contains(body, "html") {
		t.Errorf("a page of HTML within a batch is %s", body)
	}
	if status, _, _ = r.post(t, token, "v1.0", ask); status != http.StatusServiceUnavailable {
		t.Errorf("the second batch: %d", status)
	}
	if _, parts, _ = r.post(t, token, "v1.0", ask); len(parts) != 4 || parts["1"].Status != 200 || parts["2"].Status != 200 {
		t.Errorf("after the faults: %v", parts)
	}
}

func TestBatchOfAnExpiredToken(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(1), Faults: []Fault{{Path: "organization", Kind: Unauthorized}}})
	token := r.token(t)
	_, parts, _ := r.post(t, token, "v1.0", questions("/organization"))
	if parts["1"].Status != http.StatusUnauthorized || parts["1"].Headers["Www-Authenticate"] == "" {
		t.Errorf("part %v", parts["1"])
	}
	if status, _, _ := r.post(t, token, "v1.0", questions("/organization")); status != http.StatusUnauthorized {
		t.Errorf("with the revoked token: %d", status)
	}
	if status, parts, _ := r.post(t, r.token(t), "v1.0", questions("/organization")); status != 200 || parts["1"].Status != 200 {
		t.Errorf("with a new token: %d %v", status, parts)
	}
}

func TestPageDelay(t *testing.T) {
	const delay = 60 * time.Millisecond
	r := start(t, Options{Tenant: sampleTenant(250), PageDelay: delay})
	token := r.token(t)
	begun := time.Now()
	if _, pages := r.readAll(t, token, "/v1.0/users"); pages != 3 || time.Since(begun) < 3*delay {
		t.Errorf("%d pages in %v", pages, time.Since(begun))
	}
	begun = time.Now()
	r.post(t, token, "v1.0", questions("/users", "/users", "/users", "/users", "/users"))
	if took := time.Since(begun); took < delay || took > 4*delay {
		t.Errorf("a batch took %v", took)
	}
}

func TestAnnouncements(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(50), ResourceUnits: true, Throttle: func(target string) float64 {
		return map[string]float64{"users": 1.3, "domains": 0.5}[target]
	}})
	token := r.token(t)
	for path, want := range map[string][2]string{
		"/v1.0/users": {"2", "1.3"}, "/v1.0/users?$select=id": {"1", "1.3"}, "/v1.0/users?$select=id&$top=5": {"1", "1.3"}, "/v1.0/subscribedSkus": {"3", ""},
		"/v1.0/domains": {"1", ""},
	} {
		resp, _, err := r.get(t, token, path)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{resp.Header.Get("x-ms-resource-unit"), resp.Header.Get("x-ms-throttle-limit-percentage")}; got != want {
			t.Errorf("%s announces %v, want %v", path, got, want)
		}
	}
}

func TestMembersOfOtherPaths(t *testing.T) {
	tenant := sampleTenant(2)
	app := "00000004-0000-0ff1-ce00-000000000000"
	tenant.Collections = append(tenant.Collections, lab.Collection{Path: "servicePrincipals", Objects: []json.RawMessage{
		json.RawMessage(`{"id":"00000000-0000-4000-8000-0000000000aa","appId":"` + app + `","displayName":"Skype for Business Online"}`),
	}})
	r := start(t, Options{Tenant: tenant})
	token := r.token(t)
	resp, body, err := r.get(t, token, "/v1.0/servicePrincipals(appId='"+app+"')?$select=id,appId")
	if err != nil || resp.StatusCode != 200 || !strings.Contains(string(body), `$metadata#servicePrincipals/$entity"`) || strings.Contains(string(body), "displayName") {
		t.Errorf("%v %s", resp, body)
	}
	status, p := r.page(t, token, "/v1.0/servicePrincipals(appId='00000002-0000-0ff1-ce00-000000000000')")
	if status != 404 || p.Error == nil || p.Error.Code != "Request_ResourceNotFound" {
		t.Errorf("absent application: %d %+v", status, p.Error)
	}
}
