package scope

import (
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// Config is the scope that an administrator chose. All members may be empty: then everything that was read is in scope. DNs are compared without
// regard to case and to how they are escaped.
type Config struct {
	SearchBases       []string // only objects at or below one of these DNs
	ExcludeOUs        []string // not objects at or below these DNs
	ExcludeGroups     []string // not direct members of these groups, by DN
	DisabledOnPurpose []string // OUs or groups, by DN, whose members are switched off for SIP deliberately
}

// NeedsMemberOf says whether the scope looks at group memberships, so that collectors read memberOf.
func (c Config) NeedsMemberOf() bool { return len(c.ExcludeGroups) > 0 || len(c.DisabledOnPurpose) > 0 }

// Scope holds the class and the place in scope of every directory object of a snapshot.
type Scope struct {
	tables  map[evidence.Dataset][]mark
	bases   []string
	exclude []string
	groups  map[string]bool
	purpose []string
	members map[string]bool
}

type mark struct {
	class   Class
	in      bool
	purpose bool
}

// New decides for all objects of the snapshot.
func New(s *evidence.Snapshot, c Config) *Scope {
	sc := &Scope{
		tables: map[evidence.Dataset][]mark{}, bases: keys(c.SearchBases), exclude: keys(c.ExcludeOUs),
		groups: set(c.ExcludeGroups), purpose: keys(c.DisabledOnPurpose), members: set(c.DisabledOnPurpose),
	}
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
		marks := make([]mark, 0, s.Rows(d))
		for o := range s.ADObjects(d) {
			marks = append(marks, sc.judge(o))
		}
		sc.tables[d] = marks
	}
	return sc
}

func (s *Scope) judge(o evidence.ADObject) mark {
	m := mark{class: ClassOf(o)}
	m.in = m.class != System && m.class != Conflict
	if len(s.bases)+len(s.exclude)+len(s.purpose) > 0 {
		dn := directory.DNKey(o.DN())
		m.in = m.in && (len(s.bases) == 0 || below(dn, s.bases)) && !below(dn, s.exclude)
		m.purpose = below(dn, s.purpose)
	}
	if len(s.groups)+len(s.members) > 0 {
		for group := range o.MemberOf() {
			key := directory.DNKey(group)
			m.in = m.in && !s.groups[key]
			m.purpose = m.purpose || s.members[key]
		}
	}
	return m
}

// Class gives the class of an object.
func (s *Scope) Class(o evidence.ADObject) Class { return s.at(o).class }

// In says whether the object can be the subject of a finding. One that is not still owns its addresses, unless it is a system or conflict object.
func (s *Scope) In(o evidence.ADObject) bool { return s.at(o).in }

// DisabledOnPurpose says that the administrator named the object's OU or group as switched off deliberately.
func (s *Scope) DisabledOnPurpose(o evidence.ADObject) bool { return s.at(o).purpose }

// Synchronised says whether the object is one that directory synchronisation is expected to carry to the tenant: a person, room, equipment or shared
// mailbox in scope, enabled, and with a SIP or mail identity.
func (s *Scope) Synchronised(o evidence.ADObject) bool {
	m := s.at(o)
	switch m.class {
	case Person, Room, Equipment, Shared:
	default:
		return false
	}
	if !m.in || o.Disabled() {
		return false
	}
	if o.SIPEnabled() == evidence.True || o.Mail() != "" {
		return true
	}
	for range o.ProxyAddresses() {
		return true
	}
	return false
}

func (s *Scope) at(o evidence.ADObject) mark { return s.tables[o.Dataset()][o.Row()] }

func keys(dns []string) []string {
	k := make([]string, len(dns))
	for i, dn := range dns {
		k[i] = directory.DNKey(dn)
	}
	return k
}

func set(dns []string) map[string]bool {
	m := map[string]bool{}
	for _, k := range keys(dns) {
		m[k] = true
	}
	return m
}

// below compares keys: equal, or ending with a comma and the ancestor. A comma behind an odd number of backslashes belongs to a name.
func below(key string, ancestors []string) bool {
	for _, a := range ancestors {
		rest, ok := strings.CutSuffix(key, a)
		if ok && rest == "" {
			return true
		}
		if name, comma := strings.CutSuffix(rest, ","); ok && comma && (len(name)-len(strings.TrimRight(name, `\`)))%2 == 0 {
			return true
		}
	}
	return false
}
