package join

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// JOIN006 finds people who must sign in to the tenant under another name than their AD name.
var JOIN006 = &audit.Rule{
	ID: "JOIN-006", Category: "join", Severity: audit.High,
	Title: "Tenant sign-in name differs from the AD UPN",
	Why: "The person types the name that AD knows and is told that the user name, password or domain appears to be incorrect. Federated sign-in breaks, since both sides " +
		"look for different names.",
	Fix: "Decide under which name the person is to sign in, make userPrincipalName in AD and in the tenant the same, and run Start-ADSyncSyncCycle -PolicyType Delta. Tell " +
		"the person which name to use until then.",
	Guards: "Not judged when the configuration says that people sign in with an alternate login ID. Letter case makes no difference. Silent while the AD object was " +
		"changed within the last two synchronisation cycles, and when the tenant fell back to an onmicrosoft.com name because the AD suffix is not verified: " +
		"ADR-008 names that cause.",
	Refs: []audit.Ref{
		{Title: "Microsoft Entra UserPrincipalName population"}, {Title: "Identity synchronization and duplicate attribute resiliency"}, {Title: "KB 2541980"},
	},
	Variants: []audit.Variant{
		{
			Code:    "D",
			Message: "signs in as {tenantUPN}, but AD has {upn}",
			Fix: "Find out which name is meant to be used. Correct userPrincipalName in AD or change the name in the tenant with Update-MgUser -UserId <id> " +
				"-UserPrincipalName <name>, run Start-ADSyncSyncCycle -PolicyType Delta, and look for an export error if the difference stays.",
		},
		{
			Code:    "F",
			Message: "signs in as {tenantUPN} although the domain of {upn} is verified",
			Fix: "The tenant calculates the name again only when the AD value changes: set userPrincipalName to another suffix, run Start-ADSyncSyncCycle -PolicyType Delta, " +
				"set it back and run it again. Or set the name in the tenant with Update-MgUser -UserId <id> -UserPrincipalName <name>.",
		},
		{
			Code:    "Q",
			Message: "the UPN {upn} is quarantined as a duplicate: the tenant signs the person in as {tenantUPN}",
			Fix: "Find the other holder of the name (another AD object, or an account in the tenant, also a deleted one) and give it another name or delete it. The tenant " +
				"restores the right name by itself within about an hour.",
		},
		{
			Code:    "V",
			Message: "signs in as {tenantUPN}; the suffix of {upn} is not a verified domain of the tenant",
			Fix: "Verify the domain in the tenant, or give the person a user principal name in a verified domain (Set-ADUser -UserPrincipalName), and run " +
				"Start-ADSyncSyncCycle -PolicyType Delta. Tell the person which name to use.",
		},
	},
	Needs: slices.Concat(
		needs([]string{"whenChanged"}, nil),
		[]audit.Need{
			verifiedNeeds("isInitial"),
			{Dataset: evidence.TenantDomains, Attributes: []string{"authenticationType"}, Optional: true},
			{Dataset: evidence.TenantUsers, Attributes: []string{"onPremisesUserPrincipalName"}, Optional: true},
		},
	),
	Applies: func(p *audit.Pass) audit.Reason {
		if p.Settings.AlternateLoginID {
			return audit.Because("alternateLoginID")
		}
		return audit.Reason{}
	},
	Check: audit.EachPair(func(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
		if o.UPN() == "" || u.UPN() == "" || address.Fold(o.UPN()) == address.Fold(u.UPN()) || !p.Settled(o) {
			return
		}
		variant := nameVariant(p, o.UPN(), u.UPN())
		if variant == "" {
			return
		}
		f := pair(o, u, []string{"userPrincipalName", "whenChanged"}, []string{"userPrincipalName", "onPremisesUserPrincipalName", "onPremisesSyncEnabled"})
		f.Variant, f.Attribute, f.Value = variant, "userPrincipalName", o.UPN()
		f.Args = []audit.Arg{audit.Str("upn", o.UPN()), audit.Str("tenantUPN", u.UPN())}
		if d, ok := p.Verified(address.Domain(o.UPN())); ok && d.Authentication() != "" {
			f.Evidence = append(f.Evidence, audit.Fact{Name: "authenticationType", Values: []string{d.Authentication()}})
		}
		p.Report(f)
	}),
}

// nameVariant gives the first variant that fits two different names, "" when ADR-008 speaks for the object.
func nameVariant(p *audit.Pass, upn, tenantUPN string) string {
	initial := atInitialDomain(p, tenantUPN)
	switch {
	case initial && quarantined(upn, tenantUPN):
		return "Q"
	case initial && verified(p, upn):
		return "F"
	case initial:
		return ""
	case address.Domain(upn) != "" && !verified(p, upn):
		return "V"
	}
	return "D"
}

// atInitialDomain says that a name is at the domain that came with the tenant.
func atInitialDomain(p *audit.Pass, upn string) bool {
	domain := address.Domain(upn)
	d, ok := p.Verified(domain)
	return ok && d.Initial() || strings.HasSuffix(domain, ".onmicrosoft.com")
}

// quarantined says that the tenant's name is what it makes of a duplicate: the name with four digits behind it.
func quarantined(upn, tenantUPN string) bool {
	name, _, _ := strings.Cut(address.Fold(upn), "@")
	tenantName, _, _ := strings.Cut(address.Fold(tenantUPN), "@")
	digits, ok := strings.CutPrefix(tenantName, name)
	return ok && name != "" && len(digits) == 4 && strings.Trim(digits, "0123456789") == ""
}
