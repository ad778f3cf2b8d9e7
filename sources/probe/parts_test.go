package probe

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
)

// everywhere is a resolver that knows all hosts but some, at an address of documentation.
type everywhere []string

func (unknown everywhere) Addresses(_ context.Context, host string) ([]netip.Addr, []string, error) {
	if slices.Contains(unknown, host) {
		return nil, nil, nil
	}
	return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil, nil
}

// proberFor makes a prober for one part. Detours lead from ports to servers of the test.
func proberFor(t *testing.T, cfg Config, detours ...string) *prober {
	t.Helper()
	var err error
	if cfg.Detours, err = targets.ParseDetours(detours); err != nil {
		t.Fatal(err)
	}
	cfg.Site = "office"
	if cfg.Resolver == nil {
		cfg.Resolver = everywhere{}
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	p, err := newProber(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// seen gives what a prober has recorded of one kind, without times.
func seen[T evidence.Observation](t *testing.T, p *prober) []T {
	t.Helper()
	return slices.Collect(evidence.Observed[T](sealed(t, p)))
}

func sealed(t *testing.T, p *prober) *evidence.Snapshot {
	t.Helper()
	b := evidence.NewBuilder(time.Now())
	p.write(t.Context(), b, parts(p.cfg))
	return b.Seal()
}

func coverageOf(t *testing.T, p *prober, d evidence.Dataset) evidence.Coverage {
	t.Helper()
	for _, c := range sealed(t, p).Coverage() {
		if c.Dataset == d {
			return c
		}
	}
	t.Fatalf("%s has no coverage", d)
	return evidence.Coverage{}
}

// connections gives the connections without what differs each time.
func connections(t *testing.T, p *prober) []evidence.Connection {
	t.Helper()
	all := seen[evidence.Connection](t, p)
	for i := range all {
		if all[i].Asked.IsZero() || all[i].Site != "office" {
			t.Errorf("%+v says not when or where", all[i])
		}
		all[i].Asked, all[i].Took, all[i].Site, all[i].Address = time.Time{}, 0, "", ""
	}
	return all
}

// webServer serves a handler with TLS and gives the detour to it.
func webServer(t *testing.T, handler http.Handler) (detour string) {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // probes break connections off
	s.StartTLS()
	t.Cleanup(s.Close)
	return "*:443=" + s.Listener.Addr().String()
}

// plainServer serves a handler without TLS.
func plainServer(t *testing.T, handler http.Handler) (detour string) {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return "*:80=" + s.Listener.Addr().String()
}

// datagrams answers each datagram with what reply makes of it; nil is no answer.
func datagrams(t *testing.T, reply func([]byte) [][]byte) (place string) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			for _, one := range reply(slices.Clone(b[:n])) {
				_, _ = conn.WriteToUDPAddrPort(one, from)
			}
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return conn.LocalAddr().String()
}

func via(port int, place string) string { return "*:" + strconv.Itoa(port) + "=" + place }
