package probe

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"

	"hybridaudit/sources/evidence"
)

// listenProxy runs an HTTP proxy that answers with a status, or, for 200, connects to the servers that it knows. It remembers what it was asked.
func listenProxy(t *testing.T, status int, to map[string]netip.AddrPort) (proxy func(*url.URL) (*url.URL, error), asked func() []string) {
	t.Helper()
	var mu sync.Mutex
	var all []string
	at := listen(t, func(conn net.Conn) {
		in := bufio.NewReader(conn)
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		mu.Lock()
		all = append(all, r.Method+" "+r.RequestURI+" "+r.Header.Get("Proxy-Authorization"))
		mu.Unlock()
		if status != http.StatusOK {
			fmt.Fprintf(conn, "HTTP/1.1 %d Status\r\nProxy-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n", status)
			return
		}
		target, ok := to[r.Host]
		if !ok {
			target, ok = to[r.Host+":80"]
		}
		if !ok {
			io.WriteString(conn, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
			return
		}
		further, err := net.Dial("tcp", target.String())
		if err != nil {
			return
		}
		defer further.Close()
		if r.Method == http.MethodConnect {
			io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
		} else {
			r.Write(further)
		}
		var group sync.WaitGroup
		group.Go(func() {
			io.Copy(further, in)
			further.(*net.TCPConn).CloseWrite()
		})
		io.Copy(conn, further)
		conn.Close()
		group.Wait()
	})
	return func(u *url.URL) (*url.URL, error) {
			if strings.HasPrefix(u.Hostname(), "direct.") {
				return nil, nil //nolint:nilnil // none
			}
			return &url.URL{Scheme: "http", Host: at.String(), User: url.UserPassword("kim", "secret")}, nil
		}, func() []string {
			mu.Lock()
			defer mu.Unlock()
			return all
		}
}

func TestProxies(t *testing.T) {
	root := newAuthority(t, "Root", nil, nil)
	leaf := root.leaf(t, []string{"adfs.contoso.com"}, nil)
	server := listenTLS(t, &tls.Config{Certificates: []tls.Certificate{serving(testKey, leaf)}})
	web := listenHTTP(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	tests := []struct {
		name      string
		status    int
		stage     string
		rowStatus int
	}{
		{"through", 200, evidence.StageNone, 0},
		{"credentials", 407, evidence.StageProxy, 407},
		{"forbidden", 403, evidence.StageProxy, 403},
		{"unavailable", 503, evidence.StageProxy, 503},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			proxy, asked := listenProxy(t, test.status, map[string]netip.AddrPort{"adfs.contoso.com:443": server, "plain.contoso.com:80": web})
			s := collect(t, t.Context(), Config{Targets: of([]string{"adfs.contoso.com", "plain.contoso.com:80", "direct.contoso.com"}), Proxy: proxy, Public: pool(root.cert), Tries: 3,
				Resolver: &hostsFile{hosts: map[string][]string{"adfs.contoso.com": {"127.0.0.1"}}},
				Detours:  detours(t, map[string]netip.AddrPort{"direct.contoso.com:443": server}),
			})
			c := one(t, s, func(c evidence.Connection) bool {
				return c.Host == "adfs.contoso.com" && c.Via == evidence.ViaProxy && c.Protocol == "tls"
			})
			if c.Stage != test.stage || c.Status != test.rowStatus || c.Through() != (test.status == 200) || c.Proxy == "" || c.Tries != 2 {
				t.Errorf("%+v", c)
			}
			for h := range s.Handshakes() {
				if h.Via == evidence.ViaProxy && (test.status != 200 || h.Trust != evidence.TrustSystem) {
					t.Errorf("%+v", h)
				}
			}
			c = one(t, s, func(c evidence.Connection) bool { return c.Host == "plain.contoso.com" && c.Via == evidence.ViaProxy })
			if test.status == 200 && (!c.Through() || c.Status != 403 || c.Protocol != "http") || test.status == 407 && (c.Stage != evidence.StageProxy || c.Status != 407) {
				t.Errorf("%+v", c)
			}
			direct := one(t, s, func(c evidence.Connection) bool { return c.Host == "adfs.contoso.com" && c.Via == evidence.ViaDirect })
			if direct.Stage != evidence.StageTCP || direct.Failure == "" {
				t.Errorf("%+v", direct)
			}
			for _, line := range asked() {
				if strings.Contains(line, "Basic") || strings.Contains(line, "secret") {
					t.Errorf("credentials were sent: %s", line)
				}
			}
			for c := range s.Connections() {
				if strings.Contains(c.Proxy, "secret") {
					t.Errorf("credentials are in the evidence: %s", c.Proxy)
				}
			}
		})
	}
}

