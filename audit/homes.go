package audit

import (
	"hybridaudit/audit/scope"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// Homes counts the people, rooms and mailboxes that are enabled for SIP by where they are homed. Applications and devices do not count.
type Homes struct {
	Pools      map[string]int // by the pool's DN
	OnPremises map[string]int // by forest
	Online     map[string]int // by forest
}

func newHomes(s *evidence.Snapshot, sc *scope.Scope, d *topology.Deployment) *Homes {
	h := &Homes{map[string]int{}, map[string]int{}, map[string]int{}}
	for o := range s.ADObjects(evidence.ADUsers) {
		if o.SIPEnabled() != evidence.True || !lives(sc.Class(o)) {
			continue
		}
		switch d.Home(o) {
		case topology.OnPremises:
			h.OnPremises[o.Forest()]++
			if pool, ok := d.Pool(o.HomeServer()); ok {
				h.Pools[pool.DN()]++
			}
		case topology.Online:
			h.Online[o.Forest()]++
		case topology.NoHome, topology.Other:
		}
	}
	return h
}

func lives(c scope.Class) bool {
	switch c {
	case scope.Person, scope.Linked, scope.Room, scope.Shared, scope.Equipment:
		return true
	}
	return false
}
