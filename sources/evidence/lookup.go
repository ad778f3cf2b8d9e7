package evidence

import (
	"iter"
	"time"
)

// The roles of DNS servers: [Lookup.Resolver], and what the coverage of [DNSLookups] lists as attributes.
const (
	ResolverInternal      = "internal"      // the resolvers of the network that the audit host stands in
	ResolverPublic        = "public"        // resolvers that everybody can ask
	ResolverAuthoritative = "authoritative" // the servers of the zone itself
)

// The ends of a lookup: [Lookup.Status].
const (
	LookupAnswer        = "answer"        // there are records of the type, perhaps behind aliases
	LookupNoData        = "noData"        // the name exists, without records of the type
	LookupNoName        = "noName"        // the name does not exist (NXDOMAIN)
	LookupServerFailure = "serverFailure" // SERVFAIL, also after a second try
	LookupRefused       = "refused"       // REFUSED, NOTIMP or another code that says nothing about the name
	LookupTimeout       = "timeout"       // no answer in time
	LookupUnreachable   = "unreachable"   // the server could not be asked at all
	LookupMalformed     = "malformed"     // an answer that cannot be read, is too large or is for another question
	LookupLoop          = "loop"          // the aliases lead back to one of themselves
	LookupTooLong       = "tooLong"       // more aliases than clients follow
)

// Lookup is a question that was asked of a DNS server, and its answer. Names are in lower-case A-label form without the dot at the end.
type Lookup struct {
	Site     string `evidence:"site,few"`
	Domain   string `evidence:"domain,few"` // of the organisation, for which the question was asked
	Name     string `evidence:"name"`       // that was asked for
	Type     string `evidence:"type,few"`   // A, AAAA, CNAME, SRV, NS, SOA or TXT
	Resolver string `evidence:"resolver,few"`
	Server   string `evidence:"server,few"` // address:port that answered, or was asked last
	Status   string `evidence:"status,few"`
	// Chain is where aliases lead, in order: the targets of the CNAME records of the answer. Whoever asked is redirected to its last name.
	Chain []string `evidence:"chain"`
	// Values are the records of the type at the end of the chain, sorted: 192.0.2.1 (A, AAAA), "100 1 5061 sipfed.online.lync.com" (SRV: priority, weight, port, target),
	// a name (CNAME, NS), "ns1.contoso.com hostmaster.contoso.com 2026112201 7200 900 1209600 3600" (SOA), text (TXT).
	Values []string  `evidence:"values"`
	TTL    int       `evidence:"ttl"`    // seconds, of the first record of the answer: what is left of it at a resolver
	Zone   string    `evidence:"zone"`   // owner of the SOA record that came along: the zone that the name lies in, as far as the answer tells
	Mixed  bool      `evidence:"mixed"`  // an alias stands beside other records at one name
	Forged bool      `evidence:"forged"` // the zone answers for any name (wildcard): the same answer came for a random one
	TCP    bool      `evidence:"tcp"`    // the answer did not fit into UDP
	Detail string    `evidence:"detail"` // what a person may want to know about a failure
	Asked  time.Time `evidence:"asked"`
	// Took is the time until the answer.
	Took time.Duration `evidence:"millis"`
}

func (Lookup) dataset() Dataset { return DNSLookups }

// Final is the name at the end of the aliases, the one that was asked for when there are none.
func (l Lookup) Final() string {
	if len(l.Chain) == 0 {
		return l.Name
	}
	return l.Chain[len(l.Chain)-1]
}

// Told says that the lookup tells whether the record is there: it was answered, even if with nothing.
func (l Lookup) Told() bool {
	switch l.Status {
	case LookupAnswer, LookupNoData, LookupNoName, LookupLoop, LookupTooLong:
		return true
	}
	return false
}

// Lookups iterates over the questions that were asked of DNS servers.
func (s *Snapshot) Lookups() iter.Seq[Lookup] { return Observed[Lookup](s) }
