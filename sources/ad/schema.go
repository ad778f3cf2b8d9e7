package ad

import (
	"maps"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/entries"
)

// schemaBatch is how many attributes are asked for in one search: far below the limit that page sizes and filters set.
const schemaBatch = 100

// schema is what the forest's schema says of the attributes that matter here; the zero value is one that could not be read.
type schema struct {
	known   map[string]attribute // by lower-case name
	catalog bool                 // it is known what a global catalog holds
}

// attribute is what the schema says of one.
type attribute struct {
	held   bool   // by a global catalog
	syntax string // "" when it is not shown
	flags  string // systemFlags
	link   string // linkID, "" when its values are no links
}

// readSchema asks for attributes by name.
func (s *session) readSchema(names []string) (schema, *Error) {
	if s.root.schema == "" {
		return schema{}, &Error{Kind: Refused, Server: s.server.address, What: "it has no schema partition"}
	}
	found := schema{known: map[string]attribute{}}
	for batch := range slices.Chunk(names, schemaBatch) {
		var filter strings.Builder
		filter.WriteString("(&(objectClass=attributeSchema)(|")
		for _, name := range batch {
			filter.WriteString(entries.Equal("lDAPDisplayName", name))
		}
		filter.WriteString("))")
		got, fault := s.search(ldap.NewSearchRequest(s.root.schema, ldap.ScopeSingleLevel, ldap.NeverDerefAliases, 0, s.seconds(), false, filter.String(),
			[]string{"lDAPDisplayName", "isMemberOfPartialAttributeSet", "attributeSyntax", "systemFlags", "linkID"}, nil))
		if fault != nil {
			return schema{}, fault
		}
		for _, e := range got.Entries {
			held := strings.EqualFold(e.GetEqualFoldAttributeValue("isMemberOfPartialAttributeSet"), "TRUE")
			found.known[strings.ToLower(e.GetEqualFoldAttributeValue("lDAPDisplayName"))] = attribute{
				held: held, syntax: e.GetEqualFoldAttributeValue("attributeSyntax"), flags: e.GetEqualFoldAttributeValue("systemFlags"),
				link: e.GetEqualFoldAttributeValue("linkID"),
			}
			found.catalog = found.catalog || held
		}
	}
	if _, ok := found.known["objectguid"]; !ok {
		// Every schema has it: what was read is not the schema.
		return schema{}, &Error{Kind: Refused, Server: s.server.address, What: "the schema partition shows no attributes", Advice: "give the account the right to read it"}
	}
	return found, nil
}

// absent picks the attributes that the schema does not know: the product that brings them was never installed. Of a schema that could not be read nothing
// is said.
func (s schema) absent(names []string) []string {
	if s.known == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, ok := s.known[strings.ToLower(name)]
		return ok
	})
}

// notInCatalog picks the attributes that exist and that a global catalog does not hold, as far as that is known.
func (s schema) notInCatalog(names []string) []string {
	if !s.catalog {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		a, ok := s.known[strings.ToLower(name)]
		return a.held || !ok || slices.Contains(keyAttributes(), name)
	})
}

// schemaNames lists the attributes that the schema is asked about: those of all tables, and those of the filters.
func (c *collection) schemaNames() []string {
	names := map[string]bool{}
	for _, d := range c.config.datasets {
		for _, name := range c.columnsOf(d) {
			names[name] = true
		}
		filter, _ := filterAttributes(c.config.filterOf(d)) // it was checked with the configuration
		for _, name := range filter {
			names[name] = true
		}
	}
	for _, text := range []string{entries.UserFilter, entries.ContactFilter, entries.GroupFilter, entries.ServiceAccountFilter} {
		filter, _ := filterAttributes(text)
		for _, name := range filter {
			names[name] = true
		}
	}
	names["objectGUID"], names["uPNSuffixes"], names["rangeUpper"] = true, true, true
	return slices.Sorted(maps.Keys(names))
}

// columnsOf lists the attributes that fill a dataset's table.
func (c *collection) columnsOf(d evidence.Dataset) []string {
	switch d {
	case evidence.ADForests, evidence.ADDomains, evidence.ADServers:
		return nil
	case evidence.ADUsers, evidence.ADContacts, evidence.ADGroups:
		return c.config.wanted
	}
	return slices.DeleteFunc(evidence.SchemaOf(d).Names(), func(name string) bool { return name == evidence.ADForestColumn })
}
