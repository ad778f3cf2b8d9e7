package plant

import (
	"slices"
	"strings"
	"time"
)

// voiceTenantPlants are the faults of telephony that show only beside the tenant: licences and numbers.
func voiceTenantPlants() []plant {
	return slices.Concat(phoneLicences(), takenNumbers(), otherNumbers())
}

// telephones gives a person enterprise voice and a number, and nothing in the tenant. % stands for digits that nobody else has.
func (b *builder) telephones(p *person, line string) {
	b.setLine(p, line)
	p.ad.flags = number(voiceFlags)
}

// licensePhone sees to it that a person has a Phone System plan: who has none gets the suite that holds it.
func (b *builder) licensePhone(p *person) {
	id := b.planID("MCOEV")
	if p.cloud == nil || slices.ContainsFunc(p.cloud.plans, func(held plan) bool { return held.id == id && held.status == statusEnabled }) {
		return
	}
	b.regrant(p, direct(b.sku(skuE5)))
}

// phoneLicences: people with enterprise voice on a pool and the Phone System plan.
func phoneLicences() []plant {
	return []plant{
		{rule: "VOI-005", about: "no Phone System at all", pools: true, plant: func(b *builder) {
			p := b.person(homed(onPremises), licensed(withE3))
			b.telephones(p, "tel:+8134583%")
			b.expect("VOI-005", "", p.ad)
		}},
		{rule: "VOI-005", about: "switched off in E5", pools: true, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			b.telephones(p, "tel:+8134584%")
			b.regrant(p, grouped(b.sku(skuE5), groupOffice, "MCOEV"))
			b.expect("VOI-005", "", p.ad)
		}},
		{rule: "VOI-005", about: "left over from a former licence, and suspended", pools: true, plant: func(b *builder) {
			p, q := b.person(homed(onPremises), licensed(withE3)), b.person(homed(onPremises), licensed(withE5))
			b.telephones(p, "tel:+8134585%")
			b.telephones(q, "tel:+8134585%")
			p.cloud.former(b.sku(skuPhone), b.ago(days(100)))
			q.cloud.setPlan(b.planID("MCOEV"), statusSuspend)
			b.expect("VOI-005", "", p.ad, q.ad)
		}},
		{rule: "VOI-005", clean: true, about: "the add-on; a room; no voice; homed online", pools: true, plant: func(b *builder) {
			p, q := b.person(homed(onPremises), licensed(withE3)), b.person(homed(online), licensed(withE3))
			b.telephones(p, "tel:+8134586%")
			b.addLicence(p.cloud, skuPhone, "")
			b.telephones(q, "tel:+8134586%")
			room := b.room(onPremises)
			room.ad.flags, room.ad.line = number(voiceFlags), "tel:+8134587"+sevenDigits(room.number)
			b.person(homed(onPremises), licensed(withE3))
		}},
	}
}

// take gives the tenant's side of a person's number to somebody else: nothing of it reaches the person.
func (b *builder) take(p *person, holder string) *phone {
	number := teamsLine(p.ad.line)
	b.given[number] = true
	return b.assign(number, phoneOnline, holder)
}

