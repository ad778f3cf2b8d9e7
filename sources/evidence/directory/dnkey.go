package directory

import (
	"strings"
	"unicode/utf8"
)

// DNKey gives the form in which two spellings of one distinguished name are the
// same string: lower case, canonical escapes, no optional spaces, the pairs of a
// multi-valued relative name sorted. A plain name costs one pass and at most the
// allocation of its lower-case copy, and so does one with escaped commas. A text that is no distinguished name gives
// itself in lower case.
//
// Lower case is Unicode's simple mapping; Active Directory itself also ignores
// accents, width and the kind of kana, which no key here does.
func DNKey(s string) string {
	switch plain, ready := isPlainDN(s); {
	case ready:
		return s
	case plain:
		return lower(s)
	}
	d, err := ParseDN(s)
	if err != nil {
		return lower(s)
	}
	return d.key()
}

// isPlainDN tells whether the text, in lower case, is its own key. It need not know
// whether the text is a distinguished name at all, since the key of one that is not
// is also its lower case. The escapes that it lets pass, as in "CN=Berg\, Anna", have
// no other canonical spelling; many directories are full of them.
//
// ready means that it is in lower case already.
func isPlainDN(s string) (plain, ready bool) {
	upper, ascii := false, true
	edge := true // a separator, or nothing, stands before this byte
	for i := 0; i < len(s); i++ {
		switch c := s[i]; dnClass[c] {
		case ordinary:
			edge = false
		case capital:
			edge, upper = false, true
		case beyondASCII:
			edge, ascii = false, false
		case separator:
			edge = true
		case space:
			// Next to a separator it may be one that does not count.
			if edge || i == len(s)-1 || dnClass[s[i+1]] == separator {
				return false, false
			}
		case backslash:
			if i++; i == len(s) || !isSpecial(s[i]) {
				return false, false
			}
			edge = false
		default:
			return false, false
		}
	}
	if !ascii {
		return utf8.ValidString(s), false
	}
	return true, !upper
}

// What a byte means to isPlainDN.
const (
	ordinary = iota
	capital
	beyondASCII
	separator
	space
	backslash
	intricate // the name must be parsed
)

var dnClass = func() (table [256]uint8) {
	for c := range table {
		switch {
		case 'A' <= c && c <= 'Z':
			table[c] = capital
		case c >= utf8.RuneSelf:
			table[c] = beyondASCII
		case c == ',', c == '=':
			table[c] = separator
		case c == ' ':
			table[c] = space
		case c == '\\':
			table[c] = backslash
		case c == '"', c == '+', c == ';', c == '#', c < ' ', c == 0x7f:
			table[c] = intricate
		}
	}
	return table
}()

// IsConflictDN tells whether the object itself is the loser of a replication
// conflict: its relative name then holds a line feed and "CNF:" before its GUID,
// written \0ACNF: in a distinguished name. Objects below a container that lost a
// conflict are ordinary objects.
func IsConflictDN(dn string) bool {
	if strings.IndexByte(dn, '\\') < 0 && strings.IndexByte(dn, '\n') < 0 {
		return false
	}
	quoted := false
	for i := 0; i < len(dn); {
		c, size := dn[i], 1
		switch {
		case c == '\\' && i+2 < len(dn) && hexDigit(dn[i+1]) >= 0 && hexDigit(dn[i+2]) >= 0:
			c, size = byte(hexDigit(dn[i+1])<<4|hexDigit(dn[i+2])), 3 //nolint:gosec // two digits
		case c == '\\':
			c, size = ' ', 2
		case c == '"':
			quoted = !quoted
		case (c == ',' || c == ';') && !quoted:
			return false
		}
		i += size
		if c == '\n' && len(dn) >= i+4 && strings.EqualFold(dn[i:i+4], "CNF:") {
			return true
		}
	}
	return false
}

// DomainOf gives the DNS name, in lower case, that the DC components at the end of
// a distinguished name spell: "DC=a,DC=com" is "a.com". It is "" when there are
// none.
func DomainOf(dn string) string {
	if strings.ContainsAny(dn, "\\\"+;#") {
		return domainOfParsed(dn)
	}
	first := len(dn)
	parts := 0
	for first > 0 {
		comma := strings.LastIndexByte(dn[:first], ',')
		if _, ok := domainComponent(dn[comma+1 : first]); !ok {
			break
		}
		parts++
		first = max(comma, 0)
	}
	if parts == 0 {
		return ""
	}
	b := make([]byte, 0, len(dn)-first)
	for component := range strings.SplitSeq(strings.TrimPrefix(dn[first:], ","), ",") {
		label, _ := domainComponent(component)
		if len(b) > 0 {
			b = append(b, '.')
		}
		b = append(b, label...)
	}
	return lower(string(b))
}

// domainComponent gives the label of "DC=label".
func domainComponent(component string) (label string, ok bool) {
	kind, label, found := strings.Cut(component, "=")
	if !found || !strings.EqualFold(strings.Trim(kind, " "), "DC") {
		return "", false
	}
	label = strings.Trim(label, " ")
	return label, label != ""
}

// domainOfParsed is DomainOf for names with escapes.
func domainOfParsed(dn string) string {
	d, err := ParseDN(dn)
	if err != nil {
		return ""
	}
	first := len(d.rdns)
	for first > 0 {
		r := d.rdns[first-1]
		if len(r) != 1 || r[0].kind != "DC" || r[0].raw || r[0].value == "" {
			break
		}
		first--
	}
	labels := make([]string, 0, len(d.rdns)-first)
	for _, r := range d.rdns[first:] {
		labels = append(labels, r[0].value)
	}
	return lower(strings.Join(labels, "."))
}
