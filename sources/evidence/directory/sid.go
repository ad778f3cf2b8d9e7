package directory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Limits of a SID (MS-DTYP 2.4.2): one revision exists, and up to fifteen
// sub-authorities of 32 bits follow an identifier authority of 48 bits.
const (
	sidRevision       = 1
	sidHeader         = 8
	sidSubAuthorities = 15
)

// SIDText gives the S-1-... form of a binary SID (objectSid,
// msRTCSIP-OriginatorSid). It refuses another revision than 1, no or more than
// fifteen sub-authorities, and a length that does not fit their number.
func SIDText(b []byte) (string, error) {
	if len(b) < sidHeader {
		return "", fmt.Errorf("SID of %d bytes is too short", len(b))
	}
	if b[0] != sidRevision {
		return "", fmt.Errorf("SID of revision %d: want 1", b[0])
	}
	count := int(b[1])
	if count < 1 || count > sidSubAuthorities {
		return "", fmt.Errorf("SID with %d sub-authorities: want 1 to 15", count)
	}
	if want := sidHeader + 4*count; len(b) != want {
		return "", fmt.Errorf("SID of %d bytes: want %d for %d sub-authorities", len(b), want, count)
	}
	text := make([]byte, 0, 64)
	text = append(text, "S-1-"...)
	authority := uint64(binary.BigEndian.Uint16(b[2:]))<<32 | uint64(binary.BigEndian.Uint32(b[4:]))
	if authority < 1<<32 {
		text = strconv.AppendUint(text, authority, 10)
	} else {
		text = fmt.Appendf(text, "0x%012x", authority)
	}
	for i := range count {
		text = append(text, '-')
		text = strconv.AppendUint(text, uint64(binary.LittleEndian.Uint32(b[sidHeader+4*i:])), 10)
	}
	return string(text), nil
}

// ParseSID gives the binary form of S-1-..., the value to search for with an
// escaped LDAP filter. The identifier authority may be decimal or, as MS-DTYP
// writes large ones, 0x and twelve hexadecimal digits.
func ParseSID(text string) ([]byte, error) {
	rest, ok := strings.CutPrefix(text, "S-1-")
	if !ok {
		rest, ok = strings.CutPrefix(text, "s-1-")
	}
	if !ok {
		return nil, errors.New("SID does not begin with S-1-")
	}
	first, rest, ok := strings.Cut(rest, "-")
	if !ok {
		return nil, errors.New("SID has no sub-authority")
	}
	authority, err := sidAuthority(first)
	if err != nil {
		return nil, err
	}
	b := make([]byte, sidHeader, sidHeader+4*sidSubAuthorities)
	b[0] = sidRevision
	binary.BigEndian.PutUint16(b[2:], uint16(authority>>32)) //nolint:gosec // 48 bits
	binary.BigEndian.PutUint32(b[4:], uint32(authority))     //nolint:gosec // the lower half
	for part := range strings.SplitSeq(rest, "-") {
		if b[1] == sidSubAuthorities {
			return nil, errors.New("SID has more than 15 sub-authorities")
		}
		sub, err := sidNumber(part, 10, 32)
		if err != nil {
			return nil, err
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(sub)) //nolint:gosec // parsed as 32 bits
		b[1]++
	}
	return b, nil
}

// sidAuthority reads the 48-bit identifier authority.
func sidAuthority(text string) (uint64, error) {
	if len(text) > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') {
		return sidNumber(text[2:], 16, 48)
	}
	return sidNumber(text, 10, 48)
}

// sidNumber is ParseUint whose error does not repeat the text.
func sidNumber(text string, base, bits int) (uint64, error) {
	n, err := strconv.ParseUint(text, base, bits)
	if err != nil {
		return 0, fmt.Errorf("SID has a part that is not a number of %d bits", bits)
	}
	return n, nil
}
