package graph

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	graphlab "hybridaudit/sources/lab/server/graph"
)

func TestRefusedSignIn(t *testing.T) {
	tests := []struct {
		name   string
		app    graphlab.Application
		change func(*Config)
		code   string
	}{
		{"wrong secret", graphlab.Application{ClientID: clientID, Secret: "another"}, nil, "AADSTS7000215"},
		{"expired secret", graphlab.Application{ClientID: clientID, Secret: secret, SecretExpired: true}, nil, "AADSTS7000222"},
		{"unknown application", graphlab.Application{ClientID: tenantID, Secret: secret}, nil, "AADSTS700016"},
		{"unknown tenant", graphlab.Application{ClientID: clientID, Secret: secret}, func(c *Config) { c.TenantID = "fabrikam.com" }, "AADSTS90002"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := start(t, graphlab.Options{Tenant: fixtureTenant(t), Applications: []graphlab.Application{tt.app}}).everything()
			if tt.change != nil {
				tt.change(&tr.cfg)
			}
			s, err := tr.collect(context.Background(), t, Datasets()...)
			var refused *SignInError
			if !errors.As(err, &refused) || refused.Code != tt.code || refused.Advice == "" || !strings.HasPrefix(refused.Message, tt.code) {
				t.Fatalf("got %v", err)
			}
			if strings.Contains(err.Error(), "Trace ID") || strings.Contains(err.Error(), secret) {
				t.Errorf("error %q", err)
			}
			if len(s.Coverage()) != len(Datasets()) {
				t.Errorf("%d coverages", len(s.Coverage()))
			}
			for _, cov := range s.Coverage() {
				if cov.State != evidence.Failed || !cov.SignIn || !strings.Contains(cov.Reason, tt.code) {
					t.Errorf("coverage %+v", cov)
				}
			}
			if n := tr.requests("token"); n > 1 {
				t.Errorf("%d attempts to sign in", n)
			}
			if n := len(tr.clock.sleeps()); n != 0 {
				t.Errorf("%d waits", n)
			}
		})
	}
}

// TestSecretStaysSecret looks for the secret in everything that leaves the collector, also when the token expires and is refused in the middle.
func TestSecretStaysSecret(t *testing.T) {
	var log bytes.Buffer
	tr := start(t, graphlab.Options{Tenant: manyUsers(250), Faults: []graphlab.Fault{
		{Path: "users", After: 1, Kind: graphlab.Unauthorized}, {Path: "token", After: 1, Kind: graphlab.Unauthorized},
	}})
	tr.cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	var refused *SignInError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v", err)
	}
	cov := only(t, s, evidence.TenantUsers)
	if cov.State != evidence.Partial || cov.Rows != 100 || !cov.SignIn {
		t.Errorf("coverage %+v", cov)
	}
	for _, text := range []string{err.Error(), cov.Reason, strings.Join(cov.Notes, " "), log.String()} {
		if strings.Contains(text, secret) || strings.Contains(text, "eyJ") {
			t.Errorf("secret or token in %q", text)
		}
	}
	if log.Len() == 0 {
		t.Error("the renewal was not logged")
	}
}

func TestBusySignInService(t *testing.T) {
	for _, kind := range []graphlab.FaultKind{graphlab.Throttled, graphlab.Unavailable} {
		tr := start(t, graphlab.Options{Tenant: manyUsers(5), Faults: []graphlab.Fault{{Path: "token", Kind: kind, RetryAfter: 30 * time.Second, Times: 2}}})
		s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
		if err != nil || only(t, s, evidence.TenantUsers).State != evidence.Complete || len(tr.clock.sleeps()) != 2 || tr.clock.sleeps()[0] != 30*time.Second {
			t.Errorf("%v, waits %v", err, tr.clock.sleeps())
		}
	}
	tr := start(t, graphlab.Options{Tenant: manyUsers(5), Faults: []graphlab.Fault{{Path: "token", Kind: graphlab.Throttled, RetryAfter: time.Hour}}})
	s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	if cov := only(t, s, evidence.TenantUsers); err != nil || cov.State != evidence.Failed || cov.SignIn || !strings.Contains(cov.Reason, "asked to wait") {
		t.Errorf("%v, %+v", err, cov)
	}
	tr = start(t, graphlab.Options{Tenant: manyUsers(5), Faults: []graphlab.Fault{{Path: "token", Kind: graphlab.HTMLPage, Times: -1}}})
	s, err = tr.collect(context.Background(), t, evidence.TenantUsers)
	if cov := only(t, s, evidence.TenantUsers); err != nil || cov.State != evidence.Failed || cov.SignIn || !strings.Contains(cov.Reason, "did not answer as one") {
		t.Errorf("%v, %+v", err, cov)
	}
}

func TestCertificateSignIn(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, cert := selfSigned(t, key)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	both := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})...)
	tr := start(t, graphlab.Options{Tenant: manyUsers(5), Applications: []graphlab.Application{{ClientID: clientID, Certificates: []*x509.Certificate{cert}}}})
	tr.cfg.Secret, tr.cfg.Certificate = nil, &Certificate{Data: both}
	s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	if err != nil || only(t, s, evidence.TenantUsers).State != evidence.Complete {
		t.Errorf("%v, %+v", err, s.Coverage())
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, unknown := selfSigned(t, other)
	tr.cfg.Certificate = &Certificate{Data: append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: unknown.Raw}),
		pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(other)})...)}
	var refused *SignInError
	if _, err = tr.collect(context.Background(), t, evidence.TenantUsers); !errors.As(err, &refused) || refused.Code != "AADSTS700027" {
		t.Errorf("unknown certificate: %v", err)
	}
}

