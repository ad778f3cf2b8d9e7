package address_test

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/sources/evidence/address"
)

type problemCase struct {
	in       string
	code     address.Code
	char     rune
	position int // -1 for a fault that is not one character
}

func checkProblems(t *testing.T, judge func(string) address.Problem, minor address.Code, cases []problemCase) {
	t.Helper()
	for _, test := range cases {
		want := address.Problem{Code: test.code, Char: test.char, Position: test.position, Minor: test.code == minor}
		if test.code == address.OK {
			want = address.Problem{}
		}
		got := judge(test.in)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.in, diff)
		}
		if serious := test.code != address.OK && test.code != minor; got.Serious() != serious {
			t.Errorf("%q: Serious() = %v", test.in, got.Serious())
		}
	}
}

// checkPlace makes sure that a problem points at the character it names.
func checkPlace(t interface {
	Helper()
	Fatalf(string, ...any)
}, s string, p address.Problem) {
	t.Helper()
	switch {
	case p.Code == address.OK:
		if p != (address.Problem{}) {
			t.Fatalf("%q: OK, yet %+v", s, p)
		}
	case p.Position == -1:
		if p.Char != 0 {
			t.Fatalf("%q: %+v has a character and no place", s, p)
		}
	case p.Position < 0 || p.Position >= len(s):
		t.Fatalf("%q: %+v points outside", s, p)
	default:
		if r, _ := utf8.DecodeRuneInString(s[p.Position:]); r != p.Char {
			t.Fatalf("%q: %+v points at %q", s, p, r)
		}
	}
}

func TestSIPProblem(t *testing.T) {
	long := strings.Repeat("l", 63)
	checkProblems(t, address.SIPProblem, address.OddCharacter, []problemCase{
		{"sip:anna.berg@contoso.com", address.OK, 0, 0},
		{"SIP:Anna_Berg-1+x@Contoso.COM", address.OK, 0, 0},
		{"sip:anna@emea.contoso-group.co.uk", address.OK, 0, 0},
		{"sip:anna@xn--r8jz45g.jp", address.OK, 0, 0},
		{"sip:anna@contoso.xn--p1ai", address.OK, 0, 0},
		{"sip:anna@1and1.com", address.OK, 0, 0},
		{"sip:anna@" + long + ".com", address.OK, 0, 0},
		{"", address.Empty, 0, -1},
		{" \u3000", address.Empty, 0, -1},
		{"anna@contoso.com", address.NoPrefix, 0, -1},
		{"sips:anna@contoso.com", address.NoPrefix, 0, -1},
		{"tel:+4912345", address.NoPrefix, 0, -1},
		{" anna@contoso.com", address.NoPrefix, 0, -1},
		{" sip:anna@contoso.com", address.Space, ' ', 0},
		{"sip:anna@contoso.com\u00a0 ", address.Space, '\u00a0', 20},
		{"sip:", address.NoAt, 0, -1},
		{"sip:anna", address.NoAt, 0, -1},
		{"sip:a@@contoso.com", address.ManyAt, '@', 6},
		{"sip:a@b@contoso.com", address.ManyAt, '@', 7},
		{"sip:@contoso.com", address.EmptyLocal, '@', 4},
		{"sip:o'brien@contoso.com", address.Apostrophe, '\'', 5},
		{"sip:o’brien@contoso.com", address.NonASCII, '’', 5},
		{"sip:anna berg@contoso.com", address.Space, ' ', 8},
		{"sip:anna\tberg@contoso.com", address.Space, '\t', 8},
		{"sip:anna\u3000berg@contoso.com", address.Space, '\u3000', 8},
		{"sip:anna\x00@contoso.com", address.Control, 0, 8},
		{`sip:"anna"@contoso.com`, address.Quote, '"', 4},
		{"sip:<anna@contoso.com>", address.Bracket, '<', 4},
		{"sip:anna(x)@contoso.com", address.Bracket, '(', 8},
		{"sip:anna[x]@contoso.com", address.Bracket, '[', 8},
		{"sip:berg,anna@contoso.com", address.Separator, ',', 8},
		{"sip:anna@contoso.com;x=y", address.Separator, ';', 20},
		{`sip:contoso\anna@contoso.com`, address.Backslash, '\\', 11},
		{"sip:anna@contoso.com:5061", address.SecondColon, ':', 20},
		{"sip:sip:anna@contoso.com", address.SecondColon, ':', 7},
		{"sip:山田@contoso.com", address.NonASCII, '山', 4},
		{"sip:jose\u0301@contoso.com", address.NonASCII, '\u0301', 8},
		{"sip:𠮷@contoso.com", address.NonASCII, '𠮷', 4},
		{"sip:anna\u200b@contoso.com", address.NonASCII, '\u200b', 8},
		{"sip:\xff@contoso.com", address.NonASCII, utf8.RuneError, 4},
		{"sip:anna@münchen.de", address.NonASCII, 'ü', 10},
		{"sip:anna@contoso", address.BadDomain, 0, -1},
		{"sip:anna@", address.BadDomain, 0, -1},
		{"sip:anna@.com", address.BadDomain, '.', 9},
		{"sip:anna@contoso..com", address.BadDomain, '.', 17},
		{"sip:anna@contoso.com.", address.BadDomain, '.', 20},
		{"sip:anna@con_toso.com", address.BadDomain, '_', 12},
		{"sip:anna@-contoso.com", address.BadDomain, '-', 9},
		{"sip:anna@contoso-.com", address.BadDomain, '-', 16},
		{"sip:anna@con--toso.com", address.BadDomain, '-', 13},
		{"sip:anna@10.0.0.1", address.BadDomain, 0, -1},
		{"sip:anna@contoso.c", address.BadDomain, 0, -1},
		{"sip:anna@contoso.c0m", address.BadDomain, 0, -1},
		{"sip:anna@" + long + "l.com", address.BadDomain, 0, -1},
		{"sip:anna@" + strings.Repeat(long+".", 4) + "com", address.BadDomain, 0, -1},
		{"sip:anna#1@contoso.com", address.OddCharacter, '#', 8},
		{"sip:anna&otto@contoso.com", address.OddCharacter, '&', 8},
		{"sip:anna`@contoso.com", address.OddCharacter, '`', 8},
		{"sip:a!@con_toso.com", address.BadDomain, '_', 10},
		{"sip:a!o'brien@contoso.com", address.Apostrophe, '\'', 7},
	})
}

