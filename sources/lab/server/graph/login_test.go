package graphlab

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

func TestSignInErrors(t *testing.T) {
	const expired = "bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee"
	r := start(t, Options{Tenant: sampleTenant(1), Applications: []Application{
		{ClientID: clientID, Secret: secret}, {ClientID: expired, Secret: secret, SecretExpired: true},
	}})
	tests := []struct {
		name   string
		tenant string
		change map[string]string
		status int
		code   string
	}{
		{"right", tenantID, nil, 200, ""},
		{"by domain", "contoso.com", nil, 200, ""},
		{"unknown tenant", "fabrikam.com", nil, 400, "AADSTS90002"},
		{"wrong secret", tenantID, map[string]string{"client_secret": "no"}, 401, "AADSTS7000215"},
		{"no secret", tenantID, map[string]string{"client_secret": ""}, 401, "AADSTS7000218"},
		{"unknown application", tenantID, map[string]string{"client_id": tenantID}, 400, "AADSTS700016"},
		{"expired secret", tenantID, map[string]string{"client_id": expired}, 401, "AADSTS7000222"},
		{"scope without .default", tenantID, map[string]string{"scope": r.url + "/User.Read.All"}, 400, "AADSTS1002012"},
		{"another resource", tenantID, map[string]string{"scope": "https://graph.example.com/.default"}, 400, "AADSTS500011"},
		{"another grant", tenantID, map[string]string{"grant_type": "password"}, 400, "AADSTS70003"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			form := r.secretForm()
			for k, v := range tt.change {
				form.Set(k, v)
			}
			status, body := r.signIn(t, tt.tenant, form)
			description, _ := body["error_description"].(string)
			if status != tt.status || !strings.HasPrefix(description, tt.code) {
				t.Errorf("got %d %v, want %d %s", status, body, tt.status, tt.code)
			}
			if _, ok := body["access_token"]; ok != (tt.code == "") {
				t.Errorf("token in the answer: %v", ok)
			}
			if strings.Contains(description, secret) {
				t.Error("the secret is in the error")
			}
		})
	}
}

// credentialOptions lets azidentity talk to the lab.
func credentialOptions(r *running) azcore.ClientOptions {
	return azcore.ClientOptions{
		Cloud:     cloud.Configuration{ActiveDirectoryAuthorityHost: r.url},
		Transport: r.client,
		Retry:     policy.RetryOptions{MaxRetries: -1},
	}
}

