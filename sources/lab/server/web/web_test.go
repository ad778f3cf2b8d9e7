package weblab

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"hybridaudit/sources/lab"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const long = 5 * time.Second

// front is a running server.
type front struct {
	*Server
	at map[int]string // by port
}

func run(t *testing.T, o Options) *front {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	f := &front{Server: s, at: map[int]string{}}
	ended := make(chan error)
	ports := []int{PortHTTP, PortHTTPS, PortFederation}
	for _, port := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		f.at[port] = l.Addr().String()
		go func() { ended <- s.Serve(ctx, l, port) }()
	}
	t.Cleanup(func() {
		stop()
		for range ports {
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(long):
				t.Fatal("the server goes on")
			}
		}
	})
	return f
}

func pool(t *testing.T, pem ...[]byte) *x509.CertPool {
	t.Helper()
	p := x509.NewCertPool()
	for _, one := range pem {
		if !p.AppendCertsFromPEM(one) {
			t.Fatal("no certificate")
		}
	}
	return p
}

// shake does a handshake without verifying, so that what is served can be looked at.
func (f *front) shake(host string, port int, change func(*tls.Config)) (tls.ConnectionState, error) {
	c := &tls.Config{ServerName: host, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10}
	if change != nil {
		change(c)
	}
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: long}, "tcp", f.at[port], c)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	return conn.ConnectionState(), nil
}

// verify verifies a served chain at a host name, with what was sent along and the further certificates.
func verify(state tls.ConnectionState, host string, roots *x509.CertPool, more ...*x509.Certificate) error {
	between := x509.NewCertPool()
	for _, c := range append(state.PeerCertificates[1:], more...) {
		between.AddCert(c)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: host, Roots: roots, Intermediates: between})
	return err
}

func (f *front) client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool(t, f.PublicCA(), f.OwnCA())},
		DialContext: func(ctx context.Context, network, at string) (net.Conn, error) {
			_, port, err := net.SplitHostPort(at)
			if err != nil {
				return nil, err
			}
			n, err := strconv.Atoi(port)
			if err != nil {
				return nil, err
			}
			return (&net.Dialer{}).DialContext(ctx, network, f.at[n])
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: long, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func get(t *testing.T, c *http.Client, url string) (*http.Response, string) {
	t.Helper()
	r, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(body)
}

func TestPages(t *testing.T) {
	seen := make(chan Request, 20)
	f := run(t, Options{Drift: time.Hour, Observe: func(r Request) { seen <- r }, Hosts: []lab.Host{
		{Name: "mail.contoso.com", Port: 443, Pages: []lab.Page{
			{Path: "/EWS/Exchange.asmx", Status: 401, Header: map[string]string{"WWW-Authenticate": "Negotiate"}},
			{Path: "/a?b=c", Body: "with query"}, {Path: "/a", Body: "without"},
		}},
		{Name: "mail.contoso.com", Port: 80, Pages: []lab.Page{{Status: 302, Header: map[string]string{"Location": "https://mail.contoso.com/x"}}}},
		{Name: "*.contoso.com", Port: 80, Pages: []lab.Page{{Path: "/", Body: "all"}}},
	}})
	c := f.client(t)
	tests := []struct {
		url, header, want string
		status            int
		body              string
	}{
		{"https://mail.contoso.com/EWS/Exchange.asmx", "WWW-Authenticate", "Negotiate", 401, ""},
		{"https://mail.contoso.com/ews/exchange.asmx", "WWW-Authenticate", "Negotiate", 401, ""},
		{"https://mail.contoso.com/a?b=c", "", "", 200, "with query"},
		{"https://mail.contoso.com/a?d", "", "", 200, "without"},
		{"https://mail.contoso.com/other", "", "", 404, "404 page not found\n"},
		{"http://mail.contoso.com/other", "Location", "https://mail.contoso.com/x", 302, ""},
		{"http://deep.down.contoso.com/", "", "", 200, "all"},
	}
	for _, tt := range tests {
		r, body := get(t, c, tt.url)
		if r.StatusCode != tt.status || body != tt.body || r.Header.Get(tt.header) != tt.want {
			t.Errorf("%s: %d %q %q", tt.url, r.StatusCode, body, r.Header.Get(tt.header))
		}
		date, err := http.ParseTime(r.Header.Get("Date"))
		if ahead := time.Until(date); err != nil || ahead < 59*time.Minute || ahead > 61*time.Minute {
			t.Errorf("%s: the clock is %s ahead, %v", tt.url, ahead, err)
		}
	}
	want := Request{Host: "mail.contoso.com", Port: 443, Method: "GET", Path: "/EWS/Exchange.asmx"}
	if diff := cmp.Diff(want, <-seen); diff != "" {
		t.Error(diff)
	}
}

func TestHostsThatAreNotThere(t *testing.T) {
	f := run(t, Options{Hosts: []lab.Host{{Name: "here.contoso.com", Port: 443}, {Name: "edge.contoso.com", Port: 5061}}})
	for _, port := range []int{443, 5061} {
		if _, err := f.shake("gone.contoso.com", port, nil); err == nil || !strings.Contains(err.Error(), "unrecognized name") {
			t.Errorf("port %d: %v", port, err)
		}
	}
	if _, err := f.shake("here.contoso.com", 5061, nil); err == nil {
		t.Error("the host answers on the wrong port")
	}
	if _, err := f.client(t).Get("http://gone.contoso.com/"); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Errorf("port 80: %v", err)
	}
	for _, q := range []struct {
		host string
		port int
		want bool
	}{{"HERE.contoso.com.", 443, true}, {"here.contoso.com", 80, false}, {"gone.contoso.com", 443, false}, {IssuerHost, 80, true}} {
		if got := f.Answers(q.host, q.port); got != q.want {
			t.Errorf("%s:%d answers: %v", q.host, q.port, got)
		}
	}
}

