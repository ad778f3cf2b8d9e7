package dns

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	miekg "github.com/miekg/dns"

	"hybridaudit/sources/evidence"
)

const (
	udpSize   = 1232 // that is offered with EDNS: what passes without fragments
	plainSize = 512
	maxSize   = 65535
	maxStrays = 100 // datagrams that are no answer
)

// reply is how a question to one server ended. When status is "", the server answered and says what in its answer.
type reply struct {
	answer
	question question
	status   string // one of evidence.LookupTimeout, LookupUnreachable, LookupMalformed and LookupRefused
	detail   string
	server   *server
	tcp      bool
	lost     bool // ctx ended: nothing is known
	asked    time.Time
	took     time.Duration
}

// way is how a question is sent.
type way struct {
	plain bool // without EDNS
	tcp   bool // over TCP at once
}

// client sends questions. It bounds how many sockets are open, and counts for tests.
type client struct {
	timeout time.Duration
	gap     time.Duration // between two questions to a server that is not the network's own, on average
	slots   chan []byte   // a buffer for each socket that may be open
	queries atomic.Int64

	mu   sync.Mutex
	open int // sockets
	most int // at a time
}

func newClient(r resolved) *client {
	c := &client{timeout: r.Timeout, gap: time.Second / time.Duration(r.PerSecond), slots: make(chan []byte, r.Workers)}
	for range r.Workers {
		c.slots <- nil
	}
	return c
}

// exchange sends a question once over UDP and, when the answer does not fit or cannot be read, over TCP.
func (c *client) exchange(ctx context.Context, s *server, q question, w way) reply {
	r := reply{question: q, server: s, tcp: w.tcp}
	if s.role != evidence.ResolverInternal && !s.turn(ctx, c.gap) {
		r.lost = true
		return r
	}
	var buffer []byte
	select {
	case buffer = <-c.slots:
	case <-ctx.Done():
		r.lost = true
		return r
	}
	if buffer == nil {
		buffer = make([]byte, maxSize)
	}
	defer func() { c.slots <- buffer }()
	id := miekg.Id()
	message, err := pack(q, id, s.recursive(), w.plain)
	if err != nil {
		r.status, r.detail = evidence.LookupUnreachable, "the name cannot be asked for: "+err.Error()
		return r
	}
	r.asked = time.Now()
	within, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	again := w.tcp
	if !w.tcp {
		again = c.datagram(within, &r, message, id, buffer)
	}
	if again {
		why := r.detail
		r.tcp, r.status, r.detail = true, "", ""
		c.stream(within, &r, message, id, buffer)
		if r.status != "" && why != "" {
			r.detail = why + "; over TCP: " + r.detail
		}
	}
	r.took = time.Since(r.asked)
	r.lost = r.status != "" && ctx.Err() != nil
	return r
}

func pack(q question, id uint16, recursive, plain bool) ([]byte, error) {
	m := miekg.Msg{MsgHdr: miekg.MsgHdr{Id: id, RecursionDesired: recursive}, Question: []miekg.Question{{Name: miekg.Fqdn(q.name), Qtype: q.typ, Qclass: miekg.ClassINET}}}
	if !plain {
		m.SetEdns0(udpSize, false)
	}
	return m.Pack()
}

// dial opens a socket that ctx closes.
func (c *client) dial(ctx context.Context, network, address string) (net.Conn, func(), error) {
	c.opened(1)
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		c.opened(-1)
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return conn, func() {
		stop()
		conn.Close()
		c.opened(-1)
	}, nil
}

// opened counts the sockets that are open.
func (c *client) opened(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open += n
	c.most = max(c.most, c.open)
}

// datagram asks over UDP. again says that TCP has to be tried, and the detail then why.
func (c *client) datagram(ctx context.Context, r *reply, message []byte, id uint16, buffer []byte) (again bool) {
	conn, done, err := c.dial(ctx, "udp", r.server.dial)
	if err != nil {
		r.fail(err)
		return false
	}
	defer done()
	c.queries.Add(1)
	if _, err := conn.Write(message); err != nil {
		r.fail(err)
		return false
	}
	for strays := 0; ; {
		n, err := conn.Read(buffer)
		if err != nil {
			r.fail(err)
			if strays > 0 && r.status == evidence.LookupTimeout {
				r.status, r.detail = evidence.LookupMalformed, fmt.Sprintf("%d messages came that are no answer to the question, and no answer", strays)
			}
			return false
		}
		got, err := parse(buffer[:n], id, r.question)
		if !errors.Is(err, errForeign) {
			r.answer = got
		}
		switch {
		case errors.Is(err, errForeign):
			if strays++; strays >= maxStrays {
				r.status, r.detail = evidence.LookupMalformed, fmt.Sprintf("%d messages came that are no answer to the question", strays)
				return false
			}
		case err != nil:
			r.detail = "the answer over UDP cannot be read: " + err.Error()
			return true
		case got.truncated:
			r.detail = "the answer does not fit into a datagram"
			return true
		case n > udpSize:
			r.detail = fmt.Sprintf("the answer over UDP has %d bytes, more than was asked for", n)
			return true
		default:
			return false
		}
	}
}

// stream asks over TCP.
func (c *client) stream(ctx context.Context, r *reply, message []byte, id uint16, buffer []byte) {
	conn, done, err := c.dial(ctx, "tcp", r.server.dial)
	if err != nil {
		r.fail(err)
		return
	}
	defer done()
	c.queries.Add(1)
	framed := binary.BigEndian.AppendUint16(make([]byte, 0, len(message)+2), uint16(len(message))) //nolint:gosec // a question is short
	if _, err := conn.Write(append(framed, message...)); err != nil {
		r.fail(err)
		return
	}
	if _, err := io.ReadFull(conn, buffer[:2]); err != nil {
		r.fail(err)
		return
	}
	n := int(binary.BigEndian.Uint16(buffer))
	if got, err := io.ReadFull(conn, buffer[:n]); err != nil {
		r.fail(err)
		if r.status == evidence.LookupTimeout {
			r.detail = fmt.Sprintf("%d of %d bytes came in time", got, n)
		}
		return
	}
	r.answer, err = parse(buffer[:n], id, r.question)
	switch {
	case err != nil:
		r.status, r.detail = evidence.LookupMalformed, "the answer cannot be read: "+err.Error()
	case r.truncated:
		r.status, r.detail = evidence.LookupMalformed, "the answer is cut even over TCP"
	}
}

// fail words an error of the network.
func (r *reply) fail(err error) {
	var timeout net.Error
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.As(err, &timeout) && timeout.Timeout():
		r.status, r.detail = evidence.LookupTimeout, "no answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		r.status, r.detail = evidence.LookupMalformed, "the connection ended before the answer did"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		r.status, r.detail = evidence.LookupUnreachable, "the port is closed"
	default:
		r.status, r.detail = evidence.LookupUnreachable, innermost(err)
	}
}

// innermost is the text of an error without the addresses that the errors around it name.
func innermost(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
