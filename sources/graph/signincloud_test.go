package graph

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	graphlab "hybridaudit/sources/lab/server/graph"
)

// relay is an HTTP proxy that leads every connection to one server, whatever host it is for.
type relay struct {
	to   string
	user string // "account:password" that it wants, "" for none
	auth string // what it says when that is missing
	deny int    // status that it answers to everything

	mu    sync.Mutex
	hosts []string
	open  sync.WaitGroup
}

func (p *relay) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.open.Add(1)
	defer p.open.Done()
	if r.Method != http.MethodConnect {
		http.Error(w, "only CONNECT", http.StatusMethodNotAllowed)
		return
	}
	account, password, _ := (&http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}).BasicAuth()
	switch {
	case p.deny != 0:
		http.Error(w, "<html>denied by policy 0815</html>", p.deny)
		return
	case p.user != "" && account+":"+password != p.user:
		w.Header().Set("Proxy-Authenticate", p.auth)
		http.Error(w, "credentials", http.StatusProxyAuthRequired)
		return
	}
	p.mu.Lock()
	p.hosts = append(p.hosts, r.Host)
	p.mu.Unlock()
	out, err := net.Dial("tcp", p.to)
	if err != nil {
		http.Error(w, "unreachable", http.StatusBadGateway)
		return
	}
	defer out.Close()
	in, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer in.Close()
	if _, err := io.WriteString(in, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(out, io.MultiReader(io.LimitReader(buffered, int64(buffered.Reader.Buffered())), in))
		_ = out.(*net.TCPConn).CloseWrite()
	}()
	_, _ = io.Copy(in, bufio.NewReader(out))
	_ = in.Close()
	<-done
}

func (p *relay) asked() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	hosts := slices.Clone(p.hosts)
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// through starts the proxy and names it in the environment, with the given user information.
func (p *relay) through(t *testing.T, user *url.Userinfo) string {
	t.Helper()
	s := httptest.NewServer(p)
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
		p.open.Wait()
	})
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	host := u.Host
	u.User = user
	t.Setenv("HTTPS_PROXY", u.String())
	t.Setenv("https_proxy", "")
	t.Setenv("NO_PROXY", "")
	t.Setenv("no_proxy", "")
	return host
}

