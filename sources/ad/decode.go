package ad

import (
	"hybridaudit/sources/evidence/entries"
)

// Tags within an entry.
const (
	tagOctets   = 0x04
	tagSequence = 0x30
	tagSet      = 0x31
)

// Bounds on one entry: far beyond what a directory gives, since it gives long attributes in ranges, and so low that no entry makes many times its own size of them.
const (
	maxAttributes = 10_000
	maxValues     = 1_000_000
)

// decoder reads the entries of our searches. It allocates next to nothing: what it gives points into the message, and is overwritten by the next call.
type decoder struct {
	attributes []entries.Attribute
	values     [][]byte
}

// entry reads a SearchResultEntry element; what stands behind it, its controls, is passed over. Lengths that do not fit are an error that says where.
//
//	SearchResultEntry ::= [APPLICATION 4] SEQUENCE { objectName, attributes SEQUENCE OF SEQUENCE { type, vals SET OF value } }
func (d *decoder) entry(message []byte) (entries.Entry, error) {
	d.attributes, d.values = d.attributes[:0], d.values[:0]
	body, _, err := element(message, tagEntry, "an entry")
	if err != nil {
		return entries.Entry{}, err
	}
	name, body, err := element(body, tagOctets, "an entry's name")
	if err != nil {
		return entries.Entry{}, err
	}
	list, _, err := element(body, tagSequence, "an entry's attributes")
	if err != nil {
		return entries.Entry{}, err
	}
	for len(list) > 0 {
		var one []byte
		if one, list, err = element(list, tagSequence, "an attribute"); err != nil {
			return entries.Entry{}, err
		}
		a, err := d.attribute(one)
		if err != nil {
			return entries.Entry{}, err
		}
		if len(d.attributes) == maxAttributes {
			return entries.Entry{}, malformed("an entry with more than %d attributes", maxAttributes)
		}
		d.attributes = append(d.attributes, a)
	}
	return entries.Entry{DN: name, Attributes: d.attributes}, nil
}

func (d *decoder) attribute(b []byte) (a entries.Attribute, err error) {
	if a.Name, b, err = element(b, tagOctets, "an attribute's name"); err != nil {
		return a, err
	}
	set, _, err := element(b, tagSet, "an attribute's values")
	if err != nil {
		return a, err
	}
	from := len(d.values)
	for len(set) > 0 {
		var value []byte
		if value, set, err = element(set, tagOctets, "a value"); err != nil {
			return a, err
		}
		if len(d.values) == maxValues {
			return a, malformed("an entry with more than %d values", maxValues)
		}
		d.values = append(d.values, value)
	}
	a.Values = d.values[from:len(d.values):len(d.values)]
	return a, nil
}

// element takes the element with that tag from the beginning of b. what names it in errors.
func element(b []byte, tag byte, what string) (content, rest []byte, err error) {
	if len(b) < 2 {
		return nil, nil, malformed("%s that is missing", what)
	}
	if b[0] != tag {
		return nil, nil, malformed("%s with the tag %#02x", what, b[0])
	}
	length, at := int(b[1]), 2
	if length >= longForm {
		if length, at, err = lengthAt(b, 1); err != nil {
			return nil, nil, malformed("%s with %v", what, err)
		}
	}
	if length > len(b)-at {
		return nil, nil, malformed("%s of %d bytes where %d are left", what, length, len(b)-at)
	}
	return b[at : at+length], b[at+length:], nil
}
