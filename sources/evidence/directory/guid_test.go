package directory_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/sources/evidence/directory"
)

// stored is a GUID as the directory keeps it, sample its text.
var stored = []byte{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}

const sample = "00112233-4455-6677-8899-aabbccddeeff"

func TestGUIDByteOrder(t *testing.T) {
	g, err := directory.GUIDFromBytes(stored)
	if err != nil {
		t.Fatal(err)
	}
	if g.String() != sample {
		t.Errorf("String() = %s, want %s", g, sample)
	}
	if want := base64.StdEncoding.EncodeToString(stored); g.Base64() != want {
		t.Errorf("Base64() = %s, want %s", g.Base64(), want)
	}
	back, err := directory.GUIDFromBase64(g.Base64())
	if err != nil || back != g {
		t.Errorf("GUIDFromBase64 = %v, %v", back, err)
	}
}

func TestParseGUID(t *testing.T) {
	for _, text := range []string{sample, strings.ToUpper(sample), "{" + sample + "}"} {
		g, err := directory.ParseGUID(text)
		if err != nil || !cmp.Equal(g[:], stored) {
			t.Errorf("ParseGUID(%q) = %x, %v", text, g[:], err)
		}
	}
	for _, text := range []string{
		"", "{}", sample[1:], sample + "0", "{" + sample, sample + "}", "(" + sample + ")",
		strings.ReplaceAll(sample, "-", ""), strings.Replace(sample, "-", "_", 1),
		strings.Replace(sample, "0", "g", 1), " " + sample, "00112233-4455-6677-8899aabbccddeeff-",
		strings.Replace(sample, "00", "é", 1),
	} {
		if g, err := directory.ParseGUID(text); err == nil {
			t.Errorf("ParseGUID(%q) = %v, want an error", text, g)
		}
	}
}

func TestGUIDRefusesOtherLengths(t *testing.T) {
	for _, b := range [][]byte{nil, stored[:15], append([]byte{0}, stored...)} {
		if _, err := directory.GUIDFromBytes(b); err == nil {
			t.Errorf("GUIDFromBytes of %d bytes: want an error", len(b))
		}
	}
	for _, text := range []string{"", "AAAA", strings.Repeat("A", 24), strings.Repeat("=", 24), strings.Repeat("A", 22), strings.Repeat("A", 21) + "B==", strings.Repeat("A", 23) + "\n"} {
		if g, err := directory.GUIDFromBase64(text); err == nil {
			t.Errorf("GUIDFromBase64(%q) = %v, want an error", text, g)
		}
	}
}

func TestGUIDZeroAndText(t *testing.T) {
	var zero directory.GUID
	if !zero.IsZero() || directory.GUID(stored).IsZero() {
		t.Error("IsZero is wrong")
	}
	type row struct{ ID directory.GUID }
	text, err := json.Marshal(row{directory.GUID(stored)})
	if err != nil || string(text) != `{"ID":"`+sample+`"}` {
		t.Fatalf("Marshal = %s, %v", text, err)
	}
	var back row
	if err := json.Unmarshal(text, &back); err != nil || back.ID != directory.GUID(stored) {
		t.Errorf("Unmarshal = %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"ID":"nonsense"}`), &back); err == nil || back.ID != directory.GUID(stored) {
		t.Errorf("Unmarshal of nonsense = %v, %v", back, err)
	}
}

func TestGUIDRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes")
		g, err := directory.GUIDFromBytes(b)
		if err != nil {
			t.Fatal(err)
		}
		back, err := directory.ParseGUID(g.String())
		if err != nil || back != g {
			t.Fatalf("ParseGUID(%s) = %v, %v", g, back, err)
		}
		back, err = directory.GUIDFromBase64(g.Base64())
		if err != nil || back != g {
			t.Fatalf("GUIDFromBase64(%s) = %v, %v", g.Base64(), back, err)
		}
	})
}
