package lic

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// LIC003 finds needed plans that are switched off in every licence that contains them.
var LIC003 = &audit.Rule{
	ID: "LIC-003", Category: "lic", Severity: audit.High,
	Title: "Needed plan switched off inside the SKU",
	Why:   "The licence is paid for, but for the person it is as if it were not there: no sign-in to the service, and no move. Mostly it is left from a rollout in stages.",
	Fix: "Take the plan out of the list of disabled plans where the evidence says that the licence is assigned: in the licences of that group (Set-MgGroupLicense), or in the " +
		"person's direct assignment (Set-MgUserLicense). Allow 30 minutes, at worst 24 hours.",
	Guards:   "Silent when any assignment leaves the plan on, or any other licence of the person gives another plan of the same kind.",
	Refs:     []audit.Ref{{Title: "Microsoft Graph: licenseAssignmentState", URL: "https://learn.microsoft.com/graph/api/resources/licenseassignmentstate"}},
	Message:  "{plan} is switched off in {skus}",
	Identity: []string{"plan"},
	Needs:    slices.Concat(needs("assignedPlans", "licenseAssignmentStates"), []audit.Need{skuNeeds(), deploymentNeeds()}),
	Check: audit.EachTenantUser(func(p *audit.Pass, u evidence.TenantUser) {
		if !active(p, u) {
			return
		}
		o, _ := p.Pairs().AD(u)
		for _, g := range neededGroups(p, u, o) {
			assignments, off := p.Plans().SwitchedOff(u, g)
			if !off {
				continue
			}
			var skus, ways []string
			for _, a := range assignments {
				name := p.Plans().SKUName(a.SKU)
				skus = append(skus, name)
				ways = append(ways, name+" "+way(a.Group))
			}
			slices.Sort(skus)
			slices.Sort(ways)
			f := about(p, u, o)
			f.Attribute = "licenseAssignmentStates"
			f.Args = []audit.Arg{plan(g), audit.List("skus", slices.Compact(skus))}
			f.Evidence = append(f.Evidence, audit.Fact{Name: "licenseAssignmentStates", Values: ways})
			p.Report(f)
		}
	}),
}

// way names how a licence was assigned: the id of the group, or "direct".
func way(group string) string {
	if group == "" {
		return "direct"
	}
	return group
}
