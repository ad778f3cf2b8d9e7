package dns

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence"
)

// When a server is asked whether it is there at all, and when it is left alone.
const (
	maxSilent       = 4 // questions in a row that it left unanswered
	maxSilentDomain = 3 // questions about a domain of which it answered none: perhaps the domain's own servers are the silent ones
	restTime        = 15 * time.Second
)

// server is a DNS server, and what is known of how it does.
type server struct {
	role   string
	at     netip.AddrPort // that is written down
	dial   string         // where it is asked
	refuse string         // why it is not asked, "" when it may be
	plain  atomic.Bool    // it does not understand EDNS

	mu     sync.Mutex
	next   time.Time // when it is the next question's turn
	known  question  // it answered this one; the zero value when it never answered any
	last   question  // that it left unanswered
	silent int       // different questions in a row
	trial  chan struct{}
	dead   bool
	again  time.Time      // when a dead one is tried again
	about  map[string]int // unanswered questions by domain; -1 once it answered one about the domain
}

func newServer(role string, at netip.AddrPort) *server {
	return &server{role: role, at: at, dial: at.String(), about: map[string]int{}}
}

// subject is what a question is asked for: the domain, and what its server must be able to answer if it is there.
type subject struct {
	domain string
	canary question
}

// recursiveCanary is what each server that asks others for us knows.
func recursiveCanary() question { return question{".", miekg.TypeNS} }

// willing says whether the server can be asked, "" or why not. One that was silent for too long is first tried with a question that it must be able to answer; others
// who want to ask it wait for that. What is left when ctx ends does not matter.
func (s *server) willing(ctx context.Context, about subject, try func(question) bool) string {
	for {
		if err := ctx.Err(); err != nil { // a trial would tell nothing any more
			return err.Error()
		}
		s.mu.Lock()
		trial := s.trial
		switch {
		case s.dead && (trial != nil || time.Now().Before(s.again)):
			s.mu.Unlock()
			return "given up: it answers nothing"
		case trial != nil:
			s.mu.Unlock()
			select {
			case <-trial:
				continue
			case <-ctx.Done():
				return ctx.Err().Error()
			}
		case !s.dead && s.silent < maxSilent:
			silent := s.about[about.domain] >= maxSilentDomain
			s.mu.Unlock()
			if silent {
				return "given up for this domain: it does not answer questions about it"
			}
			return ""
		}
		q := s.known
		if q == (question{}) {
			q = about.canary
		}
		s.trial = make(chan struct{})
		s.mu.Unlock()
		s.tried(ctx, try(q))
	}
}

// burst is how many questions may come at once after a pause.
const burst = 25

// turn waits until a further question may be sent, so that they are gap apart on average, after a few at once. It is false when ctx ended first.
func (s *server) turn(ctx context.Context, gap time.Duration) bool {
	s.mu.Lock()
	now := time.Now()
	if early := now.Add(-burst * gap); s.next.Before(early) {
		s.next = early
	}
	at := s.next
	s.next = at.Add(gap)
	s.mu.Unlock()
	if !at.After(now) {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(at.Sub(now))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// tried ends a trial.
func (s *server) tried(ctx context.Context, alive bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.trial)
	s.trial = nil
	if ctx.Err() == nil {
		s.dead, s.silent = !alive, 0
		s.again = time.Now().Add(restTime)
	}
}

// note remembers how a try ended: with an answer, or at least with a sign of life.
func (s *server) note(q question, about subject, answered, alive bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answered {
		s.known = q
		s.about[about.domain] = -1
	}
	switch {
	case alive:
		s.last, s.silent, s.dead = question{}, 0, false
	case q != s.last:
		s.last = q
		s.silent++
	}
}

// ignored remembers that all tries of a question stayed without an answer.
func (s *server) ignored(about subject) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.about[about.domain]; n >= 0 {
		s.about[about.domain] = n + 1
	}
}

// recursive says that the server asks others for us.
func (s *server) recursive() bool { return s.role != evidence.ResolverAuthoritative }
