package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
)

const (
	contosoForest  = "contoso.com"
	fabrikamForest = "fabrikam.com"
)

// clash is a value that a person of contoso.com and one of fabrikam.com hold, and the rule that must find it on both. The people are named by their
// sAMAccountName.
type clash struct{ rule, value, contoso, fabrikam string }

// clashes is how many values the two forests share.
const clashes = 40

// fabrikam makes a second forest beside an organisation: a company that was bought, with domains, addresses and numbers of its own, and without faults (its
// truth is what is said about any forest). Then some of its people get a value each of somebody in contoso.com; neither of them is at fault in anything else.
// There is no tenant.
func fabrikam(t *testing.T, contoso lab.Organisation) (lab.Organisation, []clash) {
	t.Helper()
	org, err := plant.New(plant.Options{People: 400, Seed: 9, Only: []string{plant.NoFaults}, Loadable: true, NoNetwork: true, Now: lately()})
	if err != nil {
		t.Fatal(err)
	}
	d := &org.Directory
	d.ForestName, d.NetBIOSName, d.DCHost, d.BaseDN = fabrikamForest, "FABRIKAM", "dc1.fabrikam.com", inFabrikam(d.BaseDN)
	for i, e := range d.Entries {
		d.Entries[i] = bought(e)
	}
	for i := range org.Truth {
		if org.Truth[i].Key == contosoForest {
			org.Truth[i].Key = fabrikamForest
		}
	}
	first, second := innocent(t, contoso.Directory, "@contoso.com", contoso.Truth), innocent(t, *d, "", nil)
	if len(first) < clashes || len(second) < clashes {
		t.Fatalf("%d and %d people are not at fault", len(first), len(second))
	}
	var all []clash
	for i := range clashes {
		theirs, ours := contoso.Directory.Entries[first[i*len(first)/clashes]], &d.Entries[second[i*len(second)/clashes]]
		c := clash{contoso: value(theirs, "sAMAccountName"), fabrikam: value(*ours, "sAMAccountName")}
		switch i % 4 {
		case 0:
			c.rule, c.value = "SIP-001", strings.TrimPrefix(strings.ToLower(value(theirs, "msRTCSIP-PrimaryUserAddress")), "sip:")
			set(ours, "msRTCSIP-PrimaryUserAddress", "sip:"+c.value)
			set(ours, "proxyAddresses", append(proxies(*ours, "sip:", false), "sip:"+c.value)...)
		case 1:
			c.rule, c.value = "ADR-001", strings.ToLower(value(theirs, "mail"))
			set(ours, "proxyAddresses", append(proxies(*ours, "", true), "smtp:"+c.value)...)
		case 2:
			c.rule, c.value = "ADR-002", strings.ToLower(value(theirs, "userPrincipalName"))
			set(ours, "userPrincipalName", c.value)
		case 3:
			c.rule, c.value = "VOI-002", strings.TrimPrefix(value(theirs, "msRTCSIP-Line"), "tel:")
			set(ours, "msRTCSIP-Line", "tel:"+c.value)
		}
		all = append(all, c)
	}
	return org, all
}

// lately is the same time for a fortnight, as the scripts count it, so that a database that was loaded can be used again.
func lately() time.Time {
	const fortnight = 14 * 24 * 60 * 60
	return time.Unix(time.Now().Unix()/fortnight*fortnight, 0).UTC()
}

// inFabrikam gives the names and numbers of the second company instead of those of the first.
func inFabrikam(s string) string {
	return strings.NewReplacer(
		"DC=contoso,DC=com", "DC=fabrikam,DC=com", "dc=contoso,dc=com", "dc=fabrikam,dc=com", "contoso", "wingtiptoys", "Contoso", "Wingtiptoys", "CONTOSO", "WINGTIPTOYS",
		"fabrikam", "tailspintoys", "Fabrikam", "Tailspintoys", "adventure-works", "graphicdesigninstitute", "proseware", "lucernepublishing", "+81", "+82", "+44", "+49",
	).Replace(s)
}

// bought gives an entry the names of the second company, and an alias that nobody has in the first.
func bought(e lab.Entry) lab.Entry {
	renamed := lab.Entry{DN: inFabrikam(e.DN), Attributes: slices.Clone(e.Attributes)}
	for i, a := range e.Attributes {
		renamed.Attributes[i].Values = make([][]byte, len(a.Values))
		for j, v := range a.Values {
			if utf8.Valid(v) {
				v = []byte(inFabrikam(string(v)))
			}
			renamed.Attributes[i].Values[j] = v
		}
	}
	if alias := value(renamed, "mailNickname"); alias != "" {
		set(&renamed, "mailNickname", alias+"-wt")
	}
	return renamed
}

