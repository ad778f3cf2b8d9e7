package ad

import (
	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
)

// DefaultAttributes lists what is asked for of users, contacts and groups when [Config] names no attributes.
func DefaultAttributes() []string {
	names, _ := wantedAttributes(nil, false) // without names there is nothing to refuse
	return names
}

// plainEntry is an entry of the LDAP library as the package entries takes it.
func plainEntry(e *ldap.Entry) entries.Entry {
	out := entries.Entry{DN: []byte(e.DN), Attributes: make([]entries.Attribute, len(e.Attributes))}
	for i, a := range e.Attributes {
		out.Attributes[i] = entries.Attribute{Name: []byte(a.Name), Values: a.ByteValues}
	}
	return out
}

// guidOf reads the objectGUID of an entry; ok is false when there is none that can be read.
func guidOf(e *ldap.Entry) (g directory.GUID, ok bool) { return entries.GUIDOf(plainEntry(e)) }
