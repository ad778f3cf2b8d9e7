package ad

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/entries"
	"hybridaudit/sources/lab"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

func TestCatchUp(t *testing.T) {
	const untouched = "contoso.com: 0 changed, 0 gone, 30 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over"
	for name, tt := range map[string]struct {
		change func(*estate)
		notes  string // on the users
		groups string // on the groups
	}{
		"nothing": {func(*estate) {}, untouched, ""},
		"changed": {func(e *estate) {
			e.of(userDN(3)).set(userDN(3), "displayName", "Renamed")
			e.of(userDN(4)).set(userDN(4), "proxyAddresses")
			e.of(emeaDN(1)).set(emeaDN(1), "mail", "else@contoso.com")
		}, "contoso.com: 2 changed, 0 gone, 28 carried over; emea.contoso.com: 1 changed, 0 gone, 11 carried over", ""},
		"added": {func(e *estate) {
			e.of(testBase).add(stranger(1, "OU=Other,"+testBase))
			e.of(emeaBase).add(stranger(2, "CN=Users,"+emeaBase))
		}, "contoso.com: 1 changed, 0 gone, 30 carried over; emea.contoso.com: 1 changed, 0 gone, 12 carried over", ""},
		"deleted": {func(e *estate) {
			e.drop(userDN(5))
			e.drop(userDN(6))
			e.drop(emeaDN(0))
		}, "contoso.com: 0 changed, 2 gone, 28 carried over; emea.contoso.com: 0 changed, 1 gone, 11 carried over", ""},
		"moved": {func(e *estate) { e.rename(userDN(7), "CN=Elsewhere,OU=Other,"+testBase) },
			"contoso.com: 1 changed, 0 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", ""},
		"container renamed": {func(e *estate) { e.rename("OU=Staff,"+testBase, "OU=People,"+testBase) }, untouched, ""},
		"moved to another domain": {func(e *estate) { e.rename(userDN(8), "CN=Emigrant,CN=Users,"+emeaBase) },
			"contoso.com: 0 changed, 1 gone, 29 carried over; emea.contoso.com: 1 changed, 0 gone, 12 carried over", ""},
		"moved to the first domain": {func(e *estate) { e.rename(emeaDN(2), "CN=Immigrant,OU=Staff,"+testBase) },
			"contoso.com: 1 changed, 0 gone, 30 carried over; emea.contoso.com: 0 changed, 1 gone, 11 carried over", ""},
		"group loses its mail": {func(e *estate) { e.of(testBase).set("CN=Sales,OU=Other,"+testBase, "mail") }, untouched,
			"contoso.com: 0 changed, 1 gone, 1 carried over"},
		"group gets mail": {func(e *estate) { e.of(testBase).set("CN=Silent,OU=Other,"+testBase, "mailNickname", "silent") }, untouched,
			"contoso.com: 1 changed, 0 gone, 2 carried over"},
		"user becomes a contact": {func(e *estate) {
			e.of(userDN(9)).set(userDN(9), "objectClass", "top", "person", "organizationalPerson", "contact")
		}, "contoso.com: 0 changed, 1 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", ""},
		"locked out, which leaves no trace": {func(e *estate) { e.of(userDN(1)).silently(userDN(1), "msDS-User-Account-Control-Computed", "16") }, untouched, ""},
		"enabled again": {func(e *estate) {
			e.of(userDN(1)).set(userDN(1), "userAccountControl", "514")
			e.of(userDN(1)).set(userDN(1), "userAccountControl", "512")
		}, "contoso.com: 1 changed, 0 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", ""},
		"member of a group": {func(e *estate) { e.of(testBase).set("CN=Sales,OU=Other,"+testBase, "member", userDN(2), userDN(3)) }, untouched,
			"contoso.com: 1 changed, 0 gone, 1 carried over"},
		"many groups": {func(e *estate) {
			groups := make([]string, 1600)
			for i := range groups {
				groups[i] = fmt.Sprintf("CN=Group %d,OU=Other,%s", i, testBase)
			}
			e.of(userDN(2)).silently(userDN(2), "memberOf", groups...)
		}, untouched, ""},
		"hidden, which leaves no trace": {func(e *estate) {
			e.rootFault = []ldaplab.Fault{{Kind: ldaplab.HiddenSubtree, Names: []string{userDN(4)}}}
		}, "contoso.com: 0 changed, 1 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", ""},
		"contact of an application": {func(e *estate) {
			e.of(testBase).set("CN=Dial-in,CN=Application Contacts,"+testRTC, "displayName", "Dial in")
			e.of(testBase).add(entry("CN=New,CN=Application Contacts,"+testRTC, "top,person,organizationalPerson,contact"))
		}, untouched, ""},
		"database set back and on": {func(e *estate) { // the counter does not show it
			e.of(userDN(1)).silently(userDN(1), "displayName", "Before")
			e.of(userDN(1)).silently(userDN(1), "whenChanged", "20260101000000.0Z")
		}, "contoso.com: 1 changed, 0 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEstate(30, 12)
			before := e.read(t, withMemberOf)
			tt.change(e)
			n := e.serve(t)
			full, err := collect(t, n.settings(withMemberOf))
			if err != nil {
				t.Fatal(err)
			}
			n.heard()
			got, err := collect(t, n.settings(withMemberOf, after(before)))
			if err != nil {
				t.Fatal(err)
			}
			sameEvidence(t, full, got)
			if notes := notesAbout(t, got, evidence.ADUsers); notes != tt.notes {
				t.Errorf("notes on users: %s", notes)
			}
			if notes := notesAbout(t, got, evidence.ADGroups); tt.groups != "" && !strings.HasPrefix(notes, tt.groups) {
				t.Errorf("notes on groups: %s", notes)
			}
			for _, r := range n.heard() {
				if slices.Contains(r.Attributes, "proxyAddresses") && r.Filter == entries.UserFilter {
					t.Errorf("all users were read with all attributes")
				}
			}
		})
	}
}

