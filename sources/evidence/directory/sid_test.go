package directory_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hybridaudit/sources/evidence/directory"
)

func TestSIDText(t *testing.T) {
	for _, test := range []struct{ name, hex, want string }{
		{"administrators", "01020000000000052000000020020000", "S-1-5-32-544"},
		{"user of a domain", "010500000000000515000000010000000200000003000000f4010000", "S-1-5-21-1-2-3-500"},
		{"everyone", "010100000000000100000000", "S-1-1-0"},
		{"largest number", "0101000000000005ffffffff", "S-1-5-4294967295"},
		{"largest decimal authority", "01010000ffffffff00000000", "S-1-4294967295-0"},
		{"authority of 48 bits", "010100010000000000000000", "S-1-0x000100000000-0"},
		{"fifteen sub-authorities", "010f000000000005" + strings.Repeat("01000000", 15), "S-1-5" + strings.Repeat("-1", 15)},
		{"empty", "", ""},
		{"header only", "0100000000000005", ""},
		{"cut header", "01010000000000", ""},
		{"revision 2", "020100000000000100000000", ""},
		{"one byte short", "0101000000000001000000", ""},
		{"one byte long", "01010000000000010000000000", ""},
		{"sixteen sub-authorities", "0110000000000005" + strings.Repeat("01000000", 16), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, err := hex.DecodeString(test.hex)
			if err != nil {
				t.Fatal(err)
			}
			got, err := directory.SIDText(b)
			if got != test.want || (err == nil) != (test.want != "") {
				t.Fatalf("SIDText = %q, %v, want %q", got, err, test.want)
			}
			if err != nil {
				return
			}
			for _, text := range []string{got, strings.ToLower(got), strings.ToUpper(got)} {
				if back, err := directory.ParseSID(text); err != nil || !bytes.Equal(back, b) {
					t.Errorf("ParseSID(%q) = %x, %v", text, back, err)
				}
			}
		})
	}
}

func TestParseSIDRefuses(t *testing.T) {
	for _, text := range []string{
		"", "S", "S-1", "S-1-", "S-1-5", "S-1-5-", "S-1-5-21-", "S-2-5-21", "S-01-5-21", "S-1-5--21", "S-1-5-+21", "S-1-5-21-4294967296",
		"S-1-5-2_1", "S-1-5-0x15", "S-1-281474976710656-1", "S-1-0x1000000000000-1", "S-1-0x-1", "S-1--5-1", "S-1-5-21 ", " S-1-5-21",
		"S-1-5" + strings.Repeat("-1", 16), "S-1-5-٣",
	} {
		if b, err := directory.ParseSID(text); err == nil {
			t.Errorf("ParseSID(%q) = %x, want an error", text, b)
		}
	}
}

func sids() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		count := rapid.IntRange(1, 15).Draw(t, "count")
		b := append([]byte{1, byte(count)}, rapid.SliceOfN(rapid.Byte(), 6, 6).Draw(t, "authority")...)
		return append(b, rapid.SliceOfN(rapid.Byte(), 4*count, 4*count).Draw(t, "sub")...)
	})
}

func TestSIDRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := sids().Draw(t, "sid")
		text, err := directory.SIDText(b)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := directory.ParseSID(text); err != nil || !bytes.Equal(back, b) {
			t.Fatalf("ParseSID(%q) = %x, %v, want %x", text, back, err, b)
		}
	})
}

func FuzzSID(f *testing.F) {
	f.Add([]byte{1, 1, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4}, "S-1-5-21-1-2-3-500")
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 5}, "s-1-0x0000ffffffff-0")
	f.Fuzz(func(t *testing.T, b []byte, text string) {
		if printed, err := directory.SIDText(b); err == nil {
			if back, err := directory.ParseSID(printed); err != nil || !bytes.Equal(back, b) {
				t.Fatalf("ParseSID(%q) = %x, %v, want %x", printed, back, err, b)
			}
		}
		parsed, err := directory.ParseSID(text)
		if err != nil {
			return
		}
		if printed, err := directory.SIDText(parsed); err != nil {
			t.Fatalf("SIDText(ParseSID(%q)) = %q, %v", text, printed, err)
		}
	})
}
