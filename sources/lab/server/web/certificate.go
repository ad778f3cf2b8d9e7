package weblab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"hybridaudit/sources/lab"
)

// workshop makes the certificates of hosts.
type workshop struct {
	files map[string]*x509.Certificate // intermediate certificates that can be fetched, by path; it does not change once hosts are prepared

	mu          sync.Mutex
	authorities *authorities
	key         *ecdsa.PrivateKey       // of all certificates with an ECDSA key that others sign
	rsa         map[int]*rsa.PrivateKey // by bits: making one takes long
}

func newWorkshop(now time.Time) (*workshop, error) {
	a, err := newAuthorities(now)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return &workshop{authorities: a, key: key, rsa: map[int]*rsa.PrivateKey{}, files: map[string]*x509.Certificate{}}, nil
}

// defaultBegin and defaultEnd are how many days before and after the start a certificate holds that says nothing else.
const (
	defaultBegin = 60
	defaultEnd   = 300
)

// leastBits is the length of the shortest RSA key that can be made.
const leastBits = 1024

// prepare checks what a certificate is to hold, and publishes the certificate of its issuer where servers do not send it.
func (w *workshop) prepare(host lab.Host) error {
	c := host.Certificate
	if c.RSABits != 0 && c.RSABits < leastBits {
		return fmt.Errorf("an RSA key of %d bits cannot be made", c.RSABits)
	}
	for _, n := range append([]string{host.Name, c.CRL, c.OCSP}, c.Names...) {
		if strings.ContainsFunc(n, func(r rune) bool { return r > unicode.MaxASCII }) {
			return fmt.Errorf("%q is not ASCII", n)
		}
	}
	if c.Kind != lab.Incomplete {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	by, err := w.authorities.of(c.Kind, c.Organisation)
	if err != nil {
		return err
	}
	w.files[issuerPath(by)] = by.certificate
	return nil
}

func issuerPath(by *issuer) string {
	return "/" + IssuerName(by.certificate.Subject.Organization[0]) + ".crt"
}

// make makes the certificate of a host with the chain that it serves.
func (w *workshop) make(host lab.Host) (*tls.Certificate, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := host.Certificate
	template := &x509.Certificate{
		SerialNumber: serial(), NotBefore: w.authorities.now.AddDate(0, 0, -defaultBegin), NotAfter: w.authorities.now.AddDate(0, 0, defaultEnd),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	if !c.From.IsZero() {
		template.NotBefore = c.From
	}
	if !c.Until.IsZero() {
		template.NotAfter = c.Until
	}
	if c.CRL != "" {
		template.CRLDistributionPoints = []string{c.CRL}
	}
	if c.OCSP != "" {
		template.OCSPServer = []string{c.OCSP}
	}
	name(template, host)
	if c.SHA1 {
		template.SignatureAlgorithm = x509.ECDSAWithSHA1
	}
	return w.issue(template, c)
}

// name writes the names into a certificate. The first is the subject's, too, as far as it fits there.
func name(template *x509.Certificate, host lab.Host) {
	names := host.Certificate.Names
	if len(names) == 0 {
		names = []string{host.Name}
	}
	for _, n := range names {
		if ip := net.ParseIP(n); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
			continue
		}
		template.DNSNames = append(template.DNSNames, n)
	}
	template.Subject = pkix.Name{CommonName: names[0]}
}

func (w *workshop) keyOf(c lab.Certificate) (crypto.Signer, error) {
	if c.RSABits == 0 {
		if c.Kind == lab.SelfSigned {
			return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		}
		return w.key, nil
	}
	if key := w.rsa[c.RSABits]; key != nil {
		return key, nil
	}
	key, err := rsa.GenerateKey(rand.Reader, c.RSABits)
	if err != nil {
		return nil, fmt.Errorf("making an RSA key of %d bits: %w", c.RSABits, err)
	}
	w.rsa[c.RSABits] = key
	return key, nil
}

func (w *workshop) issue(template *x509.Certificate, c lab.Certificate) (*tls.Certificate, error) {
	key, err := w.keyOf(c)
	if err != nil {
		return nil, err
	}
	if c.Kind == lab.SelfSigned {
		if _, isRSA := key.(*rsa.PrivateKey); isRSA && c.SHA1 {
			template.SignatureAlgorithm = x509.SHA1WithRSA
		}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
	}
	by, err := w.authorities.of(c.Kind, c.Organisation)
	if err != nil {
		return nil, err
	}
	chain := by.chain
	switch c.Kind {
	case lab.Incomplete:
		chain = nil
		template.IssuingCertificateURL = []string{"http://" + IssuerHost + issuerPath(by)}
	case lab.Lost:
		chain = nil
		template.IssuingCertificateURL = []string{"http://" + IssuerHost + "/lost" + issuerPath(by)}
	case lab.PublicCertificate, lab.PrivateCertificate, lab.UnknownCertificate, lab.SelfSigned:
	}
	if c.Root {
		chain = append(slices.Clone(chain), by.root)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.certificate, key.Public(), by.key)
	return &tls.Certificate{Certificate: append([][]byte{der}, chain...), PrivateKey: key}, err
}
