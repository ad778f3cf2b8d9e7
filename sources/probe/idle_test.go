package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
)

// idleServer makes TLS connections and leaves what happens then to the test. It waits for them at the end.
func idleServer(t *testing.T, then func(raw *net.TCPConn, secured *tls.Conn)) (place string) {
	t.Helper()
	certificate := httptest.NewTLSServer(nil)
	certificate.Close()
	config := &tls.Config{Certificates: certificate.TLS.Certificates}
	return tcpServer(t, func(raw *net.TCPConn) {
		secured := tls.Server(raw, config)
		if secured.Handshake() == nil {
			then(raw, secured)
		}
	})
}

func tcpServer(t *testing.T, serve func(*net.TCPConn)) (place string) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.AcceptTCP()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
				serve(conn)
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return l.Addr().String()
}

// answerOnce answers the first thing that comes.
func answerOnce(_ *net.TCPConn, secured *tls.Conn) {
	if _, err := secured.Read(make([]byte, 1)); err == nil {
		_, _ = io.WriteString(secured, "HTTP/1.1 400 Bad Request\r\n\r\n")
	}
}

// forwarding is a proxy that closes a connection when nothing was sent over it for some time; 0 is for ever.
func forwarding(t *testing.T, to string, patience time.Duration) (place string) {
	t.Helper()
	return tcpServer(t, func(client *net.TCPConn) {
		r, err := http.ReadRequest(bufio.NewReader(client))
		if err != nil || r.Method != http.MethodConnect {
			return
		}
		server, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		defer server.Close()
		_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
		pipe := func(to, from net.Conn) {
			b := make([]byte, 4096)
			for {
				if patience > 0 {
					_ = from.SetReadDeadline(time.Now().Add(patience))
				}
				n, err := from.Read(b)
				if err != nil {
					to.Close()
					return
				}
				if _, err := to.Write(b[:n]); err != nil {
					return
				}
			}
		}
		var back sync.WaitGroup
		back.Go(func() { pipe(client, server) })
		pipe(server, client)
		back.Wait()
	})
}

var idlePlan = plan{places: []place{
	{host: "login.microsoftonline.com", port: 80, purposes: []string{evidence.ForMicrosoft}},
	{host: "login.microsoftonline.com", port: 443, tls: true, purposes: []string{evidence.ForIdentity, evidence.ForMicrosoft}},
	{host: "www.microsoft.com", port: 443, tls: true, purposes: []string{evidence.ForRevocation}},
}}

func runIdle(t *testing.T, cfg Config, place string) (held string, coverage evidence.Coverage) {
	t.Helper()
	cfg.Endpoints, _ = ShippedEndpoints()
	p := proberFor(t, cfg, "*:443="+place)
	p.heard()
	p.idle(t.Context(), idlePlan)
	for _, s := range seen[evidence.Setting](t, p) {
		switch s.Name {
		case evidence.SettingIdleAsked:
			if s.Value != cfg.Idle.String() {
				t.Errorf("asked for %s", s.Value)
			}
		case evidence.SettingIdleHeld:
			held = s.Value
		}
	}
	return held, coverageOf(t, p, evidence.ProbeSettings)
}

func TestIdle(t *testing.T) {
	t.Parallel()
	const whole = 320 * time.Millisecond
	lasting := idleServer(t, answerOnce)
	if held, c := runIdle(t, Config{Idle: whole}, lasting); held != whole.String() || c.State != evidence.Complete {
		t.Errorf("%s, %+v", held, c)
	}
	leaving := idleServer(t, func(_ *net.TCPConn, secured *tls.Conn) {
		_ = secured.SetReadDeadline(time.Now().Add(60 * time.Millisecond))
		_, _ = secured.Read(make([]byte, 1))
		secured.Close()
	})
	if held, c := runIdle(t, Config{Idle: whole}, leaving); held != "" || !strings.Contains(c.Reason, "servers ended it themselves") {
		t.Errorf("%s, %+v", held, c)
	}
	resetting := idleServer(t, func(raw *net.TCPConn, secured *tls.Conn) {
		_ = secured.SetReadDeadline(time.Now().Add(60 * time.Millisecond))
		if _, err := secured.Read(make([]byte, 1)); err == nil {
			_, _ = io.WriteString(secured, "HTTP/1.1 400 Bad Request\r\n\r\n")
		}
		_ = raw.SetLinger(0)
		raw.Close()
	})
	held, c := runIdle(t, Config{Idle: whole}, resetting)
	if d, err := time.ParseDuration(held); err != nil || d < 40*time.Millisecond || d >= whole || c.State != evidence.Complete {
		t.Errorf("%s, %+v", held, c)
	}
	deaf := idleServer(t, func(raw *net.TCPConn, secured *tls.Conn) { _, _ = io.Copy(io.Discard, secured) })
	if held, c := runIdle(t, Config{Idle: whole, Timeout: 300 * time.Millisecond}, deaf); held != "0s" || c.State != evidence.Complete {
		t.Errorf("%s, %+v", held, c)
	}
	if held, c := runIdle(t, Config{Idle: whole, Resolver: everywhere{"login.microsoftonline.com"}}, deaf); held != "" || !strings.Contains(c.Reason, "no connection could be made") {
		t.Errorf("%s, %+v", held, c)
	}
}

