package hom

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// HOM002 finds people who are marked as homed on-premises where no server is left.
var HOM002 = &audit.Rule{
	ID: "HOM-002", Category: "hom", Severity: audit.Critical,
	Title: "Person marked as homed on-premises although there is no on-premises deployment",
	Why: "Teams believes the mark and treats the person as one of a server that does not exist: the mode TeamsOnly cannot be granted, there are no calls and chats " +
		"with Skype contacts and other organisations, and no Phone System. Values carried over from a retired server clash with those in the tenant.",
	Fix: "Find out whether the server still exists somewhere; if so, move its people properly with Move-CsUser. If it is gone for good, choose a few people for a " +
		"pilot: note their number, SIP address and user principal name, clear the msRTCSIP-* attributes including msRTCSIP-DeploymentLocator, put the sip: value " +
		"back into proxyAddresses, run Start-ADSyncSyncCycle -PolicyType Delta, and wait until Get-CsOnlineUser shows no UserValidationErrors. People with a phone " +
		"number lose calls until the number is assigned again. Do not simply write sipfed.online.lync.com into the attribute: contacts and meetings do not move that way.",
	Guards: "When the pools in the configuration partition could not be read completely, the rule is not assessed.",
	Refs: []audit.Ref{
		{Title: "Decide how to manage attributes after decommissioning (Method 2)"}, {Title: "Grant-CsTeamsUpgradePolicy"},
	},
	Message: "homed on-premises ({locator}), but the forest {forest} has no Skype for Business Server",
	Needs: slices.Concat(directoryNeeds("msRTCSIP-DeploymentLocator"), []audit.Need{
		{Dataset: evidence.ADPools, Attributes: []string{"distinguishedName"}, Whole: true},
		{Dataset: evidence.ADForests, Attributes: []string{"name"}},
		{Dataset: evidence.ADForests, Attributes: []string{"rtcService"}, Optional: true},
	}),
	Applies: whenSIP,
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		if !enabledAt(p, o, topology.OnPremises) || p.Topology().In(o.Forest()) {
			return
		}
		f := about(p, o, "msRTCSIP-DeploymentLocator")
		f.Args = []audit.Arg{audit.Str("locator", o.DeploymentLocator()), audit.Str("forest", o.Forest())}
		for forest := range p.Evidence.Forests() {
			if forest.Name() == o.Forest() && forest.RTCService() != "" {
				f.Evidence = append(f.Evidence, audit.Fact{Name: "rtcService", Values: []string{forest.RTCService()}})
			}
		}
		p.Report(f)
	}),
}