func TestWhatWithoutHTTPHolds(t *testing.T) {
	f := run(t, Options{Idle: 200 * time.Millisecond, Hosts: []lab.Host{{Name: "edge.contoso.com", Port: 5061}, {Name: "web.contoso.com", Port: 443}}})
	for name, port := range map[string]int{"edge.contoso.com": 5061, "web.contoso.com": 443} {
		conn, err := tls.Dial("tcp", f.at[port], &tls.Config{ServerName: name, RootCAs: pool(t, f.PublicCA())})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetReadDeadline(time.Now().Add(long)); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, context.DeadlineExceeded) || time.Since(began) < 150*time.Millisecond || time.Since(began) > long-time.Second {
			t.Errorf("%s: %v after %s", name, err, time.Since(began))
		}
	}
}

func TestFaults(t *testing.T) {
	var hosts []lab.Host
	for _, name := range []string{"reset", "silent", "unanswered", "dripped"} {
		page := lab.Page{Body: "abc"}
		hosts = append(hosts, lab.Host{Name: name + ".contoso.com", Port: 443, Pages: []lab.Page{page}}, lab.Host{Name: name + ".contoso.com", Port: 80, Pages: []lab.Page{page}})
	}
	f := run(t, Options{Hosts: hosts, Faults: []Fault{
		{Kind: Reset, Host: "reset.contoso.com"}, {Kind: Silent, Host: "silent.contoso.com"},
		{Kind: Unanswered, Host: "unanswered.contoso.com", Port: 443}, {Kind: Dripped, Host: "dripped.contoso.com", Every: 30 * time.Millisecond},
	}})
	c := f.client(t)
	if _, err := f.shake("reset.contoso.com", 443, nil); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Errorf("TLS: %v", err)
	}
	if _, err := c.Get("http://reset.contoso.com/"); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Errorf("HTTP: %v", err)
	}
	silent := func(url string) {
		ctx, stop := context.WithTimeout(t.Context(), 150*time.Millisecond)
		defer stop()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Do(r); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", url, err)
		}
	}
	silent("https://silent.contoso.com/")
	silent("http://silent.contoso.com/")
	silent("https://unanswered.contoso.com/")
	if r, _ := get(t, c, "http://unanswered.contoso.com/"); r.StatusCode != 200 {
		t.Errorf("the other port: %d", r.StatusCode)
	}
	began := time.Now()
	if _, body := get(t, c, "https://dripped.contoso.com/"); body != "abc" || time.Since(began) < 60*time.Millisecond {
		t.Errorf("%q after %s", body, time.Since(began))
	}
}

func TestOnlyHTTP11(t *testing.T) {
	f := run(t, Options{Hosts: []lab.Host{{Name: "web.contoso.com", Port: 443}}})
	state, err := f.shake("web.contoso.com", 443, func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} })
	if err != nil || state.NegotiatedProtocol != "http/1.1" {
		t.Errorf("%q, %v", state.NegotiatedProtocol, err)
	}
}

func TestHostHeaderWithPort(t *testing.T) {
	f := run(t, Options{Hosts: []lab.Host{{Name: "web.contoso.com", Port: 80, Pages: []lab.Page{{Path: "/", Body: "here"}}}}})
	conn, err := net.Dial("tcp", f.at[80])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: WEB.contoso.com:80\r\nConnection: close\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	r, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if r.StatusCode != 200 {
		t.Errorf("status %d", r.StatusCode)
	}
}

func TestHostsThatCannotBe(t *testing.T) {
	for note, hosts := range map[string][]lab.Host{
		"twice":     {{Name: "a.contoso.com", Port: 443}, {Name: "A.contoso.com", Port: 443}},
		"no port":   {{Name: "a.contoso.com", Port: 8443}},
		"no ASCII":  {{Name: "a.contoso.com", Port: 443, Certificate: lab.Certificate{Names: []string{"zoë.contoso.com"}}}},
		"short key": {{Name: "a.contoso.com", Port: 443, Certificate: lab.Certificate{RSABits: 512}}},
	} {
		if _, err := New(Options{Hosts: hosts}); err == nil || !strings.Contains(strings.ToLower(err.Error()), "a.contoso.com") {
			t.Errorf("%s: %v", note, err)
		}
	}
	if _, err := New(Options{Faults: []Fault{{Kind: Dripped}}}); err == nil {
		t.Error("a drip without an interval is taken")
	}
}