// Evidence that was itself caught up is as good as any other.
func TestCatchUpAgainAndAgain(t *testing.T) {
	e := newEstate(30, 12)
	s := e.read(t)
	for i := range 3 {
		e.of(userDN(i)).set(userDN(i), "department", "Else")
		e.drop(emeaDN(i))
		n := e.serve(t)
		full, err := collect(t, n.settings())
		if err != nil {
			t.Fatal(err)
		}
		if s, err = collect(t, n.settings(after(s))); err != nil {
			t.Fatal(err)
		}
		sameEvidence(t, full, s)
		want := fmt.Sprintf("contoso.com: 1 changed, 0 gone, 29 carried over; emea.contoso.com: 0 changed, 1 gone, %d carried over", 11-i)
		if notes := notesAbout(t, s, evidence.ADUsers); notes != want {
			t.Errorf("notes: %s", notes)
		}
	}
}

func TestCatchUpUnderOtherSettings(t *testing.T) {
	narrow := func(names ...string) func(*Config) { return func(c *Config) { c.Attributes = names } }
	bases := func(dns ...string) func(*Config) { return func(c *Config) { c.SearchBases = dns } }
	exclude := func(c *Config) { c.ExcludeOUs = []string{"OU=Other," + testBase} }
	filter := func(c *Config) { c.UserFilter = "(department=Department 3)" }
	nothing := func(*Config) {}
	for name, tt := range map[string]struct {
		then, now func(*Config)
		notes     string // beginning of those on the users
	}{
		"memberOf is new":      {nothing, withMemberOf, "contoso.com: 1 changed"},
		"memberOf is no more":  {withMemberOf, nothing, "contoso.com: 1 changed"},
		"fewer attributes":     {nothing, narrow("mail", "displayName", "manager", "whenChanged"), "contoso.com: 1 changed"},
		"another attribute":    {narrow("mail", "displayName", "manager", "sn"), narrow("mail", "displayName", "sn", "givenName"), "contoso.com: 1 changed"},
		"many more attributes": {narrow("mail"), nothing, "contoso.com: read in full: "},
		"a search base is new": {nothing, bases("OU=Staff," + testBase), "contoso.com: 1 changed, 0 gone, 29 carried over"},
		"a search base less":   {bases("OU=Staff," + testBase), nothing, "contoso.com: 1 changed"},
		"two search bases":     {nothing, bases("OU=Staff,"+testBase, "OU=Other,"+testBase), "OU=Other," + testBase + ": 0 changed"},
		"an exclusion is new":  {nothing, exclude, "contoso.com: 1 changed"},
		"an exclusion less":    {exclude, nothing, "contoso.com: 1 changed"},
		"a filter is new":      {nothing, filter, "contoso.com: 1 changed"},
		"a filter less":        {filter, nothing, "contoso.com: 27 changed, 0 gone, 3 carried over"},
		"counted first":        {nothing, func(c *Config) { c.CountFirst = true }, "contoso.com: 1 changed"},
		"one connection":       {nothing, func(c *Config) { c.Connections = 1 }, "contoso.com: 1 changed"},
		"fewer datasets":       {nothing, func(c *Config) { c.Datasets = []evidence.Dataset{evidence.ADUsers} }, "contoso.com: 1 changed"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEstate(30, 12)
			before := e.read(t, tt.then)
			e.of(userDN(3)).set(userDN(3), "mail", "new@contoso.com")
			n := e.serve(t)
			full, err := collect(t, n.settings(tt.now))
			if err != nil {
				t.Fatal(err)
			}
			got, err := collect(t, n.settings(tt.now, after(before)))
			if err != nil {
				t.Fatal(err)
			}
			sameEvidence(t, full, got)
			if notes := notesAbout(t, got, evidence.ADUsers); !strings.HasPrefix(notes, tt.notes) {
				t.Errorf("notes: %s", notes)
			}
		})
	}
}

