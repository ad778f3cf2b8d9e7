package graph

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	graphlab "hybridaudit/sources/lab/server/graph"
)

const personID = "auditor@contoso.com"

// foreignToken is a token of another identity provider.
func foreignToken(t *testing.T, key *rsa.PrivateKey, change map[string]any) string {
	t.Helper()
	part := func(v map[string]any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	now := time.Now().Unix()
	claims := map[string]any{
		"iss": "https://oidc.example.com/", "sub": "system:serviceaccount:audit:hybridaudit", "aud": []string{"api://AzureADTokenExchange"}, "iat": now, "nbf": now, "exp": now + 600,
	}
	for name, v := range change {
		claims[name] = v
	}
	text := part(map[string]any{"alg": "RS256", "typ": "JWT", "kid": "1"}) + "." + part(claims)
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(sig)
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// federated makes a tenant that trusts the key, and a configuration that signs in with a token file.
func federated(t *testing.T, key *rsa.PrivateKey, faults ...graphlab.Fault) (tr *trial, file string) {
	t.Helper()
	tr = start(t, graphlab.Options{Tenant: manyUsers(250), Faults: faults, Applications: []graphlab.Application{{ClientID: clientID, Federated: []graphlab.Federated{
		{Issuer: "https://oidc.example.com/", Subject: "system:serviceaccount:audit:hybridaudit", Audience: "api://AzureADTokenExchange", Key: &key.PublicKey},
	}}}})
	file = filepath.Join(t.TempDir(), "token")
	tr.cfg.Secret, tr.cfg.Auth, tr.cfg.TokenFile = nil, ByWorkloadIdentity, file
	return tr, file
}

func TestWorkloadIdentity(t *testing.T) {
	key, stranger := newKey(t), newKey(t)
	tests := []struct {
		name    string
		signer  *rsa.PrivateKey
		change  map[string]any
		code    string
		advises string
	}{
		{"right", key, nil, "", ""},
		{"audience as text", key, map[string]any{"aud": "api://AzureADTokenExchange"}, "", ""},
		{"another subject", key, map[string]any{"sub": "System:ServiceAccount:audit:hybridaudit"}, "AADSTS700213", "letter case included"},
		{"another issuer", key, map[string]any{"iss": "https://oidc.example.com"}, "AADSTS700211", "to the last slash"},
		{"another audience", key, map[string]any{"aud": "api://contoso"}, "AADSTS700212", "api://AzureADTokenExchange"},
		{"expired", key, map[string]any{"exp": time.Now().Unix() - 3600}, "AADSTS700024", "past its end"},
		{"signed by a stranger", stranger, nil, "AADSTS5002730", "was not issued"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr, file := federated(t, key)
			token := foreignToken(t, tt.signer, tt.change)
			write(t, file, token+"\n")
			s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
			if tt.code == "" {
				if err != nil || only(t, s, evidence.TenantUsers).State != evidence.Complete {
					t.Errorf("%v, %+v", err, s.Coverage())
				}
				return
			}
			var refused *SignInError
			if !errors.As(err, &refused) || refused.Code != tt.code || !strings.Contains(refused.Advice, tt.advises) || !strings.Contains(refused.Advice, file) {
				t.Errorf("got %v", err)
			}
			if strings.Contains(err.Error(), token[:40]) {
				t.Error("the token is in the error")
			}
		})
	}
}

// credentialOf is the credential of a configuration by itself.
func (tr *trial) credentialOf(t *testing.T) *credential {
	t.Helper()
	r, err := tr.cfg.resolve()
	if err != nil {
		t.Fatal(err)
	}
	c, err := newClient(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c.cred
}

// The file is read again for every token: what stood in it at first may no longer be good.
func TestTokenFileIsReadAgain(t *testing.T) {
	key := newKey(t)
	tr, file := federated(t, key)
	c := tr.credentialOf(t)
	write(t, file, foreignToken(t, key, nil))
	_, generation, err := c.token(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, foreignToken(t, key, map[string]any{"sub": "somebody else"}))
	if err := c.renew(context.Background(), generation, `{"access_token":{"nbf":{"essential":true,"value":"1"}}}`); err != nil {
		t.Fatal(err)
	}
	_, _, err = c.token(context.Background())
	var refused *SignInError
	if !errors.As(err, &refused) || refused.Code != "AADSTS700213" || tr.requests("token") != 2 {
		t.Errorf("got %v after %d sign-ins", err, tr.requests("token"))
	}
}

func TestTokenFilesThatAreNone(t *testing.T) {
	tr, file := federated(t, newKey(t))
	for name, text := range map[string]string{"none": "", "empty": "\n", "a password": "hunter-two", "too large": strings.Repeat("a.b.c", 1<<14)} {
		t.Run(name, func(t *testing.T) {
			_ = os.Remove(file)
			if text != "" {
				write(t, file, text)
			}
			s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
			cov := only(t, s, evidence.TenantUsers)
			if err != nil || cov.State != evidence.Failed || !strings.Contains(cov.Reason, "the token file") || strings.Contains(cov.Reason, "hunter-two") {
				t.Errorf("%v, %+v", err, cov)
			}
		})
	}
}

// shown is what a person was shown.
type shown struct {
	mu    sync.Mutex
	codes []DeviceCode
}

func (s *shown) prompt(_ context.Context, c DeviceCode) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes = append(s.codes, c)
	return nil
}

func (s *shown) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.codes)
}

