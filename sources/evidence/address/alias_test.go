package address_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hybridaudit/sources/evidence/address"
)

func TestAliasProblem(t *testing.T) {
	checkProblems(t, address.AliasProblem, "", []problemCase{
		{"", address.OK, 0, 0}, {"anna.berg-1_a", address.OK, 0, 0}, {"山田", address.OK, 0, 0}, {strings.Repeat("a", 64), address.OK, 0, 0},
		{".anna", address.BadStart, '.', 0}, {strings.Repeat("a", 65), address.TooLong, 0, -1},
	})
	for in, want := range map[string]address.Problem{
		"anna berg":  {Code: address.Space, Char: ' ', Position: 4, Minor: true},
		"anna@berg":  {Code: address.ForbiddenCharacter, Char: '@', Position: 4, Minor: true},
		"o'brien":    {Code: address.Apostrophe, Char: '\'', Position: 1, Minor: true},
		"r&d":        {Code: address.ForbiddenCharacter, Char: '&', Position: 1, Minor: true},
		"{anna}":     {Code: address.Bracket, Char: '{', Position: 0, Minor: true},
		"anna:berg":  {Code: address.SecondColon, Char: ':', Position: 4, Minor: true},
		"anna\tberg": {Code: address.Space, Char: '\t', Position: 4, Minor: true},
	} {
		if got := address.AliasProblem(in); got != want {
			t.Errorf("AliasProblem(%q) = %+v, want %+v", in, got, want)
		}
	}
}

func TestTargetProblem(t *testing.T) {
	checkProblems(t, address.TargetProblem, "", []problemCase{
		{"", address.OK, 0, 0}, {"SMTP:anna@contoso.com", address.OK, 0, 0}, {"anna@contoso.com", address.OK, 0, 0}, {"smtp:o'brien+x@contoso.com", address.OK, 0, 0},
		{"X400:C=JP;A= ;P=Contoso;O=Tokyo Office;S=anna;", address.OK, 0, 0}, {"NOTES:Anna Berg/Contoso", address.OK, 0, 0},
		{"SMTP:" + strings.Repeat("a", 239) + "@contoso.com", address.OK, 0, 0},
		{"SMTP:" + strings.Repeat("a", 240) + "@contoso.com", address.TooLong, 0, -1},
		{"SMTP:anna berg@contoso.com", address.Space, ' ', 9}, {"SMTP:<anna@contoso.com>", address.Bracket, '<', 5}, {`SMTP:a\b@contoso.com`, address.Backslash, '\\', 6},
		{`SMTP:"anna"@contoso.com`, address.Quote, '"', 5}, {"SMTP:anna@contoso.com;x", address.Separator, ';', 21}, {"SMTP:anna@contoso.com ", address.Space, ' ', 21},
		{"SMTP:anna", address.NoAt, 0, -1}, {"anna", address.NoAt, 0, -1}, {"SMTP:anna@contoso", address.BadDomain, 0, -1}, {"SMTP:a@b@contoso.com", address.ManyAt, '@', 8},
		{"SMTP:anna@con_toso.com", address.BadDomain, '_', 13},
	})
}

func TestAliasAndTargetProblemsPointAtTheCharacter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anyText().Draw(t, "text")
		for _, judge := range []func(string) address.Problem{address.AliasProblem, address.TargetProblem} {
			if p := judge(s); p.Code != address.OK {
				checkPlace(t, s, p)
			}
		}
	})
}
