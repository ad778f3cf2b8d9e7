package ad

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"hybridaudit/sources/evidence/directory"
)

// candidate is a server that may be asked: a configured one, or one that was found in DNS.
type candidate struct {
	server  server
	context string // key of its domain's naming context, "" until it is known
	lost    bool   // a connection to it broke
	met     bool   // there was a connection to it
}

// wish says which server is wanted. The zero value takes any, a domain controller rather than a global catalog.
type wish struct {
	context string // naming context of the domain
	catalog bool   // a global catalog for it, of whatever domain
}

// fits says whether a candidate may be what is wanted.
func (w wish) fits(one *candidate) bool {
	switch {
	case w.catalog:
		return one.server.catalog
	case w.context == "":
		return true
	}
	return !one.server.catalog && (one.context == "" || one.context == directory.DNKey(w.context))
}

// next gives the first candidate that was not tried yet, nil when there is none. Those whose connection broke come last; resort says that one of them is meant.
func (c *collection) next(w wish, tried map[*candidate]bool) (next *candidate, resort bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var later [2]*candidate // catalogs, lost ones
	for _, one := range c.candidates {
		switch {
		case tried[one] || !w.fits(one):
		case one.lost:
			if later[1] == nil {
				later[1] = one
			}
		case w.catalog || !one.server.catalog:
			return one, false
		case later[0] == nil:
			later[0] = one
		}
	}
	if later[0] != nil {
		return later[0], false
	}
	return later[1], later[1] != nil
}

// open connects to the first server that gives what is wanted; when no configured one does, those that DNS names are tried. Once a sign-in was refused no
// other is tried.
func (c *collection) open(ctx context.Context, w wish) (*session, *Error) {
	tried := map[*candidate]bool{}
	var first *Error
	for {
		if fault := c.stopped(ctx); fault != nil {
			return nil, fault
		}
		one, resort := c.next(w, tried)
		if one == nil || resort {
			fault := c.discover(ctx, w)
			if one, _ = c.next(w, tried); one == nil {
				if first == nil {
					first = fault
				}
				break
			}
		}
		tried[one] = true
		s, fault := c.connect(ctx, one, w)
		switch {
		case fault == nil:
			return s, nil
		case fault.SignIn() || fault.Kind == CredentialError:
			return nil, fault
		case ctx.Err() != nil:
			return nil, interruption(ctx, one.server.address)
		}
		c.config.Log.Debug("no connection", "server", one.server.address, "because", fault)
		if first == nil || first.Kind == NoDomain {
			first = fault
		}
	}
	if first == nil {
		first = &Error{Kind: NoDomain, Server: directory.DomainOf(w.context), What: "no server of this domain is configured", Advice: "add one to the servers"}
	}
	return nil, first
}

// stopped says why no connection may be opened any more.
func (c *collection) stopped(ctx context.Context) *Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.refused != nil:
		return c.refused
	case ctx.Err() != nil:
		return interruption(ctx, c.config.anyServer())
	}
	return nil
}

func interruption(ctx context.Context, address string) *Error {
	return &Error{Kind: Unreachable, Server: address, What: "interrupted", Err: ctx.Err()}
}

// connect opens a connection to a server, once there may be one more to it.
func (c *collection) connect(ctx context.Context, one *candidate, w wish) (*session, *Error) {
	free, err := c.seat(ctx, one.server.address)
	if err != nil {
		return nil, interruption(ctx, one.server.address)
	}
	s, fault := c.config.open(ctx, one.server, entrance{
		accept: func(root rootDSE) *Error { return c.accept(one, root, w) },
		admit:  func() (func(*Error), *Error) { return c.admit(ctx, one.server.address) },
	})
	if fault != nil {
		free()
		if fault.SignIn() { // a client certificate is refused outside of the sign-in
			c.mu.Lock()
			c.refused = fault
			c.mu.Unlock()
		}
		return nil, fault
	}
	s.free = free
	c.mu.Lock()
	one.met = true
	c.mu.Unlock()
	c.meet(s)
	return s, nil
}

// seat waits for a place among the connections to a server.
func (c *collection) seat(ctx context.Context, address string) (free func(), err error) {
	c.mu.Lock()
	places := c.seats[address]
	if places == nil {
		places = make(chan struct{}, c.config.Connections)
		c.seats[address] = places
	}
	c.mu.Unlock()
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// admit lets one sign-in after the other through, so that a wrong password is tried once and not by all connections: that would lock the account out.
func (c *collection) admit(ctx context.Context, address string) (done func(*Error), fault *Error) {
	select {
	case c.signIn <- struct{}{}:
	case <-ctx.Done():
		return nil, interruption(ctx, address)
	}
	if fault := c.stopped(ctx); fault != nil {
		<-c.signIn
		return nil, fault
	}
	return func(fault *Error) {
		if fault != nil && (fault.SignIn() || fault.Kind == CredentialError) {
			c.mu.Lock()
			c.refused = fault
			c.mu.Unlock()
		}
		<-c.signIn
	}, nil
}

// accept checks that a server belongs to the forest and to the wanted domain.
func (c *collection) accept(one *candidate, root rootDSE, w wish) *Error {
	key := directory.DNKey(root.defaultContext)
	c.mu.Lock()
	one.context = key
	c.mu.Unlock()
	switch {
	case c.forest.root != "" && directory.DNKey(root.rootDomain) != directory.DNKey(c.forest.root):
		return &Error{
			Kind: NoDomain, Server: one.server.address, What: fmt.Sprintf("it belongs to the forest %s and not to %s", directory.Printable(root.forest(), 255), c.forest.name),
			Advice: "read each forest on its own",
		}
	case w.context != "" && !w.catalog && key != directory.DNKey(w.context):
		return &Error{Kind: NoDomain, Server: one.server.address, What: "it belongs to the domain " + directory.Printable(root.domain(), 255)}
	}
	return nil
}

// demote puts a server whose connection broke behind the others that may stand in for it.
func (c *collection) demote(broken string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := func(one *candidate) int {
		if one.server.address != broken {
			return 0
		}
		one.lost = true
		return 1
	}
	slices.SortStableFunc(c.candidates, func(a, b *candidate) int { return cmp.Compare(last(a), last(b)) })
}

// anyServer names what stands for the servers where none of them has spoken yet.
func (r *resolved) anyServer() string {
	if len(r.servers) > 0 {
		return r.servers[0].address
	}
	return strings.ToLower(r.Domain)
}
