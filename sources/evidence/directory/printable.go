package directory

import (
	"strings"
	"unicode"
)

// Printable makes text from outside fit for one line of a message: control and format characters become spaces, and of more than most characters the rest is cut.
func Printable(s string, most int) string {
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return s
}
