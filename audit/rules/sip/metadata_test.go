package sip

import (
	"strings"
	"testing"
	"time"
)

const fragment = "<DS_REPL_ATTR_META_DATA>\n\t<pszAttributeName>userPrincipalName</pszAttributeName>\n\t<dwVersion>3</dwVersion>\n" +
	"\t<ftimeLastOriginatingChange>2026-11-18T08:00:00Z</ftimeLastOriginatingChange>\n\t<uuidLastOriginatingDsaInvocationID>bb11</uuidLastOriginatingDsaInvocationID>\n" +
	"\t<usnOriginatingChange>4</usnOriginatingChange>\n\t<usnLocalChange>4</usnLocalChange>\n\t<pszLastOriginatingDsaDN></pszLastOriginatingDsaDN>\n</DS_REPL_ATTR_META_DATA>\n"

func TestParseChange(t *testing.T) {
	want := change{"userPrincipalName", 3, time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)}
	for _, in := range []string{fragment, fragment + "\x00", strings.ReplaceAll(fragment, "\n", "\r\n"), "<?xml version=\"1.0\"?>" + fragment} {
		if got, ok := parseChange(in); !ok || got != want {
			t.Errorf("parseChange(%.40q) = %v, %v", in, got, ok)
		}
	}
	for name, in := range map[string]string{
		"nothing": "", "no XML": "userPrincipalName", "another element": strings.ReplaceAll(fragment, "ATTR", "VALUE"), "cut": fragment[:200], "no version": strings.Replace(fragment, ">3<", ">x<", 1),
		"no time": strings.Replace(fragment, "2026-11-18T08:00:00Z", "yesterday", 1), "too long": fragment[:25] + strings.Repeat(" ", longestFragment) + fragment[25:],
		"a number too large": strings.Replace(fragment, ">3<", ">99999999999999999999<", 1), "an unknown entity": strings.Replace(fragment, ">3<", ">&three;<", 1),
	} {
		if got, ok := parseChange(in); ok {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func FuzzParseChange(f *testing.F) {
	f.Add(fragment)
	f.Add("<DS_REPL_ATTR_META_DATA><pszAttributeName>&lt;</pszAttributeName></DS_REPL_ATTR_META_DATA>")
	f.Fuzz(func(t *testing.T, in string) {
		if c, ok := parseChange(in); !ok && c != (change{}) || ok && len(in) > longestFragment {
			t.Errorf("%q gives %v, %v", in, c, ok)
		}
	})
}
