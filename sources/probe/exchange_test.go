package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
)

// asking makes a prober that finds www.contoso.com on a server.
func asking(t testing.TB, at netip.AddrPort, timeout time.Duration) *prober {
	t.Helper()
	return newTestProber(t, Config{
		Targets: of([]string{"www.contoso.com"}), Timeout: timeout, Detours: detours(t, map[string]netip.AddrPort{"www.contoso.com:80": at, "www.contoso.com:443": at}),
	})
}

func TestGet(t *testing.T) {
	type seen struct{ method, host, cookie, authorization, agent string }
	var last atomic.Pointer[seen]
	at := listenHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		last.Store(&seen{r.Method, r.Host, r.Header.Get("Cookie"), r.Header.Get("Authorization"), r.UserAgent()})
		w.Header().Set("Set-Cookie", "a=b")
		switch r.URL.Path {
		case "/moved":
			w.Header().Set("Location", "https://elsewhere.fabrikam.com/")
			w.WriteHeader(http.StatusFound)
		case "/denied":
			w.Header().Set("WWW-Authenticate", "Negotiate")
			w.WriteHeader(http.StatusUnauthorized)
		case "/large":
			io.WriteString(w, strings.Repeat("x", 1<<20))
		case "/early":
			w.WriteHeader(http.StatusEarlyHints)
			io.WriteString(w, "late")
		default:
			io.WriteString(w, "body")
		}
	})
	p := asking(t, at, 3*time.Second)
	tests := []struct {
		path     string
		status   int
		location string
		body     int
		cut      bool
	}{
		{"/", 200, "", 4, false},
		{"/moved", 302, "https://elsewhere.fabrikam.com/", 0, false},
		{"/denied", 401, "", 0, false},
		{"/large", 200, "", maxBody, true},
		{"/early", 200, "", 4, false},
	}
	for _, test := range tests {
		a := p.get(t.Context(), request{url: "http://kim:secret@www.contoso.com" + test.path + "#part"})
		if !a.row.Through() || a.row.Status != test.status || a.row.Location != test.location || len(a.body) != test.body || a.cut != test.cut || a.row.Stage != evidence.StageNone {
			t.Errorf("%s: %+v, %d bytes, cut %v", test.path, a.row, len(a.body), a.cut)
		}
		if a.row.Protocol != "http" || a.row.Host != "www.contoso.com" || a.row.Port != 80 || a.row.Address != at.String() || a.began.After(a.ended) {
			t.Errorf("%s: %+v", test.path, a.row)
		}
		if s := *last.Load(); s != (seen{"GET", "www.contoso.com", "", "", userAgent}) {
			t.Errorf("%s was asked with %+v", test.path, s)
		}
	}
	for _, wrong := range []string{"", "ftp://www.contoso.com/", "https://", "http://www.contoso.com:99999/", "http:www.contoso.com", "::"} {
		if a := p.get(t.Context(), request{url: wrong}); a.row.Stage != evidence.StagePolicy || a.row.Through() {
			t.Errorf("%q: %+v", wrong, a.row)
		}
	}
	if a := p.get(t.Context(), request{url: "https://www.contoso.com/"}); a.row.Stage != evidence.StageTLS || a.row.Failure != "the server does not speak TLS" {
		t.Errorf("%+v", a.row)
	}
	if a := p.get(t.Context(), request{url: "http://www.contoso.com/", via: evidence.ViaProxy}); a.row.Stage != evidence.StagePolicy {
		t.Errorf("%+v", a.row)
	}
}

func TestGetOverTLS(t *testing.T) {
	root := newAuthority(t, "Root", nil, nil)
	at := listenTLS(t, &tls.Config{Certificates: []tls.Certificate{serving(testKey, root.leaf(t, []string{"other.contoso.com"}, func(c *x509.Certificate) { c.NotAfter = begun.Add(-time.Hour) }))}})
	a := asking(t, at, 3*time.Second).get(t.Context(), request{url: "https://www.contoso.com/"})
	if a.row.Status != 200 || a.row.Protocol != "https" || string(a.body) != "ok" {
		t.Errorf("%+v", a.row)
	}
}