// personally makes a tenant in which a person signs in, and who looks at the codes.
func personally(t *testing.T, plan graphlab.DevicePlan, faults ...graphlab.Fault) (*trial, *shown) {
	t.Helper()
	tr := start(t, graphlab.Options{Tenant: manyUsers(250), Faults: faults, Device: plan, Applications: []graphlab.Application{{ClientID: clientID, Person: personID}}})
	s := &shown{}
	tr.cfg.Secret, tr.cfg.Auth, tr.cfg.Prompt = nil, ByDeviceCode, s.prompt
	return tr, s
}

func TestDeviceCode(t *testing.T) {
	var log bytes.Buffer
	tr, s := personally(t, graphlab.DevicePlan{Pending: 1, SlowDown: 1})
	tr.cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	snapshot, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	if err != nil || only(t, snapshot, evidence.TenantUsers).State != evidence.Complete {
		t.Fatalf("%v, %+v", err, snapshot.Coverage())
	}
	if s.count() != 1 || tr.requests("devicecode") != 1 || tr.requests("token") != 3 {
		t.Fatalf("%d codes shown, %d asked for, %d questions", s.count(), tr.requests("devicecode"), tr.requests("token"))
	}
	c := s.codes[0]
	if c.Tenant != tenantID || c.Code == "" || !strings.HasPrefix(c.URL, "https://") || !strings.Contains(c.Message, c.Code) {
		t.Errorf("shown %+v", c)
	}
	if strings.Contains(log.String(), c.Code) || strings.Contains(log.String(), "eyJ") {
		t.Errorf("the code or a token is in the log: %s", log.String())
	}
}

// A refused token is renewed with the refresh token: nobody has to come back for it, whether claims are asked for or not.
func TestDeviceCodeIsRenewed(t *testing.T) {
	for _, claims := range []string{"", `{"access_token":{"nbf":{"essential":true,"value":"1"}}}`} {
		tr, s := personally(t, graphlab.DevicePlan{}, graphlab.Fault{Path: "users", After: 1, Kind: graphlab.Unauthorized, Claims: claims})
		snapshot, err := tr.collect(context.Background(), t, evidence.TenantUsers)
		if err != nil || only(t, snapshot, evidence.TenantUsers).State != evidence.Complete || s.count() != 1 || tr.requests("token") != 2 {
			t.Errorf("claims %q: %v, %+v, %d codes, %d tokens", claims, err, snapshot.Coverage(), s.count(), tr.requests("token"))
		}
		if tr.last("users").Token != 2 {
			t.Errorf("claims %q: the last page was read with token %d", claims, tr.last("users").Token)
		}
	}
	tr, s := personally(t, graphlab.DevicePlan{RefreshRefused: true}, graphlab.Fault{Path: "users", After: 1, Kind: graphlab.Unauthorized})
	snapshot, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	if err != nil || only(t, snapshot, evidence.TenantUsers).State != evidence.Complete || s.count() != 2 {
		t.Errorf("refused refresh token: %v, %+v, %d codes", err, snapshot.Coverage(), s.count())
	}
}

