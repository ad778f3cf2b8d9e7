package plant

// syncTenantPlants are the faults of synchronisation that only the tenant itself, or output of PowerShell, shows.
func syncTenantPlants() []plant {
	return []plant{
		{rule: "SYN-003", about: "no password hashes for two and a half days", once: true, notIn: SyncOff, plant: func(b *builder) {
			b.limits.passwordSync = b.ago(days(2) + seconds(43200))
			b.expectKey("SYN-003", "", b.tenantID())
		}},
		{rule: "SYN-004", about: "nineteen of twenty objects used", once: true, plant: func(b *builder) {
			b.limits.used, b.limits.total = 47_500, 50_000
			b.expectKey("SYN-004", "", b.tenantID())
		}},
		{rule: "SYN-005", about: "a version that stops", once: true, exports: true, notIn: SyncOff, plant: func(b *builder) {
			b.export(psConnect).each(func(o *psObject) { o.set("Version", "2.4.131.0") })
			b.expectKey("SYN-005", "", "sync01."+domainMain)
		}},
		{rule: "SYN-006", about: "SIP data of nobody reach the tenant", once: true, exports: true, only: NoFlow, plant: func(b *builder) {
			b.export(psOnlineUsers).each(func(o *psObject) { o.set("OnPremSipAddress", nil) })
			b.expectKey("SYN-006", "", b.tenantID())
		}},
	}
}
