// Package dom holds the rules about the domains of a tenant.
package dom

import (
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/domains"
	"hybridaudit/audit/join"
	"hybridaudit/audit/records"
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
		"domain is not used any more, remove it from the tenant. A domain that another tenant has verified can be verified here only after it was removed there: decide which " +
		"of the two is to have it, and remove it from the other.",
	FixHere: "One of these records proves the domain: {record}. {proof}",
	Guards: "A domain that nothing in the directory uses is reported as low. Where another tenant of this audit has verified the domain, only people who are synchronised to the tenant " +
		"without it count.",
	Refs:    []audit.Ref{{Title: "KB 10133"}, {Title: "Microsoft Graph: domain resource type"}},
	Message: "{domain} is not verified in the tenant; directory objects with an address in it: {count}",
	Needs: slices.Concat(
		[]audit.Need{{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isVerified"}, PartOK: true}},
		audit.Whole(audit.OfADObjects("userPrincipalName", "msRTCSIP-PrimaryUserAddress", "mail", "proxyAddresses")),
		[]audit.Need{
			{Dataset: evidence.TenantDomainRecords, Attributes: []string{"domain", "recordType", "label", "target"}, Optional: true},
			{Dataset: evidence.TenantVerification, Attributes: []string{"domain", "recordType", "label", "target"}, Optional: true},
			{Dataset: evidence.DNSLookups, Optional: true},
			{Dataset: evidence.ADUsers, Attributes: join.ADAttributes(), Optional: true}, {Dataset: evidence.TenantUsers, Attributes: join.TenantAttributes(), Optional: true},
		},
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
		count, facts, proof := use.Objects, useFacts(use), verification(p, d)
		if other, ok := p.Verified(s.Key); ok && other.Tenant() != d.Tenant() {
			count, facts, proof = synchronised(p, d), []audit.Fact{{Name: "verifiedIn", Values: []string{other.Tenant()}}}, nil
		}
		f := audit.Finding{
			Subject: s, Attribute: "isVerified", Value: "false",
			Args:     []audit.Arg{audit.Str("domain", s.Key), audit.Num("count", count)},
			Evidence: append(facts, wantedRecords(p, d)...),
		}
		if len(proof) > 0 {
			f.Args = append(f.Args, audit.List("record", proof), audit.Str("proof", published(p, s.Key, proof)))
			f.Evidence = append(f.Evidence, audit.Fact{Name: "verificationDnsRecords", Values: proof})
			f.Evidence = append(f.Evidence, p.DNSFacts(s.Key, records.TXT)...)
		}
		if count == 0 {
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

// synchronised counts the people of the domain's tenant who have an address in the domain on-premises.
func synchronised(p *audit.Pass, d evidence.Domain) int {
	count, domain := 0, address.DomainKey(d.ID())
	for u := range p.Evidence.TenantUsers() {
		if u.Tenant() != d.Tenant() || u.Synced() != evidence.True {
			continue
		}
		o, _ := p.Pairs().AD(u)
		if !o.IsZero() && p.Scope().In(o) && slices.Contains([]string{address.Domain(o.UPN()), address.Domain(o.SIP()), address.Domain(o.Mail())}, domain) {
			count++
		}
	}
	return count
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

// wantedRecords shows the DNS records that the tenant wants to see for the domain.
func wantedRecords(p *audit.Pass, d evidence.Domain) []audit.Fact {
	var wanted []string
	for r := range p.Evidence.DomainRecords() {
		if r.Tenant() == d.Tenant() && address.DomainKey(r.Domain()) == address.DomainKey(d.ID()) {
			wanted = append(wanted, r.Label()+" "+r.Type()+" "+r.Target())
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	slices.Sort(wanted)
	return []audit.Fact{{Name: "dnsRecords", Values: wanted}}
}

// verification lists the DNS records of which one would prove the domain.
func verification(p *audit.Pass, d evidence.Domain) []string {
	var list []string
	for r := range p.Evidence.VerificationRecords() {
		if r.Tenant() == d.Tenant() && address.DomainKey(r.Domain()) == address.DomainKey(d.ID()) && r.Target() != "" {
			list = append(list, strings.ToUpper(r.Type())+" "+r.Target())
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// published says whether the TXT record that proves a domain is visible outside: published, missing or unread.
func published(p *audit.Pass, domain string, proof []string) string {
	var wanted []string
	for _, v := range proof {
		if text, ok := strings.CutPrefix(v, "TXT "); ok {
			wanted = append(wanted, strings.Trim(text, `" `))
		}
	}
	r := p.Records().Outside(domain, records.TXT)
	for _, l := range r.Answers {
		for _, v := range l.Values {
			if slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, strings.Trim(v, `" `)) }) {
				return "published"
			}
		}
	}
	if r.State == records.Unknown || len(wanted) == 0 {
		return "unread"
	}
	return "missing"
}
