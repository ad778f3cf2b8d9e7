package ldif

import "strconv"

// Kind sorts the errors of a file.
type Kind uint8

// The kinds of errors.
const (
	Malformed   Kind = iota // no LDIF
	Unsupported             // LDIF, but no content: change records, values behind URLs
	TooLarge                // beyond a limit
)

// Error says what is wrong with a file, where, and what to do. It never repeats a value.
type Error struct {
	Kind   Kind
	File   string
	Line   int // the first is 1; of a folded line the first part
	What   string
	Advice string
}

func (e *Error) Error() string {
	text := e.File + ":" + strconv.Itoa(e.Line) + ": " + e.What
	if e.Advice != "" {
		text += " (" + e.Advice + ")"
	}
	return text
}

// fault makes an error of a line.
func (r *Reader) fault(k Kind, line int, what, advice string) *Error {
	return &Error{Kind: k, File: r.name, Line: line, What: what, Advice: advice}
}

const exportAgain = "export the file again with ldifde or ldapsearch, and do not edit it"
