package graphlab

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	targetToken      = "token"
	targetDeviceCode = "devicecode"
	targetDiscovery  = "discovery"
)

// Server answers for one tenant. It may serve several listeners at once: tokens and faults are shared.
type Server struct {
	options     Options
	tokens      *tokenStore
	devices     deviceCodes
	faults      *faultBook
	linkKey     []byte
	serial      atomic.Int64
	deltaEpoch  atomic.Int64
	mu          sync.RWMutex
	collections map[string]*collection
}

// New checks the options and makes a server.
func New(o Options) (*Server, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("graph lab: %w", err)
	}
	if o.TokenLifetime == 0 {
		o.TokenLifetime = time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	s := &Server{
		options: o,
		tokens:  newTokenStore(o.TokenLifetime),
		faults:  newFaultBook(o.Faults),
		linkKey: key,
	}
	var err error
	if s.collections, err = indexCollections(o.Tenant.Collections); err != nil {
		return nil, fmt.Errorf("graph lab: %w", err)
	}
	if c := s.collections["users"]; c != nil {
		for _, name := range o.UnknownProperties {
			delete(c.kind.known, name)
		}
	}
	return s, nil
}

// Serve makes a server and serves the listener until ctx ends; see Server.Serve.
func Serve(ctx context.Context, l net.Listener, o Options) error {
	s, err := New(o)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	return s.Serve(ctx, l)
}

// Serve answers on the listener, with TLS when the options hold a certificate, until ctx ends; it then closes the listener and every connection,
// waits for the handlers and returns nil. It always closes the listener.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	handlers, stop := context.WithCancel(ctx)
	defer stop()
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return handlers },
		ErrorLog:          slog.NewLogLogger(s.options.Log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() {
		if len(s.options.Certificate.Certificate) > 0 {
			srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{s.options.Certificate}, MinVersion: tls.VersionTLS12}
			served <- srv.ServeTLS(l, "", "")
			return
		}
		served <- srv.Serve(l)
	}()
	select {
	case err := <-served:
		return errors.Join(fmt.Errorf("graph lab: %w", err), srv.Close())
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := srv.Shutdown(grace)
	if errors.Is(err, context.DeadlineExceeded) {
		err = srv.Close()
	}
	if ended := <-served; err == nil && !errors.Is(ended, http.ErrServerClosed) {
		err = ended
	}
	if err != nil {
		return fmt.Errorf("graph lab: shutting down: %w", err)
	}
	return nil
}

// ServeHTTP answers one request; it makes the server usable behind any other http server.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	seen := &Request{
		Method: r.Method, Path: r.URL.Path, RawQuery: r.URL.RawQuery, ClientRequestID: r.Header.Get("client-request-id"),
		Consistency: r.Header.Get("ConsistencyLevel"), Prefer: r.Header.Get("Prefer"), UserAgent: r.UserAgent(),
	}
	if s.options.Observe != nil {
		defer func() { s.options.Observe(*seen) }()
	}
	a := &answer{w: w, r: r, seen: seen, now: s.options.Now()}
	a.begin()
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case r.URL.Path == "/common/discovery/instance":
		s.instanceDiscovery(a)
	case len(parts) == 4 && parts[1] == "v2.0" && parts[2] == ".well-known" && parts[3] == "openid-configuration":
		s.openIDConfiguration(a, parts[0])
	case len(parts) == 4 && parts[1] == "oauth2" && parts[2] == "v2.0" && parts[3] == "token":
		s.token(a, parts[0])
	case len(parts) == 4 && parts[1] == "oauth2" && parts[2] == "v2.0" && parts[3] == "devicecode":
		s.deviceCode(a, parts[0])
	case len(parts) > 1 && (parts[0] == "v1.0" || parts[0] == "beta"):
		s.graph(a, parts[0], strings.Join(parts[1:], "/"))
	default:
		a.graphError(http.StatusBadRequest, "BadRequest", "Invalid version")
	}
}

// clientID is the application that throttling speaks of.
func (s *Server) clientID() string {
	if len(s.options.Applications) == 0 {
		return resourceURL
	}
	return s.options.Applications[0].ClientID
}
