package probe

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"net"
	"time"

	"hybridaudit/sources/evidence"
)

const (
	ntpPort     = 123
	ntpTries    = 3
	ntpPatience = 2 * time.Second
)

// timeServer compares the clock with that of a time server, given as host or host:port.
func (p *prober) timeServer(ctx context.Context, server string) {
	row := evidence.Clock{Host: hostOf(server), Method: "ntp", Via: evidence.ViaDirect, Asked: p.now()}
	port := ntpPort
	if _, text, err := net.SplitHostPort(server); err == nil {
		if port, err = parsePort(text); err != nil {
			row.Failure = "the configuration names no port that there is"
			record(p, row)
			return
		}
	}
	conn, _, fault := p.dial(ctx, "udp", row.Host, port, known)
	var told ntpAnswer
	if fault == nil {
		defer conn.Close()
		told, fault = p.askTime(ctx, conn)
	}
	switch {
	case fault != nil && fault.interrupted:
		p.fault(evidence.ProbeClocks, "the time server %s was not asked in time", row.Host)
		return
	case fault != nil:
		row.Failure = fault.failure
	default:
		row.Offset, row.Uncertainty = told.Offset, told.Uncertainty
	}
	record(p, row)
}

// askTime sends requests until one is answered; a server that tells what is of no use is not asked again.
func (p *prober) askTime(ctx context.Context, conn net.Conn) (ntpAnswer, *stageError) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(past) })
	defer stop()
	patience := min(ntpPatience, p.cfg.Timeout/ntpTries)
	var last error
	for range ntpTries {
		if err := allow(ctx, conn, time.Now().Add(patience)); err != nil {
			return ntpAnswer{}, &stageError{stage: evidence.StageUDP, failure: failureText(err), interrupted: ctx.Err() != nil}
		}
		told, err := exchangeTime(conn, p.now)
		switch {
		case ctx.Err() != nil:
			return ntpAnswer{}, &stageError{stage: evidence.StageUDP, interrupted: true}
		case errors.As(err, new(net.Error)):
			last = err
			continue
		case err != nil:
			p.heard()
			return ntpAnswer{}, &stageError{stage: evidence.StageUDP, failure: err.Error()}
		}
		p.heard()
		return told, nil
	}
	return ntpAnswer{}, &stageError{stage: evidence.StageUDP, failure: failureText(last)}
}

// exchangeTime sends one request and reads until its answer. An error of the network is a [net.Error]; another says what is wrong with the answer.
func exchangeTime(conn net.Conn, now func() time.Time) (ntpAnswer, error) {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	mark := binary.BigEndian.Uint64(random[:])
	sent := now()
	if _, err := conn.Write(newNTPRequest(mark)); err != nil {
		return ntpAnswer{}, err
	}
	buffer := make([]byte, 1024)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return ntpAnswer{}, err
		}
		told, err := readNTPAnswer(buffer[:n], mark, sent, now().Sub(sent))
		if !errors.Is(err, errNotOurs) {
			return told, err
		}
	}
}
