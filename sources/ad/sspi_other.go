//go:build !windows

package ad

import (
	"crypto/x509"
	"errors"

	"github.com/go-ldap/ldap/v3"
)

const sspiAvailable = false

// sspiClient never gives a client: the configuration was refused before.
func sspiClient(*x509.Certificate) (ldap.GSSAPIClient, func(), error) {
	return nil, nil, errors.ErrUnsupported
}
