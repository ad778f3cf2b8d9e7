package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/audit/text"
	"hybridaudit/reports/document"
	"hybridaudit/reports/jsonfile"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/file"
	"hybridaudit/sources/graph"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
)

func organisation(t testing.TB, o plant.Options) lab.Organisation {
	t.Helper()
	o.Now = time.Now().UTC().Truncate(time.Second)
	org, err := plant.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return org
}

// unplanted are the rules and variants that one organisation with one domain controller cannot show. Their case files show them.
func unplanted(rule, variant string) bool {
	return slices.Contains([]string{
		"TOP-008H", "TOP-008W", // two forests with pools
		"TIM-001A", "TIM-002O", // several domain controllers
		"DNS-011T", "NET-006W", // what only an administrator knows, a parameter of the rule
		"DQ-002",  // a global catalog
		"DOM-002", // a tenant without a domain of its own
	}, rule+variant)
}

// unplantedRule says that all of a rule is unplanted.
func unplantedRule(r *audit.Rule) bool {
	return (r.Message == "" || unplanted(r.ID, "")) &&
		!slices.ContainsFunc(r.Variants, func(v audit.Variant) bool { return v.Later == "" && !unplanted(r.ID, v.Code) })
}

// Each rule's faults alone cause its findings and what they are declared to cause besides, and nothing else: no finding rests on another rule's plants.
func TestEachRulePlantedAlone(t *testing.T) {
	for _, rule := range rules.All() {
		if unplantedRule(rule) {
			continue
		}
		t.Run(rule.ID, func(t *testing.T) {
			t.Parallel()
			org := organisation(t, plant.Options{People: 40, Seed: 4, Only: []string{rule.ID}, Variant: plant.VariantOf(rule.ID), NoNetwork: !looks(rule)})
			if !slices.ContainsFunc(org.Truth, func(e lab.Expected) bool { return e.RuleID == rule.ID }) {
				t.Error("nothing is planted for this rule")
			}
			var o audit.Options
			if !looks(rule) {
				o.LeftOut = []string{"network"}
			}
			assertTruth(t, run(t, collectLab(t, org, server.Options{NoNetwork: !looks(rule)}), o), org.Truth)
		})
	}
}

// looks says that a rule judges what is seen of the network, too.
func looks(r *audit.Rule) bool {
	datasets, _ := audit.Wanted([]*audit.Rule{r})
	return slices.ContainsFunc(datasets, evidence.Dataset.Network)
}

// Every variant of a rule that can be assessed is planted in one of the sample organisations.
func TestEveryVariantIsPlanted(t *testing.T) {
	planted := map[string]bool{}
	for _, v := range plant.Variants() {
		for _, e := range organisation(t, plant.Options{Seed: 1, Variant: v}).Truth {
			planted[e.RuleID+e.Variant] = true
		}
	}
	for _, r := range rules.All() {
		if r.Message != "" && planted[r.ID] == unplanted(r.ID, "") {
			t.Errorf("%s: planted %t", r.ID, planted[r.ID])
		}
		for _, v := range r.Variants {
			if v.Later == "" && planted[r.ID+v.Code] == unplanted(r.ID, v.Code) {
				t.Errorf("variant %s of %s: planted %t", v.Code, r.ID, planted[r.ID+v.Code])
			}
		}
	}
}

func TestVariants(t *testing.T) {
	for _, variant := range plant.Variants() {
		t.Run(variant, func(t *testing.T) {
			org := organisation(t, plant.Options{Seed: 5, Variant: variant})
			assertTruth(t, run(t, collectLab(t, org, server.Options{}), audit.Options{}), org.Truth)
		})
		t.Run(variant+" without faults", func(t *testing.T) {
			org := organisation(t, plant.Options{Seed: 6, Variant: variant, Only: []string{plant.NoFaults}})
			r := run(t, collectLab(t, org, server.Options{}), audit.Options{})
			assertTruth(t, r, org.Truth)
			for i := range r.Findings {
				if f := &r.Findings[i]; f.Severity > audit.Info && !slices.Contains(plant.Standing(), f.Rule.ID) {
					t.Errorf("%s%s is found on %s", f.Rule.ID, f.Variant, f.Subject.Key)
				}
			}
		})
	}
}

