package plant

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"hybridaudit/sources/evidence/address"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
)

// collection finds a Graph collection and decodes it.
func collection[T any](t *testing.T, o lab.Organisation, path string) []T {
	t.Helper()
	i := slices.IndexFunc(o.Tenant.Collections, func(c lab.Collection) bool { return c.Path == path })
	if i < 0 {
		t.Fatalf("no collection %s", path)
	}
	list := make([]T, len(o.Tenant.Collections[i].Objects))
	for j, raw := range o.Tenant.Collections[i].Objects {
		if err := json.Unmarshal(raw, &list[j]); err != nil {
			t.Fatalf("%s: %v in %s", path, err, raw)
		}
	}
	return list
}

// Every object is named once, has what an object of its class must have, and its values are in the form in which a domain controller gives them.
func TestEntries(t *testing.T) {
	org := make300(t, Options{People: 2000})
	dns, guids, sids, sams := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	fresh := func(seen map[string]bool, what, key string) {
		if seen[key] {
			t.Errorf("%s %q is there twice", what, key)
		}
		seen[key] = true
	}
	for _, e := range org.Directory.Entries {
		fresh(dns, "DN", directory.DNKey(e.DN))
		for _, name := range []string{"objectGUID", "objectClass", "objectCategory", "whenCreated", "whenChanged", "distinguishedName", "name", "instanceType"} {
			if len(e.Values(name)) == 0 {
				t.Errorf("%s has no %s", e.DN, name)
			}
		}
		fresh(guids, "GUID", string(e.Values("objectGUID")[0]))
		for _, v := range e.Values("objectSid") {
			if _, err := directory.SIDText(v); err != nil {
				t.Errorf("%s: %v", e.DN, err)
			}
			fresh(sids, "SID", string(v))
		}
		for _, v := range e.Values("sAMAccountName") {
			fresh(sams, "sAMAccountName", strings.ToLower(string(v)))
			if len(v) > samLimit {
				t.Errorf("%s has the long sAMAccountName %q", e.DN, v)
			}
		}
		checkTimes(t, e)
		for _, a := range e.Attributes {
			if a.Name != "objectGUID" && a.Name != "objectSid" && !strings.HasSuffix(strings.ToLower(a.Name), "guid") && !strings.HasSuffix(a.Name, "Sid") &&
				!slices.ContainsFunc(a.Values, utf8.Valid) {
				t.Errorf("%s: %s is no text", e.DN, a.Name)
			}
		}
	}
}

func checkTimes(t *testing.T, e lab.Entry) {
	t.Helper()
	created, err := directory.ParseGeneralizedTime(string(e.Values("whenCreated")[0]))
	if err != nil {
		t.Fatalf("%s: %v", e.DN, err)
	}
	changed, err := directory.ParseGeneralizedTime(string(e.Values("whenChanged")[0]))
	if err != nil {
		t.Fatalf("%s: %v", e.DN, err)
	}
	if changed.Before(created) || changed.After(moment()) {
		t.Errorf("%s was created %s and changed %s", e.DN, created, changed)
	}
}

