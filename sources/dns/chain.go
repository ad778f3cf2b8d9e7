package dns

import (
	"context"
	"fmt"
	"slices"
	"strings"

	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence"
)

// maxHops is how many aliases clients follow at most.
const maxHops = 8

// asking is a way to get an answer to a question: from one server, or from several in turn.
type asking func(context.Context, question) reply

// lookup asks a question and follows the aliases. Those that leave the zone, "" for none, are asked of beyond. ok is false when ctx ended first.
func lookup(ctx context.Context, q question, zone string, ask, beyond asking) (l evidence.Lookup, ok bool) {
	r := ask(ctx, q)
	f := following{l: evidence.Lookup{Name: q.name, Type: typeName(q.typ)}, name: q.name, zone: zone, seen: map[string]bool{q.name: true}}
	for {
		if r.lost {
			return f.l, false
		}
		f.met(r)
		if f.status(r) {
			return f.l, true
		}
		if f.left() {
			ask, f.zone = beyond, ""
		}
		r = ask(ctx, question{f.name, q.typ})
	}
}

// following is a lookup under way.
type following struct {
	l    evidence.Lookup
	name string // that was reached
	zone string
	seen map[string]bool
}

// met notes who said it. When it is an answer to a question further down the aliases, the row keeps who answered the first one.
func (f *following) met(r reply) {
	if f.l.Asked.IsZero() {
		f.l.Asked = r.asked
		if r.server != nil {
			f.l.Server, f.l.Resolver = r.server.at.String(), r.server.role
		}
	}
	f.l.Took += r.took
	f.l.TCP = f.l.TCP || r.tcp
}

func (f *following) left() bool { return f.zone != "" && !inside(f.name, f.zone) }

// status takes over what the reply says. It is false when the aliases have to be asked for further on.
func (f *following) status(r reply) bool {
	if r.status != "" {
		f.end(r.status, r.detail, r)
		return true
	}
	if r.code != miekg.RcodeSuccess && r.code != miekg.RcodeNameError {
		f.refused(r)
		return true
	}
	if status := f.aliases(r); status != "" {
		f.l.Status = status
		return true
	}
	values, ttl := r.at(f.name)
	switch {
	case f.left():
		return false
	case len(values) > 0:
		f.l.Values = values
		if len(f.l.Chain) == 0 {
			f.l.TTL = ttl
		}
		f.end(evidence.LookupAnswer, r.cut(), r)
	case f.l.Mixed && f.name != r.question.name:
		return false // of several aliases the server may have followed another one
	case r.code == miekg.RcodeNameError:
		f.end(evidence.LookupNoName, "", r)
	case r.elsewhere():
		f.end(evidence.LookupRefused, "the server refers to "+r.referral+" and does not answer itself", r)
	case f.name == r.question.name || r.zone != "" && inside(f.name, r.zone):
		f.end(evidence.LookupNoData, r.cut(), r)
	default:
		return false // the server did not follow the alias
	}
	return true
}

func (f *following) end(status, detail string, r reply) {
	f.l.Status = status
	if f.name != f.l.Name && f.name == r.question.name && status != evidence.LookupAnswer && detail != "" {
		detail = f.name + ": " + detail
	}
	f.l.Detail = detail
	if r.zone != "" && inside(f.name, r.zone) {
		f.l.Zone = r.zone
	}
}

func (f *following) refused(r reply) {
	status := evidence.LookupRefused
	if r.code == miekg.RcodeServerFailure {
		status = evidence.LookupServerFailure
	}
	code, ok := miekg.RcodeToString[r.code]
	if !ok {
		code = fmt.Sprintf("response code %d", r.code)
	}
	f.end(status, code, r)
}

// aliases follows the aliases of one answer, and gives the status when they do not end.
func (f *following) aliases(r reply) string {
	if r.question.typ == miekg.TypeCNAME {
		_, ok := r.alias(f.name)
		f.l.Mixed = ok && r.aliases[0].mixed
		return ""
	}
	for !f.left() {
		one, ok := r.alias(f.name)
		if !ok {
			return ""
		}
		if len(f.l.Chain) == 0 {
			f.l.TTL = one.ttl
		}
		f.l.Mixed = f.l.Mixed || one.mixed
		if status := f.hop(one.target); status != "" {
			return status
		}
	}
	return ""
}

// hop goes on to where an alias leads.
func (f *following) hop(target string) string {
	f.l.Chain = append(f.l.Chain, target)
	switch {
	case f.seen[target]:
		return evidence.LookupLoop
	case len(f.l.Chain) > maxHops:
		return evidence.LookupTooLong
	}
	f.seen[target] = true
	f.name = target
	return ""
}

// cut says what of an answer was not kept.
func (r reply) cut() string {
	var said []string
	if r.passed > 0 {
		said = append(said, fmt.Sprintf("%d of %d records were not kept", r.passed, r.passed+len(r.records)))
	}
	if r.shortened {
		said = append(said, "a value was shortened")
	}
	if r.server != nil && !r.server.recursive() && !r.authoritative && r.status == "" {
		said = append(said, "the server does not call itself authoritative")
	}
	return strings.Join(said, "; ")
}

// unwind asks alias by alias where a name leads that a server could not resolve: of aliases without end servers say no more than SERVFAIL, some even in their own
// zones.
func unwind(ctx context.Context, l *evidence.Lookup, zone string, ask, beyond asking) {
	f := following{l: *l, name: l.Name, zone: zone, seen: map[string]bool{l.Name: true}}
	f.l.Chain = nil
	for {
		if f.left() {
			ask, f.zone = beyond, ""
		}
		r := ask(ctx, question{f.name, miekg.TypeCNAME})
		if r.lost || r.status != "" || r.code != miekg.RcodeSuccess {
			break
		}
		targets, ttl := r.at(f.name)
		if len(targets) == 0 {
			break
		}
		if len(f.l.Chain) == 0 {
			f.l.TTL = ttl
		}
		if status := f.hop(targets[0]); status != "" {
			f.l.Status, f.l.Detail = status, ""
			break
		}
	}
	if !slices.Equal(f.l.Chain, l.Chain) {
		*l = f.l
	}
}
