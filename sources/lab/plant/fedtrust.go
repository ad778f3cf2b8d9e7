package plant

// trustPlants are the faults of the servers' certificates at the tenant's applications.
func trustPlants() []plant {
	return []plant{
		{rule: "FED-008", about: "twenty days left (medium)", once: true, plant: func(b *builder) {
			if s := b.principal(appSkype); s != nil && len(s.keys) > 0 {
				k := s.keys[0]
				k.start, k.end = b.ago(days(710)), b.ago(days(710)).Add(days(730))
				s.keys[0] = k
				b.expectKey("FED-008", "", appSkype)
			}
		}},
		{rule: "FED-008", clean: true, about: "an old certificate stays beside the new one", once: true, plant: func(b *builder) {
			if s := b.principal(appExchange); s != nil && len(s.keys) > 0 {
				old := s.keys[0]
				old.id = guidOf(b.seed, 14, saltService).String()
				old.start, old.end = b.ago(days(2100)), b.ago(days(275))
				s.keys = append([]keyCredential{old}, s.keys...)
			}
		}},
	}
}
