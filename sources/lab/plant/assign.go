package plant

// assignment: where and whether licences could be assigned.
func assignment() []plant {
	return []plant{
		{rule: "LIC-006", about: "no usage location", plant: func(b *builder) {
			p := b.person()
			p.cloud.location = ""
			b.expectUser("LIC-006", "", p.cloud)
		}},
		{rule: "LIC-006", about: "three letters", plant: func(b *builder) {
			p := b.person()
			p.cloud.location = "JPN"
			b.expectUser("LIC-006", "", p.cloud)
		}},
		{rule: "LIC-006", about: "none, and all licences come by group (medium)", plant: func(b *builder) {
			p := b.person()
			b.regrant(p, grouped(b.sku(skuE3), groupOffice))
			p.cloud.location = ""
			b.expectUser("LIC-006", "", p.cloud)
		}},
		{rule: "LIC-006", about: "none, and no licence, of somebody enabled for SIP", plant: func(b *builder) {
			p := b.person(licensed(unlicensed))
			p.cloud.location = ""
			b.expectUser("LIC-006", "", p.cloud)
			b.expectUser("LIC-001", "", p.cloud)
		}},
		{rule: "LIC-006", about: "none, of a licensed user without object in the directory", plant: func(b *builder) {
			u := b.cloudOnly("nowhere"+decimal(int64(b.beside)), domainMain, "Nowhere")
			u.grant(b.ago(days(50)), direct(b.sku(skuE5)))
			u.location = ""
			b.expectUser("LIC-006", "", u)
		}},
		{rule: "LIC-006", clean: true, about: "none, and neither a licence nor SIP; blocked; a guest", plant: func(b *builder) {
			b.person(homed(notEnabled), licensed(unlicensed)).cloud.location = ""
			gone := b.blocked()
			gone.ad.disable()
			gone.cloud.enabled, gone.cloud.location = false, ""
			gone.changedAt(b.ago(days(5)))
			b.guest().grant(b.ago(days(20)), direct(b.sku(skuFlow)))
		}},
		{rule: "LIC-007", about: "no seat left for the group", plant: func(b *builder) {
			p := b.person()
			b.regrant(p, direct(b.sku(skuE3)))
			p.cloud.licences = append(p.cloud.licences, b.failed(skuEMS, groupAddOns, stateError, countFault))
			b.expectUser("LIC-007", "", p.cloud)
		}},
		{rule: "LIC-007", about: "active with an error", plant: func(b *builder) {
			p := b.person()
			b.regrant(p, direct(b.sku(skuE3)))
			p.cloud.licences[0].state, p.cloud.licences[0].fault = stateActiveWithError, dependsFault
			b.expectUser("LIC-007", "", p.cloud)
		}},
		{rule: "LIC-007", about: "two SKUs, one of them by two groups: three findings", plant: func(b *builder) {
			p := b.person()
			b.regrant(p, direct(b.sku(skuE3)))
			p.cloud.licences = append(p.cloud.licences, b.failed(skuE5, groupOffice, stateError, clashFault),
				b.failed(skuVisio, groupAddOns, stateError, countFault), b.failed(skuVisio, groupFormer, stateError, "ProhibitedInUsageLocationViolation"))
			b.expectUser("LIC-007", "", p.cloud, p.cloud, p.cloud)
		}},
		{rule: "LIC-007", clean: true, about: "an assignment that was switched off; no error by another name", plant: func(b *builder) {
			p := b.person()
			b.regrant(p, direct(b.sku(skuE3)))
			p.cloud.licences = append(p.cloud.licences, b.failed(skuVisio, groupFormer, stateDisabled, noFault))
			p.cloud.licences[0].fault = ""
		}},
	}
}

// failed is an assignment that did not come about.
func (b *builder) failed(part, group, state, fault string) licence {
	return licence{sku: b.sku(part), group: group, state: state, fault: fault, updated: b.ago(days(11))}
}

// wasted: licences of accounts that nobody can use.
func wasted() []plant {
	return []plant{
		{rule: "LIC-010", about: "a leaver on both sides", unloadable: needsAge, plant: func(b *builder) {
			p := b.blocked()
			p.ad.disable()
			p.cloud.enabled = false
			b.expectUser("LIC-010", "", p.cloud)
		}},
		{rule: "LIC-010", about: "blocked in the tenant only", unloadable: needsAge, plant: func(b *builder) {
			p := b.blocked()
			p.cloud.enabled = false
			b.expectUser("LIC-010", "", p.cloud)
			b.expect("JOIN-012", "", p.ad)
		}},
		{rule: "LIC-010", about: "disabled in the directory only", unloadable: needsAge, plant: func(b *builder) {
			p := b.blocked()
			p.ad.disable()
			b.expectUser("LIC-010", "", p.cloud)
			b.expect("JOIN-012", "", p.ad)
		}},
		{rule: "LIC-010", about: "an old cloud account", plant: func(b *builder) {
			u := b.cloudOnly("blocked"+decimal(int64(b.beside)), domainMain, "Blocked")
			u.grant(b.ago(days(50)), direct(b.sku(skuE3)))
			u.enabled = false
			b.expectUser("LIC-010", "", u)
		}},
		{rule: "LIC-010", clean: true, about: "blocked last week, on both sides", plant: func(b *builder) {
			p := b.blocked()
			p.ad.disable()
			p.cloud.enabled = false
			p.changedAt(b.ago(days(6)))
		}},
		{rule: "LIC-010", clean: true, about: "a new cloud account that is not in use yet", plant: func(b *builder) {
			u := b.cloudOnly("prepared"+decimal(int64(b.beside)), domainMain, "Prepared")
			u.grant(b.ago(days(3)), direct(b.sku(skuE3)))
			u.created, u.enabled = b.ago(days(4)), false
		}},
		{rule: "LIC-010", clean: true, about: "rooms, equipment, and linked accounts", unloadable: needsSID, plant: func(b *builder) {
			room, projector := b.room(online), b.equipment()
			for _, p := range []*person{room, projector} {
				p.ad.changed = b.ago(days(100))
				p.cloud.enabled = false
				p.cloud.grant(b.ago(days(200)), direct(b.sku(skuRooms)))
			}
			login, resource := b.linked()
			login.ad.changed, resource.ad.changed = b.ago(days(90)), b.ago(days(90))
		}},
	}
}

// blocked is a licensed person without SIP whose object changed 60 days ago.
func (b *builder) blocked() *person {
	p := b.person(homed(notEnabled))
	p.changedAt(b.ago(days(60)))
	return p
}
