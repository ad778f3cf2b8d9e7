package ad

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

func TestNextOfRange(t *testing.T) {
	for options, want := range map[string]int{
		"range=0-1499": 1500, "range=1500-*": 0, "Range=3-3": 4, "binary;range=0-9": 10,
		"": -1, "binary": -1, "range=5": -1, "range=0-x": -1, "range=0--5": -1, "range=0-9223372036854775807": -1, "range=0-99999999999999999999": -1,
	} {
		next, ok := nextOfRange(options)
		if !ok {
			next = -1
		}
		if next != want {
			t.Errorf("%q: %d, want %d", options, next, want)
		}
	}
}

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
		if got := printable(text, 10); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// entryOf is an entry as the LDAP library gives it.
func entryOf(guid byte, pairs ...string) *ldap.Entry {
	g := directory.GUID{guid}
	e := &ldap.Entry{DN: "CN=x," + testBase, Attributes: []*ldap.EntryAttribute{{Name: "OBJECTGUID", ByteValues: [][]byte{g[:]}}}}
	for i := 0; i+1 < len(pairs); i += 2 {
		a := &ldap.EntryAttribute{Name: pairs[i]}
		for text := range strings.SplitSeq(pairs[i+1], "\n") {
			a.ByteValues = append(a.ByteValues, []byte(text))
		}
		e.Attributes = append(e.Attributes, a)
	}
	return e
}

func TestWriter(t *testing.T) {
	b := evidence.NewBuilder((&testClock{}).Now())
	wanted, err := wantedAttributes(nil, false)
	if err != nil {
		t.Fatal(err)
	}
	w := newWriter(evidence.ADUsers, b.Table(evidence.ADUsers), "contoso.com", wanted)
	lost := &Error{Kind: ConnectionLost}
	parts := func(g directory.GUID, _ string, next int) ([][]byte, bool, error) {
		switch g[0] {
		case 3:
			return [][]byte{[]byte("smtp:c@contoso.com")}, true, nil
		case 4:
			return [][]byte{[]byte("smtp:c@contoso.com")}, false, nil
		case 5:
			return nil, false, lost
		}
		t.Errorf("asked for values from %d of %v", next, g)
		return nil, true, nil
	}
	add := func(e *ldap.Entry) error { return w.add(e, parts) }
	long := strings.Repeat("x", evidence.MaxValue+1)
	for _, e := range []*ldap.Entry{
		entryOf(1, "MAIL", "a@contoso.com\nb@contoso.com", "userAccountControl", "many", "whenCreated", "yesterday", "msRTCSIP-UserEnabled", "Maybe", "unasked", "x"),
		entryOf(1, "mail", "twice@contoso.com"),
		entryOf(2, "proxyAddresses", "smtp:a@contoso.com\n"+long+"\nsmtp:b@contoso.com", "displayName", long),
		entryOf(3, "proxyAddresses", "", "proxyAddresses;range=0-1", "smtp:a@contoso.com\nsmtp:b@contoso.com"),
		entryOf(4, "proxyAddresses;Range=0-1", "smtp:a@contoso.com\nsmtp:b@contoso.com"),
		{DN: "CN=nameless," + testBase},
	} {
		if err := add(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := add(entryOf(5, "proxyAddresses;range=0-1", "a\nb")); !errors.Is(err, lost) {
		t.Errorf("error %v", err)
	}
	notes := w.tally.notes()
	want := []string{
		"1 entry came again and was not kept twice",
		"1 value of displayName was too long and left out", "1 value of proxyAddresses was too long and left out",
		"1 value of msRTCSIP-UserEnabled was not of its kind and left out", "1 value of userAccountControl was not of its kind and left out",
		"1 value of whenCreated was not of its kind and left out",
		"1 object has more values of proxyAddresses than could be read",
	}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if w.tally.nameless != 1 || w.table.Rows() != 4 {
		t.Errorf("%d rows, %d without a GUID", w.table.Rows(), w.tally.nameless)
	}
	wantAddresses := [][]string{
		nil, {"smtp:a@contoso.com", "smtp:b@contoso.com"}, {"", "smtp:a@contoso.com", "smtp:b@contoso.com", "smtp:c@contoso.com"},
		{"smtp:a@contoso.com", "smtp:b@contoso.com", "smtp:c@contoso.com"},
	}
	for o := range b.Seal().ADObjects(evidence.ADUsers) {
		if o.Row() == 0 && (o.Mail() != "a@contoso.com" || o.UserAccountControl() != 0 || o.SIPEnabled() != evidence.Absent || !o.Created().IsZero()) {
			t.Errorf("first object: %q %d", o.Mail(), o.UserAccountControl())
		}
		if diff := cmp.Diff(wantAddresses[o.Row()], slices.Collect(o.ProxyAddresses())); diff != "" {
			t.Errorf("addresses of object %d (-want +got):\n%s", o.Row(), diff)
		}
	}
}

func FuzzForeignText(f *testing.F) {
	f.Add("<GUID=bbff7f50-fa44-4eb3-98e7-0bd5fedb1156>;<SID=S-1-5-21>;DC=contoso,DC=com", "range=0-1499", []byte{0x30, 3, 2, 1, 1})
	f.Add("\u202e\x00", ";;range=*-", []byte{0x30, 0x0c, 2, 1, 1, 0x78, 7, 10, 1, 0, 4, 0, 4, 0})
	f.Fuzz(func(t *testing.T, text, options string, packet []byte) {
		if dn, _ := splitExtendedDN(text); !strings.HasSuffix(text, dn) {
			t.Errorf("%q is no part of %q", dn, text)
		}
		if next, ok := nextOfRange(options); next < 0 || !ok && next != 0 {
			t.Errorf("%q gives %d %v", options, next, ok)
		}
		line := printable(text, 20)
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
