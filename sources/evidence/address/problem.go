package address

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Code names what is wrong with an address. The words are stable: reports and
// waivers keep them.
type Code string

// What the Problem functions find. OK, the zero value, is nothing.
const (
	OK                 Code = ""
	Empty              Code = "Empty"              // nothing but white space
	NoPrefix           Code = "NoPrefix"           // sip:, smtp: or another prefix is missing
	NoAt               Code = "NoAt"               // no @
	ManyAt             Code = "ManyAt"             // more than one @
	EmptyLocal         Code = "EmptyLocal"         // nothing before the @
	BadLocal           Code = "BadLocal"           // the part before the @ has no mail form
	BadDomain          Code = "BadDomain"          // the part behind the @ is no dotted DNS name
	BadStart           Code = "BadStart"           // it begins with a character not allowed there
	BadEnd             Code = "BadEnd"             // the name part ends in a character not allowed there
	Space              Code = "Space"              // white space of any kind
	Control            Code = "Control"            // a control character
	Quote              Code = "Quote"              // a double quote
	Apostrophe         Code = "Apostrophe"         // '
	Bracket            Code = "Bracket"            // < > ( ) [ ], in a UPN also { }
	Separator          Code = "Separator"          // a comma or semicolon
	Backslash          Code = "Backslash"          // \
	SecondColon        Code = "SecondColon"        // a colon behind that of the prefix
	NonASCII           Code = "NonASCII"           // a character outside ASCII, or bytes that are no text
	ForbiddenCharacter Code = "ForbiddenCharacter" // another character that the tenant refuses here
	OddCharacter       Code = "OddCharacter"       // unusual, and known to cause no failure
	LocalTooLong       Code = "LocalTooLong"       // the part before the @
	DomainTooLong      Code = "DomainTooLong"      // the part behind the @
	TooLong            Code = "TooLong"            // the whole value
)

// Problem is the first thing found wrong with a value; the more serious faults are
// looked for first. The zero Problem means that nothing is wrong.
type Problem struct {
	Code Code
	// Char is the character at fault (U+FFFD for a byte that is not UTF-8) and
	// Position its byte offset in the value as given. Position is -1 for a fault that
	// is not a single character; Char is 0 then.
	Char     rune
	Position int
	// Minor marks what is worth knowing and stops nothing.
	Minor bool
}

// Serious tells whether the value is refused, dropped or replaced on its way to the
// tenant, or breaks a sign-in.
func (p Problem) Serious() bool { return p.Code != OK && !p.Minor }

// whole is a problem without a place.
func whole(code Code) Problem { return Problem{Code: code, Position: -1} }

// at is a problem at a byte offset of s; an offset of -1 has no place.
func at(code Code, s string, position int) Problem {
	if position < 0 {
		return whole(code)
	}
	r, _ := utf8.DecodeRuneInString(s[position:])
	return Problem{Code: code, Char: r, Position: position}
}

// find gives the first character from offset on for which judge has a code.
func find(s string, offset int, judge func(rune) Code) (Problem, bool) {
	for i, r := range s[offset:] {
		if code := judge(r); code != OK {
			return Problem{Code: code, Char: r, Position: offset + i}, true
		}
	}
	return Problem{}, false
}

// class sorts the characters that one check or another forbids.
func class(r rune) Code {
	switch r {
	case '\'':
		return Apostrophe
	case '"':
		return Quote
	case '<', '>', '(', ')', '[', ']':
		return Bracket
	case ',', ';':
		return Separator
	case ':':
		return SecondColon
	case '\\':
		return Backslash
	}
	return unwritable(r)
}

// unwritable gives the code of white space, control characters and all beyond ASCII.
func unwritable(r rune) Code {
	switch {
	case unicode.IsSpace(r):
		return Space
	case unicode.IsControl(r):
		return Control
	case r >= utf8.RuneSelf:
		return NonASCII
	}
	return OK
}

// atSign finds what is wrong with the number and place of @ in s from offset on;
// without a problem, position is where it stands.
func atSign(s string, offset int) (position int, p Problem) {
	first := strings.IndexByte(s[offset:], '@')
	if first < 0 {
		return 0, whole(NoAt)
	}
	position = offset + first
	if second := strings.IndexByte(s[position+1:], '@'); second >= 0 {
		return position, at(ManyAt, s, position+1+second)
	}
	if first == 0 {
		return position, at(EmptyLocal, s, position)
	}
	return position, Problem{}
}

// length counts as the directory and Microsoft's limits do, in UTF-16 units.
func length(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}
