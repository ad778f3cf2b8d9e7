package entries

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

func TestCarrying(t *testing.T) {
	then := evidence.NewBuilder(time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC))
	from := then.Table(evidence.ADUsers)
	old := NewWriter(evidence.ADUsers, from, "contoso.com", evidence.SchemaOf(evidence.ADUsers).Names())
	for _, e := range []Entry{
		entryOf(1, "displayName", "One", "manager", "CN=Old", "proxyAddresses", "smtp:a\nsmtp:b", "c", "DE"),
		entryOf(2, "displayName", "Two", "mail", "two@contoso.com"),
		entryOf(3, "displayName", "Three", "manager", "CN=Gone"),
	} {
		if err := old.Add(e, nil); err != nil {
			t.Fatal(err)
		}
	}
	now := evidence.NewBuilder(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	table := now.Table(evidence.ADUsers)
	w := NewWriter(evidence.ADUsers, table, "contoso.com", []string{"displayName", "manager", "proxyAddresses", "memberOf", "c"}) // and no mail
	if err := w.Add(entryOf(2, "displayName", "Two of now"), nil); err != nil {
		t.Fatal(err)
	}
	c := w.Carrying(from, []string{"manager", "memberOf"})
	lost := errors.New("lost")
	more := func(_ directory.GUID, name string, next int) ([][]byte, bool, error) {
		if name != "memberOf" || next != 2 {
			t.Errorf("further values of %s from %d on", name, next)
		}
		return [][]byte{[]byte("CN=C")}, true, nil
	}
	for i, tt := range []struct {
		row   int
		entry Entry
		rest  Rest
		added bool
		err   error
	}{
		{1, entryOf(2, "manager", "CN=New"), nil, false, nil}, // has a row
		{0, Entry{DN: []byte("CN=x")}, nil, false, nil},       // has no GUID
		{0, entryOf(1, "memberOf;range=0-1", "CN=A\nCN=B"), func(directory.GUID, string, int) ([][]byte, bool, error) { return nil, false, lost }, false, lost},
		{0, entryOf(1, "manager", "CN=New", "displayName", "not asked for", "memberOf;range=0-1", "CN=A\nCN=B"), more, true, nil},
		{0, entryOf(1, "manager", "CN=Newer"), nil, false, nil},
		{2, entryOf(3), nil, true, nil}, // whose manager is no longer shown
	} {
		added, err := c.Add(tt.row, tt.entry, tt.rest)
		if added != tt.added || !errors.Is(err, tt.err) {
			t.Errorf("%d: %v, %v", i, added, err)
		}
	}
	var rows []string
	for row := range table.Rows() {
		rows = append(rows, string(table.AppendJSON(nil, row)))
	}
	want := []string{
		`{"objectGUID":"00000002-0000-0000-0000-000000000000","distinguishedName":"CN=x,DC=contoso,DC=com","forest":"contoso.com","displayName":"Two of now"}`,
		`{"objectGUID":"00000001-0000-0000-0000-000000000000","distinguishedName":"CN=x,DC=contoso,DC=com","forest":"contoso.com","displayName":"One",` +
			`"proxyAddresses":["smtp:a","smtp:b"],"c":"DE","memberOf":["CN=A","CN=B","CN=C"],"manager":"CN=New"}`,
		`{"objectGUID":"00000003-0000-0000-0000-000000000000","distinguishedName":"CN=x,DC=contoso,DC=com","forest":"contoso.com","displayName":"Three"}`,
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	for name, held := range map[string]bool{"displayName": true, "proxyAddresses": true, "c": true, "memberOf": true, "manager": true} {
		if w.Held(name) != held {
			t.Errorf("%s held: %v", name, !held)
		}
	}
	if w.Rows() != 3 || w.Held("mail") {
		t.Errorf("%d rows, mail %v", w.Rows(), w.Held("mail"))
	}
}

func TestCarryingDiffers(t *testing.T) {
	w, b := writerOf(evidence.ADUsers)
	if err := w.Add(entryOf(1, "displayName", "One", "manager", "CN=Old", "proxyAddresses", "a\nb"), nil); err != nil {
		t.Fatal(err)
	}
	from := b.Table(evidence.ADUsers)
	next, _ := writerOf(evidence.ADUsers)
	c := next.Carrying(from, []string{"manager"})
	for name, e := range map[string]Entry{
		"":               entryOf(1, "displayName", "One", "manager", "CN=New", "proxyAddresses", "b\na"),
		"displayName":    entryOf(1, "displayName", "Other", "proxyAddresses", "b\na"),
		"proxyAddresses": entryOf(1, "displayName", "One", "proxyAddresses", "b"),
		"mail":           entryOf(1, "displayName", "One", "proxyAddresses", "b\na", "mail", "one@contoso.com"),
	} {
		scratch, other := writerOf(evidence.ADUsers)
		if err := scratch.Add(e, nil); err != nil {
			t.Fatal(err)
		}
		if got := c.Differs(0, from, other.Table(evidence.ADUsers)); got != name {
			t.Errorf("differs in %q, want %q", got, name)
		}
	}
}