func TestCatchUpFallsBack(t *testing.T) {
	refused := func(names ...string) []ldaplab.Fault {
		return []ldaplab.Fault{{Kind: ldaplab.RefusedAttributes, Names: names}}
	}
	for name, tt := range map[string]struct {
		before func(*estate) // what the earlier run finds
		change func(*estate)
		past   func(t *testing.T, s *evidence.Snapshot) *evidence.Snapshot
		notes  string // on the users
	}{
		"another database": {change: func(e *estate) { e.root.InvocationID = otherDatabase() },
			notes: "contoso.com: read in full: the domain controller's database was replaced since; emea.contoso.com: 0 changed, 0 gone, 12 carried over"},
		"another server": {change: func(e *estate) { e.sub.InvocationID, e.sub.DCHost = otherDatabase(), "dc22.emea.contoso.com" },
			notes: "contoso.com: 0 changed, 0 gone, 300 carried over; emea.contoso.com: read in full: the earlier evidence comes from another domain controller, dc21.emea.contoso.com"},
		"counter set back": {change: func(e *estate) { e.rootUSN = loadedUSN - 1 },
			notes: "contoso.com: read in full: the domain controller's counter of changes went back from 70000 to 69999: its database was set back; " +
				"emea.contoso.com: 0 changed, 0 gone, 12 carried over"},
		"no invocationId": {change: func(e *estate) { e.rootFault = refused("invocationId") },
			notes: "contoso.com: read in full: the server does not tell which database it has; emea.contoso.com: 0 changed, 0 gone, 12 carried over"},
		"no uSNChanged": {change: func(e *estate) { e.rootFault = refused("uSNChanged") },
			notes: "contoso.com: read in full: 300 objects do not show that they are as the earlier evidence has them; emea.contoso.com: 0 changed, 0 gone, 12 carried over"},
		"no invocationId then": {before: func(e *estate) { e.rootFault = refused("invocationId") }, change: func(e *estate) { e.rootFault = nil },
			notes: "contoso.com: read in full: the earlier evidence does not tell the state of the domain controller's database; emea.contoso.com: 0 changed, 0 gone, 12 carried over"},
		"rights lost": {change: func(e *estate) { e.rootFault = refused("displayName") },
			notes: "contoso.com: read in full: displayName of objects that did not change is not shown as it was then, so the account may now see other things; " +
				"emea.contoso.com: 0 changed, 0 gone, 12 carried over"},
		"rights gained": {before: func(e *estate) { e.rootFault = refused("department") }, change: func(e *estate) { e.rootFault = nil },
			notes: "contoso.com: read in full: department of objects that did not change is not shown as it was then, so the account may now see other things; " +
				"emea.contoso.com: 0 changed, 0 gone, 12 carried over"},
		"rights gained that were missed": {before: func(e *estate) { e.rootFault, e.subFault = refused("sAMAccountName"), refused("sAMAccountName") },
			change: func(e *estate) { e.rootFault, e.subFault = nil, nil },
			notes:  "contoso.com: 0 changed, 0 gone, 300 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over"},
		"more objects than then": {before: func(e *estate) {
			e.rootFault = []ldaplab.Fault{{Kind: ldaplab.HiddenSubtree, Names: []string{"OU=Staff," + testBase}}}
		},
			change: func(e *estate) { e.rootFault = nil },
			notes:  "contoso.com: read in full: 300 objects do not show that they are as the earlier evidence has them; emea.contoso.com: 0 changed, 0 gone, 12 carried over"},
		"incomplete then": {before: func(e *estate) {
			e.subFault = []ldaplab.Fault{{Kind: ldaplab.EndedEarly, Code: 4, Filter: "objectClass=user", Times: -1}}
		}, change: func(e *estate) { e.subFault = nil },
			notes: "contoso.com: read in full: the earlier evidence of this dataset is not complete; emea.contoso.com: read in full: the earlier evidence of this dataset is not complete"},
		"no schema": {change: func(e *estate) {
			hidden := ldaplab.Fault{Kind: ldaplab.HiddenSubtree, Names: []string{"CN=Schema," + testConfig}}
			e.rootFault, e.subFault = []ldaplab.Fault{hidden}, []ldaplab.Fault{hidden}
		}, notes: "contoso.com: read in full: the schema cannot be read; emea.contoso.com: read in full: the schema cannot be read"},
		"no syntaxes": {change: func(e *estate) {
			e.rootFault, e.subFault = refused("systemFlags", "attributeSyntax"), refused("systemFlags", "attributeSyntax")
		},
			notes: "contoso.com: read in full: the schema does not tell the kind of objectGUID; emea.contoso.com: read in full: the schema does not tell the kind of objectGUID"},
		"another forest's evidence": {past: func(*testing.T, *evidence.Snapshot) *evidence.Snapshot {
			return evidence.NewBuilder((&testClock{}).Now()).Seal()
		}, notes: "contoso.com: read in full: the earlier evidence does not hold this dataset of this forest; " +
			"emea.contoso.com: read in full: the earlier evidence does not hold this dataset of this forest"},
		"no servers": {past: func(_ *testing.T, s *evidence.Snapshot) *evidence.Snapshot {
			return s.Keep(func(d evidence.Dataset) bool { return d != evidence.ADServers })
		}, notes: "contoso.com: read in full: the earlier evidence does not tell which domain controller it comes from; " +
			"emea.contoso.com: read in full: the earlier evidence does not tell which domain controller it comes from"},
		"beside another forest's": {past: func(t *testing.T, s *evidence.Snapshot) *evidence.Snapshot {
			other := evidence.NewBuilder((&testClock{}).Now())
			row := other.Table(evidence.ADUsers).NewRow()
			row.SetGUID(0, otherDatabase())
			other.Cover(evidence.Coverage{Dataset: evidence.ADUsers, State: evidence.Partial, Rows: 1, Source: "fabrikam.com"})
			both, err := evidence.Merge(other.Seal(), s)
			if err != nil {
				t.Fatal(err)
			}
			return both
		}, notes: "contoso.com: 0 changed, 0 gone, 300 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEstate(300, 12)
			page := func(c *Config) { c.PageSize = 100 }
			if tt.before != nil {
				tt.before(e)
			}
			before := e.read(t, page)
			if tt.change != nil {
				tt.change(e)
			}
			if tt.past != nil {
				before = tt.past(t, before)
			}
			n := e.serve(t)
			settings := func(previous *evidence.Snapshot) Config {
				c := n.settings(page, after(previous))
				c.Servers[1] = "ldaps://" + e.sub.DCHost
				return c
			}
			full, err := collect(t, settings(nil))
			if err != nil {
				t.Fatal(err)
			}
			got, err := collect(t, settings(before))
			if err != nil {
				t.Fatal(err)
			}
			sameEvidence(t, full, got)
			if notes := notesAbout(t, got, evidence.ADUsers); notes != tt.notes {
				t.Errorf("notes: %s", notes)
			}
			if want, notes := referralsIn(t, full), referralsIn(t, got); notes != want || want == "" {
				t.Errorf("referrals: %q, want %q", notes, want)
			}
		})
	}
}