func TestDeviceCodeThatFails(t *testing.T) {
	tests := []struct {
		name    string
		plan    graphlab.DevicePlan
		change  func(*trial)
		message string
		advice  string
	}{
		{"declined", graphlab.DevicePlan{Declined: true}, nil, "denied", "declined"},
		{"not entered", graphlab.DevicePlan{Never: true, Lifetime: time.Second}, nil, "nobody entered the code", "in time"},
		{"unknown application", graphlab.DevicePlan{}, func(tr *trial) { tr.cfg.ClientID = tenantID }, "AADSTS700016", "client id"},
		{"no public client", graphlab.DevicePlan{}, nil, "AADSTS7000218", "public client flows"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr, s := personally(t, tt.plan)
			if tt.name == "no public client" {
				tr = start(t, graphlab.Options{Tenant: manyUsers(1)})
				tr.cfg.Secret, tr.cfg.Auth, tr.cfg.Prompt = nil, ByDeviceCode, s.prompt
			}
			if tt.change != nil {
				tt.change(tr)
			}
			snapshot, err := tr.collect(context.Background(), t, evidence.TenantUsers)
			var refused *SignInError
			if !errors.As(err, &refused) || !strings.Contains(refused.Message, tt.message) || !strings.Contains(refused.Advice, tt.advice) || s.count() > 1 {
				t.Fatalf("got %v, %d codes, %+v", err, s.count(), snapshot.Coverage())
			}
			for _, c := range s.codes {
				if strings.Contains(err.Error(), c.Code) {
					t.Error("the code is in the error")
				}
			}
		})
	}
	tr, _ := personally(t, graphlab.DevicePlan{})
	tr.cfg.Prompt = func(context.Context, DeviceCode) error { return errors.New("the terminal is gone") }
	snapshot, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	if cov := only(t, snapshot, evidence.TenantUsers); err != nil || cov.Reason != "signing in: showing the code: the terminal is gone" {
		t.Errorf("%v, %+v", err, cov)
	}
}

func TestDeviceCodeCanBeInterrupted(t *testing.T) {
	tr, _ := personally(t, graphlab.DevicePlan{Never: true})
	ctx, cancel := context.WithCancel(context.Background())
	tr.cfg.Prompt = func(context.Context, DeviceCode) error {
		cancel()
		return nil
	}
	if _, err := tr.collect(ctx, t, evidence.TenantUsers); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A service that fails for a moment while the person is at the browser costs no second code.
func TestDeviceCodeOutlastsFaults(t *testing.T) {
	tr, s := personally(t, graphlab.DevicePlan{Pending: 1}, graphlab.Fault{Path: "token", Kind: graphlab.Unavailable, RetryAfter: time.Second})
	snapshot, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	if err != nil || only(t, snapshot, evidence.TenantUsers).State != evidence.Complete || s.count() != 1 {
		t.Errorf("%v, %+v, %d codes", err, snapshot.Coverage(), s.count())
	}
}

// fakeCLI puts a script called az before everything else in PATH.
func fakeCLI(t *testing.T, script string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the script wants a Unix shell")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "az"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// borrowed signs in to the lab by secret and gives the token.
func (tr *trial) borrowed(t *testing.T) string {
	t.Helper()
	token, _, err := tr.credentialOf(t).token(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return token.Token
}

func (tr *trial) byCLI() { tr.cfg.Secret, tr.cfg.ClientID, tr.cfg.Auth = nil, "", ByAzureCLI }

func TestAzureCLI(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: manyUsers(250), Faults: []graphlab.Fault{{Path: "users", After: 1, Kind: graphlab.Unauthorized}}})
	dir := t.TempDir()
	for n := range 2 {
		write(t, filepath.Join(dir, strconv.Itoa(n)), `{"accessToken":"`+tr.borrowed(t)+`","expires_on":`+strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)+`}`)
	}
	fakeCLI(t, `echo "$*" >> `+dir+`/calls
n=$(($(wc -l < `+dir+`/calls) - 1))
cat `+dir+`/$n
`)
	tr.byCLI()
	s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	if err != nil || only(t, s, evidence.TenantUsers).State != evidence.Complete {
		t.Fatalf("%v, %+v", err, s.Coverage())
	}
	calls, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "account get-access-token -o json --resource " + tr.cfg.GraphURL + " --tenant " + tenantID + "\n"; string(calls) != want+want {
		t.Errorf("called with %q, want twice %q", calls, want)
	}
}

