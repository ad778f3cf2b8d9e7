package hom

import (
	"hybridaudit/audit"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// HOM001 finds SIP-enabled people who are at home nowhere.
var HOM001 = &audit.Rule{
	ID: "HOM-001", Category: "hom", Severity: audit.High,
	Title: "SIP-enabled person without a usable home",
	Why: "Nobody registers the person: no server feels responsible, Move-CsUser cannot tell in which direction to move, and the tenant may make an online " +
		"account of somebody whom the server still lists as its own.",
	Fix: "Look at the person with Get-CsUser and Get-CsOnlineUser to see which side the account belongs to. Give it a home there: Move-CsUser -Target <pool> where a " +
		"server is in use, or sipfed.online.lync.com exactly as the hosting provider has it for people online. Then run Start-ADSyncSyncCycle -PolicyType Delta.",
	Guards: "People of OCS 2007 and OCS 2007 R2 have a home server but no deployment locator; they are not reported here. Application endpoints, devices and " +
		"contacts are not judged.",
	Refs: []audit.Ref{{Title: "Get-CsUser"}, {Title: "Configure Microsoft Entra Connect for Teams and Skype for Business"}},
	Variants: []audit.Variant{
		{
			Code:    "N",
			Message: "enabled for SIP, but with neither a deployment locator nor a home server",
			Fix: "List the people concerned with Get-CsUser -UnassignedUser. Where a server is in use, give each of them a pool with Move-CsUser -Target <pool>, or " +
				"switch the account off and on again with Disable-CsUser and Enable-CsUser. Where no server is left, clear the msRTCSIP-* attributes after a pilot, " +
				"keep the sip: value in proxyAddresses, and run Start-ADSyncSyncCycle -PolicyType Delta.",
		},
		{
			Code:    "O",
			Message: "the deployment locator \"{locator}\" is neither SRV: nor the proxy of Microsoft 365",
			Fix: "Compare the value letter by letter with sipfed.online.lync.com (the proxy of your hosting provider in Get-CsHostingProvider): a trailing dot or " +
				"blank is enough to make it useless. Correct msRTCSIP-DeploymentLocator by LDIF, or repeat Move-CsUser from the management shell. If the value names " +
				"a hosting provider of your own cloud, add its host name ending to the settings of this tool. Then run Start-ADSyncSyncCycle -PolicyType Delta.",
		},
	},
	Needs:   directoryNeeds("msRTCSIP-DeploymentLocator", "msRTCSIP-PrimaryHomeServer"),
	Applies: whenSIP,
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		variant := ""
		switch {
		case enabledAt(p, o, topology.NoHome) && o.HomeServer() == "":
			variant = "N"
		case enabledAt(p, o, topology.Other):
			variant = "O"
		default:
			return
		}
		f := about(p, o, "msRTCSIP-DeploymentLocator")
		f.Variant = variant
		if variant == "O" {
			f.Args = []audit.Arg{audit.Str("locator", o.DeploymentLocator())}
		}
		p.Report(f)
	}),
}
