package top

import (
	"slices"

	"hybridaudit/audit"
)

// TOP008 finds several forests with deployments of their own.
var TOP008 = &audit.Rule{
	ID: "TOP-008", Category: "top", Severity: audit.High,
	Title: "More than one forest with Skype for Business",
	Why: "Only one deployment at a time can be in hybrid with a tenant. With a second one calls and messages between the two sides go astray, and its people cannot be moved " +
		"before the first is taken out of the hybrid.",
	Fix: "Decide on the order of the forests. Bring the people of the first one to Teams and take it out of the hybrid; keep the SIP domains of those that wait out of the " +
		"online service meanwhile (Disable-CsOnlineSipDomain), and go on with the next. Where a deployment is long gone, clean up its objects (TOP-011).",
	Guards: "A forest counts when it has pools, and as hybrid when people of it are homed online besides. Silent when the configuration says that no server is left. Several " +
		"forests of which at most one is hybrid are a fact for planning: info.",
	Refs: []audit.Ref{{Title: "Cloud consolidation for Teams and Skype for Business"}, {Title: "Plan hybrid connectivity"}},
	Variants: []audit.Variant{
		{Code: "H", Message: "there are pools and people online in this forest and in others: {others}"},
		{Code: "W", Severity: audit.Info, Message: "there are pools in this forest and in others ({others}); only one can be in hybrid with the tenant at a time"},
	},
	Needs: slices.Concat(poolNeeds(), peopleNeeds()),
	Applies: func(p *audit.Pass) audit.Reason {
		if p.Forests() < 2 {
			return audit.Because("oneForest")
		}
		return whenDeployed(p)
	},
	Check: audit.Once(func(p *audit.Pass) {
		forests := p.Topology().Forests()
		if len(forests) < 2 {
			return
		}
		h := p.Homes()
		hybrid := slices.DeleteFunc(slices.Clone(forests), func(f string) bool { return h.Online[f] == 0 })
		for _, forest := range forests {
			f := audit.Finding{Variant: "W", Subject: audit.ForestSubject(forest), Evidence: fact("pools", p.Topology().Hosts(forest))}
			among := forests
			if len(hybrid) > 1 && slices.Contains(hybrid, forest) {
				f.Variant, among = "H", hybrid
			}
			others := slices.DeleteFunc(slices.Clone(among), func(other string) bool { return other == forest })
			f.Args = []audit.Arg{audit.List("others", others)}
			for _, other := range others {
				f.Related = append(f.Related, audit.ForestSubject(other))
				f.Evidence = append(f.Evidence, audit.Fact{Of: audit.ForestSubject(other).Key, Name: "pools", Values: p.Topology().Hosts(other)})
			}
			p.Report(f)
		}
	}),
}
