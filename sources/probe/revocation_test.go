package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
)

func TestRevocation(t *testing.T) {
	root := newAuthority(t, "Root", nil, nil)
	files := listenHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/good.crl":
			w.Write([]byte{0x30, 0x82, 1, 0})
			w.Write(make([]byte, 300<<10))
		case "/pem.crl":
			w.Write([]byte("\n-----BEGIN X509 CRL-----\n"))
		case "/page.crl":
			w.Write([]byte("<html>Please sign in"))
		case "/ocsp":
			w.WriteHeader(http.StatusMethodNotAllowed)
		case "/away":
			http.Redirect(w, r, "http://elsewhere.example.com/", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	})
	at := func(paths ...string) (urls []string) {
		for _, p := range paths {
			urls = append(urls, "http://pki.fabrikam.com"+p)
		}
		return urls
	}
	mixed := root.leaf(t, []string{"mixed.contoso.com"}, func(c *x509.Certificate) {
		c.CRLDistributionPoints = append(at("/good.crl", "/pem.crl", "/page.crl", "/lost.crl", "/away"), "ldap:///CN=ignored", "http://127.0.0.1/inner.crl", "http://nowhere.fabrikam.com/a.crl")
		c.OCSPServer = at("/ocsp", "/away")
	})
	again := root.leaf(t, []string{"again.contoso.com"}, func(c *x509.Certificate) { c.CRLDistributionPoints = at("/good.crl") })
	directory := root.leaf(t, []string{"directory.contoso.com"}, func(c *x509.Certificate) { c.CRLDistributionPoints = []string{"ldap:///CN=only"} })
	to := map[string]netip.AddrPort{"pki.fabrikam.com:80": files}
	var hosts []string
	for name, c := range map[string]*x509.Certificate{"mixed": mixed, "again": again, "directory": directory} {
		hosts = append(hosts, name+".contoso.com")
		to[name+".contoso.com:443"] = listenTLS(t, &tls.Config{Certificates: []tls.Certificate{serving(testKey, c)}})
	}
	s := collect(t, t.Context(), Config{Targets: of(hosts), Detours: detours(t, to), Public: pool(root.cert), Tries: 1})
	got := map[string]string{}
	for r := range s.Revocations() {
		got[r.Kind+" "+strings.TrimPrefix(r.URL, "http://pki.fabrikam.com")] = fmt.Sprintf("%s %d %d", r.Stage, r.Status, len(r.Certificates))
	}
	want := map[string]string{
		"crl /good.crl": " 200 2", "crl /pem.crl": " 200 1", "crl /page.crl": "http 200 1", "crl /lost.crl": "http 404 1", "crl /away": "policy 302 1",
		"crl ldap:///CN=only": "policy 0 1", "crl http://127.0.0.1/inner.crl": "policy 0 1", "crl http://nowhere.fabrikam.com/a.crl": "dns 0 1",
		"ocsp /ocsp": " 405 1", "ocsp /away": " 302 1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if c := coverage(t, s, evidence.ProbeRevocation); c.State != evidence.Complete || c.Rows != len(want) {
		t.Errorf("%+v", c)
	}
}

// TestManyRevocationAddresses has certificates that name more addresses than are tried: the servers' own come first, and the coverage says what was left out.
func TestManyRevocationAddresses(t *testing.T) {
	root := newAuthority(t, "Root", nil, nil)
	p := newTestProber(t, Config{})
	for i := range 15 {
		p.see(newAuthority(t, fmt.Sprint("Issuing ", i), root, func(c *x509.Certificate) {
			for j := range 2 * maxAddressed {
				c.CRLDistributionPoints = append(c.CRLDistributionPoints, fmt.Sprintf("http://127.0.0.1/%d/%d", i, j))
			}
		}).cert)
	}
	p.see(root.leaf(t, nil, func(c *x509.Certificate) { c.OCSPServer = []string{"http://127.0.0.1/ocsp"} }))
	p.heard()
	p.revocation(t.Context())
	b := evidence.NewBuilder(begun)
	p.write(t.Context(), b, nil)
	s := b.Seal()
	c := coverage(t, s, evidence.ProbeRevocation)
	if c.Rows != maxRevocation || c.State != evidence.Partial || !strings.Contains(c.Reason, "301 addresses") {
		t.Errorf("%+v", c)
	}
	one(t, s, func(r evidence.Revocation) bool { return r.Kind == "ocsp" })

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p = newTestProber(t, Config{})
	p.see(root.leaf(t, nil, func(c *x509.Certificate) { c.OCSPServer = []string{"http://203.0.113.1/ocsp"} }))
	p.heard()
	p.revocation(ctx)
	b = evidence.NewBuilder(begun)
	p.write(ctx, b, nil)
	if c := coverage(t, b.Seal(), evidence.ProbeRevocation); c.State != evidence.Failed || c.Rows != 0 {
		t.Errorf("%+v", c)
	}
}
