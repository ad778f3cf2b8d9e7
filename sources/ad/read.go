package ad

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
)

// Bounds on starting over, for each place.
const (
	maxLosses   = 3 // connections lost
	maxRestarts = 1 // searches that the server had forgotten
)

// errSamePage says that a server goes round in circles.
var errSamePage = errors.New("the server gave the same page again")

// place is a subtree that is searched for a dataset.
type place struct {
	base     string
	filter   string
	controls []ldap.Control // besides that of paging
}

// reader reads places of one domain into a dataset, beside other readers of the dataset.
type reader struct {
	collection *collection
	sink       *sink
	lane       *lane
	attributes []string             // to ask for
	skip       func(dn []byte) bool // entries that are not wanted, nil when all are
	estimate   int                  // by the server, for the places read so far; guarded by the sink, like count
	count      count                // that was asked for first
	losses     int
	restarts   int
}

// readPlace reads one subtree to its end. When a connection is lost, or the server has forgotten the search, it starts again and skips the objects that it
// has: a cookie of one connection is worth nothing on another.
func (r *reader) readPlace(ctx context.Context, p place) error {
	before, seen, counted := r.estimate, 0, false
	err := r.again(ctx, func(s *session) (err error) {
		r.estimates(before)
		seen = 0
		if r.collection.config.CountFirst && !counted {
			if counted, err = r.countFirst(ctx, s, p); err != nil {
				return err
			}
		}
		seen, err = r.pass(ctx, s, p)
		return err
	})
	if err == nil {
		r.compare(seen)
	}
	return err
}

// again does a part of the reading, and once more from its start when a connection was lost or a search forgotten.
func (r *reader) again(ctx context.Context, do func(*session) error) error {
	for {
		s, fault := r.collection.live(ctx, r.lane)
		if fault != nil {
			return because(ctx, fault)
		}
		err := do(s)
		var (
			lost    *Error
			expired *cookieError
		)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &expired) && r.restarts < maxRestarts:
			r.restarts++
			r.restarting(expired)
		case errors.As(err, &lost) && lost.Kind == ConnectionLost && r.losses < maxLosses:
			r.losses++
			r.collection.lost(r.lane, lost)
			r.restarting(lost)
		case errors.As(err, &lost) && lost.Kind == ConnectionLost:
			r.collection.lost(r.lane, lost)
			return fmt.Errorf("the connection was lost %d times, at last: %w", r.losses+1, err)
		default:
			return err
		}
	}
}

func (r *reader) restarting(fault error) {
	r.sink.mu.Lock()
	defer r.sink.mu.Unlock()
	r.sink.writer.Again()
	r.collection.config.Log.Warn("reading a dataset again from its start", "dataset", r.sink.dataset, "rows", r.sink.writer.Rows(), "because", fault)
}

func (r *reader) estimates(n int) {
	r.sink.mu.Lock()
	defer r.sink.mu.Unlock()
	r.estimate = n
}

// fetcherOf makes what asks for the pages of one search.
func (r *reader) fetcherOf(s *session, p place, attributes []string) *fetcher {
	config := r.collection.config
	return &fetcher{
		session: s, size: config.PageSize, limiter: r.collection.limiterFor(s), clock: config.Clock, used: make(chan *answer, 2),
		query: query{base: p.base, filter: p.filter, attributes: attributes, controls: p.controls},
		waited: func(after time.Duration, fault *Error) {
			config.Log.Warn("waiting for a busy server", "dataset", r.sink.dataset, "wait", after, "because", fault)
		},
	}
}

// pass reads the pages of one search and gives the number of entries that they held. While one page is turned into rows the next is already asked for.
func (r *reader) pass(ctx context.Context, s *session, p place) (seen int, err error) {
	t := &taking{session: s, decode: new(decoder).entry, firsts: map[directory.GUID]bool{}}
	err = r.fetcherOf(s, p, r.attributes).each(ctx, func(one page) error {
		seen += one.entries()
		return r.take(t, one)
	})
	if err == nil {
		r.sink.referred(t.referrals)
	}
	return seen, err
}

// taking is one pass.
type taking struct {
	session *session
	decode  func(element []byte) (entries.Entry, error) // a SearchResultEntry; what it gives may be overwritten by the next call
	firsts  map[directory.GUID]bool                     // the first object of each page

	referrals int // which each pass finds again
}

// take turns a page into rows. Other readers of the dataset wait meanwhile.
func (r *reader) take(t *taking, p page) error {
	r.sink.mu.Lock()
	defer r.sink.mu.Unlock()
	before := r.sink.writer.Rows()
	defer func() { r.collection.gave(r, t.session, r.sink.writer.Rows()-before) }()
	t.referrals += p.referrals
	if p.entries() == 0 {
		return nil
	}
	for i := range p.entries() {
		e, err := t.decode(p.entry(i))
		if err != nil {
			return t.session.unreadable(err)
		}
		if i == 0 {
			if e, err = r.turn(t, p, e); err != nil {
				return err
			}
		}
		if r.skip != nil && r.skip(e.DN) {
			r.sink.skipped = true
			continue
		}
		if r.sink.see != nil {
			r.sink.see(e)
		}
		if err := r.sink.writer.Add(e, t.session.rest); err != nil {
			return err
		}
	}
	if p.estimate > 0 && len(t.firsts) == 1 {
		r.estimate += p.estimate
	}
	r.collection.config.Progress(r.sink.dataset, r.sink.writer.Rows(), r.sink.expected())
	return nil
}

// turn notes the first entry of a page, and gives it again. The error says that the server goes round in circles.
func (r *reader) turn(t *taking, p page, first entries.Entry) (entries.Entry, error) {
	g, ok := entries.GUIDOf(first)
	switch {
	case !ok:
		return first, nil
	case !t.firsts[g]:
		t.firsts[g] = true
		return first, nil
	case r.knows(t, p):
		return first, errSamePage
	}
	first, err := t.decode(p.entry(0)) // knows has overwritten it
	if err != nil {
		return first, t.session.unreadable(err)
	}
	return first, nil
}

// expected is how many rows the places read so far are thought to have, -1 when nothing tells.
func (r *reader) expected() int {
	switch {
	case r.count.total > 0:
		return r.count.total
	case r.estimate > 0:
		return r.estimate
	}
	return -1
}

// knows says whether all objects of a page have a row.
func (r *reader) knows(t *taking, p page) bool {
	for i := range p.entries() {
		e, err := t.decode(p.entry(i))
		if err != nil {
			return false // and taking the page will say why
		}
		if g, ok := entries.GUIDOf(e); ok && (r.skip == nil || !r.skip(e.DN)) && !r.sink.writer.Has(g) {
			return false
		}
	}
	return true
}
