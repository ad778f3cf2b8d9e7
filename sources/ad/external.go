package ad

import (
	"errors"
	"net"
	"slices"
	"strings"

	"hybridaudit/sources/evidence/directory"
)

// externalBind signs in with the certificate that was shown in the TLS handshake (RFC 4513 5.2.3).
func (s *session) externalBind(r *resolved) *Error {
	root, fault := s.base("", "(objectClass=*)", []string{"supportedSASLMechanisms"})
	if fault != nil {
		return fault
	}
	if root != nil {
		offered := root.GetEqualFoldAttributeValues("supportedSASLMechanisms")
		if !slices.ContainsFunc(offered, func(one string) bool { return strings.EqualFold(one, "EXTERNAL") }) {
			return &Error{
				Kind: SignInRefused, Server: s.server.address, What: "the server does not take client certificates: it offers " + directory.Printable(strings.Join(offered, ", "), 200),
				Advice: "sign in by another method",
			}
		}
	}
	s.guard.allow()
	if err := s.conn.ExternalBind(); err != nil {
		return s.bindError(r.Auth.method(), err)
	}
	return nil
}

// certificateFault explains a connection that ended because the server does not like the client certificate. With TLS 1.3 that shows only after the
// handshake. Any other fault stays what it is.
func (r *resolved) certificateFault(s server, fault *Error, cause error) *Error {
	if r.Auth.ClientCertificate == nil {
		return fault
	}
	var alert *net.OpError
	if !errors.As(fault, &alert) && !errors.As(cause, &alert) || alert.Op != "remote error" || !strings.Contains(alert.Error(), "certificate") {
		return fault
	}
	return &Error{
		Kind: SignInRefused, Server: s.address, What: "the server refused the client certificate: " + directory.Printable(alert.Err.Error(), 100),
		Advice: "use a certificate for client authentication that is valid and that the domain controllers trust", Err: alert,
	}
}
