package plant

import (
	"slices"
	"time"
)

// homePlants are the faults of hybrid homing.
func homePlants() []plant {
	return slices.Concat(homes(), disagreements(), leftovers())
}

// homes: where the directory says that people are homed.
func homes() []plant {
	vanished := "CN=LC Services,CN=Microsoft,CN=1:9," + rtcPools
	return []plant{
		{rule: "HOM-001", variant: "N", about: "no home at all", plant: func(b *builder) {
			p := b.person()
			p.ad.locator, p.ad.home = "", ""
			b.expect("HOM-001", "N", p.ad)
		}},
		{rule: "HOM-001", variant: "O", about: "a dot behind the provider's name", plant: func(b *builder) {
			p := b.person(homed(online))
			p.ad.locator = onlineLocator + "."
			b.expect("HOM-001", "O", p.ad)
		}},
		{rule: "HOM-001", variant: "O", about: "a slip in the provider's name, in a room", plant: func(b *builder) {
			p := b.room(online)
			p.ad.locator = "sipfed.online.lync.co"
			b.expect("HOM-001", "O", p.ad)
		}},
		{rule: "HOM-001", clean: true, about: "locators in capitals and of other clouds", plant: func(b *builder) {
			b.person(homed(online)).ad.locator = "SIPFED.Online.Lync.COM"
			b.person(homed(online)).ad.locator = "sipfed.online.gov.skypeforbusiness.us"
		}},
		{rule: "HOM-002", about: "homed on a server that is gone", only: NoServer, plant: func(b *builder) {
			p := b.person()
			b.moveToServer(p, "")
			b.expect("HOM-002", "", p.ad)
		}},
		{rule: "HOM-002", about: "homed on a server that is gone, which is still named", only: NoServer, unloadable: needsTarget, plant: func(b *builder) {
			p := b.person()
			b.moveToServer(p, vanished)
			b.expect("HOM-002", "", p.ad)
		}},
		{rule: "HOM-003", variant: "E", about: "no home server", pools: true, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			p.ad.home = ""
			b.expect("HOM-003", "E", p.ad)
		}},
		{rule: "HOM-003", variant: "D", about: "the pool is gone", pools: true, unloadable: needsTarget, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			p.ad.home = vanished
			b.expect("HOM-003", "D", p.ad)
		}},
		{rule: "HOM-003", variant: "D", about: "the home server is no pool", pools: true, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			p.ad.home = rtcGlobal
			b.expect("HOM-003", "D", p.ad)
		}},
		{rule: "HOM-003", variant: "X", about: "a deleted pool", pools: true, unloadable: needsTarget, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			p.ad.home = `CN=LC Services\0ADEL:5f0f9c1e-9a83-4d6b-8a53-2f4c5b6d7e8f,CN=Deleted Objects,` + configDN
			b.expect("HOM-003", "X", p.ad)
		}},
		{rule: "HOM-003", variant: "X", about: "the loser of a replication conflict below a pool", pools: true, unloadable: needsTarget, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			p.ad.home = `CN=LC Services\0ACNF:5f0f9c1e-9a83-4d6b-8a53-2f4c5b6d7e8f,CN=Microsoft,` + poolDN(0)
			b.expect("HOM-003", "X", p.ad)
		}},
		{rule: "HOM-004", variant: "C", about: "online, and a home server", pools: true, plant: func(b *builder) {
			p := b.person(homed(online))
			p.ad.home = b.homeServer(0)
			b.expect("HOM-004", "C", p.ad)
		}},
		{rule: "HOM-004", variant: "P", about: "a move that was never finished", pools: true, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			p.ad.targetHome = b.homeServer(1)
			b.expect("HOM-004", "P", p.ad)
		}},
		{rule: "HOM-004", clean: true, about: "a move that goes on", pools: true, unloadable: needsAge, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			p.ad.targetHome = b.homeServer(1)
			p.changedAt(b.ago(12 * time.Minute))
		}},
	}
}

// moveToServer homes a person on-premises, however the organisation is set up.
func (b *builder) moveToServer(p *person, home string) {
	p.ad.locator, p.ad.home = serverLocator, home
	b.giveTeams(p.cloud, p.ad)
}

