package imports

import (
	"cmp"
	"fmt"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// partOf says that the listing is made of single objects, which do not tell that there are no others.
func (l *listing) partOf(d evidence.Dataset) bool {
	switch d {
	case evidence.TenantOrganization, evidence.TenantLimits, evidence.TenantSyncFeatures: // there is one
		return false
	case evidence.TenantPrincipals: // asked for one by one
		return false
	}
	return l.single
}

// choose picks for each dataset, and domain, the listing with the most objects, of several the one with the most columns; a list goes before single objects. The others would only
// mix rows that lack something among those that do not.
func (s *pages) choose() {
	type place struct {
		d      evidence.Dataset
		domain string
	}
	best := map[place]*listing{}
	for _, l := range s.order {
		for _, d := range l.feeds() {
			at := place{d, strings.ToLower(l.domain)}
			other := best[at]
			if other == nil {
				best[at] = l
				continue
			}
			loser := l
			if l.better(other, d) {
				best[at], loser = l, other
			}
			s.skipped[d] = append(s.skipped[d], fmt.Sprintf("the %d objects of %s were asked for in another way and are left out", loser.elements, directory.Printable(loser.lastFile, 200)))
		}
	}
	for _, l := range s.order {
		for _, d := range l.feeds() {
			if best[place{d, strings.ToLower(l.domain)}] == l {
				s.chosen[d] = append(s.chosen[d], l)
			}
		}
	}
}

func (l *listing) better(other *listing, d evidence.Dataset) bool {
	if l.partOf(d) != other.partOf(d) {
		return other.partOf(d)
	}
	return cmp.Or(cmp.Compare(l.elements, other.elements), cmp.Compare(len(l.columns(d)), len(other.columns(d)))) > 0
}
