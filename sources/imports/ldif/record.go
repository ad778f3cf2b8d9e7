package ldif

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// record collects one record. Everything lies in data, since slices of it would be left behind when it grows.
type record struct {
	data   []byte
	names  []span // of the attributes, in data
	counts []int  // values of each
	values []value
	last   int            // attribute of the last value, -1 before the first
	byName map[string]int // of records with many attributes

	// What is given out.
	out        Record
	pieces     [][]byte
	attributes []Attribute
}

type span struct{ from, to int }

type value struct {
	attribute int
	span
}

func (c *record) clear() {
	c.data, c.names, c.counts, c.values, c.last = c.data[:0], c.names[:0], c.counts[:0], c.values[:0], -1
	clear(c.byName)
}

// entry reads the record that begins with the line of its dn. Nil without an error means that the file was cut in it.
func (r *Reader) entry(l line) (*Record, error) {
	search, err := r.entered(l.number)
	if err != nil {
		return nil, err
	}
	c := &r.record
	c.clear()
	c.out = Record{Line: l.number, Search: search}
	dn, fault := r.value(l, 2)
	search.open = true
	for fault == nil {
		if !l.closed {
			return r.drop(search, l, "the file ends in the middle of a record, without a line break")
		}
		l, err = r.line()
		if atEnd(err) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(l.text) == 0 {
			search.open = false
			break
		}
		if l.text[0] == '#' {
			if !l.closed {
				break // nothing of the record is lost
			}
			continue
		}
		fault = r.attribute(l)
	}
	switch {
	case fault == nil:
	case !l.closed && fault.Kind == Malformed, fault.ends && r.in.last():
		return r.drop(search, l, "the file ends in the middle of a record: "+fault.What)
	default:
		return nil, &fault.Error
	}
	c.give(dn)
	return &c.out, nil
}

// drop leaves the record out in which the file was cut.
func (r *Reader) drop(s *Search, l line, why string) (*Record, error) {
	s.Records--
	r.cutAt(l.number, why)
	return nil, nil //nolint:nilnil // told by Cut
}

// lineFault is what is wrong with a line of a record.
type lineFault struct {
	Error
	ends bool // a line that was cut looks like that
}

func (r *Reader) wrong(k Kind, l line, ends bool, what, advice string) *lineFault {
	return &lineFault{*r.fault(k, l.number, what, advice), ends}
}

const contentOnly = "only content is read, as ldifde and ldapsearch export it"

// attribute takes one line of a record.
func (r *Reader) attribute(l line) *lineFault {
	colon := bytes.IndexByte(l.text, ':')
	if colon < 0 {
		if string(l.text) == "-" {
			return r.wrong(Unsupported, l, false, "the record changes an entry", contentOnly)
		}
		return r.wrong(Malformed, l, true, "the line has no colon", exportAgain)
	}
	name := l.text[:colon]
	if at := badName(name); at >= 0 {
		what := fmt.Sprintf("no attribute can be called as the line says: see its column %d", at+1)
		return r.wrong(Malformed, l, false, what, exportAgain)
	}
	switch len(name) {
	case len("dn"):
		if strings.EqualFold(string(name), "dn") {
			return r.wrong(Malformed, l, false, "a record begins within another", "an empty line has to stand between them")
		}
	case len("control"):
		if strings.EqualFold(string(name), "control") {
			return nil
		}
	case len("changetype"):
		if strings.EqualFold(string(name), "changetype") {
			return r.change(l, l.text[colon+1:])
		}
	}
	v, fault := r.value(l, colon)
	if fault != nil {
		return fault
	}
	c := &r.record
	if len(c.values) >= r.limits.Values {
		return r.wrong(TooLarge, l, false, fmt.Sprintf("the record has more than %d values", r.limits.Values), "leave the attribute out of the export")
	}
	i := c.find(name)
	if i < 0 {
		if i = len(c.names); i >= r.limits.Attributes {
			return r.wrong(TooLarge, l, false, fmt.Sprintf("the record has more than %d attributes", r.limits.Attributes), exportAgain)
		}
		from := len(c.data)
		c.data = append(c.data, name...)
		c.names = append(c.names, span{from, len(c.data)})
		c.index()
		c.counts = append(c.counts, 0)
	}
	c.counts[i]++
	c.last = i
	c.values = append(c.values, value{i, v})
	return nil
}

