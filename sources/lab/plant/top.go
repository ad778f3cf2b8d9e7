package plant

import "time"

// topologyPlants are the facts and faults of the deployment. Those that only list what is there need nothing to be planted.
func topologyPlants() []plant {
	nothing := func(*builder) {}
	return []plant{
		{rule: "TOP-001", variant: "F", about: "the deployment", once: true, pools: true, plant: nothing},
		{rule: "TOP-001", variant: "P", about: "its pools", once: true, pools: true, plant: nothing},
		{rule: "TOP-002", variant: "E", about: "pools of a product out of support", once: true, pools: true, plant: nothing},
		{rule: "TOP-002", variant: "O", about: "a pool of Lync Server 2010", once: true, pools: true, plant: func(b *builder) { b.hasOldPool = true }},
		{rule: "TOP-003", variant: "F", about: "a pool without servers", once: true, pools: true, plant: func(b *builder) { b.hasOldPool = true }},
		{rule: "TOP-003", variant: "C", about: "a front-end server with a disabled account", once: true, pools: true, plant: func(b *builder) { b.deadFrontEnd = true }},
		{rule: "TOP-003", variant: "S", about: "a mediation server with a disabled account", once: true, pools: true, plant: func(b *builder) {
			b.deadMediation = true
			b.expectKey("TOP-003", "S", "med01."+domainMain)
		}},
		{rule: "TOP-003", variant: "N", about: "a mediation server that DNS does not know", once: true, pools: true, network: true, plant: func(b *builder) {
			b.vanished = true
			b.onNetwork(func(n *network) { n.inside.drop("med02." + domainMain) })
			b.expectKey("TOP-003", "N", "med02."+domainMain)
		}},
		{rule: "TOP-007", variant: "I", about: "the Exchange organisation", once: true, plant: nothing},
		{rule: "TOP-007", variant: "V", about: "mailboxes on Exchange 2013", once: true, plant: func(b *builder) {
			b.onOldServer(b.person(mailed(serverMailbox)))
			b.onOldServer(b.person(mailed(serverMailbox)))
		}},
		{rule: "TOP-009", about: "a fax machine", once: true, pools: true, plant: func(b *builder) {
			b.endpoint("urn:device:analogfax", "Fax of the warehouse", ouExternal)
		}},
		{rule: "TOP-011", about: "containers without a pool", only: NoServer, once: true, plant: nothing},
	}
}

// clockPlants are the faults of clocks.
func clockPlants() []plant {
	return []plant{
		{rule: "TIM-001", variant: "D", about: "the domain controller is seven minutes ahead", once: true, notIn: BadNetwork, unloadable: "a domain controller has a clock of its own", plant: func(b *builder) {
			b.clock = 7 * time.Minute
			b.expectKey("TIM-001", "D", "dc01."+domainMain)
		}},
	}
}
