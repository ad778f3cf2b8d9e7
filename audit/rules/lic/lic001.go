package lic

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/plans"
	"hybridaudit/sources/evidence"
)

// LIC001 finds people of the on-premises system who have no licence for Teams.
var LIC001 = &audit.Rule{
	ID: "LIC-001", Category: "lic", Severity: audit.High,
	Title: "No plan that contains Teams",
	Why:   "Without a plan the person has no Teams, and Move-CsUser refuses the move with the HostedMigration fault 507 (the user must have an assigned license).",
	Fix: "Assign a licence that contains Teams, best through the group by which others of the department get theirs; the evidence lists subscriptions with free seats. Allow " +
		"30 minutes, at worst 24 hours, before the move.",
	Guards: "Only people with an enabled account who are enabled for SIP in AD are judged; rooms and other mailboxes use licences of their own. Where a licence is held whose " +
		"Teams plan is switched off, another rule speaks. Licences of the European Economic Area without Teams need the separate Teams licence.",
	Refs:    []audit.Ref{{Title: "Move users between on-premises and cloud (prerequisites)"}, {Title: "HostedMigration fault 507"}},
	Message: "no plan with Microsoft Teams; licences held: {skus}",
	Needs:   slices.Concat(needs("assignedPlans", "licenseAssignmentStates"), []audit.Need{skuNeeds(), seatNeeds()}),
	Check: audit.EachPair(func(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
		if !onPremises(p, o) || !active(p, u) || status(p, u, plans.Teams).State != "" || anyOff(p, u, plans.Teams) {
			return
		}
		f := about(p, u, o, "usageLocation")
		f.Attribute = "assignedPlans"
		f.Args = []audit.Arg{audit.List("skus", heldSKUs(p, u))}
		f.Evidence = append(f.Evidence, seats(p, u.Tenant(), plans.Teams)...)
		p.Report(f)
	}),
}