// referralsIn gives the note on referrals among those on the users.
func referralsIn(t testing.TB, s *evidence.Snapshot) string {
	t.Helper()
	for _, note := range coverage(t, s, evidence.ADUsers).Notes {
		if strings.Contains(note, "referral") {
			return note
		}
	}
	return ""
}

// Servers that were only looked at do not count, in whatever order the servers are known.
func TestCatchUpBesideServersThatWereNotNeeded(t *testing.T) {
	e := newEstate(30, 12)
	n := e.serve(t)
	other := e.sub
	other.DCHost, other.InvocationID = "dc22.emea.contoso.com", otherDatabase()
	n.serve(t, ldaplab.Options{Directory: other, Forest: []lab.Directory{e.root, other}})
	then := []string{"ldaps://dc01.contoso.com", "ldaps://dc21.emea.contoso.com", "ldaps://dc22.emea.contoso.com"}
	for name, now := range map[string][]string{"as then": then, "the other first": {then[0], then[2], then[1]}} {
		t.Run(name, func(t *testing.T) {
			before, err := collect(t, n.settings(func(c *Config) { c.Servers = then }))
			if err != nil {
				t.Fatal(err)
			}
			if servers := before.Rows(evidence.ADServers); servers != 3 {
				t.Fatalf("%d servers were seen", servers)
			}
			got, err := collect(t, n.settings(after(before), func(c *Config) { c.Servers = now }))
			if err != nil {
				t.Fatal(err)
			}
			if notes := notesAbout(t, got, evidence.ADUsers); notes != "contoso.com: 0 changed, 0 gone, 30 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over" {
				t.Errorf("notes: %s", notes)
			}
		})
	}
}

