package plant

import "time"

// wrongClock are the faults of the clock of the host that looks.
func wrongClock() []plant {
	return []plant{
		{rule: "TIM-001", variant: "H", about: "the host that looks is seven minutes behind all others", once: true, only: BadNetwork, unloadable: "a domain controller has a clock of its own", plant: func(b *builder) {
			b.clock = 7 * time.Minute // the domain controller's is right
			b.onNetwork(func(n *network) { n.Drift = 7 * time.Minute })
			b.expectKey("TIM-001", "H", clocksKey)
		}},
	}
}
