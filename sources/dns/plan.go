package dns

import (
	"crypto/rand"
	"slices"
	"strings"

	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence/address"
	"hybridaudit/sources/evidence/targets"
)

// questionsOf lists what is asked about a domain. Of names that have to have an address only the IPv4 one is asked for here where that is enough to know that they
// are there; [collection.finished] asks for the other when there is none.
func questionsOf(d targets.Domain) []question {
	var all []question
	add := func(t uint16, labels ...string) {
		for _, label := range labels {
			name := d.Name
			if label != "" {
				name = label + "." + name
			}
			if q := (question{name, t}); askable(name) && !slices.Contains(all, q) {
				all = append(all, q)
			}
		}
	}
	add(miekg.TypeSOA, "")
	add(miekg.TypeNS, "")
	if d.SIP || d.Verified {
		add(miekg.TypeA, "lyncdiscover", "lyncdiscoverinternal", "sip")
		add(miekg.TypeAAAA, "lyncdiscover", "lyncdiscoverinternal", "sip")
		add(miekg.TypeSRV, "_sip._tls", "_sipfederationtls._tcp", "_sipinternaltls._tcp")
	}
	if d.SIP {
		add(miekg.TypeA, "meet", "dialin", "sipinternal", "sipexternal", "ucupdates-r2")
		add(miekg.TypeSRV, "_sipinternal._tcp", "_xmpp-server._tcp", "_ntp._udp")
	}
	if d.Mail && !inside(d.Name, "onmicrosoft.com") {
		add(miekg.TypeA, "", "autodiscover")
		add(miekg.TypeSRV, "_autodiscover._tcp")
	}
	if d.Verified {
		add(miekg.TypeCNAME, "msoid")
		add(miekg.TypeA, "enterpriseregistration")
	}
	if d.Unverified && !d.Verified {
		add(miekg.TypeTXT, "")
	}
	return all
}

// host is a host that is asked for besides the names of the domains.
type host struct{ name, domain string }

// hostsOf lists the hosts that evidence or configuration names. The domain of a host is the one that it stands for, else the one that it lies in.
func hostsOf(t targets.Targets) []host {
	var all []host
	seen := map[host]bool{}
	add := func(name, domain string) {
		name = address.DomainKey(name)
		if domain == "" {
			d, _ := enclosing(t, name)
			domain = d.Name
		}
		if h := (host{name, domain}); askable(name) && !isAddress(name) && !seen[h] {
			seen[h] = true
			all = append(all, h)
		}
	}
	for _, h := range t.Hosts {
		add(h.Name, h.Domain)
	}
	for _, name := range t.Servers {
		add(name, "")
	}
	return all
}

// enclosing finds the domain of the organisation that a name is or lies in, the longest one.
func enclosing(t targets.Targets, name string) (d targets.Domain, ok bool) {
	for at := name; at != ""; at = above(at) {
		i, found := slices.BinarySearchFunc(t.Domains, at, func(d targets.Domain, name string) int { return strings.Compare(d.Name, name) })
		if found {
			return t.Domains[i], true
		}
	}
	return targets.Domain{}, false
}

// knownOutside says that a name can be known outside of the organisation.
func knownOutside(t targets.Targets, name string) bool {
	if d, ok := enclosing(t, name); ok {
		return d.Outside()
	}
	return address.Routable(name)
}

// ownServer says that a name is that of a server of the deployment: nobody outside needs to hear of it where internal servers can be asked.
func ownServer(t targets.Targets, name string) bool {
	_, found := slices.BinarySearch(t.Servers, address.DomainKey(name))
	return found
}

// randomLabel makes a label that nobody has a record for, unless the zone answers for any name.
func randomLabel() string { return "x" + strings.ToLower(rand.Text()) }
