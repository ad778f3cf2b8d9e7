package weblab

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"hybridaudit/sources/lab/server/serving"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server answers for all hosts.
type Server struct {
	options  Options
	hosts    map[at]*served
	files    map[string]*x509.Certificate
	publicCA []byte
	ownCA    []byte
}

// New makes the authorities and prepares the hosts. The error names the host of which no certificate can be made.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	for _, f := range o.Faults {
		if f.Kind < Reset || f.Kind >= lastFaultKind || f.Kind == Dripped && f.Every <= 0 {
			return nil, fmt.Errorf("web lab: the fault %+v is none", f)
		}
	}
	w, err := newWorkshop(o.Now())
	if err != nil {
		return nil, fmt.Errorf("web lab: %w", err)
	}
	hosts, err := ready(o.Hosts, w)
	if err != nil {
		return nil, fmt.Errorf("web lab: %w", err)
	}
	return &Server{options: o, hosts: hosts, files: w.files, publicCA: w.authorities.public.pem(), ownCA: w.authorities.own.pem()}, nil
}

// PublicCA is the certificate (PEM) of the authority that all the world trusts.
func (s *Server) PublicCA() []byte { return s.publicCA }

// OwnCA is the certificate (PEM) of the organisation's own authority.
func (s *Server) OwnCA() []byte { return s.ownCA }

// Answers says whether a host answers on a port.
func (s *Server) Answers(host string, port int) bool { return s.find(host, port) != nil }

// Serve answers as the hosts do on one of the ports that this package names, until ctx ends; it then closes the listener and every connection, waits for all that runs and
// returns nil. It always closes the listener.
func (s *Server) Serve(ctx context.Context, l net.Listener, port int) error {
	var err error
	l = cutting{l, s.options.Idle}
	switch port {
	case PortHTTP:
		err = s.serveHTTP(ctx, l, port)
	case PortHTTPS:
		err = s.serveHTTP(ctx, tls.NewListener(l, s.front(port)), port)
	case PortFederation:
		err = s.serveStreams(ctx, l, s.front(port))
	default:
		err = errors.Join(fmt.Errorf("port %d is not served", port), l.Close())
	}
	if err != nil {
		return fmt.Errorf("web lab: %w", err)
	}
	return nil
}

func (s *Server) serveHTTP(ctx context.Context, l net.Listener, port int) error {
	var open sync.WaitGroup
	return serving.HTTP(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, port) }), &open, s.options.Log)
}

// serveStreams is for ports on which no HTTP is spoken: once TLS stands, what comes is read and nothing is said.
func (s *Server) serveStreams(ctx context.Context, l net.Listener, config *tls.Config) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	serving, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return errors.Join(err, l.Close())
		}
		work.Go(func() {
			stop := context.AfterFunc(serving, func() { _ = conn.Close() })
			defer stop()
			defer conn.Close()
			if err := s.stream(serving, tls.Server(conn, config)); err != nil {
				s.options.Log.Debug("web lab connection", "error", err)
			}
		})
	}
}

func (s *Server) stream(ctx context.Context, conn *tls.Conn) error {
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	buffer := make([]byte, 1024)
	for {
		if _, err := conn.Read(buffer); errors.Is(err, io.EOF) {
			return conn.Close()
		} else if err != nil {
			return err
		}
	}
}
