package join_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/audit/join"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

type row map[string]any

func guid(n int) string { return fmt.Sprintf("00000000-0000-0000-0000-%012x", n) }

// octets gives a GUID or SID as evidence holds octet strings; anchor is the same of a GUID, as the tenant holds it.
func octets(text string) string {
	if b, err := directory.ParseSID(text); err == nil {
		return base64.StdEncoding.EncodeToString(b)
	}
	g, err := directory.ParseGUID(text)
	if err != nil {
		panic(err)
	}
	return g.Base64()
}

func anchor(n int) string { return octets(guid(n)) }

func sid(n int) string { return fmt.Sprintf("S-1-5-21-1-2-3-%d", n) }

type fataler interface {
	Helper()
	Fatal(args ...any)
}

func snapshot(t fataler, ad, tenant []row) *evidence.Snapshot {
	t.Helper()
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	var decoder evidence.Decoder
	for d, rows := range map[evidence.Dataset][]row{evidence.ADUsers: ad, evidence.TenantUsers: tenant} {
		for _, r := range rows {
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

func nobody(evidence.ADObject) bool { return false }

// pairs prints the pairs as "AD=tenant by match", sorted, and checks that both directions agree.
func pairs(t interface{ Errorf(string, ...any) }, s *evidence.Snapshot, p *join.Pairs) []string {
	var all []string
	for o := range s.ADObjects(evidence.ADUsers) {
		u, by := p.Tenant(o)
		if u.IsZero() {
			if by != join.Unmatched {
				t.Errorf("%s has no partner, but a match %s", o.GUID(), by)
			}
			continue
		}
		g, id := o.GUID().String(), u.ID().String()
		all = append(all, fmt.Sprintf("%s=%s %s", short(g), short(id), by))
		if back, same := p.AD(u); back.GUID() != o.GUID() || same != by {
			t.Errorf("%s is paired with %s, which is paired with %s by %s", g, id, back.GUID(), same)
		}
	}
	slices.Sort(all)
	return all
}

func short(g string) string {
	for len(g) > 1 && (g[0] == '0' || g[0] == '-') {
		g = g[1:]
	}
	return g
}

func TestMatches(t *testing.T) {
	synced := func(r row) row { r["onPremisesSyncEnabled"] = true; return r }
	for name, c := range map[string]struct {
		ad, tenant []row
		want       []string
	}{
		"objectGUID":            {[]row{{"objectGUID": guid(1)}}, []row{{"id": guid(11), "onPremisesImmutableId": anchor(1)}}, []string{"1=b anchor"}},
		"mS-DS-ConsistencyGuid": {[]row{{"objectGUID": guid(1), "mS-DS-ConsistencyGuid": anchor(99)}}, []row{{"id": guid(11), "onPremisesImmutableId": anchor(99)}}, []string{"1=b anchor"}},
		"objectGUID although mS-DS-ConsistencyGuid is set": {
			[]row{{"objectGUID": guid(1), "mS-DS-ConsistencyGuid": anchor(99)}}, []row{{"id": guid(11), "onPremisesImmutableId": anchor(1)}}, []string{"1=b anchor"},
		},
		"mS-DS-ConsistencyGuid first": {
			[]row{{"objectGUID": guid(1), "mS-DS-ConsistencyGuid": anchor(99)}},
			[]row{{"id": guid(11), "onPremisesImmutableId": anchor(1)}, {"id": guid(12), "onPremisesImmutableId": anchor(99)}}, []string{"1=c anchor"},
		},
		"anchor before all others": {
			[]row{{"objectGUID": guid(1), "objectSid": octets(sid(1001)), "distinguishedName": "CN=A,DC=x", "userPrincipalName": "a@contoso.com", "proxyAddresses": []string{"SMTP:a@contoso.com"}}},
			[]row{
				synced(row{"id": guid(15), "userPrincipalName": "z@contoso.com", "proxyAddresses": []string{"SMTP:a@contoso.com"}}),
				synced(row{"id": guid(14), "userPrincipalName": "a@contoso.com"}), {"id": guid(13), "onPremisesDistinguishedName": "CN=A,DC=x"},
				{"id": guid(12), "onPremisesSecurityIdentifier": sid(1001)}, {"id": guid(11), "onPremisesImmutableId": anchor(1)},
			},
			[]string{"1=b anchor"},
		},
		"SID before DN, DN before UPN, UPN before SMTP": {
			[]row{
				{"objectGUID": guid(1), "objectSid": octets(sid(1001)), "distinguishedName": "CN=A,DC=x"},
				{"objectGUID": guid(2), "distinguishedName": "CN=B,DC=x", "userPrincipalName": "b@contoso.com"},
				{"objectGUID": guid(3), "userPrincipalName": "c@contoso.com", "proxyAddresses": []string{"SMTP:c2@contoso.com"}},
				{"objectGUID": guid(4), "proxyAddresses": []string{"smtp:x@contoso.com", "SMTP:D@Contoso.com"}},
			},
			[]row{
				{"id": guid(11), "onPremisesSecurityIdentifier": sid(1001)}, {"id": guid(12), "onPremisesDistinguishedName": "CN=A,DC=x"},
				{"id": guid(13), "onPremisesDistinguishedName": "cn=b, dc=X"}, synced(row{"id": guid(14), "userPrincipalName": "b@contoso.com"}),
				synced(row{"id": guid(15), "userPrincipalName": "C@Contoso.com"}), synced(row{"id": guid(16), "proxyAddresses": []string{"SMTP:c2@contoso.com"}}),
				synced(row{"id": guid(17), "proxyAddresses": []string{"smtp:c@contoso.com", "SMTP:d@contoso.com"}}),
			},
			[]string{"1=b sid", "2=d dn", "3=f upn", "4=11 smtp"},
		},
		"UPN and SMTP only of synchronised users": {
			[]row{{"objectGUID": guid(1), "userPrincipalName": "a@contoso.com", "proxyAddresses": []string{"SMTP:a@contoso.com"}}},
			[]row{{"id": guid(11), "userPrincipalName": "a@contoso.com"}, {"id": guid(12), "proxyAddresses": []string{"SMTP:a@contoso.com"}, "onPremisesSyncEnabled": false}}, nil,
		},
		"a secondary address is no match": {
			[]row{{"objectGUID": guid(1), "proxyAddresses": []string{"SMTP:a@contoso.com"}}}, []row{synced(row{"id": guid(11), "proxyAddresses": []string{"smtp:a@contoso.com"}})}, nil,
		},
		"guests are nobody's account": {
			[]row{{"objectGUID": guid(1)}, {"objectGUID": guid(2)}},
			[]row{{"id": guid(11), "onPremisesImmutableId": anchor(1), "userType": "Guest"}, {"id": guid(12), "onPremisesImmutableId": anchor(2), "userPrincipalName": "x#EXT#@contoso.com"}}, nil,
		},
		"claimed twice in the tenant": {
			[]row{{"objectGUID": guid(1), "objectSid": octets(sid(1001))}},
			[]row{{"id": guid(11), "onPremisesImmutableId": anchor(1)}, {"id": guid(12), "onPremisesImmutableId": anchor(1)}, {"id": guid(13), "onPremisesSecurityIdentifier": sid(1001)}},
			[]string{"1=d sid"},
		},
		"claimed twice in the directory: the enabled one": {
			[]row{
				{"objectGUID": guid(1), "userPrincipalName": "a@contoso.com", "userAccountControl": 514}, {"objectGUID": guid(2), "userPrincipalName": "a@contoso.com", "userAccountControl": 512},
			},
			[]row{synced(row{"id": guid(11), "userPrincipalName": "a@contoso.com"})}, []string{"2=b upn"},
		},
		"claimed twice in the directory: the lower objectGUID": {
			[]row{{"objectGUID": guid(2), "userPrincipalName": "a@contoso.com"}, {"objectGUID": guid(1), "userPrincipalName": "a@contoso.com"}},
			[]row{synced(row{"id": guid(11), "userPrincipalName": "a@contoso.com"})}, []string{"1=b upn"},
		},
		"a surer match takes the account away": {
			[]row{{"objectGUID": guid(1), "userPrincipalName": "a@contoso.com"}, {"objectGUID": guid(2), "userPrincipalName": "b@contoso.com"}},
			[]row{synced(row{"id": guid(11), "userPrincipalName": "a@contoso.com", "onPremisesImmutableId": anchor(2)})}, []string{"2=b anchor"},
		},
		"nothing in common": {[]row{{"objectGUID": guid(1)}}, []row{{"id": guid(11)}}, nil},
		"no tenant":         {[]row{{"objectGUID": guid(1)}}, nil, nil},
		"no directory":      {nil, []row{{"id": guid(11)}}, nil},
	} {
		s := snapshot(t, c.ad, c.tenant)
		if diff := cmp.Diff(c.want, pairs(t, s, join.New(s, nobody))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Objects that can be nobody take no account from anybody.
// One forest may be synchronised to two tenants: each has its own user for a directory user, and neither takes it away from the other.
func TestTwoTenants(t *testing.T) {
	s := snapshot(t, []row{{"objectGUID": guid(1), "userPrincipalName": "anna@contoso.com"}, {"objectGUID": guid(2)}}, []row{
		{"id": guid(12), "tenant": "b", "onPremisesImmutableId": anchor(1)},
		{"id": guid(11), "tenant": "a", "onPremisesSyncEnabled": true, "userPrincipalName": "anna@contoso.com"},
		{"id": guid(13), "tenant": "a", "onPremisesImmutableId": anchor(2)},
		{"id": guid(14), "tenant": "b", "onPremisesImmutableId": anchor(2)},
	})
	p := join.New(s, nobody)
	var got []string
	for u := range s.TenantUsers() {
		o, by := p.AD(u)
		got = append(got, fmt.Sprintf("%s of %s is %s %s", short(u.ID().String()), u.Tenant(), short(o.GUID().String()), by))
	}
	for o := range s.ADObjects(evidence.ADUsers) {
		u, by := p.Tenant(o)
		got = append(got, fmt.Sprintf("%s is %s %s", short(o.GUID().String()), short(u.ID().String()), by))
	}
	want := []string{"c of b is 1 anchor", "b of a is 1 upn", "d of a is 2 anchor", "e of b is 2 anchor", "1 is c anchor", "2 is d anchor"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestConflictObjectsAreNoPartners(t *testing.T) {
	s := snapshot(t, []row{{"objectGUID": guid(1), "userPrincipalName": "a@contoso.com"}, {"objectGUID": guid(2), "userPrincipalName": "a@contoso.com"}},
		[]row{{"id": guid(11), "userPrincipalName": "a@contoso.com", "onPremisesSyncEnabled": true}})
	first := func(o evidence.ADObject) bool { return o.Row() == 0 }
	if diff := cmp.Diff([]string{"2=b upn"}, pairs(t, s, join.New(s, first))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestContactsAndTheZeroPairs(t *testing.T) {
	b := evidence.NewBuilder(time.Now())
	b.Table(evidence.ADContacts).NewRow()
	s := b.Seal()
	if u, by := join.New(s, nobody).Tenant(s.ADObjectAt(evidence.ADContacts, 0)); !u.IsZero() || by != join.Unmatched {
		t.Errorf("a contact is paired with %s by %s", u.ID(), by)
	}
}

func TestTwins(t *testing.T) {
	s := snapshot(t,
		[]row{
			{"objectGUID": guid(1), "userPrincipalName": "A@contoso.com", "proxyAddresses": []string{"SMTP:first@contoso.com"}},
			{"objectGUID": guid(2), "userPrincipalName": "b@contoso.com"}, {"objectGUID": guid(3)},
		},
		[]row{
			{"id": guid(12), "userPrincipalName": "a@contoso.com"}, {"id": guid(11), "userPrincipalName": "a@contoso.com", "onPremisesSyncEnabled": false},
			{"id": guid(13), "userPrincipalName": "x@contoso.com", "proxyAddresses": []string{"SMTP:x@contoso.com", "smtp:First@contoso.com"}},
			{"id": guid(14), "userPrincipalName": "b@contoso.com", "userType": "Guest"}, {"id": guid(15), "userPrincipalName": "b@contoso.com", "onPremisesImmutableId": anchor(3)},
		})
	p := join.New(s, nobody)
	var got []string
	for o := range s.ADObjects(evidence.ADUsers) {
		upn, smtp := p.Twins(o)
		for _, u := range []evidence.TenantUser{upn, smtp} {
			if u.IsZero() {
				got = append(got, "-")
			} else {
				got = append(got, short(u.ID().String()))
			}
		}
	}
	// Of two cloud users with one name the lower id counts; guests and users that are somebody's account already are no twins.
	if diff := cmp.Diff([]string{"b", "d", "-", "-", "-", "-"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Whatever the order of rows, the same objects are pairs, and nobody is paired twice.
func TestRowOrderIsIrrelevant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SampledFrom([]string{"a@contoso.com", "b@contoso.com", "c@contoso.com"})
		var ad, tenant []row
		for i := range rapid.IntRange(1, 8).Draw(t, "AD users") {
			r := row{"objectGUID": guid(i + 1), "userAccountControl": rapid.SampledFrom([]int{512, 514}).Draw(t, "uac"), "distinguishedName": "CN=" + names.Draw(t, "dn")}
			if rapid.Bool().Draw(t, "has anchor") {
				r["mS-DS-ConsistencyGuid"] = anchor(rapid.IntRange(1, 8).Draw(t, "anchor"))
			}
			if rapid.Bool().Draw(t, "has SID") {
				r["objectSid"] = octets(sid(rapid.IntRange(1, 3).Draw(t, "SID")))
			}
			r["userPrincipalName"] = names.Draw(t, "UPN")
			r["proxyAddresses"] = []string{"SMTP:" + names.Draw(t, "SMTP")}
			ad = append(ad, r)
		}
		for i := range rapid.IntRange(1, 8).Draw(t, "tenant users") {
			r := row{"id": guid(0x100 + i), "userPrincipalName": names.Draw(t, "UPN"), "proxyAddresses": []string{"SMTP:" + names.Draw(t, "SMTP")}}
			maybe := func(name string, value any) {
				if rapid.IntRange(0, 2).Draw(t, name) == 0 {
					r[name] = value
				}
			}
			maybe("onPremisesImmutableId", anchor(rapid.IntRange(1, 8).Draw(t, "anchor")))
			maybe("onPremisesSecurityIdentifier", sid(rapid.IntRange(1, 3).Draw(t, "SID")))
			maybe("onPremisesDistinguishedName", "CN="+names.Draw(t, "dn"))
			maybe("onPremisesSyncEnabled", true)
			tenant = append(tenant, r)
		}
		s := snapshot(t, ad, tenant)
		want := pairs(t, s, join.New(s, nobody))
		s = snapshot(t, rapid.Permutation(ad).Draw(t, "AD order"), rapid.Permutation(tenant).Draw(t, "tenant order"))
		if diff := cmp.Diff(want, pairs(t, s, join.New(s, nobody))); diff != "" {
			t.Errorf("-before +after:\n%s", diff)
		}
	})
}

func TestAttributesAreColumns(t *testing.T) {
	for d, names := range map[evidence.Dataset][]string{evidence.ADUsers: join.ADAttributes(), evidence.TenantUsers: join.TenantAttributes()} {
		for _, n := range names {
			if _, ok := evidence.SchemaOf(d).Find(n); !ok {
				t.Errorf("%s has no column %s", d, n)
			}
		}
	}
}
