// Package weblab answers in place of the hosts of a sample organisation: over TLS, with certificates made for the run, and over HTTP. All hosts share one listener for each
// port; which one is meant is told by the server name of the TLS handshake, or by the Host header. A host that is not listed is refused as late as this makes it: TLS ends
// with the alert unrecognized_name, HTTP with a reset connection.
package weblab

import (
	"log/slog"
	"strings"
	"time"

	"hybridaudit/sources/lab"
)

// The ports that are served.
const (
	PortHTTP       = 80
	PortHTTPS      = 443
	PortFederation = 5061
)

// Options say which hosts there are and how they misbehave.
type Options struct {
	Hosts  []lab.Host
	Drift  time.Duration // of the Date header, ahead
	Faults []Fault
	// Idle is after how long a connection on which nothing travels is reset, as by something on the way; 0 resets none.
	Idle time.Duration
	// Observe is told of each request. It is called from several goroutines.
	Observe func(Request)
	Now     func() time.Time // for certificates and Date; nil is the clock
	Log     *slog.Logger     // of connections that end badly; nil for none
}

// Request is a request as it came.
type Request struct {
	Host          string // that answers: of the TLS handshake, or of the Host header
	Port          int
	Method, Path  string
	Authorization bool // it brought credentials
}

// FaultKind is one way in which a host misbehaves.
type FaultKind uint8

// The kinds of faults.
const (
	Reset      FaultKind = iota + 1 // the connection is reset instead of an answer to the TLS handshake, or to the request on port 80
	Silent                          // the connection is held without an answer to the TLS handshake, or to the request on port 80
	Unanswered                      // the handshake succeeds, the request gets no answer
	Dripped                         // the answer's body comes one byte each Fault.Every
	lastFaultKind
)

// Fault is one fault of a host.
type Fault struct {
	Kind  FaultKind
	Host  string // as it is asked for; "" for all
	Port  int    // 0 for all
	Every time.Duration
}

func (f Fault) strikes(host string, port int) bool {
	return (f.Host == "" || strings.EqualFold(f.Host, host)) && (f.Port == 0 || f.Port == port)
}

// fault gives the first fault that strikes, one without a kind when none does.
func (o Options) fault(host string, port int) Fault {
	for _, f := range o.Faults {
		if f.strikes(host, port) {
			return f
		}
	}
	return Fault{}
}
