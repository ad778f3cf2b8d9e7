package ad

import (
	"fmt"
	"slices"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// objectDatasets are the tables of users, contacts and groups, which the configuration may narrow.
func objectDatasets() []evidence.Dataset {
	return []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups}
}

// filterOf is the configured filter of a dataset, "" when there is none.
func (c Config) filterOf(d evidence.Dataset) string {
	switch d {
	case evidence.ADUsers:
		return c.UserFilter
	case evidence.ADContacts:
		return c.ContactFilter
	case evidence.ADGroups:
		return c.GroupFilter
	}
	return ""
}

// and adds a configured filter to a built-in one.
func and(filter, more string) string {
	if more == "" {
		return filter
	}
	return "(&" + filter + more + ")"
}

// filterAttributes names the attributes that a filter asks about, each once, in the order of the filter. An empty filter asks about none; the error is for
// one that is no filter.
func filterAttributes(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	p, err := ldap.CompileFilter(text)
	if err != nil {
		return nil, fmt.Errorf("%q is no LDAP filter: %w", directory.Printable(text, 200), err)
	}
	var names []string
	add := func(p *ber.Packet) {
		name, _, _ := strings.Cut(ber.DecodeString(p.Data.Bytes()), ";")
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	var walk func(p *ber.Packet)
	walk = func(p *ber.Packet) {
		switch p.Tag {
		case ldap.FilterAnd, ldap.FilterOr, ldap.FilterNot:
			for _, child := range p.Children {
				walk(child)
			}
		case ldap.FilterPresent:
			add(p)
		case ldap.FilterExtensibleMatch:
			for _, child := range p.Children {
				if child.Tag == ldap.MatchingRuleAssertionType {
					add(child)
				}
			}
		default:
			if len(p.Children) > 0 {
				add(p.Children[0])
			}
		}
	}
	walk(p)
	return names, nil
}
