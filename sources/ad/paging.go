package ad

import (
	"context"
	"errors"
	"fmt"
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
}

// page is what one request brought.
type page struct {
	entries   []*ldap.Entry
	referrals int
	estimate  int // entries of the whole search as the server sees it, 0 when it does not tell
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
}

// fetch sends the pages into out, one ahead of the reader, and ends with nil after the page whose cookie is empty. Entries that came before an error are
// sent too. The caller closes nothing and must read out until fetch has returned.
func (f *fetcher) fetch(ctx context.Context, out chan<- page) error {
	control := ldap.NewControlPaging(uint32(f.size)) //nolint:gosec // at most 1000
	empty := 0
	for {
		got, err := f.ask(ctx, control)
		if got != nil && (len(got.Entries) > 0 || len(got.Referrals) > 0 || err == nil) {
			p := page{entries: got.Entries, referrals: len(got.Referrals)}
			if reply := pagingReply(got); reply != nil {
				p.estimate = int(reply.PagingSize)
			}
			select {
			case out <- p:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			return err
		}
		reply := pagingReply(got)
		switch {
		case reply == nil:
			return errNoPaging
		case len(reply.Cookie) == 0:
			return nil
		}
		if empty++; len(got.Entries) > 0 {
			empty = 0
		}
		if empty > emptyPages {
			return fmt.Errorf("the server gave %d empty pages one behind the other", emptyPages)
		}
		control.SetCookie(reply.Cookie)
		if err := f.slowDown(ctx, len(got.Entries)); err != nil {
			return err
		}
	}
}

func pagingReply(got *ldap.SearchResult) *ldap.ControlPaging {
	reply, _ := ldap.FindControl(got.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
	return reply
}

// ask gets one page, and waits when the server is busy.
func (f *fetcher) ask(ctx context.Context, control *ldap.ControlPaging) (*ldap.SearchResult, error) {
	for try := 0; ; try++ {
		got, fault := f.session.search(ldap.NewSearchRequest(f.query.base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, f.session.seconds(), false,
			f.query.filter, f.query.attributes, []ldap.Control{control}))
		switch {
		case fault == nil:
			return got, nil
		case ctx.Err() != nil:
			return got, ctx.Err()
		case fault.Code == ldap.LDAPResultUnwillingToPerform && len(control.Cookie) > 0:
			return got, &cookieError{fault}
		case fault.Code != ldap.LDAPResultBusy || try == busyTries || got != nil && len(got.Entries) > 0:
			return got, fault
		}
		wait := time.Second << try
		f.waited(wait, fault)
		if err := f.clock.Sleep(ctx, wait); err != nil {
			return nil, err
		}
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
