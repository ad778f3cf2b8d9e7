package plans

import (
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hybridaudit/sources/evidence"
)

// states are the capability statuses of a plan, the worst first.
var states = []string{"", "Deleted", "LockedOut", "Suspended", "Warning", "Enabled"}

const (
	unread = 255 // a state is not among the known ones, or not spelt like them: read the user again
	chunk  = 4096
)

func stateIndex(state string) int {
	for i, s := range states {
		if strings.EqualFold(s, state) {
			return i
		}
	}
	return 0
}

// brief is a Status in sixteen bytes. A user has some thirty plans, and half of the licence rules ask for the state of the same two.
type brief struct {
	assigned int64 // seconds since 1970, 0 when not known
	plan     uint8 // place in Catalogue.ids
	state    uint8 // place in states, or unread
}

// status unfolds a brief; ok is false when the user must be read again.
func (c *Catalogue) status(b brief) (s Status, ok bool) {
	switch b.state {
	case unread:
		return Status{}, false
	case 0:
		return Status{}, true
	}
	s = Status{State: states[b.state], Plan: c.ids[b.plan]}
	if b.assigned != 0 {
		s.Assigned = time.Unix(b.assigned, 0).UTC()
	}
	return s, true
}

// summary reads the plans of all tenant users once, on all processors.
func (c *Catalogue) summary(s *evidence.Snapshot) map[Group][]brief {
	n := s.Rows(evidence.TenantUsers)
	best := map[Group][]brief{Teams: make([]brief, n), Skype: make([]brief, n)}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for {
				from := int(next.Add(chunk)) - chunk
				if from >= n {
					return
				}
				for row := from; row < min(from+chunk, n); row++ {
					c.summarise(s.TenantUserAt(row), best[Teams], best[Skype])
				}
			}
		})
	}
	wait.Wait()
	return best
}

func (c *Catalogue) summarise(u evidence.TenantUser, teams, skype []brief) {
	for p := range u.Plans() {
		known, ok := c.known[p.ID]
		if !ok {
			continue
		}
		var b *brief
		switch known.group {
		case Teams:
			b = &teams[u.Row()]
		case Skype:
			b = &skype[u.Row()]
		case Phone, Conferencing, Calling:
			continue // few ask for them: see read
		}
		state := max(0, slices.Index(states, p.Status))
		at := int64(0)
		if !p.Assigned.IsZero() {
			at = p.Assigned.Unix()
		}
		switch {
		case b.state == unread:
		case state == 0:
			b.state = unread
		case state > int(b.state), state == int(b.state) && at > b.assigned:
			*b = brief{at, known.place, uint8(state)} //nolint:gosec // one of six
		}
	}
}

// read is Of for users of whom a brief does not hold enough.
func (c *Catalogue) read(u evidence.TenantUser, g Group) Status {
	var best Status
	for p := range u.Plans() {
		if c.known[p.ID].group != g {
			continue
		}
		a, b := stateIndex(p.Status), stateIndex(best.State)
		if best.Plan == "" || a > b || a == b && p.Assigned.After(best.Assigned) {
			best = Status{p.Status, p.ID, p.Assigned}
		}
	}
	return best
}
