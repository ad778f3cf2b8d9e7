package dns

import (
	"context"
	"net/netip"
	"slices"

	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
)

const (
	maxZoneServers = 8  // names of servers of a zone
	maxZoneAsked   = 4  // servers that are asked for one record, in turn
	maxAddresses   = 16 // of a host
	maxDepth       = 4  // zones below each other that servers refer to
)

// zone is a part of DNS with servers of its own.
type zone struct {
	name    string
	servers []*server   // IPv4 before IPv6, of which the first is among those that are asked
	first   [][]*server // for each name of a server: at its first IPv4 and its first IPv6 address
	fault   string      // why there are no servers, or why it is not known which
}

// zoneOf finds the zone that a domain lies in, by the name servers that the others tell of; nil when it has none below the top level, so that there is nobody to ask.
// ok is false when ctx ended first.
func (c *collection) zoneOf(ctx context.Context, domain string) (z *zone, ok bool) {
	about := subject{domain: domain, canary: recursiveCanary()}
	for name := domain; askable(name); {
		q := question{name, miekg.TypeNS}
		r := c.outside(ctx, q, about)
		switch {
		case r.lost:
			return nil, false
		case !r.told():
			return &zone{name: domain, fault: "the servers of the zone are not known: " + q.String() + ": " + r.failure()}, true
		}
		if servers, _ := r.at(name); len(servers) > 0 {
			return c.zones.get(ctx, name, func(ctx context.Context) (*zone, bool) { return c.newZone(ctx, name, servers, about) })
		}
		if r.zone != "" && r.zone != name && inside(name, r.zone) {
			name = r.zone
		} else {
			name = above(name)
		}
	}
	return nil, true
}

// newZone finds the addresses of the servers of a zone.
func (c *collection) newZone(ctx context.Context, name string, hosts []string, about subject) (*zone, bool) {
	z := &zone{name: name}
	hosts = slices.Clone(hosts)
	slices.Sort(hosts)
	hosts = hosts[:min(len(hosts), maxZoneServers)]
	found := make([][]netip.Addr, len(hosts))
	for i, host := range hosts {
		for _, t := range []uint16{miekg.TypeA, miekg.TypeAAAA} {
			l, ok := c.plainLookup(ctx, question{host, t}, about)
			if !ok {
				return nil, false
			}
			found[i] = append(found[i], addresses(l)...)
			if !l.Told() {
				z.fault = "the address of its server " + host + " is not known: " + l.Status
			}
		}
	}
	var four, six []*server
	for i, host := range hosts {
		var first []*server
		for _, a := range found[i] {
			s := c.zoneServer(host, a)
			kind := &six
			if a.Is4() {
				kind = &four
			}
			*kind = append(*kind, s)
			if len(first) == 0 || len(first) == 1 && first[0].at.Addr().Is4() && !a.Is4() {
				first = append(first, s)
			}
		}
		if len(first) > 0 {
			z.first = append(z.first, first)
		}
	}
	if early := min(len(four), maxZoneAsked-1); len(six) > 0 { // where there is only IPv6, no number of IPv4 addresses may hide it
		z.servers = slices.Concat(four[:early], six[:1], four[early:], six[1:])
	} else {
		z.servers = four
	}
	if len(z.servers) == 0 && z.fault == "" {
		z.fault = "its servers have no address"
	}
	return z, true
}

// zoneServer gives the server at an address: the same one for all zones that it serves.
func (c *collection) zoneServer(host string, a netip.Addr) *server {
	at := netip.AddrPortFrom(a, port)
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.atAddress[at]; s != nil {
		return s
	}
	s := newServer(evidence.ResolverAuthoritative, at)
	c.atAddress[at] = s
	if to, ok := c.config.Detours.Of(a.String(), port); ok {
		s.dial = to
		return s
	}
	if to, ok := c.config.Detours.Of(host, port); ok {
		s.dial = to
		return s
	}
	if what := targets.Special(a); what != "" && !c.configured(at) {
		s.refuse = "not asked: " + a.String() + " is " + what + ", and the configuration names no server there"
	}
	return s
}

// configured says that the configuration names a server of a zone. Without public servers an internal one does not count: it names itself as the server of the
// organisation's zones, and what it says of them is not what the world is told.
func (c *collection) configured(at netip.AddrPort) bool {
	return slices.Contains(c.config.public, at) || len(c.public) > 0 && slices.Contains(c.config.internal, at)
}

// authoritative asks a server of the zone, and those of the zones below that it refers to.
func (c *collection) authoritative(ctx context.Context, z *zone, servers []*server, q question, domain string) reply {
	r := reply{question: q, status: evidence.LookupUnreachable, detail: z.fault}
	for range maxDepth {
		if len(servers) == 0 {
			return r
		}
		r = c.asker.first(ctx, servers[:min(len(servers), maxZoneAsked)], q, subject{domain, question{z.name, miekg.TypeSOA}})
		if !r.downward(q) || !inside(r.referral, z.name) || r.referral == z.name {
			return r
		}
		name, hosts := r.referral, r.answer.servers
		below, ok := c.zones.get(ctx, name, func(ctx context.Context) (*zone, bool) {
			return c.newZone(ctx, name, hosts, subject{domain, recursiveCanary()})
		})
		if !ok {
			return reply{question: q, lost: true}
		}
		z, servers = below, below.servers
		r = reply{question: q, status: evidence.LookupUnreachable, detail: z.fault}
	}
	return r
}

// outside asks the public servers in turn, or the internal ones when there are none.
func (c *collection) outside(ctx context.Context, q question, about subject) reply {
	if len(c.public) > 0 {
		return c.asker.first(ctx, c.public, q, about)
	}
	return c.asker.first(ctx, c.internal, q, about)
}

// plainLookup follows a name at the servers that tell of what is outside.
func (c *collection) plainLookup(ctx context.Context, q question, about subject) (evidence.Lookup, bool) {
	ask := func(ctx context.Context, q question) reply { return c.outside(ctx, q, about) }
	return lookup(ctx, q, "", ask, ask)
}

// addresses reads the values of a lookup of addresses.
func addresses(l evidence.Lookup) []netip.Addr {
	var all []netip.Addr
	for _, v := range l.Values {
		if a, err := netip.ParseAddr(v); err == nil && len(all) < maxAddresses {
			all = append(all, a)
		}
	}
	return all
}

// failure says why a reply does not tell.
func (r reply) failure() string {
	var f following
	f.l.Status = r.status
	if r.status != "" {
		f.l.Detail = r.detail
	} else {
		f.status(r)
	}
	if f.l.Detail == "" {
		return f.l.Status
	}
	return f.l.Detail
}