func TestHoldTellsHowItEnded(t *testing.T) {
	t.Parallel()
	wait := func(secured *tls.Conn) {
		_ = secured.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
		_, _ = secured.Read(make([]byte, 1))
	}
	rows, _ := ShippedEndpoints()
	for name, c := range map[string]struct {
		then func(*net.TCPConn, *tls.Conn)
		want ending
	}{
		"answers":   {answerOnce, lived},
		"says so":   {func(_ *net.TCPConn, secured *tls.Conn) { wait(secured); secured.Close() }, parted},
		"closes":    {func(raw *net.TCPConn, secured *tls.Conn) { wait(secured); raw.Close() }, closed},
		"resets":    {func(raw *net.TCPConn, secured *tls.Conn) { wait(secured); _ = raw.SetLinger(0); raw.Close() }, cut},
		"chatters":  {func(_ *net.TCPConn, secured *tls.Conn) { _, _ = secured.Write(make([]byte, maxBody)); wait(secured) }, parted},
		"no answer": {func(_ *net.TCPConn, secured *tls.Conn) { _, _ = io.Copy(io.Discard, secured) }, cut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := proberFor(t, Config{Endpoints: rows, Timeout: 2 * time.Second}, "*:443="+idleServer(t, c.then))
			if h := p.hold(t.Context(), "login.microsoftonline.com", evidence.ViaDirect, 300*time.Millisecond); h.ending != c.want {
				t.Errorf("%+v", h)
			}
		})
	}
}

func TestIdleThroughProxy(t *testing.T) {
	t.Parallel()
	const whole = 1600 * time.Millisecond
	lasting := idleServer(t, answerOnce)
	through := func(place string) func(*url.URL) (*url.URL, error) {
		return func(*url.URL) (*url.URL, error) { return &url.URL{Scheme: "http", Host: place}, nil }
	}
	if held, c := runIdle(t, Config{Idle: whole, Proxy: through(forwarding(t, lasting, 0))}, lasting); held != whole.String() {
		t.Errorf("%s, %+v", held, c)
	}
	held, c := runIdle(t, Config{Idle: whole, Proxy: through(forwarding(t, lasting, 400*time.Millisecond))}, lasting)
	if d, err := time.ParseDuration(held); err != nil || d < 100*time.Millisecond || d >= whole || c.State != evidence.Complete {
		t.Errorf("%s, %+v", held, c)
	}
}

func TestIdleEndsWithItsContext(t *testing.T) {
	t.Parallel()
	rows, _ := ShippedEndpoints()
	lasting := idleServer(t, answerOnce)
	p := proberFor(t, Config{Idle: time.Hour, Endpoints: rows}, "*:443="+lasting)
	p.heard()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	p.idle(ctx, idlePlan) // there is not enough time, which is said at once
	short, stop := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, stop)
	p.idle(short, idlePlan)
	c := coverageOf(t, p, evidence.ProbeSettings)
	if c.State != evidence.Partial || !strings.Contains(c.Reason, "longer than there is time") || !strings.Contains(c.Reason, "interrupted") {
		t.Errorf("%+v", c)
	}
}

func TestIdleVerdict(t *testing.T) {
	const minute = time.Minute
	at := func(via string, meant, alive int, how ending) held {
		return held{via: via, meant: time.Duration(meant) * minute, alive: time.Duration(alive) * minute, ending: how}
	}
	for name, c := range map[string]struct {
		all  []held
		want time.Duration
		why  string
	}{
		"all live":                        {[]held{at("direct", 8, 8, lived), at("direct", 16, 16, lived)}, 16 * minute, ""},
		"another host's lives":            {[]held{at("direct", 16, 2, cut), at("direct", 16, 16, lived)}, 16 * minute, ""},
		"reset":                           {[]held{at("direct", 1, 1, lived), at("direct", 16, 5, cut)}, 5 * minute, ""},
		"dead in silence":                 {[]held{at("direct", 4, 4, lived), at("direct", 8, 0, cut), at("direct", 16, 0, cut)}, 4 * minute, ""},
		"the server parts":                {[]held{at("direct", 1, 1, lived), at("direct", 16, 2, parted)}, 0, "servers ended"},
		"the server closes":               {[]held{at("direct", 1, 1, lived), at("direct", 16, 2, closed)}, 0, "servers ended"},
		"reset before the server parts":   {[]held{at("direct", 16, 2, cut), at("direct", 16, 3, parted)}, 0, "servers ended"},
		"none":                            {nil, 0, "no connection"},
		"none opened":                     {[]held{at("direct", 16, 0, unopened)}, 0, "no connection"},
		"only short ones opened":          {[]held{at("direct", 16, 0, unopened), at("direct", 1, 1, lived)}, 0, "could not be made"},
		"stopped":                         {[]held{at("direct", 16, 3, stopped), at("direct", 1, 1, lived)}, 0, "interrupted"},
		"the proxy closes":                {[]held{at("proxy", 16, 2, closed), at("direct", 16, 16, lived)}, 2 * minute, ""},
		"the proxy closes, no other way":  {[]held{at("proxy", 16, 2, closed), at("direct", 16, 0, unopened)}, 2 * minute, ""},
		"the server closes both":          {[]held{at("proxy", 16, 2, closed), at("direct", 16, 2, closed)}, 0, "around the proxy"},
		"the server parts, through both":  {[]held{at("proxy", 16, 2, parted), at("direct", 16, 2, parted)}, 0, "servers ended"},
		"lives through the proxy only":    {[]held{at("proxy", 16, 16, lived), at("direct", 16, 2, cut)}, 16 * minute, ""},
		"the proxy refuses, direct lives": {[]held{at("proxy", 16, 0, unopened), at("direct", 16, 16, lived)}, 16 * minute, ""},
	} {
		got, why := idleVerdict(c.all, 16*minute)
		if got != c.want || (why == "") != (c.why == "") || !strings.Contains(why, c.why) {
			t.Errorf("%s: %s, %q", name, got, why)
		}
	}
}
