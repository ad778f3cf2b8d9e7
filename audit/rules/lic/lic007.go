package lic

import (
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// LIC007 finds licences that the tenant tried to assign and could not.
var LIC007 = &audit.Rule{
	ID: "LIC-007", Category: "lic", Severity: audit.High,
	Title: "Licence assignment failed",
	Why:   "The group says that the person has the licence, and the person has it not, or not all of it. Nobody is told.",
	Fix: "Act on the error: CountViolation: buy seats or free some. MutuallyExclusiveViolation and UniquenessViolation: take away the licence whose plan clashes, or switch that " +
		"plan off. DependencyViolation: switch on the plan that this one needs. ProhibitedInUsageLocationViolation: correct usageLocation. Then let the tenant try again " +
		"(Invoke-MgLicenseUser, or \"Reprocess\" in the licences of the group).",
	Guards:   "Guests are not judged.",
	Refs:     []audit.Ref{{Title: "Microsoft Graph: licenseAssignmentState", URL: "https://learn.microsoft.com/graph/api/resources/licenseassignmentstate"}},
	Message:  "the assignment of {sku} failed: {fault}; assigned by: {via}",
	Identity: []string{"skuId", "via"},
	Needs: []audit.Need{
		{Dataset: evidence.TenantUsers, Attributes: []string{"userPrincipalName", "userType", "licenseAssignmentStates"}, PartOK: true},
		{Dataset: evidence.TenantUsers, Attributes: []string{"assignedLicenses", "assignedPlans", "usageLocation"}, Optional: true},
		{Dataset: evidence.TenantSKUs, Attributes: []string{"skuId", "skuPartNumber"}, Optional: true},
	},
	Check: audit.EachTenantUser(func(p *audit.Pass, u evidence.TenantUser) {
		var done []string
		for s := range u.LicenceStates() {
			if !strings.EqualFold(s.State, "Error") && !strings.EqualFold(s.State, "ActiveWithError") {
				continue
			}
			key := strings.ToLower(s.SKU + " " + s.Group)
			if slices.Contains(done, key) || p.TenantClass(u) == scope.Guest {
				continue
			}
			done = append(done, key)
			fault := s.Error
			if fault == "" || strings.EqualFold(fault, "None") {
				fault = s.State
			}
			o, _ := p.Pairs().AD(u)
			f := about(p, u, o, "usageLocation")
			f.Attribute = "licenseAssignmentStates"
			f.Args = []audit.Arg{
				audit.Str("skuId", strings.ToLower(s.SKU)), audit.Str("sku", p.Plans().SKUName(s.SKU)), audit.Str("fault", fault), audit.Str("via", way(s.Group)),
			}
			shown := strings.Join([]string{p.Plans().SKUName(s.SKU), s.State, s.Error}, " ")
			if !s.Updated.IsZero() {
				shown += " " + s.Updated.Format(time.RFC3339)
			}
			f.Evidence = append(f.Evidence, audit.Fact{Name: "licenseAssignmentStates", Values: []string{shown}})
			p.Report(f)
		}
	}),
}
