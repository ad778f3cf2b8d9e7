package ad

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// maxAnswer bounds what one request may bring, in bytes: a page of a thousand entries is a few MiB. The LDAP library keeps several copies of an answer
// while it decodes it.
const maxAnswer = 64 << 20

// maxGreeting bounds the answer to the request for TLS.
const maxGreeting = 64 << 10

// guard is a connection that breaks when the answer to one request grows beyond all measure.
type guard struct {
	net.Conn
	left    atomic.Int64
	tripped atomic.Bool
}

// allow starts the measure anew, for the next request.
func (g *guard) allow() { g.left.Store(maxAnswer) }

func (g *guard) Read(b []byte) (int, error) {
	n, err := g.Conn.Read(b)
	if g.left.Add(-int64(n)) < 0 {
		g.tripped.Store(true)
		return 0, errTooLarge
	}
	return n, err
}

// dial opens a connection and secures it. The handshake is done here and not by the LDAP library, which loses the kind of a certificate's fault.
func (r *resolved) dial(ctx context.Context, s server) (net.Conn, *Error) {
	ctx, cancel := context.WithTimeout(ctx, DialTimeout)
	defer cancel()
	conn, err := r.Dialer.DialContext(ctx, "tcp", s.address)
	if err != nil {
		return nil, dialError(s, err)
	}
	if s.implicit || r.StartTLS {
		secured, fault := r.secure(ctx, s, conn)
		if fault != nil {
			_ = conn.Close()
			return nil, fault
		}
		return secured, nil
	}
	r.Log.Warn("the connection is not secured: the password and all that is read travel in clear", "server", s.address)
	return conn, nil
}

func (r *resolved) secure(ctx context.Context, s server, conn net.Conn) (net.Conn, *Error) {
	if !s.implicit {
		if fault := startTLS(ctx, s, conn); fault != nil {
			return nil, fault
		}
	}
	name := r.ServerName
	if name == "" {
		name = s.host
	}
	secured := tls.Client(conn, &tls.Config{ServerName: name, RootCAs: r.RootCAs, MinVersion: tls.VersionTLS12})
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, dialError(s, err)
	}
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return nil, dialError(s, err)
	}
	return secured, nil
}

// startTLSName is the name of the extended request (RFC 4511 4.14).
const startTLSName = "1.3.6.1.4.1.1466.20037"

// startTLS asks for TLS on a plain connection.
func startTLS(ctx context.Context, s server, conn net.Conn) *Error {
	lost := func(err error) *Error {
		e := dialError(s, err)
		if e.Kind == NoTLS {
			e.What, e.Advice = "the connection was closed when TLS was asked for", "check that it is an LDAP server's port"
		}
		return e
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return lost(err)
		}
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	request := ber.NewSequence("")
	request.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, 1, ""))
	operation := ber.Encode(ber.ClassApplication, ber.TypeConstructed, 23, nil, "")
	operation.AppendChild(ber.NewString(ber.ClassContext, ber.TypePrimitive, 0, startTLSName, ""))
	request.AppendChild(operation)
	if _, err := conn.Write(request.Bytes()); err != nil {
		return lost(err)
	}
	measured := &guard{Conn: conn}
	measured.left.Store(maxGreeting)
	answer, err := ber.ReadPacket(measured) // takes no byte more than the answer has
	if err != nil {
		return lost(err)
	}
	code, err := extendedResult(answer)
	if err != nil {
		return &Error{Kind: NoTLS, Server: s.address, What: "it does not answer as an LDAP server", Advice: "check host and port", Err: err}
	}
	if code != 0 {
		return &Error{
			Kind: NoTLS, Server: s.address, Code: code, What: fmt.Sprintf("it refused StartTLS with result %d", code),
			Advice: "a domain controller needs a certificate for server authentication",
		}
	}
	return nil
}

// extendedResult gives the result code of an extended response.
func extendedResult(p *ber.Packet) (int, error) {
	if len(p.Children) < 2 || p.Children[1].ClassType != ber.ClassApplication || p.Children[1].Tag != 24 || len(p.Children[1].Children) == 0 {
		return 0, errors.New("not an extended response")
	}
	code, ok := p.Children[1].Children[0].Value.(int64)
	if !ok || code < 0 || code > 1<<16 {
		return 0, errors.New("no result code")
	}
	return int(code), nil
}
