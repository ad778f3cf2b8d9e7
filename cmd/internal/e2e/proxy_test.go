package e2e

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
)

// newCuttingProxy passes connections on. After so many bytes of answers it cuts them all and accepts no more.
func newCuttingProxy(t *testing.T, target string, after int64) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cut := context.WithCancel(t.Context())
	t.Cleanup(func() {
		cut()
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	context.AfterFunc(ctx, func() { _ = l.Close() })
	p := &cuttingProxy{target: target, cut: cut}
	p.left.Store(after)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go p.pass(ctx, client)
		}
	}()
	return l.Addr().String()
}

type cuttingProxy struct {
	target string
	left   atomic.Int64
	cut    func()
}

func (p *cuttingProxy) pass(ctx context.Context, client net.Conn) {
	defer func() { _ = client.Close() }()
	upstream, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.target)
	if err != nil {
		return
	}
	defer func() { _ = upstream.Close() }()
	defer context.AfterFunc(ctx, func() { _ = upstream.Close() })()
	go func() { _, _ = io.Copy(upstream, client) }()
	buffer := make([]byte, 16<<10)
	for {
		n, err := upstream.Read(buffer)
		if err != nil {
			return
		}
		if p.left.Add(-int64(n)) < 0 {
			p.cut()
			return
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}
