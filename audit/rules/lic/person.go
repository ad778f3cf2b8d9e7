// Package lic holds the rules about licences and subscriptions.
package lic

import (
	"slices"
	"strconv"
	"time"

	"hybridaudit/audit"
	pairing "hybridaudit/audit/join"
	"hybridaudit/audit/plans"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// provisioning is how long the service may take to make use of a newly assigned plan.
const provisioning = 24 * time.Hour

// needs are the tenant's users with the properties given, and the directory users that they are: who is a person, a room or nobody's account, and what a
// person needs, is known from there.
func needs(properties ...string) []audit.Need {
	return []audit.Need{
		{Dataset: evidence.TenantUsers, Attributes: slices.Concat(pairing.TenantAttributes(), scope.TenantAttributes(), []string{"accountEnabled", "assignedLicenses"}, properties)},
		{Dataset: evidence.ADUsers, Attributes: slices.Concat(scope.Attributes(), pairing.ADAttributes())},
		{Dataset: evidence.TenantTeamsUsers, Attributes: []string{"id", "accountType"}, Optional: true},
	}
}

// skuNeeds are the subscriptions with their plans and seats.
func skuNeeds() audit.Need {
	return audit.Need{Dataset: evidence.TenantSKUs, Attributes: []string{"skuId", "skuPartNumber", "servicePlans"}}
}

// deploymentNeeds say whether there is a deployment on-premises, for which people need a second plan.
func deploymentNeeds() audit.Need {
	return audit.Need{Dataset: evidence.ADPools, Attributes: []string{"distinguishedName"}}
}

// seatNeeds let findings name the subscriptions that could help.
func seatNeeds() audit.Need {
	return audit.Need{Dataset: evidence.TenantSKUs, Attributes: []string{"consumedUnits", "prepaidUnits.enabled", "prepaidUnits.warning", "capabilityStatus"}, Optional: true}
}

// active says that a tenant user is an enabled account of a person of the organisation, as far as the tenant knows.
func active(p *audit.Pass, u evidence.TenantUser) bool {
	return u.Enabled() == evidence.True && p.TenantClass(u) == scope.Member
}

// onPremises says that a tenant user is a person who is enabled for SIP in AD.
func onPremises(p *audit.Pass, o evidence.ADObject) bool {
	return !o.IsZero() && o.SIPEnabled() == evidence.True && p.Scope().Class(o) == scope.Person
}

// neededGroups lists what an active person needs: Teams, and during the move of those who are enabled for SIP in AD also the Skype for Business Online
// plan. It is empty for those who are not judged: accounts of rooms and the like, and people who have neither a SIP account in AD nor any licence.
func neededGroups(p *audit.Pass, u evidence.TenantUser, o evidence.ADObject) []plans.Group {
	switch {
	case onPremises(p, o) && p.Topology().Present():
		return []plans.Group{plans.Teams, plans.Skype}
	case onPremises(p, o), u.LicenceCount() > 0 && (o.IsZero() || p.Scope().Class(o) == scope.Person):
		return []plans.Group{plans.Teams}
	}
	return nil
}

// status is the best state of the person's plans of a group. A deleted plan is the trace of a licence that is gone, unless the person still holds a licence
// with it: then the zero value is given, as for somebody who never had one.
func status(p *audit.Pass, u evidence.TenantUser, g plans.Group) plans.Status {
	s := p.Plans().Of(u, g)
	if s.Deleted() && !slices.ContainsFunc(p.Plans().Assignments(u, g), func(a plans.Assignment) bool { return !a.Off }) {
		return plans.Status{}
	}
	return s
}

// anyOff says that one of the person's licences contains a plan of the group that is switched off.
func anyOff(p *audit.Pass, u evidence.TenantUser, g plans.Group) bool {
	return slices.ContainsFunc(p.Plans().Assignments(u, g), func(a plans.Assignment) bool { return a.Off })
}

// about starts a finding on a tenant user, with the directory user as related where there is one.
func about(p *audit.Pass, u evidence.TenantUser, o evidence.ADObject, properties ...string) audit.Finding {
	f := audit.Finding{
		Subject:  audit.TenantSubject(u),
		Evidence: append(audit.TenantFacts("", u, append([]string{"userPrincipalName"}, properties...)...), p.LicenceFacts("", u, plans.Teams, plans.Skype)...),
	}
	if !o.IsZero() {
		s := audit.ADSubject(o)
		f.Related = []audit.Subject{s}
		f.Evidence = append(f.Evidence, audit.ADFacts(s.Key, o, "msRTCSIP-UserEnabled", "msRTCSIP-DeploymentLocator", "userAccountControl")...)
	}
	return f
}

// heldSKUs lists the licences held for a message; "none" stands for an empty list.
func heldSKUs(p *audit.Pass, u evidence.TenantUser) []string {
	if skus := p.HeldSKUs(u); len(skus) > 0 {
		return skus
	}
	return []string{"none"}
}

// seats shows how many seats are free of the tenant's subscriptions that contain the plan.
func seats(p *audit.Pass, tenant string, g plans.Group) []audit.Fact {
	var values []string
	for _, s := range p.Plans().Seats(tenant, g) {
		values = append(values, s.SKU+" "+strconv.Itoa(s.Free))
	}
	if len(values) == 0 {
		return nil
	}
	return []audit.Fact{{Name: "freeSeats", Values: values}}
}

// plan is the argument that names a group of plans.
func plan(g plans.Group) audit.Arg { return audit.Str("plan", string(g)) }
