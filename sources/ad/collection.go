package ad

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"golang.org/x/time/rate"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// collection is one run over a forest.
type collection struct {
	config     *resolved
	builder    *evidence.Builder
	limiter    *rate.Limiter
	candidates []candidate
	domains    []*domain // that are read, the first reached first
	refused    *Error    // the sign-in was refused: it is not tried again, which would lock the account out
	forest     forest
	unread     []error  // why not all domains of the forest are read
	absent     []string // attributes that the schema does not know
	schemaless *Error   // why the schema could not be read
}

// candidate is a configured server.
type candidate struct {
	server  server
	context string // key of its domain's naming context, "" until it has answered
}

// domain is a domain of the forest that is read, with the connection to one of its servers.
type domain struct {
	context string // naming context, as the server writes it
	session *session
}

// drop gives the connection up.
func (d *domain) drop() {
	if d.session != nil {
		d.session.close()
		d.session = nil
	}
}

// lost gives up a connection that broke, and puts its server behind the others that may stand in for it.
func (c *collection) lost(d *domain) {
	if d.session == nil {
		return
	}
	broken := d.session.server.address
	d.drop()
	slices.SortStableFunc(c.candidates, func(a, b candidate) int {
		return cmp.Compare(btoi(a.server.address == broken), btoi(b.server.address == broken))
	})
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// live gives a domain's connection, a new one when the old was lost.
func (c *collection) live(ctx context.Context, d *domain) (*session, *Error) {
	if d.session != nil && d.session.conn.IsClosing() {
		c.lost(d)
	}
	if d.session == nil {
		s, fault := c.open(ctx, d.context)
		if fault != nil {
			return nil, fault
		}
		d.session = s
	}
	return d.session, nil
}

// trying does something with a domain's connection, again on a new one when it was lost.
func (c *collection) trying(ctx context.Context, d *domain, do func(*session) *Error) *Error {
	for losses := 0; ; losses++ {
		s, fault := c.live(ctx, d)
		if fault != nil {
			return fault
		}
		fault = do(s)
		if fault == nil || fault.Kind != ConnectionLost || losses == maxLosses || ctx.Err() != nil {
			return fault
		}
		c.config.Log.Warn("connection lost", "server", s.server.address, "because", fault)
		c.lost(d)
	}
}

// open connects to the first server that answers for a naming context; any will do for "". Once a sign-in was refused no other is tried.
func (c *collection) open(ctx context.Context, wanted string) (*session, *Error) {
	switch {
	case c.refused != nil:
		return nil, c.refused
	case ctx.Err() != nil:
		return nil, &Error{Kind: Unreachable, Server: c.candidates[0].server.address, What: "interrupted", Err: ctx.Err()}
	}
	key := directory.DNKey(wanted)
	var first *Error
	for i := range c.candidates {
		one := &c.candidates[i]
		if wanted != "" && one.context != "" && one.context != key {
			continue
		}
		s, fault := c.config.open(ctx, one.server, func(root rootDSE) *Error { return c.accept(one, root, key) })
		if fault == nil {
			return s, nil
		}
		if fault.SignIn() || fault.Kind == CredentialError {
			c.refused = fault
			return nil, fault
		}
		if ctx.Err() != nil {
			return nil, &Error{Kind: Unreachable, Server: one.server.address, What: "interrupted", Err: ctx.Err()}
		}
		c.config.Log.Debug("no connection", "server", one.server.address, "because", fault)
		if first == nil || first.Kind == NoDomain {
			first = fault
		}
	}
	if first == nil {
		first = &Error{Kind: NoDomain, Server: directory.DomainOf(wanted), What: "no server of this domain is configured", Advice: "add one to the servers"}
	}
	return nil, first
}

// accept checks that a server belongs to the forest and to the wanted domain.
func (c *collection) accept(one *candidate, root rootDSE, wanted string) *Error {
	one.context = directory.DNKey(root.defaultContext)
	switch {
	case c.forest.root != "" && directory.DNKey(root.rootDomain) != directory.DNKey(c.forest.root):
		return &Error{
			Kind: NoDomain, Server: one.server.address, What: fmt.Sprintf("it belongs to the forest %s and not to %s", printable(root.forest(), 255), c.forest.name),
			Advice: "read each forest on its own",
		}
	case wanted != "" && one.context != wanted:
		return &Error{Kind: NoDomain, Server: one.server.address, What: "it belongs to the domain " + printable(root.domain(), 255)}
	}
	return nil
}

// close ends all connections.
func (c *collection) close() {
	for _, d := range c.domains {
		d.drop()
	}
}
