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

// ask says how long a busy service wants to be left alone, with a growing wait of our own where it does not say; a WaitError when that is too long. It
// counts as waited.
func (p *patience) ask(status int, h http.Header) (time.Duration, error) {
	p.busy++
	d, ok := retryAfter(h, p.clock.Now())
	if !ok {
		d = backoff(p.busy)
	}
	if p.waited+d > p.most {
		return 0, &WaitError{Status: status, Asked: d, Waited: p.waited, Max: p.most}
	}
	p.waited += d
	return d, nil
}

// wait sleeps as long as [patience.ask] says.
func (p *patience) wait(ctx context.Context, status int, h http.Header) error {
	d, err := p.ask(status, h)
	if err != nil {
		return err
	}
	return p.clock.Sleep(ctx, d)
}

// repeat says how long to wait before a repetition; when none is left it gives the fault back.
func (p *patience) repeat(fault error) (time.Duration, error) {
	if p.repetitions >= maxRepetitions {
		return 0, &repeatedError{tries: p.repetitions + 1, last: fault}
	}
	p.repetitions++
	return backoff(p.repetitions), nil
}

// again sleeps shortly before a repetition; when none is left it gives the fault back.
func (p *patience) again(ctx context.Context, fault error) error {
	d, err := p.repeat(fault)
	if err != nil {
		return err
	}
	return p.clock.Sleep(ctx, d)
}
