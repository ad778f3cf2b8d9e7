package dns

import (
	"hybridaudit/audit"
	"hybridaudit/audit/records"
)

// dns003Params tell what nobody sees from outside.
type dns003Params struct {
	// OldClients says that Skype for Business clients or phones are in use that sign in to Microsoft 365.
	OldClients bool `yaml:"oldClients"`
}

// DNS003 finds SIP domains whose older clients and phones do not find their server.
var DNS003 = &audit.Rule{
	ID: "DNS-003", Category: "dns", Severity: audit.Medium,
	Title: "sip CNAME or _sip._tls SRV missing or wrong",
	Why:   "Skype for Business and Lync clients and phones sign in at the server that these records name. Without them they say that the server is temporarily unavailable.",
	Fix: "For people in Microsoft 365 publish sip.<domain> as a CNAME and _sip._tls.<domain> as an SRV record (100 1 443) with the targets that the tenant's list of DNS records names, TTL 3600. " +
		"While people are on the servers let both lead to the Access Edge.",
	FixHere: "Publish this record: {publish}",
	Guards: "Teams clients do not use these records: where nobody of the domain is on the servers, a missing one is informational unless the parameter oldClients says that Skype for Business " +
		"clients or phones are in use. Where nobody of the domain is on the servers and others are, both targets are right. An Access Edge that takes clients at another port on purpose is reported as well. Priority and weight are left to DNS-009, records of DNS-004, DNS-005 and DNS-008 to " +
		"these.",
	Refs:     []audit.Ref{{Title: "KB 2566790"}, {Title: "KB 10133"}, {Title: "External Domain Name System records for Office 365"}},
	Message:  "{record} is {found}, expected {expected}; people with SIP addresses in {domain}: {people}",
	Identity: []string{"record"},
	Needs:    needs(),
	Params:   func() any { return &dns003Params{} },
	Applies:  whenSIP,
	Check: audit.Once(func(p *audit.Pass) {
		for _, d := range signalling(p) {
			for _, label := range []string{"_sip._tls", "sip"} {
				e := records.EntryOf(label)
				r, ok := outside(p, e.Name(d.Name), e.Kind)
				if !ok || broken(p, r) {
					continue
				}
				v := judge(p, d, e, r)
				if !v.bad {
					continue
				}
				severity := audit.Medium
				if v.absent && d.Scenario != records.Hybrid && !audit.Params[dns003Params](p).OldClients {
					severity = audit.Info
				}
				missing(p, d, r, v, severity)
			}
		}
	}),
}
