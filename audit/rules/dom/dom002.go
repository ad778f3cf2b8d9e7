package dom

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// DOM002 tells of tenants that have no domain of their own.
var DOM002 = &audit.Rule{
	ID: "DOM-002", Category: "dom", Severity: audit.Info,
	Title: "Only the initial onmicrosoft.com domain in use",
	Why: "Sign-in names and SIP addresses of the directory can never be those of the tenant, since it takes none in a domain that it does not own: nobody of the directory can be " +
		"moved as long as it is so.",
	Fix: "Add the domain of the organisation's addresses in the admin center (Settings, Domains), publish the record that it shows, and verify the domain. For a tenant that is only " +
		"for tests nothing has to be done.",
	Guards:  "Domains that Microsoft gives (onmicrosoft.com and those of the national clouds, with the routing domain of the mail) are none of one's own. Domains that are not verified are DOM-001.",
	Refs:    []audit.Ref{{Title: "KB 10133"}, {Title: "Add a domain to Microsoft 365"}},
	Message: "the tenant has no verified domain but {domains}",
	Needs: []audit.Need{
		{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isVerified", "isInitial"}},
		{Dataset: evidence.TenantOrganization, Attributes: []string{"id"}},
	},
	Check: audit.Once(func(p *audit.Pass) {
		for o := range p.Evidence.Organizations() {
			var given []string
			own := false
			for d := range p.Evidence.Domains() {
				if d.Tenant() != o.Tenant() || !d.Verified() {
					continue
				}
				if d.Initial() || fromMicrosoft(d.ID()) {
					given = append(given, address.DomainKey(d.ID()))
				} else {
					own = true
				}
			}
			if own || len(given) == 0 {
				continue
			}
			slices.Sort(given)
			p.Report(audit.Finding{Subject: audit.TenantItself(o), Args: []audit.Arg{audit.List("domains", given)}, Evidence: []audit.Fact{{Name: "domains", Values: given}}})
		}
	}),
}

// fromMicrosoft says that a domain is one that every tenant is given.
func fromMicrosoft(domain string) bool {
	domain = address.DomainKey(domain)
	for _, suffix := range []string{".onmicrosoft.com", ".onmicrosoft.us", ".onmschina.cn"} {
		if strings.HasSuffix(domain, suffix) {
			return true
		}
	}
	return false
}
