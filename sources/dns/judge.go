package dns

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
)

// judge marks what only several answers together show: names for which the zone would answer anyway, and aliases beside other records.
func (c *collection) judge() {
	c.mu.Lock()
	defer c.mu.Unlock()
	type place struct{ role, server, name string }
	forged := map[place][]*item{} // by the domain
	at := map[place][]*item{}
	for _, i := range c.items {
		switch {
		case !i.done:
		case i.random:
			p := place{i.role, i.itemKey.server, strings.TrimPrefix(i.name, c.label+".")}
			forged[p] = append(forged[p], i)
		default:
			p := place{i.role, i.lookup.Server, i.name}
			at[p] = append(at[p], i)
			c.ended = append(c.ended, i)
		}
	}
	for _, i := range c.ended {
		if d, ok := enclosing(c.targets, i.name); ok && d.Name != i.name {
			i.lookup.Forged = slices.ContainsFunc(forged[place{i.role, i.itemKey.server, d.Name}], func(random *item) bool { return sameAnswer(i.lookup, random.lookup) })
		}
	}
	for _, all := range at {
		aliased := slices.ContainsFunc(all, func(i *item) bool {
			return len(i.lookup.Chain) > 0 || i.lookup.Type == "CNAME" && len(i.lookup.Values) > 0
		})
		direct := slices.ContainsFunc(all, func(i *item) bool {
			return len(i.lookup.Chain) == 0 && i.lookup.Type != "CNAME" && len(i.lookup.Values) > 0
		})
		mixed := aliased && direct || slices.ContainsFunc(all, func(i *item) bool { return i.lookup.Mixed })
		for _, i := range all {
			i.lookup.Mixed = mixed
		}
	}
}

// sameAnswer says that a name gets what a random name gets.
func sameAnswer(l, random evidence.Lookup) bool {
	switch {
	case len(random.Chain) > 0 && l.Type == "CNAME":
		return slices.Contains(l.Values, random.Chain[0])
	case len(random.Chain) > 0:
		return slices.Equal(l.Chain, random.Chain)
	}
	return len(l.Chain) == 0 && len(random.Values) > 0 && l.Type == random.Type && slices.Equal(l.Values, random.Values)
}

// write fills the table, in an order that does not depend on who answered first.
func (c *collection) write() error {
	var rows []evidence.Lookup
	for _, i := range c.ended {
		for _, domain := range append([]string{i.domain}, i.others...) {
			l := i.lookup
			l.Domain = domain
			rows = append(rows, l)
		}
	}
	slices.SortFunc(rows, func(x, y evidence.Lookup) int {
		return cmp.Or(strings.Compare(x.Domain, y.Domain), strings.Compare(x.Name, y.Name), strings.Compare(x.Type, y.Type), strings.Compare(x.Resolver, y.Resolver),
			strings.Compare(x.Server, y.Server))
	})
	var faults []error
	for _, l := range rows {
		faults = append(faults, evidence.Observe(c.builder, l))
	}
	return errors.Join(faults...)
}