// sipForm is the catalogue's pattern, A-labels added, with its serious characters
// and its allowed ones.
var (
	sipForm    = regexp.MustCompile(`^(?i:sip):[^@\s]+@(((?i:xn--)[a-zA-Z0-9-]*[a-zA-Z0-9]|[a-zA-Z0-9](-?[a-zA-Z0-9])*)\.)+((?i:xn--)[a-zA-Z0-9-]*[a-zA-Z0-9]|[a-zA-Z]{2,})$`)
	sipAllowed = regexp.MustCompile(`^....[A-Za-z0-9._+-]+@`)
)

func checkSIP(t interface {
	Helper()
	Fatalf(string, ...any)
}, s string) {
	t.Helper()
	p := address.SIPProblem(s)
	checkPlace(t, s, p)
	hard := func(s string) bool {
		return strings.ContainsAny(s, "'\"<>(),;:[]\\\x7f") || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r >= utf8.RuneSelf })
	}
	formed := sipForm.MatchString(s)
	switch {
	case p.Code == address.OK && !(formed && sipAllowed.MatchString(s)):
		t.Fatalf("%q passes", s)
	case p.Code == address.OddCharacter && (!formed || hard(s[4:])):
		t.Fatalf("%q is only odd", s)
	case p.Serious() && formed && !hard(s[4:]) && len(s) < 60:
		t.Fatalf("%q is refused: %+v", s, p)
	}
}

func TestSIPProblemAgreesWithThePattern(t *testing.T) {
	label := rapid.StringMatching(`(xn--)?[a-zA-Z0-9_-]{0,4}`)
	rapid.Check(t, func(t *rapid.T) {
		local := rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9._+!#-]{0,4}`), anyText()).Draw(t, "local")
		domain := strings.Join(rapid.SliceOfN(label, 1, 3).Draw(t, "labels"), ".")
		checkSIP(t, rapid.SampledFrom([]string{"sip:", "SIP:", " sip:", ""}).Draw(t, "prefix")+local+"@"+domain)
	})
}

func FuzzSIPProblem(f *testing.F) {
	for _, s := range []string{"sip:anna@contoso.com", "sip:o'brien@contoso.com", " sip:a@b", "sip:山田@例え.jp", "sip:a@xn--p1ai.xn--p1ai", "sip:a#@b.com:5061", "sip:@\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkSIP(t, s)
		checkPlace(t, s, address.UPNProblem(s))
	})
}

