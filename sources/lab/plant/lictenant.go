package plant

import "slices"

// licenceTenantPlants are licences that nobody uses, and those that dial-in conferencing lacks.
func licenceTenantPlants() []plant { return slices.Concat(unusedLicences(), dialInPlants()) }

// unusedLicences: each kind is one finding on the tenant.
func unusedLicences() []plant {
	return []plant{
		{rule: "LIC-011", variant: "U", about: "seats that nobody has", once: true, plant: func(b *builder) {
			s := b.sku(skuTeams)
			s.listed, s.bought = true, func(consumed int) units { return units{enabled: consumed + 40} }
			b.expectKey("LIC-011", "U", b.tenantID())
		}},
		{rule: "LIC-011", variant: "D", about: "Teams twice", once: true, plant: func(b *builder) {
			b.regrant(b.person(), direct(b.sku(skuE3)), grouped(b.sku(skuE5), groupOffice))
			b.expectKey("LIC-011", "D", b.tenantID())
		}},
		{rule: "LIC-011", variant: "P", about: "Phone System, and no number", once: true, plant: func(b *builder) {
			b.addLicence(b.person(licensed(withE3)).cloud, skuPhone, "")
			b.expectKey("LIC-011", "P", b.tenantID())
		}},
		{rule: "LIC-011", variant: "S", about: "nobody has signed in for months, or ever", once: true, plant: func(b *builder) {
			b.person().cloud.signedIn(b.ago(days(140)))
			u := b.cloudOnly("unused"+decimal(int64(b.beside)), domainMain, "Unused")
			u.grant(b.ago(days(95)), direct(b.sku(skuE3)))
			u.created = b.ago(days(95))
			u.signIns = signIns{own: true}
			b.expectKey("LIC-011", "S", b.tenantID())
		}},
		{rule: "LIC-011", clean: true, about: "an emergency account; a newcomer; a room; a disabled account; a free licence alone", plant: func(b *builder) {
			emergency := b.cloudOnly("emergency"+decimal(int64(b.beside)), domainInitial, "Emergency")
			emergency.grant(b.ago(days(300)), direct(b.sku(skuE5)))
			emergency.signedIn(b.ago(days(200)))
			b.grantRole(emergency.id, roleGlobalAdmin)
			newcomer := b.cloudOnly("newcomer.cloud"+decimal(int64(b.beside)), domainMain, "Newcomer")
			newcomer.grant(b.ago(days(20)), direct(b.sku(skuE3)))
			newcomer.created = b.ago(days(20))
			newcomer.signIns = signIns{own: true}
			room := b.room(online)
			room.cloud.grant(b.ago(days(200)), direct(b.sku(skuRooms)), direct(b.sku(skuE3)))
			room.cloud.signedIn(b.ago(days(200)))
			free := b.cloudOnly("flow.only"+decimal(int64(b.beside)), domainMain, "Flow only")
			free.grant(b.ago(days(200)), direct(b.sku(skuFlow)))
			free.signedIn(b.ago(days(150)))
		}},
	}
}

// dialInPlants: conferencing policies of the servers with dial-in.
func dialInPlants() []plant {
	assigned := func(p *person, policy string) {
		p.exported(psServerUsers, func(o *psObject) { o.set("ConferencingPolicy", policy) })
	}
	return []plant{
		{rule: "LIC-012", about: "by a policy of one's own", pools: true, exports: true, plant: func(b *builder) {
			p := b.person(homed(onPremises), licensed(withE3))
			assigned(p, "Dial-in")
			b.expectUser("LIC-012", "", p.cloud)
		}},
		{rule: "LIC-012", about: "the plan is suspended", pools: true, exports: true, plant: func(b *builder) {
			p := b.person(homed(onPremises), licensed(withE5))
			p.cloud.setPlan(b.planID("MCOMEETADV"), statusSuspend)
			assigned(p, policyDialIn)
			b.expectUser("LIC-012", "", p.cloud)
		}},
		{rule: "LIC-012", variant: "G", about: "by the Global policy", once: true, pools: true, exports: true, plant: func(b *builder) {
			b.person(homed(onPremises), licensed(withE3))
			b.export(psConferencing).object(policyGlobal).set("EnableDialInConferencing", true)
			b.expectKey("LIC-012", "G", domainMain)
		}},
		{rule: "LIC-012", clean: true, about: "with the plan; a policy without dial-in; homed online; a room", pools: true, exports: true, plant: func(b *builder) {
			quiet := "Quiet" + decimal(int64(b.beside))
			b.export(psConferencing).add(psOf("Identity", "Tag:"+quiet, "AllowIPAudio", true, "AllowIPVideo", true, "EnableDialInConferencing", false, "MaxMeetingSize", 250))
			assigned(b.person(homed(onPremises), licensed(withE5)), "Dial-in")
			assigned(b.person(homed(onPremises), licensed(withE3)), quiet)
			assigned(b.person(homed(online), licensed(withE3)), "Dial-in")
			assigned(b.room(onPremises), "Dial-in")
		}},
	}
}
