// Package dom holds the rules about the domains of a tenant.
package dom

import (
	"slices"
	"strconv"

	"hybridaudit/audit"
	"hybridaudit/audit/domains"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// DOM001 finds domains that were added to the tenant and never verified.
var DOM001 = &audit.Rule{
	ID: "DOM-001", Category: "dom", Severity: audit.High,
	Title: "Domain not verified",
	Why: "The tenant takes no sign-in name, SIP address or e-mail address in a domain that it has not verified: it replaces them by names at its onmicrosoft.com " +
		"domain, and nobody can be reached under the address that everybody knows.",
	Fix: "Publish the TXT or MX record that the admin center shows for the domain in its public DNS zone, wait until it is visible, and verify the domain. If the " +
		"domain is not used any more, remove it from the tenant.",
	Guards:  "A domain that nothing in the directory uses is reported as low.",
	Refs:    []audit.Ref{{Title: "KB 10133"}, {Title: "Microsoft Graph: domain resource type"}},
	Message: "{domain} is not verified in the tenant; directory objects with an address in it: {count}",
	Needs: slices.Concat(
		[]audit.Need{{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isVerified"}, PartOK: true}},
		audit.Whole(audit.OfADObjects("userPrincipalName", "msRTCSIP-PrimaryUserAddress", "mail", "proxyAddresses")),
		[]audit.Need{{Dataset: evidence.TenantDomainRecords, Attributes: []string{"domain", "recordType", "label", "target"}, Optional: true}},
	),
	Check: audit.EachDomain(func(p *audit.Pass, d evidence.Domain) {
		if d.Verified() {
			return
		}
		s := audit.DomainSubject(d.ID())
		use := p.Domains().Of(s.Key)
		if use.Objects == 0 && !directoryRead(p) {
			return // what was not read may use it: neither severity is known
		}
		f := audit.Finding{
			Subject: s, Attribute: "isVerified", Value: "false",
			Args:     []audit.Arg{audit.Str("domain", s.Key), audit.Num("count", use.Objects)},
			Evidence: append(useFacts(use), records(p, s.Key)...),
		}
		if use.Objects == 0 {
			f.Severity = audit.Low
		}
		p.Report(f)
	}),
}

func directoryRead(p *audit.Pass) bool {
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
		if p.Evidence.State(d) != evidence.Complete || p.Evidence.Narrowed(d) {
			return false
		}
	}
	return true
}

// useFacts tells how many objects use a domain, by attribute.
func useFacts(u domains.Use) []audit.Fact {
	var facts []audit.Fact
	for _, n := range []struct {
		name  string
		count int
	}{
		{"objectsByUserPrincipalName", u.UPN}, {"objectsBySIPAddress", u.SIP}, {"objectsBySIPProxyAddress", u.SIPProxy}, {"objectsByEmailAddress", u.SMTP},
	} {
		if n.count > 0 {
			facts = append(facts, audit.Fact{Name: n.name, Values: []string{strconv.Itoa(n.count)}})
		}
	}
	return facts
}

// records shows the DNS records that the tenant wants to see for the domain.
func records(p *audit.Pass, domain string) []audit.Fact {
	var wanted []string
	for r := range p.Evidence.DomainRecords() {
		if address.DomainKey(r.Domain()) == domain {
			wanted = append(wanted, r.Label()+" "+r.Type()+" "+r.Target())
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	slices.Sort(wanted)
	return []audit.Fact{{Name: "dnsRecords", Values: wanted}}
}
