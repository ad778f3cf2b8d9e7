package probe

import "sync"

// maxMute is how many connections have to meet with silence before an address counts as mute.
const maxMute = 3

// mute counts the connections to addresses that met with nothing but silence.
type mute struct {
	mu sync.Mutex
	at map[string]int // by address:port
}

func (m *mute) is(at string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at[at] >= maxMute
}

func (m *mute) note(at string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.at == nil {
		m.at = map[string]int{}
	}
	m.at[at]++
}

func (m *mute) forget(at string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.at, at)
}

// again gives all addresses another chance.
func (m *mute) again() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.at)
}
