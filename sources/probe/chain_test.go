package probe

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// bag wraps certificates as PKCS #7 without signers, as authorities publish them.
func bag(t testing.TB, certs ...*x509.Certificate) []byte {
	t.Helper()
	var all []byte
	for _, c := range certs {
		all = append(all, c.Raw...)
	}
	raw := func(class, tag int, content []byte) asn1.RawValue {
		return asn1.RawValue{Class: class, Tag: tag, IsCompound: true, Bytes: content}
	}
	signed, err := asn1.Marshal(struct {
		Version      int
		Digests      asn1.RawValue
		Content      struct{ Type asn1.ObjectIdentifier }
		Certificates asn1.RawValue
		Signers      asn1.RawValue
	}{
		1, raw(asn1.ClassUniversal, asn1.TagSet, nil), struct{ Type asn1.ObjectIdentifier }{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}},
		raw(asn1.ClassContextSpecific, 0, all), raw(asn1.ClassUniversal, asn1.TagSet, nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue
	}{oidSignedData, raw(asn1.ClassContextSpecific, 0, signed)})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func pemText(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// huge makes the certificate of an authority with an RSA key of many bits, which nobody needs to be able to sign with.
func huge(t testing.TB, issuer *authority, bits uint) *x509.Certificate {
	t.Helper()
	n := new(big.Int).Lsh(big.NewInt(1), bits)
	template := &x509.Certificate{SerialNumber: serial(), Subject: pkix.Name{CommonName: "Huge"}, NotBefore: begun, NotAfter: begun.Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	return issuer.sign(t, template, &rsa.PublicKey{N: n.Sub(n, big.NewInt(1)), E: 1<<31 - 1})
}

func TestParseCertificates(t *testing.T) {
	root := newAuthority(t, "Root", nil, nil)
	middle := newAuthority(t, "Issuing", root, nil)
	huge := huge(t, root, 200_000)
	var many []*x509.Certificate
	for range maxInFile + 10 {
		many = append(many, root.cert)
	}
	tests := []struct {
		name string
		data []byte
		want []*x509.Certificate // nil: an error
	}{
		{"DER", middle.cert.Raw, []*x509.Certificate{middle.cert}},
		{"PEM", pemText("CERTIFICATE", middle.cert.Raw), []*x509.Certificate{middle.cert}},
		{"PEM with text", append(append([]byte("Issuing\n"), pemText("CERTIFICATE", middle.cert.Raw)...), pemText("CERTIFICATE", root.cert.Raw)...), []*x509.Certificate{middle.cert, root.cert}},
		{"PKCS #7", bag(t, root.cert, middle.cert), []*x509.Certificate{root.cert, middle.cert}},
		{"PKCS #7 as PEM", pemText("PKCS7", bag(t, middle.cert)), []*x509.Certificate{middle.cert}},
		{"many", bag(t, many...), many[:maxInFile]},
		{"a key that takes seconds to verify with", huge.Raw, nil},
		{"such a key beside another", bag(t, huge, middle.cert), []*x509.Certificate{middle.cert}},
		{"empty", nil, nil},
		{"empty PKCS #7", bag(t), nil},
		{"a page", []byte("<html>"), nil},
		{"cut", middle.cert.Raw[:100], nil},
		{"cut PKCS #7", bag(t, middle.cert)[:200], nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseCertificates(test.data)
			if (err != nil) != (test.want == nil) || len(got) != len(test.want) {
				t.Fatalf("%d certificates, error %v", len(got), err)
			}
			for i := range got {
				if !got[i].Equal(test.want[i]) {
					t.Errorf("certificate %d is %s", i, got[i].Subject)
				}
			}
		})
	}
}

// FuzzParseCertificates reads what an address in a certificate leads to: anything.
func FuzzParseCertificates(f *testing.F) {
	root := newAuthority(f, "Root", nil, nil)
	f.Add(root.cert.Raw)
	f.Add(pemText("CERTIFICATE", root.cert.Raw))
	f.Add(bag(f, root.cert, root.cert))
	f.Add(pemText("PKCS7", bag(f, root.cert)))
	f.Fuzz(func(t *testing.T, data []byte) {
		found, err := parseCertificates(data)
		if err == nil && len(found) == 0 || len(found) > maxInFile {
			t.Errorf("%d certificates, error %v", len(found), err)
		}
		for _, c := range found {
			if c == nil || len(c.Raw) == 0 || !bytes.Contains(data, c.Raw[:1]) && bytes.IndexByte(data, '-') < 0 {
				t.Errorf("a certificate that is not in the file: %v", c)
			}
		}
	})
}

// TestAcrossSigned takes the chain that needs no certificate that the server did not send, whichever root it ends at.
func TestAcrossSigned(t *testing.T) {
	first, second := newAuthority(t, "First Root", nil, nil), newAuthority(t, "Second Root", nil, nil)
	middle := newAuthority(t, "Issuing", first, nil)
	// the same key and name, signed by the other root
	template := *middle.cert
	template.AuthorityKeyId, template.Signature, template.SerialNumber = nil, nil, serial()
	across := second.sign(t, &template, middle.key.Public())
	leaf := middle.leaf(t, []string{"www.contoso.com"}, nil)
	p := newTestProber(t, Config{Public: pool(first.cert, second.cert)})
	for _, sent := range []*x509.Certificate{middle.cert, across} {
		got := p.trust(t.Context(), []*x509.Certificate{leaf, sent})
		if got.level != "system" || len(got.missing) != 0 || got.fault != "" {
			t.Errorf("%+v", got)
		}
		if want := map[bool]string{true: "First Root", false: "Second Root"}[sent == middle.cert]; !bytes.Contains([]byte(got.root), []byte(want)) {
			t.Errorf("the root is %s instead of %s", got.root, want)
		}
	}
}

// TestExpiredIssuers is about authorities whose certificates have expired while the server's own has not.
func TestExpiredIssuers(t *testing.T) {
	root := newAuthority(t, "Root", nil, nil)
	expired := func(c *x509.Certificate) { c.NotAfter = begun.Add(-time.Hour) }
	middle := newAuthority(t, "Issuing", root, expired)
	p := newTestProber(t, Config{Public: pool(root.cert)})
	// That the issuer has expired is told by its row, as of the server's own certificate.
	got := p.trust(t.Context(), []*x509.Certificate{middle.leaf(t, []string{"www.contoso.com"}, nil), middle.cert})
	if got.level != "system" {
		t.Errorf("%+v", got)
	}
	upper := newAuthority(t, "Policy", root, expired)
	lower := newAuthority(t, "Issuing", upper, nil)
	got = p.trust(t.Context(), []*x509.Certificate{lower.leaf(t, []string{"www.contoso.com"}, nil), lower.cert, upper.cert})
	if got.level != "none" || got.fault == "" {
		t.Errorf("%+v", got)
	}
	// Both have expired.
	got = p.trust(t.Context(), []*x509.Certificate{middle.leaf(t, []string{"www.contoso.com"}, func(c *x509.Certificate) { c.NotAfter = begun.Add(-48 * time.Hour) }), middle.cert})
	if got.level != "system" {
		t.Errorf("%+v", got)
	}
}

// TestWeakSignaturesMustFit has a certificate with a SHA-1 signature by somebody else of the authority's name.
func TestWeakSignaturesMustFit(t *testing.T) {
	root := newAuthority(t, "Root", nil, nil)
	middle := newAuthority(t, "Issuing", root, nil)
	forger := newAuthority(t, "Issuing", root, nil)
	forger.sha1 = true
	leaf := forger.leaf(t, []string{"www.contoso.com"}, nil)
	p := newTestProber(t, Config{Public: pool(root.cert)})
	if got := p.trust(t.Context(), []*x509.Certificate{leaf, middle.cert}); got.level != "none" {
		t.Errorf("%+v", got)
	}
	if got := p.trust(t.Context(), []*x509.Certificate{leaf, forger.cert}); got.level != "system" {
		t.Errorf("%+v", got)
	}
	noAuthority := newAuthority(t, "Server", root, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid = false, true
		c.KeyUsage = x509.KeyUsageDigitalSignature
	})
	noAuthority.sha1 = true
	if got := p.trust(t.Context(), []*x509.Certificate{noAuthority.leaf(t, []string{"www.contoso.com"}, nil), noAuthority.cert}); got.level != "none" {
		t.Errorf("a server's certificate signs others: %+v", got)
	}
}

// TestSystemWithoutAuthorities does not call every chain bad where the system knows no authority.
func TestSystemWithoutAuthorities(t *testing.T) {
	root := newAuthority(t, "Root", nil, nil)
	p := newTestProber(t, Config{})
	p.rootless = true
	if got := p.trust(t.Context(), []*x509.Certificate{root.leaf(t, []string{"www.contoso.com"}, nil)}); got.level != "unknown" || got.fault != errNoAuthorities.Error() {
		t.Errorf("%+v", got)
	}
}
