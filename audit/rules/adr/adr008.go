package adr

import (
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// ADR008 finds sign-in names whose domain cannot be used in the tenant.
var ADR008 = &audit.Rule{
	ID: "ADR-008", Category: "adr", Severity: audit.High,
	Title: "UPN suffix cannot be used for sign-in",
	Why: "The tenant replaces a sign-in name whose domain it has not verified by one at its onmicrosoft.com domain. People do not know that name, and single sign-on " +
		"fails.",
	Fix: "Add a suffix that the organisation owns in Active Directory Domains and Trusts (or Set-ADForest -UPNSuffixes @{add='domain'}), verify it in the tenant, then " +
		"change the userPrincipalName of the people to it in waves (Set-ADUser -UserPrincipalName).",
	Guards: "Only people, rooms, equipment and shared mailboxes that are expected in the tenant are judged. Names without exactly one @ are left to ADR-007. With an " +
		"alternate login ID the sign-in name is another attribute, so nothing is judged.",
	Refs: []audit.Ref{
		{Title: "Microsoft Entra UserPrincipalName population"}, {Title: "Prepare a nonroutable domain for directory synchronization"},
	},
	Variants: []audit.Variant{
		{Code: "N", Message: "{upn} ends in {suffix}, which no tenant can ever verify"},
		{
			Code: "V", Message: "{upn} ends in {suffix}, which is not a verified domain of the tenant",
			Fix: "If the organisation owns the domain, verify it in the tenant (see DOM-001). Otherwise change the userPrincipalName of the people to a verified domain in " +
				"waves (Set-ADUser -UserPrincipalName).",
			Needs: []audit.Need{{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isVerified"}}},
		},
	},
	Needs: slices.Concat(
		audit.OfADUsers("userPrincipalName", "mail", "proxyAddresses"),
		[]audit.Need{{Dataset: evidence.ADForests, Attributes: []string{"name", "uPNSuffixes"}, Optional: true}},
	),
	Applies: whenUPN,
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		upn := o.UPN()
		suffix := address.Domain(upn)
		if suffix == "" || strings.Count(upn, "@") != 1 || !p.Scope().Synchronised(o) {
			return
		}
		variant := "V"
		if !address.Routable(suffix) {
			variant = "N"
		} else if _, ok := p.Verified(suffix); ok || !p.Assessed("V") {
			return
		}
		p.Report(audit.Finding{
			Variant: variant, Subject: audit.ADSubject(o), Attribute: "userPrincipalName", Value: upn,
			Args:     []audit.Arg{audit.Str("upn", upn), audit.Str("suffix", suffix)},
			Evidence: suffixFacts(p, o, suffix),
		})
	}),
}

// suffixFacts shows how many people have the suffix and which suffixes the forest offers.
func suffixFacts(p *audit.Pass, o evidence.ADObject, suffix string) []audit.Fact {
	facts := audit.ADFacts("", o, "userPrincipalName", "mail")
	facts = append(facts, audit.Fact{Name: "objectsWithSuffix", Values: []string{strconv.Itoa(p.Domains().Of(suffix).UPN)}})
	for f := range p.Evidence.Forests() {
		if f.Name() == o.Forest() {
			if suffixes := slices.Collect(f.UPNSuffixes()); len(suffixes) > 0 {
				facts = append(facts, audit.Fact{Name: "uPNSuffixes", Values: suffixes})
			}
		}
	}
	return facts
}