// The PFX files hold a self-made key that is used nowhere; their password is contoso.
func TestCertificateFiles(t *testing.T) {
	read := func(name string) []byte {
		b, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	password := func(p string) func() (string, error) { return func() (string, error) { return p, nil } }
	tests := []struct {
		name    string
		cert    Certificate
		problem string
	}{
		{"PFX", Certificate{Data: read("sha1.pfx"), Password: password("contoso")}, ""},
		{"PFX, wrong password", Certificate{Data: read("sha1.pfx"), Password: password("fabrikam")}, "not a PFX file that can be read with this password"},
		{"PFX, SHA-256", Certificate{Data: read("sha256.pfx"), Password: password("contoso")}, ""},
		{"PFX, SHA-256, wrong password", Certificate{Data: read("sha256.pfx"), Password: password("fabrikam")}, "not a PFX file that can be read with this password"},
		{"PFX that is cut", Certificate{Data: read("sha256.pfx")[:900], Password: password("contoso")}, "openssl pkcs12"},
		{"no password given", Certificate{Data: read("sha1.pfx")}, "not a PFX file"},
		{"nothing", Certificate{}, "client certificate"},
		{"PEM without a key", Certificate{Data: []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}, "client certificate"},
		{"encrypted PEM", Certificate{Data: []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n")}, "encrypted PEM"},
		{"password that cannot be had", Certificate{Data: read("sha1.pfx"), Password: func() (string, error) { return "", errors.New("no such variable") }}, "no such variable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			certs, key, err := tt.cert.load()
			if tt.problem == "" {
				if err != nil || len(certs) != 1 || key == nil {
					t.Errorf("%d certificates, %v", len(certs), err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.problem) {
				t.Errorf("got %v, want %q", err, tt.problem)
			}
		})
	}
}

func TestSecretThatCannotBeHad(t *testing.T) {
	for _, source := range []func() (string, error){
		func() (string, error) { return "", errors.New("no such variable") },
		func() (string, error) { return "", nil },
	} {
		tr := start(t, graphlab.Options{Tenant: manyUsers(1)})
		tr.cfg.Secret = source
		s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
		if cov := only(t, s, evidence.TenantUsers); err != nil || cov.State != evidence.Failed || !strings.Contains(cov.Reason, "client secret") {
			t.Errorf("%v, %+v", err, cov)
		}
	}
}

func TestUnreachableServices(t *testing.T) {
	const closed = "https://127.0.0.1:1" // nobody listens there; a port that was free a moment ago may be somebody's by now
	tests := []struct {
		name   string
		change func(*Config)
		reason string
	}{
		{"untrusted certificate", func(c *Config) { c.RootCAs = x509.NewCertPool() }, "issued by an authority that is not trusted here"},
		{"another name in the certificate", func(c *Config) {
			c.LoginURL = strings.Replace(c.LoginURL, "127.0.0.1", "localhost", 1)
		}, "issued for another name"},
		{"refused connection", func(c *Config) { c.LoginURL = closed }, "refused the connection (4 tries)"},
		{"unknown host", func(c *Config) { c.LoginURL = "https://login.invalid" }, "login.invalid"},
		{"Graph refuses connections", func(c *Config) { c.GraphURL = closed }, "refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := start(t, graphlab.Options{Tenant: fixtureTenant(t), Audience: closed})
			tt.change(&tr.cfg)
			s, err := tr.collect(context.Background(), t, Datasets()...)
			if err != nil {
				t.Fatal(err)
			}
			for _, cov := range s.Coverage() {
				if cov.State != evidence.Failed || cov.SignIn || !strings.Contains(cov.Reason, tt.reason) {
					t.Errorf("coverage %+v, want %q", cov, tt.reason)
				}
			}
		})
	}
}

func TestLongWaitCanBeCancelled(t *testing.T) {
	for _, path := range []string{"users", "token"} {
		tr := start(t, graphlab.Options{Tenant: fixtureTenant(t), Faults: []graphlab.Fault{{Path: path, Kind: graphlab.Throttled, RetryAfter: 10 * time.Minute}}})
		tr.clock.block = true
		ctx, cancel := context.WithCancel(context.Background())
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for deadline := time.Now().Add(10 * time.Second); len(tr.clock.sleeps()) == 0 && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
		s, err := tr.collect(ctx, t, Datasets()...)
		<-stopped
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", path, err)
		}
		if cov := only(t, s, evidence.TenantUsers); cov.State != evidence.Failed || cov.Reason != "interrupted" {
			t.Errorf("%s: %+v", path, cov)
		}
	}
}

func TestTimeoutOfARequest(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: manyUsers(5), Faults: []graphlab.Fault{{Path: "users", Kind: graphlab.Slow, Delay: time.Hour}}})
	tr.cfg.Timeout = 300 * time.Millisecond
	s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	// The server tells of the request that was given up when it notices, which may be after the collection has ended; a busy machine may need a third one.
	for end := time.Now().Add(5 * time.Second); tr.requests("users") < 2 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	if cov := only(t, s, evidence.TenantUsers); err != nil || cov.State != evidence.Complete || tr.requests("users") < 2 {
		t.Errorf("%v, %+v, %d requests", err, cov, tr.requests("users"))
	}
}
