package entries

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

const base = "DC=contoso,DC=com"

func TestNextOfRange(t *testing.T) {
	for options, want := range map[string]int{
		"range=0-1499": 1500, "range=1500-*": 0, "Range=3-3": 4, "binary;range=0-9": 10,
		"": -1, "binary": -1, "range=5": -1, "range=0-x": -1, "range=0--5": -1, "range=0-9223372036854775807": -1, "range=0-99999999999999999999": -1,
	} {
		next, ok := NextOfRange(options)
		if !ok {
			next = -1
		}
		if next != want {
			t.Errorf("%q: %d, want %d", options, next, want)
		}
	}
}

func FuzzNextOfRange(f *testing.F) {
	f.Add("range=0-1499")
	f.Add(";;range=*-")
	f.Fuzz(func(t *testing.T, options string) {
		if next, ok := NextOfRange(options); next < 0 || !ok && next != 0 {
			t.Errorf("%q gives %d %v", options, next, ok)
		}
	})
}

// entryOf is an entry with a GUID; attribute values stand behind their names, several separated by line feeds.
func entryOf(guid byte, pairs ...string) Entry {
	g := directory.GUID{guid}
	e := Entry{DN: []byte("CN=x," + base), Attributes: []Attribute{{Name: []byte("OBJECTGUID"), Values: [][]byte{g[:]}}}}
	for i := 0; i+1 < len(pairs); i += 2 {
		a := Attribute{Name: []byte(pairs[i])}
		for text := range strings.SplitSeq(pairs[i+1], "\n") {
			a.Values = append(a.Values, []byte(text))
		}
		e.Attributes = append(e.Attributes, a)
	}
	return e
}

// writerOf is a writer into a new table, of all columns.
func writerOf(d evidence.Dataset) (*Writer, *evidence.Builder) {
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	return NewWriter(d, b.Table(d), "contoso.com", evidence.SchemaOf(d).Names()), b
}

