package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// errSlow is the cause of a context that ended because one attempt took too long, not because everything ends.
var errSlow = errors.New("no answer in time")

// bounded gives the context of one attempt.
func (p *prober) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, p.cfg.Timeout, errSlow)
}

// interrupted says that an attempt that failed was cut off from outside, so that the failure tells nothing. Timers of sockets can go off just before that of the
// context, which is waited for then.
func interrupted(ctx context.Context) bool {
	if deadline, ok := ctx.Deadline(); ok && ctx.Err() == nil && time.Until(deadline) < 20*time.Millisecond {
		<-ctx.Done()
	}
	return ctx.Err() != nil && !errors.Is(context.Cause(ctx), errSlow)
}

// ended words the end of an attempt.
func ended(ctx context.Context, stage string, err error) *stageError {
	return &stageError{stage: stage, failure: failureText(err), interrupted: interrupted(ctx)}
}

// failureText says what went wrong without what differs from one attempt to the next, such as the local port.
func failureText(err error) string {
	var (
		errno   syscall.Errno
		network net.Error
		op      *net.OpError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, errSlow):
		return errSlow.Error()
	case alerted(err) && errors.As(err, &op):
		return "the server refused the handshake: " + op.Err.Error()
	case errors.As(err, &record):
		return "the server does not speak TLS"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return "the connection was closed"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.As(err, &network) && network.Timeout():
		return errSlow.Error()
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return err.Error()
}

// whereabouts are the addresses of a host, and the aliases that led to them.
type whereabouts struct {
	addresses []netip.Addr
	chain     []string
}

// maxFailures is how often the addresses of a host are asked for in vain.
const maxFailures = 2

// addresses finds the addresses of a host, the same ones for all that is seen of it in one run.
func (p *prober) addresses(ctx context.Context, host string) ([]netip.Addr, []string, error) {
	if at, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{at}, nil, nil
	}
	w, err := p.names.get(ctx, host, maxFailures, func() (whereabouts, error) {
		found, chain, err := p.cfg.Resolver.Addresses(ctx, host)
		if err == nil && len(found) == 0 {
			err = errors.New("the name has no address")
		}
		return whereabouts{found, chain}, err
	})
	return w.addresses, w.chain, err
}

// maxAddresses is how many addresses of a host are tried.
const maxAddresses = 4

// dial connects to a host, within the time for one attempt: it finds the addresses and connects to one that may be, or where the configuration leads. The address is
// the one that was dialled last, "" when none was. Network is tcp or udp; over udp nothing is sent yet.
func (p *prober) dial(ctx context.Context, network, host string, port int, k kind) (net.Conn, string, *stageError) {
	host = address.DomainKey(host)
	if why := p.guard.hostFault(host, port, k); why != "" {
		return nil, "", &stageError{stage: evidence.StagePolicy, failure: why}
	}
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	places, fault := p.places(ctx, host, port)
	if fault != nil {
		return nil, "", fault
	}
	var last string
	for i, at := range places {
		last = at
		var conn net.Conn
		if conn, fault = p.connectTo(ctx, network, at, len(places)-i); fault == nil {
			if network == "tcp" {
				p.heard()
			}
			return conn, at, nil
		}
		if fault.interrupted {
			break
		}
	}
	return nil, last, fault
}

// connectTo dials one address, in its share of the time that is left when more are to be tried. One at which connection after connection met with silence is not waited
// for again by each of the hosts that have it: behind one reverse proxy may be the names of hundreds of domains.
func (p *prober) connectTo(ctx context.Context, network, at string, share int) (net.Conn, *stageError) {
	stage := evidence.StageTCP
	if network == "udp" {
		stage = evidence.StageUDP
	}
	if p.mute.is(at) {
		return nil, &stageError{stage: stage, failure: errSlow.Error(), interrupted: interrupted(ctx)}
	}
	one := ctx
	if deadline, ok := ctx.Deadline(); ok && share > 1 {
		var cancel context.CancelFunc
		one, cancel = context.WithTimeoutCause(ctx, time.Until(deadline)/time.Duration(share), errSlow)
		defer cancel()
	}
	began := time.Now()
	conn, err := p.dialer(one, network, at)
	if err != nil {
		fault := ended(one, stage, err)
		if !fault.interrupted && fault.failure == errSlow.Error() && time.Since(began) > p.cfg.Timeout/2 {
			p.mute.note(at)
		}
		return nil, fault
	}
	if network == "tcp" {
		p.mute.forget(at)
	}
	return conn, nil
}

// places are the addresses to dial for a host, as address:port.
func (p *prober) places(ctx context.Context, host string, port int) ([]string, *stageError) {
	everybody, anybody := p.cfg.Detours.Of("", port)
	if to, ok := p.cfg.Detours.Of(host, port); ok && (!anybody || to != everybody) {
		return []string{to}, nil
	}
	found, chain, err := p.addresses(ctx, host)
	if err != nil {
		return nil, ended(ctx, evidence.StageName, err)
	}
	var (
		places  []string
		refused string
	)
	for _, at := range bothKinds(found) {
		if to, ok := p.cfg.Detours.Of(at.String(), port); ok {
			places = append(places, to)
			continue
		}
		if why := p.guard.addressFault(host, chain, at); why != "" {
			refused = why
			continue
		}
		places = append(places, net.JoinHostPort(at.String(), strconv.Itoa(port)))
	}
	if len(places) == 0 {
		return nil, &stageError{stage: evidence.StagePolicy, failure: refused + ", and only names that somebody else decides on lead there"}
	}
	places = unique(places)
	return places[:min(maxAddresses, len(places))], nil
}

// bothKinds gives addresses in the order in which they are tried: IPv4 first, as in the evidence of most networks, and the first IPv6 one early enough that it is tried
// at all. From a place that only has IPv6, no number of IPv4 addresses may hide it.
func bothKinds(found []netip.Addr) []netip.Addr {
	i := slices.IndexFunc(found, func(at netip.Addr) bool { return at.Unmap().Is6() })
	if i < maxAddresses {
		return found
	}
	return slices.Concat(found[:maxAddresses-1], found[i:i+1], found[maxAddresses-1:i], found[i+1:])
}

// unique drops repeated texts and keeps the order.
func unique(all []string) []string {
	var kept []string
	for _, s := range all {
		if !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}

// hostOf is the host of a host:port or of a host alone.
func hostOf(text string) string {
	if host, _, err := net.SplitHostPort(text); err == nil {
		return address.DomainKey(host)
	}
	return address.DomainKey(text)
}

// portOf is the port of an address, that of its scheme when it names none.
func portOf(scheme, port string) (int, error) {
	switch {
	case port != "":
		n, err := strconv.Atoi(port)
		if err != nil || n < 1 || n > 65535 {
			return 0, fmt.Errorf("%q is no port", port)
		}
		return n, nil
	case scheme == "https":
		return 443, nil
	}
	return 80, nil
}
