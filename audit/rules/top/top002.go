package top

import (
	"slices"
	"strconv"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// TOP002 finds pools of products that are out of support.
var TOP002 = &audit.Rule{
	ID: "TOP-002", Category: "top", Severity: audit.High,
	Title: "Server version not able or not supported",
	Why: "There are no security updates for the servers any more, unless they are paid for, and products that are too old take no part in a hybrid deployment: moves to " +
		"Teams are refused.",
	Fix: "Look at the product and the build with Get-CsServerVersion and Get-CsServerPatchVersion. Update Skype for Business Server 2019 in place to Subscription Edition " +
		"(7.0.2046 builds), or bring people to Teams and take the pool down. Moving needs at least Skype for Business Server 2019 CU6 (7.0.2046.385), 2015 CU12 " +
		"(6.0.9319.619) or Lync Server 2013 CU10 with hotfix 7 (5.0.8308.1182).",
	Guards: "Builds are judged when the output of Get-CsManagementStoreReplicationStatus was brought along: then pools of which all servers run Subscription Edition are left alone, too. " +
		"The directory holds no builds, and its version numbers are published up to Lync Server 2010 only: everything newer is approximate. Skype for Business Server " +
		"2019 and Subscription Edition, which is supported, share a number: medium. Unknown numbers are left alone, and so are pools when the configuration says that no " +
		"server is left. Medium, too, while security updates can be bought (until 2026-04-14, and from 2026-05-01 to 2026-10-31).",
	Refs: []audit.Ref{{Title: "Skype for Business Server 2019 lifecycle"}, {Title: "Move-CsUser"}, {Title: "Skype for Business Server schema reference: msRTCSIP-PoolVersion"}},
	Variants: []audit.Variant{
		{
			Code: "B", Message: "nobody can be moved to Teams from it: {servers} older than {needed}",
			Fix: "Install the latest cumulative update on all servers of the pool (Get-CsServerPatchVersion shows what is there), one after the other in the order that its article gives, and " +
				"run the steps for its databases. Then save the output of Get-CsManagementStoreReplicationStatus again.",
			Needs: []audit.Need{{Dataset: evidence.ServerReplicas, Attributes: []string{"ReplicaFqdn", "ProductVersion"}}},
		},
		{Code: "E", Message: "{product} (approximate, by version number {version}) is out of support: support ended {ended}, paid security updates end: {extended}"},
		{Code: "O", Message: "{product} (version number {version}) is out of support, and nobody can be moved to Teams from it"},
	},
	Needs: append(poolNeeds("msRTCSIP-PoolVersion"), []audit.Need{
		{Dataset: evidence.ADPools, Attributes: []string{"msRTCSIP-FrontEndServers"}, Optional: true},
		{Dataset: evidence.ADComputers, Attributes: []string{"distinguishedName", "dNSHostName"}, Optional: true},
		{Dataset: evidence.ServerPools, Attributes: []string{"Fqdn", "Computers"}, Optional: true},
	}...),
	Applies: whenDeployed,
	Check: audit.Once(func(p *audit.Pass) {
		for _, forest := range p.Topology().Forests() {
			all := buildsOf(p, forest)
			for _, pool := range p.Topology().PoolsOf(forest) {
				list := all.of(pool)
				judgeVersion(p, pool, list)
				judgeBuilds(p, audit.PoolSubject(pool), list, poolFacts(pool))
			}
			for _, b := range all.rest() {
				judgeBuilds(p, audit.ServerSubject(b.host, forest), []build{b}, nil)
			}
		}
	}),
}

// sharedVersion is the number that Skype for Business Server 2019 and Subscription Edition share.
const sharedVersion = 8

func judgeVersion(p *audit.Pass, pool evidence.Pool, builds []build) {
	version, known := pool.Version()
	product := topology.ProductOf(version)
	if !known || product.Supported(p.Now()) || version == sharedVersion && subscription(builds) {
		return
	}
	number := strconv.FormatInt(version, 10)
	f := audit.Finding{
		Variant: "O", Subject: audit.PoolSubject(pool), Attribute: "msRTCSIP-PoolVersion", Value: number, Evidence: slices.Concat(poolFacts(pool), fact("builds", named(builds))),
		Args: []audit.Arg{audit.Str("product", product.Name), audit.Str("version", number)},
	}
	if product.Movable {
		until, extended := product.ExtendedUntil(p.Now()), "none"
		if !until.IsZero() {
			extended = lastDay(until)
		}
		if version == sharedVersion || !until.IsZero() {
			f.Severity = audit.Medium
		}
		f.Variant = "E"
		f.Args = append(f.Args, audit.Str("ended", lastDay(product.SupportEnd)), audit.Str("extended", extended))
	}
	p.Report(f)
}

// lastDay names the day before the one that begins at that time.
func lastDay(end time.Time) string { return end.AddDate(0, 0, -1).Format(time.DateOnly) }
