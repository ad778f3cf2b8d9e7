package graph

import (
	"context"
	"errors"
	"sync"
	"time"
)

// asking puts many questions to the service, in batches, by as many workers as there are streams to spare.
type asking struct {
	client *client
	// help runs a worker on another stream, if one is free.
	help func(task func()) bool

	mu     sync.Mutex
	open   []*part // neither settled nor on the way
	single bool    // batches are refused
	doomed map[int]error
}

// askAll settles all parts. alone says that they had to be asked one by one.
func (c *client) askAll(ctx context.Context, parts []*part, help func(task func()) bool) (alone bool) {
	a := &asking{client: c, help: help, doomed: map[int]error{}}
	for _, p := range parts {
		p.patience = patience{clock: c.cfg.Clock, most: c.cfg.MaxWait}
		a.open = append(a.open, p)
	}
	var helpers sync.WaitGroup
	for {
		a.work(ctx, &helpers)
		helpers.Wait()
		wait, more := a.wait()
		if !more {
			return a.single
		}
		if wait > 0 {
			_ = c.cfg.Clock.Sleep(ctx, wait) // an ended context settles all that is open
		}
	}
}

// work asks batch after batch until nothing is due. With helpers, others do so beside it.
func (a *asking) work(ctx context.Context, helpers *sync.WaitGroup) {
	for {
		batch, left := a.take(ctx)
		if len(batch) == 0 {
			return
		}
		for left > 0 && helpers != nil && a.helped(ctx, helpers) {
			left -= maxParts
		}
		a.send(ctx, batch)
		a.back(batch)
	}
}

// helped starts a helper, if a stream is free.
func (a *asking) helped(ctx context.Context, helpers *sync.WaitGroup) bool {
	helpers.Add(1)
	if a.help(func() {
		defer helpers.Done()
		a.work(ctx, nil)
	}) {
		return true
	}
	helpers.Done()
	return false
}

// take gives the parts for the next batch and says how many others are due. Parts for which there is no hope are settled.
func (a *asking) take(ctx context.Context) (batch []*part, left int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.client.cfg.Clock.Now()
	kept := a.open[:0]
	for _, p := range a.open {
		doom := a.doomed[p.kind]
		if ctx.Err() != nil {
			doom = context.Cause(ctx)
		}
		switch {
		case doom != nil:
			p.err, p.settled = doom, true
		case p.due.After(now):
			kept = append(kept, p)
		case len(batch) < maxParts:
			batch = append(batch, p)
		default:
			kept = append(kept, p)
			left++
		}
	}
	a.open = kept
	return batch, left
}

// wait says how long to wait until a part is due, and whether there is one.
func (a *asking) wait() (time.Duration, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.open) == 0 {
		return 0, false
	}
	first := a.open[0].due
	for _, p := range a.open {
		if p.due.Before(first) {
			first = p.due
		}
	}
	return max(0, first.Sub(a.client.cfg.Clock.Now())), true
}

// send asks the parts of a batch.
func (a *asking) send(ctx context.Context, batch []*part) {
	if !a.alone() {
		err := a.client.batch(ctx, batch)
		if err == nil {
			return
		}
		if !noBatches(err) {
			for _, p := range batch {
				p.err, p.settled = err, true
			}
			return
		}
		a.mu.Lock()
		a.single = true
		a.mu.Unlock()
	}
	for _, p := range batch {
		if err := a.doom(p.kind); err != nil {
			p.err, p.settled = err, true
			continue
		}
		a.client.single(ctx, p)
		a.judge(p)
	}
}

// back takes the parts of a batch that are not settled among the open ones.
func (a *asking) back(batch []*part) {
	for _, p := range batch {
		a.judge(p)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range batch {
		if !p.settled {
			a.open = append(a.open, p)
		}
	}
}

func (a *asking) alone() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.single
}

// doom is the fault that the next question of a kind would meet too, nil when there is none.
func (a *asking) doom(kind int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.doomed[kind]
}

// judge notes a fault that the next question of the same kind will meet too.
func (a *asking) judge(p *part) {
	if p.err == nil || !hopeless(p.err) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.doomed[p.kind] == nil {
		a.doomed[p.kind] = p.err
	}
}

// hopeless tells the faults that the next domain will meet too.
func hopeless(err error) bool {
	var (
		refused *SignInError
		denied  *UnauthorizedError
		wait    *WaitError
		lost    *connectionError
	)
	return errors.As(err, &refused) || errors.As(err, &denied) || errors.As(err, &wait) || errors.As(err, &lost) || isStatus(err, 403)
}
