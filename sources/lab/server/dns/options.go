// Package dnslab serves the DNS of a sample organisation: the servers of its zones, a resolver that everybody can ask, and the resolver of the organisation's own
// network, each on a port of its own with UDP and TCP. Records that no zone goes without (SOA, NS, the server's address) are made up where they are not given.
package dnslab

import (
	"log/slog"
	"time"

	"hybridaudit/sources/lab"
)

// Role is which server is played.
type Role uint8

// The roles.
const (
	// Authoritative answers for its zones alone (AA), follows aliases within the zone, and refuses what lies in none.
	Authoritative Role = iota
	// Resolver answers everything (RA), follows aliases from zone to zone; a name in no zone does not exist.
	Resolver
)

// Addresses of the made-up name servers ns1.ZONE: of zones outside, and of those that the internal resolver holds itself.
const (
	OutsideAddress = "192.0.2.53"
	InsideAddress  = "10.0.0.53"
)

// Options say what a server knows and how it misbehaves.
type Options struct {
	Role    Role
	Outside []lab.Zone
	// Cached records hide all those of the same name in Outside. Names below a zone that Fails are answered SERVFAIL.
	Cached []lab.Zone
	// Inside zones hide the whole zone of the same name in Outside.
	Inside []lab.Zone
	Faults []Fault
	// Observe is told of each question as it comes, also of those that are dropped. It is called from several goroutines.
	Observe func(Query)
	Log     *slog.Logger // of connections that end badly; nil for none
}

// Query is a question as it came.
type Query struct {
	Name    string // lower case, without the dot at the end
	Type    string // A, SRV
	Network string // udp or tcp
	From    string // address:port
	EDNS    int    // size of UDP answers that the client takes, 0 without EDNS
}

// FaultKind is one way in which a server misbehaves.
type FaultKind uint8

// The kinds of faults.
const (
	Delayed       FaultKind = iota + 1 // the right answer, after Fault.After
	Dropped                            // no answer
	Truncated                          // over UDP an empty answer with the TC bit; over TCP the right one
	Coded                              // an empty answer with Fault.Code
	Looping                            // aliases that lead in a circle of Fault.Size names, 2 when it is 0
	Huge                               // the right answer with further records until it has Fault.Size bytes, 65,000 at most
	Garbled                            // bytes that are no DNS
	WrongID                            // an answer to another question's number
	WrongQuestion                      // an answer that repeats another question
	Dripped                            // over TCP the right answer, one byte each Fault.Every; over UDP no answer
	lastFaultKind
)

// Fault is one fault and the questions that it strikes. The first fault that fits a question counts.
type Fault struct {
	Kind    FaultKind
	Name    string // without the dot at the end; "" for all
	Type    string // SRV; "" for all
	Network string // udp or tcp; "" for both
	Times   int    // 0 means always
	After   time.Duration
	Code    int // a DNS response code: 2 SERVFAIL, 5 REFUSED
	Size    int
	Every   time.Duration
}
