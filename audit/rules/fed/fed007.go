package fed

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// FED007 finds hybrids whose two halves reach other organisations under different conditions.
var FED007 = &audit.Rule{
	ID: "FED-007", Category: "fed", Severity: audit.Medium,
	Title: "External access differs between server and tenant",
	Why: "The same partner is reachable for the people on the servers and not for those in Teams, or the other way round. Whoever is moved loses contacts at partners, or gets " +
		"contacts whom the organisation had kept out.",
	Fix: "Decide which side is right, and make the other one the same before the next people are moved. Servers: Set-CsAccessEdgeConfiguration -AllowFederatedUsers $true " +
		"-EnablePartnerDiscovery $true, New-CsAllowedDomain, New-CsBlockedDomain. Tenant: Set-CsTenantFederationConfiguration -AllowFederatedUsers $true, -AllowedDomains, " +
		"-BlockedDomains. Partner discovery on the servers goes with all domains allowed in the tenant (New-CsEdgeAllowAllKnownDomains); without discovery the tenant must have the list of " +
		"allowed domains of the servers.",
	Guards: "Silent without a deployment on-premises. The lists of allowed domains are compared only while the tenant does not allow all domains. Needs the output of PowerShell commands " +
		"of both sides.",
	Refs: []audit.Ref{
		{Title: "Plan hybrid connectivity: federation requirements"}, {Title: "Set-CsTenantFederationConfiguration"}, {Title: "Set-CsAccessEdgeConfiguration"},
	},
	Message:  "{setting}: servers {onPremises}, tenant {online}",
	Identity: []string{"setting", "forest"},
	Variants: []audit.Variant{
		{
			Code: "A", Message: "allowed on one side only: {onlyServers} (servers), {onlyTenant} (tenant)",
			Needs: []audit.Need{{Dataset: evidence.ServerAllowed, Attributes: []string{"Domain"}}, {Dataset: evidence.TeamsFederation, Attributes: []string{"AllowedDomains"}}},
		},
		{
			Code: "B", Message: "blocked on one side only: {onlyServers} (servers), {onlyTenant} (tenant)",
			Needs: []audit.Need{{Dataset: evidence.ServerBlocked, Attributes: []string{"Domain"}}, {Dataset: evidence.TeamsFederation, Attributes: []string{"BlockedDomains"}}},
		},
	},
	Needs: []audit.Need{
		{Dataset: evidence.ADForests, Attributes: []string{"name"}},
		{Dataset: evidence.ADPools, Attributes: []string{"distinguishedName"}},
		{Dataset: evidence.TenantOrganization, Attributes: []string{"id"}},
		{Dataset: evidence.ServerEdge, Attributes: []string{"AllowFederatedUsers", "EnablePartnerDiscovery"}},
		{Dataset: evidence.TeamsFederation, Attributes: []string{"AllowFederatedUsers", "AllowAllKnownDomains"}},
	},
	Applies: func(p *audit.Pass) audit.Reason {
		if why := p.WithoutDeployment(); !why.IsZero() {
			return why
		}
		if len(sides(p)) == 0 {
			return audit.Because("noTenantSettings")
		}
		return audit.Reason{}
	},
	Check: audit.Once(func(p *audit.Pass) {
		for _, s := range sides(p) {
			compare(p, s)
		}
	}),
}

// side is a tenant with one of the deployments that it is hybrid with.
type side struct {
	of           evidence.Organization
	forest       string
	edge, tenant evidence.Export
}

// sides lists what can be compared.
func sides(p *audit.Pass) []side {
	var list []side
	for o := range p.Evidence.Organizations() {
		tenant, ok := global(p.ExportsOf(evidence.TeamsFederation, o))
		if !ok {
			continue
		}
		for _, forest := range p.ForestsOf(o) {
			if edge, ok := global(p.ServerExportsOf(evidence.ServerEdge, forest)); ok && p.Topology().In(forest) {
				list = append(list, side{o, forest, edge, tenant})
			}
		}
	}
	return list
}

// global gives the object that counts for everybody: the one that says so, or the only one.
func global(list []evidence.Export) (evidence.Export, bool) {
	for _, e := range list {
		if strings.EqualFold(e.Text("Identity"), "Global") {
			return e, true
		}
	}
	if len(list) == 1 {
		return list[0], true
	}
	return evidence.Export{}, false
}

func compare(p *audit.Pass, s side) {
	seen := slices.Concat(
		settingFacts("servers.", s.edge, "AllowFederatedUsers", "EnablePartnerDiscovery"),
		settingFacts("tenant.", s.tenant, "AllowFederatedUsers", "AllowAllKnownDomains"),
		[]audit.Fact{{Name: "forest", Values: []string{s.forest}}},
	)
	finding := func(variant string, args ...audit.Arg) {
		p.Report(audit.Finding{Variant: variant, Subject: audit.TenantItself(s.of), Args: append(args, audit.Str("forest", s.forest)), Evidence: seen})
	}
	differ := func(setting string, onPremises, online evidence.Tri) {
		finding("", audit.Str("setting", setting), audit.Str("onPremises", onOff(onPremises)), audit.Str("online", onOff(online)))
	}
	servers, cloud := s.edge.Flag("AllowFederatedUsers"), s.tenant.Flag("AllowFederatedUsers")
	if known(servers, cloud) && (servers == evidence.False || cloud == evidence.False) {
		differ("federation", servers, cloud)
		return // nothing else has an effect where it is off
	}
	discovery, open := s.edge.Flag("EnablePartnerDiscovery"), s.tenant.Flag("AllowAllKnownDomains")
	if known(discovery, open) && discovery != open {
		differ("discovery", discovery, open)
	}
	for variant, list := range map[string]struct {
		dataset  evidence.Dataset
		property string
	}{"A": {evidence.ServerAllowed, "AllowedDomains"}, "B": {evidence.ServerBlocked, "BlockedDomains"}} {
		if variant == "A" && open != evidence.False || !p.BroughtOf(list.dataset, s.forest) {
			continue
		}
		var listed []string
		for _, e := range p.ServerExportsOf(list.dataset, s.forest) {
			listed = append(listed, e.Text("Domain"))
		}
		onlyServers, onlyTenant := differences(listed, slices.Collect(s.tenant.List(list.property)))
		if len(onlyServers)+len(onlyTenant) > 0 {
			finding(variant, audit.Str("setting", list.property), audit.List("onlyServers", orNone(onlyServers)), audit.List("onlyTenant", orNone(onlyTenant)))
		}
	}
}

func settingFacts(side string, e evidence.Export, properties ...string) []audit.Fact {
	var facts []audit.Fact
	for _, name := range properties {
		if v := e.Attribute(name); len(v) > 0 {
			facts = append(facts, audit.Fact{Name: side + name, Values: v})
		}
	}
	return facts
}

func known(flags ...evidence.Tri) bool { return !slices.Contains(flags, evidence.Absent) }

func onOff(v evidence.Tri) string {
	if v == evidence.True {
		return "on"
	}
	return "off"
}

// differences lists the domains that only one list has, sorted.
func differences(a, b []string) (onlyA, onlyB []string) {
	a, b = domainKeys(a), domainKeys(b)
	without := func(list, other []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(d string) bool { return slices.Contains(other, d) })
	}
	return without(a, b), without(b, a)
}

func domainKeys(list []string) []string {
	var keys []string
	for _, d := range list {
		if k := address.DomainKey(strings.TrimSpace(d)); k != "" {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

func orNone(list []string) []string {
	if len(list) == 0 {
		return []string{"none"}
	}
	return list
}
