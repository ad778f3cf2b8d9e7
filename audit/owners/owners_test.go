package owners_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/audit/owners"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

type row map[string]any

func guid(n int) string { return fmt.Sprintf("00000000-0000-0000-0000-%012x", n) }

type fataler interface {
	Helper()
	Fatal(args ...any)
}

func snapshot(t fataler, rows map[evidence.Dataset][]row) *evidence.Snapshot {
	t.Helper()
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	var decoder evidence.Decoder
	for d, list := range rows {
		for _, r := range list {
			line, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := decoder.Row(b.Table(d), line); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.Seal()
}

var kinds = []owners.Kind{owners.SIPPrimary, owners.SIPProxy, owners.SMTP, owners.UPN}

func everybody(evidence.ADObject) bool { return true }

// values gives the addresses of a kind by plain means: what Each gives, read from the attributes anew.
func values(o evidence.ADObject, k owners.Kind) []string {
	var all []string
	fold := func(s, prefix string) {
		s = strings.ToLower(strings.TrimSpace(s))
		if s = strings.TrimSpace(strings.TrimPrefix(s, prefix)); s != "" {
			all = append(all, s)
		}
	}
	switch k {
	case owners.SIPPrimary:
		fold(o.SIP(), "sip:")
	case owners.UPN:
		fold(o.UPN(), "")
	case owners.SMTP:
		fold(o.Mail(), "smtp:")
	}
	for v := range o.ProxyAddresses() {
		for prefix, kind := range map[string]owners.Kind{"sip:": owners.SIPProxy, "smtp:": owners.SMTP} {
			if lower := strings.ToLower(v); kind == k && strings.HasPrefix(lower, prefix) {
				fold(lower, prefix)
			}
		}
	}
	return all
}

// The index knows exactly what a map of all addresses knows.
func TestHoldersEqualAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := map[evidence.Dataset][]row{}
		address := rapid.SampledFrom([]string{"a@contoso.com", "A@Contoso.com", "b@contoso.com", "c@contoso.com", "ä@contoso.com", "Ä@contoso.com", "", " "})
		n := 0
		for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
			for range rapid.IntRange(0, 12).Draw(t, string(d)) {
				n++
				r := row{"objectGUID": guid(rapid.IntRange(0, 1<<20).Draw(t, "guid")<<8 | n)}
				for _, name := range []string{"mail", "userPrincipalName", "msRTCSIP-PrimaryUserAddress"} {
					if rapid.Bool().Draw(t, name) {
						r[name] = rapid.SampledFrom([]string{"", "sip:", " "}).Draw(t, "prefix") + address.Draw(t, name)
					}
				}
				var list []string
				for range rapid.IntRange(0, 4).Draw(t, "proxies") {
					list = append(list, rapid.SampledFrom([]string{"smtp:", "SMTP:", "sip:", "SIP:", "x500:", ""}).Draw(t, "prefix")+address.Draw(t, "proxy"))
				}
				r["proxyAddresses"] = list
				rows[d] = append(rows[d], r)
			}
		}
		s := snapshot(t, rows)
		odd := func(o evidence.ADObject) bool { g := o.GUID(); return g[15]%2 == 1 }
		for _, owns := range []func(evidence.ADObject) bool{everybody, odd} {
			for _, k := range kinds {
				check(t, s, k, owns)
			}
		}
	})
}

func check(t *rapid.T, s *evidence.Snapshot, k owners.Kind, owns func(evidence.ADObject) bool) {
	want := map[string][]string{"nobody@contoso.com": nil}
	for rank, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
		for o := range s.ADObjects(d) {
			if !owns(o) {
				continue
			}
			for _, v := range values(o, k) {
				if key := fmt.Sprint(rank, o.GUID()); !slices.Contains(want[v], key) {
					want[v] = append(want[v], key)
				}
			}
		}
	}
	index := owners.New(s, k, owns)
	for v, holders := range want {
		slices.Sort(holders)
		var got []string
		for _, o := range index.Holders(v) {
			got = append(got, fmt.Sprint(slices.Index([]evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups}, o.Dataset()), o.GUID()))
		}
		if diff := cmp.Diff(holders, got); diff != "" {
			t.Errorf("kind %d, holders of %q (-want +got):\n%s", k, v, diff)
		}
		if len(holders) > 1 != index.Shared(v) {
			t.Errorf("kind %d: %q has %d holders, shared %t", k, v, len(holders), index.Shared(v))
		}
	}
}

func sid(t *testing.T, text string) string {
	t.Helper()
	b, err := directory.ParseSID(text)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b)
}

func TestSamePersonAndOthers(t *testing.T) {
	s := snapshot(t, map[evidence.Dataset][]row{evidence.ADUsers: {
		{"objectGUID": guid(1), "objectSid": sid(t, "S-1-5-21-1-2-3-1001")},
		{"objectGUID": guid(2), "objectSid": sid(t, "S-1-5-21-9-9-9-2001"), "msRTCSIP-OriginatorSid": sid(t, "S-1-5-21-1-2-3-1001")},
		{"objectGUID": guid(3), "objectSid": sid(t, "S-1-5-21-9-9-9-2002"), "msExchMasterAccountSid": sid(t, "S-1-5-21-1-2-3-1001")},
		{"objectGUID": guid(4)}, {"objectGUID": guid(5)},
		{"objectGUID": guid(6), "objectSid": sid(t, "S-1-5-21-9-9-9-2003"), "msRTCSIP-OriginatorSid": sid(t, "S-1-5-21-9-9-9-2003")},
	}})
	object := func(n int) evidence.ADObject { return s.ADObjectAt(evidence.ADUsers, n-1) }
	for _, c := range []struct {
		a, b int
		want bool
	}{{1, 2, true}, {2, 1, true}, {1, 3, true}, {2, 3, false}, {4, 5, false}, {1, 4, false}, {2, 4, false}, {6, 6, true}, {6, 1, false}} {
		if got := owners.SamePerson(object(c.a), object(c.b)); got != c.want {
			t.Errorf("%d and %d: %t", c.a, c.b, got)
		}
	}
	all := slices.Collect(s.ADObjects(evidence.ADUsers))
	var got []int
	for _, o := range owners.Others(object(1), all) {
		got = append(got, o.Row()+1)
	}
	if diff := cmp.Diff([]int{4, 5, 6}, got); diff != "" {
		t.Errorf("others than 1 (-want +got):\n%s", diff)
	}
	if others := owners.Others(object(4), all[3:4]); len(others) > 0 {
		t.Errorf("an object is another than itself: %v", others)
	}
}
