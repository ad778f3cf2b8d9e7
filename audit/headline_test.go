package audit_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// organisation has: P1 and U11, one person; P2 without a partner; P3 out of scope with U13; a room P4 with U14; a system account P5; a cloud-only member
// U15; a guest U16; a resource account U17; a contact.
func organisation(t *testing.T, coverage ...evidence.Coverage) *evidence.Snapshot {
	return snapshot(t, tables{
		evidence.ADUsers: {
			person(1, `"userPrincipalName":"p1@contoso.com"`), person(2, ""),
			`{"objectGUID":"$3","objectClass":["user"],"userAccountControl":512,"distinguishedName":"CN=P3,OU=Old,DC=contoso,DC=com","userPrincipalName":"p3@contoso.com"}`,
			person(4, `"msRTCSIP-OwnerUrn":"urn:device:roomsystem","userPrincipalName":"p4@contoso.com"`), person(5, `"sAMAccountName":"krbtgt"`),
		},
		evidence.ADContacts: {`{"objectGUID":"$6","objectClass":["contact"]}`},
		evidence.TenantUsers: {
			`{"id":"$11","userPrincipalName":"p1@contoso.com","onPremisesSyncEnabled":true}`, `{"id":"$13","userPrincipalName":"p3@contoso.com","onPremisesSyncEnabled":true}`,
			`{"id":"$14","userPrincipalName":"p4@contoso.com","onPremisesSyncEnabled":true}`, `{"id":"$15","userPrincipalName":"cloud@contoso.com"}`,
			`{"id":"$16","userPrincipalName":"x_fabrikam.com#EXT#@contoso.onmicrosoft.com"}`, `{"id":"$17","userPrincipalName":"queue@contoso.com","isResourceAccount":true}`,
		},
	}, coverage...)
}

// report is a rule of that severity that reports the subjects with these keys.
func report(id string, severity audit.Severity, keys ...string) *audit.Rule {
	return &audit.Rule{
		ID: id, Category: "sip", Severity: severity, Message: "found", Identity: []string{"n"},
		Check: audit.Once(func(p *audit.Pass) {
			for i, k := range keys {
				p.Report(audit.Finding{Subject: audit.Subject{Kind: "any", Key: guid(k)}, Args: []audit.Arg{audit.Num("n", i)}})
			}
		}),
	}
}

func unread(kind string) *audit.Rule {
	r := &audit.Rule{ID: "SIP-999", Severity: audit.High, Message: "found", Needs: []audit.Need{{Dataset: evidence.ADGroups}}}
	switch kind {
	case "ad":
		r.Check = audit.EachADUser(func(*audit.Pass, evidence.ADObject) {})
	case "pair":
		r.Check = audit.EachPair(func(*audit.Pass, evidence.ADObject, evidence.TenantUser) {})
	case "tenant":
		r.Check = audit.EachTenantUser(func(*audit.Pass, evidence.TenantUser) {})
	case "domain":
		r.Check = audit.EachDomain(func(*audit.Pass, evidence.Domain) {})
	}
	return r
}

func TestHeadline(t *testing.T) {
	medium := unread("ad")
	medium.Severity = audit.Medium
	broken := everybody("SIP-998")
	broken.Check = audit.EachTenantUser(func(*audit.Pass, evidence.TenantUser) { panic("x") })
	beside := unread("tenant")
	beside.Variants, beside.Needs = []audit.Variant{{Code: "G", Message: "g", Needs: beside.Needs, Beside: true}}, nil
	part := []audit.Need{{Dataset: evidence.ADGroups, Partly: []audit.Substitute{{Dataset: evidence.TenantUsers}}}}
	besidePart, withPart := unread("tenant"), unread("tenant")
	besidePart.Variants, besidePart.Needs = []audit.Variant{{Code: "G", Message: "g", Needs: part, Beside: true}}, nil
	withPart.Variants, withPart.Needs = []audit.Variant{{Code: "G", Message: "g", Needs: part}}, nil
	withVariant := unread("tenant")
	withVariant.Variants, withVariant.Needs = []audit.Variant{{Code: "G", Message: "g", Needs: withVariant.Needs}}, nil
	for name, c := range map[string]struct {
		rules []*audit.Rule
		want  string // people clear affected notAssessed share
	}{
		"a variant on groups not assessed":    {[]*audit.Rule{beside}, "3 3 0 0 1"},
		"a variant on groups read in part":    {[]*audit.Rule{besidePart}, "3 3 0 0 1"},
		"a variant on people read in part":    {[]*audit.Rule{withPart}, "3 0 0 3 -"},
		"a variant on people not assessed":    {[]*audit.Rule{withVariant}, "3 0 0 3 -"},
		"nothing wrong":                       {nil, "3 3 0 0 1"},
		"high on the AD half":                 {[]*audit.Rule{report("SIP-901", audit.High, "1")}, "3 2 1 0 0.6667"},
		"critical on the tenant half":         {[]*audit.Rule{report("LIC-901", audit.Critical, "11")}, "3 2 1 0 0.6667"},
		"both halves, one person":             {[]*audit.Rule{report("SIP-901", audit.High, "1"), report("LIC-901", audit.High, "11", "11")}, "3 2 1 0 0.6667"},
		"medium does not count":               {[]*audit.Rule{report("SIP-901", audit.Medium, "1", "2", "15")}, "3 3 0 0 1"},
		"others do not count":                 {[]*audit.Rule{report("SIP-901", audit.Critical, "3", "4", "5", "6", "13", "14", "16", "17")}, "3 3 0 0 1"},
		"everybody":                           {[]*audit.Rule{report("SIP-901", audit.High, "1", "2", "15")}, "3 0 3 0 0"},
		"a rule on AD users not assessed":     {[]*audit.Rule{unread("ad")}, "3 1 0 2 1"},
		"a rule on pairs not assessed":        {[]*audit.Rule{unread("pair")}, "3 1 0 2 1"},
		"a rule on everybody not assessed":    {[]*audit.Rule{unread("tenant")}, "3 0 0 3 -"},
		"a broken rule":                       {[]*audit.Rule{broken}, "3 0 0 3 -"},
		"a rule on domains not assessed":      {[]*audit.Rule{unread("domain")}, "3 3 0 0 1"},
		"a medium rule not assessed":          {[]*audit.Rule{medium}, "3 3 0 0 1"},
		"affected goes before not assessed":   {[]*audit.Rule{unread("tenant"), report("SIP-901", audit.High, "2")}, "3 0 1 2 0"},
		"severity of findings, not of rules":  {[]*audit.Rule{report("SIP-901", audit.Low, "2")}, "3 3 0 0 1"},
		"not assessed and affected elsewhere": {[]*audit.Rule{unread("ad"), report("SIP-901", audit.High, "1")}, "3 1 1 1 0.5"},
	} {
		s := organisation(t, evidence.Coverage{Dataset: evidence.ADGroups, State: evidence.Failed})
		r := run(t, s, audit.Options{Rules: c.rules, Scope: scope.Config{ExcludeOUs: []string{"OU=Old,DC=contoso,DC=com"}}})
		h := r.Headline
		share := "-"
		if h.Share != nil {
			share = fmt.Sprintf("%.4g", *h.Share)
		}
		if got := fmt.Sprint(h.People, h.Clear, h.Affected, h.NotAssessed, " ", share); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		if h.People != len(r.Persons) || h.People != h.Clear+h.Affected+h.NotAssessed {
			t.Errorf("%s: %+v does not add up for %d persons", name, h, len(r.Persons))
		}
	}
}

