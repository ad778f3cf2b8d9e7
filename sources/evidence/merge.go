package evidence

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// OverlapError says that two parts hold evidence of the same forest or tenant, taken at the same site.
type OverlapError struct {
	Source        string // the forest's or tenant's name or id
	First, Second int    // positions of the parts
}

func (e *OverlapError) Error() string {
	return fmt.Sprintf("evidence of %s is given twice", e.Source)
}

// Merge joins the evidence of several forests and tenants, collected at any places and times, into one snapshot. Two parts with the same forest or
// tenant are refused with an [OverlapError].
func Merge(parts ...*Snapshot) (*Snapshot, error) {
	if len(parts) == 1 {
		return parts[0], nil
	}
	if err := overlap(parts); err != nil {
		return nil, err
	}
	m := &Snapshot{tables: map[Dataset]*Table{}}
	for _, p := range parts {
		if p.taken.After(m.taken) {
			m.taken = p.taken
		}
		m.coverage = append(m.coverage, p.coverage...)
		for _, d := range slices.Sorted(maps.Keys(p.tables)) {
			m.tables[d] = union(d, m.tables[d], p.tables[d])
		}
	}
	sortCoverage(m.coverage)
	return m, nil
}

// union keeps the only table there is as it is; rows are copied only when two sources give the same dataset.
func union(d Dataset, a, b *Table) *Table {
	switch {
	case a == nil || a.rows == 0:
		return b
	case b.rows == 0:
		return a
	}
	t := newTable(SchemaOf(d), &arena{})
	for _, from := range []*Table{a, b} {
		for r := range from.rows {
			t.appendRow(from, r)
		}
	}
	return t
}

func overlap(parts []*Snapshot) error {
	seen := map[string]int{}
	for i, p := range parts {
		for _, key := range p.sources() {
			if first, ok := seen[key]; ok {
				return &OverlapError{Source: key, First: first, Second: i}
			}
			seen[key] = i
		}
	}
	return nil
}

// sources names the forests and tenants of a snapshot.
func (s *Snapshot) sources() []string {
	var names []string
	for f := range s.Forests() {
		names = append(names, "forest "+f.Name()+" ("+f.GUID().String()+")")
	}
	for o := range s.Organizations() {
		names = append(names, "tenant "+o.Name()+" ("+o.ID().String()+")")
	}
	return names
}

func sortCoverage(c []Coverage) {
	order := map[Dataset]int{}
	for i, d := range Datasets() {
		order[d] = i
	}
	slices.SortStableFunc(c, func(a, b Coverage) int {
		return cmp.Or(cmp.Compare(order[a.Dataset], order[b.Dataset]), cmp.Compare(a.Source, b.Source))
	})
}
