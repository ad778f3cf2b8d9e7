package hom

import (
	"slices"
	"strconv"

	"hybridaudit/audit"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// HOM011 finds people on pools that cannot take part in a hybrid deployment.
var HOM011 = &audit.Rule{
	ID: "HOM-011", Category: "hom", Severity: audit.High,
	Title: "Homed on a pool too old to move from",
	Why: "Lync Server 2010 and Office Communications Server are not supported in a hybrid deployment with Teams: Move-CsUser refuses the person, and a deployment with " +
		"such a pool cannot be connected to the tenant properly.",
	Fix: "Move the person to a pool of a supported version first (Lync Server 2013 or later, with the cumulative update that Move-CsUser asks for): Move-CsUser -Target " +
		"<pool>, from the management shell of the newer version. Then move on to Teams. Retire the old pool when nobody is left on it.",
	Guards: "Pool versions above 5 are not published and count as new enough. People homed online are left to HOM-004, people without any home to HOM-001, and home servers " +
		"of no known pool to HOM-003.",
	Refs: []audit.Ref{
		{Title: "Plan hybrid connectivity"}, {Title: "Move-CsUser"}, {Title: "Skype for Business Server schema reference: msRTCSIP-PoolVersion"},
	},
	Variants: []audit.Variant{
		{
			Code:    "L",
			Message: "the home server is {homeServer}, but there is no deployment locator, as Office Communications Server leaves it",
			Fix: "Look at the person with Get-CsUser. If the old pool is still in use, move the person to a pool of a supported version with Move-CsUser -Target <pool>, which " +
				"also writes msRTCSIP-DeploymentLocator. If the pool is long gone, clear the msRTCSIP-* attributes after noting address and number, and enable the person " +
				"anew (Enable-CsUser), or leave that to the tenant where no server is left. Then run Start-ADSyncSyncCycle -PolicyType Delta.",
		},
		{
			Code:    "O",
			Message: "homed on {pool}, whose version {version} is too old for a move to Teams",
			Needs: []audit.Need{
				{Dataset: evidence.ADPools, Attributes: []string{"distinguishedName", "msRTCSIP-PoolVersion"}, PartOK: true},
				{Dataset: evidence.ADForests, Attributes: []string{"name"}},
			},
		},
	},
	Needs: slices.Concat(directoryNeeds("msRTCSIP-DeploymentLocator", "msRTCSIP-PrimaryHomeServer"), []audit.Need{
		{Dataset: evidence.ADPools, Attributes: []string{"dNSHostName", "msRTCSIP-PoolDisplayName"}, Optional: true},
	}),
	Applies: whenSIP,
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		if o.HomeServer() == "" {
			return
		}
		if enabledAt(p, o, topology.NoHome) {
			f := about(p, o, "msRTCSIP-DeploymentLocator")
			f.Variant, f.Args = "L", []audit.Arg{audit.Str("homeServer", o.HomeServer())}
			p.Report(f)
			return
		}
		if !enabledAt(p, o, topology.OnPremises) || !p.Topology().In(o.Forest()) {
			return
		}
		pool, _ := p.Topology().Pool(o.HomeServer())
		if !tooOld(pool) {
			return
		}
		version, _ := pool.Version()
		s := audit.PoolSubject(pool)
		f := about(p, o, "msRTCSIP-PrimaryHomeServer")
		f.Variant, f.Args = "O", []audit.Arg{audit.Str("pool", s.Name), audit.Num("version", int(version))}
		f.Related = append(f.Related, s)
		f.Evidence = append(f.Evidence, audit.Fact{Of: s.Key, Name: "msRTCSIP-PoolVersion", Values: []string{strconv.FormatInt(version, 10)}})
		p.Report(f)
	}),
}

// tooOld says that the version of a pool is known and that of a product which cannot be part of a hybrid deployment.
func tooOld(pool evidence.Pool) bool {
	if pool == (evidence.Pool{}) {
		return false
	}
	version, ok := pool.Version()
	product := topology.ProductOf(version)
	return ok && product.Name != "" && !product.Movable
}
