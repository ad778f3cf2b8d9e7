package dns

import (
	"strings"

	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence"
)

// maxTargets is how many hosts of one answer are looked up.
const maxTargets = 8

// follow asks for the addresses of the hosts that an answer leads to, at the servers of the role that named them: those of the zone about names of the organisation,
// the public ones instead of them about others.
func (c *collection) follow(i *item) {
	c.mu.Lock()
	l, domain := i.lookup, i.domain
	c.mu.Unlock()
	for _, name := range targetsOf(l) {
		outside := knownOutside(c.targets, name)
		for _, t := range []uint16{miekg.TypeA, miekg.TypeAAAA} {
			q, next := question{name, t}, item{domain: domain, origin: ofAnswer}
			switch own, ok := enclosing(c.targets, name); {
			case i.role == evidence.ResolverInternal || !outside:
				c.wantRecursive(q, next, false)
			case i.role == evidence.ResolverAuthoritative && ok:
				c.search(own.Name, func(z *zone) { c.wantOfZone(z, q, next) })
			case i.role == evidence.ResolverAuthoritative && len(c.public) == 0:
				c.wantRecursive(q, next, false)
			default:
				c.wantPublic(q, next)
			}
		}
	}
}

// targetsOf lists the hosts that an answer leads to, without those of Microsoft: of these only service records of which the name is not a known one, which may be
// mistyped.
func targetsOf(l evidence.Lookup) []string {
	var all []string
	add := func(name string) {
		if askable(name) && !isAddress(name) && len(all) < maxTargets {
			all = append(all, name)
		}
	}
	switch l.Type {
	case "SRV":
		for _, v := range l.Values {
			if name := v[strings.LastIndexByte(v, ' ')+1:]; !microsoftService(name) {
				add(name)
			}
		}
	case "CNAME":
		for _, name := range l.Values {
			if !microsoftHost(name) {
				add(name)
			}
		}
	case "A", "AAAA":
		if name := l.Final(); len(l.Chain) > 0 && l.Status != evidence.LookupLoop && l.Status != evidence.LookupTooLong && !microsoftHost(name) {
			add(name)
		}
	}
	return all
}