func TestProxyProblem(t *testing.T) {
	local := strings.Repeat("l", 239)
	checkProblems(t, address.ProxyProblem, "", []problemCase{
		{"SMTP:anna@contoso.com", address.OK, 0, 0},
		{"smtp:o'brien@contoso.com", address.OK, 0, 0},
		{"smtp:a!#$%&'*+/=?^_`{|}~-b@contoso.onmicrosoft.com", address.OK, 0, 0},
		{"smtp:anna@con--toso.com", address.OK, 0, 0},
		{"smtp:anna@xn--r8jz45g.xn--p1ai", address.OK, 0, 0},
		{"smtp:" + local + "@contoso.com", address.OK, 0, 0}, // 256
		{"smtp:l" + local + "@contoso.com", address.TooLong, 0, -1},
		{"", address.Empty, 0, -1},
		{" ", address.Empty, 0, -1},
		{"smtp:", address.Empty, 0, -1},
		{"anna@contoso.com", address.NoPrefix, 0, -1},
		{":anna@contoso.com", address.NoPrefix, 0, -1},
		{"  smtp:anna@contoso.com", address.Space, ' ', 0},
		{"smtp:anna@contoso.com ", address.Space, ' ', 21},
		{"smtp: anna@contoso.com", address.Space, ' ', 5},
		{"smtp:anna\u00a0berg@contoso.com", address.Space, '\u00a0', 9},
		{"smtp:anna<x@contoso.com", address.Bracket, '<', 9},
		{"smtp:anna]x@contoso.com", address.Bracket, ']', 9},
		{"smtp:berg,anna@contoso.com", address.Separator, ',', 9},
		{"smtp:berg;anna@contoso.com", address.Separator, ';', 9},
		{`smtp:"anna"@contoso.com`, address.Quote, '"', 5},
		{"smtp:user:m@contoso.com", address.SecondColon, ':', 9},
		{"smtp:josé@contoso.com", address.NonASCII, 'é', 8},
		{"smtp:山田@contoso.com", address.NonASCII, '山', 5},
		{"smtp:anna@例え.jp", address.NonASCII, '例', 10},
		{"smtp:anna\x01@contoso.com", address.Control, 1, 9},
		{"smtp:anna", address.NoAt, 0, -1},
		{"smtp:a@b@contoso.com", address.ManyAt, '@', 8},
		{"smtp:@contoso.com", address.EmptyLocal, '@', 5},
		{"smtp:.anna@contoso.com", address.BadLocal, '.', 5},
		{"smtp:anna.@contoso.com", address.BadLocal, '.', 9},
		{"smtp:an..na@contoso.com", address.BadLocal, '.', 8},
		{`smtp:an\na@contoso.com`, address.BadLocal, '\\', 7},
		{"smtp:anna@contoso", address.BadDomain, 0, -1},
		{"smtp:anna@con_toso.com", address.BadDomain, '_', 13},
		{"smtp:anna@-contoso.com", address.BadDomain, '-', 10},
		{"smtp:anna@contoso-.com", address.BadDomain, '-', 17},
		{"smtp:anna@contoso.com.", address.BadDomain, '.', 21},
		{"smtp:anna@contoso.c1", address.BadDomain, 0, -1},

		{"sip:anna@contoso.com", address.OK, 0, 0},
		{"sip:o'brien@contoso.com", address.OK, 0, 0},
		{"sip:anna;x@contoso", address.OK, 0, 0},
		{"sip:anna@contoso.com:5061", address.SecondColon, ':', 20},
		{"sip:j smith@contoso.com", address.Space, ' ', 5},
		{"sip:山田@contoso.com", address.NonASCII, '山', 4},
		{"sip:" + strings.Repeat("l", 253), address.TooLong, 0, -1},
		{"SPO:SPO_00112233@SPO_44556677", address.OK, 0, 0},
		{"NOTES:Anna/Berg[x]", address.Bracket, '[', 15},
		{"FAX:+49 89 1", address.Space, ' ', 7},

		{"EUM:12345;phone-context=plan.contoso.com", address.OK, 0, 0},
		{"eum:anna@contoso.com:5060;phone-context=plan", address.OK, 0, 0},
		{"EUM:12345;phone-context=プラン", address.OK, 0, 0},
		{"EUM:12345; phone-context=plan", address.Space, ' ', 10},
		{"EUM:12345\x02", address.Control, 2, 9},
		{"EUM:" + strings.Repeat("1", 253), address.TooLong, 0, -1},

		{"X500:/o=Contoso Ltd/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=O'Brien", address.OK, 0, 0},
		{"x500:/o=Contoso/cn=山田:太郎;x,y" + strings.Repeat("x", 300), address.OK, 0, 0},
		{"X400:C=US;A= ;P=Contoso;O=Exchange;S=Berg;G=Anna;", address.OK, 0, 0},
		{"X500:/o=Contoso[1]", address.Bracket, '[', 15},
		{`X500:/o="Contoso"`, address.Quote, '"', 8},
		{"X400:c=US\n", address.Control, '\n', 9},
	})
}

