package probe

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ocsp"

	"hybridaudit/sources/evidence"
)

// faults are the hosts of the table of TLS faults: what each serves, and what must be told of it.
type faultyHost struct {
	host   string
	config func(t *testing.T) *tls.Config
	want   func(w *evidence.Handshake)
	leaf   func(c evidence.Certificate) string // what is wrong with the row of the server's certificate
}

// handshakeFacts are the columns of a handshake that do not depend on the machine or the run.
func handshakeFacts(h evidence.Handshake) evidence.Handshake {
	h.Site, h.Host, h.Port, h.Address, h.Purposes, h.Domains, h.Asked, h.Cipher = "", "", 0, "", nil, nil, time.Time{}, ""
	h.Chain, h.RootPrint, h.TrustError, h.Failure = nil, "", told(h.TrustError), told(h.Failure)
	return h
}

func told(text string) string {
	if text == "" {
		return ""
	}
	return "told"
}

func TestTLSFaults(t *testing.T) {
	public := newAuthority(t, "Public Root", nil, nil)
	middle := newAuthority(t, "Public Issuing", public, nil)
	private := newAuthority(t, "Contoso Root", nil, nil)
	unknown := newAuthority(t, "Nobody Root", nil, nil)
	unknownMiddle := newAuthority(t, "Nobody Issuing", unknown, nil)
	old := newAuthority(t, "Old Issuing", public, nil)
	old.sha1 = true
	aia := listenHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/issuing.cer":
			w.Write(middle.cert.Raw)
		case "/nobody.cer":
			w.Write(unknownMiddle.cert.Raw)
		case "/root.cer":
			w.Write(unknown.cert.Raw)
		default:
			http.NotFound(w, r)
		}
	})
	middleAt := func(path string) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://aia.fabrikam.com" + path} }
	}
	self := func(names ...string) *x509.Certificate {
		a := &authority{cert: leafTemplate(names), key: testKey}
		return a.sign(t, a.cert, testKey.Public())
	}
	selfSignedCert, ownSelf := self("self.contoso.com"), self("ownself.contoso.com")
	weakKey, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	plain := func(chain ...*x509.Certificate) func(*testing.T) *tls.Config {
		return func(*testing.T) *tls.Config {
			return &tls.Config{Certificates: []tls.Certificate{serving(testKey, chain...)}}
		}
	}
	good := func(host string) *x509.Certificate { return middle.leaf(t, []string{host}, nil) }
	modern := []string{"TLS 1.2", "TLS 1.3"}
	all := []string{"TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3"}
	system := func(w *evidence.Handshake) { w.Trust, w.Root = evidence.TrustSystem, public.cert.Subject.String() }
	none := func(w *evidence.Handshake) { w.Trust, w.TrustError = evidence.TrustNone, "told" }
	tests := []faultyHost{
		{host: "good", config: plain(good("good.contoso.com"), middle.cert), want: system},
		{host: "rootsent", config: plain(good("rootsent.contoso.com"), middle.cert, public.cert), want: system},
		{host: "expired", config: plain(middle.leaf(t, []string{"expired.contoso.com"}, func(c *x509.Certificate) { c.NotAfter = begun.Add(-24 * time.Hour) }), middle.cert), want: system,
			leaf: func(c evidence.Certificate) string {
				if !c.Ends.Equal(begun.Add(-24 * time.Hour)) {
					return fmt.Sprint("ends ", c.Ends)
				}
				return ""
			}},
		{host: "future", config: plain(middle.leaf(t, []string{"future.contoso.com"}, func(c *x509.Certificate) { c.NotBefore = begun.Add(24 * time.Hour) }), middle.cert), want: system},
		{host: "self", config: plain(selfSignedCert), want: func(w *evidence.Handshake) { none(w); w.Root = "CN=server" },
			leaf: func(c evidence.Certificate) string {
				if !c.SelfSigned {
					return "not self-signed"
				}
				return ""
			}},
		{host: "ownself", config: plain(ownSelf), want: func(w *evidence.Handshake) { w.Trust, w.Root = evidence.TrustConfigured, "CN=server" }},
		{host: "private", config: plain(private.leaf(t, []string{"private.contoso.com"}, nil)), want: func(w *evidence.Handshake) { w.Trust, w.Root = evidence.TrustConfigured, private.cert.Subject.String() }},
		{host: "unknown", config: plain(unknownMiddle.leaf(t, []string{"unknown.contoso.com"}, nil), unknownMiddle.cert, unknown.cert), want: func(w *evidence.Handshake) { none(w); w.Root = unknown.cert.Subject.String() }},
		{host: "rootless", config: plain(unknownMiddle.leaf(t, []string{"rootless.contoso.com"}, nil), unknownMiddle.cert), want: none},
		{host: "incomplete", config: plain(middle.leaf(t, []string{"incomplete.contoso.com"}, middleAt("/issuing.cer"))), want: func(w *evidence.Handshake) {
			system(w)
			w.Trust, w.Missing = evidence.TrustCompleted, []string{middle.cert.Subject.String()}
		}},
		{host: "lost", config: plain(middle.leaf(t, []string{"lost.contoso.com"}, middleAt("/lost.cer"))), want: func(w *evidence.Handshake) {
			w.Trust, w.TrustError, w.Missing = evidence.TrustUnknown, "told", []string{middle.cert.Subject.String()}
		}},
		{host: "directory", config: plain(middle.leaf(t, []string{"directory.contoso.com"}, func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"ldap:///CN=CA"} })), want: func(w *evidence.Handshake) {
			w.Trust, w.TrustError, w.Missing = evidence.TrustUnknown, "told", []string{middle.cert.Subject.String()}
		}},
		{host: "fetchedbad", config: plain(unknownMiddle.leaf(t, []string{"fetchedbad.contoso.com"}, middleAt("/nobody.cer"))), want: func(w *evidence.Handshake) {
			none(w)
			w.Missing = []string{unknownMiddle.cert.Subject.String()}
		}},
		{host: "misnamed", config: plain(good("other.contoso.com"), middle.cert), want: func(w *evidence.Handshake) {
			system(w)
			w.NameError = "the certificate is for other.contoso.com"
		}},
		{host: "deep.wild", config: plain(good("*.contoso.com"), middle.cert), want: func(w *evidence.Handshake) {
			system(w)
			w.NameError = "the certificate is for *.contoso.com"
		}},
		{host: "cnonly", config: plain(middle.leaf(t, nil, nil), middle.cert), want: func(w *evidence.Handshake) {
			system(w)
			w.NameError = "the certificate names no host in its subject alternative name"
		}},
		{host: "sha1", config: plain(old.leaf(t, []string{"sha1.contoso.com"}, nil), old.cert), want: system,
			leaf: func(c evidence.Certificate) string {
				if c.Signature != "ECDSA-SHA1" {
					return c.Signature
				}
				return ""
			}},
		{host: "weak", config: func(*testing.T) *tls.Config {
			return &tls.Config{Certificates: []tls.Certificate{serving(weakKey, middle.sign(t, leafTemplate([]string{"weak.contoso.com"}), weakKey.Public()), middle.cert)}}
		}, want: system, leaf: func(c evidence.Certificate) string {
			if c.Key != "RSA" || c.Bits != 1024 {
				return fmt.Sprint(c.Key, c.Bits)
			}
			return ""
		}},
		{host: "old", config: func(t *testing.T) *tls.Config {
			c := plain(good("old.contoso.com"), middle.cert)(t)
			c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
			return c
		}, want: func(w *evidence.Handshake) {
			system(w)
			w.Version, w.Versions = "TLS 1.1", []string{"TLS 1.0", "TLS 1.1"}
		}},
		{host: "wide", config: func(t *testing.T) *tls.Config {
			c := plain(good("wide.contoso.com"), middle.cert)(t)
			c.MinVersion = tls.VersionTLS10
			return c
		}, want: func(w *evidence.Handshake) { system(w); w.Versions = all }},
		{host: "client", config: func(t *testing.T) *tls.Config {
			c := plain(good("client.contoso.com"), middle.cert)(t)
			c.ClientAuth, c.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12
			return c
		}, want: func(w *evidence.Handshake) { system(w); w.Version, w.Versions = "TLS 1.2", []string{"TLS 1.2"} }},
		{host: "stapled", config: func(t *testing.T) *tls.Config {
			leaf := good("stapled.contoso.com")
			c := plain(leaf, middle.cert)(t)
			c.Certificates[0].OCSPStaple = ocspAnswer(t, middle, leaf, ocsp.Revoked)
			return c
		}, want: func(w *evidence.Handshake) { system(w); w.Stapled = "revoked" }},
		{host: "misstapled", config: func(t *testing.T) *tls.Config {
			c := plain(good("misstapled.contoso.com"), middle.cert)(t)
			c.Certificates[0].OCSPStaple = []byte("nothing")
			return c
		}, want: func(w *evidence.Handshake) { system(w); w.Stapled = "unreadable" }},
		{host: "refusing", config: func(*testing.T) *tls.Config {
			return &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, fmt.Errorf("none") }}
		}, want: func(w *evidence.Handshake) { w.Failure, w.Version, w.Versions = "told", "", nil }},
	}
	to := map[string]netip.AddrPort{"aia.fabrikam.com:80": aia}
	var hosts []string
	for _, test := range tests {
		hosts = append(hosts, test.host+".contoso.com")
		to[test.host+".contoso.com:443"] = listenTLS(t, test.config(t))
	}
	s := collect(t, t.Context(), Config{
		Targets: of(hosts), Detours: detours(t, to), Public: pool(public.cert), Own: pool(private.cert, ownSelf), Tries: 1,
	})
	certificates := map[string]evidence.Certificate{}
	for c := range s.Certificates() {
		if _, twice := certificates[c.Fingerprint]; twice {
			t.Errorf("certificate %s has two rows", c.Subject)
		}
		certificates[c.Fingerprint] = c
	}
	for _, test := range tests {
		t.Run(test.host, func(t *testing.T) {
			got := one(t, s, func(h evidence.Handshake) bool { return h.Host == test.host+".contoso.com" })
			want := evidence.Handshake{Via: evidence.ViaDirect, Version: "TLS 1.3", Versions: modern, Tried: all}
			test.want(&want)
			if diff := cmp.Diff(want, handshakeFacts(got)); diff != "" {
				t.Errorf("-want +got:\n%s%s", diff, got.TrustError)
			}
			for _, print := range got.Chain {
				if _, ok := certificates[print]; !ok {
					t.Errorf("no row of certificate %s", print)
				}
			}
			if test.leaf != nil {
				if wrong := test.leaf(certificates[got.Chain[0]]); wrong != "" {
					t.Error(wrong)
				}
			}
		})
	}
	if c := coverage(t, s, evidence.ProbeHandshakes); c.State != evidence.Complete {
		t.Errorf("coverage is %v: %s", c.State, c.Reason)
	}
}

