package plant

// qualityPlants are the faults of the reading itself.
func qualityPlants() []plant {
	return []plant{
		{rule: "DQ-001", about: "the application may not read the synchronisation features (low: the data is optional)", once: true, only: Subsidiary, plant: func(b *builder) {
			b.refused["directory/onPremisesSynchronization"] = "Authorization_RequestDenied"
			b.expectKey("DQ-001", "", "tenant.syncFeatures")
		}},
		{rule: "DQ-003", about: "a file that an old module wrote, with fewer columns", once: true, notIn: NoServer, exports: true, plant: func(b *builder) {
			b.export(psConfiguration).each(func(o *psObject) { o.without("BlockLegacyAuthorization") })
			b.expectKey("DQ-003", "", "teams.upgradeConfiguration")
		}},
	}
}
