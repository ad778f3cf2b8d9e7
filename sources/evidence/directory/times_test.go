package directory_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hybridaudit/sources/evidence/directory"
)

func TestParseGeneralizedTime(t *testing.T) {
	day := func(hour, minute, second, nano int) time.Time {
		return time.Date(2026, 11, 21, hour, minute, second, nano, time.UTC)
	}
	for _, test := range []struct {
		text string
		want time.Time
	}{
		{"20261121094512.0Z", day(9, 45, 12, 0)},
		{"20261121094512Z", day(9, 45, 12, 0)},
		{"20261121094512,25Z", day(9, 45, 12, 250_000_000)},
		{"20261121094512.123456789999Z", day(9, 45, 12, 123_456_789)},
		{"20261121094512.000000000000000000000000000001Z", day(9, 45, 12, 0)},
		{"202611210945Z", day(9, 45, 0, 0)},
		{"202611210945.5Z", day(9, 45, 30, 0)},
		{"2026112109Z", day(9, 0, 0, 0)},
		{"2026112109.75Z", day(9, 45, 0, 0)},
		{"2026112109.000000000001Z", day(9, 0, 0, 3)},
		{"2026112109.999999999999Z", day(9, 59, 59, 999_999_996)},
		{"20261121094512+0900", day(0, 45, 12, 0)},
		{"20261121094512.0-0330", day(13, 15, 12, 0)},
		{"2026112109+09", day(0, 0, 0, 0)},
		{"20261121235960Z", day(24, 0, 0, 0)},
		{"20240229000000.0Z", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)},
		{"16010101000000.0Z", time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"99991231235959.0Z", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
	} {
		got, err := directory.ParseGeneralizedTime(test.text)
		if err != nil || !got.Equal(test.want) || got.Location() != time.UTC {
			t.Errorf("ParseGeneralizedTime(%q) = %v, %v, want %v", test.text, got, err, test.want)
		}
	}
}

func TestParseGeneralizedTimeRefuses(t *testing.T) {
	for _, text := range []string{
		"", "Z", "20261121Z", "2026112109", "20261121094512", "20261121094512.0", "20261121094512z", "20261121094512.Z", "20261121094512.,0Z",
		"20261321094512Z", "20260021094512Z", "20261100094512Z", "20261132094512Z", "20260229094512Z", "20261121244512Z", "20261121096012Z",
		"20261121094561Z", "20261121094512.0Z ", " 20261121094512.0Z", "20261121094512.0ZZ", "20261121094512+", "20261121094512+9", "20261121094512+2400",
		"20261121094512+0960", "20261121094512+090000", "2026-11-21T09:45:12Z", "261121094512Z", "2026112109451Z", "２０２６1121094512Z",
		"00000101000000+0100", "99991231235959-0100", "99991231235960Z",
	} {
		if got, err := directory.ParseGeneralizedTime(text); err == nil {
			t.Errorf("ParseGeneralizedTime(%q) = %v, want an error", text, got)
		}
	}
}

func TestFormatGeneralizedTime(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*60*60)
	got := directory.FormatGeneralizedTime(time.Date(2026, 11, 21, 18, 45, 12, 999_999_999, tokyo))
	if want := "20261121094512.0Z"; got != want {
		t.Errorf("FormatGeneralizedTime = %s, want %s", got, want)
	}
}

func TestFileTime(t *testing.T) {
	for _, test := range []struct {
		name  string
		value int64
		want  time.Time
		never bool
	}{
		{"never logged on", 0, time.Time{}, true},
		{"never expires", math.MaxInt64, time.Time{}, true},
		{"an interval", -864_000_000_000, time.Time{}, true},
		{"smallest", math.MinInt64, time.Time{}, true},
		{"first step", 1, time.Date(1601, 1, 1, 0, 0, 0, 100, time.UTC), false},
		{"Unix epoch", 116_444_736_000_000_000, time.Unix(0, 0), false},
		{"documented example", 128_166_372_003_061_629, time.Date(2007, 2, 22, 17, 0, 0, 306_162_900, time.UTC), false},
		{"last step of 9999", 2_650_467_743_999_999_999, time.Date(9999, 12, 31, 23, 59, 59, 999_999_900, time.UTC), false},
		{"year 10000", 2_650_467_744_000_000_000, time.Time{}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, never := directory.FileTime(test.value)
			if never != test.never || !got.Equal(test.want) {
				t.Fatalf("FileTime = %v, %v, want %v, %v", got, never, test.want, test.never)
			}
			if !never && directory.ToFileTime(got) != test.value {
				t.Errorf("ToFileTime = %d, want %d", directory.ToFileTime(got), test.value)
			}
		})
	}
}

func TestToFileTimeAtTheEdges(t *testing.T) {
	for _, test := range []struct {
		when time.Time
		want int64
	}{
		{time.Time{}, 0},
		{time.Date(1600, 12, 31, 23, 59, 59, 999_999_999, time.UTC), 0},
		{time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC), 0},
		{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), math.MaxInt64},
		{time.Date(60000, 1, 1, 0, 0, 0, 0, time.UTC), math.MaxInt64},
	} {
		if got := directory.ToFileTime(test.when); got != test.want {
			t.Errorf("ToFileTime(%v) = %d, want %d", test.when, got, test.want)
		}
	}
}

func TestTimesRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Int64Range(1, 2_650_467_743_999_999_999).Draw(t, "file time")
		when, never := directory.FileTime(v)
		if never || directory.ToFileTime(when) != v {
			t.Fatalf("FileTime(%d) = %v, %v, and back %d", v, when, never, directory.ToFileTime(when))
		}
		back, err := directory.ParseGeneralizedTime(directory.FormatGeneralizedTime(when))
		if err != nil || !back.Equal(when.Truncate(time.Second)) {
			t.Fatalf("generalised time of %v reads back as %v, %v", when, back, err)
		}
	})
}

func FuzzGeneralizedTime(f *testing.F) {
	for _, text := range []string{"20261121094512.0Z", "2026112109,5+0900", "20261121235960.999Z", "20260229000000Z", "0000010100-2359"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		when, err := directory.ParseGeneralizedTime(text)
		if err != nil {
			return
		}
		if when.Location() != time.UTC || when.Year() < 0 || when.Year() > 9999 {
			t.Fatalf("%q gives %v", text, when)
		}
		back, err := directory.ParseGeneralizedTime(directory.FormatGeneralizedTime(when))
		if err != nil || !back.Equal(when.Truncate(time.Second)) {
			t.Fatalf("%q gives %v, which reads back as %v, %v", text, when, back, err)
		}
		if len(text) > 10 && text[10] == 'Z' && when.Format("2006010215") != text[:10] {
			t.Fatalf("%q gives %v", text, when)
		}
	})
}
