package weblab

import (
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/lab"
)

// verdict is how a chain verifies, in short.
func verdict(err error) string {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	switch {
	case err == nil:
		return "good"
	case errors.As(err, &unknown):
		return "unknown authority"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "not in its time"
	case errors.As(err, &name):
		return "another name"
	}
	return err.Error()
}

func TestCertificates(t *testing.T) {
	now := time.Now()
	tests := []struct {
		note        string
		certificate lab.Certificate
		chain       int
		issuer      string // organisation, or the name where there is none
		public, own string // how it verifies with each authority alone
	}{
		{"public", lab.Certificate{}, 2, "DigiCert Inc", "good", "unknown authority"},
		{"public, of another organisation", lab.Certificate{Organisation: "Microsoft Corporation"}, 2, "Microsoft Corporation", "good", "unknown authority"},
		{"own", lab.Certificate{Kind: lab.PrivateCertificate}, 1, "hybridaudit lab", "unknown authority", "good"},
		{"own, in the name of another", lab.Certificate{Kind: lab.PrivateCertificate, Organisation: "Inspection Ltd"}, 2, "Inspection Ltd", "unknown authority", "good"},
		{"unknown", lab.Certificate{Kind: lab.UnknownCertificate}, 1, "hybridaudit lab", "unknown authority", "unknown authority"},
		{"self-signed", lab.Certificate{Kind: lab.SelfSigned}, 1, "host.contoso.com", "unknown authority", "unknown authority"},
		{"incomplete", lab.Certificate{Kind: lab.Incomplete}, 1, "DigiCert Inc", "unknown authority", "unknown authority"},
		{"incomplete and lost", lab.Certificate{Kind: lab.Lost}, 1, "DigiCert Inc", "unknown authority", "unknown authority"},
		{"with its root", lab.Certificate{Root: true}, 3, "DigiCert Inc", "good", "unknown authority"},
		{"expired", lab.Certificate{From: now.AddDate(-1, 0, 0), Until: now.AddDate(0, 0, -1)}, 2, "DigiCert Inc", "not in its time", "not in its time"},
		{"not yet valid", lab.Certificate{From: now.AddDate(0, 0, 1), Until: now.AddDate(1, 0, 0)}, 2, "DigiCert Inc", "not in its time", "not in its time"},
		{"other names", lab.Certificate{Names: []string{"other.contoso.com"}}, 2, "DigiCert Inc", "another name", "another name"},
		{"several names", lab.Certificate{Names: []string{"other.contoso.com", "*.contoso.com", "192.0.2.1"}}, 2, "DigiCert Inc", "good", "unknown authority"},
	}
	var hosts []lab.Host
	for i, tt := range tests {
		hosts = append(hosts, lab.Host{Name: "host.contoso.com", Port: 443, Certificate: tt.certificate})
		hosts[i].Name = strings.Repeat("x", i) + "host.contoso.com"
		if tt.certificate.Kind == lab.SelfSigned {
			tests[i].issuer = hosts[i].Name
		}
	}
	f := run(t, Options{Hosts: hosts})
	for i, tt := range tests {
		t.Run(tt.note, func(t *testing.T) {
			host := hosts[i].Name
			state, err := f.shake(host, 443, nil)
			if err != nil {
				t.Fatal(err)
			}
			leaf := state.PeerCertificates[0]
			issuer := leaf.Issuer.CommonName
			if len(leaf.Issuer.Organization) > 0 {
				issuer = leaf.Issuer.Organization[0]
			}
			got := []any{len(state.PeerCertificates), issuer, verdict(verify(state, host, pool(t, f.PublicCA()))), verdict(verify(state, host, pool(t, f.OwnCA())))}
			if diff := cmp.Diff([]any{tt.chain, tests[i].issuer, tt.public, tt.own}, got); diff != "" {
				t.Error(diff)
			}
			if state.Version != tls.VersionTLS13 {
				t.Errorf("version %x", state.Version)
			}
		})
	}
}

func TestDefaultValidity(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	f := run(t, Options{Now: func() time.Time { return now }, Hosts: []lab.Host{{Name: "host.contoso.com", Port: 443}}})
	state, err := f.shake("host.contoso.com", 443, nil)
	if err != nil {
		t.Fatal(err)
	}
	leaf := state.PeerCertificates[0]
	if !leaf.NotBefore.Equal(now.AddDate(0, 0, -60)) || !leaf.NotAfter.Equal(now.AddDate(0, 0, 300)) {
		t.Errorf("from %s until %s", leaf.NotBefore, leaf.NotAfter)
	}
}

