package hom

import (
	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// HOM006 finds people on-premises whom the tenant has provisioned online.
var HOM006 = &audit.Rule{
	ID: "HOM-006", Category: "hom", Severity: audit.Critical,
	Title: "On-premises SIP attributes of this person do not reach the tenant",
	Why: "The tenant knows nothing of the home on the server and has made an online account for the same address. The person has two identities: messages and calls " +
		"arrive at either of them, and federation with other organisations fails.",
	Fix: "In Microsoft Entra Connect choose \"Refresh directory schema\" if the schema of Skype for Business came later than Entra Connect, and restore the standard " +
		"synchronisation rules; at least msRTCSIP-PrimaryUserAddress, msRTCSIP-DeploymentLocator and msRTCSIP-UserEnabled must flow, for telephony also " +
		"msRTCSIP-Line, msRTCSIP-OptionFlags and msRTCSIP-OwnerUrn. Then run a full synchronisation (Start-ADSyncSyncCycle -PolicyType Initial) and look again. In an " +
		"emergency Disable-CsOnlineSipDomain stops the provisioning of a whole domain; never use it for a domain that has people online already, since it takes " +
		"their addresses, contacts and meetings.",
	Guards: "Silent while the AD object was created or changed within the last two synchronisation cycles, and for accounts that are not synchronised.",
	Refs: []audit.Ref{
		{Title: "Configure Microsoft Entra Connect for Teams and Skype for Business"}, {Title: "HostedMigration fault 506"}, {Title: "Disable-CsOnlineSipDomain"},
	},
	Message: "homed on-premises ({locator}), but the tenant has made an online account for {sip}",
	Needs:   viewNeeds([]string{"msRTCSIP-DeploymentLocator", "whenChanged", "whenCreated"}, []string{"assignedPlans"}),
	Applies: whenSIP,
	Check: audit.EachPair(func(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
		if !split(p, o, u) {
			return
		}
		sip := o.SIP()
		if sip == "" {
			sip = o.UPN()
		}
		f := aboutPair(p, o, u, "msRTCSIP-DeploymentLocator")
		f.Args = []audit.Arg{audit.Str("locator", o.DeploymentLocator()), audit.Str("sip", sip)}
		p.Report(f)
	}),
}
