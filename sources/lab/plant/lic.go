package plant

import (
	"slices"
	"time"
)

// licencePlants are the faults of people's licences. Their subjects are tenant users.
func licencePlants() []plant {
	return slices.Concat(missingPlans(), disabledPlans(), planStates(), provisioning(), assignment(), wasted())
}

// regrant gives a person these licences, assigned some months ago.
func (b *builder) regrant(p *person, licences ...licence) {
	p.cloud.grant(b.ago(days(75)), licences...)
}

// missingPlans: no Teams, or no Skype plan 2.
func missingPlans() []plant {
	return []plant{
		{rule: "LIC-001", about: "no licence at all", plant: func(b *builder) {
			p := b.person(licensed(unlicensed))
			b.expectUser("LIC-001", "", p.cloud)
		}},
		{rule: "LIC-001", about: "Exchange only", pools: true, plant: func(b *builder) {
			p := b.person()
			b.regrant(p, direct(b.sku(skuExchange)), direct(b.sku(skuFlow)))
			b.expectUser("LIC-001", "", p.cloud)
			b.expectUser("LIC-002", "", p.cloud)
		}},
		{rule: "LIC-002", about: "F3, which has Skype plan 1", pools: true, plant: func(b *builder) {
			p := b.person(homed(onPremises))
			b.regrant(p, direct(b.sku(skuF3)))
			b.expectUser("LIC-002", "", p.cloud)
		}},
		{rule: "LIC-002", about: "Teams Enterprise by group, homed online", pools: true, plant: func(b *builder) {
			p := b.person(homed(online))
			b.regrant(p, grouped(b.sku(skuTeams), groupOffice))
			b.expectUser("LIC-002", "", p.cloud)
		}},
		{rule: "LIC-001", clean: true, about: "not enabled for SIP: Exchange only, or nothing", plant: func(b *builder) {
			b.person(homed(notEnabled), licensed(withExchangeOnly))
			b.person(homed(notEnabled), licensed(unlicensed))
		}},
		{rule: "LIC-002", clean: true, about: "not enabled for SIP: F3; the plan as an add-on, or as the midsize one", plant: func(b *builder) {
			b.person(homed(notEnabled), licensed(withF3))
			b.person(licensed(withF3AndSkype))
			b.person(licensed(withMidsize))
		}},
	}
}

// disabledPlans: plans that are switched off inside the SKU.
func disabledPlans() []plant {
	return []plant{
		{rule: "LIC-003", about: "Teams, directly", plant: func(b *builder) {
			p := b.person()
			b.regrant(p, direct(b.sku(skuE3), planTeams))
			b.expectUser("LIC-003", "", p.cloud)
		}},
		{rule: "LIC-003", about: "Skype, by group", pools: true, plant: func(b *builder) {
			p := b.person()
			b.regrant(p, grouped(b.sku(skuE5), groupOffice, planSkype))
			b.expectUser("LIC-003", "", p.cloud)
		}},
		{rule: "LIC-003", about: "both, in both SKUs, with what is left of them: two findings", pools: true, plant: func(b *builder) {
			p := b.person()
			b.regrant(p, direct(b.sku(skuE3), planTeams, planSkype), grouped(b.sku(skuE5), groupOffice, planTeams, planSkype))
			p.cloud.former(b.sku(skuOldE1), b.ago(days(400)))
			b.expectUser("LIC-003", "", p.cloud, p.cloud)
		}},
		{rule: "LIC-003", about: "Teams, of somebody without object in the directory", plant: func(b *builder) {
			u := b.cloudOnly("teamless"+decimal(int64(b.beside)), domainMain, "Teamless")
			u.grant(b.ago(days(50)), direct(b.sku(skuE3), planTeams))
			b.expectUser("LIC-003", "", u)
		}},
		{rule: "LIC-003", clean: true, about: "off in one assignment, on in another: of the same SKU, of another SKU", plant: func(b *builder) {
			b.person(licensed(withE3TwiceOver))
			b.person(licensed(withE3AndE5))
			p := b.person()
			b.regrant(p, direct(b.sku(skuE3), planSkype), direct(b.sku(skuSkype)))
		}},
		{rule: "LIC-003", clean: true, about: "a room, and a person who is not enabled for SIP without the Skype plan", plant: func(b *builder) {
			room := b.room(online)
			room.cloud.grant(b.ago(days(80)), direct(b.sku(skuRooms), planTeams, planSkype))
			p := b.person(homed(notEnabled))
			b.regrant(p, direct(b.sku(skuE3), planSkype))
		}},
	}
}

