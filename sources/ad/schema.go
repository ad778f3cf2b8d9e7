package ad

import (
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// schemaBatch is how many attributes are asked for in one search: far below the limit that page sizes and filters set.
const schemaBatch = 100

// missingInSchema tells which of the attributes the forest's schema does not know: the product that brings them was never installed.
func (s *session) missingInSchema(names []string) ([]string, *Error) {
	if s.root.schema == "" {
		return nil, &Error{Kind: Refused, Server: s.server.address, What: "it has no schema partition"}
	}
	known := map[string]bool{}
	for batch := range slices.Chunk(names, schemaBatch) {
		var filter strings.Builder
		filter.WriteString("(&(objectClass=attributeSchema)(|")
		for _, name := range batch {
			filter.WriteString("(lDAPDisplayName=" + ldap.EscapeFilter(name) + ")")
		}
		filter.WriteString("))")
		got, fault := s.search(ldap.NewSearchRequest(s.root.schema, ldap.ScopeSingleLevel, ldap.NeverDerefAliases, 0, s.seconds(), false, filter.String(),
			[]string{"lDAPDisplayName"}, nil))
		if fault != nil {
			return nil, fault
		}
		for _, e := range got.Entries {
			known[strings.ToLower(e.GetEqualFoldAttributeValue("lDAPDisplayName"))] = true
		}
	}
	if !known["objectguid"] {
		// Every schema has it: what was read is not the schema.
		return nil, &Error{Kind: Refused, Server: s.server.address, What: "the schema partition shows no attributes", Advice: "give the account the right to read it"}
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return known[strings.ToLower(name)] }), nil
}
