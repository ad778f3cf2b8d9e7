package evidence_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

var taken = time.Date(2026, 11, 21, 9, 45, 12, 0, time.UTC)

func column(t testing.TB, d evidence.Dataset, name string) int {
	t.Helper()
	col, ok := evidence.SchemaOf(d).Find(name)
	if !ok {
		t.Fatalf("%s has no column %s", d, name)
	}
	return col
}

func TestSchemas(t *testing.T) {
	var check func(t *testing.T, s evidence.Schema)
	check = func(t *testing.T, s evidence.Schema) {
		seen := map[string]bool{}
		for i, c := range s {
			if c.Name == "" || seen[c.Name] {
				t.Errorf("column %d: name %q is empty or used twice", i, c.Name)
			}
			seen[c.Name] = true
			if (c.Kind == evidence.Records) != (len(c.Fields) > 0) {
				t.Errorf("%s: kind and fields do not fit", c.Name)
			}
			check(t, c.Fields)
		}
	}
	for _, d := range evidence.Datasets() {
		t.Run(string(d), func(t *testing.T) {
			kinds := 0
			for _, is := range []bool{d.AD(), d.Tenant(), d.Export(), d.Network()} {
				if is {
					kinds++
				}
			}
			if len(evidence.SchemaOf(d)) == 0 || kinds != 1 {
				t.Error("no schema, or not of exactly one of AD, tenant, PowerShell and network")
			}
			check(t, evidence.SchemaOf(d))
		})
	}
	if evidence.Dataset("ad.nothing").Known() || evidence.SchemaOf("ad.nothing") != nil {
		t.Error("an unknown dataset is known")
	}
}

func TestLDAPValues(t *testing.T) {
	sid := []byte{1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0xe9, 3, 0, 0}
	b := evidence.NewBuilder(taken)
	row := b.Table(evidence.ADUsers).NewRow()
	set := func(name string, values ...string) error {
		var raw [][]byte
		for _, v := range values {
			raw = append(raw, []byte(v))
		}
		return row.SetLDAP(column(t, evidence.ADUsers, name), raw)
	}
	good := map[string][]string{
		"objectGUID": {"\x78\x56\x34\x12\x34\x12\x34\x12\x12\x34\x56\x78\x9a\xbc\xde\xf0"}, "objectSid": {string(sid)}, "distinguishedName": {"CN=花子,DC=contoso,DC=com"},
		"msRTCSIP-UserEnabled": {"TRUE"}, "userAccountControl": {"514"}, "whenChanged": {"20261120083000.0Z"}, "proxyAddresses": {"SMTP:a@contoso.com", "sip:a@contoso.com"},
		"msExchRecipientTypeDetails": {"2147483648"}, "objectClass": {"top", "user"}, "displayName": {"bad \xff byte"}, "mail": {""},
	}
	for name, values := range good {
		if err := set(name, values...); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, value := range map[string]string{"userAccountControl": "many", "msRTCSIP-UserEnabled": "yes", "whenChanged": "yesterday", "objectGUID": "short"} {
		if err := set(name, value); err == nil {
			t.Errorf("%s takes %q", name, value)
		}
	}
	o := b.Seal().ADObjectAt(evidence.ADUsers, 0)
	if got := o.GUID().String(); got != "12345678-1234-1234-1234-56789abcdef0" {
		t.Errorf("GUID %s", got)
	}
	want := map[string][]string{
		"objectSid": {"S-1-5-21-1-2-3-1001"}, "msRTCSIP-UserEnabled": {"TRUE"}, "userAccountControl": {"514"}, "whenChanged": {"2026-11-20T08:30:00Z"},
		"proxyAddresses": {"SMTP:a@contoso.com", "sip:a@contoso.com"}, "displayName": {"bad \uFFFD byte"}, "mail": {""}, "targetAddress": nil, "no such": nil,
	}
	for name, values := range want {
		if diff := cmp.Diff(values, o.Attribute(name)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if !o.Disabled() || o.SIPEnabled() != evidence.True || o.FederationEnabled() != evidence.Absent {
		t.Error("the account is not read as disabled and enabled for SIP")
	}
	if v, ok := o.RecipientType(); !ok || v != 1<<31 {
		t.Errorf("recipient type %d, %v", v, ok)
	}
}

func TestValueTooLong(t *testing.T) {
	b := evidence.NewBuilder(taken)
	row := b.Table(evidence.ADUsers).NewRow()
	var long *evidence.ValueTooLongError
	if err := row.SetText(column(t, evidence.ADUsers, "displayName"), strings.Repeat("x", evidence.MaxValue+1)); !errors.As(err, &long) || long.Column != "displayName" {
		t.Errorf("got %v", err)
	}
	fits := strings.Repeat("y", evidence.MaxValue)
	for i := range 3 { // each fills a chunk of its own
		if err := row.SetText(column(t, evidence.ADUsers, "proxyAddresses"), fits); err != nil {
			t.Fatalf("value %d: %v", i, err)
		}
	}
	if err := row.SetText(column(t, evidence.ADUsers, "proxyAddresses"), ""); err != nil {
		t.Fatal(err)
	}
	got := slices.Collect(b.Seal().ADObjectAt(evidence.ADUsers, 0).ProxyAddresses())
	if len(got) != 4 || got[2] != fits || got[3] != "" {
		t.Errorf("%d values", len(got))
	}
}

// A table must give back what was put in, whatever the order of absent, empty and repeated values, and however many distinct names widen the codes.
func TestColumnsAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type model struct {
			name, text       string
			hasName, hasText bool
			list             []string
		}
		rows := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) model {
			word := rapid.StringMatching(`[a-c]{0,2}|[a-z]{5,8}`)
			return model{word.Draw(t, "name"), word.Draw(t, "text"), rapid.Bool().Draw(t, "hasName"), rapid.Bool().Draw(t, "hasText"), rapid.SliceOfN(word, 0, 3).Draw(t, "list")}
		}), 0, 400).Draw(t, "rows")
		b := evidence.NewBuilder(taken)
		table := b.Table(evidence.ADUsers)
		s := evidence.SchemaOf(evidence.ADUsers)
		name, _ := s.Find("department")
		text, _ := s.Find("displayName")
		list, _ := s.Find("memberOf")
		for _, m := range rows {
			r := table.NewRow()
			if m.hasName {
				_ = r.SetText(name, m.name)
			}
			if m.hasText {
				_ = r.SetText(text, m.text)
			}
			for _, v := range m.list {
				_ = r.SetText(list, v)
			}
		}
		snapshot := b.Seal()
		for i, m := range rows {
			o := snapshot.ADObjectAt(evidence.ADUsers, i)
			if got := o.Attribute("department"); (got != nil) != m.hasName || m.hasName && got[0] != m.name {
				t.Fatalf("row %d: department %q, put %+v", i, got, m)
			}
			if got := o.Attribute("displayName"); (got != nil) != m.hasText || m.hasText && got[0] != m.text {
				t.Fatalf("row %d: display name %q, put %+v", i, got, m)
			}
			if got := slices.Collect(o.MemberOf()); !slices.Equal(got, m.list) {
				t.Fatalf("row %d: member of %q, put %q", i, got, m.list)
			}
		}
	})
}

