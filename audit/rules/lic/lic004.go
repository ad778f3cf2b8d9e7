package lic

import (
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/plans"
	"hybridaudit/sources/evidence"
)

// LIC004 finds needed plans that are there and do not work, or soon will not.
var LIC004 = &audit.Rule{
	ID: "LIC-004", Category: "lic", Severity: audit.High,
	Title: "Plan not in a usable state",
	Why: "A plan in the state Suspended, LockedOut or Deleted gives no service. One in the state Warning works for the time of grace only: on its last day the person " +
		"loses the service.",
	Fix: "Look up the state of the subscription in the billing pages of the admin centre and renew it, or assign a licence of another subscription that contains the plan. Then " +
		"check that assignedPlans shows the plan as Enabled.",
	Guards:   "Of several entries of a plan the best one counts. A deleted entry is history unless the person still holds a licence in which the plan is switched on.",
	Refs:     []audit.Ref{{Title: "Microsoft Graph: assignedPlan", URL: "https://learn.microsoft.com/graph/api/resources/assignedplan"}},
	Message:  "{plan} is in the state {capability}",
	Identity: []string{"plan"},
	Needs: slices.Concat(needs("assignedPlans", "licenseAssignmentStates"), []audit.Need{
		skuNeeds(), deploymentNeeds(), {Dataset: evidence.TenantSKUs, Attributes: []string{"capabilityStatus"}, Optional: true},
	}),
	Check: audit.EachTenantUser(func(p *audit.Pass, u evidence.TenantUser) {
		if !active(p, u) {
			return
		}
		o, _ := p.Pairs().AD(u)
		for _, g := range neededGroups(p, u, o) {
			s := status(p, u, g)
			severity := audit.High
			switch strings.ToLower(s.State) {
			case "suspended", "lockedout", "deleted":
			case "warning":
				severity = audit.Medium
			default:
				continue
			}
			f := about(p, u, o)
			f.Severity, f.Attribute = severity, "assignedPlans"
			f.Args = []audit.Arg{plan(g), audit.Str("capability", s.State)}
			f.Evidence = append(f.Evidence, subscriptions(p, u, g)...)
			if !s.Assigned.IsZero() {
				f.Evidence = append(f.Evidence, audit.Fact{Name: "assignedDateTime", Values: []string{s.Assigned.Format(time.RFC3339)}})
			}
			p.Report(f)
		}
	}),
}

// subscriptions shows the states of the subscriptions from which the person has a plan of the group.
func subscriptions(p *audit.Pass, u evidence.TenantUser, g plans.Group) []audit.Fact {
	var states []string
	for _, a := range p.Plans().Assignments(u, g) {
		if sku, ok := p.Plans().SKU(u.Tenant(), a.SKU); ok {
			states = append(states, sku.PartNumber()+" "+sku.Status())
		}
	}
	if len(states) == 0 {
		return nil
	}
	slices.Sort(states)
	return []audit.Fact{{Name: "subscribedSkus", Values: slices.Compact(states)}}
}
