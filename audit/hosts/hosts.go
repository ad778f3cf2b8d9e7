// Package hosts tells what was seen of hosts on the network: how far connections came, what certificates were served and what they are worth, from which places it was
// looked, and how wrong the clock was there. It judges evidence only; nothing is asked here.
package hosts

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Host is what was seen of a host at a port, from all places. Rows are in an order that does not depend on how they were read.
type Host struct {
	Name        string
	Port        int
	Purposes    []string // words of evidence.Connection, sorted
	Domains     []string // of the organisation, for which it was looked at, sorted
	Connections []evidence.Connection
	Handshakes  []evidence.Handshake
}

// For says that the host was looked at for one of the purposes.
func (h *Host) For(purposes ...string) bool {
	return slices.ContainsFunc(purposes, func(p string) bool { return slices.Contains(h.Purposes, p) })
}

// Own says that the host stands for the organisation itself: its federation service, Edge, web services, Exchange, or what the configuration names.
func (h *Host) Own() bool {
	return h.For(evidence.ForFederation, evidence.ForEdge, evidence.ForWeb, evidence.ForAutodiscover, evidence.ForEWS, evidence.ForAsked)
}

// Served lists the handshakes that brought a certificate.
func (h *Host) Served() []evidence.Handshake {
	return slices.DeleteFunc(slices.Clone(h.Handshakes), func(s evidence.Handshake) bool { return s.Failure != "" || len(s.Chain) == 0 })
}

type hostKey struct {
	name string
	port int
}

// Index knows the hosts of a snapshot.
type Index struct {
	hosts        []*Host
	byKey        map[hostKey]*Host
	certificates map[string]evidence.Certificate // by place and fingerprint, and by fingerprint alone
	revocations  map[string]evidence.Revocation  // by place and address
	clocks       map[string]Clock
	views        map[string]View
}

// New indexes a snapshot.
func New(s *evidence.Snapshot) *Index {
	x := &Index{byKey: map[hostKey]*Host{}, certificates: map[string]evidence.Certificate{}, revocations: map[string]evidence.Revocation{}}
	for c := range s.Connections() {
		h := x.host(c.Host, c.Port)
		h.Connections = append(h.Connections, c)
		h.Purposes, h.Domains = append(h.Purposes, c.Purposes...), append(h.Domains, c.Domains...)
	}
	for t := range s.Handshakes() {
		h := x.host(t.Host, t.Port)
		h.Handshakes = append(h.Handshakes, t)
		h.Purposes, h.Domains = append(h.Purposes, t.Purposes...), append(h.Domains, t.Domains...)
	}
	for c := range s.Certificates() {
		x.certificates[inSite(c.Site, c.Fingerprint)] = c
		if old, ok := x.certificates[inSite("", c.Fingerprint)]; !ok || c.Site < old.Site {
			x.certificates[inSite("", c.Fingerprint)] = c
		}
	}
	for r := range s.Revocations() {
		key := inSite(r.Site, r.URL)
		if old, ok := x.revocations[key]; !ok || !Reached(old) && (Reached(r) || r.Via < old.Via) {
			x.revocations[key] = r
		}
	}
	for _, h := range x.hosts {
		h.sort()
	}
	slices.SortFunc(x.hosts, func(a, b *Host) int { return cmp.Or(strings.Compare(a.Name, b.Name), cmp.Compare(a.Port, b.Port)) })
	x.views = newViews(s)
	x.clocks = x.newClocks(s)
	return x
}

func (x *Index) host(name string, port int) *Host {
	key := hostKey{address.DomainKey(name), port}
	h := x.byKey[key]
	if h == nil {
		h = &Host{Name: key.name, Port: port}
		x.byKey[key] = h
		x.hosts = append(x.hosts, h)
	}
	return h
}

