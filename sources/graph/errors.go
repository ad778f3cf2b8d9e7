package graph

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	jsonserialization "github.com/microsoft/kiota-serialization-json-go"
	"github.com/microsoftgraph/msgraph-sdk-go/models/odataerrors"

	"hybridaudit/sources/evidence/directory"
)

// StatusError is an answer of Graph with an error status.
type StatusError struct {
	Status        int
	Code, Message string // of the OData error, "" when the body was none
	RequestID     string // what support asks for
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("HTTP %d", e.Status)
	if e.Code != "" {
		text += " " + e.Code
	}
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// LinkError says that a nextLink or a redirect was not followed.
type LinkError struct {
	Redirect bool
	Problem  string
	Origin   string // where it pointed to, "" when that does not matter
}

func (e *LinkError) Error() string {
	what := "the link to the next page"
	if e.Redirect {
		what = "a redirect"
	}
	if e.Origin != "" {
		what += " (to " + directory.Printable(e.Origin, 200) + ")"
	}
	return what + " " + e.Problem
}

// WaitError says that the service asked for more patience than the configuration allows.
type WaitError struct {
	Status      int
	Asked       time.Duration // by the last answer
	Waited, Max time.Duration
}

func (e *WaitError) Error() string {
	if e.Waited > 0 {
		return fmt.Sprintf("the service answered %d and asked to wait %s after %s of waiting, longer than the %s allowed", e.Status, e.Asked, e.Waited, e.Max)
	}
	return fmt.Sprintf("the service answered %d and asked to wait %s, longer than the %s allowed", e.Status, e.Asked, e.Max)
}

// UnauthorizedError says that a page was refused with a fresh token too.
type UnauthorizedError struct{ Answer *StatusError }

func (e *UnauthorizedError) Error() string {
	return "refused with a new token as well: " + e.Answer.Error()
}

func (e *UnauthorizedError) Unwrap() error { return e.Answer }

// bodyError is an answer that is not the page it should be; asking again may help.
type bodyError struct{ problem string }

func (e *bodyError) Error() string { return e.problem }

// repeatedError is what remains after the repetitions that the fault deserved.
type repeatedError struct {
	tries int
	last  error
}

func (e *repeatedError) Error() string { return fmt.Sprintf("%v (%d tries)", e.last, e.tries) }

func (e *repeatedError) Unwrap() error { return e.last }

// statusError reads an error answer. The SDK's own ODataError.Error dereferences the error member without looking; it is never called here.
func statusError(resp *http.Response, body []byte) *StatusError {
	e := &StatusError{Status: resp.StatusCode, RequestID: directory.Printable(resp.Header.Get("request-id"), 64)}
	node, err := jsonserialization.NewJsonParseNodeFactory().GetRootParseNode("application/json", body)
	if err != nil {
		return e
	}
	value, err := node.GetObjectValue(odataerrors.CreateODataErrorFromDiscriminatorValue)
	if err != nil {
		return e
	}
	odata, ok := value.(*odataerrors.ODataError)
	if !ok || odata == nil {
		return e
	}
	if main := odata.GetErrorEscaped(); main != nil {
		e.Code, e.Message = text(main.GetCode(), 100), text(main.GetMessage(), 500)
	}
	return e
}

func text(s *string, most int) string {
	if s == nil {
		return ""
	}
	return directory.Printable(*s, most)
}

// connectionText says what went wrong below HTTP, without the URL and its tokens; "" for another kind of error.
func connectionText(err error, host string) string {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		dns       *net.DNSError
		timeout   interface{ Timeout() bool }
	)
	if said := proxyText(err); said != "" {
		return said
	}
	switch {
	case errors.As(err, &authority):
		return "the certificate of " + host + " was issued by an authority that is not trusted here"
	case errors.As(err, &hostname):
		return "the certificate of " + host + " was issued for another name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate of " + host + " has expired or is not valid yet"
	case errors.As(err, &verify), errors.As(err, &invalid):
		return "the certificate of " + host + " is not valid"
	case errors.As(err, &record):
		return host + " does not answer with TLS"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "the host name " + host + " is unknown"
	case errors.As(err, &dns):
		return "the name " + host + " could not be resolved"
	case errors.Is(err, syscall.ECONNREFUSED):
		return host + " refused the connection"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return host + " did not answer in time"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection to " + host + " was lost"
	}
	return ""
}

// lasting tells the connection faults that trying again cannot mend.
func lasting(err error) bool {
	var (
		verify *tls.CertificateVerificationError
		record tls.RecordHeaderError
		dns    *net.DNSError
	)
	return errors.As(err, &verify) || errors.As(err, &record) || errors.As(err, &dns) && dns.IsNotFound || proxyLasting(err)
}

// connectionError is a fault below HTTP.
type connectionError struct {
	host string
	err  error
}

func (e *connectionError) Error() string {
	if s := connectionText(e.err, e.host); s != "" {
		return s
	}
	return "the connection to " + e.host + " was lost: " + directory.Printable(innermost(e.err).Error(), 200)
}

func (e *connectionError) Unwrap() error { return e.err }

// innermost drops the wrappers, which repeat the URL.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
