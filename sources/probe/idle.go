package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"hybridaudit/sources/evidence"
)

// idleHosts is how many of Microsoft's hosts idle connections are held to.
const idleHosts = 3

// ending is how an idle connection ended.
type ending uint8

const (
	lived    ending = iota // it still carried an answer when its time was over
	parted                 // the server itself said goodbye, within TLS: nobody on the way can
	closed                 // it was closed in an orderly way, by the server or by a proxy
	cut                    // it was reset, or was silently dead
	unopened               // it could not be made at all
	stopped                // everything ended before
)

// held is what became of one idle connection.
type held struct {
	via    string
	meant  time.Duration // how long it was to be held
	alive  time.Duration // how long it was certainly alive
	ending ending
}

// idle holds connections to some of Microsoft's hosts without sending anything, for several lengths of time, the longest of which is what was asked for. Servers end
// idle connections, too; what they end themselves says nothing about what lies on the way, except that it lets connections live until then.
func (p *prober) idle(ctx context.Context, plan plan) {
	record(p, evidence.Setting{Name: evidence.SettingIdleAsked, Value: p.cfg.Idle.String()})
	hosts := idlePlaces(plan)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < p.cfg.Idle {
		p.fault(evidence.ProbeSettings, "an idle connection was to be held for %s, longer than there is time for everything", p.cfg.Idle)
		return
	}
	if p.silent() || len(hosts) == 0 {
		p.fault(evidence.ProbeSettings, "no host answered to which an idle connection could be held")
		return
	}
	var (
		mu    sync.Mutex
		all   []held
		group sync.WaitGroup
	)
	for _, host := range hosts {
		for _, via := range p.vias("https://" + host + "/") {
			for _, meant := range idleTimes(p.cfg.Idle) {
				group.Go(func() {
					h := p.hold(ctx, host, via, meant)
					mu.Lock()
					defer mu.Unlock()
					all = append(all, h)
				})
			}
		}
	}
	group.Wait()
	switch length, why := idleVerdict(all, p.cfg.Idle); {
	case why != "":
		p.fault(evidence.ProbeSettings, "the test with an idle connection shows nothing: %s", why)
	default:
		record(p, evidence.Setting{Name: evidence.SettingIdleHeld, Value: length.String()})
	}
}

func idlePlaces(plan plan) []string {
	var hosts []string
	for _, at := range plan.places {
		if len(hosts) < idleHosts && at.tls && at.port == 443 && slices.Contains(at.purposes, evidence.ForMicrosoft) && !slices.Contains(hosts, at.host) {
			hosts = append(hosts, at.host)
		}
	}
	return hosts
}

// idleTimes are the lengths for which connections are held, so that what is cut in silence shows roughly when.
func idleTimes(whole time.Duration) []time.Duration {
	return []time.Duration{whole / 16, whole / 8, whole / 4, whole / 2, whole}
}

// hold makes a connection, holds it for some time and then sees whether it lives.
func (p *prober) hold(ctx context.Context, host, via string, meant time.Duration) held {
	h := held{via: via, meant: meant, ending: unopened}
	conn, raw, err := p.openIdle(ctx, host, via)
	if err != nil {
		if ctx.Err() != nil {
			h.ending = stopped
		}
		return h
	}
	defer conn.Close()
	began := time.Now()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(past) })
	defer stop()
	if err = waitIdle(ctx, conn, began.Add(meant)); err == nil {
		err = p.stillThere(ctx, conn, host)
	}
	if h.alive = min(time.Since(began), meant); ctx.Err() != nil {
		h.ending = stopped
		return h
	}
	switch {
	case err == nil:
		h.ending, h.alive = lived, meant
	case errors.Is(err, io.EOF) && !raw.ended:
		h.ending = parted
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		h.ending = closed
	default:
		h.ending = cut
		if h.alive == meant { // since when it was dead nobody knows
			h.alive = 0
		}
	}
	return h
}