func TestManyNames(t *testing.T) {
	b := evidence.NewBuilder(taken)
	col := column(t, evidence.ADUsers, "department")
	const n = 70000 // past one and two bytes a code
	for i := range n {
		if err := b.Table(evidence.ADUsers).NewRow().SetText(col, fmt.Sprintf("department %d", i)); err != nil {
			t.Fatal(err)
		}
	}
	s := b.Seal()
	for _, i := range []int{0, 254, 255, 256, 65534, 65535, 65536, n - 1} {
		if got, want := s.ADObjectAt(evidence.ADUsers, i).Department(), fmt.Sprintf("department %d", i); got != want {
			t.Errorf("row %d: %q", i, got)
		}
	}
}

func TestNestedRecords(t *testing.T) {
	b := evidence.NewBuilder(taken)
	table := b.Table(evidence.TenantUsers)
	var decoder evidence.Decoder
	lines := []string{
		`{"id":"00000000-0000-0000-0000-000000000001","assignedLicenses":[{"skuId":"a","disabledPlans":["p","q"]},{"skuId":"b"}]}`,
		`{"id":"00000000-0000-0000-0000-000000000002"}`,
		`{"id":"00000000-0000-0000-0000-000000000003","assignedLicenses":[{"skuId":"c","disabledPlans":["r"]}],"unknownLater":{"x":[1]}}`,
	}
	for _, l := range lines {
		if err := decoder.Row(table, []byte(l)); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for u := range b.Seal().TenantUsers() {
		for l := range u.Licences() {
			got = append(got, fmt.Sprint(u.ID().String()[35:], l.SKU, slices.Collect(l.Disabled)))
		}
	}
	if diff := cmp.Diff([]string{"1a[p q]", "1b[]", "3c[r]"}, got); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{`[]`, `{"id":"x"}`, `{"id":7}`, `{"accountEnabled":"yes"}`, `{"assignedLicenses":{}}`, `{`, `{"createdDateTime":"soon"}`} {
		if err := decoder.Row(table, []byte(bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

func part(t testing.TB, forest, guid string, users ...string) *evidence.Snapshot {
	t.Helper()
	b := evidence.NewBuilder(taken.Add(time.Duration(len(users)) * time.Minute))
	r := b.Table(evidence.ADForests).NewRow()
	if err := r.SetText(column(t, evidence.ADForests, "name"), forest); err != nil {
		t.Fatal(err)
	}
	g, err := directory.ParseGUID(guid)
	if err != nil {
		t.Fatal(err)
	}
	r.SetGUID(column(t, evidence.ADForests, "guid"), g)
	for _, u := range users {
		if err := b.Table(evidence.ADUsers).NewRow().SetText(column(t, evidence.ADUsers, "userPrincipalName"), u); err != nil {
			t.Fatal(err)
		}
	}
	b.Cover(evidence.Coverage{Dataset: evidence.ADUsers, State: evidence.Complete, Rows: len(users), Source: forest})
	return b.Seal()
}

func TestMerge(t *testing.T) {
	a := part(t, "contoso.com", "00000000-0000-0000-0000-00000000000a", "a@contoso.com")
	b := part(t, "fabrikam.com", "00000000-0000-0000-0000-00000000000b", "b@fabrikam.com", "c@fabrikam.com")
	m, err := evidence.Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	var upns []string
	for o := range m.ADObjects(evidence.ADUsers) {
		upns = append(upns, o.UPN())
	}
	if diff := cmp.Diff([]string{"a@contoso.com", "b@fabrikam.com", "c@fabrikam.com"}, upns); diff != "" {
		t.Error(diff)
	}
	if len(m.Of(evidence.ADUsers)) != 2 || !m.Taken().Equal(b.Taken()) || m.State(evidence.ADGroups) != evidence.NotRequested {
		t.Errorf("coverage %v, taken %v", m.Of(evidence.ADUsers), m.Taken())
	}
	_, err = evidence.Merge(b, a, part(t, "contoso.com", "00000000-0000-0000-0000-00000000000a"))
	var twice *evidence.OverlapError
	if !errors.As(err, &twice) || twice.First != 1 || twice.Second != 2 || !strings.Contains(err.Error(), "contoso.com") {
		t.Errorf("the same forest twice: %v", err)
	}
}

// A part that could not read the row about its tenant is still known to be of that tenant.
func TestMergeKnowsSourcesByCoverage(t *testing.T) {
	tenant := func(withRow bool) *evidence.Snapshot {
		b := evidence.NewBuilder(taken)
		id := "00000000-0000-0000-0000-0000000000ee"
		if withRow {
			g, err := directory.ParseGUID(id)
			if err != nil {
				t.Fatal(err)
			}
			b.Table(evidence.TenantOrganization).NewRow().SetGUID(column(t, evidence.TenantOrganization, "id"), g)
		}
		b.Cover(evidence.Coverage{Dataset: evidence.TenantUsers, State: evidence.Complete, Rows: 3, Source: strings.ToUpper(id)})
		return b.Seal()
	}
	for _, second := range []bool{true, false} {
		_, err := evidence.Merge(tenant(false), tenant(second))
		var twice *evidence.OverlapError
		if !errors.As(err, &twice) {
			t.Errorf("the same tenant twice: %v", err)
		}
	}
}

func TestKeep(t *testing.T) {
	k := part(t, "contoso.com", "00000000-0000-0000-0000-00000000000a", "a@contoso.com").Keep(evidence.Dataset.Tenant)
	if k.Rows(evidence.ADUsers) != 0 || k.State(evidence.ADUsers) != evidence.NotRequested || !k.Taken().Equal(taken.Add(time.Minute)) {
		t.Errorf("%v: %v", k, k.Coverage())
	}
}

func TestWorstStateCounts(t *testing.T) {
	b := evidence.NewBuilder(taken)
	b.Cover(evidence.Coverage{Dataset: evidence.ADUsers, State: evidence.Complete})
	b.Cover(evidence.Coverage{Dataset: evidence.ADUsers, State: evidence.Partial, Attributes: []string{"mail"}, Missing: []string{"mail"}})
	s := b.Seal()
	if s.State(evidence.ADUsers) != evidence.Partial {
		t.Errorf("state %v", s.State(evidence.ADUsers))
	}
	c := s.Of(evidence.ADUsers)[1]
	if !c.Lacks("mail") || !c.Lacks("displayName") {
		t.Error("a refused attribute and one that was never asked for are lacking")
	}
	var state evidence.State
	if err := state.UnmarshalText([]byte("half")); err == nil {
		t.Error("half is a state")
	}
}
