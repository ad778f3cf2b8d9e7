package ad

import (
	"context"
	"errors"
	"log/slog"
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
	stop    func() bool // ends the watch over the context
}

// open connects, secures, reads rootDSE and signs in. It checks the domain before the sign-in, so that no password goes to a stranger's server: accept
// gives an error when the server is not wanted.
func (r *resolved) open(ctx context.Context, s server, accept func(rootDSE) *Error) (*session, *Error) {
	raw, fault := r.dial(ctx, s)
	if fault != nil {
		return nil, fault
	}
	g := &guard{Conn: raw}
	g.allow()
	conn := ldap.NewConn(g, s.implicit || r.StartTLS)
	conn.SetTimeout(r.Timeout)
	conn.Start()
	n := &session{server: s, conn: conn, guard: g, timeout: r.Timeout, log: r.Log}
	// The library knows no context. Closing the socket below it ends every request at once.
	n.stop = context.AfterFunc(ctx, func() { _ = raw.Close() })
	if fault := n.enter(r, accept); fault != nil {
		n.close()
		return nil, fault
	}
	r.Log.Info("connected", "server", s.address, "domain", n.root.domain(), "secured", s.implicit || r.StartTLS)
	return n, nil
}

func (s *session) enter(r *resolved, accept func(rootDSE) *Error) *Error {
	root, early := s.readRootDSE()
	if early != nil && early.Kind != Refused {
		return early
	}
	if early == nil {
		s.root = root
		if fault := accept(root); fault != nil {
			return fault
		}
	}
	if fault := s.signIn(r); fault != nil {
		return fault
	}
	if early == nil {
		return nil
	}
	// Some servers show rootDSE only to those who have signed in.
	root, fault := s.readRootDSE()
	if fault != nil {
		return fault
	}
	s.root = root
	return accept(root)
}

func (s *session) signIn(r *resolved) *Error {
	password, err := r.Password()
	if err == nil && password == "" {
		// With an empty password a server would let the account in as nobody, and say nothing of it.
		err = errors.New("the password is empty")
	}
	if err != nil {
		return &Error{Kind: CredentialError, Server: s.server.address, What: "the password is not available: " + err.Error(), Err: err}
	}
	s.guard.allow()
	if err := s.conn.Bind(r.BindName, password); err != nil {
		return s.bindError(err)
	}
	return nil
}

// close ends the connection, politely if it still lives.
func (s *session) close() {
	s.stop()
	_ = s.guard.SetDeadline(time.Now().Add(goodbye))
	_ = s.conn.Unbind()
	_ = s.guard.Close()
	_ = s.conn.Close()
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
