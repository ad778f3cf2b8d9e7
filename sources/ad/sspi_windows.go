package ad

import (
	"crypto/x509"

	"github.com/go-ldap/ldap/v3"
	"github.com/go-ldap/ldap/v3/gssapi"
)

const sspiAvailable = true

// sspiClient signs in as the account that runs the process, bound to the TLS connection when there is one. The function that it gives releases it.
func sspiClient(certificate *x509.Certificate) (ldap.GSSAPIClient, func(), error) {
	var (
		client *gssapi.SSPIClient
		err    error
	)
	if certificate == nil || endPointHash(certificate) == nil {
		client, err = gssapi.NewSSPIClient()
	} else {
		client, err = gssapi.NewSSPIClientWithChannelBinding(certificate)
	}
	if err != nil {
		return nil, nil, err
	}
	return client, func() { _ = client.Close() }, nil
}
