package ldaplab

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"hybridaudit/sources/evidence/directory"
)

// FaultKind is one way in which the server misbehaves.
type FaultKind int

// The kinds of faults. The first group strikes searches, when Fault's conditions hold; the second is there from the start and does not end.
const (
	NoFault FaultKind = iota

	CutConnection // the connection is closed in the middle of a message
	ResetByServer // the connection is reset (TCP RST)
	WrongCookie   // the page ends with a cookie that the server will not know: the next page is refused with unwillingToPerform (53)
	RepeatedPage  // the page before is given again, with a cookie that leads on from there
	EmptyPage     // a page without entries and with a good cookie, which is allowed
	NoPaging      // the answer lacks the paging control
	Refused       // the page is refused with Fault.Code; it can be asked for again with the same cookie
	EndedEarly    // the search ends with Fault.Code after Entries entries, without the paging control
	SlowDrip      // the page arrives in pieces of Fault.Size bytes, one each Fault.Every
	MalformedBER  // bytes that are no LDAP, of the kind Fault.Malformed; the connection stays open
	HugeValue     // one entry has Fault.Names[0] with a value of Fault.Size bytes
	Silence       // no answer at all

	RefusedAttributes // the attributes Fault.Names are never returned, as without the right to read them
	HostileText       // text attributes have control characters, bidirectional marks, formulas and broken UTF-8 around their values
	HiddenSubtree     // the entries at and below Fault.Names are invisible, as without the right to list them
	RefusedBind       // each bind ends with Fault.Data as the data code of invalidCredentials: 525, 52e, 530 to 533, 701, 773, 775, 80090346
	lastFaultKind
)

// Fault is one fault and when it strikes: on a search, once that search has had Pages whole pages and, within the page, Entries entries.
type Fault struct {
	Kind    FaultKind
	Pages   int
	Entries int
	// Times is how often the fault strikes; 0 means once, a negative number always.
	Times int
	// Filter restricts the fault to searches whose base or filter contains this text, in any case.
	Filter string
	// Code is the LDAP result of Refused and EndedEarly: 51 busy, 53 unwillingToPerform, 4 sizeLimitExceeded, 50 insufficientAccessRights ...
	Code  int
	Size  int
	Every time.Duration
	Names []string
	Data  string
	// Malformed is what MalformedBER sends.
	Malformed Malformation
}

func (f Fault) validate() error {
	switch {
	case f.Kind <= NoFault || f.Kind >= lastFaultKind:
		return fmt.Errorf("unknown kind %d", f.Kind)
	case (f.Kind == Refused || f.Kind == EndedEarly) && f.Code <= 0:
		return errors.New("no result code")
	case f.Kind == SlowDrip && (f.Size <= 0 || f.Every <= 0):
		return errors.New("slow drip without size or interval")
	case f.Kind == HugeValue && (f.Size <= 0 || len(f.Names) != 1):
		return errors.New("huge value without size or attribute")
	case (f.Kind == RefusedAttributes || f.Kind == HiddenSubtree) && len(f.Names) == 0:
		return errors.New("no names")
	case f.Malformed < 0 || f.Malformed > lastMalformation:
		return fmt.Errorf("unknown malformation %d", f.Malformed)
	case f.Kind == RefusedBind && f.Data == "":
		return errors.New("no data code")
	}
	return nil
}

// lasting says whether the fault is a property of the server and not of one search.
func (f Fault) lasting() bool { return f.Kind >= RefusedAttributes }

// faultBook counts which faults struck.
type faultBook struct {
	mu     sync.Mutex
	faults []Fault
	struck []int
}

func newFaultBook(faults []Fault) *faultBook {
	return &faultBook{faults: slices.Clone(faults), struck: make([]int, len(faults))}
}

// due takes the faults that strike this page of a search.
func (b *faultBook) due(base, filterText string, pages int) []Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Fault
	for i, f := range b.faults {
		times := f.Times
		if times == 0 {
			times = 1
		}
		about := f.Filter == "" || containsFold(base, f.Filter) || containsFold(filterText, f.Filter)
		if f.lasting() || !about || pages < f.Pages || times > 0 && b.struck[i] >= times {
			continue
		}
		b.struck[i]++
		out = append(out, f)
	}
	return out
}

func containsFold(s, part string) bool {
	return strings.Contains(strings.ToLower(s), strings.ToLower(part))
}

// bindCode gives the data code with which binds are refused, "" when they are not.
func (b *faultBook) bindCode() string {
	for _, f := range b.faults {
		if f.Kind == RefusedBind {
			return f.Data
		}
	}
	return ""
}

// spoil applies the lasting faults to the tree.
func (t *tree) spoil(faults []Fault) {
	for _, f := range faults {
		switch f.Kind {
		case RefusedAttributes:
			for i := range t.nodes {
				t.nodes[i].attributes = slices.DeleteFunc(t.nodes[i].attributes, func(a attribute) bool {
					return slices.ContainsFunc(f.Names, func(name string) bool { return strings.EqualFold(name, a.name) })
				})
			}
		case HiddenSubtree:
			for _, dn := range f.Names {
				if at, ok := t.byKey[directory.DNKey(dn)]; ok {
					for i := at; i <= t.nodes[at].last; i++ {
						t.nodes[i].hidden = true
					}
				}
			}
		case HostileText:
			t.poisonText()
		}
	}
}

func (t *tree) poisonText() {
	domain := t.byKey[directory.DNKey(t.base)]
	for i := range t.nodes {
		if t.nodes[i].context != domain || i == int(domain) {
			continue
		}
		for j, a := range t.nodes[i].attributes {
			if t.kinds[a.id].syntax != syntaxText || slices.Contains(structural, strings.ToLower(a.name)) {
				continue
			}
			values := make([][]byte, len(a.values))
			for k, v := range a.values {
				values[k] = poison(v, i+j+k)
			}
			t.nodes[i].attributes[j].values = values
		}
	}
}

// garbage is a sequence whose element is longer than itself.
var garbage = []byte{tagSequence, 0x03, tagInteger, 0x04, 0x01, 0x02, 0x03, 0x04}

// hostile are endings that text attributes get under the fault of that name: terminal control, NUL, bidirectional override, formulas, broken UTF-8, markup.
var hostile = []string{
	"\x1b[2J\x07", "\x00\r\n", "\u202egnp.exe\u202c", "=cmd|' /C calc'!A0", "\xff\xfe", "<script>alert(1)</script>", "\u2066\u200b\ufeff", "@SUM(1+1)*cmd|' /C calc'!A0",
}

// formulas are what spreadsheets take for the beginning of a formula.
const formulas = "=+-@"

// poison gives the value with a hostile beginning and ending, chosen by its position.
func poison(value []byte, position int) []byte {
	if !utf8.Valid(value) {
		return value
	}
	return fmt.Appendf(nil, "%c%s%s", formulas[position/len(hostile)%len(formulas)], value, hostile[position%len(hostile)])
}