// What can be loaded into a real domain controller has a truth of its own, which holds in the lab as well.
func TestLoadableOrganisation(t *testing.T) {
	org := organisation(t, plant.Options{Seed: 7, Loadable: true})
	assertTruth(t, run(t, collectLab(t, org, server.Options{}), audit.Options{}), org.Truth)
}

func TestInnocentObjectsAddNoFinding(t *testing.T) {
	org := organisation(t, plant.Options{Seed: 8})
	before := len(org.Directory.Entries)
	addInnocents(t, &org)
	s := collectLab(t, org, server.Options{})
	assertTruth(t, run(t, s, audit.Options{}), org.Truth)
	names := map[string]bool{}
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
		for o := range s.ADObjects(d) {
			names[o.DisplayName()] = true
		}
	}
	if !names["Ina Innocent"] || !names["Connie Contact"] || !names["Innocents"] || len(org.Directory.Entries) != before+3 {
		t.Error("the innocent objects were not read")
	}
}

// addInnocents adds a synchronised person, a contact and a mail-enabled group on both sides where they belong, and a user of the tenant alone.
func addInnocents(t *testing.T, org *lab.Organisation) {
	t.Helper()
	guid := func(n byte) directory.GUID { return directory.GUID{0xee, 15: n} }
	entry := func(n byte, cn, class, category string, more ...lab.Attribute) {
		raw := guid(n)
		dn := "CN=" + cn + ",OU=London,DC=contoso,DC=com"
		of := func(name string, values ...string) lab.Attribute {
			a := lab.Attribute{Name: name}
			for _, v := range values {
				a.Values = append(a.Values, []byte(v))
			}
			return a
		}
		classes := []string{"top", "person", "organizationalPerson", class}
		if class == "group" {
			classes = []string{"top", "group"}
		}
		e := lab.Entry{DN: dn, Attributes: append([]lab.Attribute{
			of("objectClass", classes...), of("cn", cn), of("distinguishedName", dn), of("displayName", cn), of("name", cn), of("objectGUID", string(raw[:])),
			of("objectCategory", "CN="+category+",CN=Schema,CN=Configuration,DC=contoso,DC=com"), of("whenCreated", "20240101080000.0Z"), of("whenChanged", "20240601080000.0Z"),
		}, more...)}
		org.Directory.Entries = append(org.Directory.Entries, e)
	}
	text := func(name string, values ...string) lab.Attribute {
		a := lab.Attribute{Name: name}
		for _, v := range values {
			a.Values = append(a.Values, []byte(v))
		}
		return a
	}
	sid := func(rid uint32) lab.Attribute {
		b, err := directory.ParseSID(fmt.Sprintf("S-1-5-21-296993608-909846073-478454972-%d", rid))
		if err != nil {
			t.Fatal(err)
		}
		return lab.Attribute{Name: "objectSid", Values: [][]byte{b}}
	}
	entry(1, "Ina Innocent", "user", "Person", sid(990001), text("sAMAccountName", "ina.innocent"), text("userAccountControl", "512"),
		text("msDS-User-Account-Control-Computed", "0"), text("accountExpires", "9223372036854775807"), text("pwdLastSet", "134346673660000000"),
		text("userPrincipalName", "ina.innocent@contoso.com"), text("mail", "ina.innocent@contoso.com"), text("mailNickname", "ina.innocent"),
		text("proxyAddresses", "SMTP:ina.innocent@contoso.com"), text("msExchRecipientTypeDetails", "1"))
	entry(2, "Connie Contact", "contact", "Person", text("mail", "connie@fabrikam.example"), text("mailNickname", "connie"), text("targetAddress", "SMTP:connie@fabrikam.example"),
		text("proxyAddresses", "SMTP:connie@fabrikam.example"))
	entry(3, "Innocents", "group", "Group", sid(990002), text("sAMAccountName", "innocents"), text("groupType", "-2147483640"), text("mail", "innocents@contoso.com"),
		text("mailNickname", "innocents"), text("proxyAddresses", "SMTP:innocents@contoso.com"))
	add := func(user map[string]any) {
		raw, err := json.Marshal(user)
		if err != nil {
			t.Fatal(err)
		}
		for i := range org.Tenant.Collections {
			if c := &org.Tenant.Collections[i]; c.Path == "users" {
				c.Objects = append(c.Objects, raw)
			}
		}
	}
	add(map[string]any{
		"id": guid(11).String(), "userPrincipalName": "ina.innocent@contoso.com", "displayName": "Ina Innocent", "mail": "ina.innocent@contoso.com", "accountEnabled": true,
		"userType": "Member", "usageLocation": "GB", "createdDateTime": "2024-01-01T08:00:00Z", "onPremisesSyncEnabled": true,
		"onPremisesImmutableId": guid(1).Base64(), "onPremisesUserPrincipalName": "ina.innocent@contoso.com", "onPremisesSamAccountName": "ina.innocent",
		"onPremisesSecurityIdentifier": "S-1-5-21-296993608-909846073-478454972-990001", "onPremisesLastSyncDateTime": "2024-06-01T08:30:00Z", "onPremisesDomainName": "contoso.com",
		"onPremisesDistinguishedName": "CN=Ina Innocent,OU=London,DC=contoso,DC=com", "proxyAddresses": []string{"SMTP:ina.innocent@contoso.com"},
	})
	add(map[string]any{
		"id": guid(12).String(), "userPrincipalName": "carla.cloud@contoso.com", "displayName": "Cloud Only", "mail": nil, "accountEnabled": true, "userType": "Member",
		"createdDateTime": "2024-01-01T08:00:00Z", "proxyAddresses": []string{},
	})
}