// certified makes a certificate for host names.
func certified(t *testing.T, hosts ...string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lab"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: hosts, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// Each cloud has its sign-in service and its Graph: the lab stands behind all of them, reached through a proxy.
func TestClouds(t *testing.T) {
	for _, cloud := range Clouds() {
		t.Run(cloud, func(t *testing.T) {
			login, root, _ := cloudAddresses(cloud)
			var hosts []string
			for _, one := range []string{login, root, "https://login.microsoftonline.com"} {
				hosts = append(hosts, strings.TrimPrefix(one, "https://"))
			}
			pair, pool := certified(t, hosts...)
			tr := serve(t, graphlab.Options{Tenant: manyUsers(5), Audience: root}, pair)
			p := &relay{to: strings.TrimPrefix(tr.cfg.LoginURL, "https://")}
			p.through(t, nil)
			tr.cfg.LoginURL, tr.cfg.GraphURL, tr.cfg.Cloud, tr.cfg.RootCAs = "", "", cloud, pool
			s, err := tr.collect(t.Context(), t, evidence.TenantUsers)
			if err != nil || only(t, s, evidence.TenantUsers).State != evidence.Complete {
				t.Fatalf("%v, %+v", err, s.Coverage())
			}
			want := []string{hosts[0] + ":443", hosts[1] + ":443"}
			slices.Sort(want)
			if got := p.asked(); !slices.Equal(got, want) {
				t.Errorf("asked %q, want %q", got, want)
			}
		})
	}
}

func TestProxy(t *testing.T) {
	pair, pool := certified(t, "login.contoso.com", "graph.contoso.com")
	basic, windows := `Basic realm="proxy"`, "Negotiate"
	tests := []struct {
		name   string
		proxy  relay
		user   *url.Userinfo
		reason string // "" when it works
		tries  string
	}{
		{"without credentials", relay{}, nil, "", ""},
		{"with credentials", relay{user: "svc:c0rrect", auth: basic}, url.UserPassword("svc", "c0rrect"), "", ""},
		{"credentials missing", relay{user: "svc:c0rrect", auth: basic}, nil, "wants credentials (HTTP 407): write them into the address, HTTPS_PROXY=http://account:password@", ""},
		{"credentials wrong", relay{user: "svc:c0rrect", auth: basic}, url.UserPassword("svc", "wr0ng"), "wants credentials (HTTP 407)", ""},
		{"credentials of another kind", relay{user: "svc:c0rrect", auth: windows}, nil, "(HTTP 407), by Negotiate, which this program cannot give", ""},
		{"denied", relay{deny: http.StatusForbidden}, nil, "does not let the connection through (HTTP 403)", ""},
		{"behind it nothing answers", relay{deny: http.StatusBadGateway}, nil, "(HTTP 502)", "(4 tries)"},
	}
	for i := range tests {
		tt := &tests[i]
		t.Run(tt.name, func(t *testing.T) {
			tr := serve(t, graphlab.Options{Tenant: manyUsers(5), Audience: "https://graph.contoso.com"}, pair)
			tt.proxy.to = strings.TrimPrefix(tr.cfg.LoginURL, "https://")
			host := tt.proxy.through(t, tt.user)
			tr.cfg.LoginURL, tr.cfg.GraphURL, tr.cfg.RootCAs = "https://login.contoso.com", "https://graph.contoso.com", pool
			s, err := tr.collect(t.Context(), t, evidence.TenantUsers)
			cov := only(t, s, evidence.TenantUsers)
			if tt.reason == "" {
				if err != nil || cov.State != evidence.Complete {
					t.Errorf("%v, %+v", err, cov)
				}
				return
			}
			if err != nil || cov.State != evidence.Failed || !strings.Contains(cov.Reason, tt.reason) || !strings.Contains(cov.Reason, host) || !strings.Contains(cov.Reason, tt.tries) {
				t.Errorf("%v, %q", err, cov.Reason)
			}
			if tt.tries == "" && len(tr.clock.sleeps()) > 0 {
				t.Errorf("tried again after %v", tr.clock.sleeps())
			}
			for _, never := range []string{"wr0ng", "c0rrect", "policy 0815"} {
				if strings.Contains(cov.Reason, never) {
					t.Errorf("%q is in %q", never, cov.Reason)
				}
			}
		})
	}
	for _, address := range []string{"http://127.0.0.1:1", "http://svc:hunter-two@127.0.0.1:1"} {
		t.Setenv("HTTPS_PROXY", address)
		t.Setenv("https_proxy", "")
		t.Setenv("NO_PROXY", "")
		t.Setenv("no_proxy", "")
		tr := start(t, graphlab.Options{Tenant: manyUsers(5)})
		tr.cfg.LoginURL, tr.cfg.GraphURL = "https://login.contoso.com", "https://graph.contoso.com"
		s, err := tr.collect(t.Context(), t, evidence.TenantUsers)
		if cov := only(t, s, evidence.TenantUsers); err != nil || !strings.Contains(cov.Reason, "the proxy that the environment names (HTTPS_PROXY) cannot be used") || strings.Contains(cov.Reason, "hunter-two") {
			t.Errorf("%s: %v, %q", address, err, cov.Reason)
		}
	}
}

// metadata is the endpoint of managed identities, in the form of App Service.
type metadata struct {
	token  func() string
	status int
	body   string

	mu   sync.Mutex
	seen []url.Values
}

func (m *metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.seen = append(m.seen, r.URL.Query())
	m.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch {
	case r.Header.Get("X-Identity-Header") != "let-me-in":
		w.WriteHeader(http.StatusUnauthorized)
	case m.status != 0:
		w.WriteHeader(m.status)
		_, _ = io.WriteString(w, m.body)
	default:
		_ = json.NewEncoder(w).Encode(map[string]any{
			"access_token": m.token(), "expires_on": time.Now().Add(24 * time.Hour).Unix(), "resource": r.URL.Query().Get("resource"), "token_type": "Bearer",
		})
	}
}

// onAppService lets the test look as if it ran on App Service.
func (m *metadata) onAppService(t *testing.T) {
	t.Helper()
	s := httptest.NewServer(m)
	t.Cleanup(s.Close)
	for name, value := range map[string]string{
		"IDENTITY_ENDPOINT": s.URL + "/msi/token", "IDENTITY_HEADER": "let-me-in", "IDENTITY_SERVER_THUMBPRINT": "", "MSI_ENDPOINT": "", "MSI_SECRET": "", "IMDS_ENDPOINT": "",
		"HTTP_PROXY": "http://127.0.0.1:1",
	} {
		t.Setenv(name, value)
	}
}

func TestManagedIdentity(t *testing.T) {
	for _, claims := range []string{"", `{"access_token":{"nbf":{"essential":true,"value":"1"}}}`} {
		for name, id := range map[string]string{"system-assigned": "", "user-assigned": clientID} {
			t.Run(name, func(t *testing.T) {
				tr := start(t, graphlab.Options{Tenant: manyUsers(250), Faults: []graphlab.Fault{{Path: "users", After: 1, Kind: graphlab.Unauthorized, Claims: claims}}})
				lender := &trial{cfg: tr.cfg, clock: tr.clock}
				m := &metadata{token: func() string { return lender.borrowed(t) }}
				m.onAppService(t)
				tr.cfg.Secret, tr.cfg.ClientID, tr.cfg.Auth = nil, id, ByManagedIdentity
				s, err := tr.collect(t.Context(), t, evidence.TenantUsers)
				if err != nil || only(t, s, evidence.TenantUsers).State != evidence.Complete {
					t.Fatalf("%v, %+v", err, s.Coverage())
				}
				if len(m.seen) != 2 || m.seen[1].Get("resource") != tr.cfg.GraphURL || m.seen[1].Get("client_id") != id {
					t.Errorf("the endpoint saw %v", m.seen)
				}
			})
		}
	}
}

func TestManagedIdentityRefuses(t *testing.T) {
	tests := []struct {
		name, id        string
		status          int
		body            string
		message, advice string
	}{
		{"not assigned", clientID, 400, `{"statusCode":400,"message":"No User Assigned or Delegated Managed Identity found for specified ClientId"}`, "No User Assigned", "assign the user-assigned identity " + clientID},
		{"none at all", "", 400, `{"error":"invalid_request","error_description":"Identity not found"}`, "Identity not found", "switch the system-assigned identity"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := start(t, graphlab.Options{Tenant: manyUsers(1)})
			m := &metadata{status: tt.status, body: tt.body}
			m.onAppService(t)
			tr.cfg.Secret, tr.cfg.ClientID, tr.cfg.Auth = nil, tt.id, ByManagedIdentity
			_, err := tr.collect(t.Context(), t, evidence.TenantUsers)
			refused := refusalOf(t, err)
			if !strings.Contains(refused.Message, tt.message) || !strings.Contains(refused.Advice, tt.advice) || len(m.seen) != 1 {
				t.Errorf("got %v, asked with %v", err, m.seen)
			}
		})
	}
	t.Run("busy", func(t *testing.T) {
		tr := start(t, graphlab.Options{Tenant: manyUsers(1)})
		m := &metadata{status: 429, body: `{}`}
		m.onAppService(t)
		tr.cfg.Secret, tr.cfg.ClientID, tr.cfg.Auth, tr.cfg.MaxWait = nil, "", ByManagedIdentity, time.Minute
		s, err := tr.collect(t.Context(), t, evidence.TenantUsers)
		if cov := only(t, s, evidence.TenantUsers); err != nil || cov.SignIn || !strings.Contains(cov.Reason, "asked to wait") || len(tr.clock.sleeps()) == 0 {
			t.Errorf("%v, %+v", err, cov)
		}
	})
	t.Run("not there", func(t *testing.T) {
		tr := start(t, graphlab.Options{Tenant: manyUsers(1)})
		(&metadata{}).onAppService(t)
		t.Setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:1/msi/token")
		tr.cfg.Secret, tr.cfg.ClientID, tr.cfg.Auth = nil, "", ByManagedIdentity
		_, err := tr.collect(t.Context(), t, evidence.TenantUsers)
		if refused := refusalOf(t, err); !strings.Contains(refused.Message, "is not there: 127.0.0.1:1 refused the connection") || !strings.Contains(refused.Advice, "Azure resource") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("of another tenant", func(t *testing.T) {
		tr := start(t, graphlab.Options{Tenant: manyUsers(1)})
		token := tr.borrowed(t)
		m := &metadata{token: func() string { return token }}
		m.onAppService(t)
		tr.cfg.Secret, tr.cfg.ClientID, tr.cfg.Auth, tr.cfg.TenantID = nil, "", ByManagedIdentity, clientID
		_, err := tr.collect(t.Context(), t, evidence.TenantUsers)
		if refused := refusalOf(t, err); !strings.Contains(refused.Message, "tenant "+tenantID+" and not for "+clientID) {
			t.Errorf("got %v", err)
		}
	})
}