func ocspAnswer(t *testing.T, from *authority, leaf *x509.Certificate, status int) []byte {
	t.Helper()
	b, err := ocsp.CreateResponse(from.cert, from.cert, ocsp.Response{Status: status, SerialNumber: leaf.SerialNumber, ThisUpdate: begun, NextUpdate: begun.Add(time.Hour), RevokedAt: begun}, from.key)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestHostileCertificates serves what no authority would issue: nothing of it may break a row or take long.
func TestHostileCertificates(t *testing.T) {
	root := newAuthority(t, "Root", nil, nil)
	many := make([]string, 10_000)
	for i := range many {
		many[i] = fmt.Sprintf("h%d.fabrikam.com", i)
	}
	manyLeaf := root.leaf(t, many, nil)
	chain := []*x509.Certificate{root.leaf(t, []string{"long.contoso.com"}, nil)}
	for i := range 40 {
		chain = append(chain, newAuthority(t, fmt.Sprint("Issuing ", i), root, nil).cert)
	}
	nul := root.leaf(t, []string{"nul.contoso.com\x00.fabrikam.com"}, func(c *x509.Certificate) {
		c.Subject.CommonName = "a\x00\u202eb"
		c.Subject.Organization = []string{strings.Repeat("x", 30_000)}
		c.CRLDistributionPoints = []string{"http://a\x00b/", "gopher://", ""}
	})
	to := map[string]netip.AddrPort{
		"many.contoso.com:443": listenTLS(t, &tls.Config{Certificates: []tls.Certificate{serving(testKey, manyLeaf)}}),
		"long.contoso.com:443": listenTLS(t, &tls.Config{Certificates: []tls.Certificate{serving(testKey, chain...)}}),
		"nul.contoso.com:443":  listenTLS(t, &tls.Config{Certificates: []tls.Certificate{serving(testKey, nul)}}),
	}
	s := collect(t, t.Context(), Config{Targets: of([]string{"many.contoso.com", "long.contoso.com", "nul.contoso.com"}), Detours: detours(t, to), Public: pool(root.cert), Tries: 1})
	for host, length := range map[string]int{"many.contoso.com": 1, "long.contoso.com": maxChain, "nul.contoso.com": 1} {
		h := one(t, s, func(h evidence.Handshake) bool { return h.Host == host })
		if len(h.Chain) != length || h.Failure != "" {
			t.Errorf("%s: %d certificates are kept, failure %q", host, len(h.Chain), h.Failure)
		}
	}
	c := one(t, s, func(c evidence.Certificate) bool { return c.NameCount == 10_000 })
	if len(c.Names) != maxNames {
		t.Errorf("%d names are kept", len(c.Names))
	}
	h := one(t, s, func(h evidence.Handshake) bool { return h.Host == "many.contoso.com" })
	if want := "the certificate is for h0.fabrikam.com, h1.fabrikam.com, h2.fabrikam.com and 9997 more"; h.NameError != want {
		t.Errorf("name error %q", h.NameError)
	}
	h = one(t, s, func(h evidence.Handshake) bool { return h.Host == "nul.contoso.com" })
	if h.NameError == "" {
		t.Error("a certificate for a name with a NUL in it counts as one for what stands before the NUL")
	}
	for c := range s.Certificates() {
		if len(c.Subject) > maxText+10 {
			t.Errorf("a subject of %d bytes was kept", len(c.Subject))
		}
	}
}

// TestTooWeakForTheHandshake is about keys with which this program makes no handshake: the certificate is told all the same.
// TestAlerts words what a server says of a handshake that it does not make.
func TestAlerts(t *testing.T) {
	at := listenTLS(t, &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{serving(testKey, newAuthority(t, "Root", nil, nil).cert)}})
	p := newTestProber(t, Config{Targets: of([]string{"new.contoso.com"}), Detours: detours(t, map[string]netip.AddrPort{"new.contoso.com:443": at})})
	conn, _, fault := p.dial(t.Context(), "tcp", "new.contoso.com", 443, known)
	if fault != nil {
		t.Fatal(fault)
	}
	defer conn.Close()
	got := failureText(p.shake(t.Context(), conn, "new.contoso.com", tls.VersionTLS12).err)
	if want := "the server refused the handshake: tls: protocol version not supported"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestSmallHello looks at how a handshake begins: in one packet, as today's Windows clients do it. Old servers and firewalls do not wait for a second one.
func TestSmallHello(t *testing.T) {
	sizes := make(chan int, 10)
	at := listen(t, func(conn net.Conn) {
		header := make([]byte, 5)
		if _, err := io.ReadFull(conn, header); err == nil {
			sizes <- int(binary.BigEndian.Uint16(header[3:]))
		}
	})
	p := newTestProber(t, Config{Targets: of([]string{"old.contoso.com"}), Detours: detours(t, map[string]netip.AddrPort{"old.contoso.com:443": at})})
	for _, shake := range []func(net.Conn) error{
		func(conn net.Conn) error { return p.shake(t.Context(), conn, "old.contoso.com", 0).err },
		func(conn net.Conn) error { _, err := p.secure(t.Context(), conn, "old.contoso.com"); return err },
	} {
		conn, _, fault := p.dial(t.Context(), "tcp", "old.contoso.com", 443, known)
		if fault != nil {
			t.Fatal(fault)
		}
		if shake(conn) == nil {
			t.Error("a handshake with a server that says nothing")
		}
		conn.Close()
		if n := <-sizes; n > 1000 {
			t.Errorf("the first message has %d bytes", n)
		}
	}
}

// TestBusyServerAcceptsVersions has a server close every other connection at once, as those do that are asked too much at a time: the versions of TLS that it speaks
// must be told all the same.
func TestBusyServerAcceptsVersions(t *testing.T) {
	root := newAuthority(t, "Root", nil, nil)
	config := &tls.Config{Certificates: []tls.Certificate{serving(testKey, root.leaf(t, []string{"busy.contoso.com"}, nil))}}
	var count atomic.Int32
	at := listen(t, func(conn net.Conn) {
		if count.Add(1)%2 == 0 {
			return
		}
		_ = tls.Server(conn, config).Handshake()
	})
	s := collect(t, t.Context(), Config{Targets: of([]string{"busy.contoso.com"}), Detours: detours(t, map[string]netip.AddrPort{"busy.contoso.com:443": at}), Public: pool(root.cert), Tries: 1})
	h := one(t, s, func(h evidence.Handshake) bool { return h.Host == "busy.contoso.com" })
	if diff := cmp.Diff([]string{"TLS 1.2", "TLS 1.3"}, h.Versions); diff != "" || len(h.Tried) != 4 {
		t.Errorf("%v tried: %s", h.Tried, diff)
	}
}

func TestTooWeakForTheHandshake(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0") // for making the key and serving it
	key, err := rsa.GenerateKey(rand.Reader, 768)
	if err != nil {
		t.Fatal(err)
	}
	root := newAuthority(t, "Root", nil, nil)
	leaf := root.sign(t, leafTemplate([]string{"tiny.contoso.com"}), key.Public())
	// The signature over the key exchange is a wrong one, which stands for one that cannot be verified.
	at := listenTLS(t, &tls.Config{MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{serving(wrongSigner{key}, leaf)}})
	s := collect(t, t.Context(), Config{Targets: of([]string{"tiny.contoso.com"}), Detours: detours(t, map[string]netip.AddrPort{"tiny.contoso.com:443": at}), Public: pool(root.cert), Tries: 1})
	h := one(t, s, func(h evidence.Handshake) bool { return h.Host == "tiny.contoso.com" })
	c := one(t, s, func(c evidence.Certificate) bool { return c.Subject == "CN=server" })
	if h.Failure != "" || len(h.Chain) != 1 || c.Bits != 768 {
		t.Errorf("%+v\n%+v", h, c)
	}
}

type wrongSigner struct{ crypto.Signer }

func (w wrongSigner) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	signature, err := w.Signer.Sign(random, digest, opts)
	if len(signature) > 0 {
		signature[len(signature)-1] ^= 1
	}
	return signature, err
}

