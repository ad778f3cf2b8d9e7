package dns

import (
	"hybridaudit/audit"
	"hybridaudit/audit/records"
)

// DNS002 finds SIP domains whose clients do not find their services by lyncdiscover.
var DNS002 = &audit.Rule{
	ID: "DNS-002", Category: "dns", Severity: audit.High,
	Title: "lyncdiscover record missing or wrong",
	Why: "Clients look for their server at lyncdiscover.<domain>. Without it they say that they could not find a Lync Server for the domain and that there might be an issue with the DNS " +
		"configuration, and mobile apps cannot set themselves up.",
	Fix: "For people in Microsoft 365 publish lyncdiscover as a CNAME with the target that the tenant's list of DNS records names, TTL 3600. While people are on the servers let it lead to the " +
		"reverse proxy in front of the web services, as a CNAME or an address.",
	FixHere: "Publish this record: {publish}",
	Guards: "While people are on the servers any target of the organisation's own will do, also an address: which one is the reverse proxy is not known. An answer that the zone gives for any " +
		"name is none. Where nobody of the domain is on the servers and others are, both targets are right. When nobody is left on the servers a missing record is low. Records of " +
		"DNS-004, DNS-005 and DNS-008 are left to these.",
	Refs:     []audit.Ref{{Title: "KB 2566790"}, {Title: "Decommission the on-premises environment: DNS entries"}},
	Message:  "{record} is {found}, expected {expected}; people with SIP addresses in {domain}: {people}",
	Identity: []string{"record"},
	Needs:    needs(),
	Applies:  whenSIP,
	Check: audit.Once(func(p *audit.Pass) {
		e := records.EntryOf("lyncdiscover")
		for _, d := range signalling(p) {
			r, ok := outside(p, e.Name(d.Name), e.Kind)
			if !ok || broken(p, r) {
				continue
			}
			if v := judge(p, d, e, r); v.bad {
				severity := audit.High
				if d.Scenario == records.TeamsOnly {
					severity = audit.Low
				}
				missing(p, d, r, v, severity)
			}
		}
	}),
}
