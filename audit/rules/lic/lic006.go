package lic

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// LIC006 finds accounts whose country is not known.
var LIC006 = &audit.Rule{
	ID: "LIC-006", Category: "lic", Severity: audit.High,
	Title: "usageLocation missing or not a country code",
	Why: "A licence cannot be assigned to an account without a country, or falls back to the country of the tenant. Calling plans and dial-in numbers follow the country, so a " +
		"wrong one gives the wrong numbers.",
	Fix: "Set the two-letter country code of ISO 3166 with Update-MgUser -UserId <id> -UsageLocation JP (for Japan), or let Microsoft Entra Connect fill it from an AD attribute: " +
		"msExchUsageLocation is synchronised by default.",
	Guards: "Judged are enabled accounts that hold a licence, and people enabled for SIP in AD who need one. When all licences come by groups the tenant's own country is used " +
		"instead: medium. Kosovo (XK) counts as a country.",
	Refs:    []audit.Ref{{Title: "Microsoft Entra licensing: usage location"}, {Title: "Microsoft Entra Connect Sync: attributes synchronized"}},
	Message: "usage location: {location}",
	Needs: slices.Concat(needs("usageLocation", "licenseAssignmentStates"), []audit.Need{
		{Dataset: evidence.ADUsers, Attributes: []string{"c", "msExchUsageLocation"}, Optional: true},
		{Dataset: evidence.TenantOrganization, Attributes: []string{"defaultUsageLocation"}, Optional: true},
		{Dataset: evidence.TenantSKUs, Optional: true},
	}),
	Check: audit.EachTenantUser(func(p *audit.Pass, u evidence.TenantUser) {
		if country(u.UsageLocation()) || u.Enabled() != evidence.True || p.TenantClass(u) == scope.Guest {
			return
		}
		o, _ := p.Pairs().AD(u)
		licensed := u.LicenceCount() > 0
		if !licensed && !onPremises(p, o) {
			return
		}
		f := about(p, u, o)
		if licensed && byGroupsOnly(u) {
			f.Severity = audit.Medium
		}
		f.Attribute, f.Value = "usageLocation", u.UsageLocation()
		location := u.UsageLocation()
		if location == "" {
			location = "none"
		}
		f.Args = []audit.Arg{audit.Str("location", location)}
		if !o.IsZero() {
			f.Evidence = append(f.Evidence, audit.ADFacts(o.GUID().String(), o, "c", "msExchUsageLocation")...)
		}
		for org := range p.Evidence.Organizations() {
			if d := org.DefaultUsageLocation(); d != "" {
				f.Evidence = append(f.Evidence, audit.Fact{Name: "defaultUsageLocation", Values: []string{d}})
			}
		}
		p.Report(f)
	}),
}

// byGroupsOnly says that the tenant names a group for every licence assignment.
func byGroupsOnly(u evidence.TenantUser) bool {
	groups := false
	for s := range u.LicenceStates() {
		if s.Group == "" {
			return false
		}
		groups = true
	}
	return groups
}
