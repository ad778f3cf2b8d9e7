package imports

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
)

// tri is the answer of a filter: no, maybe when the object is not wholly known, or yes.
type tri int8

const (
	no tri = iota
	maybe
	yes
)

// filter is an LDAP search filter (RFC 4515).
type filter struct {
	kind  filterKind
	slot  int // of the attribute, in names
	value []byte
	parts [][]byte // of a substring filter; the first and the last may be empty
	under []filter
}

type filterKind uint8

const (
	isAll filterKind = iota
	isAny
	isNot
	isPresent
	isEqual
	isCategory // objectCategory, of which classes are short forms
	isPart
	hasBits  // all of them
	hasABit  // any of them
	isBeyond // comparisons and rules that are not understood: maybe
)

// names numbers the attributes that filters ask about.
type names map[string]int

func (n names) slot(attribute string) int {
	key := strings.ToLower(attribute)
	i, ok := n[key]
	if !ok {
		i = len(n)
		n[key] = i
	}
	return i
}

const maxDepth = 100

var errFilter = errors.New("no LDAP filter")

// parseFilter reads a filter; attributes get numbers of n.
func parseFilter(text string, n names) (filter, error) {
	f, rest, err := parseOne(strings.TrimSpace(text), n, 0)
	if err == nil && strings.TrimSpace(rest) != "" {
		err = errFilter
	}
	return f, err
}

func parseOne(text string, n names, depth int) (f filter, rest string, err error) {
	if depth > maxDepth {
		return f, "", errFilter
	}
	inner, ok := strings.CutPrefix(text, "(")
	if !ok {
		return f, "", errFilter
	}
	inner = strings.TrimLeft(inner, " ")
	if inner == "" {
		return f, "", errFilter
	}
	switch inner[0] {
	case '&', '|', '!':
		f.kind = map[byte]filterKind{'&': isAll, '|': isAny, '!': isNot}[inner[0]]
		rest = strings.TrimLeft(inner[1:], " ")
		for strings.HasPrefix(rest, "(") {
			var one filter
			if one, rest, err = parseOne(rest, n, depth+1); err != nil {
				return f, "", err
			}
			f.under = append(f.under, one)
			rest = strings.TrimLeft(rest, " ")
		}
		if !strings.HasPrefix(rest, ")") || f.kind == isNot && len(f.under) != 1 {
			return f, "", errFilter
		}
		return f, rest[1:], nil
	}
	item, rest, ok := strings.Cut(inner, ")")
	if !ok {
		return f, "", errFilter
	}
	f, err = parseItem(item, n)
	return f, rest, err
}

// Matching rules of Active Directory for bit masks.
const (
	allBits = "1.2.840.113556.1.4.803"
	anyBit  = "1.2.840.113556.1.4.804"
)

func parseItem(item string, n names) (filter, error) {
	attribute, value, ok := strings.Cut(item, "=")
	if !ok || attribute == "" {
		return filter{}, errFilter
	}
	if name, rule, extended := strings.Cut(strings.TrimSuffix(attribute, ":"), ":"); extended {
		f := filter{kind: isBeyond, slot: n.slot(name), value: []byte(value)}
		switch rule {
		case allBits:
			f.kind = hasBits
		case anyBit:
			f.kind = hasABit
		}
		return f, nil
	}
	if name := strings.TrimRight(attribute, "<>~"); name != attribute {
		return filter{kind: isBeyond, slot: n.slot(name)}, nil
	}
	f := filter{kind: isEqual, slot: n.slot(attribute)}
	if value == "*" {
		f.kind = isPresent
		return f, nil
	}
	var parts [][]byte
	for part := range strings.SplitSeq(value, "*") {
		b, err := unescaped(part)
		if err != nil {
			return filter{}, err
		}
		parts = append(parts, b)
	}
	if len(parts) > 1 {
		f.kind, f.parts = isPart, parts
		return f, nil
	}
	f.value = parts[0]
	if strings.EqualFold(attribute, "objectCategory") {
		f.kind, f.value = isCategory, []byte(categoryOf(string(f.value)))
	}
	return f, nil
}

