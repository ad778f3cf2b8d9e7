package ad

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
)

// Bounds on the samples that the quick way takes.
const (
	glanceSize = 50   // objects that are there, looked at at once
	spots      = 10   // numbers about which it is looked
	spotWidth  = 50   // to either side
	carryStep  = 1000 // rows that are carried over before others may use the table
)

// quick is what catching up without the list of all objects needs.
type quick struct {
	delta    *delta
	links    []link             // wanted attributes whose values are names of objects
	stay     []int32            // earlier rows of the place whose objects have not changed
	carrying *entries.Carrying  // of whole rows
	here     map[int32]struct{} // earlier rows of the place
}

// link is an attribute whose values are distinguished names, perhaps with something before them.
type link struct {
	name   string
	plain  bool // without anything before them, so that they can be searched for
	linked bool // the directory keeps them as links, which vanish and come back with what they name
}

// open finds out whether the quick way is open: whether numbers, tombstones and what else is read close to changes tell all that a full reading would.
func (u *catchUp) open(ctx context.Context, s *session) error {
	u.quick = &quick{here: map[int32]struct{}{}}
	if err := u.sameScope(); err != nil {
		return err
	}
	if n := len(u.unread); n > 0 {
		return closed("%d attributes were not read then", n)
	}
	if err := u.findLinks(); err != nil {
		return err
	}
	d, err := u.delta(ctx, s)
	switch {
	case err != nil:
		return err
	case d.closed != nil:
		return d.closed
	case d.recycles && len(u.reader.collection.domains) > 1 && slices.ContainsFunc(u.quick.links, func(l link) bool { return l.linked }):
		// What names an object of another domain gets that value back when the object is restored there, and nothing here tells.
		return closed("objects of other domains may have been restored from the recycle bin")
	}
	u.quick.delta = d
	return nil
}

// sameScope makes sure that the earlier evidence has what would be read now: the same bases and exclusions, and the same filter, which asks for nothing that
// changes without a number.
func (u *catchUp) sameScope() error {
	c, dataset := u.reader.collection, u.reader.sink.dataset
	now, whole := c.narrowing(dataset)
	then := slices.DeleteFunc(slices.Clone(u.earlier.cover.Notes), func(note string) bool {
		return !slices.ContainsFunc([]string{onlyBases, withoutUnits, onlyMatching}, func(start string) bool { return strings.HasPrefix(note, start) })
	})
	if !whole || !slices.Equal(now, then) {
		return closed("search bases, exclusions or filter may have been others")
	}
	filter := c.config.filterOf(dataset)
	names, err := filterAttributes(filter)
	if err != nil {
		return err
	}
	for _, name := range names {
		a, ok := c.schema.known[strings.ToLower(name)]
		switch {
		case strings.EqualFold(name, "objectCategory"): // which names a class
		case ok && (a.syntax == "" || changesSilently(name, a.syntax, a.flags)):
			return closed("the filter asks for %s, which changes without a trace", name)
		}
	}
	if strings.Contains(strings.ToLower(filter), ":dn:") {
		return closed("the filter asks for names, which change without a trace")
	}
	return nil
}

// findLinks sorts the attributes that change without a number into those for which there is a way to tell, and others.
func (u *catchUp) findLinks() error {
	c := u.reader.collection
	for _, name := range u.silent {
		a := c.schema.known[strings.ToLower(name)]
		switch {
		case name == "distinguishedName" || name == computedControl:
			continue
		case name == "manager" && a.link == "":
			return closed("the schema does not tell which attributes are links")
		}
		back := a.link != "" && strings.ContainsRune("13579", rune(a.link[len(a.link)-1]))
		switch {
		case name == "memberOf", back:
			return closed("%s is read, which changes with other objects", name)
		case a.syntax == "2.5.5.1":
			u.quick.links = append(u.quick.links, link{name, true, a.link != ""})
		case a.syntax == "2.5.5.7", a.syntax == "2.5.5.14":
			u.quick.links = append(u.quick.links, link{name, false, a.link != ""})
		default:
			return closed("%s is read, which changes without a trace", name)
		}
	}
	return nil
}