// innocent gives the positions of people with a mailbox in a domain, a SIP account and a number about whom no finding is declared.
func innocent(t *testing.T, d lab.Directory, domain string, truth []lab.Expected) []int {
	t.Helper()
	guilty := map[string]bool{}
	for _, e := range truth {
		guilty[e.Key] = true
	}
	var found []int
	for i, e := range d.Entries {
		if value(e, "msRTCSIP-UserEnabled") != "TRUE" || value(e, "userAccountControl") != "512" || !strings.HasSuffix(value(e, "mail"), domain) || len(e.Values("msRTCSIP-OriginatorSid")) > 0 ||
			!strings.HasPrefix(value(e, "msRTCSIP-Line"), "tel:+") || strings.ContainsAny(value(e, "msRTCSIP-Line"), "; ") {
			continue
		}
		g, err := directory.GUIDFromBytes(e.Values("objectGUID")[0])
		if err != nil {
			t.Fatal(err)
		}
		if !guilty[g.String()] {
			found = append(found, i)
		}
	}
	return found
}

// value is the only value of an attribute as text, "" when it has none or several.
func value(e lab.Entry, name string) string {
	if v := e.Values(name); len(v) == 1 {
		return string(v[0])
	}
	return ""
}

// set replaces an attribute's values; without any the attribute goes.
func set(e *lab.Entry, name string, values ...string) {
	e.Attributes = slices.DeleteFunc(slices.Clone(e.Attributes), func(a lab.Attribute) bool { return a.Name == name })
	if len(values) == 0 {
		return
	}
	a := lab.Attribute{Name: name}
	for _, v := range values {
		a.Values = append(a.Values, []byte(v))
	}
	e.Attributes = append(e.Attributes, a)
}

// proxies lists the values of proxyAddresses with the prefix, or those without it.
func proxies(e lab.Entry, prefix string, with bool) []string {
	var all []string
	for _, v := range e.Values("proxyAddresses") {
		if strings.HasPrefix(strings.ToLower(string(v)), prefix) == with {
			all = append(all, string(v))
		}
	}
	return all
}

// accounts maps the sAMAccountNames of a forest's users to the keys that findings on them have.
func accounts(s *evidence.Snapshot, forest string) map[string]string {
	keys := map[string]string{}
	for o := range s.ADObjects(evidence.ADUsers) {
		if o.Forest() == forest {
			keys[o.SAMAccountName()] = o.GUID().String()
		}
	}
	return keys
}

// expected are the findings that the clashes must cause, on both owners.
func expected(all []clash, contoso, fabrikam map[string]string) []lab.Expected {
	var want []lab.Expected
	for _, c := range all {
		want = append(want, lab.Expected{RuleID: c.rule, Key: contoso[c.contoso]}, lab.Expected{RuleID: c.rule, Key: fabrikam[c.fabrikam]})
	}
	return append(want,
		lab.Expected{RuleID: "SIP-008", Key: contosoForest}, // the domain of the shared SIP addresses is none of fabrikam.com's
		lab.Expected{RuleID: "TOP-008", Variant: "H", Key: contosoForest}, lab.Expected{RuleID: "TOP-008", Variant: "H", Key: fabrikamForest},
	)
}

// What the second forest is said to cause is true: nothing alone, and beside the first one a finding on each owner of a shared value.
func TestSecondForest(t *testing.T) {
	contoso := organisation(t, plant.Options{People: 2000, Seed: 4, Loadable: true, NoNetwork: true})
	second, shared := fabrikam(t, contoso)
	read := func(org lab.Organisation) *evidence.Snapshot {
		running, err := server.Start(t.Context(), org, server.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := running.Stop(); err != nil {
				t.Error(err)
			}
		}()
		return collectAD(t, running)
	}
	first, other := read(contoso), read(second)
	both, err := evidence.Merge(first, other)
	if err != nil {
		t.Fatal(err)
	}
	together := run(t, both, audit.Options{})
	want := slices.DeleteFunc(second.Truth, func(e lab.Expected) bool {
		return slices.ContainsFunc(together.Outcomes, func(o audit.Outcome) bool { return o.Rule.ID == e.RuleID && o.Status == audit.NotAssessed })
	})
	want = slices.Concat(found(run(t, first, audit.Options{})), want, expected(shared, accounts(both, contosoForest), accounts(both, fabrikamForest)))
	for _, l := range differences(want, found(together)) {
		t.Error(l)
	}
}
