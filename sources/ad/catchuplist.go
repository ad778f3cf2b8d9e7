package ad

import (
	"context"
	"fmt"
	"slices"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
)

// list goes through all objects of the place and carries the rows of those that did not change over.
func (u *catchUp) list(ctx context.Context, s *session) error {
	w := u.reader.sink.writer
	err := u.pages(ctx, s, u.place.filter, u.listed, func(e entries.Entry) error {
		g, ok := entries.GUIDOf(e)
		if !ok {
			return w.Add(e, nil) // which counts it
		}
		row, known := u.earlier.rows[g]
		if known {
			u.there[row] = true
		}
		switch {
		case w.Has(g):
			return nil
		case !known || !u.unchanged(int(row), e):
			u.missed[g] = true
			return nil
		}
		added, err := u.carrying.Add(int(row), e, s.rest)
		if added {
			u.carried++
		}
		return err
	})
	if err != nil {
		return err
	}
	if n := len(u.missed); n > missedAtMost && n*100 > missedShare*len(u.earlier.rows) {
		return notCaughtUp("%d objects do not show that they are as the earlier evidence has them", n)
	}
	return nil
}

// unchanged says whether an object is the one of an earlier row: of the same domain, not changed since by the server's counter, and not with another time of
// the last change, as after the database was set back behind the counter's back.
func (u *catchUp) unchanged(row int, e entries.Entry) bool {
	was := u.earlier.object(row)
	if dn := was.DN(); dn != string(e.DN) && !sameDomain(dn, string(e.DN)) {
		return false
	}
	usn, ok := numberOf(e, usnChanged)
	return ok && usn <= u.mark.usn && u.sameTime(row, e)
}

// sameTime says whether an object shows the time of its last change that its earlier row has, if that has one.
func (u *catchUp) sameTime(row int, e entries.Entry) bool {
	then := u.earlier.object(row).Changed()
	if then.IsZero() {
		return true
	}
	now, ok := timeOf(e, whenChanged)
	return ok && now.Equal(then)
}

// probe reads some of the objects that did not change and compares them with their earlier rows. What an account may see of an object can change without
// the object; that then shows here, and the earlier rows are worth nothing.
func (u *catchUp) probe(ctx context.Context, s *session) error {
	sample := u.sample()
	if len(sample) == 0 {
		return nil
	}
	d := u.reader.sink.dataset
	table := evidence.NewBuilder(u.mark.taken).Table(d)
	scratch := entries.NewWriter(d, table, u.reader.collection.forest.name, u.kept)
	asked := slices.DeleteFunc(slices.Clone(u.reader.attributes), func(name string) bool { return !slices.Contains(u.kept, name) && name != "objectGUID" })
	filter := and(guidFilter(sample)+fmt.Sprintf("(%s<=%d)", usnChanged, u.mark.usn), u.place.filter)
	return u.pages(ctx, s, filter, asked, func(e entries.Entry) error {
		g, ok := entries.GUIDOf(e)
		row, known := u.earlier.rows[g]
		if !ok || !known || scratch.Has(g) || slices.Contains(u.kept, whenChanged) && !u.sameTime(int(row), e) {
			return nil
		}
		if err := scratch.Add(e, s.rest); err != nil {
			return err
		}
		if name := u.carrying.Differs(int(row), u.earlier.table, table); name != "" {
			return u.seesOther(name)
		}
		return nil
	})
}

// sample picks some of the earlier rows, evenly over the domain.
func (u *catchUp) sample() []directory.GUID {
	rows := u.earlier.below(u.reader.lane.domain.context)
	step := max(1, len(rows)/probeSize)
	var guids []directory.GUID
	for i := 0; i < len(rows) && len(guids) < probeSize; i += step {
		guids = append(guids, u.earlier.object(int(rows[i])).GUID())
	}
	return guids
}

// seesOther says that an attribute is not shown as it was, although nothing happened to the object: earlier rows are then worth nothing.
func (u *catchUp) seesOther(name string) error {
	return notCaughtUp("%s of objects that did not change is not shown as it was then, so the account may now see other things", name)
}