// weigh decides which of the earlier rows stay as they are and which must be looked at although their objects have no higher number.
func (u *catchUp) weigh(ctx context.Context, s *session) error {
	d := u.quick.delta
	u.quick.stay, u.missed = nil, map[directory.GUID]bool{}
	clear(u.quick.here)
	for g, row := range u.earlier.rows {
		if !u.here(row) {
			continue
		}
		u.quick.here[row] = struct{}{}
		if !d.gone[g] && !d.changed[g] {
			u.quick.stay = append(u.quick.stay, row)
		}
	}
	slices.Sort(u.quick.stay)
	again := map[int32]bool{}
	if err := u.weighNames(ctx, s, again); err != nil {
		return err
	}
	if err := u.weighPasswords(ctx, s, u.quick.stay, again); err != nil {
		return err
	}
	u.quick.stay = slices.DeleteFunc(u.quick.stay, func(row int32) bool {
		if again[row] {
			u.missed[u.earlier.object(int(row)).GUID()] = true
		}
		return again[row]
	})
	if n := len(u.missed); n > missedAtMost && n*100 > missedShare*len(u.quick.here) {
		return closed("%d objects may have changed without a trace", n)
	}
	return nil
}

// compare looks at some of the objects that stay as they are, and at some that are there. What the account may see can change without any object, and so can
// a database that was set back: the earlier rows are then worth less than they seem, or nothing.
func (u *catchUp) compare(ctx context.Context, s *session) error {
	w := u.reader.sink.writer
	u.reader.sink.mu.Lock()
	u.quick.carrying = w.Carrying(u.earlier.table, u.notAsked())
	u.reader.sink.mu.Unlock()
	if u.reader.collection.config.unsampled {
		return nil
	}
	numbers, err := u.compareSample(ctx, s)
	if err != nil {
		return err
	}
	if err := u.compareThere(ctx, s, u.place.filter); err != nil || len(numbers) == 0 {
		return err
	}
	var filter strings.Builder
	for i, step := 0, max(1, len(numbers)/spots); i < len(numbers); i += step {
		fmt.Fprintf(&filter, "(&(%s>=%d)(%s<=%d))", usnChanged, max(1, numbers[i]-spotWidth), usnChanged, min(u.mark.usn, numbers[i]+spotWidth))
	}
	return u.compareThere(ctx, s, and("(|"+filter.String()+")", u.place.filter))
}

// notAsked are wanted attributes that the forest does not know.
func (u *catchUp) notAsked() []string {
	return slices.DeleteFunc(slices.Clone(u.reader.collection.columnsOf(u.reader.sink.dataset)), func(name string) bool {
		return name == "distinguishedName" || slices.Contains(u.reader.attributes, name)
	})
}

// compareSample holds some rows that stay, evenly over the place, against their objects. Each must be there. It gives the numbers of their last changes.
func (u *catchUp) compareSample(ctx context.Context, s *session) (numbers []int64, err error) {
	sample := map[directory.GUID]int32{}
	for i, step := 0, max(1, len(u.quick.stay)/probeSize); i < len(u.quick.stay) && len(sample) < probeSize; i += step {
		sample[u.earlier.object(int(u.quick.stay[i])).GUID()] = u.quick.stay[i]
	}
	if len(sample) == 0 {
		return nil, nil
	}
	guids := make([]directory.GUID, 0, len(sample))
	for g := range sample {
		guids = append(guids, g)
	}
	d := u.reader.sink.dataset
	table := evidence.NewBuilder(u.mark.taken).Table(d)
	scratch := entries.NewWriter(d, table, u.reader.collection.forest.name, u.reader.collection.columnsOf(d))
	filter := and(guidFilter(guids)+fmt.Sprintf("(%s<=%d)", usnChanged, u.mark.usn), u.place.filter)
	asked := append(slices.Clone(u.reader.attributes), usnChanged)
	err = u.pages(ctx, s, filter, asked, func(e entries.Entry) error {
		g, ok := entries.GUIDOf(e)
		row, wanted := sample[g]
		if !ok || !wanted || scratch.Has(g) {
			return nil
		}
		if n, ok := numberOf(e, usnChanged); ok {
			numbers = append(numbers, n)
		}
		if err := u.compareRow(row, e); err != nil {
			return err
		}
		if err := scratch.Add(e, s.rest); err != nil {
			return err
		}
		if name := u.carrying.Differs(int(row), u.earlier.table, table); name != "" {
			return u.seesOther(name)
		}
		if name := u.quick.carrying.Differs(int(row), u.earlier.table, table); name != "" {
			return closed("%s of an object changed without a trace", name)
		}
		return nil
	})
	if err == nil && scratch.Rows() < len(sample) {
		return nil, closed("objects that should be there cannot be seen")
	}
	return numbers, err
}

