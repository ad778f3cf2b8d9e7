package ldaplab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// selection is the attribute list of a search, resolved.
type selection struct {
	all         bool // "*" or an empty list
	operational bool // "+"
	typesOnly   bool
	partial     bool // only what a global catalog holds
	wanted      []wantedAttribute
	signature   string
}

// wantedAttribute is one attribute asked for by name, with its range if one was given.
type wantedAttribute struct {
	id     int32
	ranged bool
	low    int
	high   int // -1 for "*"
}

// choose resolves the attribute list. Names that no entry uses select nothing.
func (t *tree) choose(r searchRequest) selection {
	s := selection{typesOnly: r.typesOnly, all: len(r.attributes) == 0, partial: t.catalog, signature: r.signature()}
	for _, name := range r.attributes {
		switch name {
		case "*":
			s.all = true
			continue
		case "+":
			s.operational = true
			continue
		}
		base, options, _ := strings.Cut(name, ";")
		id, ok := t.names[strings.ToLower(base)]
		if !ok {
			continue
		}
		if t.catalog && !t.kinds[id].global {
			continue
		}
		w := wantedAttribute{id: id}
		for option := range strings.SplitSeq(options, ";") {
			if low, high, ok := parseRange(option); ok {
				w.ranged, w.low, w.high = true, low, high
			}
		}
		s.wanted = append(s.wanted, w)
	}
	return s
}

// parseRange reads "range=low-high", high being a number or "*".
func parseRange(option string) (low, high int, ok bool) {
	const prefix = "range="
	if len(option) < len(prefix) || !strings.EqualFold(option[:len(prefix)], prefix) {
		return 0, 0, false
	}
	from, to, ok := strings.Cut(option[len(prefix):], "-")
	if !ok {
		return 0, 0, false
	}
	low, err := strconv.Atoi(from)
	if err != nil || low < 0 {
		return 0, 0, false
	}
	if to == "*" {
		return low, -1, true
	}
	high, err = strconv.Atoi(to)
	return low, high, err == nil && high >= low
}

// find says whether the attribute is wanted, and how.
func (s selection) find(id int32, kind attributeKind) (wantedAttribute, bool) {
	i := slices.IndexFunc(s.wanted, func(w wantedAttribute) bool { return w.id == id })
	switch {
	case i >= 0:
		return s.wanted[i], true
	case kind.constructed:
		return wantedAttribute{}, s.operational
	}
	return wantedAttribute{}, s.all && (kind.global || !s.partial)
}

// beyond names the first attribute whose range begins behind its last value.
func (s selection) beyond(t *tree, n *node) string {
	for _, w := range s.wanted {
		if values := n.values(w.id); w.ranged && len(values) > 0 && w.low >= len(values) {
			return t.kinds[w.id].name
		}
	}
	return ""
}

// entry gives a node as complete SearchResultEntry, encoded once per attribute list.
func (t *tree) entry(at int32, s selection) []byte {
	slot := t.slot(at, s.signature)
	if slot != nil {
		if kept := slot.Load(); kept != nil {
			return *kept
		}
	}
	op := t.encode(&t.nodes[at], s, nil)
	if slot != nil {
		slot.Store(&op)
	}
	return op
}

// slot is where the encoded entry is kept; nil once too many attribute lists were seen.
func (t *tree) slot(at int32, signature string) *atomic.Pointer[[]byte] {
	t.wireMu.Lock()
	defer t.wireMu.Unlock()
	kept, ok := t.wires[signature]
	if !ok {
		if len(t.wires) >= wireLists {
			return nil
		}
		kept = make([]atomic.Pointer[[]byte], len(t.nodes))
		t.wires[signature] = kept
	}
	return &kept[at]
}

// encode writes a SearchResultEntry; extra is one more attribute of its own.
func (t *tree) encode(n *node, s selection, extra *attribute) []byte {
	var w wire
	entry := w.open(tagSearchEntry)
	w.text(tagOctets, n.dn)
	list := w.open(tagSequence)
	for _, a := range n.attributes {
		if want, ok := s.find(a.id, t.kinds[a.id]); ok && (extra == nil || a.name != extra.name) {
			w.attribute(a, want, s.typesOnly)
		}
	}
	if extra != nil {
		w.plain(extra.name, extra.values)
	}
	w.shut(list)
	w.shut(entry)
	return slices.Clip(w.buf)
}

// attribute writes one attribute as a domain controller does: above the limit on values the attribute stands empty, and beside it the first values under
// the name with a range.
func (w *wire) attribute(a attribute, want wantedAttribute, typesOnly bool) {
	total := len(a.values)
	switch {
	case typesOnly:
		w.plain(a.name, nil)
	case !want.ranged && total <= maxRange:
		w.plain(a.name, a.values)
	case !want.ranged:
		w.plain(a.name, nil)
		w.plain(fmt.Sprintf("%s;range=0-%d", a.name, maxRange-1), a.values[:maxRange])
	case want.low >= total:
		w.plain(fmt.Sprintf("%s;range=%d-*", a.name, want.low), nil)
	default:
		end := min(total, want.low+maxRange)
		if want.high >= 0 {
			end = min(end, want.high+1)
		}
		last := "*"
		if end < total {
			last = strconv.Itoa(end - 1)
		}
		w.plain(fmt.Sprintf("%s;range=%d-%s", a.name, want.low, last), a.values[want.low:end])
	}
}

func (w *wire) plain(name string, values [][]byte) {
	at := w.open(tagSequence)
	w.text(tagOctets, name)
	set := w.open(tagSet)
	for _, v := range values {
		w.octets(tagOctets, v)
	}
	w.shut(set)
	w.shut(at)
}
