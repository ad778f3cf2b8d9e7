package dns

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
	"hybridaudit/sources/evidence/targets"
)

// Resolver finds the addresses of hosts. Any number of goroutines may use it; it remembers what it found, and what does not exist.
type Resolver struct {
	internal, public []*server
	asker            *asker
	targets          targets.Targets
	hosts            memo[string, found]
}

// found is what is known of a host.
type found struct {
	addresses []netip.Addr
	chain     []string
	err       error
}

// LookupError says why a host has no address.
type LookupError struct {
	Host   string
	Status string // evidence.LookupNoName and the like
	Server string // address:port that said so, or was asked last; "" when there is none to ask
	Detail string
}

func (e *LookupError) Error() string {
	text := "looking up " + e.Host + ": " + e.Status
	if e.Server != "" {
		text += " at " + e.Server
	}
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	return text
}

// NewResolver makes a resolver that asks the internal servers of the configuration and, where they know no address, the public ones. Servers that cannot be
// parsed are left out: [Config.Validate] tells them.
func NewResolver(config Config) *Resolver {
	r, _ := config.resolve() // leaves out what cannot be parsed
	return &Resolver{
		internal: serversOf(evidence.ResolverInternal, r.internal), public: serversOf(evidence.ResolverPublic, r.public), targets: sorted(r.Targets),
		asker: &asker{client: newClient(r), tries: r.Tries, log: r.Log, forgets: true},
	}
}

// Addresses gives the addresses of a host, IPv4 before IPv6, and the names that its aliases lead over. An address as the host is given back as it is. Names that
// cannot be known outside are asked of the internal servers only. The error is a [*LookupError], or the context's.
func (r *Resolver) Addresses(ctx context.Context, host string) (addresses []netip.Addr, chain []string, err error) {
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return []netip.Addr{a}, nil, nil
	}
	f, ok := r.hosts.get(ctx, address.DomainKey(host), func(ctx context.Context) (found, bool) { return r.find(ctx, address.DomainKey(host)) })
	if !ok && f.err == nil && len(f.addresses) == 0 {
		return nil, nil, fmt.Errorf("looking up %s: %w", host, ctx.Err())
	}
	return f.addresses, f.chain, f.err
}

// patience is how long the IPv6 addresses of a host are waited for once its IPv4 ones are known. There are servers, and devices before them, that leave questions
// about IPv6 unanswered: whoever has the other addresses can connect all the same.
const patience = time.Second

// find asks the servers of one role after the other. keep says whether the answer is one that will do for later questions.
func (r *Resolver) find(ctx context.Context, host string) (f found, keep bool) {
	if !askable(host) {
		return found{err: &LookupError{Host: host, Status: evidence.LookupNoName, Detail: "it is no complete host name"}}, true
	}
	roles := [][]*server{r.internal}
	if knownOutside(r.targets, host) && !(len(r.internal) > 0 && ownServer(r.targets, host)) {
		roles = append(roles, r.public)
	}
	keep = true
	failure := &LookupError{Host: host, Status: evidence.LookupUnreachable, Detail: "there is no DNS server to ask"}
	for _, servers := range roles {
		if len(servers) == 0 {
			continue
		}
		four, six, ok := r.both(ctx, servers, host)
		if !ok {
			return found{}, false
		}
		keep = keep && four.Told() && (six.Told() || len(four.Values) > 0)
		if all := append(addresses(four), addresses(six)...); len(all) > 0 {
			chain := four.Chain
			if len(chain) == 0 {
				chain = six.Chain
			}
			return found{addresses: all, chain: chain}, keep
		}
		worst := four
		if four.Told() && !six.Told() {
			worst = six
		}
		failure = &LookupError{Host: host, Status: worst.Status, Server: worst.Server, Detail: worst.Detail}
	}
	return found{err: failure}, keep
}

// both asks for the addresses of either kind at a time. ok is false when ctx ended before there was anything to tell.
func (r *Resolver) both(ctx context.Context, servers []*server, host string) (four, six evidence.Lookup, ok bool) {
	about := subject{host, recursiveCanary()}
	ask := func(ctx context.Context, q question) reply { return r.asker.first(ctx, servers, q, about) }
	hurried, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan bool, 1)
	go func() {
		var ok bool
		six, ok = lookup(hurried, question{host, miekg.TypeAAAA}, "", ask, ask)
		done <- ok
	}()
	four, ok = lookup(ctx, question{host, miekg.TypeA}, "", ask, ask)
	switch {
	case !ok, four.Status == evidence.LookupNoName: // the other answer is of no use
		cancel()
		<-done
		return four, four, ok
	case len(four.Values) > 0:
		defer time.AfterFunc(patience, cancel).Stop()
	}
	if !<-done {
		return four, evidence.Lookup{Status: evidence.LookupTimeout}, len(four.Values) > 0
	}
	return four, six, true
}
