package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"

	weblab "hybridaudit/sources/lab/server/web"
)

// sockets are those of a network.
type sockets struct {
	authoritative, public, internal pair
	web                             map[int]net.Listener   // by the port that it stands for
	media                           map[int]net.PacketConn // by the port that it stands for
	proxy                           net.Listener
	closed                          *closedPort
}

// pair is a port with TCP and UDP.
type pair struct {
	streams net.Listener
	packets net.PacketConn
}

func (p pair) address() string { return p.streams.Addr().String() }

// openSockets opens the ports from port upward, or free ones: three for DNS, three for hosts, one for the proxy, one that is closed, and those of media relays.
func openSockets(ctx context.Context, host string, port int, media []int) (*sockets, error) {
	o := &opener{host: host, port: port}
	s := &sockets{web: map[int]net.Listener{}, media: map[int]net.PacketConn{}}
	s.authoritative, s.public, s.internal = o.pair(ctx), o.pair(ctx), o.pair(ctx)
	for _, p := range []int{weblab.PortHTTPS, weblab.PortFederation, weblab.PortHTTP} {
		s.web[p] = o.streams(ctx, o.next())
	}
	s.proxy = o.streams(ctx, o.next())
	s.closed = o.closed(ctx)
	for _, p := range media {
		s.media[p] = o.packets(ctx, o.next())
	}
	if o.err != nil {
		return nil, fmt.Errorf("listening: %w", errors.Join(o.err, o.closeAll()))
	}
	return s, nil
}

// opener opens ports until one fails.
type opener struct {
	host   string
	port   int // the next, 0 for free ones
	opened []io.Closer
	err    error
}

// next is the address of the next port.
func (o *opener) next() string {
	at := net.JoinHostPort(o.host, strconv.Itoa(o.port))
	if o.port > 0 {
		o.port++
	}
	return at
}

func (o *opener) keep(c io.Closer, err error) {
	if o.err = err; err == nil {
		o.opened = append(o.opened, c)
	}
}

func (o *opener) closeAll() error {
	var errs []error
	for _, c := range slices.Backward(o.opened) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

func (o *opener) streams(ctx context.Context, at string) net.Listener {
	if o.err != nil {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", at)
	o.keep(l, err)
	return l
}

func (o *opener) packets(ctx context.Context, at string) net.PacketConn {
	if o.err != nil {
		return nil
	}
	p, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", at)
	o.keep(p, err)
	return p
}

// pairTries is how often a free port of TCP is looked for that is free for UDP, too.
const pairTries = 20

func (o *opener) pair(ctx context.Context) pair {
	at := o.next()
	for try := 1; ; try++ {
		l := o.streams(ctx, at)
		if o.err != nil {
			return pair{}
		}
		p := o.packets(ctx, l.Addr().String())
		if o.err == nil || o.port > 0 || try == pairTries {
			return pair{l, p}
		}
		o.err = nil // the port of TCP stays open until the end, so that another one is found
	}
}

// closedPort is a port that refuses connections, and that nothing else can take: a connection that nobody uses begins there.
type closedPort struct {
	near net.Conn
	far  net.Conn
}

func (c *closedPort) address() string { return c.near.LocalAddr().String() }

// Close gives the port back, at once.
func (c *closedPort) Close() error {
	if t, ok := c.near.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	return errors.Join(c.near.Close(), c.far.Close())
}

func (o *opener) closed(ctx context.Context) *closedPort {
	at := o.next()
	l := o.streams(ctx, net.JoinHostPort(o.host, "0"))
	if o.err != nil {
		return nil
	}
	c, err := newClosedPort(ctx, at, l)
	o.opened = o.opened[:len(o.opened)-1]
	if err = errors.Join(err, l.Close()); err != nil && c != nil {
		err = errors.Join(err, c.Close())
	}
	o.keep(c, err)
	return c
}

func newClosedPort(ctx context.Context, at string, l net.Listener) (*closedPort, error) {
	from, err := net.ResolveTCPAddr("tcp", at)
	if err != nil {
		return nil, err
	}
	near, err := (&net.Dialer{LocalAddr: from}).DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		return nil, err
	}
	far, err := l.Accept() // the connection stands, so this does not wait
	if err != nil {
		return nil, errors.Join(err, near.Close())
	}
	return &closedPort{near, far}, nil
}
