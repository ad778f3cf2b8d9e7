package plant

// qualityPlants are the faults of the reading itself.
func qualityPlants() []plant {
	return []plant{
		{rule: "DQ-001", about: "the application may not read the synchronisation features (low: the data is optional)", once: true, plant: func(b *builder) {
			b.refused["directory/onPremisesSynchronization"] = "Authorization_RequestDenied"
			b.expectKey("DQ-001", "", "tenant.syncFeatures")
		}},
	}
}
