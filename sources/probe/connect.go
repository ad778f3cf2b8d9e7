package probe

import (
	"context"
	"net"
	"net/url"
	"strconv"
	"time"

	"hybridaudit/sources/evidence"
)

// attempt is a place that is tried in one of its ways.
type attempt struct {
	place  place
	proxy  *url.URL // nil: directly
	row    evidence.Connection
	failed int
	// shaken is the first handshake that went through, or the last that did not.
	shaken *shaken
}

// decided says that further tries cannot change which way most of them ended.
func (a *attempt) decided(tries int) bool {
	return a.row.Answers > tries/2 || a.failed > tries/2 || a.row.Tries >= tries || a.row.Stage == evidence.StagePolicy
}

// connect tries every place in each of its ways, in rounds, so that the tries of one place lie apart. Where nothing at all answers in the first round there is no other.
func (p *prober) connect(ctx context.Context, plan plan) {
	attempts := p.attempts(plan)
	if len(attempts) > 0 {
		p.tried(evidence.ProbeConnections)
	}
	for range p.cfg.Tries {
		p.mute.again()
		var open []*attempt
		for _, a := range attempts {
			if !a.decided(p.cfg.Tries) {
				open = append(open, a)
			}
		}
		p.each(ctx, len(open), func(ctx context.Context, i int) { p.try(ctx, open[i]) })
		if p.silent() || ctx.Err() != nil {
			break
		}
	}
	through := map[string]bool{} // hosts whose versions of TLS are tried, in the first of the ways that leads there
	for _, a := range attempts {
		if a.row.Tries == 0 {
			p.fault(evidence.ProbeConnections, "the time was over before %s:%d could be tried", a.place.host, a.place.port)
			if a.place.tls {
				p.fault(evidence.ProbeHandshakes, "the time was over before %s:%d could be tried", a.place.host, a.place.port)
			}
			continue
		}
		record(p, a.row)
		if a.shaken == nil {
			continue
		}
		key := a.row.Host + " " + strconv.Itoa(a.row.Port)
		a.shaken.versions = a.place.own && !through[key]
		through[key] = true
		p.shaken = append(p.shaken, a.shaken)
	}
}

// attempts lists what is tried.
func (p *prober) attempts(plan plan) []*attempt {
	var all []*attempt
	for _, one := range plan.places {
		row := evidence.Connection{
			Host: one.host, Port: one.port, Protocol: "tcp", Purposes: one.purposes, Domains: one.domains, Group: one.group, Via: evidence.ViaDirect,
		}
		if one.tls && !one.lenient {
			row.Protocol = "tls"
		}
		all = append(all, &attempt{place: one, row: row})
		scheme := "http"
		if one.tls {
			scheme = "https"
		}
		if proxy := p.proxyFor(scheme, one.host, one.port); proxy != nil {
			row.Via, row.Proxy = evidence.ViaProxy, proxyAddress(proxy)
			if one.port == portHTTP { // proxies let nobody connect there; they fetch
				row.Protocol, row.URL = "http", "http://"+joinHost(one.host)+"/"
			}
			all = append(all, &attempt{place: one, proxy: proxy, row: row})
		}
	}
	return all
}

// joinHost is a host as it stands in a URL.
func joinHost(host string) string {
	if isAddress(host) && len(net.ParseIP(host).To4()) == 0 {
		return "[" + host + "]"
	}
	return host
}

// try tries a place once.
func (p *prober) try(ctx context.Context, a *attempt) {
	asked, begin := p.now(), time.Now()
	fault := p.reach(ctx, a)
	if fault != nil && fault.interrupted {
		return
	}
	a.row.Tries++
	if a.row.Asked.IsZero() {
		a.row.Asked = asked
	}
	if fault != nil {
		a.failed++
		if a.row.Answers == 0 {
			a.row.Stage, a.row.Failure, a.row.Status = fault.stage, fault.failure, fault.status
		}
		p.cfg.Log.Debug("no connection", "host", a.row.Host, "port", a.row.Port, "via", a.row.Via, "stage", fault.stage, "failure", fault.failure)
		return
	}
	if took := max(time.Since(begin), time.Millisecond); a.row.Answers == 0 || took < a.row.Took {
		a.row.Took = took
	}
	a.row.Answers++
	a.row.Stage, a.row.Failure = evidence.StageNone, ""
}

// reach connects to a place, with a handshake where TLS is tried, within the time for one attempt.
func (p *prober) reach(ctx context.Context, a *attempt) *stageError {
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	if a.row.URL != "" {
		got := p.get(ctx, request{url: a.row.URL, via: evidence.ViaProxy, limit: 1 << 10})
		if !got.row.Through() {
			return &stageError{stage: got.row.Stage, failure: got.row.Failure, status: got.row.Status, interrupted: got.interrupted}
		}
		a.row.Status, a.row.Location = got.row.Status, got.row.Location
		return nil
	}
	conn, at, fault := p.open(ctx, a.place, a.proxy)
	if at != "" {
		a.row.Address = at
	}
	if fault != nil {
		return fault
	}
	defer conn.Close()
	if !a.place.tls {
		return nil
	}
	now := p.shake(ctx, conn, a.place.host, 0)
	now.place, now.proxy, now.address, now.via = a.place, a.proxy, at, a.row.Via
	if now.err != nil && interrupted(ctx) {
		return ended(ctx, evidence.StageTLS, now.err)
	}
	if a.shaken == nil || a.shaken.err != nil {
		a.shaken = now
	}
	if now.err != nil && !a.place.lenient {
		return ended(ctx, evidence.StageTLS, now.err)
	}
	return nil
}

// open connects to a place, directly or through a proxy.
func (p *prober) open(ctx context.Context, one place, proxy *url.URL) (conn net.Conn, at string, fault *stageError) {
	if proxy == nil {
		return p.dial(ctx, "tcp", one.host, one.port, known)
	}
	conn, fault = p.tunnel(ctx, proxy, one.host, one.port, known)
	return conn, "", fault
}
