package ldaplab

import (
	"bytes"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence/directory"
)

// truth is the three-valued result of a filter (RFC 4511 4.5.1.7): an assertion about an attribute that the schema does not know is neither true nor false.
type truth int8

const (
	no truth = iota
	unknown
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// matcher is a filter prepared for the tree: attribute names resolved, values brought into the form that they are compared in.
type matcher struct {
	filter
	children []matcher
	id       int32
	kind     attributeKind
	known    bool
	folded   string // value in lower case, or its DN key
	number   int64
	isNumber bool
	sid      []byte
	judged   map[string]bool // of object categories, which are few
}

var outcomeMatching = outcome{code: 18, text: "00002047: SvcErr: DSID-03140BCB, problem 5013 (INAPPROPRIATE_MATCHING), data 0\n\x00"}

// prepare resolves a filter. A matching rule that the server does not have gives an outcome.
func (t *tree) prepare(f filter) (matcher, *outcome) {
	m := matcher{filter: f}
	for _, child := range f.children {
		one, bad := t.prepare(child)
		if bad != nil {
			return m, bad
		}
		m.children = append(m.children, one)
	}
	if f.attribute == "" {
		return m, nil
	}
	m.kind, m.known = t.schema.kind(f.attribute)
	m.known = m.known && (m.kind.global || !t.catalog) // what a global catalog does not hold is undefined there
	id, used := t.names[strings.ToLower(f.attribute)]
	if !used {
		id = -1
	}
	m.id, m.folded = id, strings.ToLower(f.value)
	if n, err := strconv.ParseInt(f.value, 10, 64); err == nil {
		m.number, m.isNumber = n, true
	}
	switch {
	case f.kind == filterExtensible && f.rule != ruleBitAnd && f.rule != ruleBitOr && f.rule != "":
		return m, &outcomeMatching
	case m.kind.syntax == syntaxDN && m.kind.name == "objectCategory" && !strings.Contains(f.value, "="):
		m.folded, m.judged = directory.DNKey(t.category(f.value)), map[string]bool{}
	case m.kind.syntax == syntaxDN:
		m.folded = directory.DNKey(f.value)
	case m.kind.syntax == syntaxSID:
		m.sid, _ = directory.ParseSID(f.value)
	}
	return m, nil
}

// match applies the filter to a node.
func (m *matcher) match(n *node) truth {
	switch m.filter.kind {
	case filterAnd:
		all := yes
		for i := range m.children {
			all = min(all, m.children[i].match(n))
			if all == no {
				break
			}
		}
		return all
	case filterOr:
		some := no
		for i := range m.children {
			some = max(some, m.children[i].match(n))
			if some == yes {
				break
			}
		}
		return some
	case filterNot:
		return yes - m.children[0].match(n)
	}
	if !m.known {
		return unknown
	}
	values := n.values(m.id)
	if m.filter.kind == filterPresent {
		return truthOf(len(values) > 0)
	}
	for _, v := range values {
		if m.matchValue(v) {
			return yes
		}
	}
	return no
}

func (m *matcher) matchValue(v []byte) bool {
	switch m.filter.kind {
	case filterEqual, filterApprox:
		return m.equal(v)
	case filterSubstrings:
		return m.substrings(v)
	case filterGreater:
		order, ok := m.compare(v)
		return ok && order >= 0
	case filterLess:
		order, ok := m.compare(v)
		return ok && order <= 0
	case filterExtensible:
		return m.extensible(v)
	}
	return false
}

func (m *matcher) equal(v []byte) bool {
	switch m.kind.syntax {
	case syntaxOctets:
		return string(v) == m.value
	case syntaxSID:
		return string(v) == m.value || m.sid != nil && bytes.Equal(v, m.sid)
	case syntaxDN:
		return m.equalName(v)
	case syntaxInteger, syntaxLarge:
		n, err := strconv.ParseInt(string(v), 10, 64)
		return err == nil && m.isNumber && n == m.number
	default:
		return bytes.EqualFold(v, []byte(m.value))
	}
}

// equalName compares names.
func (m *matcher) equalName(v []byte) bool {
	if m.judged == nil {
		return directory.DNKey(string(v)) == m.folded
	}
	same, known := m.judged[string(v)]
	if !known {
		same = directory.DNKey(string(v)) == m.folded
		m.judged[string(v)] = same
	}
	return same
}

// substrings looks for the pieces one behind the other. As in Active Directory, names and numbers have no substrings.
func (m *matcher) substrings(v []byte) bool {
	rest := string(v)
	switch m.kind.syntax {
	case syntaxDN, syntaxInteger, syntaxLarge, syntaxBool:
		return false
	case syntaxText, syntaxOID, syntaxTime:
		rest = strings.ToLower(rest)
	}
	fold := func(s string) string {
		if m.kind.syntax == syntaxOctets || m.kind.syntax == syntaxSID {
			return s
		}
		return strings.ToLower(s)
	}
	rest, ok := strings.CutPrefix(rest, fold(m.initial))
	if !ok {
		return false
	}
	for _, piece := range m.within {
		if _, rest, ok = strings.Cut(rest, fold(piece)); !ok {
			return false
		}
	}
	return strings.HasSuffix(rest, fold(m.final))
}

func (m *matcher) compare(v []byte) (order int, ok bool) {
	switch m.kind.syntax {
	case syntaxInteger, syntaxLarge:
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err != nil || !m.isNumber {
			return 0, false
		}
		switch {
		case n < m.number:
			return -1, true
		case n > m.number:
			return 1, true
		}
		return 0, true
	case syntaxTime:
		have, errHave := directory.ParseGeneralizedTime(string(v))
		want, errWant := directory.ParseGeneralizedTime(m.value)
		return have.Compare(want), errHave == nil && errWant == nil
	case syntaxDN:
		return 0, false
	default:
		return strings.Compare(strings.ToLower(string(v)), m.folded), true
	}
}

func (m *matcher) extensible(v []byte) bool {
	if m.rule == "" {
		return m.equal(v)
	}
	n, err := strconv.ParseInt(string(v), 10, 64)
	if err != nil || !m.isNumber {
		return false
	}
	if m.rule == ruleBitAnd {
		return n&m.number == m.number
	}
	return n&m.number != 0
}
