package evidence

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
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
		own := p.sources()
		for _, key := range slices.Sorted(maps.Keys(own)) {
			if first, ok := seen[key]; ok {
				return &OverlapError{Source: own[key], First: first, Second: i}
			}
		}
		for key := range own {
			seen[key] = i
		}
	}
	return nil
}

// sources gives the forests and tenants of a snapshot, and behind them the output of commands: a key, and what to call them. The rows about the forest and the tenant may be what could not be read, so the
// coverage counts too.
func (s *Snapshot) sources() map[string]string {
	names := map[string]string{}
	for _, c := range s.coverage {
		if c.Rows == 0 {
			continue
		}
		if c.Dataset.Export() { // the output of one command may stand beside that of others and beside what was read live
			names["~"+strings.ToLower(string(c.Dataset)+" "+c.Source)] = strings.TrimSpace(string(c.Dataset) + " " + c.Source)
			continue
		}
		if c.Dataset.Network() { // the parts of one place may come from several runs
			names["@"+strings.ToLower(string(c.Dataset)+" "+c.Source)] = "the network as seen from " + c.Source
			continue
		}
		if c.Source == "" {
			continue
		}
		kind := "forest "
		if c.Dataset.Tenant() {
			kind = "tenant "
		}
		names[kind+strings.ToLower(c.Source)] = kind + c.Source
	}
	for f := range s.Forests() {
		names["forest "+strings.ToLower(f.Name())] = "forest " + f.Name()
	}
	for o := range s.Organizations() {
		names["tenant "+o.ID().String()] = "tenant " + o.Name() + " (" + o.ID().String() + ")"
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
