package graphlab

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// claimsOf reads the claims of a token.
func claimsOf(t *testing.T, token string) (c struct {
	Tenant string   `json:"tid"`
	App    string   `json:"appid"`
	Roles  []string `json:"roles"`
	Scopes string   `json:"scp"`
	UPN    string   `json:"upn"`
	Exp    int64    `json:"exp"`
}) {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("the token has %d parts", len(parts))
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// The roles of a token are those of a tenant that refuses what it refuses.
func TestRolesAgreeWithRefusals(t *testing.T) {
	tenant := sampleTenant(1)
	tests := []struct {
		refused string
		lacks   string
	}{
		{"users", "User.Read.All"},
		{"Domains", "Domain.Read.All"},
		{"domains/contoso.com/serviceConfigurationRecords", "Domain.Read.All"},
		{"domains/contoso.com/federationConfiguration", "Domain-InternalFederation.Read.All"},
		{"admin/serviceAnnouncement/issues", "ServiceHealth.Read.All"},
		{"directory/onPremisesSynchronization", "OnPremDirectorySynchronization.Read.All"},
		{"servicePrincipals(appId='00000004-0000-0ff1-ce00-000000000000')", "Application.Read.All"},
	}
	for _, tt := range tests {
		tenant.Refused = map[string]string{tt.refused: "Authorization_RequestDenied"}
		r := start(t, Options{Tenant: tenant})
		c := claimsOf(t, r.token(t))
		if c.Tenant != tenantID || c.App != clientID || len(c.Roles) != 13 || slices.Contains(c.Roles, tt.lacks) || c.Exp <= time.Now().Unix() {
			t.Errorf("%s refused: %+v", tt.refused, c)
		}
	}
}

func TestDeviceCodeFlow(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(1), Device: DevicePlan{Pending: 1, SlowDown: 1}, Applications: []Application{
		{ClientID: clientID, Person: "auditor@contoso.com"}, {ClientID: tenantID, Secret: secret},
	}})
	begin := func(form url.Values) (int, map[string]any) {
		t.Helper()
		resp, err := r.client.PostForm(r.url+"/"+tenantID+"/oauth2/v2.0/devicecode", form)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var body map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, body
	}
	form := url.Values{"client_id": {clientID}, "scope": {r.url + "/.default openid offline_access profile"}}
	status, body := begin(form)
	code, _ := body["device_code"].(string)
	if status != http.StatusOK || code == "" || !strings.Contains(body["message"].(string), body["user_code"].(string)) {
		t.Fatalf("%d %v", status, body)
	}
	form.Set("grant_type", "device_code")
	form.Set("device_code", code)
	for _, want := range []string{"slow_down", "authorization_pending"} {
		if status, body := r.signIn(t, tenantID, form); status != http.StatusBadRequest || body["error"] != want {
			t.Errorf("%d %v, want %s", status, body, want)
		}
	}
	status, body = r.signIn(t, tenantID, form)
	token, _ := body["access_token"].(string)
	if status != http.StatusOK || body["id_token"] == "" || body["client_info"] == "" {
		t.Fatalf("%d %v", status, body)
	}
	if c := claimsOf(t, token); c.UPN != "auditor@contoso.com" || c.Roles != nil || !strings.Contains(c.Scopes, "User.Read.All") {
		t.Errorf("%+v", c)
	}
	if status, _ := r.page(t, token, "/v1.0/organization"); status != http.StatusOK {
		t.Errorf("organization answered %d", status)
	}
	if status, body := r.signIn(t, tenantID, form); status != http.StatusBadRequest || body["error"] != "bad_verification_code" {
		t.Errorf("the code again: %d %v", status, body)
	}
	again := url.Values{"grant_type": {"refresh_token"}, "client_id": {clientID}, "scope": form["scope"], "refresh_token": {body["refresh_token"].(string)}}
	if status, body := r.signIn(t, tenantID, again); status != http.StatusOK || body["access_token"] == token {
		t.Errorf("refresh token: %d", status)
	}
	again.Set("refresh_token", "made up")
	if status, body := r.signIn(t, tenantID, again); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
		t.Errorf("made up refresh token: %d %v", status, body)
	}
	if status, body := begin(url.Values{"client_id": {tenantID}, "scope": form["scope"]}); status != http.StatusUnauthorized || body["error"] != "invalid_client" {
		t.Errorf("no public client: %d %v", status, body)
	}
}

func TestDeviceCodeExpires(t *testing.T) {
	now := time.Now()
	r := start(t, Options{Tenant: sampleTenant(1), Now: func() time.Time { return now }, Applications: []Application{{ClientID: clientID, Person: "auditor@contoso.com"}}})
	form := url.Values{"client_id": {clientID}, "scope": {r.url + "/.default"}}
	resp, err := r.client.PostForm(r.url+"/"+tenantID+"/oauth2/v2.0/devicecode", form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	now = now.Add(16 * time.Minute)
	form.Set("grant_type", "urn:ietf:params:oauth:grant-type:device_code")
	form.Set("device_code", body["device_code"].(string))
	if status, body := r.signIn(t, tenantID, form); status != http.StatusBadRequest || body["error"] != "expired_token" {
		t.Errorf("%d %v", status, body)
	}
}
