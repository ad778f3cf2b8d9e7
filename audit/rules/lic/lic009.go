package lic

import (
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/plans"
	"hybridaudit/sources/evidence"
)

// LIC009 finds subscriptions that have stopped or are about to.
var LIC009 = &audit.Rule{
	ID: "LIC-009", Category: "lic", Severity: audit.Critical,
	Title: "Subscription in warning, suspended or locked state",
	Why:   "Everybody who has a licence of this subscription has lost the service already, or loses it on the day on which the time of grace ends.",
	Fix: "Settle the bill or renew the subscription in the billing pages of the admin centre. If another subscription has replaced it, assign that one to the people who still hold " +
		"the old licence and take the old one away.",
	Guards: "Low when nobody holds a licence of it, or when another enabled subscription of the tenant contains the same Teams and Skype for Business plans. Seats in the time of grace of a " +
		"subscription that is enabled are not reported.",
	Refs:     []audit.Ref{{Title: "Microsoft Graph: subscribedSku", URL: "https://learn.microsoft.com/graph/api/resources/subscribedsku"}},
	Identity: []string{"tenant"}, // tenants have the same subscriptions by skuId
	Message:  "the subscription is in the state {capability}: {consumed} seats assigned, {suspended} suspended, {lockedOut} locked out",
	Needs: []audit.Need{{Dataset: evidence.TenantSKUs, Attributes: []string{
		"skuId", "skuPartNumber", "capabilityStatus", "consumedUnits", "prepaidUnits.suspended", "prepaidUnits.lockedOut", "servicePlans",
	}}},
	Check: audit.EachSKU(func(p *audit.Pass, s evidence.SKU) {
		stopped := s.Status() != "" && !strings.EqualFold(s.Status(), "Enabled")
		if !stopped && s.Suspended() == 0 && s.LockedOut() == 0 {
			return
		}
		f := audit.Finding{Subject: audit.SKUSubject(s), Attribute: "capabilityStatus", Value: s.Status(), Evidence: units(s)}
		if s.Consumed() == 0 || replaced(p, s) {
			f.Severity = audit.Low
		}
		f.Args = []audit.Arg{
			audit.Str("capability", s.Status()), audit.Num("consumed", int(s.Consumed())), audit.Num("suspended", int(s.Suspended())), audit.Num("lockedOut", int(s.LockedOut())), audit.Str("tenant", s.Tenant()),
		}
		p.Report(f)
	}),
}

// replaced says that another enabled subscription of the tenant contains all the Teams and Skype for Business plans of this one.
func replaced(p *audit.Pass, s evidence.SKU) bool {
	own := s.ID().String()
	for other := range p.Evidence.SKUs() {
		id := other.ID().String()
		if id == own || other.Tenant() != s.Tenant() || !strings.EqualFold(other.Status(), "Enabled") {
			continue
		}
		lacks := func(g plans.Group) bool { return p.Plans().Contains(own, g) && !p.Plans().Contains(id, g) }
		if !lacks(plans.Teams) && !lacks(plans.Skype) {
			return true
		}
	}
	return false
}
