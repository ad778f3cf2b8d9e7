package graph

import (
	"context"
	"net/http"
	"time"
)

// maxRepetitions is how often a page that came broken is asked for again.
const maxRepetitions = 3

// patience is what one page may still cost in waiting and repeating.
type patience struct {
	clock       Clock
	most        time.Duration
	waited      time.Duration
	busy        int // answers that asked to wait
	repetitions int
}

// wait sleeps as long as a busy service asks, with a growing wait of our own where it does not say; a WaitError when that is too long.
func (p *patience) wait(ctx context.Context, status int, h http.Header) error {
	p.busy++
	d, ok := retryAfter(h, p.clock.Now())
	if !ok {
		d = backoff(p.busy)
	}
	if p.waited+d > p.most {
		return &WaitError{Status: status, Asked: d, Waited: p.waited, Max: p.most}
	}
	p.waited += d
	return p.clock.Sleep(ctx, d)
}

// again sleeps shortly before a repetition; when none is left it gives the fault back.
func (p *patience) again(ctx context.Context, fault error) error {
	if p.repetitions >= maxRepetitions {
		return &repeatedError{tries: p.repetitions + 1, last: fault}
	}
	p.repetitions++
	return p.clock.Sleep(ctx, backoff(p.repetitions))
}