// disagreements: the directory and the tenant name different homes.
func disagreements() []plant {
	recent := func(p *person, b *builder) { p.changedAt(b.ago(20 * time.Minute)) }
	return []plant{
		{rule: "HOM-005", about: "online in the directory, on-premises in the tenant", plant: func(b *builder) {
			p := b.person(homed(online))
			p.cloud.teams.account = "SfBOnPremUser"
			b.expect("HOM-005", "", p.ad)
		}},
		{rule: "HOM-005", about: "on-premises in the directory, online in the tenant, without a licence", pools: true, plant: func(b *builder) {
			p := b.person(homed(onPremises), licensed(unlicensed))
			p.cloud.teams.account = accountOnline
			b.expect("HOM-005", "", p.ad)
			b.expectUser("LIC-001", "", p.cloud)
		}},
		{rule: "HOM-005", about: "a room on-premises that the tenant has online", pools: true, plant: func(b *builder) {
			p := b.room(onPremises)
			p.cloud.teams.account = accountOnline
			b.expect("HOM-005", "", p.ad)
		}},
		{rule: "HOM-006", about: "on-premises, and the tenant provisioned it online", pools: true, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			p.cloud.teams.account = accountOnline
			b.expect("HOM-006", "", p.ad)
		}},
		{rule: "HOM-006", about: "with the Skype plan alone", pools: true, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			p.cloud.grant(b.ago(days(90)), direct(b.sku(skuE3), planTeams))
			p.cloud.teams.account = "User"
			b.expect("HOM-006", "", p.ad)
			b.expectUser("LIC-003", "", p.cloud)
		}},
		{rule: "HOM-005", clean: true, about: "the tenant does not say, or says it in capitals", pools: true, plant: func(b *builder) {
			b.person(homed(onPremises)).cloud.teams.account = accountUnknown
			b.person(homed(online)).cloud.teams = nil
			b.person(homed(onPremises)).cloud.teams.account = "SFBONPREMUSER"
		}},
		{rule: "HOM-005", clean: true, about: "moved a moment ago", pools: true, unloadable: needsAge, plant: func(b *builder) {
			p := b.person(homed(online))
			p.cloud.teams.account = accountOnPremises
			recent(p, b)
		}},
		{rule: "HOM-006", clean: true, about: "enabled a moment ago", pools: true, unloadable: needsAge, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			p.cloud.teams.account = accountOnline
			recent(p, b)
		}},
	}
}

// leftovers: attributes of people who are not enabled.
func leftovers() []plant {
	return []plant{
		{rule: "HOM-010", about: "a leaver with all attributes", plant: func(b *builder) {
			p := b.person()
			p.retire()
			p.ad.enabled = no
			b.expect("HOM-010", "", p.ad)
		}},
		{rule: "HOM-010", about: "a number and option flags", plant: func(b *builder) {
			p := b.person(homed(notEnabled))
			p.ad.line, p.ad.flags = "tel:+8134569"+sevenDigits(p.number), number(voiceFlags)
			b.expect("HOM-010", "", p.ad)
		}},
		{rule: "HOM-010", about: "only a federation flag", plant: func(b *builder) {
			p := b.person(homed(notEnabled))
			p.ad.federation = no
			b.expect("HOM-010", "", p.ad)
		}},
		{rule: "HOM-010", variant: "L", about: "only the locator", plant: func(b *builder) {
			p := b.person(homed(notEnabled))
			p.ad.locator = onlineLocator
			b.expect("HOM-010", "L", p.ad)
		}},
		{rule: "HOM-010", about: "a contact", plant: func(b *builder) {
			c := b.contact()
			c.line, c.flags = "tel:+8134552"+sevenDigits(b.beside), number(presenceFlags)
			b.expect("HOM-010", "", c)
		}},
		{rule: "HOM-010", about: "a room that was switched off", plant: func(b *builder) {
			p := b.room(online)
			p.ad.enabled = no
			b.expect("HOM-010", "", p.ad)
		}},
		{rule: "HOM-010", clean: true, about: "a cleaned leaver; a device that is switched off", plant: func(b *builder) {
			b.person(leaver)
			if !b.noServer() {
				device := b.endpoint("urn:device:analogfax", "Fax "+decimal(int64(b.beside)), ouExternal)
				device.enabled = no
			}
		}},
	}
}
