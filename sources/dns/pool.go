package dns

import (
	"context"
	"sync"
)

// pool works tasks off with a bounded number of goroutines. Tasks may add further ones.
type pool struct {
	mu    sync.Mutex
	wake  *sync.Cond
	queue []func(context.Context)
	busy  int
	ended bool
}

func newPool() *pool {
	p := &pool{}
	p.wake = sync.NewCond(&p.mu)
	return p
}

func (p *pool) add(task func(context.Context)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, task)
	p.wake.Signal()
}

// run returns when nothing is left to do, or when ctx ended and the tasks at hand came back.
func (p *pool) run(ctx context.Context, workers int) {
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ended = true
		p.wake.Broadcast()
	})
	defer stop()
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for {
				task := p.next()
				if task == nil {
					return
				}
				task(ctx)
				p.finished()
			}
		})
	}
	all.Wait()
}

// next waits for a task; nil when there will be none.
func (p *pool) next() func(context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.queue) == 0 && p.busy > 0 && !p.ended {
		p.wake.Wait()
	}
	if p.ended || len(p.queue) == 0 {
		return nil
	}
	task := p.queue[0]
	p.queue[0] = nil
	p.queue = p.queue[1:]
	p.busy++
	return task
}

func (p *pool) finished() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy--
	if p.busy == 0 && len(p.queue) == 0 {
		p.wake.Broadcast()
	}
}
