package audit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// The fingerprints below were computed outside this program. Waivers and histories hold them: they never change.
func TestFingerprintIsStable(t *testing.T) {
	for _, c := range []struct {
		finding audit.Finding
		want    string
	}{
		{
			audit.Finding{
				Rule: &audit.Rule{ID: "SIP-002", Identity: []string{"sip"}}, Variant: "A", Subject: audit.Subject{Key: "3f2504e0-4f89-11d3-9a0c-0305e82c3301"},
				Args: []audit.Arg{audit.List("others", []string{"x"}), audit.Str("sip", "anna.kato@contoso.com")},
			},
			"34f8a7c0afd9ad3cdb4fb781e78eede0",
		},
		{
			audit.Finding{
				Rule: &audit.Rule{ID: "DQ-001", Identity: []string{"source", "attribute"}}, Subject: audit.Subject{Key: "ad.users"},
				Args: []audit.Arg{audit.Str("source", ""), audit.Str("attribute", "")},
			},
			"fe8760631f8e0721e16a5fcb138be7f8",
		},
		{
			audit.Finding{
				Rule: &audit.Rule{ID: "LIC-007", Identity: []string{"number", "time", "list", "absent"}}, Subject: audit.Subject{Key: "k"},
				Args: []audit.Arg{
					audit.Num("number", 7), audit.At("time", time.Date(2026, 11, 21, 13, 0, 0, 0, time.FixedZone("", 3600))), audit.List("list", []string{"a", "b"}),
				},
			},
			"2a365930b11db19f0fe0ea10195b1c2b",
		},
	} {
		if got := c.finding.Fingerprint(); got != c.want {
			t.Errorf("%s: %s, want %s", c.finding.Rule.ID, got, c.want)
		}
		other := c.finding
		other.Severity, other.Value, other.Related = audit.Info, "x", []audit.Subject{{Key: "y"}}
		if other.Fingerprint() != c.want {
			t.Errorf("%s: severity, value or related subjects enter the fingerprint", c.finding.Rule.ID)
		}
	}
}

// Lengths keep parts apart that would run together otherwise.
func TestFingerprintTellsApart(t *testing.T) {
	rule := &audit.Rule{ID: "SIP-901", Identity: []string{"a", "b"}}
	seen := map[string]string{}
	for _, f := range []audit.Finding{
		{Variant: "A", Args: []audit.Arg{audit.Str("a", "xy"), audit.Str("b", "z")}}, {Variant: "A", Args: []audit.Arg{audit.Str("a", "x"), audit.Str("b", "yz")}},
		{Variant: "A", Args: []audit.Arg{audit.Str("a", "xyz")}}, {Variant: "A", Args: []audit.Arg{audit.Str("b", "xyz")}}, {Variant: "B"}, {},
		{Subject: audit.Subject{Key: "A"}},
	} {
		f.Rule = rule
		if other, ok := seen[f.Fingerprint()]; ok {
			t.Errorf("%v has the fingerprint of %s", f.Args, other)
		}
		seen[f.Fingerprint()] = fmt.Sprint(f.Args)
	}
}

