package ad

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	ber "github.com/go-asn1-ber/asn1-ber"

	"hybridaudit/sources/evidence/directory"
)

func TestSplitExtendedDN(t *testing.T) {
	g, err := directory.ParseGUID("bbff7f50-fa44-4eb3-98e7-0bd5fedb1156")
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]struct {
		dn   string
		guid directory.GUID
	}{
		testBase: {testBase, directory.GUID{}},
		"<GUID=bbff7f50-fa44-4eb3-98e7-0bd5fedb1156>;<SID=S-1-5-21-1-2-3>;" + testBase: {testBase, g},
		"<GUID=bbff7f50-fa44-4eb3-98e7-0bd5fedb1156>;" + testBase:                      {testBase, g},
		"<GUID=nonsense>;" + testBase:                                                  {testBase, directory.GUID{}},
		"<GUID=bbff7f50-fa44-4eb3-98e7-0bd5fedb1156>":                                  {"<GUID=bbff7f50-fa44-4eb3-98e7-0bd5fedb1156>", directory.GUID{}},
		"": {"", directory.GUID{}},
	} {
		if dn, got := splitExtendedDN(text); dn != want.dn || got != want.guid {
			t.Errorf("%q: %q %v", text, dn, got)
		}
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"a\r\nb\x00c\x1b[2Jd": "a b c [2Jd", "\u202egnp.exe": "gnp.exe", "  two   words ": "two words", "\xff\xfe": "", strings.Repeat("ä", 12): strings.Repeat("ä", 10) + "…",
	} {
		if got := directory.Printable(text, 10); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzForeignText(f *testing.F) {
	f.Add("<GUID=bbff7f50-fa44-4eb3-98e7-0bd5fedb1156>;<SID=S-1-5-21>;DC=contoso,DC=com", []byte{0x30, 3, 2, 1, 1})
	f.Add("\u202e\x00", []byte{0x30, 0x0c, 2, 1, 1, 0x78, 7, 10, 1, 0, 4, 0, 4, 0})
	f.Fuzz(func(t *testing.T, text string, packet []byte) {
		if dn, _ := splitExtendedDN(text); !strings.HasSuffix(text, dn) {
			t.Errorf("%q is no part of %q", dn, text)
		}
		line := directory.Printable(text, 20)
		if !utf8.ValidString(line) || utf8.RuneCountInString(line) > 21 || strings.ContainsFunc(line, unicode.IsControl) {
			t.Errorf("%q prints as %q", text, line)
		}
		if p, err := ber.DecodePacketErr(packet); err == nil {
			if code, err := extendedResult(p); err == nil && code < 0 {
				t.Errorf("result %d", code)
			}
		}
	})
}
