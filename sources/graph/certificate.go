package graph

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"software.sslmate.com/src/go-pkcs12"
)

// load reads the certificate and its key. Errors name no contents.
func (c *Certificate) load() ([]*x509.Certificate, crypto.PrivateKey, error) {
	password := ""
	if c.Password != nil {
		text, err := c.Password()
		if err != nil {
			return nil, nil, fmt.Errorf("reading the password of the client certificate: %w", err)
		}
		password = text
	}
	parse := parsePFX
	if bytes.Contains(c.Data, []byte("-----BEGIN ")) {
		parse = parsePEM
	}
	certs, key, err := parse(c.Data, password)
	if err != nil {
		return nil, nil, fmt.Errorf("client certificate: %w", err)
	}
	if _, ok := key.(*rsa.PrivateKey); !ok {
		return nil, nil, errors.New("client certificate: the sign-in service takes RSA keys only")
	}
	return certs, key, nil
}

func parsePEM(data []byte, _ string) ([]*x509.Certificate, crypto.PrivateKey, error) {
	if bytes.Contains(data, []byte("ENCRYPTED")) {
		return nil, nil, errors.New("its key is encrypted PEM, which is not supported: decrypt it or use a PFX file")
	}
	return azidentity.ParseCertificates(data, nil) // with a password it would look for PKCS #12
}

// parsePFX reads PKCS #12 files of any age. The credential library's own parser knows SHA-1 and the old ciphers only, and today's tools write SHA-256 and AES.
func parsePFX(data []byte, password string) ([]*x509.Certificate, crypto.PrivateKey, error) {
	key, leaf, chain, err := pkcs12.DecodeChain(data, password)
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return nil, nil, errors.New("not a PFX file that can be read with this password")
	case err != nil:
		return nil, nil, fmt.Errorf("not a PFX file that can be read (%w); PEM with certificate and key does as well: openssl pkcs12 -in FILE.pfx -nodes -out FILE.pem", err)
	case leaf == nil || key == nil:
		return nil, nil, errors.New("the PFX file lacks the certificate or its private key: export it with the key")
	}
	return append([]*x509.Certificate{leaf}, chain...), key, nil
}

// Check says whether the certificate and its key can be read, with the password.
func (c *Certificate) Check() error {
	_, _, err := c.load()
	return err
}
