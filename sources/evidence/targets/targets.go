// Package targets tells what is to be looked at on the network: the domains and hosts that the evidence of directories and tenants names, and those of the
// configuration. It decides nothing and asks nobody.
package targets

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Domain is a domain of the organisation, or one that the configuration names.
type Domain struct {
	Name       string // lower-case A-label form
	SIP        bool   // people have SIP addresses in it, or the server deployment serves it
	Mail       bool   // people have e-mail addresses in it
	SignIn     bool   // people sign in with names in it
	Verified   bool   // a tenant has verified it
	Unverified bool   // it was added to a tenant and is not verified
	Initial    bool   // a tenant's onmicrosoft.com domain
	Federated  bool
	Directory  bool // it is a domain of a forest
	Configured bool
}

// Outside says whether the domain can be known outside of the organisation: names that cannot are not asked of anybody there.
func (d Domain) Outside() bool { return d.Verified || d.Unverified || address.Routable(d.Name) }

// Host is a host of the organisation, or one that the configuration names.
type Host struct {
	Name    string // lower-case A-label form, or an address
	Port    int
	Purpose string // one of evidence.ForFederation and the like
	Domain  string // for which it stands, "" for the organisation as a whole
	URLs    []string
}

// Targets is what is to be looked at.
type Targets struct {
	Domains []Domain // by name
	Hosts   []Host   // by name, port and purpose
	Servers []string // hosts of the on-premises deployment, of which DNS must know the address: pools and trusted servers
	Tenants []string // what tenants are called in the names of services: contoso of contoso.onmicrosoft.com
	named   map[string]bool
}

// More is what the configuration adds.
type More struct {
	Domains []string
	Hosts   []string // host or host:port; port 443 when none is given
}

// Of collects the targets that the parts of evidence name.
func Of(more More, parts ...*evidence.Snapshot) Targets {
	c := collection{domains: map[string]*Domain{}, hosts: map[hostKey]*Host{}, servers: map[string]bool{}, tenants: map[string]bool{}, named: map[string]bool{}}
	for _, s := range parts {
		c.tenantDomains(s)
		c.people(s)
		c.deployment(s)
		c.exchange(s)
		c.federations(s)
	}
	for _, d := range more.Domains {
		if one := c.domain(d); one != nil {
			one.Configured, one.SIP, one.Mail = true, true, true
		}
	}
	for _, h := range more.Hosts {
		host, port := splitHost(h)
		c.host(host, port, evidence.ForAsked, "")
	}
	return c.targets()
}

// Named says that a directory, a tenant or the configuration names the host itself, or that it is one of the names that clients make of a domain of the organisation.
func (t Targets) Named(host string) bool {
	host = address.DomainKey(host)
	_, ok := t.madeOf(host)
	return ok || t.named[host]
}

// Vouched says that a host is named by somebody who may send us anywhere, into the organisation's own network as well. Where a tenant tells which domains are the
// organisation's, others in which people have nothing but e-mail addresses may be those of partners: who runs them decides where the names that clients make of them lead.
func (t Targets) Vouched(host string) bool {
	host = address.DomainKey(host)
	if t.named[host] {
		return true
	}
	d, ok := t.madeOf(host)
	if !ok {
		return false
	}
	for name := d.Name; name != ""; _, name, _ = strings.Cut(name, ".") {
		if d, ok := t.domain(name); ok && (d.SIP || d.SignIn || d.Verified || d.Unverified || d.Federated || d.Directory || d.Configured) {
			return true
		}
	}
	return !slices.ContainsFunc(t.Domains, func(d Domain) bool { return d.Verified })
}

// madeOf finds the domain that a host is, or that clients make its name of.
func (t Targets) madeOf(host string) (Domain, bool) {
	if d, ok := t.domain(host); ok {
		return d, true
	}
	if label, parent, ok := strings.Cut(host, "."); ok && slices.Contains(wellKnown, label) {
		return t.domain(parent)
	}
	return Domain{}, false
}

// wellKnown are the labels that clients put in front of a domain.
var wellKnown = []string{
	"lyncdiscover", "lyncdiscoverinternal", "sip", "sipinternal", "sipexternal", "meet", "dialin", "autodiscover", "ucupdates-r2", "enterpriseregistration", "enterpriseenrollment", "msoid",
}

// Owns says that the name is one of the domains.
func (t Targets) Owns(name string) bool {
	_, ok := t.domain(address.DomainKey(name))
	return ok
}

func (t Targets) domain(name string) (Domain, bool) {
	i, found := slices.BinarySearchFunc(t.Domains, name, func(d Domain, name string) int { return strings.Compare(d.Name, name) })
	if !found {
		return Domain{}, false
	}
	return t.Domains[i], true
}

type hostKey struct {
	name    string
	port    int
	purpose string
	domain  string
}

type collection struct {
	domains map[string]*Domain
	hosts   map[hostKey]*Host
	servers map[string]bool
	tenants map[string]bool
	named   map[string]bool
}

func (c *collection) targets() Targets {
	t := Targets{
		Servers: slices.Sorted(maps.Keys(c.servers)), Tenants: slices.Sorted(maps.Keys(c.tenants)), named: c.named,
	}
	for _, name := range slices.Sorted(maps.Keys(c.domains)) {
		t.Domains = append(t.Domains, *c.domains[name])
	}
	for _, h := range c.hosts {
		slices.Sort(h.URLs)
		h.URLs = slices.Compact(h.URLs)
		t.Hosts = append(t.Hosts, *h)
	}
	slices.SortFunc(t.Hosts, func(a, b Host) int {
		return strings.Compare(a.Name+"\x00"+strconv.Itoa(a.Port)+"\x00"+a.Purpose+"\x00"+a.Domain, b.Name+"\x00"+strconv.Itoa(b.Port)+"\x00"+b.Purpose+"\x00"+b.Domain)
	})
	return t
}

// domain gives the entry of a domain, nil for what is no domain name.
func (c *collection) domain(name string) *Domain {
	name = address.DomainKey(name)
	if !plausible(name) {
		return nil
	}
	d := c.domains[name]
	if d == nil {
		d = &Domain{Name: name}
		c.domains[name] = d
	}
	return d
}

// plausible says that a text can be asked for in DNS: directory text may hold anything. Names of one label lead nowhere.
func plausible(name string) bool {
	if len(name) > 253 || !strings.Contains(name, ".") {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if label == "" || len(label) > 63 || strings.ContainsFunc(label, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '_'
		}) {
			return false
		}
	}
	return true
}

func (c *collection) host(name string, port int, purpose, domain string, urls ...string) {
	name = address.DomainKey(name)
	if !plausible(name) && !isAddress(name) || port < 1 || port > 65535 {
		return
	}
	k := hostKey{name, port, purpose, domain}
	h := c.hosts[k]
	if h == nil {
		h = &Host{Name: name, Port: port, Purpose: purpose, Domain: domain}
		c.hosts[k] = h
	}
	h.URLs = append(h.URLs, urls...)
	c.named[name] = true
}
