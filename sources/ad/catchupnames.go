package ad

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
)

// Sizes of searches for names.
const (
	lookupBatch    = 40
	linkBatch      = 50
	linksAtMost    = 100 * linkBatch
	ancestorsLimit = 200
)

// naming is how the rows that stay call other objects. A name changes, goes and comes back with the object that has it, which gives the objects that
// use it no number.
type naming struct {
	*catchUp
	delta *delta
	users map[string][]int32 // rows, by the name as they write it

	elsewhere []string                  // names in the configuration partition
	doubted   []string                  // names in the domain of which the earlier evidence does not tell what has them
	suspects  map[directory.GUID]string // changed objects that are called as they were
	regions   map[string]region         // by the name of the parent
	again     map[int32]bool
}

// weighNames finds the rows whose objects may call others by another name than then, or no longer, or again. It puts them into again.
func (u *catchUp) weighNames(ctx context.Context, s *session, again map[int32]bool) error {
	n := &naming{catchUp: u, delta: u.quick.delta, users: map[string][]int32{}, suspects: map[directory.GUID]string{}, again: again, regions: map[string]region{}}
	for _, row := range u.quick.stay {
		n.collect(row)
	}
	known := n.knownNames()
	for name := range n.users {
		n.judge(name, known)
	}
	for _, step := range []func(context.Context, *session) error{n.checkAncestors, n.lookUpDoubted, n.lookUpElsewhere, n.checkSuspects, n.findRestored} {
		if err := step(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// collect takes the names that a row has as values.
func (n *naming) collect(row int32) {
	o := n.earlier.object(int(row))
	for _, l := range n.quick.links {
		for _, value := range o.Attribute(l.name) {
			name, ok := value, true
			if !l.plain {
				name, ok = nameBehind(value)
			}
			if !ok {
				n.again[row] = true
				continue
			}
			n.users[name] = append(n.users[name], row)
		}
	}
}

// nameBehind reads the name in a value with octets or text before it: B:8:0123abcd:CN=x or S:4:text:CN=x.
func nameBehind(value string) (string, bool) {
	_, rest, _ := strings.Cut(value, ":")
	length, rest, _ := strings.Cut(rest, ":")
	size, err := strconv.Atoi(length)
	if err != nil || size < 0 || size >= len(rest) || rest[size] != ':' {
		return "", false
	}
	return rest[size+1:], true
}

// vague says whether something changed or went of which it is not known what it was called.
func (n *naming) vague() bool { return n.delta.lost || len(n.delta.unknown) > 0 }

// knownNames are those of all objects of the earlier evidence; nil when they do not matter.
func (n *naming) knownNames() map[string]bool {
	if !n.vague() {
		return nil
	}
	known := map[string]bool{}
	for _, d := range objectDatasets() {
		e := n.reader.collection.earlierOf(d)
		for _, row := range e.rows {
			known[directory.DNKey(e.object(int(row)).DN())] = true
		}
	}
	return known
}

// judge sorts a name: its object is certainly called so still, or certainly not, or there is something to look at.
func (n *naming) judge(name string, known map[string]bool) {
	parent := parentOf(name)
	where, seen := n.regions[parent]
	if !seen {
		where = n.regionOf(parent)
		n.regions[parent] = where
	}
	switch where {
	case foreign:
		// Nothing here tells what happens to objects of other domains.
		n.doubt(name)
		return
	case configured:
		n.elsewhere = append(n.elsewhere, name)
		return
	}
	key := directory.DNKey(name)
	switch {
	case n.delta.renamed[key], n.delta.taken[key], n.delta.unknown[key] != "":
		n.doubt(name)
	case known[key] || !n.vague():
		if g, changed := n.delta.changedAs[key]; changed {
			n.suspects[g] = name
		}
	default:
		n.doubted = append(n.doubted, name)
	}
}

// region is where an object lies whose name is a value.
type region uint8

const (
	foreign    region = iota // in another domain, in a partition of which nothing is read, or nobody knows
	configured               // in the configuration partition
	domestic                 // in the domain
)

// regionOf finds the region of what lies directly below a name.
func (n *naming) regionOf(parent string) region {
	c, key := n.reader.collection, directory.DNKey(parent)
	configuration := directory.DNKey(c.forest.configuration)
	dn, err := directory.ParseDN(parent)
	switch {
	case err != nil, configuration != "" && below(key, []string{"cn=schema," + configuration}):
		return foreign
	case configuration != "" && below(key, []string{configuration}):
		return configured
	case c.innermost(dn) != n.reader.lane.domain || n.otherContext(dn):
		return foreign
	}
	return domestic
}

// otherContext says whether a name below the domain lies in a partition of its own, as those of DNS do.
func (n *naming) otherContext(dn directory.DN) bool {
	for dn.Len() > n.reader.lane.domain.name.Len()+1 {
		dn = dn.Parent()
	}
	return dn.Len() > n.reader.lane.domain.name.Len() && strings.EqualFold(dn.Attribute(), "DC")
}

// doubt has all rows that use a name read again.
func (n *naming) doubt(name string) {
	for _, row := range n.users[name] {
		n.again[row] = true
	}
}

// checkAncestors makes sure that nothing that rows and names lie below was renamed: of units and containers that was seen, but users, contacts and groups may
// have objects below them too. Those that changed and are not in the earlier evidence may have been called anything, so what has the name now must not be one.
func (n *naming) checkAncestors(ctx context.Context, s *session) error {
	if len(n.delta.renamed)+len(n.delta.taken)+len(n.delta.unknown) == 0 {
		return nil
	}
	above := n.commonAncestors()
	if len(above) > ancestorsLimit {
		return closed("objects lie below %d others that are no organisational units", len(above))
	}
	var all []string
	for key, name := range above {
		if n.delta.renamed[key] || n.delta.taken[key] || n.delta.unknown[key] != "" {
			return closed("%s may have been renamed or moved", directory.Printable(name, 200))
		}
		all = append(all, name)
	}
	if len(n.delta.unknown) == 0 {
		return nil
	}
	found, err := n.lookUp(ctx, s, n.reader.lane.domain.context, all)
	if err == nil && len(found) < len(above) {
		return closed("an object that others lay below is not there under its name")
	}
	return err
}

// commonAncestors are the names, by key, above rows and names of the domain whose first part is a common name. Organisational units and domains have others.
func (n *naming) commonAncestors() map[string]string {
	above, seen := map[string]string{}, map[string]bool{}
	look := func(name string) {
		parent := parentOf(name)
		if seen[parent] {
			return
		}
		seen[parent] = true
		dn, err := directory.ParseDN(parent)
		for ; err == nil && dn.Len() > n.reader.lane.domain.name.Len() && dn.Below(n.reader.lane.domain.name); dn = dn.Parent() {
			if strings.EqualFold(dn.Attribute(), "CN") {
				above[directory.DNKey(dn.String())] = dn.String()
			}
		}
	}
	for _, row := range n.quick.stay {
		look(n.earlier.object(int(row)).DN())
	}
	for name := range n.users {
		if n.regions[parentOf(name)] == domestic {
			look(name)
		}
	}
	return above
}

// lookUpDoubted asks which of the doubted names are still there. None of the objects that changed has one of them.
func (n *naming) lookUpDoubted(ctx context.Context, s *session) error {
	return n.lookUpNames(ctx, s, n.reader.lane.domain.context, n.doubted)
}

// lookUpElsewhere asks which of the names in the configuration partition are still there, after making sure that nothing in it has another name than then.
func (n *naming) lookUpElsewhere(ctx context.Context, s *session) error {
	if len(n.elsewhere) == 0 {
		return nil
	}
	var changed []directory.GUID
	taken := map[string]bool{} // names that something else may have had then
	configuration := n.reader.collection.forest.configuration
	where := place{base: configuration, filter: fmt.Sprintf("(%s>=%d)", usnChanged, n.mark.usn+1), controls: []ldap.Control{ldap.NewControlString(oidDomainScope, false, "")}}
	err := n.reader.sweep(ctx, s, where, []string{"objectGUID", "uSNCreated"}, func(e entries.Entry) error {
		g, ok := entries.GUIDOf(e)
		if !ok {
			return closed("an object of the configuration that changed shows no objectGUID")
		}
		if created, ok := numberOf(e, "uSNCreated"); ok && created > n.mark.usn {
			taken[directory.DNKey(string(e.DN))] = true
		} else {
			changed = append(changed, g)
		}
		return nil
	})
	switch {
	case err != nil:
		return err
	case len(changed) > containersAtMost:
		return closed("%d objects of the configuration changed", len(changed))
	}
	err = n.metaDataOf(ctx, s, configuration, changed, func(dn string, _ directory.GUID, m metaData) error {
		if m == nil || m[attributeName] > n.mark.usn {
			return closed("%s may have been renamed, moved or restored", directory.Printable(dn, 200))
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range n.elsewhere {
		if taken[directory.DNKey(name)] {
			n.doubt(name)
		}
	}
	return n.lookUpNames(ctx, s, configuration, n.elsewhere)
}

// lookUpNames has the rows read again that use a name which is no longer there.
func (n *naming) lookUpNames(ctx context.Context, s *session, base string, all []string) error {
	if len(all) > namesAtMost {
		return closed("%d names of objects that the evidence does not have would have to be looked up", len(all))
	}
	found, err := n.lookUp(ctx, s, base, all)
	if err != nil {
		return err
	}
	for _, name := range all {
		if !found[directory.DNKey(name)] {
			n.doubt(name)
		}
	}
	return nil
}

// lookUp finds out which names there are in a partition, as keys.
func (n *naming) lookUp(ctx context.Context, s *session, base string, all []string) (map[string]bool, error) {
	found := map[string]bool{}
	for batch := range slices.Chunk(all, lookupBatch) {
		var filter strings.Builder
		for _, name := range batch {
			filter.WriteString(entries.Equal("distinguishedName", name))
		}
		where := place{base: base, filter: "(|" + filter.String() + ")", controls: []ldap.Control{ldap.NewControlString(oidDomainScope, false, "")}}
		err := n.reader.sweep(ctx, s, where, []string{"objectGUID"}, func(e entries.Entry) error {
			found[directory.DNKey(string(e.DN))] = true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// checkSuspects looks whether objects that changed and have their names were deleted once: without the recycle bin what is restored is no longer named by others.
func (n *naming) checkSuspects(ctx context.Context, s *session) error {
	if n.delta.recycles || len(n.suspects) == 0 {
		return nil
	}
	guids := make([]directory.GUID, 0, len(n.suspects))
	for g := range n.suspects {
		guids = append(guids, g)
	}
	if len(guids) > containersAtMost {
		return closed("%d objects changed that others name", len(guids))
	}
	sure := map[directory.GUID]bool{}
	err := n.metaDataOf(ctx, s, n.reader.lane.domain.context, guids, func(_ string, g directory.GUID, m metaData) error {
		sure[g] = m != nil && m[attributeDeleted] <= n.mark.usn
		return nil
	})
	if err != nil {
		return err
	}
	for g, name := range n.suspects {
		if !sure[g] {
			n.doubt(name)
		}
	}
	return nil
}

// findRestored finds the objects that name one that may have been restored: with the recycle bin it is named again by whoever named it before.
func (n *naming) findRestored(ctx context.Context, s *session) error {
	var linked []string
	for _, l := range n.quick.links {
		switch {
		case l.linked && l.plain:
			linked = append(linked, l.name)
		case l.linked && n.delta.recycles && len(n.delta.unknown) > 0:
			return closed("%s cannot be searched for names", l.name)
		}
	}
	if !n.delta.recycles || len(n.delta.unknown) == 0 || len(linked) == 0 {
		return nil
	}
	if len(n.delta.unknown) > linksAtMost {
		return closed("%d objects changed that the evidence does not have", len(n.delta.unknown))
	}
	all := make([]string, 0, len(n.delta.unknown))
	for _, name := range n.delta.unknown {
		all = append(all, name)
	}
	slices.Sort(all)
	for batch := range slices.Chunk(all, linkBatch) {
		var filter strings.Builder
		for _, name := range batch {
			for _, attribute := range linked {
				filter.WriteString(entries.Equal(attribute, name))
			}
		}
		where := n.place
		where.filter = and("(|"+filter.String()+")", n.place.filter)
		err := n.reader.sweep(ctx, s, where, []string{"objectGUID"}, func(e entries.Entry) error {
			if g, ok := entries.GUIDOf(e); ok {
				if row, known := n.earlier.rows[g]; known {
					n.again[row] = true
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
