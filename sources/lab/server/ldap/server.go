package ldaplab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"hybridaudit/sources/lab"
)

// Server answers for one forest. It may serve several listeners at once: faults are shared.
type Server struct {
	options  Options
	tree     *tree
	catalog  *tree // nil when it is no global catalog
	accounts []account
	faults   *faultBook
}

// New checks the options and indexes the directory, whose values the server goes on using: they must not be changed.
func New(o Options) (*Server, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("LDAP lab: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if len(o.Forest) == 0 {
		o.Forest = []lab.Directory{o.Directory}
	}
	if o.RootDomainDN == "" {
		o.RootDomainDN = o.Forest[0].BaseDN
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	t, err := newTree(o.Forest, o.Directory, false)
	if err != nil {
		return nil, fmt.Errorf("LDAP lab: %w", err)
	}
	s := &Server{options: o, tree: t, accounts: accountsOf(o, t), faults: newFaultBook(o.Faults)}
	t.spoil(o.Faults)
	if o.Catalog {
		if s.catalog, err = newTree(o.Forest, o.Directory, true); err != nil {
			return nil, fmt.Errorf("LDAP lab: global catalog: %w", err)
		}
		s.catalog.spoil(o.Faults)
	}
	return s, nil
}

// Serve answers on a plain listener (port 389), where StartTLS is offered when the options hold a certificate, until ctx ends; it then closes the listener
// and every connection, waits for all that runs and returns nil. It always closes the listener.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	return s.serve(ctx, l, s.tree, false)
}

// ServeTLS is Serve for LDAPS (port 636): connections begin with the TLS handshake.
func (s *Server) ServeTLS(ctx context.Context, l net.Listener) error {
	if len(s.options.Certificate.Certificate) == 0 {
		return errors.Join(errors.New("LDAP lab: LDAPS without a certificate"), l.Close())
	}
	return s.serve(ctx, l, s.tree, true)
}

// ServeCatalog is Serve for the global catalog's port in clear (3268), with all domains of the forest and only what a catalog holds of them.
func (s *Server) ServeCatalog(ctx context.Context, l net.Listener) error {
	if s.catalog == nil {
		return errors.Join(errors.New("LDAP lab: the server is no global catalog"), l.Close())
	}
	return s.serve(ctx, l, s.catalog, false)
}

// ServeCatalogTLS is ServeCatalog for the port with TLS (3269).
func (s *Server) ServeCatalogTLS(ctx context.Context, l net.Listener) error {
	if s.catalog == nil || len(s.options.Certificate.Certificate) == 0 {
		return errors.Join(errors.New("LDAP lab: the server is no global catalog, or has no certificate"), l.Close())
	}
	return s.serve(ctx, l, s.catalog, true)
}

func (s *Server) serve(ctx context.Context, l net.Listener, t *tree, implicitTLS bool) error {
	stop := context.AfterFunc(ctx, func() { _ = l.Close() })
	defer stop()
	connections, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return errors.Join(fmt.Errorf("LDAP lab: %w", err), l.Close())
		}
		work.Go(func() {
			if err := newConnection(s, t, conn).serve(connections, implicitTLS); err != nil {
				s.options.Log.Debug("LDAP lab connection", "error", err)
			}
		})
	}
}
