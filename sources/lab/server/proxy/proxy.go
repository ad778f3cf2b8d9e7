// Package proxylab is an HTTP proxy: it tunnels (CONNECT) and fetches http addresses, for everybody or for those who bring its credentials.
package proxylab

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hybridaudit/sources/lab/server/serving"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync"
)

// Options say whom the proxy serves and how it reaches hosts.
type Options struct {
	// Dial reaches a host, host:port as it was asked for. The network is tcp.
	Dial func(ctx context.Context, network, host string) (net.Conn, error)
	// Credentials are demanded, user:password; empty lets everybody through.
	Credentials string
	// Observe is told of each request. It is called from several goroutines.
	Observe func(Request)
	Log     *slog.Logger // of connections that end badly; nil for none
}

// Request is a request as it came.
type Request struct {
	Method, Target string // CONNECT and host:port, or GET and the address
	Admitted       bool
}

// Server is one proxy.
type Server struct {
	options Options
	forward *httputil.ReverseProxy
}

// New makes a proxy.
func New(o Options) (*Server, error) {
	if o.Dial == nil {
		return nil, errors.New("proxy lab: no way to reach hosts")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	errors := slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)
	return &Server{options: o, forward: &httputil.ReverseProxy{
		Rewrite:   func(*httputil.ProxyRequest) {},
		Transport: &http.Transport{DialContext: o.Dial, DisableKeepAlives: true, DisableCompression: true},
		ErrorLog:  errors,
	}}, nil
}

// Serve answers until ctx ends; it then closes the listener and every connection, waits for all that runs and returns nil. It always closes the listener.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	var open sync.WaitGroup // connections of the server, and tunnels
	err := serving.HTTP(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, &open) }), &open, s.options.Log)
	if err != nil {
		return fmt.Errorf("proxy lab: %w", err)
	}
	return nil
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, open *sync.WaitGroup) {
	admitted := s.admits(r)
	if s.options.Observe != nil {
		s.options.Observe(Request{Method: r.Method, Target: r.RequestURI, Admitted: admitted})
	}
	switch {
	case !admitted:
		w.Header().Set("Proxy-Authenticate", `Basic realm="lab"`)
		http.Error(w, "the proxy wants credentials", http.StatusProxyAuthRequired)
	case r.Method == http.MethodConnect:
		s.tunnel(w, r, open)
	case r.URL.Scheme != "http" || r.URL.Host == "":
		http.Error(w, "this is a proxy", http.StatusBadRequest)
	default:
		s.forward.ServeHTTP(w, r)
	}
}

func (s *Server) admits(r *http.Request) bool {
	if s.options.Credentials == "" {
		return true
	}
	scheme, value, _ := strings.Cut(r.Header.Get("Proxy-Authorization"), " ")
	given, err := base64.StdEncoding.DecodeString(value)
	return err == nil && strings.EqualFold(scheme, "Basic") && string(given) == s.options.Credentials
}

// tunnel connects both ends until one of them closes, or the server ends.
func (s *Server) tunnel(w http.ResponseWriter, r *http.Request, open *sync.WaitGroup) {
	ctx := r.Context()
	far, err := s.options.Dial(ctx, "tcp", r.Host)
	if err != nil {
		http.Error(w, "the host cannot be reached", http.StatusBadGateway)
		return
	}
	defer far.Close()
	open.Add(1)
	defer open.Done()
	near, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		s.options.Log.Debug("proxy lab connection", "error", err)
		return
	}
	defer near.Close()
	stop := context.AfterFunc(ctx, func() { _, _ = near.Close(), far.Close() })
	defer stop()
	if _, err := near.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(near, far)
		_ = near.Close()
	})
	_, _ = io.Copy(far, buffered)
	_ = far.Close()
	back.Wait()
}
