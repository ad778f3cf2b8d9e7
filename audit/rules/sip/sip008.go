package sip

import (
	"iter"
	"slices"
	"strconv"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// SIP008 finds SIP domains in use that the on-premises deployment does not know.
var SIP008 = &audit.Rule{
	ID: "SIP-008", Category: "sip", Severity: audit.Low,
	Title: "SIP domain is not a domain of the on-premises deployment",
	Why: "A server rejects registrations for a SIP domain that it does not know, or cannot route to it, and the certificates and DNS records of the deployment do not cover it. " +
		"Since Lync Server 2010 the authoritative list is that of the Central Management Store, which the directory does not show: what is missing here may be there.",
	Fix: "Compare with Get-CsSipDomain on a server. If the domain is missing there too, add it with New-CsSipDomain, publish the topology (Enable-CsTopology), request new " +
		"certificates with its names and publish its DNS records; or change the SIP addresses to a domain that the deployment has (Set-CsUser -SipAddress). If Get-CsSipDomain " +
		"lists it, nothing is wrong.",
	Guards: "One finding for each domain and forest. Only addresses of objects that are enabled for SIP count. Silent in forests whose directory lists no SIP domain at all, and " +
		"for domains that the tenant has not verified either, of which SIP-007 speaks; malformed addresses are left to SIP-006.",
	Refs:     []audit.Ref{{Title: "Get-CsSipDomain"}, {Title: "Forest preparation for Skype for Business Server"}},
	Message:  "{domain} is not among the SIP domains that the directory of {forest} lists; objects enabled for SIP in it: {count}",
	Identity: []string{"forest"},
	Needs: slices.Concat(
		audit.OfADObjects("msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled"),
		[]audit.Need{
			{Dataset: evidence.ADTopology, Attributes: []string{"objectClass", "msRTCSIP-DomainName"}, Whole: true},
			{Dataset: evidence.ADPools, Attributes: []string{"distinguishedName"}, PartOK: true},
			{Dataset: evidence.ADForests, Attributes: []string{"name"}},
			{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isVerified"}, Optional: true},
		},
	),
	Applies: func(p *audit.Pass) audit.Reason {
		if why := p.WithoutDeployment(); !why.IsZero() {
			return why
		}
		if len(deployed(p)) == 0 {
			return audit.Because("noSIPDomains")
		}
		return whenSIP(p)
	},
	Check: audit.AllADObjects(func(p *audit.Pass, objects iter.Seq[evidence.ADObject]) {
		lists := deployed(p)
		uses := map[sipUse]*sipUsers{}
		for o := range objects {
			list := lists[o.Forest()]
			if o.SIPEnabled() != evidence.True || list == nil {
				continue
			}
			domain := usableDomain(o.SIP())
			if domain == "" || list[domain] || p.Unverified(domain) {
				continue
			}
			use := sipUse{domain, o.Forest()}
			if uses[use] == nil {
				uses[use] = &sipUsers{}
			}
			uses[use].count++
			if p.Scope().Class(o) == scope.Person {
				uses[use].people++
			}
		}
		for use, users := range uses {
			var listed []string
			for d := range lists[use.forest] {
				listed = append(listed, d)
			}
			slices.Sort(listed)
			p.Report(audit.Finding{
				Subject: audit.DomainSubject(use.domain),
				Args:    []audit.Arg{audit.Str("domain", use.domain), audit.Str("forest", use.forest), audit.Num("count", users.count)},
				Evidence: []audit.Fact{
					{Name: "people", Values: []string{strconv.Itoa(users.people)}}, {Name: "msRTCSIP-DomainName", Values: listed},
				},
			})
		}
	}),
}

type sipUse struct{ domain, forest string }

type sipUsers struct{ count, people int }

// deployed gives the SIP domains that the directory lists, by forest, of the forests with a deployment.
func deployed(p *audit.Pass) map[string]map[string]bool {
	lists := map[string]map[string]bool{}
	for e := range p.Evidence.Entries(evidence.ADTopology) {
		if !p.Topology().In(e.Forest()) || !e.Is("msRTCSIP-Domain") {
			continue
		}
		if domain := address.DomainKey(e.Text("msRTCSIP-DomainName")); domain != "" {
			if lists[e.Forest()] == nil {
				lists[e.Forest()] = map[string]bool{}
			}
			lists[e.Forest()][domain] = true
		}
	}
	return lists
}
