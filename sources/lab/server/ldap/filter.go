package ldaplab

import (
	"strconv"
	"strings"

	ber "github.com/go-asn1-ber/asn1-ber"
)

// filterDepth is how deep filters may be nested.
const filterDepth = 100

// Matching rules of extensible filters.
const (
	ruleBitAnd = "1.2.840.113556.1.4.803"
	ruleBitOr  = "1.2.840.113556.1.4.804"
)

type filterKind uint8

// The kinds have the numbers of their context tags.
const (
	filterAnd filterKind = iota
	filterOr
	filterNot
	filterEqual
	filterSubstrings
	filterGreater
	filterLess
	filterPresent
	filterApprox
	filterExtensible
)

// filter is one node of a search filter.
type filter struct {
	kind      filterKind
	children  []filter
	attribute string
	value     string
	rule      string // of an extensible filter

	// A substring filter: text at the start, in between, at the end.
	initial, final string
	within         []string
}

func parseFilter(p *ber.Packet, depth int) (filter, error) {
	if p.ClassType != ber.ClassContext || p.Tag > ber.Tag(filterExtensible) || depth > filterDepth {
		return filter{}, errMalformed
	}
	f := filter{kind: filterKind(p.Tag)}
	switch f.kind {
	case filterAnd, filterOr, filterNot:
		for _, child := range p.Children {
			one, err := parseFilter(child, depth+1)
			if err != nil {
				return filter{}, err
			}
			f.children = append(f.children, one)
		}
		if f.kind == filterNot && len(f.children) != 1 {
			return filter{}, errMalformed
		}
	case filterPresent:
		f.attribute = p.Data.String()
	case filterSubstrings:
		if err := f.parseSubstrings(p); err != nil {
			return filter{}, err
		}
	case filterExtensible:
		for _, part := range p.Children {
			switch part.Tag {
			case 1:
				f.rule = part.Data.String()
			case 2:
				f.attribute = part.Data.String()
			case 3:
				f.value = part.Data.String()
			}
		}
	default:
		if len(p.Children) != 2 {
			return filter{}, errMalformed
		}
		f.attribute, f.value = p.Children[0].Data.String(), p.Children[1].Data.String()
	}
	return f, nil
}

func (f *filter) parseSubstrings(p *ber.Packet) error {
	if len(p.Children) != 2 || len(p.Children[1].Children) == 0 {
		return errMalformed
	}
	f.attribute = p.Children[0].Data.String()
	for _, piece := range p.Children[1].Children {
		text := piece.Data.String()
		switch piece.Tag {
		case 0:
			f.initial = text
		case 1:
			f.within = append(f.within, text)
		case 2:
			f.final = text
		default:
			return errMalformed
		}
	}
	return nil
}

// String gives the RFC 4515 text, bytes outside printable ASCII escaped. It serves logs, the Observe hook and the choice of a fault's searches.
func (f filter) String() string {
	var b strings.Builder
	f.print(&b)
	return b.String()
}

func (f filter) print(b *strings.Builder) {
	b.WriteByte('(')
	switch f.kind {
	case filterAnd, filterOr, filterNot:
		b.WriteByte("&|!"[f.kind])
		for _, child := range f.children {
			child.print(b)
		}
	case filterPresent:
		b.WriteString(f.attribute + "=*")
	case filterSubstrings:
		b.WriteString(f.attribute + "=" + escapeFilter(f.initial) + "*")
		for _, text := range f.within {
			b.WriteString(escapeFilter(text) + "*")
		}
		b.WriteString(escapeFilter(f.final))
	case filterExtensible:
		b.WriteString(f.attribute + ":" + f.rule + ":=" + escapeFilter(f.value))
	default:
		operator := map[filterKind]string{filterEqual: "=", filterGreater: ">=", filterLess: "<=", filterApprox: "~="}[f.kind]
		b.WriteString(f.attribute + operator + escapeFilter(f.value))
	}
	b.WriteByte(')')
}

func escapeFilter(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || strings.IndexByte(`*()\`, c) >= 0 {
			b.WriteByte('\\')
			if c < 0x10 {
				b.WriteByte('0')
			}
			b.WriteString(strconv.FormatUint(uint64(c), 16))
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
