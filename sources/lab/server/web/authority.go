package weblab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"
	"unicode"

	"hybridaudit/sources/lab"
)

// Names of the authorities.
const (
	PublicRoot  = "hybridaudit lab public root"
	OwnRoot     = "hybridaudit lab own root"
	UnknownRoot = "hybridaudit lab unknown root"
	// DefaultOrganisation is whose authority issues public certificates that name none.
	DefaultOrganisation = "DigiCert Inc"
)

// IssuerHost is where intermediate certificates can be had over HTTP: http://IssuerHost/NAME.crt, NAME being the organisation as [IssuerName] writes it. A listed host of
// this name and port 80 goes before, with the paths that it lists.
const IssuerHost = "aia.lab.example"

// IssuerName is the file name of an organisation's intermediate certificate: digicert-inc for DigiCert Inc.
func IssuerName(organisation string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(organisation), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), "-")
}

// issuer is an authority that signs others. Its key is forgotten when the run ends.
type issuer struct {
	certificate *x509.Certificate
	key         crypto.Signer
	chain       [][]byte // what a server sends along: itself, unless it is a root
	root        []byte   // the root that it leads to
}

func (i *issuer) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: i.certificate.Raw})
}

// authorities are those of one run: the roots, and the intermediate authority of each organisation below its root.
type authorities struct {
	now          time.Time
	public       *issuer
	own          *issuer
	unknown      *issuer
	intermediate map[string]*issuer // by root and organisation
}

func newAuthorities(now time.Time) (*authorities, error) {
	a := &authorities{now: now, intermediate: map[string]*issuer{}}
	for name, at := range map[string]**issuer{PublicRoot: &a.public, OwnRoot: &a.own, UnknownRoot: &a.unknown} {
		var err error
		if *at, err = a.sign(nil, pkix.Name{CommonName: name, Organization: []string{"hybridaudit lab"}}); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// sign makes an authority below another one, a root when that is nil.
func (a *authorities) sign(by *issuer, name pkix.Name) (*issuer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: serial(), Subject: name, NotBefore: a.now.AddDate(-5, 0, 0), NotAfter: a.now.AddDate(5, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	parent, signer := template, crypto.Signer(key)
	if by != nil {
		parent, signer = by.certificate, by.key
	} else {
		template.SignatureAlgorithm = x509.ECDSAWithSHA1 // as of many a root: it proves nothing, and nobody looks at it
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, fmt.Errorf("making the authority %s: %w", name.CommonName, err)
	}
	made := &issuer{key: key, root: der}
	if by != nil {
		made.chain, made.root = [][]byte{der}, by.root
	}
	made.certificate, err = x509.ParseCertificate(der)
	return made, err
}

// of gives the authority that issues a certificate of the kind. Without an organisation, certificates that are not public come from the root itself.
func (a *authorities) of(kind lab.CertificateKind, organisation string) (*issuer, error) {
	root := a.public
	switch kind {
	case lab.PrivateCertificate:
		root = a.own
	case lab.UnknownCertificate:
		root = a.unknown
	default:
		if organisation == "" {
			organisation = DefaultOrganisation
		}
	}
	if organisation == "" {
		return root, nil
	}
	key := root.certificate.Subject.CommonName + "\x00" + organisation
	if made := a.intermediate[key]; made != nil {
		return made, nil
	}
	made, err := a.sign(root, pkix.Name{CommonName: organisation + " lab TLS authority", Organization: []string{organisation}})
	if err == nil {
		a.intermediate[key] = made
	}
	return made, err
}

// serial numbers have 128 bits, the first of which is 0 as they are not negative.
func serial() *big.Int {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	b[0] = b[0]&0x7F | 0x40
	return new(big.Int).SetBytes(b)
}
