package graph

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// load reads the certificate and its key. Errors name no contents.
func (c *Certificate) load() ([]*x509.Certificate, crypto.PrivateKey, error) {
	var password []byte
	if c.Password != nil {
		text, err := c.Password()
		if err != nil {
			return nil, nil, fmt.Errorf("reading the password of the client certificate: %w", err)
		}
		password = []byte(text)
	}
	pem := bytes.Contains(c.Data, []byte("-----BEGIN "))
	if pem {
		if bytes.Contains(c.Data, []byte("ENCRYPTED")) {
			return nil, nil, errors.New("the key of the client certificate is encrypted PEM, which is not supported: decrypt it or use a PFX file")
		}
		password = nil // the library takes data with a password for PKCS #12
	}
	certs, key, err := azidentity.ParseCertificates(c.Data, password)
	switch {
	case err != nil && pem:
		return nil, nil, fmt.Errorf("client certificate: %w", err)
	case err != nil:
		return nil, nil, fmt.Errorf("client certificate: not a PFX file that can be read with this password (%w); files with SHA-256 protection have to be "+
			"converted: openssl pkcs12 -in FILE.pfx -nodes -out FILE.pem", err)
	}
	if _, ok := key.(*rsa.PrivateKey); !ok {
		return nil, nil, errors.New("client certificate: the sign-in service takes RSA keys only")
	}
	return certs, key, nil
}