// takenNumbers: somebody else has the number in the tenant.
func takenNumbers() []plant {
	return []plant{
		{rule: "VOI-006", about: "a call queue has the number of somebody on a pool", pools: true, plant: func(b *builder) {
			p, queue := b.person(homed(onPremises)), b.resourceAccount()
			b.giveLine(p, "tel:+8134588%")
			n := b.take(p, queue.id)
			n.status, n.kind = phoneVoiceApp, phoneDirect
			b.expect("VOI-006", "", p.ad)
		}},
		{rule: "VOI-006", about: "a colleague of the tenant alone has the number, with its extension", plant: func(b *builder) {
			p := b.person(homed(online))
			u := b.cloudOnly("caller"+decimal(int64(b.beside)), domainMain, "Caller")
			b.giveLine(p, "tel:+8134589%")
			p.ad.line += ";ext=" + sevenDigits(p.number)[3:]
			b.take(p, u.id)
			b.expect("VOI-006", "", p.ad)
		}},
		{rule: "VOI-006", about: "the conference bridge has the number", plant: func(b *builder) {
			p := b.person()
			b.giveLine(p, "tel:+8134590%")
			n := b.take(p, guidOf(b.seed, 1, saltDial).String())
			n.status = phoneMeeting
			b.expect("VOI-006", "", p.ad)
		}},
		{rule: "VOI-006", clean: true, about: "free in the tenant; another extension of the same number", pools: true, plant: func(b *builder) {
			p, q := b.person(homed(onPremises)), b.person(homed(onPremises))
			u := b.cloudOnly("extension"+decimal(int64(b.beside)), domainMain, "Extension")
			b.giveLine(p, "tel:+8134591%")
			b.assign(teamsLine(p.ad.line), phoneOnline, "")
			b.giveLine(q, "tel:+8134592%")
			b.assign(teamsLine(q.ad.line)+";ext=9", phoneOnline, u.id)
			q.ad.line += ";ext=" + sevenDigits(q.number)[3:]
		}},
		{rule: "VOI-006", clean: true, about: "given away a moment ago", pools: true, unloadable: needsAge, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			b.giveLine(p, "tel:+8134593%")
			b.take(p, b.cloudOnly("heir"+decimal(int64(b.beside)), domainMain, "Heir").id)
			p.changedAt(b.ago(10 * time.Minute))
		}},
	}
}

// otherNumbers: the person has another number in Teams than in the directory, or none.
func otherNumbers() []plant {
	own := func(b *builder, p *person, prefix, category string) teamsNumber {
		n, source := prefix+sevenDigits(p.number), phoneOnline
		if n == teamsLine(p.ad.line) {
			source = phoneServer
		}
		b.assign(n, source, p.cloud.id).category = category
		return teamsNumber{n, category}
	}
	return []plant{
		{rule: "VOI-007", about: "another number", plant: func(b *builder) {
			p := b.person(homed(online))
			b.giveLine(p, "tel:+8134594%")
			p.cloud.teams.setNumbers(own(b, p, "+8134595", categoryPrimary))
			b.expect("VOI-007", "", p.ad)
		}},
		{rule: "VOI-007", about: "none at all", plant: func(b *builder) {
			p := b.person(homed(online))
			b.giveLine(p, "tel:+8134596%")
			p.cloud.teams.setNumbers()
			b.expect("VOI-007", "", p.ad)
		}},
		{rule: "VOI-007", about: "only a private one", plant: func(b *builder) {
			p := b.person(homed(online))
			b.giveLine(p, "tel:+8134597%")
			p.cloud.teams.setNumbers(own(b, p, "+8134598", categoryPrivate))
			b.expect("VOI-007", "", p.ad)
		}},
		{rule: "VOI-007", clean: true, about: "an alternate and a private one besides; the extension is not shown; none, and on a pool", plant: func(b *builder) {
			p, q, r := b.person(homed(online)), b.person(homed(online)), b.person()
			b.giveLine(p, "tel:+8134599%")
			p.cloud.teams.setNumbers(own(b, p, "+8134610", categoryPrivate), own(b, p, "+8134599", categoryPrimary), own(b, p, "+8134611", categoryAlternate))
			b.giveLine(q, "tel:+8134612%")
			q.ad.line += ";ext=" + sevenDigits(q.number)[3:]
			q.cloud.teams.setNumbers(own(b, q, "+8134612", categoryPrimary))
			b.giveLine(r, "tel:+8134613%")
		}},
		{rule: "VOI-007", clean: true, about: "changed a moment ago", unloadable: needsAge, plant: func(b *builder) {
			p := b.person(homed(online))
			b.giveLine(p, "tel:+8134614%")
			p.cloud.teams.setNumbers(own(b, p, "+8134615", categoryPrimary))
			p.changedAt(b.ago(20 * time.Minute))
		}},
		{rule: "VOI-008", about: "a number that AD masters", once: true, plant: func(b *builder) {
			b.giveLine(b.person(homed(online)), "tel:+8134616%")
		}},
	}
}

// noteNumber remembers that somebody online has a number in the directory: that is one finding, whoever and however many they are.
func (b *builder) noteNumber(p *person) {
	o := p.ad
	if o != nil && p.slot >= 0 && o.enabled == yes && o.line != "" && strings.EqualFold(o.locator, onlineLocator) {
		b.mastered = true
	}
}
