package phone_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hybridaudit/audit/phone"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		value   string
		number  string // with ;ext=
		problem phone.Problem
		suggest string
	}{
		{"tel:+81312345678", "+81312345678", phone.OK, ""},
		{"TEL:+81312345678;EXT=5678", "+81312345678;ext=5678", phone.OK, ""},
		{"tel:+49", "+49", phone.OK, ""},
		{"tel:+123456789012345", "+123456789012345", phone.OK, ""},
		{"tel:+81312345678;ext=123456789012345", "+81312345678;ext=123456789012345", phone.OK, ""},
		{"tel:+1234567890123456", "+1234567890123456", phone.Malformed, ""},
		{"tel:+4", "+4", phone.Malformed, ""},
		{"tel:+0312345678", "+0312345678", phone.Malformed, ""},
		{"tel:81312345678", "81312345678", phone.NoPlus, ""},
		{"81312345678", "81312345678", phone.NoPlus, ""},
		{"tel:0312345678", "0312345678", phone.NoPlus, ""},
		{"tel:1234567", "1234567", phone.NoPlus, ""},
		{"tel:123456", "123456", phone.Extension, ""},
		{"tel:1234;phone-context=contoso.com", "1234", phone.Extension, ""},
		{"tel:;ext=1234", "", phone.Extension, ""},
		{"tel:+81 3 1234 5678", "+81312345678", phone.Formatting, "tel:+81312345678"},
		{"tel:+81-3-1234-5678;ext=5678", "+81312345678;ext=5678", phone.Formatting, "tel:+81312345678;ext=5678"},
		{"tel:+44 (0)20 7946 0123", "+442079460123", phone.Formatting, "tel:+442079460123"},
		{"tel:+44 (0) 20 7946 0123", "+442079460123", phone.Formatting, "tel:+442079460123"},
		{"tel:(+44) 20.7946/0123", "+442079460123", phone.Formatting, "tel:+442079460123"},
		{"tel:+81\u00a0312345678", "+81312345678", phone.Formatting, "tel:+81312345678"},
		{"+81312345678", "+81312345678", phone.Formatting, "tel:+81312345678"},
		{" tel:+81312345678", "+81312345678", phone.Formatting, "tel:+81312345678"},
		{"tel:+81312345678 ", "+81312345678", phone.Formatting, "tel:+81312345678"},
		{"tel:+81312345678;phone-context=+81", "+81312345678", phone.Parameters, "tel:+81312345678"},
		{"tel:+81312345678;ext=12;ms-skip-rnl", "+81312345678;ext=12", phone.Parameters, "tel:+81312345678;ext=12"},
		{"tel:+81312345678;ext=", "+81312345678", phone.Parameters, "tel:+81312345678"},
		{"tel:+81312345678;ext=12a", "+81312345678", phone.Parameters, "tel:+81312345678"},
		{"tel:+81312345678;ext=1;ext=2", "+81312345678;ext=1", phone.Parameters, "tel:+81312345678;ext=1"},
		{"tel:+81312345678;", "+81312345678", phone.Parameters, "tel:+81312345678"},
		{"tel:+81 312345678;x=1", "+81312345678", phone.Formatting, "tel:+81312345678"},
		{"sip:anna@contoso.com", "", phone.SIP, ""},
		{"SIPS:anna@contoso.com", "", phone.SIP, ""},
		{"tel:call Anna", "", phone.Malformed, ""},
		{"tel:+", "", phone.Malformed, ""},
		{"tel:", "", phone.Malformed, ""},
		{"", "", phone.Malformed, ""},
		{"tel:+８1312345678", "", phone.Malformed, ""},
		{"tel:+8+1312345678", "", phone.Malformed, ""},
	} {
		n, problem := phone.Parse(c.value)
		if n.String() != c.number || problem != c.problem {
			t.Errorf("%q: %q, problem %d; want %q, problem %d", c.value, n, problem, c.number, c.problem)
		}
		if got := phone.Suggest(c.value); got != c.suggest {
			t.Errorf("%q: suggestion %q, want %q", c.value, got, c.suggest)
		}
	}
}

// proper is the form that the server takes, written down independently.
var proper = regexp.MustCompile(`(?i)^tel:\+[1-9][0-9]{1,14}(;ext=[0-9]{1,15})?$`)

// What is written comes back, however it is decorated.
func TestParseReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := phone.Number{Digits: "+" + rapid.StringMatching(`[1-9][0-9]{1,14}`).Draw(t, "digits"), Ext: rapid.StringMatching(`([0-9]{1,15})?`).Draw(t, "ext")}
		if got, problem := phone.Parse(n.URI()); got != n || problem != phone.OK {
			t.Fatalf("%s: %v, problem %d", n.URI(), got, problem)
		}
		var b strings.Builder
		for _, c := range n.Digits[1:] {
			b.WriteString(rapid.SampledFrom([]string{"", "", " ", "-", ".", "/"}).Draw(t, "between"))
			b.WriteRune(c)
		}
		decorated := phone.Number{Digits: "+" + b.String(), Ext: n.Ext}.URI()
		if got, _ := phone.Parse(decorated); got != n {
			t.Fatalf("%s: %v, want %v", decorated, got, n)
		}
		if s := phone.Suggest(decorated); s != "" && s != n.URI() {
			t.Fatalf("%s: suggestion %s, want %s", decorated, s, n.URI())
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"tel:+81312345678;ext=5678", "tel:+44 (0)20 7946 0123", "sip:a@b", "tel:;ext=1", "tel:+1;ext=;x", "+(0)(0)", "tel:\u00a0+1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		n, problem := phone.Parse(value)
		if (problem == phone.OK) != proper.MatchString(value) {
			t.Errorf("%q: problem %d, but its form is right: %t", value, problem, proper.MatchString(value))
		}
		if again, p := phone.Parse(n.URI()); !n.IsZero() && (again != n || p == phone.Formatting || p == phone.Parameters) {
			t.Errorf("%q gives %v, and that gives %v, problem %d", value, n, again, p)
		}
		if s := phone.Suggest(value); s != "" && !proper.MatchString(s) {
			t.Errorf("%q: suggestion %q", value, s)
		}
	})
}
