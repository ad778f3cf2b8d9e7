package top

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// TOP006 finds hybrid settings that were left on when nobody was on the servers any more.
var TOP006 = &audit.Rule{
	ID: "TOP-006", Category: "top", Severity: audit.Medium,
	Title: "Hybrid settings left on after the last person moved",
	Why: "Messages and calls to addresses that the tenant does not know are sent on to servers that do not answer any more, so senders wait for nothing. A second forest cannot be " +
		"consolidated into the tenant, either.",
	Fix: "In this order, in one maintenance window: let the DNS records of all SIP domains point to Microsoft 365; set the tenant to Teams Only (TOP-010); " +
		"Set-CsTenantFederationConfiguration -SharedSipAddressSpace $false; on the servers Get-CsHostingProvider | Set-CsHostingProvider -Enabled $false. Hybrid application endpoints must be " +
		"replaced by resource accounts in the same window.",
	Guards: "Judged where a deployment is or was in the forests of the tenant and nobody is homed on its servers. People with a home on servers that do not exist any more are HOM-002 and are " +
		"put right first.",
	Refs:    []audit.Ref{{Title: "Disable your hybrid configuration to complete migration to Teams"}},
	Message: "SharedSipAddressSpace is still on, and nobody is homed on-premises any more",
	Variants: []audit.Variant{{
		Code: "P", Message: "the hosting provider {provider} is still enabled, and nobody is homed on-premises any more",
		Needs: []audit.Need{{Dataset: evidence.ServerProviders, Attributes: []string{"Identity", "ProxyFqdn", "Enabled"}}},
	}},
	Identity: []string{"provider"},
	Needs: slices.Concat(audit.Whole(settingsNeeds()), []audit.Need{
		{Dataset: evidence.TeamsFederation, Attributes: []string{"Identity", "SharedSipAddressSpace"}, Partly: []audit.Substitute{{Dataset: evidence.ServerProviders, Attributes: []string{"Identity", "Enabled"}}}},
	}),
	Applies: func(p *audit.Pass) audit.Reason {
		for o := range p.Evidence.Organizations() {
			if len(left(p, o)) > 0 {
				return audit.Reason{}
			}
		}
		return audit.Because("noLeftSettings")
	},
	Check: audit.Once(func(p *audit.Pass) {
		said := map[string]bool{} // one forest can be that of two tenants
		for o := range p.Evidence.Organizations() {
			forests := left(p, o)
			if len(forests) == 0 {
				continue
			}
			if e, ok := tenantWide(p.ExportsOf(evidence.TeamsFederation, o)); ok && e.Flag("SharedSipAddressSpace") == evidence.True {
				p.Report(audit.Finding{
					Subject: audit.TenantItself(o), Value: "true", Args: []audit.Arg{audit.Str("provider", "")},
					Evidence: slices.Concat(exportFacts(e, "SharedSipAddressSpace"), fact("forests", forests)),
				})
			}
			for _, forest := range forests {
				if said[forest] {
					continue
				}
				said[forest] = true
				for _, e := range p.ServerExportsOf(evidence.ServerProviders, forest) {
					if _, is := onlineSuffix(p, e.Text("ProxyFqdn")); is && e.Flag("Enabled") == evidence.True {
						p.Report(audit.Finding{
							Variant: "P", Subject: audit.ForestSubject(forest), Value: e.Text("ProxyFqdn"), Args: []audit.Arg{audit.Str("provider", e.Text("Identity"))},
							Evidence: exportFacts(e, "Identity", "ProxyFqdn", "Enabled", "EnabledSharedAddressSpace"),
						})
					}
				}
			}
		}
	}),
}

// left lists the forests of a tenant with servers that nobody is homed on, when that is so of all its forests.
func left(p *audit.Pass, o evidence.Organization) []string {
	if !emptied(p, o) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(p.ForestsOf(o)), func(forest string) bool { return !deployedOnce(p, forest) })
}
