package tls

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// TLS004 finds certificates that lack names.
var TLS004 = &audit.Rule{
	ID: "TLS-004", Category: "tls", Severity: audit.High,
	Title: "Name mismatch",
	Why: "Clients ask whether the server is to be trusted, or refuse it. Partners' Edge servers and Microsoft 365 compare names strictly: for a SIP domain whose sip name is missing in the Access Edge's " +
		"certificate federation and hybrid fail while all other domains work.",
	Fix: "Issue the certificate again with all names as subject alternative names: the host's own, and on the Access Edge sip.<domain> for every SIP domain (Request-CsCertificate -Type AccessEdgeExternal, " +
		"-AllSipDomain). Bind it and restart the services.",
	FixHere: "Here: {host} lacks {missing}.",
	Guards: "A wildcard stands for one label. The common name alone does not count, as in all clients of today. Names of the organisation that lead to Microsoft are served with Microsoft's names: clients know " +
		"that. A lyncdiscover name that also answers over HTTP (port 80), as is usual where there are many SIP domains: low. Names that exist only because the zone answers for any name, and to which nothing " +
		"leads, are left alone. The SIP domains are those of the deployment in the forest that names the Edge.",
	Refs:    []audit.Ref{{Title: "Plan hybrid connectivity"}, {Title: "Plan for Edge Server certificates in Skype for Business Server"}},
	Message: "the certificate of {host} is not for {missing}; its names: {names}",
	Needs: append(handshakeNeeds(),
		audit.Need{Dataset: evidence.ProbeConnections, Optional: true},
		audit.Need{Dataset: evidence.ADTopology, Attributes: []string{"msRTCSIP-DomainName", "msRTCSIP-EdgeProxyFQDN"}, Optional: true},
		audit.Need{Dataset: evidence.ServerSIPDomains, Attributes: []string{"Name"}, Optional: true}),
	Applies: whenServed,
	Check: eachOwn(func(p *audit.Pass, h *hosts.Host, all []served) {
		var domains []string
		if h.For(evidence.ForEdge) {
			domains = sipDomains(p, h)
		}
		for _, s := range all {
			var missing []string
			if hosts.Misnamed(s.handshake, s.leaf()) {
				missing = append(missing, h.Name)
			}
			if leaf := s.leaf(); leaf.NameCount <= len(leaf.Names) { // of more names than were kept nobody knows what is lacking
				for _, d := range domains {
					if name := "sip." + d; !hosts.Names(leaf, name) && !slices.Contains(missing, name) {
						missing = append(missing, name)
					}
				}
			}
			if len(missing) == 0 {
				continue
			}
			severity := audit.High
			if len(missing) == 1 && missing[0] == h.Name && discovered(p, h.Name) {
				severity = audit.Low
			}
			p.Report(audit.Finding{
				Severity: severity, Subject: subject(h), Args: []audit.Arg{hostArg(h), audit.List("missing", missing), audit.List("names", nameList(s.leaf()))}, Evidence: facts([]served{s}),
			})
			return // one finding for a host, whatever it shows elsewhere
		}
	}),
}

// nameList lists what a certificate is for; "none" when it has no subject alternative names.
func nameList(c evidence.Certificate) []string {
	if list := slices.Concat(c.Names, c.Addresses); len(list) > 0 {
		return list
	}
	return []string{"none"}
}

// discovered says that clients find their way by lyncdiscover without TLS: organisations with many SIP domains publish it so on purpose, and their certificate names none of them.
func discovered(p *audit.Pass, name string) bool {
	h, ok := p.Hosts().Host(name, 80)
	return ok && strings.HasPrefix(name, "lyncdiscover.") && slices.ContainsFunc(h.Connections, func(c evidence.Connection) bool { return c.Through() && c.Answer != "" })
}

// sipDomains lists the SIP domains that an Access Edge serves.
func sipDomains(p *audit.Pass, h *hosts.Host) []string {
	forests := map[string]bool{}
	for e := range p.Evidence.Entries(evidence.ADTopology) {
		if address.DomainKey(e.Text("msRTCSIP-EdgeProxyFQDN")) == h.Name {
			forests[e.Forest()] = true
		}
	}
	var domains []string
	for e := range p.Evidence.Entries(evidence.ADTopology) {
		if d := address.DomainKey(e.Text("msRTCSIP-DomainName")); d != "" && forests[e.Forest()] {
			domains = append(domains, d)
		}
	}
	for forest := range forests {
		for _, e := range p.ServerExportsOf(evidence.ServerSIPDomains, forest) {
			if d := address.DomainKey(e.Text("Name")); d != "" {
				domains = append(domains, d)
			}
		}
	}
	if len(forests) == 0 {
		domains = slices.DeleteFunc(slices.Clone(h.Domains), func(d string) bool { return p.Domains().Of(d).SIP == 0 })
	}
	slices.Sort(domains)
	return slices.DeleteFunc(slices.Compact(domains), func(d string) bool { return !strings.Contains(d, ".") || !address.Routable(d) })
}
