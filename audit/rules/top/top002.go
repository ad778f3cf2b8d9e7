package top

import (
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
	Guards: "The directory holds no builds, and its version numbers are published up to Lync Server 2010 only: everything newer is approximate. Skype for Business Server " +
		"2019 and Subscription Edition, which is supported, share a number: medium. Unknown numbers are left alone, and so are pools when the configuration says that no " +
		"server is left. Medium, too, while security updates can be bought (until 2026-04-14, and from 2026-05-01 to 2026-10-31).",
	Refs: []audit.Ref{{Title: "Skype for Business Server 2019 lifecycle"}, {Title: "Move-CsUser"}, {Title: "Skype for Business Server schema reference: msRTCSIP-PoolVersion"}},
	Variants: []audit.Variant{
		{Code: "E", Message: "{product} (approximate, by version number {version}) is out of support: support ended {ended}, paid security updates end: {extended}"},
		{Code: "O", Message: "{product} (version number {version}) is out of support, and nobody can be moved to Teams from it"},
	},
	Needs:   poolNeeds("msRTCSIP-PoolVersion"),
	Applies: whenDeployed,
	Check: audit.Once(func(p *audit.Pass) {
		for _, forest := range p.Topology().Forests() {
			for _, pool := range p.Topology().PoolsOf(forest) {
				judgeVersion(p, pool)
			}
		}
	}),
}

// sharedVersion is the number that Skype for Business Server 2019 and Subscription Edition share.
const sharedVersion = 8

func judgeVersion(p *audit.Pass, pool evidence.Pool) {
	version, known := pool.Version()
	product := topology.ProductOf(version)
	if !known || product.Supported(p.Now()) {
		return
	}
	number := strconv.FormatInt(version, 10)
	f := audit.Finding{
		Variant: "O", Subject: audit.PoolSubject(pool), Attribute: "msRTCSIP-PoolVersion", Value: number, Evidence: poolFacts(pool),
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
