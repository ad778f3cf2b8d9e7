package probe

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// certificates are those that were seen, by fingerprint.
type certificates struct {
	mu      sync.Mutex
	byPrint map[string]*x509.Certificate
}

// see keeps a certificate and gives its fingerprint. Each one becomes one row.
func (p *prober) see(c *x509.Certificate) string {
	print := fingerprint(c)
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	if p.seen.byPrint == nil {
		p.seen.byPrint = map[string]*x509.Certificate{}
	}
	if p.seen.byPrint[print] == nil {
		p.seen.byPrint[print] = c
		record(p, certificateRow(c))
	}
	return print
}

func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// What is kept of a certificate's lists.
const (
	maxNames     = 200
	maxAddressed = 20 // addresses for revocation and the like
)

// certificateRow describes a certificate.
func certificateRow(c *x509.Certificate) evidence.Certificate {
	row := evidence.Certificate{
		Fingerprint: fingerprint(c), Subject: c.Subject.String(), Issuer: c.Issuer.String(), IssuerOrg: strings.Join(c.Issuer.Organization, ", "),
		Names: head(c.DNSNames, maxNames), NameCount: len(c.DNSNames), Begins: c.NotBefore.UTC(), Ends: c.NotAfter.UTC(),
		Signature: c.SignatureAlgorithm.String(), Key: c.PublicKeyAlgorithm.String(), Bits: bits(c), Authority: c.BasicConstraintsValid && c.IsCA, SelfSigned: selfSigned(c),
		OCSP: head(c.OCSPServer, maxAddressed), CRL: head(c.CRLDistributionPoints, maxAddressed), Issuers: head(c.IssuingCertificateURL, maxAddressed),
	}
	if c.SerialNumber != nil {
		row.Serial = fmt.Sprintf("%x", c.SerialNumber)
	}
	for _, ip := range c.IPAddresses[:min(maxNames, len(c.IPAddresses))] {
		if at, ok := netip.AddrFromSlice(ip); ok {
			row.Addresses = append(row.Addresses, at.Unmap().String())
		}
	}
	return row
}

func head(all []string, n int) []string { return all[:min(n, len(all))] }

// bits is the size of a certificate's key, 0 when the kind of key is not known.
func bits(c *x509.Certificate) int {
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen()
	case *ecdsa.PublicKey:
		return key.Curve.Params().BitSize
	case ed25519.PublicKey:
		return 256
	}
	return 0
}

// selfSigned says that issuer and subject are one and that the certificate's own key verifies it.
func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, c.RawSubject) && signs(c, c)
}

// signs says that the key of parent verifies a certificate, even with an algorithm that is too weak to be trusted today.
func signs(parent, c *x509.Certificate) bool {
	return parent.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// nameError says why a certificate is not for a host, "" when it is.
func nameError(c *x509.Certificate, host string) string {
	host = address.DomainKey(host)
	if c.VerifyHostname(bracketed(host)) == nil {
		return ""
	}
	names := head(c.DNSNames, 3)
	for _, ip := range c.IPAddresses[:min(3-len(names), len(c.IPAddresses))] {
		names = append(names[:len(names):len(names)], ip.String())
	}
	all := len(c.DNSNames) + len(c.IPAddresses)
	switch {
	case all == 0:
		return "the certificate names no host in its subject alternative name"
	case all > len(names):
		return fmt.Sprintf("the certificate is for %s and %d more", strings.Join(names, ", "), all-len(names))
	}
	return "the certificate is for " + strings.Join(names, ", ")
}

func bracketed(host string) string {
	if isAddress(host) {
		return "[" + host + "]"
	}
	return host
}
