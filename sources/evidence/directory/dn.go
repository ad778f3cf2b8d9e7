package directory

import (
	"slices"
	"strings"
)

// DN is a parsed distinguished name: relative names from the object up to the root
// of its tree. The zero DN is the empty name (the root DSE), an ancestor of all
// others. A DN is not changed once parsed; copies share their parts.
type DN struct {
	rdns []rdn
}

// rdn is one relative name; more than one pair makes it multi-valued.
type rdn []pair

// pair is one attribute type and value of a relative name.
type pair struct {
	// kind is the attribute type in upper case, or a dotted number.
	kind string
	// value is the unescaped text; with raw set it is the BER encoding of a value
	// that is not text.
	value string
	raw   bool
}

// String gives the canonical RFC 4514 form: types in upper case, no optional
// spaces, and the escapes that EscapeRDN writes. The case of values, and the order
// within a multi-valued relative name, stay as written; use DNKey to compare.
func (d DN) String() string {
	b := make([]byte, 0, 32*len(d.rdns))
	for i, r := range d.rdns {
		if i > 0 {
			b = append(b, ',')
		}
		for j, p := range r {
			if j > 0 {
				b = append(b, '+')
			}
			b = p.append(b)
		}
	}
	return string(b)
}

// Len gives the number of relative names.
func (d DN) Len() int { return len(d.rdns) }

// Parent gives the name of the container; the parent of the empty name is empty.
func (d DN) Parent() DN {
	if len(d.rdns) == 0 {
		return DN{}
	}
	return DN{rdns: d.rdns[1:]}
}

// Name gives the unescaped value of the first relative name (of its first pair),
// "" for the empty name. It may hold any byte, among them line feeds and text that
// is not UTF-8. A value that is not text at all is given as "#" and hexadecimal
// digits.
func (d DN) Name() string {
	if len(d.rdns) == 0 {
		return ""
	}
	first := d.rdns[0][0]
	if first.raw {
		return string(appendHexValue(nil, first.value))
	}
	return first.value
}

// Attribute gives the type of the first relative name in upper case ("CN"), "" for
// the empty name.
func (d DN) Attribute() string {
	if len(d.rdns) == 0 {
		return ""
	}
	return d.rdns[0][0].kind
}

// Below tells whether d lies anywhere under ancestor. A name is not below itself.
func (d DN) Below(ancestor DN) bool {
	up := len(d.rdns) - len(ancestor.rdns)
	return up > 0 && equalNames(d.rdns[up:], ancestor.rdns)
}

// Equal tells whether both names denote the same object: case, spelling of escapes
// and the order within a multi-valued relative name do not count.
func (d DN) Equal(other DN) bool {
	return equalNames(d.rdns, other.rdns)
}

// key gives the comparison form that DNKey promises.
func (d DN) key() string {
	b := make([]byte, 0, 32*len(d.rdns))
	for i, r := range d.rdns {
		if i > 0 {
			b = append(b, ',')
		}
		b = r.appendSorted(b)
	}
	return lower(string(b))
}

func equalNames(a, b []rdn) bool {
	return slices.EqualFunc(a, b, func(x, y rdn) bool {
		return len(x) == len(y) && lower(string(x.appendSorted(nil))) == lower(string(y.appendSorted(nil)))
	})
}

// appendSorted writes one relative name, its pairs in the order of their lower case.
func (r rdn) appendSorted(b []byte) []byte {
	if len(r) == 1 {
		return r[0].append(b)
	}
	parts := make([]string, len(r))
	for i, p := range r {
		parts[i] = lower(string(p.append(nil)))
	}
	slices.Sort(parts)
	return append(b, strings.Join(parts, "+")...)
}

// append writes type=value with canonical escapes.
func (p pair) append(b []byte) []byte {
	b = append(b, p.kind...)
	b = append(b, '=')
	if p.raw {
		return appendHexValue(b, p.value)
	}
	return appendEscaped(b, p.value)
}