// compareRow holds the name and the time of the last change against an earlier row.
func (u *catchUp) compareRow(row int32, e entries.Entry) error {
	if u.earlier.object(int(row)).DN() != string(e.DN) {
		return closed("the name of an object changed without a trace")
	}
	if slices.Contains(u.kept, whenChanged) && !u.sameTime(int(row), e) {
		return closed("an object changed without a number")
	}
	return nil
}

// compareThere looks at some of the objects that are there: the earlier evidence must have those that have not changed.
func (u *catchUp) compareThere(ctx context.Context, s *session, filter string) error {
	where := u.place
	where.filter = filter
	return u.reader.glance(ctx, s, where, []string{"objectGUID", whenChanged, usnChanged}, glanceSize, func(e entries.Entry) error {
		g, _ := entries.GUIDOf(e)
		number, ok := numberOf(e, usnChanged)
		switch {
		case !ok:
			return closed("an object shows no %s", usnChanged)
		case number > u.mark.usn, u.reader.skip != nil && u.reader.skip(e.DN):
			return nil
		}
		row, known := u.earlier.rows[g]
		if _, here := u.quick.here[row]; !known || !here {
			return closed("objects can be seen that could not be seen then")
		}
		return u.compareRow(row, e)
	})
}

// readAgain reads the objects that may have changed without a number.
func (u *catchUp) readAgain(ctx context.Context, s *session) error {
	before := u.updated
	err := u.readMissed(ctx, s)
	u.reread, u.updated = u.reread+u.updated-before, before
	return err
}

// carryOver makes rows of those that stay.
func (u *catchUp) carryOver(ctx context.Context, s *session) error {
	for rows := range slices.Chunk(u.quick.stay, carryStep) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := u.carryRows(s, rows); err != nil {
			return err
		}
	}
	u.reader.sink.mu.Lock()
	defer u.reader.sink.mu.Unlock()
	for row := range u.quick.here {
		u.there[row] = u.reader.sink.writer.Has(u.earlier.object(int(row)).GUID())
	}
	return nil
}

func (u *catchUp) carryRows(s *session, rows []int32) error {
	r := u.reader
	r.sink.mu.Lock()
	defer r.sink.mu.Unlock()
	before := r.sink.writer.Rows()
	var faults []error
	for _, row := range rows {
		o := u.earlier.object(int(row))
		g := o.GUID()
		e := entries.Entry{DN: []byte(o.DN()), Attributes: []entries.Attribute{{Name: []byte("objectGUID"), Values: [][]byte{g[:]}}}}
		added, err := u.quick.carrying.Add(int(row), e, s.rest)
		if added {
			u.carried++
		}
		if err != nil {
			faults = append(faults, err)
		}
	}
	r.collection.gave(r, s, r.sink.writer.Rows()-before)
	r.collection.config.Progress(r.sink.dataset, r.sink.writer.Rows(), r.sink.expected())
	return errors.Join(faults...)
}
