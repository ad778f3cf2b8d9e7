package directory

import (
	"encoding/hex"
	"strings"
	"unicode/utf8"
)

const upperHex = "0123456789ABCDEF"

// EscapeRDN writes an attribute value for use in a distinguished name (RFC 4514
// 2.4): a backslash before " + , ; < > \ and before a leading # or a leading or
// trailing space; control characters and bytes that are not UTF-8 as \ and two
// hexadecimal digits, as Active Directory writes the line feed of \0ACNF:. A
// value that needs none is returned as it is.
func EscapeRDN(value string) string {
	if !needsEscape(value) {
		return value
	}
	return string(appendEscaped(make([]byte, 0, len(value)+8), value))
}

func needsEscape(value string) bool {
	if value == "" {
		return false
	}
	if value[0] == ' ' || value[0] == '#' || value[len(value)-1] == ' ' {
		return true
	}
	ascii := true
	for i := range len(value) {
		c := value[i]
		if c < ' ' || c == 0x7f || isSpecial(c) {
			return true
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return !ascii && !utf8.ValidString(value)
}

// isSpecial names the characters that RFC 4514 wants escaped wherever they stand.
func isSpecial(c byte) bool {
	switch c {
	case '"', '+', ',', ';', '<', '>', '\\':
		return true
	}
	return false
}

func appendEscaped(b []byte, value string) []byte {
	for i := 0; i < len(value); {
		c := value[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(value[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(b, '\\', upperHex[c>>4], upperHex[c&15])
			} else {
				b = append(b, value[i:i+size]...)
			}
			i += size
			continue
		}
		switch {
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', upperHex[c>>4], upperHex[c&15])
		case isSpecial(c),
			c == '#' && i == 0,
			c == ' ' && (i == 0 || i == len(value)-1):
			b = append(b, '\\', c)
		default:
			b = append(b, c)
		}
		i++
	}
	return b
}

// appendHexValue writes the #hexstring form of a BER encoding.
func appendHexValue(b []byte, ber string) []byte {
	return hex.AppendEncode(append(b, '#'), []byte(ber))
}

// lower is the case folding of this package. Unlike strings.ToLower it keeps bytes
// that are not UTF-8, so that two different broken values stay different.
func lower(s string) string {
	if utf8.ValidString(s) {
		return strings.ToLower(s)
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(b, s[i])
		} else {
			b = append(b, strings.ToLower(s[i:i+size])...)
		}
		i += size
	}
	return string(b)
}
