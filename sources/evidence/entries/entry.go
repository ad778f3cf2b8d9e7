package entries

import (
	"bytes"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence/directory"
)

// Attribute is one attribute as a server or a file gives it. Name is spelled in any case and may carry options: "member;range=0-1499".
type Attribute struct {
	Name   []byte
	Values [][]byte
}

// Entry is one object. Its memory belongs to the caller and may change after the call that it was given to.
type Entry struct {
	DN         []byte
	Attributes []Attribute
}

// Rest reads the values of a ranged attribute from position next on, which is the first missing one. whole is false when more of them exist than could be
// read; an error ends the reading of the entry, which then leaves no row behind.
type Rest func(g directory.GUID, attribute string, next int) (values [][]byte, whole bool, err error)

const guidName = "objectGUID"

// GUIDOf reads the objectGUID of an entry; ok is false when there is none that can be read, or when it is zero.
func GUIDOf(e Entry) (g directory.GUID, ok bool) {
	g, err := directory.GUIDFromBytes(e.Value(guidName))
	return g, err == nil && !g.IsZero()
}

// Value gives the first value of an attribute, nil when there is none.
func (e Entry) Value(name string) []byte {
	for i := range e.Attributes {
		a := &e.Attributes[i]
		if len(a.Values) > 0 && len(a.Name) == len(name) && strings.EqualFold(string(a.Name), name) {
			return a.Values[0]
		}
	}
	return nil
}

// NextOfRange reads the options of an attribute's name, what follows the first semicolon. For "range=low-high" next is the position behind high; for the
// last part, "range=low-*", it is 0. ok is false when there is no range that makes sense.
func NextOfRange(options string) (next int, ok bool) {
	for option := range strings.SplitSeq(options, ";") {
		key, value, _ := strings.Cut(option, "=")
		if !strings.EqualFold(key, "range") {
			continue
		}
		_, high, found := strings.Cut(value, "-")
		if !found {
			return 0, false
		}
		if high == "*" {
			return 0, true
		}
		n, err := strconv.Atoi(high)
		if err != nil || n < 0 || n == int(^uint(0)>>1) {
			return 0, false
		}
		return n + 1, true
	}
	return 0, false
}

// optioned says whether a name carries options.
func (a Attribute) optioned() bool { return bytes.IndexByte(a.Name, ';') >= 0 }
