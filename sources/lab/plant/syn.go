package plant

import "time"

// syncPlants are the faults of directory synchronisation itself.
func syncPlants() []plant {
	return []plant{
		{rule: "SYN-001", about: "synchronisation switched off while people are synchronised", once: true, only: SyncOff, plant: func(b *builder) {
			b.syncing = jsonFalse
			b.expectKey("SYN-001", "", b.tenantID())
		}},
		{rule: "SYN-002", about: "the last cycle was 26 hours ago", once: true, notIn: SyncOff, plant: func(b *builder) {
			if b.variant == NoFlow {
				return // what has not arrived (JOIN-014) shows only where synchronisation runs
			}
			b.synced = b.ago(26 * time.Hour)
			b.expectKey("SYN-002", "", b.tenantID())
		}},
	}
}
