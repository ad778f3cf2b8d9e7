package ad

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// goodbye bounds how long a connection is given to end politely.
const goodbye = 2 * time.Second

// session is one signed-in connection to a domain controller.
type session struct {
	server  server
	conn    *ldap.Conn
	guard   *guard
	root    rootDSE
	timeout time.Duration
	log     *slog.Logger
	clock   Clock
	stop    func() bool // ends the watch over the context
	free    func()      // gives the place among the server's connections back; nil for none

	certificate *x509.Certificate // the server's; nil without TLS
}

// entrance decides about a server and about the sign-in.
type entrance struct {
	// accept gives an error when the server is not wanted.
	accept func(rootDSE) *Error
	// admit is called before the sign-in, and done with its outcome. It gives an error when no sign-in may be tried any more.
	admit func() (done func(*Error), fault *Error)
}

// open connects, secures, reads rootDSE and signs in. It checks the domain before the sign-in, so that no password goes to a stranger's server.
func (r *resolved) open(ctx context.Context, s server, e entrance) (*session, *Error) {
	raw, fault := r.dial(ctx, s)
	if fault != nil {
		return nil, r.certificateFault(s, fault, nil)
	}
	g := newGuard(raw)
	conn := ldap.NewConn(g, s.implicit || r.StartTLS)
	conn.SetTimeout(r.Timeout)
	conn.Start()
	n := &session{server: s, conn: conn, guard: g, timeout: r.Timeout, log: r.Log, clock: r.Clock, certificate: serverCertificate(raw)}
	// The library knows no context. Closing the socket below it ends every request at once.
	n.stop = context.AfterFunc(ctx, func() { _ = raw.Close() })
	if fault := n.enter(ctx, r, e); fault != nil {
		fault = r.certificateFault(s, fault, g.broken())
		n.close()
		return nil, fault
	}
	r.Log.Info("connected", "server", s.address, "domain", n.root.domain(), "secured", s.implicit || r.StartTLS)
	return n, nil
}

// serverCertificate gives the certificate that a server showed, nil without TLS.
func serverCertificate(conn net.Conn) *x509.Certificate {
	secured, ok := conn.(*tls.Conn)
	if !ok {
		return nil
	}
	shown := secured.ConnectionState().PeerCertificates
	if len(shown) == 0 {
		return nil
	}
	return shown[0]
}

func (s *session) enter(ctx context.Context, r *resolved, e entrance) *Error {
	root, early := s.readRootDSE()
	if early != nil && early.Kind != Refused {
		return early
	}
	if early == nil {
		s.root = root
		if fault := e.accept(root); fault != nil {
			return fault
		}
	}
	done, fault := e.admit()
	if fault != nil {
		return fault
	}
	if !s.server.implicit && !r.StartTLS {
		r.warnOfPlaintext(s.server)
	}
	fault = s.signIn(ctx, r)
	done(fault)
	if fault != nil {
		return fault
	}
	if early == nil {
		return nil
	}
	// Some servers show rootDSE only to those who have signed in.
	if root, fault = s.readRootDSE(); fault != nil {
		return fault
	}
	s.root = root
	return e.accept(root)
}

// warnOfPlaintext says what a sign-in over a connection in clear gives away.
func (r *resolved) warnOfPlaintext(s server) {
	if r.Auth.method() == SimpleBind {
		r.Log.Warn("the connection is not secured: the password and all that is read travel in clear", "server", s.address)
		return
	}
	r.Log.Warn("the connection is not secured: all that is read travels in clear", "server", s.address, "method", r.Auth.method())
}

// close ends the connection, politely if it still lives.
func (s *session) close() {
	s.stop()
	_ = s.guard.SetDeadline(time.Now().Add(goodbye))
	_ = s.conn.Unbind()
	_ = s.guard.Close()
	_ = s.conn.Close()
	if s.free != nil {
		s.free()
	}
}

// search sends one request. Whatever entries came before an error are given as well.
func (s *session) search(req *ldap.SearchRequest) (*ldap.SearchResult, *Error) {
	s.guard.allow()
	began := time.Now()
	got, err := s.conn.Search(req)
	entries := 0
	if got != nil {
		entries = len(got.Entries)
	}
	s.log.Debug("LDAP answered", "server", s.server.address, "base", req.BaseDN, "scope", req.Scope, "filter", req.Filter, "entries", entries,
		"took", time.Since(began).Round(time.Millisecond))
	if err != nil {
		return got, s.searchError(err)
	}
	return got, nil
}

// base reads one object; nil without an error when there is none.
func (s *session) base(dn, filter string, attributes []string, controls ...ldap.Control) (*ldap.Entry, *Error) {
	got, fault := s.search(ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, s.seconds(), false, filter, attributes, controls))
	switch {
	case fault != nil && fault.Code == ldap.LDAPResultNoSuchObject:
		return nil, nil //nolint:nilnil // absence is an answer
	case fault != nil:
		return nil, fault
	case len(got.Entries) == 0:
		return nil, nil //nolint:nilnil // as above
	}
	return got.Entries[0], nil
}

// seconds is the time limit that the server is told, so that it does not go on working for nobody.
func (s *session) seconds() int { return max(1, int(s.timeout/time.Second)) }
