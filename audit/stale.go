package audit

import (
	"slices"

	"hybridaudit/sources/evidence"
)

// stale names what a rule reads of files whose age is more than the configuration allows: as evidence for its findings, and as the reason on which its verdict rests.
func (r *run) stale(needs []Need) ([]Fact, Reason) {
	var facts []Fact
	var why Reason
	seen := map[evidence.Dataset]bool{}
	for _, n := range needs {
		if seen[n.Dataset] {
			continue
		}
		seen[n.Dataset] = true
		for _, c := range r.evidence.Of(n.Dataset) {
			if !c.Stale {
				continue
			}
			facts = append(facts, Fact{Name: "staleData", Values: slices.Concat([]string{string(c.Dataset)}, c.Files)})
			if why.IsZero() {
				why = Because("stale", Str("dataset", string(c.Dataset)), List("files", c.Files))
			}
		}
	}
	return facts, why
}
