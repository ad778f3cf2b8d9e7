package dns

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
)

// Collect asks about the targets and fills [evidence.DNSLookups], whose coverage it writes in any case. The error is the context's when it ended before everything
// was asked, or that of [Config.Validate]; what servers did not answer is no error, the rows and the coverage tell it.
func Collect(ctx context.Context, config Config, b *evidence.Builder) error {
	c, err := newCollection(config, b)
	defer c.cover(ctx)
	if err != nil {
		c.fault = fmt.Errorf("configuration: %w", err)
		return c.fault
	}
	c.plan()
	c.pool.run(ctx, c.config.Workers)
	c.judge()
	c.fault = c.write()
	if ctx.Err() != nil && c.open() > 0 {
		return fmt.Errorf("asking DNS servers: %w", ctx.Err())
	}
	return c.fault
}

// collection is one run of Collect.
type collection struct {
	config           resolved
	builder          *evidence.Builder
	targets          targets.Targets // its domains sorted
	asker            *asker
	internal, public []*server
	zones            memo[string, *zone]
	pool             *pool
	label            string // of the names that nobody has records for
	started          time.Time
	fault            error

	telling sync.Mutex // one progress at a time

	mu        sync.Mutex
	atAddress map[netip.AddrPort]*server
	items     map[itemKey]*item
	rows      int // of what is wanted in the table: finished
	expected  int // and in all
	waiting   int // searches for zones that are not finished
	ended     []*item
}

// itemKey tells what is asked once. The server is "" where any of the role may answer.
type itemKey struct {
	role, server string
	question
}

// item is a question to servers of a role, with what came of it.
type item struct {
	itemKey
	domain string   // that gets the row: the first by origin, then by name, of those for which it is wanted
	others []string // domains that get the row, too: of SOA and NS, whose name is the zone's
	origin origin
	named  origin    // of the domain
	random bool      // it asks for a name that should not be there, and is not kept
	server *server   // a certain one
	zone   *zone     // of an authoritative question
	asked  []*server // of an authoritative question
	done   bool
	lookup evidence.Lookup
}

// origin is why something is asked, the better reason first.
type origin uint8

const (
	ofDomain origin = iota // clients of the domain look for it
	ofHost                 // a directory, a tenant or the configuration names it
	ofAnswer               // an answer named it; where it leads is nobody's business
)

func newCollection(config Config, b *evidence.Builder) (*collection, error) {
	r, err := config.resolve()
	c := &collection{
		config: r, builder: b, targets: sorted(r.Targets), pool: newPool(), label: randomLabel(), started: time.Now().UTC(),
		asker:     &asker{client: newClient(r), tries: r.Tries, log: r.Log},
		atAddress: map[netip.AddrPort]*server{}, items: map[itemKey]*item{},
		internal: serversOf(evidence.ResolverInternal, r.internal), public: serversOf(evidence.ResolverPublic, r.public),
	}
	return c, err
}

// sorted gives the targets with their domains by name.
func sorted(t targets.Targets) targets.Targets {
	t.Domains = slices.SortedFunc(slices.Values(t.Domains), func(x, y targets.Domain) int { return strings.Compare(x.Name, y.Name) })
	return t
}

func serversOf(role string, at []netip.AddrPort) []*server {
	var all []*server
	for _, one := range at {
		if !slices.ContainsFunc(all, func(s *server) bool { return s.at == one }) {
			all = append(all, newServer(role, one))
		}
	}
	return all
}

// plan puts everything that is known from the start to work.
func (c *collection) plan() {
	for _, d := range c.targets.Domains {
		questions := append(questionsOf(d), question{c.label + "." + d.Name, miekg.TypeA})
		if d.Outside() {
			c.search(d.Name, func(z *zone) { c.planZone(d.Name, z, questions) })
		}
		for _, q := range questions {
			c.wantRecursive(q, item{domain: d.Name}, d.Outside())
		}
	}
	for _, h := range hostsOf(c.targets) {
		q, outside := question{h.name, miekg.TypeA}, knownOutside(c.targets, h.name) && !(len(c.internal) > 0 && ownServer(c.targets, h.name))
		c.wantRecursive(q, item{domain: h.domain, origin: ofHost}, outside)
		if d, ok := enclosing(c.targets, h.name); ok && outside {
			c.search(d.Name, func(z *zone) { c.wantOfZone(z, q, item{domain: h.domain, origin: ofHost}) })
		}
	}
}

// search finds the zone of a domain beside everything else, and says what then.
func (c *collection) search(domain string, then func(*zone)) {
	if !c.config.Authoritative || len(c.internal)+len(c.public) == 0 {
		return
	}
	c.mu.Lock()
	c.waiting++
	c.mu.Unlock()
	c.pool.add(func(ctx context.Context) {
		z, ok := c.zoneOf(ctx, domain)
		if !ok {
			return
		}
		if z != nil {
			then(z)
		}
		c.mu.Lock()
		c.waiting--
		c.mu.Unlock()
	})
}

// planZone asks the servers of the zone that a domain lies in what the others are asked, and all of them for the start of authority.
func (c *collection) planZone(domain string, z *zone, questions []question) {
	for _, q := range questions {
		if q.typ != miekg.TypeSOA && q.typ != miekg.TypeNS {
			c.wantOfZone(z, q, item{domain: domain})
		}
	}
	soa, ns := question{z.name, miekg.TypeSOA}, question{z.name, miekg.TypeNS}
	c.wantRecursive(soa, item{domain: domain}, true)
	c.wantRecursive(ns, item{domain: domain}, true)
	c.wantOfZone(z, ns, item{domain: domain})
	for _, all := range z.first {
		c.want(item{itemKey: itemKey{evidence.ResolverAuthoritative, all[0].at.String(), soa}, domain: domain, server: all[0], zone: z, asked: all})
	}
	if len(z.first) == 0 {
		c.wantOfZone(z, soa, item{domain: domain})
	}
}

