package directory_test

import (
	"strings"
	"testing"

	"hybridaudit/sources/evidence/directory"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                  "plain",
		"田中 さくら":                 "田中 さくら",
		"two\r\nlines\tand\x00a": "two lines and a",
		"\u202Ebidi\u200b":       "bidi",
		"\x1b[31mred":            "[31mred",
		"bad \xff byte":          "bad byte",
		strings.Repeat("é", 30):  strings.Repeat("é", 20) + "…",
	} {
		if got := directory.Printable(in, 20); got != want {
			t.Errorf("Printable(%q) = %q, want %q", in, got, want)
		}
	}
}
