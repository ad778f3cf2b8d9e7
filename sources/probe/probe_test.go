package probe

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hybridaudit/sources/evidence"
)

// TestConnections tells apart how far connections come.
func TestConnections(t *testing.T) {
	root := newAuthority(t, "Root", nil, nil)
	good := listenTLS(t, &tls.Config{Certificates: []tls.Certificate{serving(testKey, root.leaf(t, []string{"good.contoso.com"}, nil))}})
	closing := listen(t, func(net.Conn) {})
	silent := listen(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	var turn atomic.Int32
	flaky := listen(t, func(conn net.Conn) {
		if turn.Add(1)%2 == 1 {
			return
		}
		tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{serving(testKey, root.leaf(t, []string{"flaky.contoso.com"}, nil))}}).Handshake()
	})
	s := collect(t, t.Context(), Config{
		Targets: of([]string{"good.contoso.com", "closing.contoso.com", "silent.contoso.com", "flaky.contoso.com", "refused.contoso.com", "nowhere.contoso.com", "web.online.lync.com", "plain.contoso.com:80"}),
		Detours: detours(t, map[string]netip.AddrPort{
			"good.contoso.com:443": good, "closing.contoso.com:443": closing, "silent.contoso.com:443": silent, "flaky.contoso.com:443": flaky, "refused.contoso.com:443": netip.MustParseAddrPort("127.0.0.1:1"),
			"web.online.lync.com:443": closing, "plain.contoso.com:80": closing,
		}),
		Public: pool(root.cert), Timeout: 1500 * time.Millisecond,
	})
	want := map[string]string{
		"good.contoso.com": "tls  2/2 ", "closing.contoso.com": "tls tls 2/0 the connection was closed", "silent.contoso.com": "tls tls 2/0 no answer in time", "flaky.contoso.com": "tls  3/1 ",
		"refused.contoso.com": "tls tcp 2/0 connection refused", "nowhere.contoso.com": "tls dns 2/0 nowhere.contoso.com does not exist", "web.online.lync.com": "tcp  2/2 ", "plain.contoso.com": "tcp  2/2 ",
	}
	got := map[string]string{}
	for c := range s.Connections() {
		got[c.Host] = fmt.Sprintf("%s %s %d/%d %s", c.Protocol, c.Stage, c.Tries, c.Answers, c.Failure)
		if c.Through() && (c.Took <= 0 || c.Address == "") || c.Asked.IsZero() || c.Site != "lab" {
			t.Errorf("%+v", c)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	h := one(t, s, func(h evidence.Handshake) bool { return h.Host == "web.online.lync.com" })
	if h.Failure == "" || h.Tried != nil {
		t.Errorf("%+v", h)
	}
	for _, host := range []string{"refused.contoso.com", "nowhere.contoso.com", "plain.contoso.com"} {
		for h := range s.Handshakes() {
			if h.Host == host {
				t.Errorf("a handshake with %s", host)
			}
		}
	}
	for _, d := range []evidence.Dataset{evidence.ProbeConnections, evidence.ProbeHandshakes, evidence.ProbeCertificates, evidence.ProbeRevocation} {
		if c := coverage(t, s, d); c.State != evidence.Complete || c.Source != "lab" {
			t.Errorf("%s: %+v", d, c)
		}
	}
}

// TestNoNetwork has many hosts that are all silent: one try for each, and the coverage says that nothing answered.
func TestNoNetwork(t *testing.T) {
	const hosts, workers, timeout = 24, 8, 100 * time.Millisecond
	var names []string
	for i := range hosts {
		names = append(names, fmt.Sprintf("h%d.contoso.com", i))
	}
	var tries atomic.Int32
	s, took := timed(t, t.Context(), Config{Targets: of(names), Resolver: slow{&tries}, Timeout: timeout, Workers: workers, Tries: 3})
	if tries.Load() != hosts {
		t.Errorf("%d tries for %d hosts", tries.Load(), hosts)
	}
	if most := hosts/workers*timeout + 5*time.Second; took > most {
		t.Errorf("took %v, at most %v were expected", took, most)
	}
	for c := range s.Connections() {
		if c.Stage != evidence.StageName || c.Tries != 1 {
			t.Errorf("%+v", c)
		}
	}
	for _, d := range []evidence.Dataset{evidence.ProbeConnections, evidence.ProbeHandshakes, evidence.ProbeCertificates, evidence.ProbeRevocation, evidence.ProbeFederation} {
		if c := coverage(t, s, d); c.State != evidence.Failed || !strings.Contains(c.Reason, "no host answered at all") {
			t.Errorf("%s: %v %s", d, c.State, c.Reason)
		}
	}
}

// slow is a Resolver whose servers never answer.
type slow struct{ tries *atomic.Int32 }

func (s slow) Addresses(ctx context.Context, _ string) ([]netip.Addr, []string, error) {
	s.tries.Add(1)
	<-ctx.Done()
	return nil, nil, ctx.Err()
}

func timed(t *testing.T, ctx context.Context, cfg Config) (*evidence.Snapshot, time.Duration) { //nolint:revive // the test comes first, as everywhere
	t.Helper()
	begin := time.Now()
	s := collect(t, ctx, cfg)
	return s, time.Since(begin)
}

// TestDeadline ends in the middle: what is known stays, the rest is told as not tried, and no silence counts as a fact.
func TestDeadline(t *testing.T) {
	plain := listen(t, func(net.Conn) {})
	silent := listen(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	names, to := []string{"a.contoso.com:80"}, map[string]netip.AddrPort{"a.contoso.com:80": plain}
	for i := range 20 {
		names = append(names, fmt.Sprintf("h%02d.contoso.com", i))
		to[fmt.Sprintf("h%02d.contoso.com:443", i)] = silent
	}
	ctx, cancel := context.WithTimeout(t.Context(), 1600*time.Millisecond)
	defer cancel()
	s, took := timed(t, ctx, Config{Targets: of(names), Detours: detours(t, to), Timeout: time.Second, Workers: 4, Tries: 1})
	if took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	rows := 0
	for c := range s.Connections() {
		rows++
		if c.Tries == 0 {
			t.Errorf("%+v", c)
		}
	}
	if rows == 0 || rows > 10 {
		t.Errorf("%d rows", rows)
	}
	c := coverage(t, s, evidence.ProbeConnections)
	if c.State != evidence.Partial || !strings.Contains(c.Reason, "more") {
		t.Errorf("%v %s", c.State, c.Reason)
	}

	ctx, cancel = context.WithCancel(t.Context())
	cancel()
	b := evidence.NewBuilder(begun)
	err := Collect(ctx, Config{Site: "lab", Targets: of(names), Resolver: &hostsFile{}}, b)
	if err == nil {
		t.Error("an interrupted run has no error")
	}
	if c := coverage(t, b.Seal(), evidence.ProbeConnections); c.State != evidence.Failed {
		t.Errorf("%v %s", c.State, c.Reason)
	}
}

func TestBrokenConfiguration(t *testing.T) {
	for name, cfg := range map[string]Config{
		"no resolver": {}, "negative": {Resolver: &hostsFile{}, Timeout: -1}, "private": {Resolver: &hostsFile{}, Private: []string{"10.0.0.0/99"}},
	} {
		if Collect(t.Context(), cfg, evidence.NewBuilder(begun)) == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestWorkers counts the hosts that are looked at at a time.
func TestWorkers(t *testing.T) {
	const workers = 3
	busy := &busyResolver{}
	var names []string
	for i := range 20 {
		names = append(names, fmt.Sprintf("h%d.contoso.com", i))
	}
	collect(t, t.Context(), Config{Targets: of(names), Resolver: busy, Workers: workers, Tries: 2})
	if busy.most > workers || busy.most == 0 {
		t.Errorf("%d hosts at a time", busy.most)
	}
}

// busyResolver counts who asks it at a time.
type busyResolver struct {
	mu         sync.Mutex
	open, most int
}

func (b *busyResolver) Addresses(context.Context, string) ([]netip.Addr, []string, error) {
	b.mu.Lock()
	b.open++
	b.most = max(b.most, b.open)
	b.mu.Unlock()
	time.Sleep(2 * time.Millisecond) // an answer takes its time
	b.mu.Lock()
	b.open--
	b.mu.Unlock()
	return nil, nil, io.EOF
}

// TestRowsAreDeterministic collects twice and compares what does not depend on the clock.
func TestRowsAreDeterministic(t *testing.T) {
	root := newAuthority(t, "Root", nil, nil)
	middle := newAuthority(t, "Issuing", root, nil)
	to := map[string]netip.AddrPort{}
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprintf("h%d.contoso.com", i))
		chain := serving(testKey, middle.leaf(t, []string{names[i]}, nil), middle.cert)
		to[names[i]+":443"] = listenTLS(t, &tls.Config{Certificates: []tls.Certificate{chain}})
	}
	slices.Reverse(names)
	cfg := Config{Targets: of(names), Detours: detours(t, to), Public: pool(root.cert), Workers: 8}
	type facts struct {
		Connections  []evidence.Connection
		Handshakes   []evidence.Handshake
		Certificates []evidence.Certificate
	}
	read := func() facts {
		s := collect(t, t.Context(), cfg)
		return facts{slices.Collect(s.Connections()), slices.Collect(s.Handshakes()), slices.Collect(s.Certificates())}
	}
	first := read()
	if len(first.Connections) != 12 || len(first.Handshakes) != 12 || len(first.Certificates) != 13 {
		t.Fatalf("%d connections, %d handshakes, %d certificates", len(first.Connections), len(first.Handshakes), len(first.Certificates))
	}
	if diff := cmp.Diff(first, read(), cmpopts.IgnoreTypes(time.Time{}, time.Duration(0))); diff != "" {
		t.Error(diff)
	}
}

// TestProgress counts rows and logs no host above debug level.
func TestProgress(t *testing.T) {
	var mu sync.Mutex
	seen := map[evidence.Dataset]int{}
	collect(t, t.Context(), Config{Targets: of([]string{"nowhere.contoso.com"}), Progress: func(d evidence.Dataset, rows, expected int) {
		mu.Lock()
		defer mu.Unlock()
		seen[d] = max(seen[d], rows)
		if expected != -1 {
			t.Errorf("%d are expected", expected)
		}
	}})
	if seen[evidence.ProbeConnections] != 1 {
		t.Error(seen)
	}
}

// TestLongTexts keeps texts valid and short, and certificates of metadata whole.
func TestLongTexts(t *testing.T) {
	if got := clip(strings.Repeat("ä", maxText), maxText+1); len(got) > maxText+5 || !strings.HasSuffix(got, "ä…") {
		t.Errorf("%d bytes, end %q", len(got), got[len(got)-6:])
	}
	if got := clip("a\xffb", maxText); got != "a\ufffdb" {
		t.Errorf("%q", got)
	}
	p := newTestProber(t, Config{Site: "lab"})
	whole := strings.Repeat("QUJD", maxText)
	record(p, evidence.FederationMetadata{Certificates: []string{whole}})
	record(p, evidence.Setting{Name: "x", Value: whole})
	b := evidence.NewBuilder(begun)
	p.write(t.Context(), b, nil)
	s := b.Seal()
	if f := one(t, s, func(evidence.FederationMetadata) bool { return true }); f.Certificates[0] != whole || f.Site != "lab" {
		t.Error("a certificate was cut")
	}
	if v := one(t, s, func(evidence.Setting) bool { return true }); len(v.Value) > maxText+4 {
		t.Errorf("%d bytes", len(v.Value))
	}
}

// TestDeaf has no host answer a connection, but a time server: what hangs on connections is not known, the rest is.
func TestDeaf(t *testing.T) {
	p := newTestProber(t, Config{Site: "lab"})
	p.tried(evidence.ProbeConnections)
	p.tried(evidence.ProbeClocks)
	p.deaf = true
	p.heard()
	b := evidence.NewBuilder(begun)
	p.write(t.Context(), b, []part{{datasets: []evidence.Dataset{evidence.ProbeClocks}, evenSilent: true}, {datasets: []evidence.Dataset{evidence.ProbeFederation}}})
	s := b.Seal()
	for d, want := range map[evidence.Dataset]evidence.State{
		evidence.ProbeConnections: evidence.Failed, evidence.ProbeRevocation: evidence.Failed, evidence.ProbeFederation: evidence.Failed, evidence.ProbeClocks: evidence.Complete,
	} {
		if c := coverage(t, s, d); c.State != want {
			t.Errorf("%s: %v %s", d, c.State, c.Reason)
		}
	}
}

// TestManyHostsAtOneMuteAddress has the names of many domains lead to one address at which nobody answers. What lies elsewhere must be looked at in time all the same.
func TestManyHostsAtOneMuteAddress(t *testing.T) {
	const many = 200
	resolver := &hostsFile{hosts: map[string][]string{"z.contoso.com": {"203.0.113.9"}}}
	hosts := []string{"z.contoso.com"}
	for i := range many {
		host := fmt.Sprintf("a%03d.contoso.com", i)
		hosts, resolver.hosts[host] = append(hosts, host), []string{"203.0.113.1"}
	}
	at := listenTLS(t, &tls.Config{MinVersion: tls.VersionTLS12})
	p := newTestProber(t, Config{Targets: of(hosts), Resolver: resolver, Timeout: 100 * time.Millisecond, Workers: 8})
	var dialled atomic.Int32
	p.dialer = func(ctx context.Context, network, address string) (net.Conn, error) {
		if address == "203.0.113.9:443" {
			return new(net.Dialer).DialContext(ctx, network, at.String())
		}
		dialled.Add(1)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	p.connect(t.Context(), p.plan())
	rows := 0
	for _, c := range seen[evidence.Connection](t, p) {
		switch rows++; {
		case c.Host == "z.contoso.com":
			if c.Stage != evidence.StageTLS || c.Address != "203.0.113.9:443" {
				t.Errorf("%+v", c)
			}
		case c.Through() || c.Tries != 2 || c.Stage != evidence.StageTCP || c.Failure != errSlow.Error() || c.Address != "203.0.113.1:443":
			t.Errorf("%+v", c)
		}
	}
	if n := dialled.Load(); rows != many+1 || n < 2*maxMute || n > 2*(maxMute+8) {
		t.Errorf("%d rows; the mute address was dialled %d times", rows, n)
	}
}
