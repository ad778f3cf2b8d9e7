package proxylab

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const long = 5 * time.Second

func run(t *testing.T, o Options) *url.URL {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(long):
			t.Error("the proxy goes on")
		}
	})
	return &url.URL{Scheme: "http", Host: l.Addr().String()}
}

// to leads every host to one address, but for hosts below .gone.
func to(at string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, host string) (net.Conn, error) {
		if strings.Contains(host, ".gone:") {
			return nil, errors.New("gone")
		}
		return (&net.Dialer{}).DialContext(ctx, network, at)
	}
}

func client(t *testing.T, proxy *url.URL, trusted *http.Client) *http.Client {
	t.Helper()
	transport := &http.Transport{Proxy: http.ProxyURL(proxy)}
	if trusted != nil {
		transport.TLSClientConfig = trusted.Transport.(*http.Transport).TLSClientConfig
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: long}
}

func handler(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, r.Host+" "+r.URL.RequestURI()+" "+r.Header.Get("Proxy-Authorization"))
}

func TestThroughTheProxy(t *testing.T) {
	secure := httptest.NewTLSServer(http.HandlerFunc(handler))
	defer secure.Close()
	clear := httptest.NewServer(http.HandlerFunc(handler))
	defer clear.Close()
	for _, tt := range []struct {
		url, want string
		server    *httptest.Server
	}{{"https://example.com/a?b", "example.com /a?b ", secure}, {"http://host.contoso.com/c", "host.contoso.com /c ", clear}} {
		for _, credentials := range []string{"", "auditor:secret"} {
			seen := make(chan Request, 1)
			proxy := run(t, Options{Dial: to(tt.server.Listener.Addr().String()), Credentials: credentials, Observe: func(r Request) { seen <- r }})
			if name, password, ok := strings.Cut(credentials, ":"); ok {
				proxy.User = url.UserPassword(name, password)
			}
			r, err := client(t, proxy, tt.server.Client()).Get(tt.url)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(r.Body)
			_ = r.Body.Close()
			if err != nil || string(body) != tt.want {
				t.Errorf("%s: %d %q, %v", tt.url, r.StatusCode, body, err)
			}
			want := Request{Method: "GET", Target: tt.url, Admitted: true}
			if tt.server == secure {
				want = Request{Method: "CONNECT", Target: "example.com:443", Admitted: true}
			}
			if diff := cmp.Diff(want, <-seen); diff != "" {
				t.Error(diff)
			}
		}
	}
}

// status sends a request line to the proxy and gives the answer.
func status(t *testing.T, proxy *url.URL, line string, header ...string) *http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", proxy.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, line+" HTTP/1.1\r\nHost: x\r\n"+strings.Join(header, "")+"\r\n"); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: strings.Fields(line)[0]})
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	return r
}

func TestCredentialsAreDemanded(t *testing.T) {
	proxy := run(t, Options{Credentials: "auditor:secret", Dial: func(context.Context, string, string) (net.Conn, error) {
		t.Error("the proxy connects for somebody it does not know")
		return nil, errors.New("no")
	}})
	for _, line := range []string{"CONNECT host.contoso.com:443", "GET http://host.contoso.com/"} {
		for _, header := range []string{"", "Proxy-Authorization: Basic eDp5\r\n", "Proxy-Authorization: Basic ?\r\n", "Proxy-Authorization: Bearer YXVkaXRvcjpzZWNyZXQ=\r\n"} {
			if r := status(t, proxy, line, header); r.StatusCode != http.StatusProxyAuthRequired || r.Header.Get("Proxy-Authenticate") != `Basic realm="lab"` {
				t.Errorf("%s %s: %d %v", line, header, r.StatusCode, r.Header)
			}
		}
	}
}

func TestHostsThatAreGone(t *testing.T) {
	proxy := run(t, Options{Dial: to("")})
	for line, want := range map[string]int{"CONNECT host.gone:443": 502, "GET http://host.gone/": 502, "GET /": 400, "GET ftp://host.gone/": 400} {
		if r := status(t, proxy, line); r.StatusCode != want {
			t.Errorf("%s: %d", line, r.StatusCode)
		}
	}
}

func TestTunnelEndsWithTheProxyAndWithTheHost(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 2)
	go func() {
		for range 2 {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	proxy := run(t, Options{Dial: to(l.Addr().String())})
	tunnel := func() (near, far net.Conn) {
		near, err := net.Dial("tcp", proxy.Host)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = near.Close() })
		if err := near.SetDeadline(time.Now().Add(long)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(near, "CONNECT host.contoso.com:443 HTTP/1.1\r\nHost: host.contoso.com:443\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		line := make([]byte, len("HTTP/1.1 200 Connection established\r\n\r\n"))
		if _, err := io.ReadFull(near, line); err != nil || !strings.HasPrefix(string(line), "HTTP/1.1 200 ") {
			t.Fatalf("%q, %v", line, err)
		}
		return near, <-accepted
	}
	near, far := tunnel()
	_ = far.Close()
	if _, err := near.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the host has closed and the tunnel says %v", err)
	}
	_, far = tunnel() // stays open: the end of the proxy, which the test's clean-up waits for, ends it
	t.Cleanup(func() { _ = far.Close() })
}