// FuzzCertificateRow turns whatever parses as a certificate into a row.
func FuzzCertificateRow(f *testing.F) {
	root := newAuthority(f, "Root", nil, nil)
	f.Add(root.cert.Raw, "a.contoso.com")
	f.Add(root.leaf(f, []string{"a.contoso.com", "192.0.2.1"}, func(c *x509.Certificate) {
		c.CRLDistributionPoints, c.OCSPServer = []string{"http://crl.fabrikam.com/a.crl", "ldap:///CN=a"}, []string{"http://ocsp.fabrikam.com"}
	}).Raw, "192.0.2.1")
	f.Add(root.leaf(f, nil, func(c *x509.Certificate) { c.SerialNumber = new(big.Int).Lsh(big.NewInt(1), 150) }).Raw, "::1")
	nowhere := netip.MustParseAddrPort("127.0.0.1:1") // whatever addresses the certificates name
	f.Fuzz(func(t *testing.T, der []byte, host string) {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		p := newTestProber(t, Config{Detours: detours(t, map[string]netip.AddrPort{"*:80": nowhere, "*:443": nowhere})})
		if first, again := p.see(c), p.see(c); first != again || len(first) != 64 {
			t.Errorf("fingerprints %s and %s", first, again)
		}
		nameError(c, host)
		p.trust(t.Context(), []*x509.Certificate{c})
		b := evidence.NewBuilder(begun)
		p.write(t.Context(), b, nil)
		s := b.Seal()
		row := one(t, s, func(evidence.Certificate) bool { return true })
		if row.NameCount != len(c.DNSNames) || len(row.Names) > maxNames || bytes.ContainsRune([]byte(row.Subject), '\ufffe') {
			t.Errorf("%+v", row)
		}
	})
}
