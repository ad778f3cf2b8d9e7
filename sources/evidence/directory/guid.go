// Package directory reads and writes the values that Active Directory and other
// LDAP directories store in a form of their own: distinguished names, GUIDs,
// SIDs, generalised times and file times.
//
// Errors never repeat the value they refuse: directory text is hostile and may be
// long. The caller names the object and the attribute.
package directory

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
)

// GUID is an objectGUID or mS-DS-ConsistencyGuid in the byte order in which the
// directory stores it: the first three fields of the text form are little-endian
// (MS-DTYP 2.3.4.2), the last eight bytes stand as written.
type GUID [16]byte

// guidText is the length of 8-4-4-4-12 hexadecimal digits with their hyphens.
const guidText = 36

// ParseGUID reads the 8-4-4-4-12 form in any case, with or without braces.
func ParseGUID(text string) (GUID, error) {
	return parseGUID(text)
}

// parseGUID serves both string and byte input without copying either.
func parseGUID[T string | []byte](text T) (GUID, error) {
	if len(text) == guidText+2 && text[0] == '{' && text[guidText+1] == '}' {
		text = text[1 : guidText+1]
	}
	if len(text) != guidText {
		return GUID{}, fmt.Errorf("GUID of %d characters: want 8-4-4-4-12 hexadecimal digits", len(text))
	}
	var wire [16]byte
	n := 0
	for i := 0; i < guidText; {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if text[i] != '-' {
				return GUID{}, fmt.Errorf("GUID has no hyphen at position %d", i)
			}
			i++
			continue
		}
		high, low := hexDigit(text[i]), hexDigit(text[i+1])
		if high < 0 || low < 0 {
			return GUID{}, fmt.Errorf("GUID has something other than a hexadecimal digit at position %d", i)
		}
		wire[n] = byte(high<<4 | low) //nolint:gosec // two digits
		n++
		i += 2
	}
	return swapGUID(wire), nil
}

// GUIDFromBytes takes the sixteen bytes of an attribute value as stored.
func GUIDFromBytes(b []byte) (GUID, error) {
	if len(b) != 16 {
		return GUID{}, fmt.Errorf("GUID of %d bytes: want 16", len(b))
	}
	return GUID(b), nil
}

// GUIDFromBase64 reads standard base64 of the sixteen stored bytes, the form of
// an Entra immutable id (onPremisesImmutableId).
func GUIDFromBase64(text string) (GUID, error) {
	// Checked before decoding so that a hostile value costs nothing.
	if len(text) != base64.StdEncoding.EncodedLen(16) {
		return GUID{}, fmt.Errorf("base64 GUID of %d characters: want 24", len(text))
	}
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return GUID{}, fmt.Errorf("base64 GUID: %w", err)
	}
	return GUIDFromBytes(b)
}

// String gives the lower-case 8-4-4-4-12 form.
func (g GUID) String() string {
	var text [guidText]byte
	g.put(&text)
	return string(text[:])
}

// IsZero tells whether all sixteen bytes are zero, which no directory object has.
func (g GUID) IsZero() bool { return g == GUID{} }

// Base64 gives standard base64 of the stored bytes: the immutable id (source
// anchor) that Entra keeps for an object with this GUID.
func (g GUID) Base64() string { return base64.StdEncoding.EncodeToString(g[:]) }

// MarshalText gives what String gives. It never fails.
func (g GUID) MarshalText() ([]byte, error) {
	var text [guidText]byte
	g.put(&text)
	return text[:], nil
}

// UnmarshalText reads what ParseGUID reads.
func (g *GUID) UnmarshalText(text []byte) error {
	parsed, err := parseGUID(text)
	if err != nil {
		return err
	}
	*g = parsed
	return nil
}

// put writes the text form.
func (g GUID) put(text *[guidText]byte) {
	wire := swapGUID(g)
	hex.Encode(text[0:8], wire[0:4])
	text[8] = '-'
	hex.Encode(text[9:13], wire[4:6])
	text[13] = '-'
	hex.Encode(text[14:18], wire[6:8])
	text[18] = '-'
	hex.Encode(text[19:23], wire[8:10])
	text[23] = '-'
	hex.Encode(text[24:36], wire[10:16])
}

// swapGUID turns the stored order into the printed order, and back.
func swapGUID(in [16]byte) [16]byte {
	out := in
	binary.BigEndian.PutUint32(out[0:], binary.LittleEndian.Uint32(in[0:]))
	binary.BigEndian.PutUint16(out[4:], binary.LittleEndian.Uint16(in[4:]))
	binary.BigEndian.PutUint16(out[6:], binary.LittleEndian.Uint16(in[6:]))
	return out
}

// hexDigit gives the value of a hexadecimal digit, -1 for anything else.
func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
