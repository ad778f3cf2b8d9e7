package plant

// topologyExportPlants are the faults of the connection between servers and tenant, which output of PowerShell shows.
func topologyExportPlants() []plant {
	return []plant{
		{rule: "TOP-002", variant: "B", about: "a mediation server of an old build", once: true, pools: true, exports: true, plant: func(b *builder) {
			b.export(psReplicas).each(func(o *psObject) {
				if o.text("ReplicaFqdn") == "med01."+domainMain {
					o.set("ProductVersion", "6.0.9319.516")
				}
			})
			b.expectKey("TOP-002", "B", "med01."+domainMain)
		}},
		{rule: "TOP-004", about: "the provider does not share the address space", once: true, pools: true, exports: true, plant: func(b *builder) {
			b.export(psProviders).object("Office365").set("EnabledSharedAddressSpace", false)
			b.expectKey("TOP-004", "", domainMain)
		}},
		{rule: "TOP-004", clean: true, about: "another provider, of a partner, which is off", once: true, pools: true, exports: true, plant: func(b *builder) {
			b.export(psProviders).add(psOf(
				"Identity", "Proseware", "Name", "Proseware", "ProxyFqdn", "sip.proseware.com", "VerificationLevel", "UseSourceVerification", "Enabled", false,
				"EnabledSharedAddressSpace", false, "HostsOCSUsers", false, "IsLocal", false, "AutodiscoverUrl", nil,
			))
		}},
		{rule: "TOP-005", about: "the tenant does not share the address space", once: true, pools: true, exports: true, plant: func(b *builder) {
			b.export(psFederation).object("Global").set("SharedSipAddressSpace", false)
			b.expectKey("TOP-005", "", b.tenantID())
		}},
		{rule: "TOP-006", about: "the tenant still shares the address space", once: true, only: NoServer, exports: true, plant: func(b *builder) {
			b.export(psFederation).object("Global").set("SharedSipAddressSpace", true)
			b.expectKey("TOP-006", "", b.tenantID())
		}},
		{rule: "TOP-006", variant: "P", about: "the provider is still on", once: true, only: NoServer, exports: true, plant: func(b *builder) {
			b.export(psProviders).add(psOf(
				"Identity", "Office365", "Name", "Office365", "ProxyFqdn", onlineProxy, "VerificationLevel", "UseSourceVerification", "Enabled", true,
				"EnabledSharedAddressSpace", true, "HostsOCSUsers", true, "IsLocal", false,
				"AutodiscoverUrl", "https://webdir.online.lync.com/Autodiscover/AutodiscoverService.svc/root",
			))
			b.expectKey("TOP-006", "P", domainMain)
		}},
		{rule: "TOP-010", about: "the organisation is still in the mode Islands", once: true, only: NoServer, exports: true, plant: func(b *builder) {
			b.export(psPolicies).object("Global").set("Mode", modeIslands)
			b.expectKey("TOP-010", "", b.tenantID())
		}},
	}
}
