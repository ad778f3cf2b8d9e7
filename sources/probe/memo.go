package probe

import (
	"context"
	"sync"
)

// memo remembers what was found out under a key, so that all who ask learn the same and nothing is asked twice.
type memo[V any] struct {
	mu    sync.Mutex
	calls map[string]*call[V]
}

type call[V any] struct {
	done     chan struct{}
	value    V
	err      error
	failures int // of this call and those before it
}

// get gives what do found out under the key. Several who ask at a time wait for one of them. What failed is done again, up to the given number of times.
func (m *memo[V]) get(ctx context.Context, key string, times int, do func() (V, error)) (V, error) {
	m.mu.Lock()
	if m.calls == nil {
		m.calls = map[string]*call[V]{}
	}
	failures := 0
	if c := m.calls[key]; c != nil {
		again := false
		select {
		case <-c.done:
			failures = c.failures
			again = c.err != nil && failures < times
		default:
		}
		if !again {
			m.mu.Unlock()
			return c.wait(ctx)
		}
	}
	c := &call[V]{done: make(chan struct{}), failures: failures}
	m.calls[key] = c
	m.mu.Unlock()
	defer close(c.done)
	if c.value, c.err = do(); c.err != nil {
		c.failures++
	}
	return c.value, c.err
}

func (c *call[V]) wait(ctx context.Context) (V, error) {
	select {
	case <-c.done:
		return c.value, c.err
	case <-ctx.Done():
		var none V
		return none, context.Cause(ctx)
	}
}
