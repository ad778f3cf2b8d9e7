package ad

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

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

// catchUp brings the earlier rows of one place up to date. uSNChanged tells which objects have changed. Which of the others remain is told by tombstones, where
// they can be seen and nothing happened that has no number; else by the server's list of the objects as they are now, so that deleted and moved objects, those
// that left the filter and those that came into sight need no trace. With the list come the names and the attributes that change without uSNChanged.
type catchUp struct {
	reader   *reader
	place    place
	earlier  *earlier
	mark     mark
	checked  *session // that has the database of the mark
	silent   []string // wanted attributes that change without a number
	unread   []string // wanted attributes that the earlier evidence does not have
	kept     []string // attributes that earlier rows give
	listed   []string // attributes to list with all objects
	carrying *entries.Carrying
	changed  string // filter of the changed objects
	quick    *quick // what the way without the list needs
	listing  string // why that way was not taken, "" when it was

	there   []bool          // by earlier row: the object is still there
	parents map[string]bool // names that rows lie directly below: whether they are of the place
	missed  map[directory.GUID]bool

	updated, carried int
	reread           int    // without having changed
	counted          string // filter of the search whose referrals count: the others find the same
	referrals        int
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

// account says what was done, and by which way.
func (u *catchUp) account() string {
	reread, way := "", "tombstones"
	if u.reread > 0 {
		reread = fmt.Sprintf(", %d read again", u.reread)
	}
	if u.listing != "" {
		way = "the list of all objects because " + u.listing
	}
	return fmt.Sprintf("caught up with changes since %s: %d changed%s, %d gone, %d carried over, deletions from %s",
		u.mark.taken.Format(time.RFC3339), u.updated, reread, u.gone(), u.carried, way)
}

// run does it all: the quick way where that is sure to give all, else by the list.
func (u *catchUp) run(ctx context.Context) error {
	if err := u.steps(ctx, u.learn); err != nil {
		return err
	}
	err := u.steps(ctx, u.open, u.weigh, u.compare)
	if err == nil {
		u.counted = u.changed
		return u.steps(ctx, u.readChanged, u.readAgain, u.carryOver)
	}
	if u.listing = whyListed(ctx, err); u.listing == "" {
		return err
	}
	u.reader.collection.config.Log.Info("listing all objects", "dataset", u.reader.sink.dataset, "domain", u.reader.lane.domain.dns, "because", u.listing)
	clear(u.missed)
	u.counted = u.place.filter
	return u.steps(ctx, u.probe, u.readChanged, u.list, u.readMissed)
}

// steps takes one step after the other, each again on a new connection when the old is lost.
func (u *catchUp) steps(ctx context.Context, steps ...func(context.Context, *session) error) error {
	for _, step := range steps {
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
	n := 0
	for _, row := range u.earlier.rows {
		if !u.there[row] && u.here(row) {
			n++
		}
	}
	return n
}

// here says whether an earlier row is of the place. What has the same parent is of the same place, unless it is the place's base itself.
func (u *catchUp) here(row int32) bool {
	text := u.earlier.object(int(row)).DN()
	parent := parentOf(text)
	found, known := u.parents[parent]
	if !known {
		found = u.within(parent)
		u.parents[parent] = found
	}
	return found || len(text) == len(u.place.base) && directory.DNKey(text) == directory.DNKey(u.place.base)
}

// within says whether a name lies in the place, and in none of the partitions below it.
func (u *catchUp) within(name string) bool {
	c, key := u.reader.collection, directory.DNKey(name)
	if !below(key, []string{directory.DNKey(u.place.base)}) || c.forest.configuration != "" && below(key, []string{directory.DNKey(c.forest.configuration)}) {
		return false
	}
	dn, err := directory.ParseDN(name)
	return err == nil && c.innermost(dn) == u.reader.lane.domain
}

// parentOf gives what stands behind the first part of a name.
func parentOf(name string) string {
	for i := 0; i < len(name); i++ {
		switch name[i] {
		case '\\':
			i++
		case ',':
			return name[i+1:]
		}
	}
	return ""
}

// pages gives the entries of a search, one by one, to take. Other readers of the dataset wait for each page.
func (u *catchUp) pages(ctx context.Context, s *session, filter string, attributes []string, take func(entries.Entry) error) error {
	r := u.reader
	p := u.place
	p.filter = filter
	if filter == u.counted {
		u.referrals = 0
	}
	decode := new(decoder).entry
	turns := circle{}
	return r.fetcherOf(s, p, attributes).each(ctx, func(one page) error {
		r.sink.mu.Lock()
		defer r.sink.mu.Unlock()
		before := r.sink.writer.Rows()
		defer func() { r.collection.gave(r, s, r.sink.writer.Rows()-before) }()
		if filter == u.counted {
			u.referrals += one.referrals
		}
		for i := range one.entries() {
			e, err := decode(one.entry(i))
			if err != nil {
				return s.unreadable(err)
			}
			if i == 0 && turns.closes(e) {
				return errSamePage
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

// circle are the first objects of the pages of a search.
type circle map[directory.GUID]bool

// closes says whether a page begins like one before it.
func (c circle) closes(first entries.Entry) bool {
	g, ok := entries.GUIDOf(first)
	if !ok {
		return false
	}
	closed := c[g]
	c[g] = true
	return closed
}
