package probe

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
)

// now is when tests begin: certificates are made around it.
var begun = time.Now().UTC().Truncate(time.Second)

// authority signs certificates.
type authority struct {
	cert   *x509.Certificate
	key    crypto.Signer
	parent *authority
	sha1   bool
}

var (
	serials    sync.Mutex
	lastSerial int64
	testKey    = mustKey() // of all servers: making keys is slow
)

func mustKey() crypto.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

func serial() *big.Int {
	serials.Lock()
	defer serials.Unlock()
	lastSerial++
	return big.NewInt(lastSerial)
}

// newAuthority makes an authority; parent nil makes a root. Change may alter the template.
func newAuthority(t testing.TB, name string, parent *authority, change func(*x509.Certificate)) *authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: name, Organization: []string{name}}, NotBefore: begun.Add(-100 * 24 * time.Hour), NotAfter: begun.Add(1000 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if change != nil {
		change(template)
	}
	a := &authority{key: mustKey(), parent: parent}
	signer := a
	if parent == nil {
		a.cert = template
	} else {
		signer = parent
	}
	a.cert = signer.sign(t, template, a.key.Public())
	return a
}

func (a *authority) sign(t testing.TB, template *x509.Certificate, key crypto.PublicKey) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.sha1 {
		der = resign(t, der, a.key)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// resign replaces the signature of a certificate by one with SHA-1, which the standard library makes no more.
func resign(t testing.TB, der []byte, key crypto.Signer) []byte {
	t.Helper()
	var outer struct {
		TBS       asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		t.Fatal(err)
	}
	// ecdsa-with-SHA256 and ecdsa-with-SHA1 have object identifiers of different lengths
	strong, err := asn1.Marshal(pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}})
	if err != nil {
		t.Fatal(err)
	}
	old, err := asn1.Marshal(pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}})
	if err != nil {
		t.Fatal(err)
	}
	tbs := asn1.RawValue{Class: asn1.ClassUniversal, Tag: asn1.TagSequence, IsCompound: true, Bytes: []byte(strings.Replace(string(outer.TBS.Bytes), string(strong), string(old), 1))}
	raw, err := asn1.Marshal(tbs)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum(raw)
	signature, err := key.Sign(rand.Reader, sum[:], crypto.SHA1)
	if err != nil {
		t.Fatal(err)
	}
	der, err = asn1.Marshal(struct {
		TBS       asn1.RawValue
		Algorithm asn1.RawValue
		Signature asn1.BitString
	}{asn1.RawValue{FullBytes: raw}, asn1.RawValue{FullBytes: old}, asn1.BitString{Bytes: signature, BitLength: len(signature) * 8}})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// leaf makes a server's certificate for names.
func (a *authority) leaf(t testing.TB, names []string, change func(*x509.Certificate)) *x509.Certificate {
	t.Helper()
	template := leafTemplate(names)
	if change != nil {
		change(template)
	}
	return a.sign(t, template, testKey.Public())
}

func leafTemplate(names []string) *x509.Certificate {
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: pkix.Name{CommonName: "server"}, NotBefore: begun.Add(-60 * 24 * time.Hour), NotAfter: begun.Add(300 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	return template
}

func pool(all ...*x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, c := range all {
		p.AddCert(c)
	}
	return p
}

// serving is a tls.Certificate that serves a chain with the servers' key.
func serving(key crypto.PrivateKey, chain ...*x509.Certificate) tls.Certificate {
	c := tls.Certificate{PrivateKey: key}
	for _, one := range chain {
		c.Certificate = append(c.Certificate, one.Raw)
	}
	return c
}

// listen runs a server on loopback until the test ends; serve is called for each connection.
func listen(t testing.TB, serve func(net.Conn)) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	open := map[net.Conn]bool{}
	group.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open[conn] = true
			mu.Unlock()
			group.Go(func() {
				defer func() {
					conn.Close()
					mu.Lock()
					delete(open, conn)
					mu.Unlock()
				}()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for c := range open {
			c.Close()
		}
		mu.Unlock()
		group.Wait()
	})
	return netip.MustParseAddrPort(l.Addr().String())
}