func TestSelfSignedIsSignedByItself(t *testing.T) {
	f := run(t, Options{Hosts: []lab.Host{
		{Name: "ec.contoso.com", Port: 443, Certificate: lab.Certificate{Kind: lab.SelfSigned}},
		{Name: "rsa.contoso.com", Port: 443, Certificate: lab.Certificate{Kind: lab.SelfSigned, RSABits: 1024, SHA1: true}},
	}})
	for host, algorithm := range map[string]x509.SignatureAlgorithm{"ec.contoso.com": x509.ECDSAWithSHA256, "rsa.contoso.com": x509.SHA1WithRSA} {
		state, err := f.shake(host, 443, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := state.PeerCertificates[0]
		if string(c.RawIssuer) != string(c.RawSubject) || c.SignatureAlgorithm != algorithm {
			t.Errorf("%s: issuer %s, %s", host, c.Issuer, c.SignatureAlgorithm)
		}
		if err := c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature); err != nil && algorithm != x509.SHA1WithRSA {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestWeakCertificates(t *testing.T) {
	f := run(t, Options{Hosts: []lab.Host{
		{Name: "sha1.contoso.com", Port: 443, Certificate: lab.Certificate{SHA1: true}},
		{Name: "short.contoso.com", Port: 443, Certificate: lab.Certificate{RSABits: 1024, CRL: "http://crl.example/a.crl", OCSP: "http://ocsp.example"}},
	}})
	state, err := f.shake("sha1.contoso.com", 443, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := state.PeerCertificates[0].SignatureAlgorithm; got != x509.ECDSAWithSHA1 {
		t.Errorf("signed with %s", got)
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		state, err = f.shake("short.contoso.com", 443, func(c *tls.Config) { c.MinVersion, c.MaxVersion = version, version })
		if err != nil {
			t.Fatal(err)
		}
		c := state.PeerCertificates[0]
		key, ok := c.PublicKey.(*rsa.PublicKey)
		if !ok || key.N.BitLen() != 1024 {
			t.Errorf("the key is %T", c.PublicKey)
		}
		if diff := cmp.Diff([]string{"http://crl.example/a.crl", "http://ocsp.example"}, append(c.CRLDistributionPoints, c.OCSPServer...)); diff != "" {
			t.Error(diff)
		}
		if err := verify(state, "short.contoso.com", pool(t, f.PublicCA())); err != nil {
			t.Error(err)
		}
	}
}

func TestVersions(t *testing.T) {
	f := run(t, Options{Hosts: []lab.Host{
		{Name: "today.contoso.com", Port: 443},
		{Name: "old.contoso.com", Port: 443, MinTLS: tls.VersionTLS10, MaxTLS: tls.VersionTLS10},
		{Name: "oldrsa.contoso.com", Port: 443, MinTLS: tls.VersionTLS10, MaxTLS: tls.VersionTLS10, Certificate: lab.Certificate{RSABits: 1024}},
		{Name: "besides.contoso.com", Port: 443, MinTLS: tls.VersionTLS10, MaxTLS: tls.VersionTLS12},
		{Name: "until.contoso.com", Port: 5061, MaxTLS: tls.VersionTLS11},
	}})
	for _, tt := range []struct {
		host string
		port int
		want string // of 1.0 to 1.3, those that work
	}{{"today.contoso.com", 443, "23"}, {"old.contoso.com", 443, "0"}, {"oldrsa.contoso.com", 443, "0"}, {"besides.contoso.com", 443, "012"}, {"until.contoso.com", 5061, "1"}} {
		got := ""
		for i := range uint16(4) {
			version := tls.VersionTLS10 + i
			if _, err := f.shake(tt.host, tt.port, func(c *tls.Config) { c.MinVersion, c.MaxVersion = version, version }); err == nil {
				got += string(rune('0' + i))
			}
		}
		if got != tt.want {
			t.Errorf("%s takes TLS 1.x of %s, not %s", tt.host, got, tt.want)
		}
	}
}

func TestIssuerCanBeFetched(t *testing.T) {
	f := run(t, Options{Hosts: []lab.Host{
		{Name: "a.contoso.com", Port: 443, Certificate: lab.Certificate{Kind: lab.Incomplete}},
		{Name: "b.contoso.com", Port: 443, Certificate: lab.Certificate{Kind: lab.Incomplete, Organisation: "Gone & Sons, Ltd."}},
		{Name: IssuerHost, Port: 80, Pages: []lab.Page{{Path: "/" + IssuerName("Gone & Sons, Ltd.") + ".crt", Status: 503}}},
	}})
	c := f.client(t)
	a, err := f.shake("a.contoso.com", 443, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"http://aia.lab.example/digicert-inc.crt"}, a.PeerCertificates[0].IssuingCertificateURL); diff != "" {
		t.Fatal(diff)
	}
	r, body := get(t, c, a.PeerCertificates[0].IssuingCertificateURL[0])
	missing, err := x509.ParseCertificate([]byte(body))
	if err != nil {
		t.Fatalf("%d: %v", r.StatusCode, err)
	}
	if err := verify(a, "a.contoso.com", pool(t, f.PublicCA()), missing); err != nil {
		t.Error(err)
	}
	b, err := f.shake("b.contoso.com", 443, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := get(t, c, b.PeerCertificates[0].IssuingCertificateURL[0]); r.StatusCode != 503 {
		t.Errorf("a listed path of the issuers' host: %d", r.StatusCode)
	}
}

func BenchmarkNew(b *testing.B) {
	var hosts []lab.Host
	for i := range 150 {
		hosts = append(hosts, lab.Host{Name: fmt.Sprintf("host%03d.contoso.com", i), Port: 443})
	}
	for b.Loop() {
		if _, err := New(Options{Hosts: hosts}); err != nil {
			b.Fatal(err)
		}
	}
}