func TestCredentialLibrarySignsIn(t *testing.T) {
	key, strangerKey := rsaKey(t), rsaKey(t)
	_, cert := selfSigned(t, key)
	_, stranger := selfSigned(t, strangerKey)
	r := start(t, Options{Tenant: sampleTenant(1), Applications: []Application{{ClientID: clientID, Secret: secret, Certificates: []*x509.Certificate{cert}}}})
	scope := policy.TokenRequestOptions{Scopes: []string{r.url + "/.default"}, EnableCAE: true}

	bySecret, err := azidentity.NewClientSecretCredential(tenantID, clientID, secret, &azidentity.ClientSecretCredentialOptions{
		ClientOptions: credentialOptions(r), DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	byCertificate := func(c *x509.Certificate, k crypto.PrivateKey) azcore.TokenCredential {
		cred, err := azidentity.NewClientCertificateCredential(tenantID, clientID, []*x509.Certificate{c}, k, &azidentity.ClientCertificateCredentialOptions{
			ClientOptions: credentialOptions(r), DisableInstanceDiscovery: true})
		if err != nil {
			t.Fatal(err)
		}
		return cred
	}
	for name, cred := range map[string]azcore.TokenCredential{"secret": bySecret, "certificate": byCertificate(cert, key)} {
		token, err := cred.GetToken(context.Background(), scope)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if status, _ := r.page(t, token.Token, "/v1.0/organization"); status != http.StatusOK {
			t.Errorf("%s: organization answered %d", name, status)
		}
	}
	if _, err := byCertificate(stranger, strangerKey).GetToken(context.Background(), scope); err == nil || !strings.Contains(err.Error(), "AADSTS700027") {
		t.Errorf("unknown certificate: %v", err)
	}
}

// signed makes a client assertion by hand.
func signed(t *testing.T, key *rsa.PrivateKey, header, claims map[string]any) string {
	t.Helper()
	enc := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	text := enc(header) + "." + enc(claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func TestAssertionChecks(t *testing.T) {
	key, stranger := rsaKey(t), rsaKey(t)
	_, cert := selfSigned(t, key)
	r := start(t, Options{Tenant: sampleTenant(1), Applications: []Application{{ClientID: clientID, Certificates: []*x509.Certificate{cert}}}})
	sum := sha1.Sum(cert.Raw)
	type part = map[string]any
	now := time.Now().Unix()
	tests := []struct {
		name           string
		header, claims part
		code           string
	}{
		{"RS256 with x5t", nil, nil, ""},
		{"unsigned algorithm", part{"alg": "none"}, nil, "AADSTS700027"},
		{"PS256 header over a PKCS 1 signature", part{"alg": "PS256"}, nil, "AADSTS700027"},
		{"unknown thumbprint", part{"x5t": "AAAA"}, nil, "AADSTS700027"},
		{"another application", nil, part{"iss": tenantID}, "AADSTS700021"},
		{"another audience", nil, part{"aud": "https://login.example.com/token"}, "AADSTS700023"},
		{"expired", nil, part{"exp": now - 3600}, "AADSTS700024"},
		{"not yet valid", nil, part{"nbf": now + 3600}, "AADSTS700024"},
		{"signed by a stranger", nil, part{"jti": "stranger"}, "AADSTS700027"},
		{"no identifier", nil, part{"jti": ""}, "AADSTS50027"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			header := part{"alg": "RS256", "typ": "JWT", "x5t": base64.RawURLEncoding.EncodeToString(sum[:])}
			claims := part{"aud": r.url + "/" + tenantID + "/oauth2/v2.0/token", "iss": clientID, "sub": clientID, "jti": "1", "nbf": now, "exp": now + 600}
			for k, v := range tt.header {
				header[k] = v
			}
			for k, v := range tt.claims {
				claims[k] = v
			}
			signer := key
			if claims["jti"] == "stranger" {
				signer = stranger
			}
			form := url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "scope": {r.url + "/.default"},
				"client_assertion_type": {assertionType}, "client_assertion": {signed(t, signer, header, claims)}}
			status, body := r.signIn(t, tenantID, form)
			description, _ := body["error_description"].(string)
			if (status == http.StatusOK) != (tt.code == "") || !strings.HasPrefix(description, tt.code) {
				t.Errorf("got %d %v, want %q", status, body, tt.code)
			}
		})
	}
}

func TestTokens(t *testing.T) {
	var now time.Time
	r := start(t, Options{Tenant: sampleTenant(1), TokenLifetime: time.Minute, Now: func() time.Time { return now }})
	now = time.Now()
	token := r.token(t)
	if status, _ := r.page(t, token, "/v1.0/users"); status != http.StatusOK {
		t.Errorf("fresh token: %d", status)
	}
	for name, bad := range map[string]string{"none": "", "foreign": "a.b.c"} {
		if status, p := r.page(t, bad, "/v1.0/users"); status != http.StatusUnauthorized || p.Error == nil || p.Error.Code != "InvalidAuthenticationToken" {
			t.Errorf("%s token: %d %+v", name, status, p.Error)
		}
	}
	now = now.Add(2 * time.Minute)
	if status, _ := r.page(t, token, "/v1.0/users"); status != http.StatusUnauthorized {
		t.Errorf("expired token: %d", status)
	}
}

func TestUntrustedCertificateIsNotAccepted(t *testing.T) {
	r := start(t, Options{Tenant: sampleTenant(1)})
	transport := &http.Transport{TLSClientConfig: &tls.Config{}}
	defer transport.CloseIdleConnections()
	if resp, err := (&http.Client{Transport: transport}).Get(r.url); err == nil {
		resp.Body.Close()
		t.Error("a client without the CA connected")
	}
}
