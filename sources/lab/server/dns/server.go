package dnslab

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Server is one DNS server. It may serve several ports at once: faults are shared.
type Server struct {
	options Options
	view    *view
	faults  *faultBook
}

// New reads the zones. The error names the record that is none.
func New(o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	v, err := newView(o)
	if err != nil {
		return nil, fmt.Errorf("DNS lab: %w", err)
	}
	b, err := newFaultBook(o.Faults)
	if err != nil {
		return nil, fmt.Errorf("DNS lab: %w", err)
	}
	return &Server{options: o, view: v, faults: b}, nil
}

// Serve answers over UDP and TCP until ctx ends; it then closes both, and every connection, waits for all that runs and returns nil. It always closes both.
func (s *Server) Serve(ctx context.Context, packets net.PacketConn, streams net.Listener) error {
	stopUDP := context.AfterFunc(ctx, func() { _ = packets.Close() })
	defer stopUDP()
	stopTCP := context.AfterFunc(ctx, func() { _ = streams.Close() })
	defer stopTCP()
	serving, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- s.serveUDP(serving, packets)
		_ = streams.Close()
	}()
	errTCP := s.serveTCP(serving, streams)
	cancel()
	_ = packets.Close()
	errUDP := <-ended
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("DNS lab: %w", errors.Join(errTCP, errUDP))
}

func (s *Server) serveUDP(ctx context.Context, packets net.PacketConn) error {
	var work sync.WaitGroup
	defer work.Wait()
	buffer := make([]byte, maxMessage)
	for {
		n, from, err := packets.ReadFrom(buffer)
		if err != nil {
			return err
		}
		asked := append([]byte(nil), buffer[:n]...)
		work.Go(func() {
			if answer, _ := s.respond(ctx, asked, "udp", from); answer != nil {
				_, _ = packets.WriteTo(answer, from)
			}
		})
	}
}

func (s *Server) serveTCP(ctx context.Context, streams net.Listener) error {
	var work sync.WaitGroup
	defer work.Wait()
	for {
		conn, err := streams.Accept()
		if err != nil {
			return err
		}
		work.Go(func() {
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			defer stop()
			defer conn.Close()
			s.options.Log.Debug("DNS lab connection", "ended", s.converse(ctx, conn))
		})
	}
}

// idle is how long a TCP connection may rest.
const idle = 10 * time.Second

// converse answers the questions of one TCP connection until it ends, and says why.
func (s *Server) converse(ctx context.Context, conn net.Conn) error {
	for {
		if err := conn.SetDeadline(time.Now().Add(idle)); err != nil {
			return err
		}
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return err
		}
		asked := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, asked); err != nil {
			return err
		}
		answer, every := s.respond(ctx, asked, "tcp", conn.RemoteAddr())
		if answer == nil {
			continue
		}
		framed := append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...) //nolint:gosec // a packed message is shorter
		if err := drip(ctx, conn, framed, every); err != nil {
			return err
		}
	}
}

// drip writes data, one byte at a time when there is an interval.
func drip(ctx context.Context, conn net.Conn, data []byte, every time.Duration) error {
	if every == 0 {
		_, err := conn.Write(data)
		return err
	}
	for i := range data {
		if err := conn.SetDeadline(time.Now().Add(idle)); err != nil {
			return err
		}
		if _, err := conn.Write(data[i : i+1]); err != nil {
			return err
		}
		if !rest(ctx, every) {
			return ctx.Err()
		}
	}
	return nil
}

func rest(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// respond makes the packed answer, nil when there is to be none, and the interval at which its bytes are to be sent.
func (s *Server) respond(ctx context.Context, asked []byte, network string, from net.Addr) (answer []byte, every time.Duration) {
	var r dns.Msg
	if err := r.Unpack(asked); err != nil || len(r.Question) != 1 || r.Response {
		return nil, 0
	}
	q := Query{Name: strings.TrimSuffix(canonical(r.Question[0].Name), "."), Type: dns.TypeToString[r.Question[0].Qtype], Network: network, From: from.String()}
	if opt := r.IsEdns0(); opt != nil {
		q.EDNS = int(opt.UDPSize())
	}
	if s.options.Observe != nil {
		s.options.Observe(q)
	}
	f := s.faults.next(q)
	if f.After > 0 && !rest(ctx, f.After) || f.Kind == Dropped || f.Kind == Dripped && network == "udp" {
		return nil, 0
	}
	if f.Kind == Garbled {
		return append(asked[:2:2], 0xFF, 0xFF, 0xFF, 0xFF, 0xFF), 0
	}
	m := s.message(&r)
	f.spoil(m, network)
	if network == "udp" {
		m.Truncate(max(q.EDNS, dns.MinMsgSize))
	}
	packed, err := m.Pack()
	if err != nil {
		s.options.Log.Debug("DNS lab answer", "error", err)
		return nil, 0
	}
	if f.Kind == Dripped {
		every = f.Every
	}
	return packed, every
}

// ednsSize is the size of UDP messages that the server takes: what passes without fragments.
const ednsSize = 1232

func (s *Server) message(r *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(r)
	m.Compress = true
	if r.IsEdns0() != nil {
		m.SetEdns0(ednsSize, false)
	}
	switch {
	case r.Opcode != dns.OpcodeQuery:
		m.Rcode = dns.RcodeNotImplemented
	case r.Question[0].Qclass != dns.ClassINET:
		m.Rcode = dns.RcodeRefused
	default:
		s.view.answer(m, r.Question[0])
	}
	return m
}