// planStates: plans that are there and not usable. A SKU in such a state is reported itself.
func planStates() []plant {
	return []plant{
		{rule: "LIC-004", about: "a subscription in its grace period: one finding for Teams, one for Skype", pools: true, plant: func(b *builder) {
			s := b.sku(skuOldE5)
			if b.first() {
				s.status, s.bought = statusWarning, func(consumed int) units { return units{warning: consumed + 10} }
				b.expectKey("LIC-009", "", s.id)
			}
			p := b.person()
			b.regrant(p, direct(s))
			b.expectUser("LIC-004", "", p.cloud, p.cloud)
		}},
		{rule: "LIC-004", about: "a suspended subscription", pools: true, plant: func(b *builder) {
			s := b.sku(skuOldE1)
			if b.first() {
				s.status, s.bought = statusSuspend, func(consumed int) units { return units{suspended: consumed + 10} }
				b.expectKey("LIC-009", "", s.id)
			}
			p := b.person()
			b.regrant(p, grouped(s, groupFormer))
			b.expectUser("LIC-004", "", p.cloud, p.cloud)
		}},
		{rule: "LIC-004", about: "Teams locked out", plant: func(b *builder) {
			p := b.person(licensed(withE3))
			p.cloud.setPlan(b.planID(planTeams), statusLocked)
			b.expectUser("LIC-004", "", p.cloud)
		}},
		{rule: "LIC-004", about: "Teams deleted although the licence holds it", plant: func(b *builder) {
			p := b.person(licensed(withE3))
			p.cloud.setPlan(b.planID(planTeams), statusDeleted)
			b.expectUser("LIC-004", "", p.cloud)
		}},
		{rule: "LIC-004", clean: true, about: "deleted beside enabled, suspended beside enabled", plant: func(b *builder) {
			b.person(licensed(withE3AfterE1))
			p := b.person(licensed(withE3))
			p.cloud.plans = append(p.cloud.plans, plan{b.planID(planTeams), statusSuspend, serviceTeams, b.ago(days(500))})
		}},
		{rule: "LIC-004", clean: true, about: "add-ons that nobody needs, deleted", plant: func(b *builder) {
			p := b.person(licensed(withE5))
			p.cloud.setPlan(b.planID("MCOMEETADV"), statusDeleted)
		}},
	}
}

// provisioning: assigned, and not there yet.
func provisioning() []plant {
	return []plant{
		{rule: "LIC-005", about: "Teams pending", plant: func(b *builder) {
			p := b.person()
			p.cloud.setProvisioned(serviceTeams, "PendingProvisioning")
			b.expectUser("LIC-005", "", p.cloud)
		}},
		{rule: "LIC-005", about: "Skype failed and Teams waits for input: two findings", plant: func(b *builder) {
			p := b.person()
			p.cloud.setProvisioned(serviceTeams, "PendingInput")
			p.cloud.setProvisioned(serviceSkype, "Error")
			b.expectUser("LIC-005", "", p.cloud, p.cloud)
		}},
		{rule: "LIC-005", about: "a status that nobody documented, on one of two rows", plant: func(b *builder) {
			p := b.person()
			p.cloud.provisioned = append(p.cloud.provisioned, provisioned{statusEnabled, "AwaitingRegion", serviceSkype})
			b.expectUser("LIC-005", "", p.cloud)
		}},
		{rule: "LIC-005", about: "Teams assigned two minutes ago (info)", plant: func(b *builder) {
			p := b.person(licensed(withE3))
			p.cloud.dated(b.planID(planTeams), b.ago(2*time.Minute))
			b.expectUser("LIC-005", "", p.cloud)
		}},
		{rule: "LIC-005", clean: true, about: "other services pending; a service that was switched off; a plan that was taken away", plant: func(b *builder) {
			p, q := b.person(), b.person()
			p.cloud.setProvisioned(serviceExchange, "PendingActivation")
			p.cloud.setProvisioned("SharePoint", "Error")
			q.cloud.provisioned = append(q.cloud.provisioned, provisioned{statusEnabled, resultDisabled, serviceTeams},
				provisioned{statusDeleted, "PendingProvisioning", serviceSkype})
		}},
	}
}

// planID is the identifier of a plan.
func (b *builder) planID(name string) string {
	plans := servicePlans()
	return plans[slices.IndexFunc(plans, func(p servicePlan) bool { return p.name == name })].id
}
