package directory

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ParseDN reads the string form of a distinguished name (RFC 4514): escaped
// characters, escaped hexadecimal pairs, multi-valued relative names, values
// written as # and the hexadecimal digits of their BER encoding. Of the older forms
// (RFC 2253 4) it takes those that directories still meet: spaces around
// separators, a semicolon as separator, a value in double quotes. "" is the empty
// name.
func ParseDN(s string) (DN, error) {
	p := dnParser{text: s}
	p.skipSpaces()
	if p.done() {
		return DN{}, nil
	}
	separators := strings.Count(s, ",") + strings.Count(s, ";") + strings.Count(s, "+")
	rdns := make([]rdn, 0, 1+separators)
	pairs := make([]pair, 0, 1+separators) // one piece of memory for all names
	first := 0                             // where the current name begins in it
	for {
		one, err := p.pair()
		if err != nil {
			return DN{}, fmt.Errorf("distinguished name, position %d: %w", p.at, err)
		}
		pairs = append(pairs, one)
		if !p.done() && p.text[p.at] == '+' {
			p.at++
			continue
		}
		rdns, first = append(rdns, pairs[first:len(pairs):len(pairs)]), len(pairs)
		if p.done() {
			return DN{rdns: rdns}, nil
		}
		p.at++ // the comma or semicolon at which the value ended
	}
}

// dnParser walks over the bytes of a name; every separator is ASCII, so it need not
// know about characters.
type dnParser struct {
	text string
	at   int
}

func (p *dnParser) done() bool { return p.at >= len(p.text) }

func (p *dnParser) skipSpaces() {
	for !p.done() && p.text[p.at] == ' ' {
		p.at++
	}
}

// pair takes type=value and stops at the separator behind it, or at the end.
func (p *dnParser) pair() (pair, error) {
	p.skipSpaces()
	length := strings.IndexByte(p.text[p.at:], '=')
	if length < 0 {
		return pair{}, errors.New("a relative name lacks its equals sign")
	}
	kind := strings.TrimRight(p.text[p.at:p.at+length], " ")
	if !isDescriptor(kind) && !isNumericOID(kind) {
		return pair{}, errors.New("an attribute type is neither a name nor a dotted number")
	}
	p.at += length + 1
	p.skipSpaces()
	one := pair{kind: strings.ToUpper(kind)}
	var err error
	switch {
	case p.done():
	case p.text[p.at] == '#':
		one.value, one.raw, err = p.hexValue()
	case p.text[p.at] == '"':
		one.value, err = p.quotedValue()
	default:
		one.value, err = p.plainValue()
	}
	return one, err
}

// isDescriptor tells whether s is a short name: a letter, then letters, digits and
// hyphens (RFC 4512 1.4).
func isDescriptor(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}

// isNumericOID tells whether s is numbers with dots between them, without leading
// zeros.
func isNumericOID(s string) bool {
	numbers := 0
	for part := range strings.SplitSeq(s, ".") {
		if part == "" || len(part) > 1 && part[0] == '0' || strings.Trim(part, "0123456789") != "" {
			return false
		}
		numbers++
	}
	return numbers > 1
}

// plainValue takes an unquoted value. Spaces at its end belong to it only if the
// last is escaped.
func (p *dnParser) plainValue() (string, error) {
	start := p.at
	var built []byte // stays nil while the value can be cut out of the text
	end := 0         // length of the value up to its last byte that counts
	escaped := false
	for !p.done() && !isSeparator(p.text[p.at]) {
		c := p.text[p.at]
		switch c {
		case '\\':
			if !escaped {
				built, escaped = append(built, p.text[start:p.at]...), true
			}
			decoded, err := p.escape()
			if err != nil {
				return "", err
			}
			built = append(built, decoded)
			end = len(built)
			continue
		case '"', '<', '>', 0:
			return "", errors.New("a character that must be escaped")
		}
		p.at++
		if escaped {
			built = append(built, c)
		}
		if c != ' ' {
			end = len(built)
			if !escaped {
				end = p.at - start
			}
		}
	}
	if escaped {
		return string(built[:end]), nil
	}
	return p.text[start : start+end], nil
}

func isSeparator(c byte) bool { return c == ',' || c == ';' || c == '+' }

// escape takes a backslash and what follows it, and gives the byte they mean.
func (p *dnParser) escape() (byte, error) {
	rest := p.text[p.at+1:]
	if rest == "" {
		return 0, errors.New("a backslash at the end")
	}
	if isSpecial(rest[0]) || rest[0] == ' ' || rest[0] == '#' || rest[0] == '=' {
		p.at += 2
		return rest[0], nil
	}
	if len(rest) < 2 || hexDigit(rest[0]) < 0 || hexDigit(rest[1]) < 0 {
		return 0, errors.New("a backslash before neither a special character nor two hexadecimal digits")
	}
	p.at += 3
	return byte(hexDigit(rest[0])<<4 | hexDigit(rest[1])), nil //nolint:gosec // two digits
}

// quotedValue takes a value in double quotes, in which separators and spaces stand
// for themselves.
func (p *dnParser) quotedValue() (string, error) {
	p.at++
	var built []byte
	for {
		if p.done() {
			return "", errors.New("a quoted value that does not end")
		}
		switch c := p.text[p.at]; c {
		case '"':
			p.at++
			return string(built), p.endOfValue()
		case '\\':
			decoded, err := p.escape()
			if err != nil {
				return "", err
			}
			built = append(built, decoded)
		case 0:
			return "", errors.New("a character that must be escaped")
		default:
			built = append(built, c)
			p.at++
		}
	}
}

// hexValue takes # and hexadecimal pairs. Text in one of the usual string types is
// decoded, so that it compares equal to the same text written plainly.
func (p *dnParser) hexValue() (value string, raw bool, err error) {
	p.at++
	start := p.at
	for !p.done() && hexDigit(p.text[p.at]) >= 0 {
		p.at++
	}
	ber, err := hex.DecodeString(p.text[start:p.at])
	if err != nil || len(ber) == 0 {
		return "", false, errors.New("a value after # that is not pairs of hexadecimal digits")
	}
	if err := p.endOfValue(); err != nil {
		return "", false, err
	}
	if text, ok := berText(ber); ok {
		return text, false, nil
	}
	return string(ber), true, nil
}

// endOfValue makes sure that only spaces stand before the next separator.
func (p *dnParser) endOfValue() error {
	p.skipSpaces()
	if p.done() || isSeparator(p.text[p.at]) {
		return nil
	}
	return errors.New("text between a value and the next separator")
}

// berText gives the contents of one whole BER string of a UTF-8 compatible type:
// OCTET STRING, UTF8String, NumericString, PrintableString, IA5String,
// VisibleString.
func berText(ber []byte) (string, bool) {
	if len(ber) < 2 {
		return "", false
	}
	switch ber[0] {
	case 0x04, 0x0c, 0x12, 0x13, 0x16, 0x1a:
	default:
		return "", false
	}
	length, body := int(ber[1]), ber[2:]
	if length >= 0x80 {
		count := length & 0x7f
		if count < 1 || count > 3 || len(body) < count {
			return "", false
		}
		length = 0
		for _, b := range body[:count] {
			length = length<<8 | int(b)
		}
		body = body[count:]
	}
	if length != len(body) || !utf8.Valid(body) {
		return "", false
	}
	return string(body), true
}
