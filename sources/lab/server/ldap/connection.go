package ldaplab

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// handshakeTimeout ends TLS handshakes of clients that do not go on.
const handshakeTimeout = 10 * time.Second

// searchesAtOnce is how many operations of one connection run at the same time.
const searchesAtOnce = 20

var errClosedByFault = errors.New("connection closed by a planted fault")

// connection is one client.
type connection struct {
	server *Server
	tree   *tree
	raw    net.Conn // the TCP connection, below TLS
	conn   net.Conn
	reader *bufio.Reader
	secure bool
	who    string // sAMAccountName once signed in; written only while no operation runs

	writeMu sync.Mutex
	writer  *bufio.Writer

	work  sync.WaitGroup
	slots chan struct{}

	mu      sync.Mutex
	running map[int64]context.CancelFunc
	sets    map[string]*resultSet
	cookies []string
}

func newConnection(s *Server, t *tree, raw net.Conn) *connection {
	c := &connection{
		server: s, tree: t, raw: raw, slots: make(chan struct{}, searchesAtOnce), running: map[int64]context.CancelFunc{}, sets: map[string]*resultSet{},
	}
	c.use(raw)
	return c
}

func (c *connection) use(conn net.Conn) {
	c.conn, c.reader, c.writer = conn, bufio.NewReaderSize(conn, 4096), bufio.NewWriterSize(conn, 64<<10)
}

// serve answers requests until the client unbinds, the connection breaks or ctx ends.
func (c *connection) serve(ctx context.Context, implicitTLS bool) error {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	defer func() {
		cancel()
		c.work.Wait()
		stop()
		_ = c.raw.Close()
	}()
	if implicitTLS {
		if err := c.startTLS(ctx); err != nil {
			return err
		}
	}
	for {
		e, err := readEnvelope(c.reader)
		if err != nil {
			if errors.Is(err, errMalformed) {
				return errors.Join(err, c.send(result(0, tagExtendedResponse, outcomeProtocol, disconnectionNotice, nil)))
			}
			return err
		}
		if e.op.Tag == opUnbindRequest {
			c.observe(Request{Operation: "unbind"})
			return nil
		}
		if err := c.dispatch(ctx, e); err != nil {
			return err
		}
	}
}

// disconnectionNotice is the name of the unsolicited message with which a server says goodbye (RFC 4511 4.4.1).
func disconnectionNotice(w *wire) { w.text(0x8a, "1.3.6.1.4.1.1466.20036") }

func (c *connection) startTLS(ctx context.Context) error {
	conn := tls.Server(c.raw, &tls.Config{Certificates: []tls.Certificate{c.server.options.Certificate}, MinVersion: tls.VersionTLS12})
	ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	c.use(conn)
	c.secure = true
	return nil
}

// dispatch answers one request. Searches run beside each other; a bind or StartTLS waits for them first (RFC 4511 4.2.1, 4.14.1).
func (c *connection) dispatch(ctx context.Context, e envelope) error {
	switch e.op.Tag {
	case opBindRequest:
		c.work.Wait()
		return c.bind(e)
	case opExtendedRequest:
		c.work.Wait()
		return c.extended(ctx, e)
	case opAbandonRequest:
		c.abandon(e)
		return nil
	case opSearchRequest:
		return c.begin(ctx, e)
	}
	refused := map[int]struct {
		name string
		tag  byte
	}{
		opModifyRequest: {"modify", tagModifyResponse}, opAddRequest: {"add", tagAddResponse}, opDelRequest: {"delete", tagDelResponse},
		opModifyDNRequest: {"modifyDN", tagModifyDNResponse}, opCompareRequest: {"compare", tagCompareResponse},
	}
	operation, ok := refused[int(e.op.Tag)] //nolint:gosec // small
	if !ok {
		return c.send(result(e.id, tagExtendedResponse, outcomeProtocol, nil, nil))
	}
	c.observe(Request{Operation: operation.name})
	return c.send(result(e.id, operation.tag, outcome{code: 50, text: faultTexts[50]}, nil, nil))
}

// begin starts a search beside those that run already.
func (c *connection) begin(ctx context.Context, e envelope) error {
	r, err := parseSearch(e.op)
	if err != nil {
		return c.send(result(e.id, tagSearchDone, outcomeProtocol, nil, nil))
	}
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	ctx, cancel := context.WithCancel(ctx)
	c.mu.Lock()
	c.running[e.id] = cancel
	c.mu.Unlock()
	c.work.Go(func() {
		defer func() {
			cancel()
			c.mu.Lock()
			delete(c.running, e.id)
			c.mu.Unlock()
			<-c.slots
		}()
		if err := c.search(ctx, e.id, r, e.controls); err != nil {
			_ = c.raw.Close() // the reader then ends too
		}
	})
	return nil
}

// abandon stops a running search; it gets no answer, and neither does the abandon request.
func (c *connection) abandon(e envelope) {
	var id int64
	for _, b := range e.op.Data.Bytes() {
		id = id<<8 | int64(b)
	}
	c.observe(Request{Operation: "abandon"})
	c.mu.Lock()
	defer c.mu.Unlock()
	if cancel, ok := c.running[id]; ok {
		cancel()
	}
}

// send writes whole messages and flushes them.
func (c *connection) send(messages ...[]byte) error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	for _, m := range messages {
		if _, err := c.writer.Write(m); err != nil {
			return err
		}
	}
	return c.writer.Flush()
}

// queue writes a message without flushing.
func (c *connection) queue(m []byte) error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	_, err := c.writer.Write(m)
	return err
}

func (c *connection) observe(r Request) {
	if c.server.options.Observe != nil {
		if r.Operation != "bind" {
			r.Who = c.who
		}
		r.TLS, r.Catalog = c.secure, c.tree.catalog
		c.server.options.Observe(r)
	}
}
