// Package documents takes the JSON values out of a file one after the other, with the memory of one value: a single one, several behind each other, one on each
// line, and the items of arrays at the top. The values are cut out, not checked: whoever takes them apart finds out what is wrong inside.
package documents

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Limits bound what a file may make the reader hold. Zero fields stand for the defaults.
type Limits struct {
	Value int // bytes of one value; 256 MiB
	Depth int // of nested objects and arrays; 100
}

func (l Limits) filled() Limits {
	if l.Value <= 0 {
		l.Value = 256 << 20
	}
	if l.Depth <= 0 {
		l.Depth = 100
	}
	return l
}

// Error says what is wrong with a file and in which line. It repeats nothing of the file.
type Error struct {
	File string
	Line int // the first is 1
	What string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.What) }

// Value is one JSON value. Raw is valid until the next one is read.
type Value struct {
	Raw  []byte
	Line int  // where it begins
	Item bool // it stands in an array at the top
}

// Reader reads the values of a file. It serves one goroutine.
type Reader struct {
	name   string
	in     *bufio.Reader
	limits Limits
	line   int
	opened int // line of the array that is open, 0 for none
	wants  byte
	buffer []byte
	failed error
}

// What has to come next in an array.
const (
	item      = 'i' // an item
	itemOrEnd = 'e' // an item or the end: the array has just begun
	comma     = ',' // a comma or the end
)

// NewReader reads the values of UTF-8 text; name stands in errors.
func NewReader(source *bufio.Reader, name string, l Limits) *Reader {
	return &Reader{name: name, in: source, limits: l.filled(), line: 1}
}

// Next gives the next value, io.EOF behind the last one. Other errors are an [*Error] or, wrapped, that of the source; they end the reading.
func (r *Reader) Next() (Value, error) {
	if r.failed != nil {
		return Value{}, r.failed
	}
	v, err := r.next()
	if err != nil {
		r.failed = err
	}
	return v, err
}

func (r *Reader) fault(line int, what string) error {
	return &Error{File: r.name, Line: line, What: what}
}

// byte is the next byte; at the end of the file, 0 and false.
func (r *Reader) byte() (b byte, ok bool, err error) {
	b, err = r.in.ReadByte()
	switch {
	case err == io.EOF: // a wrapped one is a fault of the source
		return 0, false, nil
	case err != nil:
		return 0, false, fmt.Errorf("reading %s line %d: %w", r.name, r.line, err)
	}
	if b == '\n' {
		r.line++
	}
	return b, true, nil
}

func (r *Reader) next() (Value, error) {
	for {
		b, ok, err := r.byte()
		switch {
		case err != nil:
			return Value{}, err
		case !ok && r.opened > 0:
			return Value{}, r.fault(r.line, fmt.Sprintf("the file ends within the list that begins in line %d: it was cut", r.opened))
		case !ok:
			return Value{}, io.EOF
		case b == ' ' || b == '\t' || b == '\r' || b == '\n' || b == 0x1e:
		case r.opened == 0 && b == '[':
			r.opened, r.wants = r.line, itemOrEnd
		case r.opened > 0 && b == ']' && r.wants != item:
			r.opened = 0
		case r.opened > 0 && b == ',' && r.wants == comma:
			r.wants = item
		case r.opened > 0 && r.wants == comma:
			return Value{}, r.fault(r.line, "a comma or the end of the list is missing")
		default:
			v := Value{Line: r.line, Item: r.opened > 0}
			if v.Raw, err = r.value(b); err != nil {
				return Value{}, err
			}
			r.wants = comma
			return v, nil
		}
	}
}

var errLarge = errors.New("too large")

// value reads the value that begins with b.
func (r *Reader) value(b byte) ([]byte, error) {
	from := r.line
	r.buffer = append(r.buffer[:0], b)
	var err error
	switch b {
	case '{', '[':
		err = r.nested(from)
	case '"':
		err = r.text(from)
	default:
		if b != '-' && (b < '0' || b > '9') && b != 't' && b != 'f' && b != 'n' {
			return nil, r.fault(from, "no JSON begins here")
		}
		err = r.literal()
	}
	if errors.Is(err, errLarge) {
		err = r.fault(from, fmt.Sprintf("a value is larger than %d bytes", r.limits.Value))
	}
	return r.buffer, err
}

// nested reads an object or array of which the first byte was read.
func (r *Reader) nested(from int) error {
	for depth := 1; depth > 0; {
		b, err := r.more(from)
		if err != nil {
			return err
		}
		switch b {
		case '"':
			if err := r.text(from); err != nil {
				return err
			}
		case '{', '[':
			if depth++; depth > r.limits.Depth {
				return r.fault(r.line, fmt.Sprintf("objects are nested deeper than %d", r.limits.Depth))
			}
		case '}', ']':
			depth--
		}
	}
	return nil
}

// more is the next byte of a value, which is kept.
func (r *Reader) more(from int) (byte, error) {
	b, ok, err := r.byte()
	switch {
	case err != nil:
		return 0, err
	case !ok:
		return 0, r.fault(r.line, fmt.Sprintf("the file ends within the object that begins in line %d: it was cut", from))
	case len(r.buffer) >= r.limits.Value:
		return 0, errLarge
	}
	r.buffer = append(r.buffer, b)
	return b, nil
}

// text reads a string of which the quote was read.
func (r *Reader) text(from int) error {
	for {
		part, err := r.in.ReadSlice('"')
		r.line += bytes.Count(part, []byte{'\n'})
		if len(r.buffer)+len(part) > r.limits.Value {
			return errLarge
		}
		r.buffer = append(r.buffer, part...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF: // as above
			return r.fault(r.line, fmt.Sprintf("the file ends within the text that begins in line %d: it was cut", from))
		case err != nil:
			return fmt.Errorf("reading %s line %d: %w", r.name, r.line, err)
		}
		back := len(r.buffer) - 1
		for r.buffer[back-1] == '\\' { // the opening quote ends it
			back--
		}
		if (len(r.buffer)-1-back)%2 == 0 {
			return nil
		}
	}
}

// literal reads a number, true, false or null.
func (r *Reader) literal() error {
	for {
		next, err := r.in.Peek(1)
		if err != nil || bytes.IndexByte([]byte(" \t\r\n,]}\x1e"), next[0]) >= 0 {
			return nil // the next call meets the error again
		}
		if len(r.buffer) >= r.limits.Value {
			return errLarge
		}
		r.buffer = append(r.buffer, next[0])
		_, _ = r.in.Discard(1)
	}
}
