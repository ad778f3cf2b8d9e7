package ad

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"
	"golang.org/x/time/rate"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// Bounds on starting over, for each dataset.
const (
	maxLosses   = 3 // connections lost
	maxRestarts = 1 // searches that the server had forgotten
)

// errSamePage says that a server goes round in circles.
var errSamePage = errors.New("the server gave the same page again")

// place is a subtree that is searched for a dataset.
type place struct {
	domain *domain
	base   string
	filter string
}

// reader reads one dataset.
type reader struct {
	collection *collection
	dataset    evidence.Dataset
	writer     *writer
	attributes []string // to ask for
	estimate   int      // by the server, for the places read so far
	losses     int
	restarts   int
	server     string // that answered last
}

// readPlace reads one subtree to its end. When a connection is lost, or the server has forgotten the search, it starts again and skips the objects that it
// has: a cookie of one connection is worth nothing on another.
func (r *reader) readPlace(ctx context.Context, p place) error {
	before := r.estimate
	for {
		s, fault := r.collection.live(ctx, p.domain)
		if fault != nil {
			return r.collection.because(ctx, fault)
		}
		if s.root.host != "" {
			r.server = s.root.host
		}
		r.estimate = before
		err := r.pass(ctx, s, p)
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
			r.collection.lost(p.domain)
			r.restarting(lost)
		case errors.As(err, &lost) && lost.Kind == ConnectionLost:
			r.collection.lost(p.domain)
			return fmt.Errorf("the connection was lost %d times, at last: %w", r.losses+1, err)
		default:
			return err
		}
	}
}

func (r *reader) restarting(fault error) {
	r.writer.tally.again++
	r.collection.config.Log.Warn("reading a dataset again from its start", "dataset", r.dataset, "rows", r.writer.table.Rows(), "because", fault)
}

// pass reads the pages of one search. While one page is turned into rows the next is already asked for.
func (r *reader) pass(ctx context.Context, s *session, p place) error {
	config := r.collection.config
	f := &fetcher{
		session: s, size: config.PageSize, limiter: r.collection.limiter, clock: config.Clock,
		query: query{base: p.base, filter: p.filter, attributes: r.attributes},
		waited: func(after time.Duration, fault *Error) {
			config.Log.Warn("waiting for a busy server", "dataset", r.dataset, "wait", after, "because", fault)
		},
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := make(chan page)
	var fetched error
	var fetching sync.WaitGroup
	fetching.Go(func() {
		defer close(pages)
		fetched = f.fetch(ctx, pages)
	})
	firsts := map[directory.GUID]bool{}
	var err error
	for one := range pages {
		if err == nil {
			if err = r.take(s, one, firsts); err != nil {
				cancel() // the page that is under way still arrives; it is not looked at
			}
		}
	}
	fetching.Wait()
	if err != nil {
		return err
	}
	return fetched
}

// take turns a page into rows. firsts holds the first object of each page of this pass.
func (r *reader) take(s *session, p page, firsts map[directory.GUID]bool) error {
	r.writer.tally.referrals += p.referrals
	if len(p.entries) == 0 {
		return nil
	}
	if g, ok := guidOf(p.entries[0]); ok {
		if firsts[g] && r.knows(p.entries) {
			return errSamePage
		}
		firsts[g] = true
	}
	for _, e := range p.entries {
		if err := r.writer.add(e, s.rest); err != nil {
			return err
		}
	}
	expected := -1
	if p.estimate > 0 && len(firsts) == 1 {
		r.estimate += p.estimate
	}
	if r.estimate > 0 {
		expected = r.estimate
	}
	r.collection.config.Progress(r.dataset, r.writer.table.Rows(), expected)
	return nil
}

// knows says whether all objects have a row.
func (r *reader) knows(entries []*ldap.Entry) bool {
	return !slices.ContainsFunc(entries, func(e *ldap.Entry) bool {
		g, ok := guidOf(e)
		_, known := r.writer.known[g]
		return ok && !known
	})
}

// limiterOf makes the limiter of a collection, nil when there is no limit.
func limiterOf(perSecond, pageSize int) *rate.Limiter {
	if perSecond == 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(perSecond), pageSize)
}
