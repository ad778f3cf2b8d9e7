package ad

import (
	"encoding/hex"
	"maps"
	"testing"
)

func TestParseMetaData(t *testing.T) {
	// One attribute, the name, changed twice: attribute, version, time, originating server, its number, the number here.
	const head, name = "0100000000000000" + "0100000000000000", "01000900" + "02000000" + "1122334455667788" + "00112233445566778899aabbccddeeff" + "0500000000000000" + "4601000000000000"
	for text, want := range map[string]metaData{
		head + name: {attributeName: 0x146},
		"":          nil,
		head:        nil, // shorter than it says
		"0200000000000000" + "0100000000000000" + name: nil, // another version
		"0100000000000000" + "0200000000000000" + name: nil,
		head + name + "00":                                                     nil,
		head + "02000900" + name[8:]:                                           nil, // without the name
		head + name[:len(name)-16] + "0000000000000000":                        nil,
		head + name[:len(name)-16] + "ffffffffffffffff":                        nil,
		"0100000000000000" + "0000000000000000":                                nil,
		"0100000000000000" + "ffffffff00000000" + name:                         nil,
		"0100000000000000" + "0200000000000000" + name + "09000900" + name[8:]: {attributeName: 0x146, 0x90009: 0x146},
	} {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := parseMetaData(b); ok != (want != nil) || ok && !maps.Equal(got, want) {
			t.Errorf("%s: %v, %v", text, got, ok)
		}
	}
}

func FuzzParseMetaData(f *testing.F) {
	f.Add(metaDataBytes(metaData{attributeName: 7, attributeDeleted: 8}))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := parseMetaData(b)
		if ok && (m[attributeName] <= 0 || len(b) < metaDataHead+len(m)*metaDataEntry) {
			t.Errorf("%x: %v", b, m)
		}
	})
}

func TestNameBehind(t *testing.T) {
	for value, want := range map[string]string{
		"B:8:0123abcd:CN=x": "CN=x", "S:5:te:xt:CN=x": "CN=x", "S:0::CN=x": "CN=x", "CN=x": "", "B:9:0123abcd:CN=x": "", "B:-1:0:CN=x": "", "B:8:": "", "B:8": "",
	} {
		if got, ok := nameBehind(value); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", value, got, ok)
		}
	}
}
