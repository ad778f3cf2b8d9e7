package sip

import (
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/join"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// SIP007 finds SIP addresses in domains that the tenant does not own.
var SIP007 = &audit.Rule{
	ID: "SIP-007", Category: "sip", Severity: audit.High,
	Title: "SIP domain is not a verified domain of the tenant",
	Why: "The service makes no account for a SIP address in a domain that the tenant has not verified; the synchronised address may be replaced by another one. The " +
		"person cannot be reached under the address that everybody knows.",
	Fix: "Verify the domain in the tenant (see DOM-001), or change the SIP addresses to a verified domain before they are synchronised: Set-CsUser -SipAddress with " +
		"servers, otherwise msRTCSIP-PrimaryUserAddress together with the sip: value in proxyAddresses.",
	Guards: "Objects that are neither synchronised nor expected to be, that are not SIP enabled, and contacts are reported as information only. Addresses without a " +
		"usable domain are left to SIP-006. With several tenants a domain counts as verified when any of them has verified it.",
	Refs:    []audit.Ref{{Title: "KB 3063407"}},
	Message: "{sip} is in {domain}, which is not a verified domain of the tenant",
	Needs: slices.Concat(
		audit.OfADObjects("msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled"),
		[]audit.Need{{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isVerified"}}},
		audit.Better(audit.OfADUsers(append(join.ADAttributes(), "mail")...)),
		[]audit.Need{{Dataset: evidence.TenantUsers, Attributes: join.TenantAttributes(), Optional: true}},
	),
	Applies: whenSIP,
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		domain := usableDomain(o.SIP())
		if domain == "" {
			return
		}
		if _, ok := p.Verified(domain); ok {
			return
		}
		f := audit.Finding{
			Severity: audit.Info, Subject: audit.ADSubject(o), Attribute: "msRTCSIP-PrimaryUserAddress", Value: o.SIP(),
			Args:     []audit.Arg{audit.Str("sip", o.SIP()), audit.Str("domain", domain)},
			Evidence: audit.ADFacts("", o, "msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled", "userAccountControl"),
		}
		f.Evidence = append(f.Evidence, audit.Fact{Name: "objectsInDomain", Values: []string{strconv.Itoa(p.Domains().Of(domain).SIP)}})
		u, _ := p.Pairs().Tenant(o)
		if !u.IsZero() {
			f.Related = []audit.Subject{audit.TenantSubject(u)}
		}
		switch p.Scope().Class(o) {
		case scope.Person, scope.Room, scope.Linked, scope.Shared, scope.Equipment:
			if o.SIPEnabled() == evidence.True && (!u.IsZero() || p.Scope().Synchronised(o)) {
				f.Severity = audit.High
			}
		case scope.Contact, scope.UMContact:
		default:
			return
		}
		p.Report(f)
	}),
}

// usableDomain gives the domain of a SIP address whose form is right but for characters in the name part, "" otherwise.
func usableDomain(sip string) string {
	sign := strings.IndexByte(sip, '@')
	if sign < 0 {
		return ""
	}
	problem := address.SIPProblem(sip)
	inName := problem.Position >= len("sip:") && problem.Position < sign
	if problem.Code != address.OK && !inName || address.SIPProblem("sip:a"+sip[sign:]).Code != address.OK {
		return ""
	}
	return address.Domain(sip)
}
