package ad

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// maxGreeting bounds the answer to the request for TLS.
const maxGreeting = 64 << 10

// recordBuffer is what one read from the network may bring. TLS reads record by record otherwise, and servers make a record of each entry.
const recordBuffer = 128 << 10

// gathered is a connection that reads from the network in large pieces.
type gathered struct {
	net.Conn
	in *bufio.Reader
}

func (g gathered) Read(b []byte) (int, error) { return g.in.Read(b) }

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
	return conn, nil
}

func (r *resolved) secure(ctx context.Context, s server, conn net.Conn) (net.Conn, *Error) {
	if !s.implicit {
		if fault := startTLS(ctx, s, conn); fault != nil {
			return nil, fault
		}
	}
	secured := tls.Client(gathered{conn, bufio.NewReaderSize(conn, recordBuffer)}, &tls.Config{ServerName: s.name, RootCAs: r.RootCAs, MinVersion: tls.VersionTLS12, Certificates: r.Auth.certificates()})
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
	answer, err := ber.ReadPacket(io.LimitReader(conn, maxGreeting)) // takes no byte more than the answer has
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
