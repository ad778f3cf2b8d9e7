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
	Guards: "Of what tells the tenant's side the first that says something counts: the output of Get-CsOnlineUser (OnPremHostingProvider, HostingProvider), " +
		"onPremisesSipInfo (beta; not in national clouds), the account type of the Teams configuration; output that is too old comes last. Silent while the AD object was changed within the last two " +
		"synchronisation cycles, or since the output was saved, when the tenant does not say where the person is, and for people with " +
		"an enabled Teams or Skype for Business Online plan who are on-premises in AD and online in the tenant: that graver fault has a rule of its own.",
	Refs: []audit.Ref{
		{Title: "HostedMigration fault 506"}, {Title: "Microsoft Graph: teamsUserConfiguration (accountType)"}, {Title: "Get-CsOnlineUser"},
		{Title: "Microsoft Graph: onPremisesSipInfo (beta)"},
	},
	Message: "homed at \"{locator}\" according to AD, but {tenantHome} according to the tenant ({view}: {value})",
	Needs: viewNeeds([]string{"msRTCSIP-DeploymentLocator", "whenChanged", "whenCreated"},
		[]string{"assignedPlans"}),
	Applies: whenSIP,
	Check: audit.EachPair(func(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
		if o.SIPEnabled() != evidence.True || o.DeploymentLocator() == "" {
			return
		}
		view := p.TenantHome(u)
		differ := view.Home == topology.Online && enabledAt(p, o, topology.OnPremises) || view.Home == topology.OnPremises && enabledAt(p, o, topology.Online)
		if !differ || !settled(p, o, view) || split(p, o, u) {
			return
		}
		f := aboutPair(p, o, u, "msRTCSIP-DeploymentLocator")
		f.Args = []audit.Arg{
			audit.Str("locator", o.DeploymentLocator()), audit.Str("tenantHome", view.Home.String()), audit.Str("view", view.View), audit.Str("value", view.Value),
		}
		p.Report(f)
	}),
}
