package ad

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"
	"golang.org/x/time/rate"
)

// Bounds on patience.
const (
	busyTries  = 3   // a server that is busy is asked again this often
	emptyPages = 100 // empty pages one behind the other, each with a cookie: allowed by the protocol, but not for ever
)

// query is one paged search.
type query struct {
	base, filter string
	attributes   []string
	controls     []ldap.Control // beside the paging control
}

// page is what one request brought.
type page struct {
	*answer
	estimate int // entries of the whole search as the server sees it, 0 when it does not tell
}

// errNoPaging says that a server did not page, so that nothing tells whether all was read.
var errNoPaging = errors.New("the answer lacked the paging control, so nothing tells whether more was to come")

// cookieError is a refusal of the page behind a cookie: the server has forgotten the search.
type cookieError struct{ fault *Error }

func (e *cookieError) Error() string {
	return e.fault.What + " when asked for the next page"
}

func (e *cookieError) Unwrap() error { return e.fault }

// fetcher asks for the pages of one search.
type fetcher struct {
	session *session
	size    int
	limiter *rate.Limiter // nil for none
	clock   Clock
	query   query
	waited  func(after time.Duration, fault *Error)
	used    chan *answer // pages that were read out, for their memory
}

// each gives the pages of the search to take, one behind the other; meanwhile it already asks for the next. It ends with nil after the page whose cookie is
// empty, with take's error, or with a fault of the reading; entries that came before such a fault are given too. A page is only valid until take returns.
func (f *fetcher) each(ctx context.Context, take func(page) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pages := make(chan page)
	var fetched, err error
	var fetching sync.WaitGroup
	fetching.Go(func() {
		defer close(pages)
		fetched = f.fetch(ctx, pages)
	})
	for one := range pages {
		if err != nil {
			continue
		}
		if err = take(one); err != nil {
			cancel() // the page that is under way is given up
			continue
		}
		select {
		case f.used <- one.answer:
		default:
		}
	}
	fetching.Wait()
	if err != nil {
		return err
	}
	return fetched
}

// fetch sends the pages into out. The caller closes nothing and must read out until fetch has returned.
func (f *fetcher) fetch(ctx context.Context, out chan<- page) error {
	control := ldap.NewControlPaging(uint32(f.size)) //nolint:gosec // at most 1000
	empty := 0
	for {
		got, reply, err := f.ask(ctx, control)
		count := 0
		if got != nil && (got.entries() > 0 || got.referrals > 0 || err == nil) {
			p := page{answer: got}
			if reply != nil {
				p.estimate = int(reply.PagingSize)
			}
			count = got.entries() // once sent the page is the reader's
			select {
			case out <- p:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			return err
		}
		switch {
		case reply == nil:
			return errNoPaging
		case len(reply.Cookie) == 0:
			return nil
		}
		if empty++; count > 0 {
			empty = 0
		}
		if empty > emptyPages {
			return fmt.Errorf("the server gave %d empty pages one behind the other", emptyPages)
		}
		control.SetCookie(reply.Cookie)
		if err := f.slowDown(ctx, count); err != nil {
			return err
		}
	}
}

// ask gets one page, and waits when the server is busy.
func (f *fetcher) ask(ctx context.Context, control *ldap.ControlPaging) (*answer, *ldap.ControlPaging, error) {
	for try := 0; ; try++ {
		got, reply, fault := f.session.page(ctx, f.query, control, f.memory())
		switch {
		case fault == nil:
			return got, reply, nil
		case ctx.Err() != nil:
			return got, nil, ctx.Err()
		case fault.Code == ldap.LDAPResultUnwillingToPerform && len(control.Cookie) > 0:
			return got, nil, &cookieError{fault}
		case fault.Code != ldap.LDAPResultBusy || try == busyTries || got != nil && got.entries() > 0:
			return got, nil, fault
		}
		wait := time.Second << try
		f.waited(wait, fault)
		if err := f.clock.Sleep(ctx, wait); err != nil {
			return nil, nil, err
		}
	}
}

// memory gives an answer to be filled: that of a page that was read out, or a new one.
func (f *fetcher) memory() *answer {
	select {
	case a := <-f.used:
		return a
	default:
		return &answer{}
	}
}

// slowDown waits until as many entries as were just read may be read.
func (f *fetcher) slowDown(ctx context.Context, entries int) error {
	if f.limiter == nil {
		return nil
	}
	for entries > 0 {
		n := min(entries, f.limiter.Burst())
		if err := f.limiter.WaitN(ctx, n); err != nil {
			return err
		}
		entries -= n
	}
	return nil
}
