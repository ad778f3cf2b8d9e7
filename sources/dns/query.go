package dns

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"

	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence"
)

// asker asks servers and remembers what they said: the same question goes to a server once.
type asker struct {
	client  *client
	tries   int
	log     *slog.Logger
	forgets bool // what could not be found out is asked again when somebody else wants it
	replies memo[asked, reply]
	kept    atomic.Int64 // bytes of names and values in replies
}

// maxKept bounds what all replies together hold, in bytes: it takes servers that mean harm to come near it.
const maxKept = 256 << 20

type asked struct {
	server   *server
	question question
}

// query asks one server. The reply is lost when ctx ended.
func (a *asker) query(ctx context.Context, s *server, q question, about subject) reply {
	r, ok := a.replies.get(ctx, asked{s, q}, func(ctx context.Context) (reply, bool) {
		r := a.tryHard(ctx, s, q, about)
		if a.kept.Add(r.size()) > maxKept {
			r.answer, r.status, r.detail = answer{}, evidence.LookupMalformed, "the answers of all servers together are too large to be kept"
		}
		return r, !r.lost && (r.told() || !a.forgets)
	})
	if !ok && r.server == nil {
		return reply{question: q, server: s, lost: true}
	}
	return r
}

// tryHard sends a question until the server says something that counts. The last try is made without EDNS, at which old devices on the way stumble.
func (a *asker) tryHard(ctx context.Context, s *server, q question, about subject) reply {
	r := reply{question: q, server: s, status: evidence.LookupUnreachable, detail: s.refuse}
	if s.refuse != "" {
		return r
	}
	var w way
	for try := range a.tries {
		if why := s.willing(ctx, about, func(canary question) bool { return a.alive(ctx, s, canary) }); why != "" {
			if try == 0 {
				r.status, r.detail = evidence.LookupTimeout, why
			}
			r.lost = ctx.Err() != nil
			break
		}
		w.plain = s.plain.Load() || try > 0
		r = a.once(ctx, s, q, w)
		if r.lost {
			return r
		}
		answered := r.status == ""
		s.note(q, about, answered, answered || r.truncated)
		switch {
		case answered && r.code != miekg.RcodeServerFailure:
			return r
		case !answered && try == a.tries-1:
			s.ignored(about)
		}
		w.tcp = r.status == evidence.LookupMalformed
	}
	return r
}

// once sends a question, and again without EDNS to a server that does not know it.
func (a *asker) once(ctx context.Context, s *server, q question, w way) reply {
	r := a.client.exchange(ctx, s, q, w)
	if r.status != "" || r.lost || w.plain || !slices.Contains([]int{miekg.RcodeFormatError, miekg.RcodeNotImplemented, miekg.RcodeBadVers}, r.code) {
		return r
	}
	w.plain = true
	again := a.client.exchange(ctx, s, q, w)
	if again.status == "" && !again.lost && again.code != r.code {
		s.plain.Store(true)
	}
	return again
}

// alive tries a server that has been silent, as often as any question: giving it up costs all that is left to ask.
func (a *asker) alive(ctx context.Context, s *server, canary question) bool {
	var why string
	for range a.tries {
		r := a.client.exchange(ctx, s, canary, way{plain: s.plain.Load()})
		switch {
		case r.lost:
			return false
		case r.status == "" || r.truncated:
			return true
		}
		why = r.detail
	}
	a.log.Warn("DNS server given up", "role", s.role, "server", s.at.String(), "why", why)
	return false
}

// size is how many bytes of names and values the answer holds.
func (a *answer) size() (n int64) {
	for _, one := range a.aliases {
		n += int64(len(one.owner) + len(one.target))
	}
	for _, one := range a.records {
		n += int64(len(one.owner) + len(one.value))
	}
	for _, s := range a.servers {
		n += int64(len(s))
	}
	return n
}

// told says that the reply tells whether there are records.
func (r reply) told() bool {
	return r.status == "" && !r.lost && (r.code == miekg.RcodeNameError || r.code == miekg.RcodeSuccess && !r.elsewhere())
}

// elsewhere says that the server refers to others and says nothing itself.
func (r reply) elsewhere() bool {
	return r.status == "" && r.code == miekg.RcodeSuccess && len(r.aliases) == 0 && len(r.records) == 0 && r.zone == "" && r.referral != "" && !r.authoritative &&
		(!r.server.recursive() || !r.recursive)
}

// first asks servers in turn until one tells. Of those that do not, the one counts that says most.
func (a *asker) first(ctx context.Context, servers []*server, q question, about subject) reply {
	best := reply{question: q, status: evidence.LookupUnreachable, detail: "there is no server to ask"}
	for _, s := range servers {
		r := a.query(ctx, s, q, about)
		if r.lost || r.told() || r.downward(q) {
			return r
		}
		if best.server == nil || r.weight() > best.weight() {
			best = r
		}
	}
	return best
}

// downward says that an authoritative server refers to the servers of a zone below its own.
func (r reply) downward(q question) bool {
	return r.elsewhere() && !r.server.recursive() && r.referral != "." && inside(q.name, r.referral)
}

// weight orders replies that do not tell by how much they say.
func (r reply) weight() int {
	switch {
	case r.status == "" && r.code == miekg.RcodeServerFailure:
		return 5
	case r.status == "":
		return 4
	}
	return 1 + slices.Index([]string{evidence.LookupUnreachable, evidence.LookupTimeout, evidence.LookupMalformed}, r.status)
}
