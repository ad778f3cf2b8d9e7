package top

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// TOP001 lists what there is on-premises.
var TOP001 = &audit.Rule{
	ID: "TOP-001", Category: "top", Severity: audit.Info,
	Title: "On-premises deployment inventory",
	Why:   "What is left on-premises decides whether the organisation is a hybrid one, how many people there are still to be moved, and what must be taken down in the end.",
	Fix: "Nothing needs to be put right. Compare the list with what is really running: the objects can outlive the servers. Where they do, see TOP-003 and TOP-011; where " +
		"versions matter, look at Get-CsServerVersion, since the directory holds no build numbers.",
	Guards: "Silent when no pool is left or the configuration says that no server is. Counted are people, rooms, equipment and shared mailboxes that are enabled for SIP; products are " +
		"told from version numbers of which only those up to Lync Server 2010 are published.",
	Refs: []audit.Ref{{Title: "Skype for Business Server schema reference"}, {Title: "Active Directory Domain Services for Skype for Business Server"}},
	Variants: []audit.Variant{
		{
			Code: "F", Message: "pools: {pools}, trusted servers: {servers}; people homed on-premises: {onPremises}, online: {online}; Central Management Store at {cms}",
			Needs: []audit.Need{{Dataset: evidence.ADTopology, Attributes: []string{"distinguishedName", "objectClass", "msRTCSIP-TrustedServerFQDN", "msRTCSIP-BackEndServer"}}},
		},
		{
			Code: "P", Message: "people homed here: {people}; {product} ({certainty}; version number {version}), {edition}, front-end servers: {frontEnds}",
			Needs: []audit.Need{{Dataset: evidence.ADPools, Attributes: []string{"msRTCSIP-FrontEndServers", "msRTCSIP-PoolVersion", "msRTCSIP-PoolType"}}},
		},
	},
	Needs: slices.Concat(poolNeeds(), peopleNeeds(), []audit.Need{
		{Dataset: evidence.ADTopology, Attributes: []string{"msRTCSIP-EdgeProxyFQDN", "msRTCSIP-DomainName"}, Optional: true},
	}),
	Applies: whenDeployed,
	Check: audit.Once(func(p *audit.Pass) {
		h := p.Homes()
		for _, forest := range p.Topology().Forests() {
			pools := p.Topology().PoolsOf(forest)
			inventory(p, forest, len(pools), h)
			for _, pool := range pools {
				version, known := pool.Version()
				front := slices.Collect(pool.FrontEnds())
				p.Report(audit.Finding{
					Variant: "P", Subject: audit.PoolSubject(pool), Evidence: poolFacts(pool),
					Args: append(productArgs(version, known), audit.Num("people", h.Pools[pool.DN()]), audit.Str("edition", topology.Edition(pool)), audit.Num("frontEnds", len(front))),
				})
			}
		}
	}),
}

// inventory reports a forest.
func inventory(p *audit.Pass, forest string, pools int, h *audit.Homes) {
	servers := values(entriesOf(p, evidence.ADTopology, forest, "msRTCSIP-TrustedServer"), "msRTCSIP-TrustedServerFQDN")
	edges := values(entriesOf(p, evidence.ADTopology, forest, "msRTCSIP-EdgeProxy"), "msRTCSIP-EdgeProxyFQDN")
	cms := values(entriesOf(p, evidence.ADTopology, forest, "msRTCSIP-GlobalTopologySetting"), "msRTCSIP-BackEndServer")
	if len(cms) == 0 {
		cms = []string{"unknown"}
	}
	p.Report(audit.Finding{
		Variant: "F", Subject: audit.ForestSubject(forest),
		Args: []audit.Arg{
			audit.Num("pools", pools), audit.Num("servers", len(servers)), audit.Num("onPremises", h.OnPremises[forest]), audit.Num("online", h.Online[forest]),
			audit.List("cms", cms),
		},
		Evidence: slices.Concat(fact("pools", p.Topology().Hosts(forest)), fact("trustedServers", servers), fact("edgeProxies", edges),
			fact("sipDomains", values(entriesOf(p, evidence.ADTopology, forest, "msRTCSIP-Domain"), "msRTCSIP-DomainName"))),
	})
}
