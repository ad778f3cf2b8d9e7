package dns

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/records"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// DNS006 finds records of servers that nobody needs any more.
var DNS006 = &audit.Rule{
	ID: "DNS-006", Category: "dns", Severity: audit.Low,
	Title: "Stale Skype/Lync records",
	Why:   "Old clients and phones keep looking for servers that are gone. Whoever gets hold of the address or the name that such a record leads to gets their sign-ins.",
	Fix:   "Look at the logs for whoever still uses the name, lower the TTL, and delete the record inside and outside.",
	Guards: "Only where nobody is homed on servers any more. Names that something else may be using (meet, dialin, _ntp._udp, _xmpp-server._tcp) are reported only where there were servers, and informational " +
		"unless they lead to one of the servers that the directory still names. An answer that the zone gives for any name is none. Where there never were servers, lyncdiscoverinternal is " +
		"judged by DNS-007. Records that lead nowhere are reported by DNS-008.",
	Refs:     []audit.Ref{{Title: "Decommission the on-premises environment: DNS entries"}},
	Message:  "{record} still leads to {found} ({view})",
	Identity: []string{"record"},
	Needs:    needs(audit.Need{Dataset: evidence.ADTopology, Attributes: []string{"msRTCSIP-TrustedServerFQDN"}, Optional: true}),
	Check: audit.Once(func(p *audit.Pass) {
		everybody(p)
		servers := serverNames(p)
		for _, d := range own(p, func(d records.Domain) bool { return d.SIP || d.Verified }) {
			if !known(p, d) || d.Scenario != records.TeamsOnly && d.Scenario != records.Cloud {
				continue
			}
			for _, e := range records.Table() {
				cloud := d.Scenario == records.Cloud && (e.Left == "shared" || e.Online != "")
				if e.Left == "" || cloud || e.Asked == "sip" && !d.SIP {
					continue
				}
				stale(p, d, e, servers)
			}
		}
	}),
}

// stale reports a record that is still there.
func stale(p *audit.Pass, d records.Domain, e records.Entry, servers map[string]bool) {
	var views []string
	var seen records.Record
	look := func(r records.Record, ok bool, view string) {
		if !ok || r.State != records.Present || r.Wildcard || broken(p, r) {
			return
		}
		if len(views) == 0 {
			seen = r
		}
		if !slices.Contains(views, view) {
			views = append(views, view)
		}
	}
	name := e.Name(d.Name)
	if d.Public() {
		r, ok := outside(p, name, e.Kind)
		look(r, ok, "outside")
	}
	for _, site := range p.Records().Sites() {
		r, ok := inside(p, site, name, e.Kind)
		look(r, ok, "inside")
	}
	if len(views) == 0 {
		return
	}
	f := audit.Finding{
		Subject: audit.DomainSubject(d.Name), Value: first(found(seen)), Evidence: slices.Concat(p.DNSFacts(name, e.Kind), concerned(d)),
		Args: []audit.Arg{audit.Str("record", name), audit.List("found", found(seen)), audit.List("view", views)},
	}
	if e.Left == "shared" && !slices.ContainsFunc(seen.Found(), func(v string) bool { return servers[v[strings.LastIndexByte(v, ' ')+1:]] }) {
		f.Severity = audit.Info
	}
	p.Report(f)
}

// serverNames has the names of the servers that the directory names, and their addresses.
func serverNames(p *audit.Pass) map[string]bool {
	m := map[string]bool{}
	add := func(host string) {
		host = address.DomainKey(host)
		if host == "" || m[host] {
			return
		}
		m[host] = true
		for _, a := range p.Records().Addresses(host) {
			m[a] = true
		}
		for _, site := range p.Records().Sites() {
			for _, a := range p.Records().Inside(site, host, records.A).Answer.Values {
				m[a] = true
			}
		}
	}
	for pool := range p.Evidence.Pools() {
		add(pool.Host())
	}
	for e := range p.Evidence.Entries(evidence.ADTopology) {
		add(e.Text("msRTCSIP-EdgeProxyFQDN"))
		add(e.Text("msRTCSIP-TrustedServerFQDN"))
	}
	return m
}