// watched is a connection below TLS. TLS ends alike whether the server said so within TLS or the connection below was just closed, which this one tells.
type watched struct {
	net.Conn
	ended bool
}

// Read notes the end.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.ended = w.ended || errors.Is(err, io.EOF)
	return n, err
}

// openIdle connects with TLS. The system must not send anything by itself to keep the connection alive.
func (p *prober) openIdle(ctx context.Context, host, via string) (net.Conn, *watched, error) {
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	conn, fault := net.Conn(nil), (*stageError)(nil)
	if proxy := p.proxyFor("https", host, 443); via == evidence.ViaProxy && proxy != nil {
		conn, fault = p.tunnel(ctx, proxy, host, 443, known)
	} else {
		conn, _, fault = p.dial(ctx, "tcp", host, 443, known)
	}
	if fault != nil {
		return nil, nil, fault
	}
	quiet(conn)
	raw := &watched{Conn: conn}
	secured, err := p.secure(ctx, raw, host)
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return secured, raw, nil
}

// quiet switches off what the system sends over a connection on which nothing is sent.
func quiet(conn net.Conn) {
	switch c := conn.(type) {
	case *net.TCPConn:
		_ = c.SetKeepAlive(false)
	case *tls.Conn:
		quiet(c.NetConn())
	case *continued:
		quiet(c.Conn)
	}
}

// waitIdle waits for the end of a connection; nil when there was none until the time given. What a server says unasked is passed over, within limits.
func waitIdle(ctx context.Context, conn net.Conn, until time.Time) error {
	if err := allow(ctx, conn, until); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, io.LimitReader(conn, maxBody))
	var network net.Error
	switch {
	case errors.As(err, &network) && network.Timeout():
		return nil
	case err == nil:
		return io.EOF
	}
	return err
}

// stillThere sends a request and waits for the first byte of an answer, whatever it is.
func (p *prober) stillThere(ctx context.Context, conn net.Conn, host string) error {
	if err := allow(ctx, conn, time.Now().Add(p.cfg.Timeout)); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(conn, "GET / HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nConnection: close\r\n\r\n", host, userAgent); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, make([]byte, 1))
	return err
}

// idleVerdict tells for how long what lies on the way lets idle connections live; why is not "" when the connections do not show it. Where there is a proxy, its
// connections are judged, and those around it tell what is the servers' doing.
func idleVerdict(all []held, asked time.Duration) (length time.Duration, why string) {
	way := evidence.ViaDirect
	if slices.ContainsFunc(all, func(h held) bool { return h.via == evidence.ViaProxy && h.ending != unopened }) {
		way = evidence.ViaProxy
	}
	judged, others := byWay(all, way)
	length = longest(judged)
	switch {
	case length >= asked:
		return asked, ""
	case slices.ContainsFunc(judged, func(h held) bool { return h.ending == stopped }):
		return 0, "it was interrupted"
	case !slices.ContainsFunc(judged, func(h held) bool { return h.ending != unopened }):
		return 0, "no connection could be made"
	}
	for _, h := range judged {
		if h.alive == length && (h.ending == parted || h.ending == closed && way == evidence.ViaDirect) {
			return 0, fmt.Sprintf("servers ended it themselves after %s", length.Round(time.Millisecond))
		}
	}
	if !slices.ContainsFunc(judged, func(h held) bool { return h.ending == cut || h.ending == closed }) {
		return 0, "some connections could not be made"
	}
	if reach := longest(others); reach > 0 && reach < asked && reach <= length+length/10+time.Second {
		return 0, fmt.Sprintf("around the proxy connections ended after %s, too", reach.Round(time.Millisecond))
	}
	return length, ""
}

func byWay(all []held, way string) (judged, others []held) {
	for _, h := range all {
		if h.via == way {
			judged = append(judged, h)
		} else {
			others = append(others, h)
		}
	}
	return judged, others
}

func longest(all []held) time.Duration {
	var most time.Duration
	for _, h := range all {
		most = max(most, h.alive)
	}
	return most
}
