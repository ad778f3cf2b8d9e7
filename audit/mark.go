package audit

import (
	"unicode/utf8"

	"hybridaudit/sources/evidence/address"
)

// Marked shows a value with the character at fault between » and «: a blank or a character that looks like another one is hard to see otherwise. A problem
// without a place gives the value as it is.
func Marked(value string, p address.Problem) string {
	if p.Position < 0 || p.Position >= len(value) {
		return value
	}
	_, size := utf8.DecodeRuneInString(value[p.Position:])
	end := p.Position + size
	return value[:p.Position] + "»" + value[p.Position:end] + "«" + value[end:]
}
