// Package records tells what DNS servers said of the records of an organisation, and what they should say there.
package records

import (
	"cmp"
	"slices"
	"strings"

	"hybridaudit/audit/scope"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// The types of records that are asked for. Asking for A stands for AAAA, too.
const (
	A     = "A"
	CNAME = "CNAME"
	SRV   = "SRV"
	NS    = "NS"
	SOA   = "SOA"
	TXT   = "TXT"
)

// Facts are what the index rests on beside the snapshot.
type Facts struct {
	Scope    *scope.Scope
	Topology *topology.Deployment
	// Forests lists the forests of a tenant by the tenant's name in the audit.
	Forests func(tenant string) []string
	// Suffixes are the configured host name endings of Microsoft 365; empty for those of the tenant's cloud.
	Suffixes []string
}

// Index knows what was asked of DNS servers and what they answered.
type Index struct {
	snapshot *evidence.Snapshot
	facts    Facts
	byName   map[key][]evidence.Lookup // in the order of compare
	byDomain map[key][]evidence.Lookup // NS and SOA, whose name is that of the zone
	sites    []string                  // that asked internal servers
	several  bool                      // answers come from more than one site
	domains  map[string]*Domain
	names    []string // of the domains, sorted
	wanted   map[key]evidence.DomainRecord
	targets  map[string]bool   // of those records
	initial  map[string]string // a tenant's onmicrosoft.com domain by its name in the audit
}

type key struct{ name, kind string }

// New reads the answers of a snapshot and the domains that they are about.
func New(s *evidence.Snapshot, f Facts) *Index {
	x := &Index{
		snapshot: s, facts: f, byName: map[key][]evidence.Lookup{}, byDomain: map[key][]evidence.Lookup{}, domains: map[string]*Domain{}, wanted: map[key]evidence.DomainRecord{},
		targets: map[string]bool{}, initial: map[string]string{},
	}
	inside, sites := map[string]bool{}, map[string]bool{}
	for l := range s.Lookups() {
		sites[l.Site] = true
		inside[l.Site] = inside[l.Site] || l.Resolver == evidence.ResolverInternal
		k := key{address.DomainKey(l.Name), l.Type}
		x.byName[k] = append(x.byName[k], l)
		if l.Type == NS || l.Type == SOA {
			k.name = address.DomainKey(l.Domain)
			x.byDomain[k] = append(x.byDomain[k], l)
		}
	}
	for site, is := range inside {
		if is {
			x.sites = append(x.sites, site)
		}
	}
	slices.Sort(x.sites)
	x.several = len(sites) > 1
	for _, rows := range x.byName {
		slices.SortFunc(rows, compare)
	}
	for _, rows := range x.byDomain {
		slices.SortFunc(rows, compare)
	}
	x.readWanted()
	x.readDomains()
	return x
}

// compare puts answers in an order that does not depend on that of rows: by site, then from the zone's own servers to internal ones, then by server.
func compare(a, b evidence.Lookup) int {
	return cmp.Or(
		strings.Compare(a.Site, b.Site), cmp.Compare(rank(a.Resolver), rank(b.Resolver)), strings.Compare(a.Server, b.Server), strings.Compare(a.Name, b.Name),
		strings.Compare(a.Status, b.Status), slices.Compare(a.Chain, b.Chain), slices.Compare(a.Values, b.Values), cmp.Compare(a.TTL, b.TTL),
	)
}

func rank(resolver string) int {
	return slices.Index([]string{evidence.ResolverAuthoritative, evidence.ResolverPublic, evidence.ResolverInternal}, resolver)
}

// Sites lists the places from which internal servers were asked, sorted. The list is shared: do not change it.
func (x *Index) Sites() []string { return x.sites }

// Outside gives the record that everybody can see. What the zone's own servers say counts before what public resolvers remember.
func (x *Index) Outside(name, kind string) Record {
	r := x.all(name, kind, func(l evidence.Lookup) bool { return l.Resolver != evidence.ResolverInternal })
	r.decide(evidence.ResolverAuthoritative, evidence.ResolverPublic)
	return r
}

// Inside gives the record that internal servers show at a site.
func (x *Index) Inside(site, name, kind string) Record {
	r := x.all(name, kind, func(l evidence.Lookup) bool { return l.Site == site && l.Resolver == evidence.ResolverInternal })
	r.Site, r.Internal = site, true
	r.decide(evidence.ResolverInternal)
	return r
}

// all gives a record with the answers that pass.
func (x *Index) all(name, kind string, pass func(evidence.Lookup) bool) Record {
	r := Record{Name: address.DomainKey(name), Kind: kind}
	for _, k := range kinds(kind) {
		for _, l := range x.byName[key{r.Name, k}] {
			if pass(l) {
				r.Answers = append(r.Answers, l)
			}
		}
	}
	return r
}

func kinds(kind string) []string {
	if kind == A {
		return []string{A, "AAAA"}
	}
	return []string{kind}
}

// NameServers gives the NS records of the zone of a domain as seen from outside.
func (x *Index) NameServers(domain string) Record { return x.zone(domain, NS) }

// Authority gives the SOA record of the zone of a domain as seen from outside.
func (x *Index) Authority(domain string) Record { return x.zone(domain, SOA) }

func (x *Index) zone(domain, kind string) Record {
	r := Record{Name: address.DomainKey(domain), Kind: kind}
	for _, l := range x.byDomain[key{r.Name, kind}] {
		if l.Resolver != evidence.ResolverInternal {
			r.Answers = append(r.Answers, l)
		}
	}
	r.decide(evidence.ResolverAuthoritative, evidence.ResolverPublic)
	return r
}

// Split says whether the internal servers of a site have a zone of their own for a domain: another primary server stands in its SOA record than outside, or there is a zone
// where there is none outside. known is false when nobody told.
func (x *Index) Split(site, domain string) (split, known bool) {
	inside := Record{}
	for _, l := range x.byDomain[key{address.DomainKey(domain), SOA}] {
		if l.Site == site && l.Resolver == evidence.ResolverInternal {
			inside.Answers = append(inside.Answers, l)
		}
	}
	inside.decide(evidence.ResolverInternal)
	outside := x.Authority(domain)
	if inside.State == Present && outside.State == Present {
		return primary(inside) != primary(outside), true
	}
	return inside.State == Present && outside.State == Absent, inside.State != Unknown && outside.State != Unknown
}

// primary is the first server that a SOA record names, with the zone.
func primary(r Record) string {
	name := ""
	for _, v := range r.Answer.Values {
		name, _, _ = strings.Cut(strings.ToLower(v), " ")
	}
	return address.DomainKey(r.Answer.Final()) + " " + strings.TrimSuffix(name, ".")
}

// Online says that a host name is one of Microsoft 365's for Teams and Skype for Business.
func (x *Index) Online(host string) bool {
	return x.facts.Topology.HomeAt(address.DomainKey(host)) == topology.Online
}
