package hosts

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Agreement is within what clocks are taken to agree.
const Agreement = 60 * time.Second

// Clock is what others tell about the clock of the host that looked from a place.
type Clock struct {
	Readings []evidence.Clock // that told a time, by host and method
	Agreeing []evidence.Clock // the most of them that agree, at least two hosts and more than half; none when there are none
}

// Known says that the clocks of two hosts at least agree.
func (c Clock) Known() bool { return len(c.Agreeing) > 0 }

// Offset is by how much the audit host's clock is behind (positive) or ahead (negative) of those that agree, and how sure that is: that of the surest of them.
func (c Clock) Offset() (offset, uncertainty time.Duration) {
	best := slices.MinFunc(c.Agreeing, func(a, b evidence.Clock) int {
		return cmp.Or(cmp.Compare(a.Uncertainty, b.Uncertainty), strings.Compare(a.Host, b.Host), cmp.Compare(a.Offset, b.Offset))
	})
	return best.Offset, best.Uncertainty
}

// newClocks reads the comparisons. Web servers of the organisation are no reference: their clock may be as wrong as any.
func (x *Index) newClocks(s *evidence.Snapshot) map[string]Clock {
	clocks := map[string]Clock{}
	for r := range s.Clocks() {
		c := clocks[r.Site]
		if r.Failure == "" && (r.Method != "http" || !x.own(r.Host)) {
			c.Readings = append(c.Readings, r)
		}
		clocks[r.Site] = c
	}
	for site, c := range clocks {
		slices.SortFunc(c.Readings, func(a, b evidence.Clock) int {
			return cmp.Or(cmp.Compare(a.Offset, b.Offset), strings.Compare(a.Host, b.Host), strings.Compare(a.Method, b.Method), cmp.Compare(a.Uncertainty, b.Uncertainty))
		})
		c.Agreeing = agreeing(c.Readings)
		clocks[site] = c
	}
	return clocks
}

func (x *Index) own(host string) bool {
	return slices.ContainsFunc(x.hosts, func(h *Host) bool {
		return h.Name == address.DomainKey(host) && h.Own() && !h.For(evidence.ForMicrosoft, evidence.ForIdentity, evidence.ForExchange, evidence.ForTeams)
	})
}

// agreeing finds the most readings, sorted by their offset, that agree: of two hosts at least, and more than half of all.
func agreeing(all []evidence.Clock) []evidence.Clock {
	var best []evidence.Clock
	for i := range all {
		n := i
		for n < len(all) && all[n].Offset-all[i].Offset <= Agreement {
			n++
		}
		if n-i > len(best) {
			best = all[i:n]
		}
	}
	if 2*len(best) <= len(all) || !slices.ContainsFunc(best, func(c evidence.Clock) bool { return c.Host != best[0].Host }) {
		return nil
	}
	return best
}

// Sites lists the places from which clocks were compared, by name.
func (x *Index) Sites() []string {
	sites := make([]string, 0, len(x.clocks))
	for site := range x.clocks {
		sites = append(sites, site)
	}
	slices.Sort(sites)
	return sites
}

// Clock tells about the clock of a place.
func (x *Index) Clock(site string) Clock { return x.clocks[site] }

// wrong is from when on a clock is not to be relied upon for dates.
const wrong = 2 * time.Minute

// Time corrects a time that the host at a place told when others agree that its clock is wrong.
func (x *Index) Time(site string, told time.Time) time.Time {
	c := x.clocks[site]
	if !c.Known() {
		return told
	}
	if offset, uncertainty := c.Offset(); offset.Abs()-uncertainty > wrong {
		return told.Add(offset)
	}
	return told
}