func TestPersons(t *testing.T) {
	rules := []*audit.Rule{report("SIP-901", audit.Low, "1", "2", "2"), report("LIC-901", audit.Critical, "11")}
	r := run(t, organisation(t), audit.Options{Rules: rules, Scope: scope.Config{SearchBases: []string{"ou=people,dc=contoso,dc=com"}}})
	var got []string
	for _, p := range r.Persons {
		got = append(got, fmt.Sprint(p.Key()[35:], " ad:", !p.AD.IsZero(), " tenant:", !p.Tenant.IsZero(), " ", p.Verdict, " ", p.Worst, " ", p.Open))
	}
	want := []string{"1 ad:true tenant:true affected critical 2", "2 ad:true tenant:false clear low 2", "5 ad:false tenant:true clear  0"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Every kind of check sees the objects that it is for, and no others.
func TestChecksSeeWhatTheyAreFor(t *testing.T) {
	var seen []string
	see := func(keys ...string) {
		for i, k := range keys {
			keys[i] = k[len(k)-2:]
		}
		seen = append(seen, fmt.Sprint(keys))
	}
	one := func(c audit.Check) *audit.Rule { return &audit.Rule{ID: "SIP-901", Severity: audit.Low, Check: c} }
	s := organisation(t)
	for name, c := range map[string]struct {
		rule *audit.Rule
		want []string
	}{
		"AD users": {one(audit.EachADUser(func(_ *audit.Pass, o evidence.ADObject) { see(o.GUID().String()) })), []string{"[01]", "[02]", "[04]"}},
		"AD objects": {
			one(audit.EachADObject(func(_ *audit.Pass, o evidence.ADObject) { see(o.GUID().String()) })), []string{"[01]", "[02]", "[04]", "[06]"},
		},
		"tenant users": {
			one(audit.EachTenantUser(func(_ *audit.Pass, u evidence.TenantUser) { see(u.ID().String()) })), []string{"[11]", "[14]", "[15]", "[16]", "[17]"},
		},
		"pairs": {
			one(audit.EachPair(func(_ *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
				see(o.GUID().String(), u.ID().String())
			})),
			[]string{"[01 11]", "[04 14]"},
		},
		"once": {one(audit.Once(func(*audit.Pass) { see("--") })), []string{"[--]"}},
	} {
		seen = nil
		r := run(t, s, audit.Options{Rules: []*audit.Rule{c.rule}, Workers: 1, Scope: scope.Config{ExcludeOUs: []string{"OU=Old,DC=contoso,DC=com"}}})
		slices.Sort(seen)
		if diff := cmp.Diff(c.want, seen); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if got := r.Outcomes[0].Checked; got != len(c.want) {
			t.Errorf("%s: %d checked, want %d", name, got, len(c.want))
		}
	}
	domains := snapshot(t, tables{evidence.TenantDomains: {`{"id":"a.example.com"}`, `{"id":"b.example.com"}`}, evidence.TenantSKUs: {`{"skuId":"$12"}`}})
	seen = nil
	run(t, domains, audit.Options{Workers: 1, Rules: []*audit.Rule{
		one(audit.EachDomain(func(_ *audit.Pass, d evidence.Domain) { see(d.ID()[:1] + "-") })),
		one(audit.EachSKU(func(_ *audit.Pass, k evidence.SKU) { see(k.ID().String()) })),
	}})
	if diff := cmp.Diff([]string{"[a-]", "[b-]", "[12]"}, seen); diff != "" {
		t.Errorf("domains and SKUs (-want +got):\n%s", diff)
	}
}