// The comparison with the truth must notice a rule that does not do its duty.
func TestBrokenRuleIsNoticed(t *testing.T) {
	breakages := map[string]func(findings []audit.Finding, innocent audit.Subject) []audit.Finding{
		"silent":           func([]audit.Finding, audit.Subject) []audit.Finding { return nil },
		"loses one":        func(f []audit.Finding, _ audit.Subject) []audit.Finding { return f[1:] },
		"reports one more": func(f []audit.Finding, s audit.Subject) []audit.Finding { return append(f, withSubject(f[0], s)) },
		"reports twice":    func(f []audit.Finding, _ audit.Subject) []audit.Finding { return append(f, f[len(f)-1]) },
		"on somebody else": func(f []audit.Finding, s audit.Subject) []audit.Finding { f[0] = withSubject(f[0], s); return f },
		"as another variant": func(f []audit.Finding, _ audit.Subject) []audit.Finding {
			f[0].Variant += "?"
			return f
		},
	}
	for _, variant := range plant.Variants() {
		org := organisation(t, plant.Options{Seed: 9, Variant: variant, Only: of(variant)})
		s := collectLab(t, org, server.Options{})
		whole := run(t, s, audit.Options{})
		innocent := bystander(t, s, org.Truth)
		for _, rule := range rules.All() {
			if plant.VariantOf(rule.ID) != variant || unplantedRule(rule) {
				continue
			}
			want := slices.DeleteFunc(slices.Clone(org.Truth), func(e lab.Expected) bool { return e.RuleID != rule.ID })
			honest := slices.DeleteFunc(slices.Clone(whole.Findings), func(f audit.Finding) bool { return f.Rule != rule })
			if len(honest) == 0 {
				t.Errorf("%s finds nothing", rule.ID)
				continue
			}
			if d := differences(want, found(judgedBy(t, s, rule, honest))); len(d) > 0 {
				t.Errorf("%s, reporting what it should: %s", rule.ID, strings.Join(d, "; "))
			}
			for name, breakage := range breakages {
				r := judgedBy(t, s, rule, breakage(slices.Clone(honest), innocent))
				if len(differences(want, found(r))) == 0 {
					t.Errorf("nobody notices that %s is broken: %s", rule.ID, name)
				}
			}
		}
	}
}

