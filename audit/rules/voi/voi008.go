package voi

import (
	"iter"
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// VOI008 counts the people online whose number is still mastered in AD.
var VOI008 = &audit.Rule{
	ID: "VOI-008", Category: "voi", Severity: audit.Info,
	Title: "Number still mastered on-premises for a person already online",
	Why:   "Online tools refuse to change such a number: it has to be changed in AD for ever, or the attribute has to be cleared deliberately. That is work to plan before the last server goes.",
	Fix: "Nothing is wrong. Decide with which of Microsoft's two methods the deployment is decommissioned: keep the attributes and manage them in AD, or clear msRTCSIP-Line and the other " +
		"attributes of the people, synchronise, and assign the number online (Set-CsPhoneNumberAssignment). Tenants can also take numbers over by themselves when they are assigned online, " +
		"unless Set-CsPhoneNumberTenantConfiguration -AllowOnPremToOnlineMigration $false forbids it.",
	Guards:  "One piece of information for each forest. Numbers that the tenant says are mastered online are not counted. Numbers in the wrong form are counted too: they have to be dealt with.",
	Refs:    []audit.Ref{{Title: "Decommission the on-premises environment: manage attributes"}, {Title: "Set-CsPhoneNumberTenantConfiguration"}},
	Message: "people homed online whose number is mastered on-premises: {count} ({names})",
	Needs: slices.Concat(
		audit.OfADUsers("msRTCSIP-Line", "msRTCSIP-DeploymentLocator"),
		audit.Better(audit.OfADUsers("msRTCSIP-PrimaryUserAddress")),
		[]audit.Need{{Dataset: evidence.TenantNumbers, Attributes: []string{"telephoneNumber", "numberSource", "assignmentTargetId"}, Optional: true}},
	),
	Applies: (*audit.Pass).WithoutNumbers,
	Check: audit.AllADUsers(func(p *audit.Pass, users iter.Seq[evidence.ADObject]) {
		forests := map[string][]evidence.ADObject{}
		for o := range users {
			if o.Line() == "" || o.SIPEnabled() != evidence.True || p.Topology().Home(o) != topology.Online || !telephones(p, o) || masteredOnline(p, o) {
				continue
			}
			forests[o.Forest()] = append(forests[o.Forest()], o)
		}
		for forest, people := range forests {
			names, facts := audit.Listed(people)
			p.Report(audit.Finding{
				Subject: audit.ForestSubject(forest), Evidence: facts, Args: []audit.Arg{audit.Num("count", len(people)), audit.List("names", names)},
			})
		}
	}),
}

// masteredOnline says that the tenant names itself as the master of the person's number.
func masteredOnline(p *audit.Pass, o evidence.ADObject) bool {
	n, ok := usableLine(o)
	if !ok {
		return false
	}
	u, _ := p.Pairs().Tenant(o)
	return !u.IsZero() && slices.ContainsFunc(p.Numbers().Of(u), func(h audit.HeldNumber) bool { return h.Number.Digits == n.Digits && h.Online() })
}