// listenTLS runs a server that makes a handshake and answers a request with 200.
func listenTLS(t testing.TB, config *tls.Config) netip.AddrPort {
	t.Helper()
	return listen(t, func(conn net.Conn) {
		secured := tls.Server(conn, config)
		if secured.Handshake() != nil {
			return
		}
		buffer := make([]byte, 4096)
		if _, err := secured.Read(buffer); err == nil {
			io.WriteString(secured, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
		}
		secured.Close()
	})
}

// listenHTTP runs a web server.
func listenHTTP(t testing.TB, handler http.HandlerFunc) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: handler}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Serve(l)
	}()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
	return netip.MustParseAddrPort(l.Addr().String())
}

// hostsFile is a Resolver of fixed names: addresses, or an alias and the rest behind it.
type hostsFile struct {
	mu    sync.Mutex
	hosts map[string][]string
	asked map[string]int
	turns map[string][][]string // answers that change from question to question
}

func (h *hostsFile) Addresses(ctx context.Context, host string) (addresses []netip.Addr, chain []string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.asked == nil {
		h.asked = map[string]int{}
	}
	answer, ok := h.hosts[host]
	if turns := h.turns[host]; len(turns) > 0 {
		answer, ok = turns[min(h.asked[host], len(turns)-1)], true
	}
	h.asked[host]++
	if !ok {
		return nil, nil, fmt.Errorf("%s does not exist", host)
	}
	for _, text := range answer {
		if at, err := netip.ParseAddr(text); err == nil {
			addresses = append(addresses, at)
		} else {
			chain = append(chain, text)
		}
	}
	return addresses, chain, ctx.Err()
}

// detours leads host:port to servers on loopback.
func detours(t testing.TB, to map[string]netip.AddrPort) targets.Detours {
	t.Helper()
	var entries []string
	for from, at := range to {
		entries = append(entries, from+"="+at.String())
	}
	d, err := targets.ParseDetours(entries)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// of makes targets of hosts and domains that the configuration names.
func of(hosts []string, domains ...string) targets.Targets {
	return targets.Of(targets.More{Hosts: hosts, Domains: domains})
}

// lookups makes evidence of DNS answers.
func lookups(t testing.TB, all ...evidence.Lookup) *evidence.Snapshot {
	t.Helper()
	b := evidence.NewBuilder(begun)
	for _, l := range all {
		if err := evidence.Observe(b, l); err != nil {
			t.Fatal(err)
		}
	}
	return b.Seal()
}

// collect runs Collect on a configuration in which only the own parts of the test matter.
func collect(t testing.TB, ctx context.Context, cfg Config) *evidence.Snapshot { //nolint:revive // the test comes first, as everywhere
	t.Helper()
	if cfg.Site == "" {
		cfg.Site = "lab"
	}
	if cfg.Resolver == nil {
		cfg.Resolver = &hostsFile{}
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 3 * time.Second
	}
	if cfg.Public == nil {
		cfg.Public = x509.NewCertPool()
	}
	b := evidence.NewBuilder(begun)
	if err := Collect(ctx, cfg, b); err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return b.Seal()
}

// newTestProber makes a prober for tests of its parts.
func newTestProber(t testing.TB, cfg Config) *prober {
	t.Helper()
	if cfg.Resolver == nil {
		cfg.Resolver = &hostsFile{}
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 3 * time.Second
	}
	if cfg.Public == nil {
		cfg.Public = x509.NewCertPool()
	}
	p, err := newProber(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// one is the only row of a host.
func one[T evidence.Observation](t testing.TB, s *evidence.Snapshot, is func(T) bool) T {
	t.Helper()
	var found []T
	for row := range evidence.Observed[T](s) {
		if is(row) {
			found = append(found, row)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d rows instead of 1: %+v", len(found), found)
	}
	return found[0]
}

func coverage(t testing.TB, s *evidence.Snapshot, d evidence.Dataset) evidence.Coverage {
	t.Helper()
	for _, c := range s.Coverage() {
		if c.Dataset == d {
			return c
		}
	}
	t.Fatalf("no coverage of %s", d)
	return evidence.Coverage{}
}