// of names the rules that are planted in an organisation of a variant: all in the default one.
func of(variant string) []string {
	if variant == plant.Default {
		return nil
	}
	var ids []string
	for _, r := range rules.All() {
		if plant.VariantOf(r.ID) == variant {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

func withSubject(f audit.Finding, s audit.Subject) audit.Finding {
	f.Subject = s
	return f
}

// judgedBy runs a stand-in of the rule that reports these findings.
func judgedBy(t *testing.T, s *evidence.Snapshot, rule *audit.Rule, findings []audit.Finding) *audit.Result {
	t.Helper()
	standIn := *rule
	standIn.Check = audit.Once(func(p *audit.Pass) {
		for _, f := range findings {
			p.Report(f)
		}
	})
	return run(t, s, audit.Options{Rules: []*audit.Rule{&standIn}})
}

// bystander is a directory user about whom nothing must be found.
func bystander(t *testing.T, s *evidence.Snapshot, truth []lab.Expected) audit.Subject {
	t.Helper()
	for o := range s.ADObjects(evidence.ADUsers) {
		if subject := audit.ADSubject(o); !slices.ContainsFunc(truth, func(e lab.Expected) bool { return e.Key == subject.Key }) {
			return subject
		}
	}
	t.Fatal("everybody has a finding")
	return audit.Subject{}
}

// findingsJSON is what findings.json would hold.
func findingsJSON(t *testing.T, r *audit.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := jsonfile.Write(&b, documentOf(t, r)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func documentOf(t *testing.T, r *audit.Result) *document.Document {
	t.Helper()
	words, err := text.English()
	if err != nil {
		t.Fatal(err)
	}
	return document.New(r, document.Meta{Tool: "hybridaudit", Version: "test", Lang: words.Lang, Words: words, Made: r.Evidence.Taken()})
}

// saved writes evidence into a file and reads it again.
func saved(t *testing.T, s *evidence.Snapshot) *evidence.Snapshot {
	t.Helper()
	var b bytes.Buffer
	if err := file.Write(&b, s, file.Options{Tool: "hybridaudit test"}); err != nil {
		t.Fatal(err)
	}
	loaded, err := file.Read(bytes.NewReader(b.Bytes()), int64(b.Len()), nil, file.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

// Evidence that travelled gives what the sources themselves gave, whether it travelled as one file or as several that are joined in any order.
func TestEvidenceFileGivesTheSameFindings(t *testing.T) {
	org := organisation(t, plant.Options{Seed: 10, Alone: true, NoExports: true})
	running, err := server.Start(t.Context(), org, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ad, tenant := collectAD(t, running), collectTenant(t, running, func(c *graph.Config) { c.Beta, c.SignIns = true, true })
	seen := labView(t, running.Network, org.Network).look(t, ad, tenant)
	if err := running.Stop(); err != nil {
		t.Fatal(err)
	}
	join := func(parts ...*evidence.Snapshot) *evidence.Snapshot {
		merged, err := evidence.Merge(parts...)
		if err != nil {
			t.Fatal(err)
		}
		return merged
	}
	network := join(seen...)
	live := run(t, join(ad, tenant, network), audit.Options{})
	assertTruth(t, live, org.Truth)
	want := findingsJSON(t, live)
	for name, s := range map[string]*evidence.Snapshot{
		"one file": saved(t, join(ad, tenant, network)), "three files": join(saved(t, ad), saved(t, tenant), saved(t, network)),
		"three files, the other way round": join(saved(t, network), saved(t, tenant), saved(t, ad)),
	} {
		if diff := cmp.Diff(want, findingsJSON(t, run(t, s, audit.Options{}))); diff != "" {
			t.Errorf("%s (-live +loaded):\n%.3000s", name, diff)
		}
	}
}

// The organisation is large enough for several shards of each rule.
func TestWorkersGiveTheSameFindings(t *testing.T) {
	s := collectLab(t, organisation(t, plant.Options{People: 4500, Seed: 11}), server.Options{})
	one := findingsJSON(t, run(t, s, audit.Options{Workers: 1}))
	for range 3 {
		if many := findingsJSON(t, run(t, s, audit.Options{Workers: 8})); many != one {
			t.Errorf("8 workers (-1 worker +8 workers):\n%.3000s", cmp.Diff(one, many))
		}
	}
}
