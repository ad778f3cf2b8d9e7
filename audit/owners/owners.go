// Package owners tells who holds an address in the directory. Its index is a sorted list of (hash, holder); values are compared when hashes are equal, so
// a collision can never make two people share an address. It costs 16 bytes an address where a map of slices costs a hundred.
package owners

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"

	"hybridaudit/audit/phone"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Kind is a kind of address that has to be unique.
type Kind uint8

// The kinds of addresses.
const (
	SIPPrimary Kind = iota // msRTCSIP-PrimaryUserAddress
	SIPProxy               // sip: values of proxyAddresses
	SMTP                   // mail, and smtp: values of proxyAddresses
	UPN                    // userPrincipalName
	Alias                  // mailNickname
	Target                 // targetAddress
	Phone                  // telephone numbers of msRTCSIP-Line and msRTCSIP-PrivateLine, with their extensions
	MainNumber             // those of them that begin with +, without extensions, however they are written
)

// Each calls yield for every address of that kind that the object holds, in comparison form. One object may hold the same address twice.
func (k Kind) Each(o evidence.ADObject, yield func(value string)) {
	switch k {
	case SIPPrimary:
		if v := address.NormalSIP(o.SIP()); v != "" {
			yield(v)
		}
	case UPN:
		if v := address.Fold(strings.TrimSpace(o.UPN())); v != "" {
			yield(v)
		}
	case Alias:
		if v := address.Fold(strings.TrimSpace(o.MailNickname())); v != "" {
			yield(v)
		}
	case Target:
		if v := address.NormalSMTP(o.TargetAddress()); v != "" {
			yield(v)
		}
	case SMTP:
		if v := address.NormalSMTP(o.Mail()); v != "" {
			yield(v)
		}
		eachProxy(o, address.SMTP, yield)
	case Phone, MainNumber:
		eachNumber(o, k, yield)
	case SIPProxy:
		eachProxy(o, address.SIP, yield)
	}
}

func eachProxy(o evidence.ADObject, kind address.Kind, yield func(string)) {
	for v := range o.ProxyAddresses() {
		if p := address.ParseProxy(v); p.Kind == kind {
			if n := address.Fold(strings.TrimSpace(p.Value)); n != "" {
				yield(n)
			}
		}
	}
}

func eachNumber(o evidence.ADObject, k Kind, yield func(string)) {
	for _, line := range [...]string{o.Line(), o.PrivateLine()} {
		if line == "" {
			continue
		}
		switch n, _ := phone.Parse(line); {
		case n.IsZero():
		case k == Phone:
			yield(PhoneKey(o.Forest(), n))
		case n.Global():
			yield(n.Digits)
		}
	}
}

// PhoneKey is the comparison form of a telephone number that an object of a forest holds. A number without + means something within its forest only.
func PhoneKey(forest string, n phone.Number) string {
	if n.Global() {
		return n.String()
	}
	return address.Fold(forest) + " " + n.String()
}

// Index finds the holders of the addresses of one kind.
type Index struct {
	s       *evidence.Snapshot
	kind    Kind
	seed    maphash.Seed
	entries []entry
	first   [256]int32 // where the entries with a first hash byte begin
}

type entry struct {
	hash  uint64
	table uint8
	row   uint32
}

var tables = [...]evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups}

// New indexes the addresses of users, contacts and groups. owns leaves out objects that own nothing: those of the system and of replication conflicts.
func New(s *evidence.Snapshot, kind Kind, owns func(evidence.ADObject) bool) *Index {
	x := &Index{s: s, kind: kind, seed: maphash.MakeSeed()}
	for t, d := range tables {
		for o := range s.ADObjects(d) {
			if !owns(o) {
				continue
			}
			kind.Each(o, func(v string) {
				x.entries = append(x.entries, entry{maphash.String(x.seed, v), uint8(t), uint32(o.Row())}) //nolint:gosec // three tables, fewer than 2^31 rows
			})
		}
	}
	slices.SortFunc(x.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.table, b.table), cmp.Compare(a.row, b.row))
	})
	x.entries = slices.CompactFunc(x.entries, func(a, b entry) bool { return a == b })
	next := 0
	for b := range x.first {
		for next < len(x.entries) && int(x.entries[next].hash>>56) < b {
			next++
		}
		x.first[b] = int32(next)
	}
	return x
}

// Holders gives the distinct objects that hold the value (in comparison form), users before contacts before groups, in the order of their objectGUIDs.
func (x *Index) Holders(value string) []evidence.ADObject {
	h := maphash.String(x.seed, value)
	from := int(x.first[h>>56])
	i, _ := slices.BinarySearchFunc(x.entries[from:], h, func(e entry, h uint64) int { return cmp.Compare(e.hash, h) })
	var holders []evidence.ADObject
	for _, e := range x.entries[from+i:] {
		if e.hash != h {
			break
		}
		if o := x.object(e); x.holds(o, value) {
			holders = append(holders, o)
		}
	}
	return ordered(holders)
}

// Shared says quickly whether more than one object can hold the value: false is certain, true means that Holders is worth asking.
func (x *Index) Shared(value string) bool {
	h := maphash.String(x.seed, value)
	from := int(x.first[h>>56])
	i, ok := slices.BinarySearchFunc(x.entries[from:], h, func(e entry, h uint64) int { return cmp.Compare(e.hash, h) })
	i += from
	return ok && i+1 < len(x.entries) && x.entries[i+1].hash == h
}

func (x *Index) object(e entry) evidence.ADObject {
	return x.s.ADObjectAt(tables[e.table], int(e.row))
}

func (x *Index) holds(o evidence.ADObject, value string) bool {
	found := false
	x.kind.Each(o, func(v string) { found = found || v == value })
	return found
}

func ordered(holders []evidence.ADObject) []evidence.ADObject {
	slices.SortStableFunc(holders, func(a, b evidence.ADObject) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.GUID().String(), b.GUID().String()))
	})
	return holders
}

func rank(o evidence.ADObject) int { return slices.Index(tables[:], o.Dataset()) }

// SamePerson says that two objects are the two halves of one person: the one names the other's SID as its login account.
func SamePerson(a, b evidence.ADObject) bool { return linked(a, b) || linked(b, a) }

// PersonAttributes are the attributes that SamePerson reads.
func PersonAttributes() []string {
	return []string{"objectSid", "msRTCSIP-OriginatorSid", "msExchMasterAccountSid"}
}

func linked(a, b evidence.ADObject) bool {
	sid := b.SID()
	return sid != "" && (a.OriginatorSID() == sid || a.MasterAccountSID() == sid)
}

// Others gives the holders that are another person than o.
func Others(o evidence.ADObject, holders []evidence.ADObject) []evidence.ADObject {
	var others []evidence.ADObject
	for _, h := range holders {
		if h.GUID() != o.GUID() && !SamePerson(o, h) {
			others = append(others, h)
		}
	}
	return others
}
