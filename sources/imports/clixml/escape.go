package clixml

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Unescape replaces the _xHHHH_ escapes of a text, each a UTF-16 code unit. Halves of pairs that stand alone become U+FFFD.
func Unescape(s string) string {
	i := strings.Index(s, "_x")
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for len(s) > 0 {
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		unit, ok := unitOf(s)
		switch {
		case !ok:
			b.WriteString("_x")
			s = s[2:]
		case utf16.IsSurrogate(unit):
			s = s[7:]
			whole := rune(utf8.RuneError)
			if second, ok := unitOf(s); ok {
				if whole = utf16.DecodeRune(unit, second); whole != utf8.RuneError {
					s = s[7:]
				}
			}
			b.WriteRune(whole)
		default:
			s = s[7:]
			b.WriteRune(unit)
		}
		i = strings.Index(s, "_x")
	}
	return b.String()
}

// unitOf reads the escape that a text begins with.
func unitOf(s string) (rune, bool) {
	if len(s) < 7 || s[:2] != "_x" || s[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}
