package graph

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// family is a group of resources that the service limits together. Each has limits of its own: a directory that wants a pause says nothing about Teams.
type family int

const (
	directoryFamily family = iota
	announcementFamily
	teamsFamily
	families
)

// familyOf tells the family of a path with its API version.
func familyOf(path string) family {
	_, path, _ = strings.Cut(strings.TrimPrefix(strings.ToLower(path), "/"), "/")
	switch {
	case strings.HasPrefix(path, "admin/serviceannouncement"):
		return announcementFamily
	case strings.HasPrefix(path, "admin/teams"):
		return teamsFamily
	}
	return directoryFamily
}

// Of service announcements a minute takes 240 requests at most: 60 at once and then 3 a second stay below that in any minute.
const (
	announcementBurst = 60
	announcementRate  = 3
)

// budget is what all streams of a tenant share: how soon the next request of a family may go out.
type budget struct {
	clock Clock
	mu    sync.Mutex
	of    [families]allowance
}

// allowance is the state of one family.
type allowance struct {
	held  time.Time     // nobody asks before
	gap   time.Duration // between two requests, while the service says that the limit is near
	next  time.Time     // when the gap is over
	limit *rate.Limiter // nil for none
}

func newBudget(clock Clock) *budget {
	b := &budget{clock: clock}
	b.of[announcementFamily].limit = rate.NewLimiter(announcementRate, announcementBurst)
	return b
}

// admit waits until the family may send a request. What is waited for counts as the page's; a page that has no patience left asks for itself.
func (b *budget) admit(ctx context.Context, f family, p *patience) error {
	for {
		held := b.heldFor(f)
		wait := min(held, p.most-p.waited)
		if wait <= 0 {
			break
		}
		p.waited += wait
		if err := b.clock.Sleep(ctx, wait); err != nil {
			return err
		}
	}
	if wait := b.turn(f); wait > 0 {
		p.waited += wait
		return b.clock.Sleep(ctx, wait)
	}
	return nil
}

func (b *budget) heldFor(f family) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.of[f].held.IsZero() {
		return 0
	}
	return b.of[f].held.Sub(b.clock.Now())
}

// turn takes the next place in the family's row and says how far ahead it is.
func (b *budget) turn(f family) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := &b.of[f]
	var wait time.Duration
	if a.gap > 0 || a.limit != nil {
		now := b.clock.Now()
		at := now
		if a.next.After(now) {
			at = a.next
		}
		a.next = at.Add(a.gap)
		wait = at.Sub(now)
		if a.limit != nil {
			wait = max(wait, a.limit.ReserveN(now, 1).DelayFrom(now))
		}
	}
	return wait
}

// hold keeps the family from asking while one of its streams waits as it was told; where the whole application is throttled, all families.
func (b *budget) hold(f family, h http.Header, d time.Duration) {
	now := b.clock.Now()
	if _, told := retryAfter(h, now); !told {
		return
	}
	scope, _, _ := strings.Cut(h.Get("x-ms-throttle-scope"), "/")
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.of {
		if family(i) != f && !strings.EqualFold(scope, "Application") {
			continue
		}
		if until := now.Add(d); until.After(b.of[i].held) {
			b.of[i].held = until
		}
	}
}

// note takes what an answer says about the limit: it names the part in use from 0.8 on.
func (b *budget) note(f family, h http.Header) {
	used, err := strconv.ParseFloat(strings.TrimSpace(h.Get("x-ms-throttle-limit-percentage")), 64)
	b.mu.Lock()
	defer b.mu.Unlock()
	a := &b.of[f]
	if err == nil && used > nearLimit {
		a.gap = gap(used)
		return
	}
	if a.gap /= 2; a.gap < shortestGap {
		a.gap = 0
	}
}

const (
	nearLimit   = 0.8
	mostUsed    = 1.8
	longestGap  = 4 * time.Second
	shortestGap = 10 * time.Millisecond
)

// gap is the pause between two requests of a family: none at 0.8 of the limit, 160 ms at the limit, 4 s at 1.8, where the scale ends.
func gap(used float64) time.Duration {
	over := min(max(used-nearLimit, 0), mostUsed-nearLimit)
	return time.Duration(math.Round(over * over * float64(longestGap)))
}
