package xlsx

import (
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"hybridaudit/audit/text"
)

// maxCell is how much a cell holds, in UTF-16 units.
const maxCell = 32767

// clean makes a value of the directory harmless to show: one line without control characters.
func clean(s string) string {
	if plain(s) {
		return s
	}
	s = text.Harmless(s)
	for overlapping.MatchString(s) {
		s = overlapping.ReplaceAllString(s, "$1\uFFFD$2")
	}
	if strings.ContainsRune(s, '\uFFFE') || strings.ContainsRune(s, '\uFFFF') {
		s = strings.NewReplacer("\uFFFE", "\uFFFD", "\uFFFF", "\uFFFD").Replace(s)
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// plain says that a text is made of printable ASCII and holds nothing like an escaped character, as nearly all are.
func plain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == 'x' && i > 0 && s[i-1] == '_' {
			return false
		}
	}
	return true
}

// Workbooks write a character that XML forbids as _x0007_, and a text that looks so by chance, or to smuggle such a character in, has to be escaped itself.
var (
	// escaped finds such texts. Streamed cells have them escaped by excelize, cells of the shared table have not.
	escaped = regexp.MustCompile(`_x[0-9A-Fa-f]{4}_`)
	// overlapping finds two that share an underscore: excelize escapes the first only. They are pulled apart.
	overlapping = regexp.MustCompile(`(_x[0-9A-Fa-f]{4}_)(x[0-9A-Fa-f]{4}_)`)
)

// join makes one value of several.
func join(values []string, separator string) string {
	if len(values) == 1 {
		return clean(values[0])
	}
	shown := make([]string, len(values))
	for i, v := range values {
		shown[i] = clean(v)
	}
	return strings.Join(shown, separator)
}

// fit cuts a text to what a cell holds; mark is what then stands at its end.
func fit(s, mark string) string {
	if len(s) <= maxCell || utf8.RuneCountInString(s) <= maxCell/2 {
		return s
	}
	room, cut := maxCell-units(mark), -1
	n := 0
	for i, r := range s {
		n += utf16.RuneLen(r)
		if n > room && cut < 0 {
			cut = i
		}
		if n > maxCell {
			return s[:cut] + mark
		}
	}
	return s
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// formulaLike says whether a spreadsheet would take the text for a formula if somebody typed it.
func formulaLike(s string) bool {
	return s != "" && strings.IndexByte("=+-@", s[0]) >= 0 || strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "－") ||
		strings.HasPrefix(s, "＠")
}
