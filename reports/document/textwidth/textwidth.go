// Package textwidth measures text as a fixed-width display shows it: East Asian wide characters take two columns, combining marks none. Terminals need it to
// align, workbooks to guess how many lines a text fills.
package textwidth

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Of is the number of columns that s takes.
func Of(s string) int {
	n := 0
	for _, r := range s {
		n += ofRune(r)
	}
	return n
}

func ofRune(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me), r == 0x200B, r == 0x200C, r == 0x200D, r == 0xFEFF:
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	default:
		return 1
	}
}

// Cut shortens s to at most the given columns; what is cut away is replaced by an ellipsis.
func Cut(s string, columns int) string {
	if Of(s) <= columns {
		return s
	}
	if columns < 1 {
		return ""
	}
	n := 0
	for i, r := range s {
		if n += ofRune(r); n > columns-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// Pad cuts s to the given columns, or fills it up to them with blanks.
func Pad(s string, columns int) string {
	s = Cut(s, columns)
	return s + strings.Repeat(" ", max(0, columns-Of(s)))
}

// Wrap breaks s into lines of at most the given columns: at line feeds, at blanks, between wide characters, and inside words that are longer than a line.
func Wrap(s string, columns int) []string { return WrapBy(s, max(columns, 2), ofRune) }

// WrapBy is Wrap for a font whose characters measure says the width of, in any unit; no line is wider than room, except where a single character is.
func WrapBy(s string, room int, measure func(rune) int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(s, "\n") {
		lines = append(lines, wrap(paragraph, room, measure)...)
	}
	return lines
}

func wrap(s string, room int, measure func(rune) int) []string {
	var lines []string
	start, end, used, atBreak := 0, -1, 0, 0 // end and atBreak: the last place to break at, and what is used up to behind it
	for i, r := range s {
		w := measure(r)
		if r == ' ' {
			end, atBreak = i, used+w
		} else if r >= 0x1100 && i > start && ofRune(r) == 2 {
			end, atBreak = i, used
		}
		used += w
		if used <= room || r == ' ' || i == start {
			continue
		}
		if end <= start {
			end, atBreak = i, used-w
		}
		lines = append(lines, strings.TrimRight(s[start:end], " "))
		start, used = end, used-atBreak
		if s[start] == ' ' {
			start++
		}
		end, atBreak = -1, 0
		if used > room && i > start { // what was broken off was narrow: the rest is still too wide
			lines = append(lines, s[start:i])
			start, used = i, w
		}
	}
	return append(lines, strings.TrimRight(s[start:], " "))
}
