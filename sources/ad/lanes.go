package ad

import (
	"context"
	"net"

	"hybridaudit/sources/evidence/directory"
)

// domain is a domain of the forest, with how it is read.
type domain struct {
	partition
	name    directory.DN // naming context, parsed; empty when it is no name
	key     string       // its comparison form
	catalog bool         // read from a global catalog
	because *Error       // why it is read from a global catalog, or why it is not read
	reached bool         // a server of it, or for it, was found
	servers []string     // DNS names of those that gave something, the last one last; guarded by the collection
	deltas  deltas       // what happened since earlier evidence
}

func newDomain(p partition) *domain {
	name, err := directory.ParseDN(p.context)
	if err != nil {
		name = directory.DN{}
	}
	return &domain{partition: p, name: name, key: directory.DNKey(p.context)}
}

func (d *domain) wish() wish { return wish{context: d.context, catalog: d.catalog} }

// lane is a line of work on a domain: one connection at a time to one of its servers.
type lane struct {
	domain  *domain
	session *session
	broke   *Error // why the last connection was given up, nil since there is a new one
}

// drop gives the connection up.
func (l *lane) drop() {
	if l.session != nil {
		l.session.close()
		l.session = nil
	}
}

// lost gives up a connection that broke, and puts its server behind the others that may stand in for it.
func (c *collection) lost(l *lane, why *Error) {
	if l.session == nil {
		return
	}
	l.broke = why
	broken := l.session.server.address
	l.drop()
	c.demote(broken)
}

// live gives a lane's connection, a new one when the old was lost.
func (c *collection) live(ctx context.Context, l *lane) (*session, *Error) {
	if l.session != nil && l.session.conn.IsClosing() {
		c.lost(l, l.session.searchError(net.ErrClosed))
	}
	if l.session == nil {
		s, fault := c.open(ctx, l.domain.wish())
		if fault != nil {
			return nil, fault.after(l.broke)
		}
		l.session, l.broke = s, nil
	}
	return l.session, nil
}

// trying does something with a lane's connection, again on a new one when it was lost.
func (c *collection) trying(ctx context.Context, l *lane, do func(*session) *Error) *Error {
	for losses := 0; ; losses++ {
		s, fault := c.live(ctx, l)
		if fault != nil {
			return fault
		}
		fault = do(s)
		if fault == nil || fault.Kind != ConnectionLost || losses == maxLosses || ctx.Err() != nil {
			return fault
		}
		c.config.Log.Warn("connection lost", "server", s.server.address, "because", fault)
		c.lost(l, fault)
	}
}
