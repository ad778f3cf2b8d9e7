package plain_test

import (
	"io"
	"strings"
	"testing"

	"hybridaudit/sources/imports/plain"
)

func TestUTF8(t *testing.T) {
	cases := map[string]struct{ bytes, want string }{
		"UTF-8":                           {"{\"ä\"}", "{\"ä\"}"},
		"UTF-8 with a mark":               {"\xEF\xBB\xBF[1]", "[1]"},
		"UTF-16, little end first":        {"\xFF\xFEd\x00n\x00:\x00", "dn:"},
		"UTF-16, big end first":           {"\xFE\xFF\x00d\x00n\x00:", "dn:"},
		"UTF-16 without a mark":           {"<\x00O\x00\xE4\x00", "<Oä"},
		"UTF-16 without a mark, reversed": {"\x00<\x00O\x00\xE4", "<Oä"},
		"empty":                           {"", ""},
		"one byte":                        {"[", "["},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := io.ReadAll(plain.UTF8(strings.NewReader(c.bytes)))
			if err != nil || string(got) != c.want {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
}
