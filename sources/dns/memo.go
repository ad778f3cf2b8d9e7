package dns

import (
	"context"
	"sync"
)

// memo does a piece of work once for each key, and lets those who want it meanwhile wait for it.
type memo[K comparable, V any] struct {
	mu   sync.Mutex
	done map[K]*work[V]
}

type work[V any] struct {
	ready chan struct{} // closed once the value stands
	value V
	keep  bool
}

// get gives the value of a key. What make does not want kept, because it was interrupted, is made again for the next who asks. ok is false when ctx ended first.
func (m *memo[K, V]) get(ctx context.Context, key K, make func(context.Context) (value V, keep bool)) (value V, ok bool) {
	for {
		w, mine := m.claim(key)
		if mine {
			func() {
				defer m.settle(key, w)
				w.value, w.keep = make(ctx)
			}()
			return w.value, w.keep
		}
		select {
		case <-w.ready:
			if w.keep {
				return w.value, true
			}
			if ctx.Err() != nil {
				return value, false
			}
		case <-ctx.Done():
			return value, false
		}
	}
}

func (m *memo[K, V]) claim(key K) (w *work[V], mine bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if w, ok := m.done[key]; ok {
		return w, false
	}
	if m.done == nil {
		m.done = map[K]*work[V]{}
	}
	w = &work[V]{ready: make(chan struct{})}
	m.done[key] = w
	return w, true
}

func (m *memo[K, V]) settle(key K, w *work[V]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !w.keep {
		delete(m.done, key)
	}
	close(w.ready)
}
