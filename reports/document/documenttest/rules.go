package documenttest

import (
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/owners"
	"hybridaudit/audit/plans"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Rules are the sample's rules: one for each way in which a rule can end, with findings of every severity.
func Rules() []*audit.Rule {
	users := []audit.Need{{Dataset: evidence.ADUsers}}
	return []*audit.Rule{
		{
			ID: "SIP-901", Category: "sip", Severity: audit.Critical, Title: "SIP address used by more than one AD object",
			Why: "The service refuses addresses that are not unique: the people concerned cannot sign in or be messaged, and a move to Teams fails.",
			Fix: "Decide who owns the address: the active account with the mailbox and the latest logon. Give the other one a new address. Then start a " +
				"synchronisation and allow about 15 minutes.",
			Guards:  "Objects left by replication conflicts own nothing.",
			Refs:    []audit.Ref{{Title: "KB 2430520", URL: "https://support.example.com/kb/2430520"}, {Title: "Plan for hybrid connectivity"}},
			Message: "{sip} is also the SIP address of {others}", Identity: []string{"sip"}, Needs: users,
			Check: audit.EachADUser(sharedSIP),
		},
		{
			ID: "SIP-905", Category: "sip", Severity: audit.Medium, Title: "SIP switched off in AD although the account is enabled",
			Why: "The person cannot be reached by chat or calls.", Fix: "Enable the person for SIP, or remove the SIP address.",
			Variants: []audit.Variant{
				{Code: "A", Message: "SIP is switched off for {sip}"},
				{Code: "B", Severity: audit.Low, Message: "never reported", Later: "sign-in activity"},
			},
			Needs: users,
			Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
				if o.SIPEnabled() == evidence.False {
					p.Report(audit.Finding{
						Variant: "A", Subject: audit.ADSubject(o), Attribute: "msRTCSIP-UserEnabled", Value: "FALSE", Args: []audit.Arg{audit.Str("sip", o.SIP())},
						Evidence: audit.ADFacts("", o, "msRTCSIP-UserEnabled", "whenChanged"),
					})
				}
			}),
		},
		{
			ID: "ADR-908", Category: "adr", Severity: audit.High, Title: "UPN suffix is not a verified domain of the tenant",
			Why: "Synchronisation replaces the suffix by the onmicrosoft.com domain, and people cannot sign in with the name they know.",
			Fix: "Give the person a user principal name in a verified domain.", Message: "{upn} ends with {suffix}, which the tenant does not have",
			Needs: append([]audit.Need{{Dataset: evidence.TenantDomains}}, users...), Check: audit.EachADUser(foreignSuffix),
		},
		{
			ID: "LIC-901", Category: "lic", Severity: audit.High, Title: "No licence with Microsoft Teams",
			Why: "The person cannot use Teams after the move.", Fix: "Assign a licence that contains Microsoft Teams.",
			Message: "{upn} holds {count} licences, none with Teams", Needs: []audit.Need{{Dataset: evidence.TenantUsers}, {Dataset: evidence.TenantSKUs}},
			Check: audit.EachTenantUser(func(p *audit.Pass, u evidence.TenantUser) {
				if len(p.Plans().Assignments(u, plans.Teams)) == 0 {
					p.Report(audit.Finding{
						Subject: audit.TenantSubject(u), Attribute: "assignedLicenses", Args: []audit.Arg{audit.Str("upn", u.UPN()), audit.Num("count", u.LicenceCount())},
					})
				}
			}),
		},
		{
			ID: "DOM-901", Category: "dom", Severity: audit.Low, Title: "Domain waits for verification", Why: "Nobody can have addresses in it.",
			Fix: "Verify the domain or remove it.", Message: "{domain} is not verified", Needs: []audit.Need{{Dataset: evidence.TenantDomains}},
			Check: audit.EachDomain(func(p *audit.Pass, d evidence.Domain) {
				if !d.Verified() {
					p.Report(audit.Finding{Subject: audit.DomainSubject(d.ID()), Args: []audit.Arg{audit.Str("domain", d.ID())}})
				}
			}),
		},
		{
			ID: "LIC-905", Category: "lic", Severity: audit.Info, Title: "Subscription is used up", Why: "Nobody else can get a licence of it.",
			Fix: "Buy licences, or take them from people who do not use them.", Message: "{used} of {units} units are used", Identity: []string{"units"},
			Needs: []audit.Need{{Dataset: evidence.TenantSKUs}},
			Check: audit.EachSKU(func(p *audit.Pass, s evidence.SKU) {
				if units := s.Enabled() + s.Warning(); s.Consumed() > units {
					p.Report(audit.Finding{
						Subject: audit.SKUSubject(s), Args: []audit.Arg{audit.Num("used", int(s.Consumed())), audit.Num("units", int(units)), audit.At("seen", p.Now())},
					})
				}
			}),
		},
		{
			ID: "HOM-905", Category: "hom", Severity: audit.High, Title: "The tenant sees the person somewhere else than the directory",
			Why: "Calls and messages go to the wrong place.", Fix: "Synchronise, then move the person again.", Message: "never reported",
			Needs: []audit.Need{{Dataset: evidence.ADUsers}, {Dataset: evidence.TenantTeamsUsers}},
			Check: audit.EachPair(func(*audit.Pass, evidence.ADObject, evidence.TenantUser) {}),
		},
		{
			ID: "DQ-901", Category: "dq", Severity: audit.Low, Title: "Two accounts with the same name", Why: "People pick the wrong one.", Fix: "Rename one.",
			Message: "never reported", Needs: users, Check: audit.EachADUser(func(*audit.Pass, evidence.ADObject) {}),
		},
		{
			ID: "SYN-901", Category: "syn", Severity: audit.High, Title: "Directory synchronisation stands still", Why: "Changes do not arrive.", Fix: "Start it.",
			Message: "never reported", Applies: func(*audit.Pass) audit.Reason { return audit.Because("noSync") }, Check: audit.Once(func(*audit.Pass) {}),
		},
	}
}

