package weblab

import (
	"net"
	"time"
)

// cutting lets something on the way cut connections: those on which nothing travels for a while are reset, without a word from the server.
type cutting struct {
	net.Listener
	after time.Duration // never when 0
}

func (l cutting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil || l.after == 0 {
		return c, err
	}
	return &watched{c, time.AfterFunc(l.after, func() { reset(c) }), l.after}, nil
}

// watched is a connection that is cut when it is idle.
type watched struct {
	net.Conn
	cut   *time.Timer
	after time.Duration
}

func (c *watched) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.cut.Reset(c.after)
	}
	return n, err
}

func (c *watched) Write(p []byte) (int, error) {
	c.cut.Reset(c.after)
	return c.Conn.Write(p)
}

func (c *watched) Close() error {
	c.cut.Stop()
	return c.Conn.Close()
}
