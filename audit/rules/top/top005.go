package top

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// TOP005 finds hybrid tenants that do not share their SIP domains with the servers.
var TOP005 = &audit.Rule{
	ID: "TOP-005", Category: "top", Severity: audit.High,
	Title: "Shared SIP address space off although hybrid is needed",
	Why: "The tenant takes every address of its SIP domains for its own. Moves end with HostedMigration fault 510 (\"tenant is not enabled for shared sip address space\"), and people in " +
		"Teams cannot reach those who are still on the servers.",
	Fix: "In the MicrosoftTeams module: Set-CsTenantFederationConfiguration -SharedSipAddressSpace $true. Check the hosting provider on the servers (TOP-004) before the next move.",
	Guards: "Judged in tenants with people homed on the servers of their forests. Graph does not tell the setting: the output of Get-CsTenantFederationConfiguration has to be brought " +
		"along.",
	Refs:    []audit.Ref{{Title: "HostedMigration fault 510"}, {Title: "Configure hybrid connectivity between Skype for Business Server and Microsoft 365"}},
	Message: "SharedSipAddressSpace is off; people homed on-premises: {people}",
	Needs: slices.Concat(settingsNeeds(), []audit.Need{
		{Dataset: evidence.TeamsFederation, Attributes: []string{"Identity", "SharedSipAddressSpace"}},
	}),
	Applies: func(p *audit.Pass) audit.Reason {
		if why := whenHybrid(p); !why.IsZero() {
			return why
		}
		for o := range p.Evidence.Organizations() {
			if e, ok := tenantWide(p.ExportsOf(evidence.TeamsFederation, o)); ok && e.Flag("SharedSipAddressSpace") != evidence.Absent && !emptied(p, o) {
				return audit.Reason{}
			}
		}
		return audit.Because("noTenantSettings")
	},
	Check: audit.Once(func(p *audit.Pass) {
		for o := range p.Evidence.Organizations() {
			people := 0
			for _, forest := range hybridForests(p, o) {
				people += p.Homes().OnPremises[forest]
			}
			e, ok := tenantWide(p.ExportsOf(evidence.TeamsFederation, o))
			if people == 0 || !ok || e.Flag("SharedSipAddressSpace") != evidence.False {
				continue
			}
			p.Report(audit.Finding{
				Subject: audit.TenantItself(o), Value: "false", Args: []audit.Arg{audit.Num("people", people)},
				Evidence: slices.Concat(exportFacts(e, "SharedSipAddressSpace"), fact("forests", hybridForests(p, o))),
			})
		}
	}),
}