// unescaped replaces a backslash and two hexadecimal digits.
func unescaped(s string) ([]byte, error) {
	var out []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		if i+2 >= len(s) {
			return nil, errFilter
		}
		b, err := hex.DecodeString(s[i+1 : i+3])
		if err != nil {
			return nil, errFilter
		}
		out = append(out, b...)
		i += 2
	}
	return out, nil
}

// categoryOf is the name of the category that objects of a class have; a category's own distinguished name is its first value.
func categoryOf(class string) string {
	if name, ok := strings.CutPrefix(strings.ToLower(class), "cn="); ok {
		class, _, _ = strings.Cut(name, ",")
	}
	switch strings.ToLower(class) {
	case "user", "contact", "inetorgperson", "organizationalperson":
		return "person"
	}
	return strings.ToLower(class)
}

// object is what a filter is asked about: by slot, the values of an attribute.
type object struct {
	held    [][][]byte
	unknown []bool // nothing is known of the attribute; nil when all is known
	some    []bool // it has values, but they are not known; nil when all are
}

// matches answers the filter.
func (f *filter) matches(o *object) tri {
	switch f.kind {
	case isAll:
		answer := yes
		for i := 0; i < len(f.under) && answer > no; i++ {
			answer = min(answer, f.under[i].matches(o))
		}
		return answer
	case isAny:
		answer := no
		for i := 0; i < len(f.under) && answer < yes; i++ {
			answer = max(answer, f.under[i].matches(o))
		}
		return answer
	case isNot:
		return yes - f.under[0].matches(o)
	}
	if f.slot >= len(o.held) || o.unknown != nil && o.unknown[f.slot] {
		return maybe
	}
	if o.some != nil && o.some[f.slot] {
		if f.kind == isPresent {
			return yes
		}
		return maybe
	}
	values := o.held[f.slot]
	switch {
	case f.kind == isPresent && len(values) > 0:
		return yes
	case f.kind == isBeyond && len(values) > 0:
		return maybe
	}
	for _, v := range values {
		if f.takes(v) {
			return yes
		}
	}
	return no
}

// takes compares one value. Case does not count, as for nearly all attributes of Active Directory.
func (f *filter) takes(v []byte) bool {
	switch f.kind {
	case isEqual:
		return bytes.EqualFold(v, f.value)
	case isCategory:
		return isCategoryValue(v, f.value)
	case isPart:
		return hasParts(v, f.parts)
	case hasBits, hasABit:
		mask, err := strconv.ParseInt(string(f.value), 10, 64)
		bits, err2 := strconv.ParseInt(string(v), 10, 64)
		return err == nil && err2 == nil && (bits&mask == mask || f.kind == hasABit && bits&mask != 0)
	}
	return false
}

// isCategoryValue compares a category's distinguished name, or its bare name, with a name in lower case.
func isCategoryValue(v, name []byte) bool {
	if len(v) > 3 && bytes.EqualFold(v[:3], []byte("CN=")) {
		v = v[3:]
		if comma := bytes.IndexByte(v, ','); comma >= 0 {
			v = v[:comma]
		}
	}
	return bytes.EqualFold(v, name)
}

func hasParts(v []byte, parts [][]byte) bool {
	first, last := parts[0], parts[len(parts)-1]
	if len(v) < len(first)+len(last) || !bytes.EqualFold(v[:len(first)], first) || !bytes.EqualFold(v[len(v)-len(last):], last) {
		return false
	}
	if len(parts) == 2 {
		return true
	}
	v = bytes.ToLower(v[len(first) : len(v)-len(last)])
	for _, part := range parts[1 : len(parts)-1] {
		i := bytes.Index(v, bytes.ToLower(part))
		if i < 0 {
			return false
		}
		v = v[i+len(part):]
	}
	return true
}