// change takes the kind of a change: an added entry is as good as content.
func (r *Reader) change(l line, kind []byte) *lineFault {
	if strings.EqualFold(string(bytes.Trim(kind, " ")), "add") {
		r.record.out.Search.Added++
		return nil
	}
	return r.wrong(Unsupported, l, false, "the record changes an entry", contentOnly)
}

// find gives the number of the attribute, -1 when it is new. Values of one attribute mostly stand together.
func (c *record) find(name []byte) int {
	if c.last >= 0 && c.is(c.last, name) {
		return c.last
	}
	if len(c.names) > manyAttributes {
		if i, ok := c.byName[string(name)]; ok {
			return i
		}
		return -1
	}
	for i := range c.names {
		if c.is(i, name) {
			return i
		}
	}
	return -1
}

// manyAttributes is where looking a name up costs less than comparing it with all others.
const manyAttributes = 100

// index keeps the names of a record with many attributes.
func (c *record) index() {
	if len(c.names) <= manyAttributes {
		return
	}
	if c.byName == nil {
		c.byName = map[string]int{}
	}
	for i := len(c.byName); i < len(c.names); i++ {
		c.byName[string(c.data[c.names[i].from:c.names[i].to])] = i
	}
}

func (c *record) is(i int, name []byte) bool {
	s := c.names[i]
	return s.to-s.from == len(name) && string(c.data[s.from:s.to]) == string(name)
}

// badName gives the position of the first character that cannot be in an attribute's name or options, -1 when there is none.
func badName(name []byte) int {
	for i, c := range name {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && (i == 0 || c != '-' && c != ';' && c != '.' && c != '_' && c != '=' && c != '*') {
			return i
		}
	}
	if len(name) == 0 {
		return 0
	}
	return -1
}

// value decodes what stands behind the colon.
func (r *Reader) value(l line, colon int) (span, *lineFault) {
	c := &r.record
	from := len(c.data)
	text := l.text[colon+1:]
	kind := byte(0)
	if len(text) > 0 && (text[0] == ':' || text[0] == '<') {
		kind, text = text[0], text[1:]
	}
	text = bytes.TrimLeft(text, " ")
	if len(text)+from > r.limits.Record {
		return span{}, r.wrong(TooLarge, l, false, fmt.Sprintf("the record is larger than %d bytes", r.limits.Record), "leave large attributes out of the export")
	}
	switch kind {
	case '<':
		return span{}, r.wrong(Unsupported, l, false, "the value lies in another file or behind a URL, which is not fetched", "export with ldapsearch without -t")
	case ':':
		text = bytes.TrimRight(text, " ")
		c.data = slices.Grow(c.data, base64.StdEncoding.DecodedLen(len(text)))
		n, err := base64.StdEncoding.Decode(c.data[from:cap(c.data)], text)
		if err != nil {
			return span{}, r.wrong(Malformed, l, true, "the value is no base64", exportAgain)
		}
		c.data = c.data[:from+n]
	default:
		if !utf8.Valid(text) {
			return span{}, r.wrong(Malformed, l, false, "the value is not UTF-8", "do not save the file with an editor; ldifde needs -u where text is not to be in base64")
		}
		if bytes.IndexByte(text, 0) >= 0 {
			return span{}, r.wrong(Malformed, l, false, "the value holds a zero byte: the file is damaged", exportAgain)
		}
		c.data = append(c.data, text...)
	}
	return span{from, len(c.data)}, nil
}

// give puts the record together.
func (c *record) give(dn span) {
	c.pieces = slices.Grow(c.pieces[:0], len(c.values))[:len(c.values)]
	c.attributes = c.attributes[:0]
	from := 0
	for i, s := range c.names {
		to := from + c.counts[i]
		c.attributes = append(c.attributes, Attribute{Name: c.data[s.from:s.to:s.to], Values: c.pieces[from:from:to]})
		from = to
	}
	for _, v := range c.values {
		a := &c.attributes[v.attribute]
		a.Values = append(a.Values, c.data[v.from:v.to:v.to])
	}
	c.out.DN = c.data[dn.from:dn.to:dn.to]
	c.out.Attributes = c.attributes
}
