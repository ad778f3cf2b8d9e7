package top

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// TOP010 finds tenants without servers whose people still start in a mode with Skype for Business.
var TOP010 = &audit.Rule{
	ID: "TOP-010", Category: "top", Severity: audit.Medium,
	Title: "Tenant default mode not Teams Only although nobody is on-premises",
	Why: "People without a policy of their own keep the behaviour of Skype for Business: chats and calls may go to a client that nobody opens. New accounts are Teams Only anyway, since " +
		"Skype for Business Online is gone, so that the organisation behaves in two ways.",
	Fix: "Make sure that the DNS records of all domains point to Microsoft 365, since the tenant refuses the step otherwise. Then in the MicrosoftTeams module: " +
		"Grant-CsTeamsUpgradePolicy -PolicyName UpgradeToTeams -Global.",
	Guards: "Judged in tenants whose forests have nobody homed on-premises. Policies of single people are not looked at.",
	Refs: []audit.Ref{
		{Title: "Disable your hybrid configuration to complete migration to Teams"}, {Title: "Grant-CsTeamsUpgradePolicy"},
		{Title: "Skype for Business Online retirement: guidance for on-premises organisations"},
	},
	Message: "nobody is homed on-premises, but the mode of the organisation is {mode}",
	Needs: slices.Concat(audit.Whole(settingsNeeds()), []audit.Need{
		{Dataset: evidence.TeamsPolicies, Attributes: []string{"Identity", "Mode"}},
	}),
	Applies: func(p *audit.Pass) audit.Reason {
		some := false
		for o := range p.Evidence.Organizations() {
			if !emptied(p, o) {
				continue
			}
			some = true
			if e, ok := tenantWide(p.ExportsOf(evidence.TeamsPolicies, o)); ok && e.Text("Mode") != "" {
				return audit.Reason{}
			}
		}
		if some {
			return audit.Because("noGlobalPolicy")
		}
		return audit.Because("peopleOnPremises")
	},
	Check: audit.Once(func(p *audit.Pass) {
		for o := range p.Evidence.Organizations() {
			e, ok := tenantWide(p.ExportsOf(evidence.TeamsPolicies, o))
			if mode := e.Text("Mode"); ok && mode != "" && !strings.EqualFold(mode, "TeamsOnly") && emptied(p, o) {
				p.Report(audit.Finding{
					Subject: audit.TenantItself(o), Value: mode, Args: []audit.Arg{audit.Str("mode", mode)},
					Evidence: exportFacts(e, "Identity", "Mode"),
				})
			}
		}
	}),
}