func TestSMTPProxyProblem(t *testing.T) {
	checkProblems(t, address.SMTPProxyProblem, "", []problemCase{
		{"anna@contoso.com", address.OK, 0, 0},
		{"smtp:anna@contoso.com", address.OK, 0, 0},
		{"", address.Empty, 0, -1},
		{"smtp:", address.Empty, 0, -1},
		{"anna berg@contoso.com", address.Space, ' ', 4},
		{"sip:anna@contoso.com", address.ForbiddenCharacter, ':', 3},
		{"anna@contoso", address.BadDomain, 0, -1},
		{"anna@con_toso.com", address.BadDomain, '_', 8},
		{strings.Repeat("l", 245) + "@contoso.com", address.TooLong, 0, -1},
	})
}

func TestUPNProblem(t *testing.T) {
	domain48 := strings.Repeat("d", 44) + ".com"
	cases := []problemCase{
		{"anna.berg@contoso.com", address.OK, 0, 0},
		{"anna-_!#^~1@contoso.com", address.OK, 0, 0},
		{"anna@contoso", address.OK, 0, 0},
		{"anna@contoso.local", address.OK, 0, 0},
		{strings.Repeat("n", 64) + "@" + domain48, address.OK, 0, 0},
		{strings.Repeat("n", 65) + "@contoso.com", address.LocalTooLong, 0, -1},
		{"anna@d" + domain48, address.DomainTooLong, 0, -1},
		{strings.Repeat("n", 65) + "@d" + domain48, address.TooLong, 0, -1},
		{"", address.Empty, 0, -1},
		{" ", address.Empty, 0, -1},
		{"anna", address.NoAt, 0, -1},
		{"a@b@contoso.com", address.ManyAt, '@', 3},
		{"@contoso.com", address.EmptyLocal, '@', 0},
		{"anna@", address.BadDomain, 0, -1},
		{"anna.@contoso.com", address.BadEnd, '.', 4},
		{"anna&@contoso.com", address.BadEnd, '&', 4},
		{"anna @contoso.com", address.Space, ' ', 4},
		{"anna@contoso.com ", address.Space, ' ', 16},
		{"anna\u3000@contoso.com", address.Space, '\u3000', 4},
		{"josé@contoso.com", address.NonASCII, 'é', 3},
		{"jose\u0301@contoso.com", address.NonASCII, '\u0301', 4},
		{"山田@contoso.com", address.NonASCII, '山', 0},
		{"𠮷野@contoso.com", address.NonASCII, '𠮷', 0},
		{"anna@münchen.de", address.NonASCII, 'ü', 6},
		{"an\x00na@contoso.com", address.Control, 0, 2},
		{"o'brien@contoso.com", address.Apostrophe, '\'', 1},
		{"o'brien ag@contoso.com", address.Space, ' ', 7},
	}
	for code, chars := range map[address.Code]string{
		address.ForbiddenCharacter: "%&*+/=?|:", address.Bracket: "{}<>()[]", address.Separator: ";,", address.Quote: `"`, address.Backslash: `\`, address.Space: " ",
	} {
		for _, c := range chars {
			cases = append(cases, problemCase{"an" + string(c) + "na@contoso.com", code, c, 2}, problemCase{"anna@con" + string(c) + "toso.com", code, c, 8})
		}
	}
	checkProblems(t, address.UPNProblem, address.Apostrophe, cases)
}

func TestProblemsPointAtTheirCharacter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := proxies().Draw(t, "value")
		for _, judge := range []func(string) address.Problem{address.SIPProblem, address.ProxyProblem, address.SMTPProxyProblem, address.UPNProblem} {
			checkPlace(t, s, judge(s))
		}
	})
}
