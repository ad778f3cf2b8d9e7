package weblab

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"time"
)

// errRefused ends a handshake.
var errRefused = errors.New("the host is not there")

// front takes the TLS handshakes of a port and hands each to its host.
func (s *Server) front(port int) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		switch s.options.fault(hello.ServerName, port).Kind {
		case Reset:
			reset(hello.Conn)
			return nil, errRefused
		case Silent:
			<-hello.Context().Done()
			return nil, errRefused
		}
		if h := s.find(hello.ServerName, port); h != nil {
			return h.tls()
		}
		// what the package would send by itself is internal_error, which says less
		_, _ = hello.Conn.Write([]byte{recordAlert, 3, 1, 0, 2, levelFatal, alertUnrecognizedName})
		return nil, errors.Join(errRefused, hello.Conn.Close())
	}}
}

// Parts of the TLS message that refuses a server name (RFC 6066).
const (
	recordAlert           = 21
	levelFatal            = 2
	alertUnrecognizedName = 112
)

// reset ends a connection without the usual farewell.
func reset(conn net.Conn) {
	if t, ok := conn.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = conn.Close()
}

// answer answers one request on ports 80 and 443.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, port int) {
	host := hostname(r.Host)
	if r.TLS != nil {
		host = r.TLS.ServerName
	}
	if s.options.Observe != nil {
		s.options.Observe(Request{Host: fold(host), Port: port, Method: r.Method, Path: r.URL.Path, Authorization: r.Header.Get("Authorization") != ""})
	}
	f, h := s.options.fault(host, port), s.find(host, port)
	switch {
	case h == nil || f.Kind == Reset:
		s.refuse(w)
		return
	case f.Kind == Silent || f.Kind == Unanswered:
		<-r.Context().Done()
		return
	}
	w.Header().Set("Date", s.options.Now().Add(s.options.Drift).UTC().Format(http.TimeFormat))
	page := s.page(h, r.RequestURI, r.URL.Path)
	if page == nil {
		http.NotFound(w, r)
		return
	}
	for name, value := range page.Header {
		w.Header().Set(name, value)
	}
	if page.Status != 0 {
		w.WriteHeader(page.Status)
	}
	write(w, r, page.Body, f.Every)
}

func (s *Server) refuse(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.options.Log.Debug("web lab connection", "error", err)
		return
	}
	reset(conn)
}

// write sends the body, one byte at a time when there is an interval. An error means that nobody reads any more.
func write(w http.ResponseWriter, r *http.Request, body string, every time.Duration) {
	if every == 0 {
		_, _ = w.Write([]byte(body))
		return
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for i := range len(body) {
		if _, err := w.Write([]byte(body[i : i+1])); err != nil {
			return
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}