func TestSubjects(t *testing.T) {
	s := snapshot(t, tables{
		evidence.ADUsers: {
			`{"objectGUID":"$1","distinguishedName":"CN=Kato\\, Anna,DC=contoso,DC=com","sAMAccountName":"anna","displayName":"Anna Kato","userPrincipalName":"anna@contoso.com","forest":"contoso.com","department":"Sales"}`,
			`{"objectGUID":"$2","distinguishedName":"CN=Kato\\, Anna,DC=contoso,DC=com","sAMAccountName":"anna"}`,
			`{"objectGUID":"$3","distinguishedName":"CN=Kato\\, Anna,DC=contoso,DC=com"}`,
		},
		evidence.ADContacts:         {`{"objectGUID":"$4"}`},
		evidence.TenantUsers:        {`{"id":"$5","userPrincipalName":"wei@contoso.com"}`, `{"id":"$6","userPrincipalName":"eva@contoso.com","displayName":"Eva"}`},
		evidence.TenantOrganization: {`{"id":"$7","displayName":"Contoso"}`},
		evidence.TenantSKUs:         {`{"skuId":"$8","skuPartNumber":"ENTERPRISEPACK"}`},
	})
	var got []string
	show := func(x audit.Subject) {
		got = append(got, fmt.Sprintf("%s|%s|%s", x.Kind, x.Key[max(0, len(x.Key)-12):], x.Name))
	}
	for o := range s.ADObjects(evidence.ADUsers) {
		show(audit.ADSubject(o))
	}
	for o := range s.ADObjects(evidence.ADContacts) {
		show(audit.ADSubject(o))
	}
	for u := range s.TenantUsers() {
		show(audit.TenantSubject(u))
	}
	for o := range s.Organizations() {
		show(audit.TenantItself(o))
	}
	for k := range s.SKUs() {
		show(audit.SKUSubject(k))
	}
	show(audit.DomainSubject("München.Example.com"))
	show(audit.DatasetSubject(evidence.ADPools))
	want := []string{
		"ad.user|000000000001|Anna Kato", "ad.user|000000000002|anna", "ad.user|000000000003|Kato, Anna", "ad.contact|000000000004|",
		"tenant.user|000000000005|wei@contoso.com", "tenant.user|000000000006|Eva", "tenant|000000000007|Contoso", "sku|000000000008|ENTERPRISEPACK",
		"domain|.example.com|xn--mnchen-3ya.example.com", "dataset|ad.pools|ad.pools",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The holders of a conflict come with what decides between them, the tenant account included.
func TestConflictShowsBothSides(t *testing.T) {
	s := snapshot(t, tables{
		evidence.ADUsers: {
			person(1, `"mail":"anna@contoso.com","displayName":"Anna"`), person(2, `"mail":"anna@contoso.com","displayName":"Wei","userPrincipalName":"wei@contoso.com"`),
		},
		evidence.TenantUsers: {`{"id":"$3","userPrincipalName":"wei@contoso.com","onPremisesSyncEnabled":true}`},
	})
	rule := everybody("ADR-901")
	rule.Check = audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		other := p.Evidence.ADObjectAt(evidence.ADUsers, 1-o.Row())
		f := p.Conflict(o, []evidence.ADObject{other}, "mail")
		f.Args = []audit.Arg{audit.List("others", audit.Names(o, []evidence.ADObject{other}))}
		p.Report(f)
	})
	r := run(t, s, audit.Options{Rules: []*audit.Rule{rule}})
	f := r.Findings[0]
	user := []string{"top", "person", "user"}
	want := []audit.Fact{
		{Name: "userAccountControl", Values: []string{"512"}}, {Name: "objectClass", Values: user}, {Name: "mail", Values: []string{"anna@contoso.com"}},
		{Of: guid("2"), Name: "userAccountControl", Values: []string{"512"}}, {Of: guid("2"), Name: "objectClass", Values: user},
		{Of: guid("2"), Name: "mail", Values: []string{"anna@contoso.com"}}, {Of: guid("2"), Name: "tenantUser", Values: []string{"wei@contoso.com"}},
	}
	if diff := cmp.Diff(want, f.Evidence); diff != "" {
		t.Errorf("evidence (-want +got):\n%s", diff)
	}
	if len(f.Related) != 1 || f.Related[0].Key != guid("2") || fmt.Sprint(f.Arg("others")) != "[Wei]" {
		t.Errorf("related %v, args %v", f.Related, f.Args)
	}
}

func TestMarked(t *testing.T) {
	for _, c := range []struct {
		value    string
		position int
		want     string
	}{
		{"o'neil", 1, "o»'«neil"}, {"jörg", 1, "j»ö«rg"}, {"anna ", 4, "anna» «"}, {"'", 0, "»'«"}, {"anna", -1, "anna"}, {"anna", 4, "anna"}, {"", 0, ""},
		{"a\xffb", 1, "a»\xff«b"},
	} {
		if got := audit.Marked(c.value, address.Problem{Position: c.position}); got != c.want {
			t.Errorf("%q at %d: %q, want %q", c.value, c.position, got, c.want)
		}
	}
}

func TestSeverityAndStatusText(t *testing.T) {
	for _, s := range audit.Severities() {
		var back audit.Severity
		if text, err := s.MarshalText(); err != nil || back.UnmarshalText(text) != nil || back != s {
			t.Errorf("%v comes back as %v", s, back)
		}
	}
	for s := audit.Passed; s <= audit.Broken; s++ {
		var back audit.Status
		if text, err := s.MarshalText(); err != nil || back.UnmarshalText(text) != nil || back != s {
			t.Errorf("%v comes back as %v", s, back)
		}
	}
	for _, wrong := range []string{"", "High", "urgent"} {
		if _, err := audit.ParseSeverity(wrong); err == nil {
			t.Errorf("%q is taken for a severity", wrong)
		}
		if new(audit.Status).UnmarshalText([]byte(wrong)) == nil {
			t.Errorf("%q is taken for a status", wrong)
		}
	}
}
