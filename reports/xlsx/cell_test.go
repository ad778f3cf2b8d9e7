package xlsx

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"
)

func TestFit(t *testing.T) {
	const mark = " … cut"
	for name, c := range map[string]struct{ in, want string }{
		"short":            {"abc", "abc"},
		"exactly full":     {strings.Repeat("a", maxCell), strings.Repeat("a", maxCell)},
		"one too many":     {strings.Repeat("a", maxCell+1), strings.Repeat("a", maxCell-6) + mark},
		"wide":             {strings.Repeat("山", maxCell), strings.Repeat("山", maxCell)},
		"wide, too many":   {strings.Repeat("山", maxCell+1), strings.Repeat("山", maxCell-6) + mark},
		"pairs":            {strings.Repeat("😀", maxCell/2), strings.Repeat("😀", maxCell/2)},
		"pairs, too many":  {strings.Repeat("😀", maxCell), strings.Repeat("😀", (maxCell-6)/2) + mark},
		"pairs, odd place": {"a" + strings.Repeat("😀", maxCell), "a" + strings.Repeat("😀", (maxCell-7)/2) + mark},
	} {
		if got := fit(c.in, mark); got != c.want {
			t.Errorf("%s: %d runes, want %d, ending %q", name, utf8.RuneCountInString(got), utf8.RuneCountInString(c.want), got[max(0, len(got)-12):])
		}
	}
}

func TestFitAlwaysFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]string{"a", "é", "山", "😀", "ab😀", "x山"}).Draw(t, "unit")
		s := strings.Repeat(unit, rapid.IntRange(8000, 40000).Draw(t, "times"))
		got := fit(s, "…")
		if n := units(got); n > maxCell || units(s) <= maxCell && got != s || !utf8.ValidString(got) {
			t.Fatalf("%d units become %d", units(s), n)
		}
		if !strings.HasPrefix(s, strings.TrimSuffix(got, "…")) {
			t.Fatal("what is left is not the beginning")
		}
	})
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "山田": "山田", "a\tb": "a\uFFFDb", "a\nb": "a\uFFFDb", "\u202Ea": "\uFFFDa", "\uFFFE": "\uFFFD", "\xff": "\uFFFD", "": "", "é\x7f": "é\uFFFD",
		"_x0041_": "_x0041_", "a_x0041_x202E_b": "a_x0041_\uFFFDx202E_b", "_x005F_x0041_x0042_": "_x005F_\uFFFDx0041_x0042_",
	} {
		if got := clean(in); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestEscapedTextSurvives: what looks like an escaped character is read back as the text that it is, from streamed cells and from shared ones.
func TestEscapedTextSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := clean(rapid.StringOfN(rapid.SampledFrom([]rune("_x0205EFe a")), 1, 24, -1).Draw(t, "text"))
		if strings.TrimSpace(s) != s {
			return
		}
		f := excelize.NewFile()
		c := (&book{f: f, styles: &styles{f: f, made: map[string]int{}}}).canvas("Sheet1")
		c.put(1, 0, 0, s, look{size: 10})
		if _, err := f.NewSheet("Sheet2"); err != nil {
			t.Fatal(err)
		}
		stream, err := f.NewStreamWriter("Sheet2")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(c.err, stream.SetRow("B1", []any{s}), stream.Flush()); err != nil {
			t.Fatal(err)
		}
		b, err := f.WriteToBuffer()
		if err != nil {
			t.Fatal(err)
		}
		back, err := excelize.OpenReader(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, sheet := range []string{"Sheet1", "Sheet2"} {
			if got, err := back.GetCellValue(sheet, "B1"); got != s || err != nil {
				t.Fatalf("%s: %q became %q (%v)", sheet, s, got, err)
			}
		}
	})
}

func TestFormulaLike(t *testing.T) {
	for s, want := range map[string]bool{"": false, "a=b": false, "=1": true, "+81 3": true, "-": true, "@x": true, "＝1": true, "sip:=": false, "山": false} {
		if got := formulaLike(s); got != want {
			t.Errorf("formulaLike(%q) = %v", s, got)
		}
	}
}

func TestLinesIn(t *testing.T) {
	for _, c := range []struct {
		s           string
		width       float64
		least, most int
	}{
		{"", 10, 1, 1},
		{"short", 10, 1, 1},
		{"person4@contoso.local ends with contoso.local, which the tenant does not have", 64, 1, 1},
		{strings.Repeat("word ", 100), 50, 8, 11},
		{strings.Repeat("山", 50), 50, 2, 3},
		{"one\ntwo\nthree", 50, 3, 3},
	} {
		if got := linesIn(c.s, c.width, tableSize); got < c.least || got > c.most {
			t.Errorf("%.30q fills %d lines of width %v, want %d to %d", c.s, got, c.width, c.least, c.most)
		}
	}
}

func TestFirstSentence(t *testing.T) {
	for in, want := range map[string]string{
		"Do this. Then that.": "Do this.", "Do this": "Do this", "まず確認します。次に直します。": "まず確認します。", "Use Set-CsUser -SipAddress sip:new@contoso.com.": "Use Set-CsUser -SipAddress sip:new@contoso.com.",
	} {
		if got := firstSentence(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestHeaderText(t *testing.T) {
	if got, want := headerText("R&D"), " R&&D"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if n := utf8.RuneCountInString(headerText(strings.Repeat("山", 500))); n > 81 {
		t.Errorf("%d characters", n)
	}
}
