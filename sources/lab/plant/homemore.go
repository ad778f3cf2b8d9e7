package plant

import (
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// homeMorePlants are what else there is about the accounts on pools.
func homeMorePlants() []plant {
	return slices.Concat(switches(), optionFlags(), oldHomes(), islands(), teamsFirst())
}

// switches: federation and remote access.
func switches() []plant {
	return []plant{
		{rule: "HOM-007", about: "no federation", plant: func(b *builder) {
			p := b.person()
			p.ad.federation, p.ad.access = no, yes
			b.expect("HOM-007", "", p.ad)
		}},
		{rule: "HOM-007", about: "neither, for a room", plant: func(b *builder) {
			p := b.room(online)
			p.ad.federation, p.ad.access = no, no
			b.expect("HOM-007", "", p.ad)
		}},
		{rule: "HOM-007", variant: "F", about: "nobody may talk to other organisations", only: Subsidiary, once: true, plant: func(b *builder) {
			b.closed = true
			b.expectKey("HOM-007", "F", domainMain)
		}},
		{rule: "HOM-007", clean: true, about: "a device", plant: func(b *builder) {
			if !b.noServer() {
				b.endpoint("urn:device:analogphone", "Gate phone "+decimal(int64(b.beside)), ouExternal).federation = no
			}
		}},
	}
}

// optionFlags: presence and remote call control.
func optionFlags() []plant {
	return []plant{
		{rule: "HOM-008", about: "presence of old", plant: func(b *builder) {
			p := b.person(voiceless)
			p.ad.flags = number(1)
			b.expect("HOM-008", "", p.ad)
		}},
		{rule: "HOM-008", variant: "U", about: "bits that nobody documented: one finding (info)", once: true, plant: func(b *builder) {
			b.person(voiceless).ad.flags = number(presenceFlags | 1024)
			b.expectKey("HOM-008", "U", domainMain)
		}},
		{rule: "HOM-008", clean: true, about: "a room, and somebody who is not enabled", plant: func(b *builder) {
			b.room(online).ad.flags = number(1)
		}},
		{rule: "HOM-009", variant: "R", about: "remote call control", plant: func(b *builder) {
			p := b.person(voiceless)
			p.ad.flags, p.ad.lineServer = number(presenceFlags|16), "sip:rcc-gateway@"+domainMain
			b.expect("HOM-009", "R", p.ad)
		}},
		{rule: "HOM-009", variant: "R", about: "together with voice, without a line server, for a room", plant: func(b *builder) {
			p := b.room(online)
			p.ad.flags = number(p.ad.flags.value | 512)
			b.expect("HOM-009", "R", p.ad)
		}},
		{rule: "HOM-009", variant: "L", about: "a line server left over (low)", plant: func(b *builder) {
			p := b.person(voiceless)
			p.ad.lineServer = "sip:rcc-gateway@" + domainMain
			b.expect("HOM-009", "L", p.ad)
		}},
	}
}

// oldHomes: pools that nobody can be moved from.
func oldHomes() []plant {
	return []plant{
		{rule: "HOM-011", variant: "O", about: "a pool of Lync Server 2010", pools: true, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			p.ad.home = b.oldPool()
			b.expect("HOM-011", "O", p.ad)
		}},
		{rule: "HOM-011", variant: "L", about: "a pool named without locator", pools: true, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			p.ad.locator = ""
			b.expect("HOM-011", "L", p.ad)
		}},
		{rule: "HOM-011", variant: "L", about: "a room on the old pool, without locator", pools: true, plant: func(b *builder) {
			p := b.room(onPremises)
			p.ad.locator, p.ad.home = "", b.oldPool()
			b.expect("HOM-011", "L", p.ad)
		}},
	}
}

// oldPool puts a pool of Lync Server 2010 into the forest and gives the home server of its people.
func (b *builder) oldPool() string {
	b.hasOldPool = true
	return b.homeServer(poolOld)
}

// poolOld is the number of the old pool among the pools.
const poolOld = 2