func (h *Host) sort() {
	h.Purposes, h.Domains = distinct(h.Purposes), distinct(h.Domains)
	slices.SortFunc(h.Connections, func(a, b evidence.Connection) int {
		return cmp.Or(strings.Compare(a.Site, b.Site), strings.Compare(a.Via, b.Via), strings.Compare(a.Protocol, b.Protocol), strings.Compare(a.URL, b.URL),
			strings.Compare(a.Address, b.Address), strings.Compare(a.Proxy, b.Proxy), a.Asked.Compare(b.Asked), strings.Compare(a.Stage, b.Stage))
	})
	slices.SortFunc(h.Handshakes, func(a, b evidence.Handshake) int {
		return cmp.Or(strings.Compare(a.Site, b.Site), strings.Compare(a.Via, b.Via), strings.Compare(a.Address, b.Address), slices.Compare(a.Chain, b.Chain), a.Asked.Compare(b.Asked))
	})
}

func distinct(list []string) []string {
	list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "" })
	slices.Sort(list)
	return slices.Compact(list)
}

// Hosts lists the hosts by name and port. The list is shared: do not change it.
func (x *Index) Hosts() []*Host { return x.hosts }

// Host gives what was seen of a host at a port.
func (x *Index) Host(name string, port int) (h *Host, ok bool) {
	h, ok = x.byKey[hostKey{address.DomainKey(name), port}]
	return h, ok
}

// Key is how a host at a port is written: host:port.
func Key(host string, port int) string { return host + ":" + strconv.Itoa(port) }

// inSite is a key of something that was seen from a place.
func inSite(site, what string) string { return site + "\x00" + what }

// Certificate gives a certificate by its fingerprint: as it was seen from the place, or else from any other.
func (x *Index) Certificate(site, fingerprint string) (c evidence.Certificate, ok bool) {
	if c, ok = x.certificates[inSite(site, fingerprint)]; !ok {
		c, ok = x.certificates[inSite("", fingerprint)]
	}
	return c, ok
}

// Chain gives the certificates that a server sent, its own first; those of which nothing was kept are left out. ok says that its own is there.
func (x *Index) Chain(h evidence.Handshake) (chain []evidence.Certificate, ok bool) {
	for i, print := range h.Chain {
		c, found := x.Certificate(h.Site, print)
		if found {
			chain = append(chain, c)
		}
		ok = ok || found && i == 0
	}
	return chain, ok
}

// Revocation gives what came of trying an address of revocation lists from a place.
func (x *Index) Revocation(site, url string) (r evidence.Revocation, ok bool) {
	r, ok = x.revocations[inSite(site, url)]
	return r, ok
}

// Reached says that an address for checking revocation does its work: a list was answered, or whatever a responder says to a request without a question.
func Reached(r evidence.Revocation) bool {
	return r.Stage == evidence.StageNone && (strings.EqualFold(r.Kind, "ocsp") || r.Status < 400)
}

// View is what part of the network a place shows.
type View uint8

// The views.
const (
	UnknownView View = iota // nobody looked up names there
	Inside                  // it has internal resolvers
	Outside                 // it has none
)

func newViews(s *evidence.Snapshot) map[string]View {
	views := map[string]View{}
	for _, c := range s.Coverage() {
		if c.Dataset != evidence.DNSLookups || c.State == evidence.NotRequested || len(c.Attributes) == 0 {
			continue
		}
		if slices.Contains(c.Attributes, evidence.ResolverInternal) {
			views[c.Source] = Inside
		} else if views[c.Source] != Inside {
			views[c.Source] = Outside
		}
	}
	return views
}

// View says which part of the network a place shows.
func (x *Index) View(site string) View { return x.views[site] }

// Seen says in one word from where it was looked: inside, outside, both, or unknown.
func (x *Index) Seen(sites ...string) string {
	inside, outside := false, false
	for _, s := range sites {
		inside, outside = inside || x.views[s] == Inside, outside || x.views[s] == Outside
	}
	switch {
	case inside && outside:
		return "both"
	case inside:
		return "inside"
	case outside:
		return "outside"
	}
	return "unknown"
}
