package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
)

const (
	stunTries = 5
	// stunGap is the longest wait before the next request is sent, stunPatience that for all answers behind the last one: a relay further away is of no use for speech.
	stunGap      = 100 * time.Millisecond
	stunPatience = time.Second
	// maxMediaPorts bounds how many ports of a relay are asked: a range of thousands is nothing that one probes.
	maxMediaPorts = 16
)

// relay is a port of a host that media are relayed by.
type relay struct {
	host  string
	port  int
	group string
}

// media asks media relays with STUN whether they hear us. What address they see is nobody's business and is not kept.
func (p *prober) media(ctx context.Context, _ plan) {
	relays := p.relays()
	left := p.each(ctx, len(relays), func(ctx context.Context, i int) { p.askRelay(ctx, relays[i]) })
	if left > 0 {
		p.fault(evidence.ProbeConnections, "%d ports of media relays were not asked in time", left)
	}
}

// relays are the hosts that stand for the current rows of the list of endpoints whose purpose are media over UDP.
func (p *prober) relays() []relay {
	var all []relay
	for _, e := range p.cfg.Endpoints {
		if !e.Current || e.Purpose != evidence.ForMedia || !strings.Contains(e.Protocol, "udp") {
			continue
		}
		for _, host := range probeHosts(e, p.cfg.Targets.Tenants) {
			for _, port := range firstPorts(e.Ports, maxMediaPorts) {
				if r := (relay{host, port, e.Group}); !slices.ContainsFunc(all, func(o relay) bool { return o.host == host && o.port == port }) {
					all = append(all, r)
				}
			}
		}
	}
	return all
}

// firstPorts gives the ports of a list such as 443;80 or 3478-3481, no more than limit.
func firstPorts(list string, limit int) []int {
	var all []int
	for one := range strings.SplitSeq(list, ";") {
		from, to, span := strings.Cut(one, "-")
		first, err := parsePort(from)
		if err != nil {
			continue
		}
		last := first
		if span {
			if last, err = parsePort(to); err != nil {
				continue
			}
		}
		for n := first; n <= last && len(all) < limit; n++ {
			all = append(all, n)
		}
	}
	return all
}

func (p *prober) askRelay(ctx context.Context, r relay) {
	row := evidence.Connection{
		Host: r.host, Port: r.port, Protocol: "stun", Purposes: []string{evidence.ForMedia}, Group: r.group, Via: evidence.ViaDirect, Asked: p.now(), Stage: evidence.StageUDP,
	}
	conn, at, fault := p.dial(ctx, "udp", r.host, r.port, known)
	row.Address = at
	if fault == nil {
		defer conn.Close()
		fault = p.stun(ctx, conn, &row)
	}
	switch {
	case fault != nil && fault.interrupted:
		p.fault(evidence.ProbeConnections, "port %s of a media relay was not asked in time", net.JoinHostPort(r.host, strconv.Itoa(r.port)))
		return
	case fault != nil:
		row.Stage, row.Failure, row.Tries = fault.stage, fault.failure, max(row.Tries, 1)
	case row.Through():
		p.heard()
		row.Stage = evidence.StageNone
	}
	record(p, row)
}

// stun sends the requests, without waiting long for the answers before the last one, and fills in what came of them.
func (p *prober) stun(ctx context.Context, conn net.Conn, row *evidence.Connection) *stageError {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(past) })
	defer stop()
	sent := map[stunID]time.Time{}
	wait := min(stunGap, p.cfg.Timeout/stunTries)
	var last error
	for row.Tries < stunTries {
		if row.Tries++; row.Tries == stunTries {
			wait = min(stunPatience, p.cfg.Timeout/stunTries)
		}
		id, request := newStunRequest()
		began := time.Now()
		if err := allow(ctx, conn, began.Add(wait)); err != nil {
			return &stageError{stage: evidence.StageUDP, failure: failureText(err), interrupted: ctx.Err() != nil}
		}
		sent[id] = began
		if _, err := conn.Write(request); err != nil {
			last = err
			continue
		}
		if err := count(conn, sent, row); err != nil {
			last = err
		}
		if ctx.Err() != nil {
			return &stageError{stage: evidence.StageUDP, interrupted: true}
		}
	}
	if row.Answers == 0 {
		return &stageError{stage: evidence.StageUDP, failure: stunFailure(last)}
	}
	return nil
}

// count takes the answers to requests until there is one to each, or the time is over.
func count(conn net.Conn, sent map[stunID]time.Time, row *evidence.Connection) error {
	for len(sent) > 0 {
		took, err := awaitStun(conn, sent)
		if err != nil {
			return err
		}
		if row.Answers++; row.Answers == 1 || took < row.Took {
			row.Took = took
		}
	}
	return nil
}

// allow gives a connection time, unless everything ends: whoever stops it by a deadline in the past may have done so just before.
func allow(ctx context.Context, conn net.Conn, until time.Time) error {
	if err := conn.SetDeadline(until); err != nil {
		return err
	}
	return ctx.Err()
}

// awaitStun reads until the answer to one of the requests that wait, and takes this from them. What else arrives is passed over.
func awaitStun(conn net.Conn, sent map[stunID]time.Time) (took time.Duration, err error) {
	buffer := make([]byte, maxStun)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return 0, err
		}
		for id, began := range sent {
			switch _, err := readStunAnswer(buffer[:n], id); {
			case errors.Is(err, errNotOurs):
				continue
			case err != nil:
				return 0, &stunFault{err}
			}
			delete(sent, id)
			return time.Since(began), nil
		}
	}
}

// stunFault says that an answer to a request is none.
type stunFault struct{ error }

func stunFailure(err error) string {
	var fault *stunFault
	switch {
	case errors.As(err, &fault):
		return fault.Error()
	case err == nil || errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Sprintf("no answer to %d requests", stunTries)
	}
	return failureText(err)
}