// Without faults all addresses and sign-in names are in order and nobody's twice, but for pairs that belong together and the accounts of the system.
func TestCleanPeopleAreClean(t *testing.T) {
	org := make300(t, Options{People: 5000, Only: []string{NoFaults}, Loadable: true})
	upns, sips := map[string]bool{}, map[string]bool{}
	japanese, western, mixed, escaped := 0, 0, 0, 0
	for _, e := range org.Directory.Entries {
		if len(e.Values("mS-DS-ConsistencyGuid")) == 0 || len(e.Values("displayName")) == 0 {
			continue
		}
		for _, v := range e.Values("userPrincipalName") {
			if key := strings.ToLower(string(v)); upns[key] {
				t.Errorf("UPN %s is there twice", v)
			} else {
				upns[key] = true
			}
		}
		for _, v := range e.Values("msRTCSIP-PrimaryUserAddress") {
			if p := address.SIPProblem(string(v)); p.Code != address.OK {
				t.Errorf("%s has the SIP address %q: %s", e.DN, v, p.Code)
			}
			key := address.NormalSIP(string(v))
			if sips[key] {
				t.Errorf("SIP address %s is there twice", v)
			}
			sips[key] = true
			if strings.ToLower(string(v)) != string(v) {
				mixed++
			}
		}
		for _, v := range e.Values("proxyAddresses") {
			if p := address.ProxyProblem(string(v)); p.Code != address.OK {
				t.Errorf("%s has the address %q: %s", e.DN, v, p.Code)
			}
		}
		if strings.Contains(e.DN, `\`) {
			escaped++
		}
		if name := string(e.Values("displayName")[0]); name[0] > '~' {
			japanese++
		} else {
			western++
		}
	}
	if japanese < 1000 || western < 1000 || mixed < 100 || escaped < 30 {
		t.Errorf("%d Japanese and %d western names, %d addresses in mixed case, %d escaped names: too few of a kind", japanese, western, mixed, escaped)
	}
}

func TestTenantUsers(t *testing.T) {
	type userObject struct {
		ID                           string
		UserPrincipalName            string
		AssignedLicenses             []struct{ SKUID string }
		OnPremisesSecurityIdentifier string
	}
	type skuObject struct {
		SKUID, SKUPartNumber, AppliesTo string
		ConsumedUnits                   int
	}
	org := make300(t, Options{People: 900})
	users := collection[userObject](t, org, "users")
	ids, names, held := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, u := range users {
		if _, err := directory.ParseGUID(u.ID); err != nil || u.ID != strings.ToLower(u.ID) || ids[u.ID] {
			t.Errorf("id %s", u.ID)
		}
		if name := strings.ToLower(u.UserPrincipalName); names[name] || name == "" {
			t.Errorf("sign-in name %q is there twice or empty", u.UserPrincipalName)
		}
		ids[u.ID], names[strings.ToLower(u.UserPrincipalName)] = true, true
		for _, l := range u.AssignedLicenses {
			held[l.SKUID]++
		}
		if s := u.OnPremisesSecurityIdentifier; s != "" {
			if _, err := directory.ParseSID(s); err != nil {
				t.Errorf("%s: %v", u.UserPrincipalName, err)
			}
		}
	}
	for _, s := range collection[skuObject](t, org, "subscribedSkus") {
		if s.AppliesTo == "User" && s.ConsumedUnits != held[s.SKUID] {
			t.Errorf("%s: %d consumed, %d people hold it", s.SKUPartNumber, s.ConsumedUnits, held[s.SKUID])
		}
		delete(held, s.SKUID)
	}
	if len(held) > 0 {
		t.Errorf("people hold SKUs that the tenant does not have: %v", held)
	}
	for _, c := range collection[struct{ ID string }](t, org, "admin/teams/userConfigurations") {
		if !ids[c.ID] {
			t.Errorf("Teams configuration of %s, who is not there", c.ID)
		}
	}
}

func TestWriteTruth(t *testing.T) {
	var text bytes.Buffer
	if err := WriteTruth(&text, []lab.Expected{{RuleID: "SIP-001", Key: "b"}, {RuleID: "ADR-008", Variant: "N", Key: "a"}}); err != nil {
		t.Fatal(err)
	}
	const want = `[
  {"ruleId":"ADR-008","variant":"N","key":"a"},
  {"ruleId":"SIP-001","variant":"","key":"b"}
]
`
	if text.String() != want {
		t.Errorf("wrote %s", text.String())
	}
	text.Reset()
	if err := WriteTruth(&text, nil); err != nil || text.String() != "[]\n" {
		t.Errorf("no findings give %q, %v", text.String(), err)
	}
	if !slices.IsSortedFunc(Truth(make300(t, Options{})), func(a, b lab.Expected) int {
		return strings.Compare(a.RuleID+"\x00"+a.Variant+"\x00"+a.Key, b.RuleID+"\x00"+b.Variant+"\x00"+b.Key)
	}) {
		t.Error("the truth is not sorted")
	}
}

// The document writer gives JSON that says what was put in, whatever text that is.
func TestDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		d := &document{}
		d.begin()
		d.texts("list", []string{text, text})
		d.open("inner", '{')
		d.text("text", text)
		d.shut('}')
		raw := d.end()
		var got struct {
			List  []string
			Inner struct{ Text *string }
		}
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatalf("%v in %s", err, raw)
		}
		if len(got.List) != 2 || got.List[0] != text || (text == "") != (got.Inner.Text == nil) || text != "" && *got.Inner.Text != text {
			t.Fatalf("%q became %s", text, raw)
		}
	})
}

func TestPermutationVisitsEverybodyOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPermutation(rapid.Int64().Draw(t, "seed"), rapid.IntRange(1, 3000).Draw(t, "size"))
		seen := make([]bool, p.size)
		for i := range p.size {
			at := p.at(i)
			if seen[at] {
				t.Fatalf("%+v comes twice to %d", p, at)
			}
			seen[at] = true
		}
	})
}
