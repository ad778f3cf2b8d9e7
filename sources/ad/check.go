package ad

import (
	"context"
	"fmt"

	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// Access is what the first domain controller that was reached lets the account do.
type Access struct {
	Server         string // its DNS name, or the address where it does not tell
	Domain, Forest string // DNS names
	GlobalCatalog  bool
	Secured        bool // TLS from the start or by StartTLS
	Places         []Place
}

// Place is a part of the directory that an audit reads.
type Place struct {
	What     string // "the domain", "the configuration", "users"
	Name     string // distinguished name
	Readable bool
	Why      string // it is not
}

// Check signs in to one domain controller as Collect does and looks whether the parts of the directory that an audit reads can be seen: one object of each. The error is an
// [*Error] when there is no server or it does not let the account in, the context's when it ended, and that of [Config.Validate] for a wrong configuration.
func Check(ctx context.Context, config Config) (*Access, error) {
	r, err := config.resolve()
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	c := newCollection(&r, evidence.NewBuilder(r.Clock.Now()))
	s, fault := c.open(ctx, wish{})
	if fault != nil {
		return nil, because(ctx, fault)
	}
	defer s.close()
	a := &Access{
		Server: nameOf(s.root, s.server), Domain: s.root.domain(), Forest: s.root.forest(), GlobalCatalog: s.root.catalog, Secured: s.server.implicit || r.StartTLS,
	}
	for _, p := range []Place{{What: "the domain", Name: s.root.defaultContext}, {What: "the configuration", Name: s.root.configuration}, {What: "users", Name: s.root.defaultContext}} {
		entry, fault := s.glance(p)
		switch {
		case ctx.Err() != nil:
			return a, ctx.Err()
		case fault != nil && fault.Kind == ConnectionLost:
			return a, fault
		case fault != nil:
			p.Why = fault.What
		case entry == nil:
			p.Why = "the account sees none"
		default:
			p.Readable = true
		}
		p.Name = directory.Printable(p.Name, 300)
		a.Places = append(a.Places, p)
	}
	return a, nil
}

// glance reads one object of a place; nil when there is none to see.
func (s *session) glance(p Place) (*ldap.Entry, *Error) {
	if p.Name == "" {
		return nil, nil //nolint:nilnil // the server names no such place
	}
	if p.What != "users" {
		return s.base(p.Name, "(objectClass=*)", []string{"objectGUID"})
	}
	// A page of one: with a size limit the answer would be an error.
	got, fault := s.search(ldap.NewSearchRequest(p.Name, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, s.seconds(), false,
		"(&(objectClass=user)(!(objectClass=computer)))", []string{"objectGUID"}, []ldap.Control{ldap.NewControlPaging(1)}))
	if fault != nil || len(got.Entries) == 0 {
		return nil, fault
	}
	return got.Entries[0], nil
}