func TestAzureCLIRefuses(t *testing.T) {
	tests := []struct{ name, script, message, advice, cloud string }{
		{"not signed in", `echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`, "Please run 'az login'", "az login --tenant " + tenantID, ""},
		{"another cloud", `echo "ERROR: Please run 'az login' to setup account." >&2; exit 1`, "Please run", "az cloud set --name AzureChinaCloud, and then run: az login", "china"},
		{"not installed", "exit 127", "not installed", "another way to sign in", ""},
		{"expired", `echo "ERROR: AADSTS700082: The refresh token has expired due to inactivity. Trace ID: 1" >&2; exit 1`, "AADSTS700082", "az login", ""},
		{"nonsense", `echo "eyJhbGciOi secret"`, "something else than a token", "az login", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := start(t, graphlab.Options{Tenant: manyUsers(1)})
			tr.byCLI()
			tr.cfg.Cloud = tt.cloud
			fakeCLI(t, tt.script)
			_, err := tr.collect(context.Background(), t, evidence.TenantUsers)
			var refused *SignInError
			if !errors.As(err, &refused) || !strings.Contains(refused.Message, tt.message) || !strings.Contains(refused.Advice, tt.advice) {
				t.Errorf("got %v", err)
			}
			if text := err.Error(); strings.Contains(text, "eyJ") || strings.Contains(text, "aka.ms") || strings.Contains(text, "Trace ID") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// The CLI cannot answer claims: what its user has to do is said.
func TestAzureCLIClaims(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: manyUsers(250), Faults: []graphlab.Fault{{Path: "users", After: 1, Kind: graphlab.Unauthorized, Claims: `{"access_token":{}}`}}})
	fakeCLI(t, `echo '{"accessToken":"`+tr.borrowed(t)+`","expires_on":`+strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10)+`}'`)
	tr.byCLI()
	_, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	var refused *SignInError
	if !errors.As(err, &refused) || !strings.Contains(refused.Advice, "az login --tenant "+tenantID) || !strings.Contains(refused.Advice, "--claims-challenge eyJ") {
		t.Errorf("got %v", err)
	}
}

// refusalOf gives the refusal in an error.
func refusalOf(t *testing.T, err error) *SignInError {
	t.Helper()
	var refused *SignInError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v", err)
	}
	return refused
}

// A token is renewed before it ends, and the person is not asked again for it.
func TestTokenIsRenewedInTime(t *testing.T) {
	key := newKey(t)
	s := &shown{}
	tests := []struct {
		name   string
		app    graphlab.Application
		change func(*Config)
	}{
		{"secret", graphlab.Application{ClientID: clientID, Secret: secret}, func(*Config) {}},
		{"token file", graphlab.Application{ClientID: clientID, Federated: []graphlab.Federated{
			{Issuer: "https://oidc.example.com/", Subject: "system:serviceaccount:audit:hybridaudit", Audience: "api://AzureADTokenExchange", Key: &key.PublicKey},
		}}, func(c *Config) {
			file := filepath.Join(t.TempDir(), "token")
			write(t, file, foreignToken(t, key, nil))
			c.Secret, c.Auth, c.TokenFile = nil, ByWorkloadIdentity, file
		}},
		{"device code", graphlab.Application{ClientID: clientID, Person: personID}, func(c *Config) { c.Secret, c.Auth, c.Prompt = nil, ByDeviceCode, s.prompt }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := start(t, graphlab.Options{Tenant: manyUsers(1), TokenLifetime: time.Minute, Applications: []graphlab.Application{tt.app}})
			tt.change(&tr.cfg)
			c := tr.credentialOf(t)
			var tokens []string
			for _, wait := range []time.Duration{0, 30 * time.Second, 20 * time.Second} {
				if err := tr.clock.Sleep(t.Context(), wait); err != nil {
					t.Fatal(err)
				}
				token, _, err := c.token(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				tokens = append(tokens, token.Token)
			}
			// A token as short-lived as this one the library renews as soon as it has signed a person in.
			if tokens[0] != tokens[1] || tokens[1] == tokens[2] || tr.requests("token") > 2+s.count() || s.count() > 1 {
				t.Errorf("%v %v, %d sign-ins, %d codes", tokens[0] == tokens[1], tokens[1] == tokens[2], tr.requests("token"), s.count())
			}
		})
	}
}