// TestHostileServers has servers that never come to an end: each exchange ends in time, and no more than what is allowed is kept.
func TestHostileServers(t *testing.T) {
	forever := func(conn net.Conn, text string, pause time.Duration) {
		for {
			if _, err := io.WriteString(conn, text); err != nil {
				return
			}
			if pause > 0 {
				time.Sleep(pause)
			}
		}
	}
	tests := []struct {
		name    string
		serve   func(net.Conn)
		through bool
	}{
		{"silence", func(conn net.Conn) { io.Copy(io.Discard, conn) }, false},
		{"dripping header", func(conn net.Conn) { forever(conn, "H", 5*time.Millisecond) }, false},
		{"dripping status", func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
			forever(conn, "a: b\r\n", 5*time.Millisecond)
		}, false},
		{"header of 64 KiB", func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 64<<10)+"\r\n\r\n")
			io.Copy(io.Discard, conn)
		}, false},
		{"endless header", func(conn net.Conn) { io.WriteString(conn, "HTTP/1.1 200 OK\r\n"); forever(conn, "a: b\r\n", 0) }, false},
		{"endless informational answers", func(conn net.Conn) { forever(conn, "HTTP/1.1 103 Early Hints\r\n\r\n", 0) }, true},
		{"endless body", func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
			forever(conn, strings.Repeat("x", 4096), 0)
		}, true},
		{"endless chunks", func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			forever(conn, "1;"+strings.Repeat("e", 100)+"\r\nx\r\n", 0)
		}, true},
		{"dripping body", func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
			forever(conn, "x", 5*time.Millisecond)
		}, true},
		{"lying length", func(conn net.Conn) { io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx") }, true},
		{"no HTTP", func(conn net.Conn) { io.WriteString(conn, "SSH-2.0-OpenSSH_9.2\r\n\r\n") }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := asking(t, listen(t, test.serve), time.Second)
			begin := time.Now()
			a := p.get(t.Context(), request{url: "http://www.contoso.com/"})
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			if a.row.Through() != test.through || a.interrupted || len(a.body) > maxBody || !test.through && (a.row.Stage != evidence.StageHTTP || a.row.Failure == "" || len(a.row.Failure) > 200) {
				t.Errorf("%+v, %d bytes", a.row, len(a.body))
			}
			if test.through && !a.cut && test.name != "endless informational answers" {
				t.Error("the body counts as whole")
			}
		})
	}
}

// TestInterrupted ends everything while a server is silent: that tells nothing about the server.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	at := listen(t, func(conn net.Conn) {
		cancel()
		io.Copy(io.Discard, conn)
	})
	a := asking(t, at, 3*time.Second).get(ctx, request{url: "http://www.contoso.com/"})
	if !a.interrupted || a.row.Through() {
		t.Errorf("%+v, interrupted %v", a.row, a.interrupted)
	}
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	silent := listen(t, func(conn net.Conn) { io.Copy(io.Discard, conn) })
	if a := asking(t, silent, 3*time.Second).get(ctx, request{url: "https://www.contoso.com/"}); !a.interrupted {
		t.Errorf("%+v", a.row)
	}
}

// TestRedirectsLeadNowhereElse follows redirects of files that certificates name: to hosts that are named, and to no others.
func TestRedirectsLeadNowhereElse(t *testing.T) {
	var strange atomic.Int32
	elsewhere := listenHTTP(t, func(http.ResponseWriter, *http.Request) { strange.Add(1) })
	at := listenHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/same":
			http.Redirect(w, r, "/file", http.StatusMovedPermanently)
		case "/named":
			http.Redirect(w, r, "http://www.contoso.com/file", http.StatusMovedPermanently)
		case "/elsewhere":
			http.Redirect(w, r, "http://elsewhere.example.com/", http.StatusMovedPermanently)
		case "/metadata":
			http.Redirect(w, r, "http://169.254.169.254/latest", http.StatusMovedPermanently)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusMovedPermanently)
		case "/file":
			io.WriteString(w, "file")
		}
	})
	p := newTestProber(t, Config{Targets: of([]string{"www.contoso.com"}), Detours: detours(t, map[string]netip.AddrPort{
		"www.contoso.com:80": at, "crl.fabrikam.com:80": at, "elsewhere.example.com:80": elsewhere, "169.254.169.254:80": elsewhere,
	})})
	for path, want := range map[string]string{
		"/same": " 200", "/named": " 200", "/elsewhere": "policy 301", "/metadata": "policy 301", "/round": " 301",
	} {
		a := p.follow(t.Context(), "http://crl.fabrikam.com"+path, linked)
		if got := fmt.Sprint(a.row.Stage, " ", a.row.Status); got != want {
			t.Errorf("%s: %s instead of %s: %+v", path, got, want, a.row)
		}
	}
	if strange.Load() != 0 {
		t.Error("a host that is not named was asked")
	}
}
