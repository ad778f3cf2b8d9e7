package plant

import "slices"

// networkPlants are the faults that DNS and hosts show.
func networkPlants() []plant {
	list := slices.Concat(dnsPlants(), certificatePlants(), reachPlants(), federationHostPlants(), wrongClock())
	for i := range list {
		list[i].network = true
	}
	return list
}
