package plant

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// document builds one JSON object after another. Members are written in the order of the calls; "" stands for null.
type document struct {
	buf   []byte
	comma bool
	kept  slab[byte]
	clock time.Time // the time written last, and how: the plans of a licence share theirs
	dial  []byte
}

// begin starts a new document with an opening brace.
func (d *document) begin() {
	d.buf = append(d.buf[:0], '{')
	d.comma = false
}

// end closes the document and keeps it.
func (d *document) end() json.RawMessage {
	d.buf = append(d.buf, '}')
	return d.kept.keep(d.buf)
}

func (d *document) separate() {
	if d.comma {
		d.buf = append(d.buf, ',')
	}
	d.comma = true
}

func (d *document) key(name string) {
	d.separate()
	d.buf = append(d.buf, '"')
	d.buf = append(d.buf, name...)
	d.buf = append(d.buf, '"', ':')
}

// text writes a string, null when it is empty.
func (d *document) text(name, value string) {
	d.key(name)
	if value == "" {
		d.buf = append(d.buf, "null"...)
		return
	}
	d.quote(value)
}

func (d *document) texts(name string, values []string) {
	d.key(name)
	d.buf = append(d.buf, '[')
	for i, v := range values {
		if i > 0 {
			d.buf = append(d.buf, ',')
		}
		d.quote(v)
	}
	d.buf = append(d.buf, ']')
}

// raw writes a value that is JSON already; "" is null.
func (d *document) raw(name, value string) {
	d.key(name)
	if value == "" {
		value = "null"
	}
	d.buf = append(d.buf, value...)
}

func (d *document) flag(name string, value bool) {
	d.key(name)
	d.buf = strconv.AppendBool(d.buf, value)
}

func (d *document) number(name string, value int) {
	d.key(name)
	d.buf = strconv.AppendInt(d.buf, int64(value), 10)
}

// time writes an ISO 8601 time in UTC, null for the zero time.
func (d *document) time(name string, t time.Time) {
	d.key(name)
	if t.IsZero() {
		d.buf = append(d.buf, "null"...)
		return
	}
	if !t.Equal(d.clock) {
		d.clock, d.dial = t, t.UTC().AppendFormat(d.dial[:0], `"2006-01-02T15:04:05Z"`)
	}
	d.buf = append(d.buf, d.dial...)
}

// open and shut enclose a nested object or array: "{" and "}", "[" and "]". An object within an array has no name.
func (d *document) open(name string, bracket byte) {
	if name == "" {
		d.separate()
	} else {
		d.key(name)
	}
	d.buf = append(d.buf, bracket)
	d.comma = false
}

func (d *document) shut(bracket byte) {
	d.buf = append(d.buf, bracket)
	d.comma = true
}

// quote writes a string literal. Text without quotes, backslashes and control characters needs nothing done to it.
func (d *document) quote(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' {
			d.escape(s)
			return
		}
	}
	if !utf8.ValidString(s) {
		d.escape(s)
		return
	}
	d.buf = append(d.buf, '"')
	d.buf = append(d.buf, s...)
	d.buf = append(d.buf, '"')
}

func (d *document) escape(s string) {
	const hex = "0123456789abcdef"
	d.buf = append(d.buf, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			d.buf = utf8.AppendRune(append(d.buf, '\\'), r)
		case r < ' ':
			d.buf = append(d.buf, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			d.buf = utf8.AppendRune(d.buf, r)
		}
	}
	d.buf = append(d.buf, '"')
}
