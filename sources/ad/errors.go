package ad

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence/directory"
)

// Kind is what an Error is about.
type Kind uint8

// The kinds of errors.
const (
	Unreachable     Kind = iota // no connection: refused, no route, no answer in time
	UnknownHost                 // the name has no address
	Untrusted                   // the certificate is not trusted, for another name, or not valid now
	NoTLS                       // the server does not speak TLS
	SignInRefused               // the account or its password is not accepted
	SecureOnly                  // the server takes the sign-in only over a secured connection
	ConnectionLost              // an established connection broke, or the server sent what is no LDAP
	Refused                     // the server answered a search with an error
	NoDomain                    // the server is no domain controller of the wanted forest or domain, or none is known
	CredentialError             // what the sign-in needs on this machine is not there: password, keytab, credential cache, krb5.conf
)

// Error says what went wrong with a server, in words for the person who runs the audit, and what can be done.
type Error struct {
	Kind   Kind
	Server string // host:port
	Code   int    // LDAP result code, 0 when there is none
	Data   string // the data code by which Active Directory tells why it refused a sign-in, lower-case hexadecimal
	What   string
	Advice string
	Err    error
}

func (e *Error) Error() string {
	text := e.Server + ": " + e.What
	if e.Advice != "" {
		text += " (" + e.Advice + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// SignIn says that the server refused the sign-in, as opposed to not being reachable or not being trusted.
func (e *Error) SignIn() bool { return e.Kind == SignInRefused || e.Kind == SecureOnly }

// after tells a fault of a new connection together with the loss of the one before it, nil when there was none. What it is about stays.
func (e *Error) after(lost *Error) *Error {
	if lost == nil {
		return e
	}
	both := *e
	both.Server, both.What = lost.Server, lost.What+"; no new connection: "+e.Server+": "+e.What
	if e.Kind == NoTLS && e.Server == lost.Server {
		both.Advice = "" // it spoke TLS before
	}
	return &both
}

// errLate is the reason why a connection was given up: the answer to a request did not come in time.
var errLate = errors.New("no whole answer in time")

// errTooLarge is the reason why a connection was given up.
var errTooLarge = errors.New("the answer to one request is larger than the collector takes")

// wsaConnRefused is what Windows says for ECONNREFUSED; the number means nothing elsewhere.
const wsaConnRefused = syscall.Errno(10061)

// dialError explains a fault before the connection stood.
func dialError(s server, err error) *Error {
	e := &Error{Server: s.address, Err: err}
	var (
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		alert     tls.AlertError
		timeout   interface{ Timeout() bool }
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		e.Kind, e.What, e.Advice = UnknownHost, "the host name is unknown", "check the name, and that this machine asks a DNS server that knows the domain"
	case errors.As(err, &dns):
		e.Kind, e.What, e.Advice = UnknownHost, "the host name could not be resolved", "check this machine's DNS settings"
	case errors.As(err, &hostname):
		e.Kind, e.What = Untrusted, "its certificate was issued for another name"
		e.Advice = "use a name that the certificate holds, or set the TLS server name"
	case errors.As(err, &authority):
		e.Kind, e.What, e.Advice = Untrusted, "its certificate was issued by an authority that is not trusted here", "give the issuing authority's certificate as CA file"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		e.Kind, e.What, e.Advice = Untrusted, "its certificate has expired or is not valid yet", "renew it, and check the clocks of both machines"
	case errors.As(err, &verify), errors.As(err, &invalid):
		e.Kind, e.What, e.Advice = Untrusted, "its certificate is not valid: "+directory.Printable(innermost(err).Error(), 150), "have the domain controller's certificate replaced"
	case errors.As(err, &record):
		e.Kind, e.What, e.Advice = NoTLS, "it does not answer with TLS", "port 636 is for ldaps://, port 389 for ldap:// with StartTLS"
	case errors.As(err, &alert):
		e.Kind, e.What = NoTLS, "it refused the TLS handshake: "+directory.Printable(alert.Error(), 100)
		e.Advice = "TLS 1.2 or later must be enabled on the domain controller"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, wsaConnRefused):
		e.What, e.Advice = "the connection was refused", "check host and port, and the firewall"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		e.What, e.Advice = "no answer in time", "check host and port, and the firewall"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		e.Kind, e.What = NoTLS, "the connection was closed during the TLS handshake"
		e.Advice = "a domain controller without a certificate does this: it needs one for server authentication"
	default:
		e.What = "the connection failed: " + directory.Printable(innermost(err).Error(), 200)
	}
	return e
}

// searchError explains a fault of an established connection, or an error answer.
func (s *session) searchError(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	e := &Error{Kind: ConnectionLost, Server: s.server.address, Err: err}
	var (
		answer *ldap.Error
		bad    *malformedError
	)
	if errors.As(err, &answer) && answer.ResultCode < ldap.ErrorNetwork {
		e.Kind, e.Code = Refused, int(answer.ResultCode)
		e.What = "the server answered " + codeText(answer)
		e.Advice = codeAdvice(e.Code)
		return e
	}
	late := errors.As(err, &answer) && answer.ResultCode == ldap.ErrorNetwork && strings.Contains(answer.Error(), "timed out")
	if cause := s.guard.broken(); cause != nil && !late && !errors.As(err, &bad) { // the library loses it
		err = cause
	}
	switch {
	case late, errors.Is(err, errLate):
		e.What = "no answer within " + s.timeout.String()
	case errors.Is(err, errTooLarge):
		e.Kind, e.Err = Refused, errTooLarge
		e.What = fmt.Sprintf("the answer to one request is larger than %d MiB", maxAnswer>>20)
	case errors.As(err, &bad):
		e.What = "it sent what is no LDAP: " + directory.Printable(bad.Error(), 200)
	default:
		e.What = "the connection was lost: " + directory.Printable(innermost(err).Error(), 200)
	}
	return e
}

// unreadable gives up the connection whose server sent what cannot be decoded.
func (s *session) unreadable(err error) *Error {
	s.guard.snap(err)
	return s.searchError(err)
}

// codeText names a result and adds the server's own words.
func codeText(e *ldap.Error) string {
	name := ldap.LDAPResultCodeMap[e.ResultCode]
	if name == "" {
		name = "an unknown result"
	}
	text := fmt.Sprintf("%s (%d)", name, e.ResultCode)
	if e.Err != nil {
		if words := directory.Printable(e.Err.Error(), 200); words != "" {
			text += ": " + words
		}
	}
	return text
}

// codeAdvice says what can be done about a result of a search.
func codeAdvice(code int) string {
	switch code {
	case ldap.LDAPResultSizeLimitExceeded:
		return "the server's limit on the size of results stands in the way: ask another server, or have its query policy changed"
	case ldap.LDAPResultTimeLimitExceeded:
		return "the server's limit on the duration of queries stands in the way: read smaller search bases"
	case ldap.LDAPResultInsufficientAccessRights:
		return "give the account the right to read"
	case ldap.LDAPResultNoSuchObject:
		return "check the search base, and that the account may list it"
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable:
		return "try again later, or ask another server"
	}
	return ""
}

// innermost drops the wrappers, whose text repeats addresses.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
