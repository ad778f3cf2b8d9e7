package voi

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/owners"
	"hybridaudit/audit/phone"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// VOI007 finds people whose number in Teams is not their number in AD.
var VOI007 = &audit.Rule{
	ID: "VOI-007", Category: "voi", Severity: audit.Medium,
	Title: "Number in AD and number in Teams differ for the same person",
	Why: "Only one of the two can be right. The number in AD overwrites the other one with the next change that is synchronised, or it never arrives, and the person is called at a number " +
		"that nobody expects.",
	Fix: "Decide where the number is mastered. In AD: set msRTCSIP-Line to the right number (Set-CsUser -LineUri where a server is left) and run Start-ADSyncSyncCycle -PolicyType Delta. " +
		"Online: clear msRTCSIP-Line, synchronise, then Set-CsPhoneNumberAssignment -Identity <name> -PhoneNumber <number> -PhoneNumberType <type>. Somebody who has no number in Teams " +
		"also needs an enabled Phone System plan.",
	Guards: "Private and alternate numbers are no difference, nor is an extension that the tenant does not show. Silent while the AD object was changed within the last two synchronisation cycles, " +
		"for numbers in the wrong form (VOI-001), where somebody else has the number in AD (VOI-002, VOI-003) or in the tenant (VOI-006), and where the tenant counts the person as " +
		"homed on-premises (HOM-005). That there is no number in Teams is reported only for people homed online with enterprise voice, and only where all numbers of people in " +
		"their tenant were read.",
	Refs: []audit.Ref{
		{Title: "Decommission the on-premises environment: manage attributes"}, {Title: "Set-CsPhoneNumberAssignment (notes)"}, {Title: "Microsoft Graph: teamsUserConfiguration (telephoneNumbers)"},
	},
	Message: "AD has the number {number}; in Teams: {teamsNumbers}",
	Needs: slices.Concat(
		pairNeeds(append(owners.PersonAttributes(), "msRTCSIP-Line", "msRTCSIP-OptionFlags", "msRTCSIP-DeploymentLocator", "whenChanged"), nil), audit.NumberNeeds(),
		audit.Better([]audit.Need{
			{Dataset: evidence.ADContacts, Attributes: []string{"msRTCSIP-Line", "msRTCSIP-PrivateLine"}},
			{Dataset: evidence.TenantTeamsUsers, Attributes: []string{"accountType"}}, {Dataset: evidence.TenantSIPInfo}, {Dataset: evidence.TeamsOnlineUsers},
		}),
	),
	Applies: (*audit.Pass).WithoutNumbers,
	Check: audit.EachPair(func(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
		n, ok := usableLine(o)
		if !ok || o.SIPEnabled() != evidence.True || !telephones(p, o) || !p.Settled(o) {
			return
		}
		var numbers []string
		var shown []audit.Fact
		for _, h := range p.Numbers().Of(u) {
			if agrees(n, h) {
				return
			}
			shown = append(shown, h.Facts(u.ID().String())...)
			if h.Primary() {
				numbers = append(numbers, h.Number.String())
			}
		}
		online := p.Topology().Home(o) == topology.Online
		if len(numbers) == 0 {
			if !online || !enabledVoice(o) || !p.NumbersRead(u.Tenant()) {
				return
			}
			numbers = []string{"none"}
		}
		if online && elsewhere(p, u) || contested(p, o, n) || len(takers(p, o, u, n)) > 0 {
			return
		}
		slices.Sort(numbers)
		f := pair(o, u, "msRTCSIP-Line", o.Line())
		f.Args = []audit.Arg{audit.Str("number", n.String()), audit.List("teamsNumbers", slices.Compact(numbers))}
		f.Evidence = append(f.Evidence, shown...)
		p.Report(f)
	}),
}

// agrees says that a number of the tenant is the one in AD. An extension that the tenant does not show is no difference.
func agrees(n phone.Number, h audit.HeldNumber) bool {
	return n.Digits == h.Number.Digits && (n.Ext == h.Number.Ext || h.Number.Ext == "")
}
