package hom

import (
	"hybridaudit/audit"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// HOM005 finds people of whom AD and the tenant have different opinions about their home.
var HOM005 = &audit.Rule{
	ID: "HOM-005", Category: "hom", Severity: audit.High,
	Title: "AD and tenant disagree about where the person is homed",
	Why:   "Calls and messages go to the side where the person is not, people are shown as moved who are not, and Move-CsUser ends with the HostedMigration fault 506.",
	Fix: "Check that directory synchronisation runs and takes the msRTCSIP-* attributes along (refresh the directory schema in Microsoft Entra Connect if Skype for " +
		"Business was installed after it). Run Start-ADSyncSyncCycle -PolicyType Delta and look again after about 15 minutes, with Get-CsUser on the server side and " +
		"Get-CsOnlineUser on the tenant's. If the two still differ, repeat Move-CsUser for the person.",
	Guards: "Silent while the AD object was changed within the last two synchronisation cycles, when the tenant does not say where the person is, and for people with " +
		"an enabled Teams or Skype for Business Online plan who are on-premises in AD and online in the tenant: that graver fault has a rule of its own.",
	Refs: []audit.Ref{
		{Title: "HostedMigration fault 506"}, {Title: "Microsoft Graph: teamsUserConfiguration (accountType)"},
	},
	Message: "homed at \"{locator}\" according to AD, but the tenant counts the account as {accountType}",
	Needs: pairNeeds([]string{"msRTCSIP-DeploymentLocator", "whenChanged", "whenCreated"},
		[]string{"assignedPlans"}),
	Applies: whenSIP,
	Check: audit.EachPair(func(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
		tenant := tenantHome(p, u)
		differ := tenant == topology.Online && enabledAt(p, o, topology.OnPremises) || tenant == topology.OnPremises && enabledAt(p, o, topology.Online)
		if !differ || !p.Settled(o) || split(p, o, u) {
			return
		}
		f := about(p, o, "msRTCSIP-DeploymentLocator")
		f.Args = []audit.Arg{audit.Str("locator", o.DeploymentLocator()), audit.Str("accountType", p.Teams(u).AccountType())}
		p.Report(f)
	}),
}