// TestProxyWithSeveralAddresses has the first address of a proxy be one at which nobody listens.
func TestProxyWithSeveralAddresses(t *testing.T) {
	proxy, _ := listenProxy(t, 503, nil)
	at, err := proxy(&url.URL{Scheme: "https", Host: "teams.microsoft.com"})
	if err != nil {
		t.Fatal(err)
	}
	p := newTestProber(t, Config{
		Targets: of([]string{"adfs.contoso.com"}), Resolver: &hostsFile{hosts: map[string][]string{"proxy.contoso.com": {"127.0.0.9", "::ffff:127.0.0.9", "127.0.0.1"}}},
	})
	conn, fault := p.dialProxy(t.Context(), &url.URL{Scheme: "http", Host: "proxy.contoso.com:" + at.Port()})
	if fault != nil {
		t.Fatal(fault)
	}
	conn.Close()
}

func TestHostileProxies(t *testing.T) {
	answers := map[string]string{
		"endless header": "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 200<<10),
		"no HTTP":        "hello\r\n\r\n",
		"nothing":        "",
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			at := listen(t, func(conn net.Conn) { io.WriteString(conn, answer) })
			p := newTestProber(t, Config{Targets: of([]string{"adfs.contoso.com"})})
			conn, fault := p.tunnel(t.Context(), &url.URL{Scheme: "http", Host: at.String()}, "adfs.contoso.com", 443, known)
			if fault == nil || fault.stage != evidence.StageProxy || fault.interrupted {
				t.Errorf("connection %v, fault %+v", conn, fault)
			}
		})
	}
	p := newTestProber(t, Config{Targets: of([]string{"adfs.contoso.com"})})
	if _, fault := p.tunnel(t.Context(), &url.URL{Scheme: "socks5", Host: "127.0.0.1:1"}, "adfs.contoso.com", 443, known); fault == nil || fault.stage != evidence.StageProxy {
		t.Errorf("%+v", fault)
	}
}

// TestProxiesLeadNowhereElse asks a proxy for hosts that are not named: it would find the address by itself.
func TestProxiesLeadNowhereElse(t *testing.T) {
	proxy, asked := listenProxy(t, 200, nil)
	p := newTestProber(t, Config{Targets: of([]string{"adfs.contoso.com"}), Proxy: proxy, Resolver: &hostsFile{hosts: map[string][]string{
		"inner.fabrikam.com": {"10.0.0.1"}, "half.fabrikam.com": {"203.0.113.1", "10.0.0.1"}, "outer.fabrikam.com": {"203.0.113.1"},
	}}})
	for _, address := range []string{
		"http://inner.fabrikam.com/a.crl", "https://inner.fabrikam.com/", "http://half.fabrikam.com/", "http://unknown.fabrikam.com/", "http://10.0.0.1/", "http://[::1]/",
	} {
		a := p.get(t.Context(), request{url: address, kind: linked, via: evidence.ViaProxy})
		if a.row.Stage != evidence.StagePolicy {
			t.Errorf("%s: %+v", address, a.row)
		}
	}
	if lines := asked(); len(lines) != 0 {
		t.Errorf("the proxy was asked: %q", lines)
	}
	if a := p.get(t.Context(), request{url: "http://outer.fabrikam.com/a", kind: linked, via: evidence.ViaProxy}); a.row.Status != 502 {
		t.Errorf("%+v", a.row)
	}
	if lines := asked(); len(lines) != 1 || !strings.HasPrefix(lines[0], "GET http://outer.fabrikam.com/a ") {
		t.Errorf("%q", lines)
	}
}