func sharedSIP(p *audit.Pass, o evidence.ADObject) {
	sip := address.NormalSIP(o.SIP())
	index := p.Owners(owners.SIPPrimary)
	if sip == "" || !index.Shared(sip) {
		return
	}
	f := audit.Finding{Subject: audit.ADSubject(o), Attribute: "msRTCSIP-PrimaryUserAddress", Value: o.SIP()}
	f.Evidence = audit.ADFacts("", o, "msRTCSIP-PrimaryUserAddress", "proxyAddresses", "whenChanged")
	var names []string
	for _, h := range owners.Others(o, index.Holders(sip)) {
		s := audit.ADSubject(h)
		names = append(names, s.Name)
		f.Related = append(f.Related, s)
		f.Evidence = append(f.Evidence, audit.HolderFacts(h, "msRTCSIP-PrimaryUserAddress")...)
	}
	f.Args = []audit.Arg{audit.Str("sip", sip), audit.List("others", names)}
	p.Report(f)
}

func foreignSuffix(p *audit.Pass, o evidence.ADObject) {
	suffix := address.Domain(o.UPN())
	if _, ok := p.Verified(strings.ToLower(suffix)); ok {
		return
	}
	f := audit.Finding{
		Subject: audit.ADSubject(o), Attribute: "userPrincipalName", Value: o.UPN(), Args: []audit.Arg{audit.Str("upn", o.UPN()), audit.Str("suffix", suffix)},
		Evidence: audit.ADFacts("", o, "userPrincipalName", "mail"),
	}
	if u, _ := p.Pairs().Tenant(o); !u.IsZero() {
		f.Related = []audit.Subject{audit.TenantSubject(u)}
		f.Evidence = append(f.Evidence, audit.TenantFacts(u.ID().String(), u, "userPrincipalName")...)
	}
	p.Report(f)
}