// addOldPool makes the old pool when somebody is homed there. That its product is no longer supported is a finding of its own.
func (b *builder) addOldPool(f *containers) {
	if !b.hasOldPool {
		return
	}
	pool := poolDN(poolOld)
	f.add(pool, "top container msRTCSIP-Pool", "msRTCSIP-Pool", "cn", "1:"+decimal(poolOld+1), "dNSHostName", "pool03.contoso.com", "msRTCSIP-PoolDisplayName", "Osaka",
		"msRTCSIP-PoolVersion", "5", "msRTCSIP-PoolType", "5")
	b.poolGUIDs[poolOld] = f.last()
	b.expectKey("TOP-002", "O", f.last().String())
	f.add("CN=Microsoft,"+pool, "top container", "Container", "cn", "Microsoft")
	f.add("CN=LC Services,CN=Microsoft,"+pool, "top leaf connectionPoint serviceConnectionPoint msRTCSIP-PoolService", "msRTCSIP-PoolService", "cn", "LC Services")
}

// last is the objectGUID of the entry that was made last.
func (f *containers) last() directory.GUID { return f.b.fixedGUID(uint64(99 + len(f.entries))) }

// islands: people on a pool who have Teams. That there are such people is a fact about the pool, which expectFacts declares.
func islands() []plant {
	return []plant{
		{rule: "HOM-013", about: "people on a pool have Teams", once: true, pools: true, plant: func(b *builder) {
			b.person(homed(onPremises))
			b.person(homed(onPremises))
		}},
	}
}

// teamsFirst: licensed for Teams, and unknown to the server.
func teamsFirst() []plant {
	lately := func(b *builder) time.Time { return b.ago(days(5)) }
	return []plant{
		{rule: "HOM-012", about: "a newcomer", pools: true, plant: func(b *builder) {
			p := b.person(homed(notEnabled))
			p.cloud.grant(lately(b), direct(b.sku(skuE3)))
			b.expect("HOM-012", "", p.ad)
		}},
		{rule: "HOM-012", about: "F3 by group, without a mailbox", pools: true, plant: func(b *builder) {
			p := b.person(homed(notEnabled), mailed(noMail))
			p.cloud.grant(lately(b), grouped(b.sku(skuF3), groupOffice))
			b.expect("HOM-012", "", p.ad)
		}},
		{rule: "HOM-012", clean: true, about: "a newcomer who is enabled; rooms, shared mailboxes, users of the cloud alone; Teams switched off", pools: true, plant: func(b *builder) {
			b.person().cloud.grant(lately(b), direct(b.sku(skuE3)))
			b.room(notEnabled).cloud.grant(lately(b), direct(b.sku(skuRooms)))
			b.shared().cloud.grant(lately(b), direct(b.sku(skuExchange)))
			b.cloudOnly("newcomer"+decimal(int64(b.beside)), domainMain, "Newcomer").grant(lately(b), direct(b.sku(skuE3)))
		}},
	}
}

// notice keeps what the standing facts of the organisation rest on: on which pools people have Teams, and whether people have Teams alone.
func (b *builder) notice(p *person) {
	if p.slot < 0 || p.ad == nil || p.cloud == nil || !p.cloud.enabled || p.ad.uac.value&uacDisabled != 0 || p.cloud.synced != jsonTrue {
		return
	}
	o := p.ad
	since, ok := p.cloud.teamsSince()
	switch {
	case !ok:
	case o.enabled == yes && o.locator == serverLocator:
		for i := range b.islands {
			b.islands[i] = b.islands[i] || strings.EqualFold(o.home, b.homeServer(i))
		}
		b.hybrid = true
	case o.enabled == "" && o.sip == "" && o.locator == "" && o.home == "" && o.line == "" && !o.flags.held && o.federation == "" && o.access == "":
		b.teamsAlone = b.teamsAlone || since.Before(b.ago(days(30)))
	}
}

// teamsSince tells since when the user has had an enabled Teams plan.
func (u *user) teamsSince() (at time.Time, ok bool) {
	plans := servicePlans()
	for _, p := range u.plans {
		if p.status == statusEnabled && slices.ContainsFunc(plans, func(s servicePlan) bool { return s.id == p.id && s.name == planTeams }) && p.assigned.After(at) {
			at, ok = p.assigned, true
		}
	}
	return at, ok
}

// expectFacts declares what is no fault and is reported once: people who use Teams beside the server, and without it.
func (b *builder) expectFacts() {
	for i, used := range b.islands {
		if used && !b.noServer() {
			b.expectKey("HOM-013", "", b.poolGUIDs[i].String())
		}
	}
	if b.mastered {
		b.expectKey("VOI-008", "", domainMain)
	}
	if b.teamsAlone && b.hybrid && !b.noServer() {
		b.expectKey("HOM-012", "O", domainMain)
	}
}
