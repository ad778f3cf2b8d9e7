package dns

import (
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/records"
	"hybridaudit/sources/evidence"
)

const federation = "_sipfederationtls._tcp"

// DNS001 finds SIP domains that other organisations cannot find.
var DNS001 = &audit.Rule{
	ID: "DNS-001", Category: "dns", Severity: audit.High,
	Title: "Federation SRV record missing or wrong",
	Why: "Other organisations find the domain by this record. Without it, or when it leads elsewhere, they cannot reach anybody in it: chat and calls fail and presence is " +
		"unknown.",
	Fix: "Publish the SRV record for federation in the public DNS zone of the domain: for people in Microsoft 365 with the target that the tenant's list of DNS records names, " +
		"while people are on the servers with the public name of the Access Edge, port 5061. If the DNS host knows no SRV records, move the zone to one that does.",
	FixHere: "Publish this record: {publish}",
	Guards: "Judged are SIP domains that can be known outside and, where nobody is on the servers, are verified. While people are on the servers the target is compared with the Access Edge " +
		"of the directory only where that has a public address. Where nobody of the domain is on the servers and others are, both targets are right. Informational when external " +
		"communication is switched off (Get-CsTenantFederationConfiguration, Get-CsAccessEdgeConfiguration). Records of DNS-004, DNS-005 and DNS-008 are left to these.",
	Refs:     []audit.Ref{{Title: "KB 2566790"}, {Title: "External Domain Name System records for Office 365"}, {Title: "Decommission the on-premises environment: DNS entries"}},
	Message:  "{record} is {found}, expected {expected}; people with SIP addresses in {domain}: {people}",
	Identity: []string{"record"},
	Needs: needs(
		audit.Need{Dataset: evidence.TeamsFederation, Attributes: []string{"Identity", "AllowFederatedUsers"}, Optional: true},
		audit.Need{Dataset: evidence.ServerEdge, Attributes: []string{"Identity", "AllowFederatedUsers"}, Optional: true},
	),
	Applies: whenSIP,
	Check: audit.Once(func(p *audit.Pass) {
		e := records.EntryOf(federation)
		for _, d := range signalling(p) {
			r, ok := outside(p, e.Name(d.Name), e.Kind)
			if !ok || broken(p, r) {
				continue
			}
			if v := judge(p, d, e, r); v.bad {
				missing(p, d, r, v, federationSeverity(p, d))
			}
		}
	}),
}

func federationSeverity(p *audit.Pass, d records.Domain) audit.Severity {
	switch {
	case closed(p, d):
		return audit.Info
	case d.Scenario == records.TeamsOnly:
		return audit.Medium
	}
	return audit.High
}

// closed says that people of a domain are not meant to talk to other organisations: where they are homed, that is switched off.
func closed(p *audit.Pass, d records.Domain) bool {
	if d.Scenario == records.Hybrid {
		return off(exportsOf(p, evidence.ServerEdge))
	}
	var settings []evidence.Export
	for o := range p.Evidence.Organizations() {
		for _, t := range d.Tenants {
			if strings.EqualFold(t, o.Tenant()) {
				settings = append(settings, p.ExportsOf(evidence.TeamsFederation, o)...)
			}
		}
	}
	return off(settings)
}

func exportsOf(p *audit.Pass, d evidence.Dataset) (list []evidence.Export) {
	for e := range p.Evidence.Exports(d) {
		list = append(list, e)
	}
	return list
}

// off says that external communication is switched off in all settings that were brought along.
func off(settings []evidence.Export) bool {
	n := 0
	for _, e := range settings {
		if e.Flag("AllowFederatedUsers") != evidence.False {
			return false
		}
		n++
	}
	return n > 0
}
