package ldif

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/imports/plain"
)

// Limits bound what a file may make the reader hold. Zero fields stand for the defaults.
type Limits struct {
	Line       int // bytes of a line, joined; 16 MiB
	Record     int // bytes of a record's names and values; 64 MiB
	Values     int // values of a record; 1,000,000
	Attributes int // attributes of a record; 4,000
	Searches   int // outputs of searches that a file is made of; 10,000
}

func (l Limits) filled() Limits {
	or := func(v *int, standard int) {
		if *v <= 0 {
			*v = standard
		}
	}
	or(&l.Line, 16<<20)
	or(&l.Record, 64<<20)
	or(&l.Values, 1_000_000)
	or(&l.Attributes, 4000)
	or(&l.Searches, 10_000)
	return l
}

// Attribute is an attribute of a record; Name is spelled as in the file, options included. The values are decoded.
type Attribute struct {
	Name   []byte
	Values [][]byte
}

// Record is one entry. Its memory is used again for the next one.
type Record struct {
	Line       int // of its dn
	DN         []byte
	Attributes []Attribute // in the order in which their first values came; one name stands once
	Search     *Search     // that it belongs to
}

// Reader reads the records of a file. It serves one goroutine.
type Reader struct {
	name     string
	in       lines
	limits   Limits
	record   record
	head     head
	remark   bool // the line before was a comment
	searches []*Search
	cut      string
	cutLine  int
	failed   error
}

// NewReader reads LDIF from source; name stands in errors.
func NewReader(source io.Reader, name string, l Limits) *Reader {
	l = l.filled()
	return &Reader{name: name, limits: l, in: lines{in: plain.UTF8(source), most: l.Line}}
}

// Searches lists the searches whose output the file is made of. They are complete once Next has given io.EOF.
func (r *Reader) Searches() []*Search { return r.searches }

// Cut says why the file seems to end in the middle of something, and in which line; "" when it does not. The record in which it ended was left out. It is
// known once Next has given io.EOF.
func (r *Reader) Cut() (why string, line int) { return r.cut, r.cutLine }

// Next gives the next record, io.EOF behind the last one. Other errors are an [*Error] or, wrapped, that of the source; they end the reading.
func (r *Reader) Next() (*Record, error) {
	if r.failed != nil {
		return nil, r.failed
	}
	got, err := r.next()
	if err != nil {
		r.failed = err
		return nil, err
	}
	return got, nil
}

func (r *Reader) next() (*Record, error) {
	for {
		l, err := r.line()
		if atEnd(err) {
			return nil, r.end()
		}
		if err != nil {
			return nil, err
		}
		if len(l.text) > 0 && l.text[0] == '#' {
			r.comment(l)
			r.remark = true
			continue
		}
		if err := r.headEnds(l); err != nil {
			return nil, err
		}
		text := bytes.TrimPrefix(l.text, []byte("\uFEFF")) // stands in the middle of files that were put together
		if r.remark && isMangled(text) {
			continue
		}
		r.remark = false
		switch {
		case len(bytes.TrimLeft(text, " ")) == 0:
		case len(text) >= 3 && text[2] == ':' && strings.EqualFold(string(text[:2]), "dn"):
			l.text = text
			got, err := r.entry(l)
			if got == nil && err == nil {
				continue // the file was cut in it
			}
			return got, err
		default:
			if err := r.between(l, text); err != nil {
				return nil, err
			}
		}
	}
}

// isMangled says whether a line is the rest of a comment. The names of objects that lost a replication conflict, and of deleted ones, hold a line feed, which
// ldapsearch writes as it is into the comment above the entry.
func isMangled(text []byte) bool {
	return bytes.HasPrefix(text, []byte("CNF:")) || bytes.HasPrefix(text, []byte("DEL:"))
}

// line is the next line with its faults explained.
func (r *Reader) line() (line, error) {
	l, err := r.in.next()
	switch {
	case err == nil || atEnd(err):
		return l, err
	case errors.Is(err, errLongLine):
		return l, r.fault(TooLarge, l.number, fmt.Sprintf("the line is longer than %d bytes", r.limits.Line), "leave the attribute out of the export")
	}
	return l, fmt.Errorf("reading %s line %d: %w", r.name, r.in.number, err)
}

// end closes the file.
func (r *Reader) end() error {
	if err := r.headEnds(line{number: r.in.number}); err != nil {
		return err
	}
	return io.EOF
}

// between takes a line that stands outside of records: the version, a reference, or part of ldapsearch's result.
func (r *Reader) between(l line, text []byte) error {
	key, value, found := bytes.Cut(text, []byte(":"))
	if !found {
		if !l.closed {
			r.cutAt(l.number, "the file ends in the middle of a line")
			return nil
		}
		advice := exportAgain
		if bytes.HasPrefix(text, []byte("Press [size]")) {
			advice = "let ldapsearch read all pages: -E pr=1000/noprompt"
		}
		return r.fault(Malformed, l.number, "neither a record, which begins with \"dn:\", nor a comment", advice)
	}
	value = bytes.TrimLeft(value, ": ")
	switch string(bytes.ToLower(key)) {
	case "version":
		if string(bytes.TrimRight(value, " ")) != "1" {
			return r.fault(Unsupported, l.number, "the version of LDIF is not 1", "")
		}
	case "ref":
		r.searching().Referrals++
	case "search", "matcheddn", "text", "control":
	case "pagedresults":
		r.pagedResults(value)
	case "result":
		digits, _, _ := bytes.Cut(value, []byte(" "))
		code, ok := number(digits)
		if !ok {
			return r.fault(Malformed, l.number, "the result of the search is no number", exportAgain)
		}
		s := r.searching()
		s.code, s.result, s.ended = code, directory.Printable(string(value), 200), true
	case "changetype", "changes":
		return r.fault(Malformed, l.number, "a change without a record that it belongs to", exportAgain)
	default:
		return r.fault(Malformed, l.number, "a record begins with \"dn:\"", "an empty line within a record has to go; or "+exportAgain)
	}
	return nil
}

// cutAt notes that the file ended too early.
func (r *Reader) cutAt(at int, why string) {
	if r.cut == "" {
		r.cut, r.cutLine = why, at
	}
}
