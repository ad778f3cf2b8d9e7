package hom

import (
	"iter"
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/plans"
	"hybridaudit/audit/scope"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// HOM013 counts the people on-premises who have Teams already.
var HOM013 = &audit.Rule{
	ID: "HOM-013", Category: "hom", Severity: audit.Info,
	Title: "On-premises-homed person already using Teams",
	Why: "Until they are moved these people use Teams as an island: in Teams they have no chat with Skype contacts, no contact with other organisations and no telephony, and they " +
		"must watch two clients.",
	Fix:     "Nothing is wrong. Plan the waves of the move by these counts: people who use both clients gain most from it, and those of one department should move together.",
	Guards:  "One piece of information for each pool, with the departments. Only people are counted, no rooms; people whose home server belongs to no known pool are left to HOM-003.",
	Refs:    []audit.Ref{{Title: "Plan hybrid connectivity"}, {Title: "Grant-CsTeamsUpgradePolicy"}},
	Message: "{count} people homed on {pool} have an enabled Teams plan",
	Needs: slices.Concat(
		pairNeeds([]string{"msRTCSIP-DeploymentLocator", "msRTCSIP-PrimaryHomeServer", "department"}, []string{"assignedPlans"}),
		[]audit.Need{
			{Dataset: evidence.ADPools, Attributes: []string{"objectGUID", "distinguishedName"}}, {Dataset: evidence.ADForests, Attributes: []string{"name"}},
			{Dataset: evidence.ADPools, Attributes: []string{"dNSHostName"}, Optional: true},
		},
	),
	Applies: func(p *audit.Pass) audit.Reason {
		if why := p.WithoutDeployment(); !why.IsZero() {
			return why
		}
		return whenSIP(p)
	},
	Check: audit.AllADUsers(func(p *audit.Pass, users iter.Seq[evidence.ADObject]) {
		pools := map[directory.GUID]*poolUse{}
		for o := range users {
			if p.Scope().Class(o) != scope.Person || !enabledAt(p, o, topology.OnPremises) {
				continue
			}
			pool, ok := p.Topology().Pool(o.HomeServer())
			if !ok {
				continue
			}
			if u, _ := p.Pairs().Tenant(o); u.IsZero() || !p.Plans().Of(u, plans.Teams).Enabled() {
				continue
			}
			use := pools[pool.GUID()]
			if use == nil {
				use = &poolUse{pool: pool, departments: map[string]int{}}
				pools[pool.GUID()] = use
			}
			use.count++
			use.departments[o.Department()]++
		}
		for _, use := range pools {
			s := audit.PoolSubject(use.pool)
			p.Report(audit.Finding{Subject: s, Args: []audit.Arg{audit.Str("pool", s.Name), audit.Num("count", use.count)}, Evidence: byDepartment(use.departments)})
		}
	}),
}

type poolUse struct {
	pool        evidence.Pool
	count       int
	departments map[string]int
}
