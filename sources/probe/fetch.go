package probe

import (
	"context"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

const (
	maxHops   = 3
	maxFile   = 64 << 10 // bytes of a file with certificates, and of the beginning of a revocation list
	maxInFile = 32       // certificates
	// maxKeyBits bounds the keys of certificates that are fetched. Verifying with a key that fills a file takes many seconds, which nothing can interrupt; in handshakes
	// crypto/tls has a bound of its own.
	maxKeyBits = 16 << 10
)

// fetch gets a file that a certificate names, in the first of the ways that leads to it.
func (p *prober) fetch(ctx context.Context, address string) ([]byte, error) {
	a := p.follow(ctx, address, linked)
	switch {
	case !a.row.Through() || a.row.Stage != evidence.StageNone:
		return nil, fmt.Errorf("%s: %s", a.row.Stage, a.row.Failure)
	case a.row.Status != http.StatusOK:
		return nil, fmt.Errorf("status %d", a.row.Status)
	case a.cut:
		return nil, errors.New("the answer is too long, or broke off")
	}
	return a.body, nil
}

// follow gets a file in the first of the ways that leads there, and follows redirects, but not to other hosts than those that may be contacted anyway.
func (p *prober) follow(ctx context.Context, rawURL string, k kind) answer {
	var last answer
	for i, via := range p.vias(rawURL) {
		now := p.hops(ctx, rawURL, k, via)
		if i == 0 || now.row.Through() || last.row.Stage == evidence.StagePolicy {
			last = now
		}
		if last.row.Through() || last.interrupted {
			break
		}
	}
	return last
}

// hops follows the redirects of an address in one of the ways, all within the time for one attempt.
func (p *prober) hops(ctx context.Context, rawURL string, k kind, via string) answer {
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	a := p.get(ctx, request{url: rawURL, kind: k, via: via, limit: maxFile})
	for range maxHops {
		if a.row.Location == "" {
			break
		}
		to, err := redirected(a.row.URL, a.row.Location)
		if err != nil {
			break
		}
		host := address.DomainKey(to.Hostname())
		if host != a.row.Host && !p.guard.original(host) {
			a.row.Stage, a.row.Failure = evidence.StagePolicy, "it leads on to "+host+", which is not followed"
			break
		}
		a = p.get(ctx, request{url: to.String(), kind: k, via: via, limit: maxFile})
	}
	return a
}

// redirected is where an address leads on to.
func redirected(from, location string) (*url.URL, error) {
	base, err := url.Parse(from)
	if err != nil {
		return nil, err
	}
	to, err := base.Parse(location)
	if err != nil {
		return nil, err
	}
	_, _, err = webURL(to.String())
	return to, err
}

// parseCertificates reads the certificates of a file: DER, PEM, or PKCS #7 without signers (RFC 5652), as authorities publish them.
func parseCertificates(data []byte) ([]*x509.Certificate, error) {
	var found []*x509.Certificate
	for rest := data; len(found) < maxInFile; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		some, err := parseDER(block.Bytes)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	if len(found) > 0 {
		return found[:min(maxInFile, len(found))], nil
	}
	return parseDER(data)
}

// bearable leaves certificates out whose keys are too large to verify anything with.
func bearable(found []*x509.Certificate) ([]*x509.Certificate, error) {
	found = slices.DeleteFunc(found, func(c *x509.Certificate) bool { return bits(c) > maxKeyBits })
	if len(found) == 0 {
		return nil, fmt.Errorf("reading a certificate: its key has more than %d bits", maxKeyBits)
	}
	return found[:min(maxInFile, len(found))], nil
}

// parseDER reads one certificate, or a PKCS #7 structure with some.
func parseDER(data []byte) ([]*x509.Certificate, error) {
	c, err := x509.ParseCertificate(data)
	if err == nil {
		return bearable([]*x509.Certificate{c})
	}
	inner, ok := bagged(data)
	if !ok {
		return nil, fmt.Errorf("reading a certificate: %w", err)
	}
	found, err := x509.ParseCertificates(inner)
	if err != nil {
		return nil, fmt.Errorf("reading certificates in PKCS #7: %w", err)
	}
	return bearable(found)
}

var oidSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}

// bagged are the certificates of a PKCS #7 structure, one behind the other.
func bagged(data []byte) ([]byte, bool) {
	var outer struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue `asn1:"explicit,optional,tag:0"`
	}
	if _, err := asn1.Unmarshal(data, &outer); err != nil || !outer.Type.Equal(oidSignedData) {
		return nil, false
	}
	var signed struct {
		Version      int
		Digests      asn1.RawValue
		Content      asn1.RawValue
		Certificates asn1.RawValue `asn1:"optional,tag:0"`
		Lists        asn1.RawValue `asn1:"optional,tag:1"`
		Signers      asn1.RawValue
	}
	if _, err := asn1.Unmarshal(outer.Content.FullBytes, &signed); err != nil {
		// the explicit tag may still be around it
		if _, err := asn1.Unmarshal(outer.Content.Bytes, &signed); err != nil {
			return nil, false
		}
	}
	return signed.Certificates.Bytes, len(signed.Certificates.Bytes) > 0
}
