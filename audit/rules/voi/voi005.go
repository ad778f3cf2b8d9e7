package voi

import (
	"slices"
	"strconv"

	"hybridaudit/audit"
	"hybridaudit/audit/plans"
	"hybridaudit/audit/scope"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// VOI005 finds people who telephone on the server and have no licence to do so in Teams.
var VOI005 = &audit.Rule{
	ID: "VOI-005", Category: "voi", Severity: audit.High,
	Title: "Voice user without a Phone System plan",
	Why:   "Move-CsUser refuses to move a person with enterprise voice who has no Phone System plan; with -BypassEnterpriseVoiceCheck the person arrives in Teams without telephony.",
	Fix: "Assign a licence that contains Phone System (Teams Phone), best through the group by which others get theirs; the evidence lists subscriptions with free seats. If the plan is " +
		"switched off inside a licence that is held, switch it on. Or decide that the person moves without a number, and take enterprise voice away before (Set-CsUser " +
		"-EnterpriseVoiceEnabled $false).",
	Guards: "Judged are people homed on-premises who are enabled for SIP and enterprise voice, with enabled accounts on both sides. Rooms, common area phones, analogue devices and response " +
		"groups use other licences and are left out. A plan in its time of grace is medium.",
	Refs:    []audit.Ref{{Title: "Move-CsUser"}, {Title: "Move users between on-premises and cloud (prerequisites)"}},
	Message: "enabled for enterprise voice on-premises, Phone System: {phoneSystem}; licences held: {skus}",
	Needs: slices.Concat(
		pairNeeds([]string{"msRTCSIP-OptionFlags", "msRTCSIP-DeploymentLocator"}, append(scope.TenantAttributes(), "accountEnabled", "assignedLicenses")),
		[]audit.Need{
			{Dataset: evidence.ADPools, Attributes: []string{"distinguishedName"}},
			{Dataset: evidence.TenantTeamsUsers, Attributes: []string{"id", "accountType"}, Optional: true},
			{Dataset: evidence.TenantUsers, Attributes: []string{"licenseAssignmentStates"}, Optional: true},
			{Dataset: evidence.TenantSKUs, Attributes: []string{"skuId", "skuPartNumber", "servicePlans", "consumedUnits", "prepaidUnits.enabled", "prepaidUnits.warning"}, Optional: true},
		},
	),
	Applies: func(p *audit.Pass) audit.Reason {
		if why := p.WithoutDeployment(); !why.IsZero() {
			return why
		}
		return p.WithoutSIP()
	},
	Check: audit.EachPair(func(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
		if !enabledVoice(o) || p.Topology().Home(o) != topology.OnPremises || !human(p, o) || p.Scope().Class(o) == scope.Person && o.Disabled() ||
			u.Enabled() != evidence.True || p.TenantClass(u) != scope.Member {
			return
		}
		status := p.Plans().Of(u, plans.Phone)
		if status.Enabled() {
			return
		}
		f := pair(o, u, "msRTCSIP-OptionFlags", o.Attribute("msRTCSIP-OptionFlags")[0])
		if status.Usable() {
			f.Severity = audit.Medium
		}
		skus := p.HeldSKUs(u)
		if len(skus) == 0 {
			skus = []string{"none"}
		}
		f.Args = []audit.Arg{audit.Str("phoneSystem", phoneSystem(p, u, status)), audit.List("skus", skus)}
		f.Evidence = slices.Concat(f.Evidence, p.LicenceFacts(u.ID().String(), u, plans.Phone), freeSeats(p, u.Tenant()))
		p.Report(f)
	}),
}

// phoneSystem says what there is of the plan: its state, off inside a licence, or nothing.
func phoneSystem(p *audit.Pass, u evidence.TenantUser, status plans.Status) string {
	switch _, off := p.Plans().SwitchedOff(u, plans.Phone); {
	case off:
		return "off"
	case status.State == "" || status.Deleted():
		return "none"
	}
	return status.State
}

// freeSeats lists the seats of a tenant's subscriptions with Phone System that nobody holds.
func freeSeats(p *audit.Pass, tenant string) []audit.Fact {
	var values []string
	for _, s := range p.Plans().Seats(tenant, plans.Phone) {
		values = append(values, s.SKU+" "+strconv.Itoa(s.Free))
	}
	if len(values) == 0 {
		return nil
	}
	return []audit.Fact{{Name: "freeSeats", Values: values}}
}
