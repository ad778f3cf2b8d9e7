package probe

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// Answers of RFC 5769 with their addresses, and the name of the request that they answer.
const (
	stunSampleID   = "2112a442b7e7a701bc34d686fa87dfae"
	stunSampleIPv4 = "0101003c" + stunSampleID + "8022000b7465737420766563746f7220" + "002000080001a147e112a643" + "000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7" + "80280004c07d4c96"
	stunSampleIPv6 = "01010048" + stunSampleID + "8022000b7465737420766563746f7220" + "002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9" +
		"00080014a382954e4be67bf11784c97c8292c275bfe3ed41" + "80280004c8fb0b4c"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestReadStunAnswer(t *testing.T) {
	var id stunID
	copy(id[:], unhex(t, stunSampleID))
	head := func(kind, length string) string { return kind + length + stunSampleID }
	for name, c := range map[string]struct{ answer, want, err string }{
		"IPv4":                      {stunSampleIPv4, "192.0.2.1:32853", ""},
		"IPv6":                      {stunSampleIPv6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853", ""},
		"older servers":             {head("0101", "000c") + "0001000800010d96c0000201", "192.0.2.1:3478", ""},
		"an error is an answer":     {head("0111", "0008") + "0009000400000401", "invalid AddrPort", ""},
		"bytes behind it":           {head("0101", "000c") + "0001000800010d96c0000201" + "ffff", "192.0.2.1:3478", ""},
		"empty":                     {"", "", "not the answer"},
		"another request":           {strings.Replace(stunSampleIPv4, "fa87dfae", "fa87dfaf", 1), "", "not the answer"},
		"no cookie":                 {strings.Replace(stunSampleIPv4, "2112a442", "2112a443", 1), "", "not the answer"},
		"no answer":                 {head("0001", "0000"), "", "is no answer"},
		"no address":                {head("0101", "0000"), "", "tells no address"},
		"longer than it is":         {head("0101", "0010") + "0001000800010d96c0000201", "", "length"},
		"not of four bytes":         {head("0101", "000b") + "0001000800010d96c0000201", "", "length"},
		"attribute beyond the end":  {head("0101", "000c") + "0001000c00010d96c0000201", "", "within an attribute"},
		"unknown kind of address":   {head("0101", "000c") + "0001000800030d96c0000201", "", "no known kind"},
		"address too short":         {head("0101", "0008") + "00200003000100ff", "", "too short"},
		"IPv6 in four bytes":        {head("0101", "000c") + "0020000800020d96c0000201", "", "no known kind"},
		"error without its code":    {head("0111", "0008") + "0009000200000000", "", "too short"},
		"padding beyond the end":    {head("0101", "0004") + "80220001", "", "within an attribute"},
		"attribute of 65535 bytes":  {head("0101", "0008") + "0020ffff00010d96", "", "within an attribute"},
		"an attribute without room": {head("0101", "0004") + "00200004", "", "within an attribute"},
	} {
		got, err := readStunAnswer(unhex(t, c.answer), id)
		if c.err == "" && (err != nil || got.String() != c.want) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
}

func TestStunRequest(t *testing.T) {
	first, b := newStunRequest()
	second, _ := newStunRequest()
	if first == second {
		t.Error("two requests have one name")
	}
	if len(b) != stunHeader || binary.BigEndian.Uint32(b) != stunRequest<<16 || binary.BigEndian.Uint32(b[4:]) != stunCookie || !bytes.Equal(b[4:], first[:]) {
		t.Errorf("%x", b)
	}
	if _, err := readStunAnswer(b, first); err == nil || errors.Is(err, errNotOurs) {
		t.Errorf("a request that comes back is taken for an answer: %v", err)
	}
}

func FuzzReadStunAnswer(f *testing.F) {
	f.Add(unhex(f, stunSampleIPv4))
	f.Add(unhex(f, stunSampleIPv6))
	f.Add(unhex(f, "01110008"+stunSampleID+"0009000400000401"))
	var id stunID
	copy(id[:], unhex(f, stunSampleID))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= stunHeader {
			copy(b[4:], id[:])
		}
		at, err := readStunAnswer(b, id)
		if err != nil && at.IsValid() {
			t.Fatalf("%s and %v", at, err)
		}
	})
}
