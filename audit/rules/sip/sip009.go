package sip

import (
	"iter"
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/owners"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// sip009Params are the parameters of SIP-009.
type sip009Params struct {
	// Share is the share of people, in per cent, who must follow the equality for the others to be exceptions.
	Share int `yaml:"share"`
}

// fewPeople is how many people at least say something about what is usual in an organisation.
const fewPeople = 10

// SIP009 finds people whose SIP address is another name than they sign in or write mail with.
var SIP009 = &audit.Rule{
	ID: "SIP-009", Category: "sip", Severity: audit.Low,
	Title: "SIP address differs from UPN or from primary e-mail",
	Why: "People type the wrong name at sign-in (\"the username, password or domain appears to be incorrect\"), Outlook and Skype ask whether to trust a server of another domain, " +
		"and clearing the SIP attributes after the move needs more care.",
	Fix: "Make the three names equal when one of them changes anyway, for example after a marriage: Set-CsUser -SipAddress, Set-ADUser -UserPrincipalName or Set-Mailbox " +
		"-PrimarySmtpAddress. Never change SIP addresses in masses while people are being moved: contacts and meetings of others hold the old ones.",
	Guards: "Only people enabled for SIP are judged, each for one difference at most. Where 80 % of the people of a forest or fewer (parameter share) have equal names, separate names are " +
		"its habit: then the habit is one piece of information on the forest; fewer than ten people show none. Silent where another rule names the cause: a malformed, repeated or " +
		"unverified SIP address (SIP-006, SIP-001, SIP-007), sign-in name (ADR-007, ADR-002, ADR-008) or primary e-mail address (ADR-004, ADR-005, ADR-001, ADR-010).",
	Refs:     []audit.Ref{{Title: "KB 2541980"}, {Title: "KB 2833618"}},
	Identity: []string{"compared"},
	Variants: []audit.Variant{
		{
			Code: "H", Severity: audit.Info, Message: "{different} of {people} people have a SIP address other than their {compared}",
			Fix: "Nothing has to be done if that is how names are given here. Tell people which name to use where, and plan the clearing of SIP attributes after the move with care.",
		},
		{Code: "M", Message: "the SIP address {sip} is not the primary e-mail address {name}"},
		{Code: "U", Message: "the SIP address {sip} is not the user principal name {name}"},
	},
	Needs: slices.Concat(
		audit.All(audit.OfADUsers("msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled", "userPrincipalName", "mail", "proxyAddresses")),
		[]audit.Need{{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isVerified"}, Optional: true}},
	),
	Params:  func() any { return &sip009Params{Share: 80} },
	Applies: whenSIP,
	Check: audit.AllADUsers(func(p *audit.Pass, users iter.Seq[evidence.ADObject]) {
		habits := map[string]*habit{}
		var exceptions []exception
		for o := range users {
			n := namesOf(p, o)
			if n.sip == "" {
				continue
			}
			if n.upn != "" && n.upn != n.sip || n.mail != "" && n.mail != n.sip {
				exceptions = append(exceptions, exception{o, n})
			}
			if habits[o.Forest()] == nil {
				habits[o.Forest()] = &habit{}
			}
			habits[o.Forest()].add(n)
		}
		share := audit.Params[sip009Params](p).Share
		for forest, h := range habits {
			h.report(p, forest, share)
		}
		for _, d := range exceptions {
			o, n, h := d.person, d.names, habits[d.person.Forest()]
			switch {
			case n.upn != "" && n.upn != n.sip && h.upn.equality(share):
				differs(p, o, "U", n.sip, "userPrincipalName", n.upn)
			case n.mail != "" && n.mail != n.sip && h.mail.equality(share):
				differs(p, o, "M", n.sip, "mail", n.mail)
			}
		}
	}),
}

// names are what a person goes by, in comparison form; "" where there is nothing to compare, or where another rule speaks of the value.
type names struct{ sip, upn, mail string }

func namesOf(p *audit.Pass, o evidence.ADObject) names {
	if o.SIPEnabled() != evidence.True || p.Scope().Class(o) != scope.Person || address.SIPProblem(o.SIP()).Code != address.OK {
		return names{}
	}
	n := names{sip: address.NormalSIP(o.SIP())}
	if p.Unverified(address.Domain(n.sip)) || shared(p, o, owners.SIPPrimary, n.sip) {
		return names{}
	}
	if upn := address.Fold(o.UPN()); !p.Settings.AlternateLoginID && address.UPNProblem(upn).Code == address.OK && fit(p, upn) && !shared(p, o, owners.UPN, upn) {
		n.upn = upn
	}
	if mail := primaryMail(o); mail != "" && fit(p, mail) && !shared(p, o, owners.SMTP, mail) {
		n.mail = mail
	}
	return n
}

// exception is a person whose names are not all the same.
type exception struct {
	person evidence.ADObject
	names  names
}

// fit says that the domain of a name can be one of the tenant's.
func fit(p *audit.Pass, name string) bool {
	domain := address.Domain(name)
	return address.Routable(domain) && !p.Unverified(domain)
}

// shared says that another person or object has the value too.
func shared(p *audit.Pass, o evidence.ADObject, kind owners.Kind, value string) bool {
	index := p.Owners(kind)
	return index.Shared(value) && len(owners.Others(o, index.Holders(value))) > 0
}

// primaryMail gives the primary e-mail address: the one SMTP: value, or mail where proxyAddresses has no e-mail address at all. "" when there is none, more than
// one, or a malformed one.
func primaryMail(o evidence.ADObject) string {
	primary, found, any := "", 0, false
	for v := range o.ProxyAddresses() {
		a := address.ParseProxy(v)
		if a.Kind != address.SMTP {
			continue
		}
		any = true
		if a.Primary {
			found++
			primary = v
		}
	}
	if !any {
		primary, found = o.Mail(), 1
	}
	if found != 1 || address.SMTPProxyProblem(primary).Code != address.OK {
		return ""
	}
	return address.NormalSMTP(primary)
}

// habit counts how many people of a forest have equal names.
type habit struct{ upn, mail equalities }

type equalities struct{ people, different int }

func (h *habit) add(n names) {
	h.upn.add(n.sip, n.upn)
	h.mail.add(n.sip, n.mail)
}

func (e *equalities) add(sip, other string) {
	if other == "" {
		return
	}
	e.people++
	if other != sip {
		e.different++
	}
}

// equality says that more than a share of the people, in per cent, have equal names.
func (e equalities) equality(share int) bool {
	return e.people < fewPeople || (e.people-e.different)*100 > e.people*share
}

// report tells of habits other than equality.
func (h *habit) report(p *audit.Pass, forest string, share int) {
	for _, c := range []struct {
		compared string
		equalities
	}{{"userPrincipalName", h.upn}, {"mail", h.mail}} {
		if !c.equality(share) {
			p.Report(audit.Finding{
				Variant: "H", Subject: audit.ForestSubject(forest),
				Args: []audit.Arg{audit.Num("different", c.different), audit.Num("people", c.people), audit.Str("compared", c.compared)},
			})
		}
	}
}

func differs(p *audit.Pass, o evidence.ADObject, variant, sip, compared, name string) {
	p.Report(audit.Finding{
		Variant: variant, Subject: audit.ADSubject(o), Attribute: "msRTCSIP-PrimaryUserAddress", Value: o.SIP(),
		Args:     []audit.Arg{audit.Str("sip", sip), audit.Str("compared", compared), audit.Str("name", name)},
		Evidence: audit.ADFacts("", o, "userPrincipalName", "mail", "sAMAccountName"),
	})
}
