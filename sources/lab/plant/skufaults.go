package plant

// skuPlants are the faults of the tenant's subscriptions.
func skuPlants() []plant {
	state := func(part, status string, bought func(int) units) func(*builder) {
		return func(b *builder) {
			s := b.sku(part)
			s.status, s.bought, s.listed = status, bought, true
			b.expectKey("LIC-009", "", s.id)
		}
	}
	return []plant{
		{rule: "LIC-008", variant: "O", about: "more used than bought", once: true, plant: func(b *builder) {
			s := b.sku(skuVisio)
			s.bought = func(consumed int) units { return units{enabled: consumed - 1} }
			b.expectKey("LIC-008", "O", s.id)
			b.holder(s)
			b.holder(s)
		}},
		{rule: "LIC-008", variant: "L", about: "the last seat is used", once: true, plant: func(b *builder) {
			s := b.sku(skuPowerBI)
			s.bought = func(consumed int) units { return units{enabled: consumed} }
			b.expectKey("LIC-008", "L", s.id)
			b.holder(s)
		}},
		{rule: "LIC-008", clean: true, about: "just enough seats; seats in grace; free, company-wide and empty subscriptions", once: true, plant: func(b *builder) {
			b.sku(skuConference).bought, b.sku(skuConference).listed = tight, true
			b.sku(skuEntra).bought, b.sku(skuEntra).listed = func(consumed int) units { return units{enabled: consumed, warning: consumed + 2} }, true
			b.sku(skuFlow).bought, b.sku(skuFlow).listed = func(consumed int) units { return units{enabled: 1_000_000, suspended: 0} }, true
			storage := b.sku(skuStorage)
			storage.company, storage.listed, storage.bought = true, true, func(int) units { return units{enabled: 500} }
			storage.consumed = 500
			b.sku(skuIntune).bought, b.sku(skuIntune).listed = func(int) units { return units{} }, true
			b.holder(b.sku(skuConference))
		}},
		{rule: "LIC-009", about: "suspended, and used", once: true, plant: func(b *builder) {
			state(skuProject, statusSuspend, func(consumed int) units { return units{suspended: consumed} })(b)
			b.holder(b.sku(skuProject))
		}},
		{rule: "LIC-009", about: "enabled, with suspended seats", once: true, plant: func(b *builder) {
			state(skuEMS, statusEnabled, func(consumed int) units { return units{enabled: roomy(consumed).enabled, suspended: 25} })(b)
			b.holder(b.sku(skuEMS))
		}},
		{rule: "LIC-009", about: "an old suspended row beside a healthy replacement (low)", once: true,
			plant: state(skuOldE3, statusSuspend, func(int) units { return units{suspended: 50} })},
		{rule: "LIC-009", about: "locked out, and unused (low)", once: true, plant: state(skuStore, statusLocked, func(int) units { return units{lockedOut: 25} })},
	}
}

// holder makes one licensed person who has this SKU too.
func (b *builder) holder(s *sku) {
	p := b.person(licensed(withE3))
	if !p.cloud.holds(s) {
		b.addLicence(p.cloud, s.part, "")
	}
}
