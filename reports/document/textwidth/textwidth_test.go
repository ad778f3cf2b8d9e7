package textwidth_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/reports/document/textwidth"
)

func TestOf(t *testing.T) {
	for s, want := range map[string]int{"": 0, "abc": 3, "山田 太郎": 9, "ｱｲｳ": 3, "ＡＢ": 4, "é": 1, "e\u0301": 1, "한국": 4, "…": 1} {
		if got := textwidth.Of(s); got != want {
			t.Errorf("Of(%q) = %d, want %d", s, got, want)
		}
	}
}

func TestCutAndPad(t *testing.T) {
	for _, c := range []struct {
		s       string
		columns int
		want    string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"ab", 4, "ab  "},
		{"山田太郎", 8, "山田太郎"},
		{"山田太郎", 7, "山田太…"},
		{"山田太郎", 6, "山田… "}, // half a character does not fit
		{"x", 0, ""},
	} {
		if got := textwidth.Pad(c.s, c.columns); got != c.want {
			t.Errorf("Pad(%q, %d) = %q, want %q", c.s, c.columns, got, c.want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		s       string
		columns int
		want    []string
	}{
		{"", 10, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"one two three", 8, []string{"one two", "three"}},
		{"one\ntwo", 10, []string{"one", "two"}},
		{"unbreakable", 4, []string{"unbr", "eaka", "ble"}},
		{"山田太郎さん", 5, []string{"山田", "太郎", "さん"}},
		{"a 山田太郎", 6, []string{"a 山田", "太郎"}},
	} {
		if diff := cmp.Diff(c.want, textwidth.Wrap(c.s, c.columns)); diff != "" {
			t.Errorf("Wrap(%q, %d) -want +got:\n%s", c.s, c.columns, diff)
		}
	}
}

func TestWrapKeepsTheTextAndTheWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.SampledFrom([]rune("ab 山é\u0301")), 0, 60, -1).Draw(t, "text")
		columns := rapid.IntRange(2, 20).Draw(t, "columns")
		lines := textwidth.Wrap(s, columns)
		for _, l := range lines {
			if textwidth.Of(l) > columns {
				t.Fatalf("%q is %d columns wide, more than %d", l, textwidth.Of(l), columns)
			}
		}
		letters := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got := letters(strings.Join(lines, "")); got != letters(s) {
			t.Fatalf("the lines hold %q instead of %q", got, letters(s))
		}
	})
}