// wantRecursive asks the internal servers and, of what can be known outside, each public one.
func (c *collection) wantRecursive(q question, i item, outside bool) {
	if len(c.internal) > 0 {
		i.itemKey = itemKey{evidence.ResolverInternal, "", q}
		c.want(i)
	}
	if outside {
		c.wantPublic(q, i)
	}
}

func (c *collection) wantPublic(q question, i item) {
	for _, s := range c.public {
		i.itemKey, i.server = itemKey{evidence.ResolverPublic, s.at.String(), q}, s
		c.want(i)
	}
}

func (c *collection) wantOfZone(z *zone, q question, i item) {
	i.itemKey, i.zone, i.asked = itemKey{evidence.ResolverAuthoritative, "", q}, z, z.servers
	c.want(i)
}

// want plans a question, unless it is planned already.
func (c *collection) want(i item) {
	i.named = i.origin
	i.random = strings.HasPrefix(i.name, c.label+".")
	c.mu.Lock()
	old := c.items[i.itemKey]
	if old == nil {
		c.items[i.itemKey] = &i
		if !i.random {
			c.expected++
		}
		c.mu.Unlock()
		c.pool.add(func(ctx context.Context) { c.ask(ctx, &i) })
		return
	}
	late := old.done && old.origin == ofAnswer && i.origin != ofAnswer
	old.wantedFor(i.domain, i.origin)
	c.mu.Unlock()
	if late {
		c.follow(old)
	}
}

// wantedFor adds a domain for which the item is wanted. What comes out does not depend on the order in which they are added.
func (i *item) wantedFor(domain string, o origin) {
	i.origin = min(i.origin, o)
	if domain == "" {
		return
	}
	if domain == i.domain {
		i.named = min(i.named, o)
		return
	}
	if i.domain == "" || o < i.named || o == i.named && domain < i.domain {
		domain, i.domain, i.named = i.domain, domain, o
	}
	if domain != "" && (i.typ == miekg.TypeSOA || i.typ == miekg.TypeNS) && !slices.Contains(i.others, domain) {
		i.others = append(i.others, domain)
	}
}

// ask works a planned question off.
func (c *collection) ask(ctx context.Context, i *item) {
	about := subject{c.domainOf(i), recursiveCanary()}
	var ask, beyond asking
	within := ""
	switch i.role {
	case evidence.ResolverInternal:
		ask = func(ctx context.Context, q question) reply { return c.asker.first(ctx, c.internal, q, about) }
	case evidence.ResolverPublic:
		ask = func(ctx context.Context, q question) reply { return c.asker.query(ctx, i.server, q, about) }
	default:
		ask = func(ctx context.Context, q question) reply {
			return c.authoritative(ctx, i.zone, i.asked, q, about.domain)
		}
		beyond = func(ctx context.Context, q question) reply { return c.outside(ctx, q, about) }
		within = i.zone.name
	}
	l, ok := lookup(ctx, i.question, within, ask, beyond)
	if ok && l.Status == evidence.LookupServerFailure && i.typ != miekg.TypeCNAME && !i.random {
		unwind(ctx, &l, within, ask, beyond)
		ok = ctx.Err() == nil
	}
	if !ok {
		return
	}
	l.Site, l.Resolver = c.config.Site, i.role
	if i.zone != nil && l.Zone == "" && len(l.Chain) == 0 && l.Told() && slices.ContainsFunc(i.asked, func(s *server) bool { return s.at.String() == l.Server }) {
		l.Zone = i.zone.name
	}
	c.finished(i, l)
}

// domainOf gives the domain of an item, which may change while it is asked.
func (c *collection) domainOf(i *item) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i.domain == "" {
		return i.name
	}
	return i.domain
}

// finished keeps a lookup and plans what it makes worth asking.
func (c *collection) finished(i *item, l evidence.Lookup) {
	c.mu.Lock()
	i.lookup, i.done = l, true
	target := i.origin == ofAnswer
	if !i.random {
		c.rows++
	}
	c.mu.Unlock()
	if i.random {
		if l.Told() && l.Status != evidence.LookupNoName {
			c.beside(i, miekg.TypeAAAA)
			c.beside(i, miekg.TypeSRV)
		}
		return
	}
	if i.typ == miekg.TypeA && l.Status == evidence.LookupNoData {
		c.beside(i, miekg.TypeAAAA)
	}
	if !target {
		c.follow(i)
	}
	c.tell()
}

// tell shows how far it got.
func (c *collection) tell() {
	c.telling.Lock()
	defer c.telling.Unlock()
	c.mu.Lock()
	rows, expected := c.rows, c.expected
	c.mu.Unlock()
	c.config.Progress(evidence.DNSLookups, rows, expected)
}

// beside asks the same servers for records of another type.
func (c *collection) beside(i *item, t uint16) {
	c.mu.Lock()
	next := item{itemKey: i.itemKey, domain: i.domain, origin: i.origin, server: i.server, zone: i.zone, asked: i.asked}
	c.mu.Unlock()
	next.typ = t
	c.want(next)
}

// open counts what was not finished.
func (c *collection) open() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.expected - c.rows + c.waiting
}
