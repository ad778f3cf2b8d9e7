package ad

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
)

// Bounds on catching up.
const (
	// Objects that need reading one by one; above both bounds the place is read in full.
	missedAtMost = 200
	missedShare  = 5 // percent of the earlier rows
	missedBatch  = 50
	// probeSize is how many objects without changes are compared with their earlier rows in full.
	probeSize = 50
)

// catchUp brings the earlier rows of one place up to date. The server's list of the objects as they are now decides which of them remain, so that deleted and
// moved objects, those that left the filter and those that came into sight need no trace; uSNChanged tells which of the listed have changed. With the list
// come the names and the attributes that change without uSNChanged.
type catchUp struct {
	reader   *reader
	place    place
	earlier  *earlier
	mark     mark
	checked  *session // that has the database of the mark
	kept     []string // attributes that earlier rows give
	listed   []string // attributes to list with all objects
	carrying *entries.Carrying
	changed  string // filter of the changed objects

	there  []bool // by earlier row: the object is listed
	missed map[directory.GUID]bool

	updated, carried int
	referrals        int // in the list
}

// notCaughtUpError says why a place must be read in full.
type notCaughtUpError struct{ reason string }

func (e *notCaughtUpError) Error() string { return e.reason }

func notCaughtUp(format string, args ...any) error {
	return &notCaughtUpError{fmt.Sprintf(format, args...)}
}

// bring reads a place: what changed since the earlier evidence, where that is possible, or all of it.
func (r *reader) bring(ctx context.Context, p place) error {
	if !r.collection.catchesUp(r, p) {
		return r.readPlace(ctx, p)
	}
	u, err := r.plan(p)
	if err == nil {
		if err = u.run(ctx); err == nil {
			r.sink.referred(u.referrals)
			r.tell(p, u.account())
			return nil
		}
	}
	reason, giveUp := fullReadInstead(ctx, err)
	if giveUp {
		return err
	}
	r.tell(p, "read in full: "+reason)
	r.collection.config.Log.Info("reading in full", "dataset", r.sink.dataset, "domain", r.lane.domain.dns, "because", reason)
	if u != nil && u.updated+u.carried > 0 {
		r.restarting(err)
	}
	return r.readPlace(ctx, p)
}

// fullReadInstead says why reading in full may succeed where catching up did not; giveUp is true when nothing else would.
func fullReadInstead(ctx context.Context, err error) (reason string, giveUp bool) {
	var (
		no      *notCaughtUpError
		fault   *Error
		expired *cookieError
	)
	switch {
	case ctx.Err() != nil:
		return "", true
	case errors.As(err, &no):
		return no.reason, false
	case errors.As(err, &expired), errors.Is(err, errSamePage), errors.Is(err, errNoPaging):
		return err.Error(), false
	case errors.As(err, &fault) && fault.Kind == Refused:
		return fault.Error(), false
	}
	return "", true
}

// tell notes what became of a place, by the name of its domain or base where there are several.
func (r *reader) tell(p place, text string) {
	c := r.collection
	switch {
	case len(c.basesOf(r.lane.domain)) > 1:
		text = directory.Printable(p.base, 300) + ": " + text
	case len(c.domains) > 1:
		text = directory.Printable(r.lane.domain.dns, 255) + ": " + text
	}
	r.sink.note(text)
}

// account says what was done.
func (u *catchUp) account() string {
	return fmt.Sprintf("caught up with changes since %s: %d changed, %d gone, %d carried over", u.mark.taken.Format(time.RFC3339), u.updated, u.gone(), u.carried)
}

// run does it all, each step again on a new connection when the old is lost.
func (u *catchUp) run(ctx context.Context) error {
	for _, step := range []func(context.Context, *session) error{u.learn, u.probe, u.readChanged, u.list, u.readMissed} {
		err := u.reader.again(ctx, func(s *session) error {
			if err := u.check(s); err != nil {
				return err
			}
			return step(ctx, s)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// readChanged makes rows of the objects that changed.
func (u *catchUp) readChanged(ctx context.Context, s *session) error {
	return u.pages(ctx, s, u.changed, u.reader.attributes, u.add(s))
}

// add gives the function that makes rows of whole entries.
func (u *catchUp) add(s *session) func(entries.Entry) error {
	w := u.reader.sink.writer
	return func(e entries.Entry) error {
		if g, ok := entries.GUIDOf(e); ok && w.Has(g) {
			return nil
		}
		before := w.Rows()
		err := w.Add(e, s.rest)
		u.updated += w.Rows() - before
		return err
	}
}

// list goes through all objects of the place and carries the rows of those that did not change over.
func (u *catchUp) list(ctx context.Context, s *session) error {
	w := u.reader.sink.writer
	u.referrals = 0
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

// readMissed reads the objects that changed in the meantime or were not in the earlier evidence although nothing shows that they are new.
func (u *catchUp) readMissed(ctx context.Context, s *session) error {
	guids := make([]directory.GUID, 0, len(u.missed))
	for g := range u.missed {
		guids = append(guids, g)
	}
	slices.SortFunc(guids, func(a, b directory.GUID) int { return slices.Compare(a[:], b[:]) })
	for batch := range slices.Chunk(guids, missedBatch) {
		if err := u.pages(ctx, s, and(guidFilter(batch), u.place.filter), u.reader.attributes, u.add(s)); err != nil {
			return err
		}
	}
	return nil
}

// gone counts the earlier rows of the place whose objects are no longer there.
func (u *catchUp) gone() int {
	c := u.reader.collection
	base, configuration := []string{directory.DNKey(u.place.base)}, []string{directory.DNKey(c.forest.configuration)}
	n := 0
	for _, row := range u.earlier.rows {
		if u.there[row] {
			continue
		}
		text := u.earlier.object(int(row)).DN()
		if !sameDomain(text, u.reader.lane.domain.context) {
			continue
		}
		key := directory.DNKey(text)
		if !below(key, base) || c.forest.configuration != "" && below(key, configuration) {
			continue
		}
		if dn, err := directory.ParseDN(text); err == nil && c.innermost(dn) == u.reader.lane.domain {
			n++
		}
	}
	return n
}

// pages gives the entries of a search, one by one, to take. Other readers of the dataset wait for each page.
func (u *catchUp) pages(ctx context.Context, s *session, filter string, attributes []string, take func(entries.Entry) error) error {
	r := u.reader
	p := u.place
	p.filter = filter
	decode := new(decoder).entry
	firsts := map[directory.GUID]bool{} // the first object of each page
	return r.fetcherOf(s, p, attributes).each(ctx, func(one page) error {
		r.sink.mu.Lock()
		defer r.sink.mu.Unlock()
		before := r.sink.writer.Rows()
		defer func() { r.collection.gave(r, s, r.sink.writer.Rows()-before) }()
		if filter == u.place.filter { // the others find the same referrals
			u.referrals += one.referrals
		}
		for i := range one.entries() {
			e, err := decode(one.entry(i))
			if err != nil {
				return s.unreadable(err)
			}
			if i == 0 {
				if g, ok := entries.GUIDOf(e); ok {
					if firsts[g] {
						return errSamePage
					}
					firsts[g] = true
				}
			}
			if r.skip != nil && r.skip(e.DN) {
				r.sink.skipped = true
				continue
			}
			if err := take(e); err != nil {
				return err
			}
		}
		r.collection.config.Progress(r.sink.dataset, r.sink.writer.Rows(), r.sink.expected())
		return nil
	})
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
			return notCaughtUp("%s of objects that did not change is not shown as it was then, so the account may now see other things", name)
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