// The server of the earlier run is asked first, whatever the order of the configuration.
func TestCatchUpPrefersTheServerOfThen(t *testing.T) {
	e := newEstate(30, 12)
	n := e.serve(t)
	other := e.sub
	other.DCHost, other.InvocationID = "dc22.emea.contoso.com", otherDatabase()
	n.serve(t, ldaplab.Options{Directory: other, Forest: []lab.Directory{e.root, other}})
	before, err := collect(t, n.settings())
	if err != nil {
		t.Fatal(err)
	}
	got, err := collect(t, n.settings(after(before), func(c *Config) {
		c.Servers = []string{"ldaps://dc22.emea.contoso.com", "ldaps://dc21.emea.contoso.com", "ldaps://dc01.contoso.com"}
	}))
	if err != nil {
		t.Fatal(err)
	}
	if notes := notesAbout(t, got, evidence.ADUsers); notes != "contoso.com: 0 changed, 0 gone, 30 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over" {
		t.Errorf("notes: %s", notes)
	}
	// What two servers gave is not caught up with: nothing tells which of them gave a row.
	lost := e.copied()
	lost.subFault = []ldaplab.Fault{{Kind: ldaplab.CutConnection, Filter: "objectClass=user", Pages: 1, Times: -1}}
	n = lost.serve(t)
	n.serve(t, ldaplab.Options{Directory: other, Forest: []lab.Directory{e.root, other}})
	servers := func(c *Config) { c.Servers = append(c.Servers, "ldaps://dc22.emea.contoso.com") }
	mixed, err := collect(t, n.settings(servers))
	if err != nil {
		t.Fatal(err)
	}
	got, err = collect(t, e.serve(t).settings(after(mixed)))
	if err != nil {
		t.Fatal(err)
	}
	if notes := notesAbout(t, got, evidence.ADUsers); !strings.Contains(notes, "emea.contoso.com: read in full: the earlier evidence comes from more than one domain controller") {
		t.Errorf("notes: %s", notes)
	}
}