func TestWriter(t *testing.T) {
	w, b := writerOf(evidence.ADUsers)
	lost := errors.New("lost")
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
	long := strings.Repeat("x", evidence.MaxValue+1)
	for _, e := range []Entry{
		entryOf(1, "MAIL", "a@contoso.com\nb@contoso.com", "userAccountControl", "many", "whenCreated", "yesterday", "msRTCSIP-UserEnabled", "Maybe", "unasked", "x"),
		entryOf(1, "mail", "twice@contoso.com"),
		entryOf(2, "proxyAddresses", "smtp:a@contoso.com\n"+long+"\nsmtp:b@contoso.com", "displayName", long),
		entryOf(3, "proxyAddresses", "", "proxyAddresses;range=0-1", "smtp:a@contoso.com\nsmtp:b@contoso.com"),
		entryOf(4, "proxyAddresses;Range=0-1", "smtp:a@contoso.com\nsmtp:b@contoso.com"),
		{DN: []byte("CN=nameless," + base)},
	} {
		if err := w.Add(e, parts); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Add(entryOf(5, "proxyAddresses;range=0-1", "a\nb"), parts); !errors.Is(err, lost) {
		t.Errorf("error %v", err)
	}
	if err := w.Add(entryOf(6, "proxyAddresses;range=0-1", "a\nb", "userCertificate;binary", "1\n2\n3", "thumbnailPhoto", "12345"), nil); err != nil {
		t.Error(err)
	}
	notes := w.tally.notes()
	want := []string{
		"1 entry came again and was not kept twice",
		"1 value of displayName was too long and left out", "1 value of proxyAddresses was too long and left out",
		"1 value of msRTCSIP-UserEnabled was not of its kind and left out", "1 value of userAccountControl was not of its kind and left out",
		"1 value of whenCreated was not of its kind and left out",
		"2 objects have more values of proxyAddresses than could be read",
	}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if w.tally.nameless != 1 || w.Rows() != 5 || !w.Has(directory.GUID{4}) || w.Has(directory.GUID{5}) {
		t.Errorf("%d rows, %d without a GUID", w.Rows(), w.tally.nameless)
	}
	wantAddresses := [][]string{
		nil, {"smtp:a@contoso.com", "smtp:b@contoso.com"}, {"", "smtp:a@contoso.com", "smtp:b@contoso.com", "smtp:c@contoso.com"},
		{"smtp:a@contoso.com", "smtp:b@contoso.com", "smtp:c@contoso.com"}, {"a", "b"},
	}
	for o := range b.Seal().ADObjects(evidence.ADUsers) {
		if o.Row() == 0 && (o.Mail() != "a@contoso.com" || o.UserAccountControl() != 0 || o.SIPEnabled() != evidence.Absent || !o.Created().IsZero()) {
			t.Errorf("first object: %q %d", o.Mail(), o.UserAccountControl())
		}
		if diff := cmp.Diff(wantAddresses[o.Row()], slices.Collect(o.ProxyAddresses())); diff != "" {
			t.Errorf("addresses of object %d (-want +got):\n%s", o.Row(), diff)
		}
		if o.Row() == 4 {
			for name, want := range map[string]string{"userCertificate": "3", "thumbnailPhoto": "5"} {
				if got := o.Attribute(name); !slices.Equal(got, []string{want}) {
					t.Errorf("%s is %q, want %s", name, got, want)
				}
			}
		}
	}
}

// TestMemoryIsNotKept overwrites an entry that was added: rows must not change with it.
func TestMemoryIsNotKept(t *testing.T) {
	w, b := writerOf(evidence.ADUsers)
	e := entryOf(7, "mail", "a@contoso.com", "department", "Sales", "proxyAddresses", "smtp:a@contoso.com\nsmtp:b@contoso.com", "proxyaddresses;x", "smtp:c@contoso.com")
	if err := w.Add(e, nil); err != nil {
		t.Fatal(err)
	}
	scribble := func(b []byte) {
		for i := range b {
			b[i] = '#'
		}
	}
	scribble(e.DN)
	for _, a := range e.Attributes {
		scribble(a.Name)
		for _, v := range a.Values {
			scribble(v)
		}
	}
	if !w.Has(directory.GUID{7}) {
		t.Error("the object is forgotten")
	}
	for o := range b.Seal().ADObjects(evidence.ADUsers) {
		want := []string{"smtp:a@contoso.com", "smtp:b@contoso.com", "smtp:c@contoso.com"}
		if got := slices.Collect(o.ProxyAddresses()); !slices.Equal(got, want) || o.DN() != "CN=x,"+base || o.Mail() != "a@contoso.com" || o.Department() != "Sales" {
			t.Errorf("%q %q %q %q", o.DN(), o.Mail(), o.Department(), got)
		}
	}
}

func TestSpellingsAreBounded(t *testing.T) {
	w, b := writerOf(evidence.ADUsers)
	known := len(w.byName)
	for i := range maxSpellings + 100 {
		w.fieldOf(fmt.Appendf(nil, "invented-%d", i))
	}
	if len(w.byName) > known+maxSpellings {
		t.Errorf("%d spellings are kept", len(w.byName))
	}
	if err := w.Add(entryOf(1, "mAIL", "a@contoso.com"), nil); err != nil {
		t.Fatal(err)
	}
	for o := range b.Seal().ADObjects(evidence.ADUsers) {
		if o.Mail() != "a@contoso.com" {
			t.Errorf("mail %q", o.Mail())
		}
	}
}

func TestJudge(t *testing.T) {
	whole := []string{
		"objectClass", "user", "objectSid", "S", "sAMAccountName", "u", "userAccountControl", "512", "msDS-User-Account-Control-Computed", "0", "accountExpires", "0",
		"pwdLastSet", "1", "whenCreated", "20260102030405.0Z", "whenChanged", "20260102030405.0Z",
	}
	tests := []struct {
		name    string
		entries func(i byte) Entry
		absent  []string
		nobody  bool // objects without GUID
		missing []string
		notes   []string // prefixes
		faults  int
	}{
		{"everything", func(i byte) Entry { return entryOf(i, whole...) }, nil, false, nil, []string{"no object holds"}, 0},
		{"none has its SID", func(i byte) Entry { return entryOf(i, slices.Concat(whole[:2], whole[4:])...) }, nil, false, []string{"objectSid"}, []string{"no object holds"}, 0},
		{
			"one hides its SID", func(i byte) Entry {
				if i == 1 {
					return entryOf(i, slices.Concat(whole[:2], whole[4:])...)
				}
				return entryOf(i, whole...)
			}, nil, false, nil, []string{"objectSid could not be read of 1 objects", "no object holds"}, 0,
		},
		{
			"nickname without recipient type", func(i byte) Entry { return entryOf(i, append(slices.Clone(whole), "mailNickname", "u")...) }, nil, false,
			[]string{"msExchRecipientTypeDetails", "proxyAddresses"}, []string{"no object holds"}, 0,
		},
		{
			"but the schema has no recipient type", func(i byte) Entry { return entryOf(i, append(slices.Clone(whole), "mailNickname", "u")...) },
			[]string{"msExchRecipientTypeDetails"}, false, []string{"proxyAddresses"}, []string{"no object holds"}, 0,
		},
		{
			"cut", func(i byte) Entry {
				return entryOf(i, append(slices.Clone(whole), "servicePrincipalName;range=0-0", "a")...)
			}, nil, false,
			[]string{"servicePrincipalName"}, []string{"100 objects have more values of servicePrincipalName", "no object holds"}, 0,
		},
		{"nobody has a GUID", func(byte) Entry { return Entry{} }, nil, true, nil, nil, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, _ := writerOf(evidence.ADUsers)
			for i := range byte(100) {
				if err := w.Add(tt.entries(i+1), nil); err != nil {
					t.Fatal(err)
				}
			}
			var c evidence.Coverage
			faults := w.Judge(&c, tt.absent)
			if diff := cmp.Diff(tt.missing, c.Missing); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
			if len(faults) != tt.faults || len(c.Notes) != len(tt.notes) || (w.Rows() == 0) != tt.nobody {
				t.Fatalf("faults %v, notes %q, %d rows", faults, c.Notes, w.Rows())
			}
			for i, prefix := range tt.notes {
				if !strings.HasPrefix(c.Notes[i], prefix) {
					t.Errorf("note %q does not begin with %q", c.Notes[i], prefix)
				}
			}
		})
	}
}
