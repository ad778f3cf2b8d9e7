package ad

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

// cannot is the way where the quick one is closed.
func cannot(reason string) string { return "the list of all objects because " + reason }

func TestCatchUpByTombstones(t *testing.T) {
	const (
		untouched = "contoso.com: 0 changed, 0 gone, 30 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over"
		quick     = "tombstones; tombstones"
		staff     = "OU=Staff," + testBase
		day       = 24 * time.Hour
	)
	hide := func(dns ...string) []ldaplab.Fault { return []ldaplab.Fault{{Kind: ldaplab.HiddenSubtree, Names: dns}} }
	refuse := func(names ...string) []ldaplab.Fault {
		return []ldaplab.Fault{{Kind: ldaplab.RefusedAttributes, Names: names}}
	}
	root := func(f func(h half)) func(*estate) { return func(e *estate) { f(e.of(testBase)) } }
	nothing := func(*estate) {}
	for name, tt := range map[string]struct {
		before, change func(*estate)
		settings       func(*Config)
		notes, way     string // of the users
		groups         string // the way of the groups, when it matters
	}{
		"nothing": {change: nothing, notes: untouched, way: quick, groups: quick},
		"changed and deleted": {change: func(e *estate) {
			e.of(userDN(3)).set(userDN(3), "displayName", "Renamed")
			e.drop(userDN(5)) // whom user 4 names
			e.drop(emeaDN(0))
		}, notes: "contoso.com: 1 changed, 1 read again, 1 gone, 27 carried over; emea.contoso.com: 0 changed, 1 gone, 11 carried over", way: quick},
		"moved": {change: func(e *estate) { e.rename(userDN(7), "CN=Elsewhere,OU=Other,"+testBase) },
			notes: "contoso.com: 1 changed, 1 read again, 0 gone, 28 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", way: quick},
		"unit renamed": {change: func(e *estate) { e.rename(staff, "OU=People,"+testBase) }, notes: untouched,
			way: cannot("OU=People," + testBase + " was renamed, moved or restored; tombstones")},
		"unit described": {change: root(func(h half) { h.set(staff, "description", "of all") }), notes: untouched, way: quick},
		"unit opened": {change: root(func(h half) { h.set(staff, "description", "of all"); h.note(staff, attributeRights) }), notes: untouched,
			way: cannot("the rights on " + staff + " changed; tombstones")},
		"unit without metadata": {change: root(func(h half) { h.set(staff, "replPropertyMetaData") }), notes: untouched,
			way: cannot("nothing tells whether " + staff + " was renamed; tombstones")},
		"hidden, which leaves no trace": {change: func(e *estate) { e.rootFault = hide(userDN(4)) },
			notes: "contoso.com: 0 changed, 1 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over",
			way:   cannot("objects that should be there cannot be seen; tombstones")},
		"seen, which leaves no trace": {before: func(e *estate) { e.rootFault = hide(userDN(4)) }, change: func(e *estate) { e.rootFault = nil },
			notes: "contoso.com: 1 changed, 0 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over",
			way:   cannot("objects can be seen that could not be seen then; tombstones")},
		"database set back and on": {change: root(func(h half) {
			h.silently(userDN(1), "displayName", "Before")
			h.silently(userDN(1), "whenChanged", "20260101000000.0Z")
		}), notes: "contoso.com: 1 changed, 0 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over",
			way: cannot("an object changed without a number; tombstones")},
		"numbers of then": {change: root(func(h half) {
			h.silently("OU=Other,"+testBase, "whenChanged", "20261121120000.0Z")
		}), notes: untouched, way: cannot("changes of now have numbers of then, as after a database was set back; tombstones")},
		"group loses its mail": {change: root(func(h half) { h.set("CN=Sales,OU=Other,"+testBase, "mail") }), notes: untouched, way: quick, groups: quick},
		"user becomes a contact": {change: root(func(h half) { h.set(userDN(9), "objectClass", "top", "person", "organizationalPerson", "contact") }),
			notes: "contoso.com: 0 changed, 1 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", way: quick},
		"moved to another domain": {change: func(e *estate) { e.rename(userDN(8), "CN=Emigrant,CN=Users,"+emeaBase) },
			notes: "contoso.com: 0 changed, 1 gone, 29 carried over; emea.contoso.com: 1 changed, 0 gone, 12 carried over",
			way:   cannot("objects may have gone to another domain, or come from it; tombstones")},
		"restored": {before: func(e *estate) { e.drop(userDN(2)) }, change: func(e *estate) { e.restore(0) },
			notes: "contoso.com: 1 changed, 0 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", way: quick},
		"deleted and restored": {change: func(e *estate) { e.drop(userDN(2)); e.restore(0) },
			notes: "contoso.com: 1 changed, 1 read again, 0 gone, 28 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", way: quick},
		"deleted and restored, which the filter keeps out": {settings: func(c *Config) { c.UserFilter = "(!(department=Department 3))" },
			change: func(e *estate) { e.drop(userDN(3)); e.restore(0) },
			notes:  "contoso.com: 0 changed, 1 read again, 0 gone, 25 carried over; emea.contoso.com: 0 changed, 0 gone, 10 carried over", way: quick},
		"purged": {change: func(e *estate) {
			e.drop(userDN(2))
			h := e.of(testBase)
			h.d.Entries[len(h.d.Entries)-1].Attributes = append(h.d.Entries[len(h.d.Entries)-1].Attributes, values("isRecycled", "TRUE"))
		}, notes: "contoso.com: 0 changed, 1 read again, 1 gone, 28 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", way: quick},
		"recycle bin of several domains": {before: func(e *estate) { e.recycling() }, change: nothing, notes: untouched,
			way: cannot("objects of other domains may have been restored from the recycle bin; " + cannot("objects of other domains may have been restored from the recycle bin"))},
		"deleted computer was somebody's manager": {before: func(e *estate) {
			pc := entry("CN=PC,OU=Other,"+testBase, "top,person,organizationalPerson,user,computer", "objectCategory", "CN=Computer,CN=Schema,"+testConfig, "uSNCreated", "60000")
			e.of(testBase).d.Entries = append(e.of(testBase).d.Entries, pc)
			e.of(testBase).remember(pc.DN, attributeName, 60_000)
			e.of(testBase).silently(userDN(1), "manager", pc.DN)
		}, change: func(e *estate) { e.drop("CN=PC,OU=Other," + testBase) },
			notes: "contoso.com: 0 changed, 1 read again, 0 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", way: quick},
		"pool gone": {before: root(func(h half) { h.silently(userDN(1), "homeMDB", "CN=pool01,CN=Pools,"+testRTC) }), change: func(e *estate) {
			e.drop("CN=pool01,CN=Pools," + testRTC)
			e.of(testBase).silently(userDN(1), "homeMDB")
		}, notes: "contoso.com: 0 changed, 1 read again, 0 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", way: quick},
		"pool made anew": {before: root(func(h half) { h.silently(userDN(1), "homeMDB", "CN=pool01,CN=Pools,"+testRTC) }), change: func(e *estate) {
			pool := "CN=pool01,CN=Pools," + testRTC
			h := e.of(testBase)
			one := h.d.Entries[h.at(pool)]
			e.drop(pool)
			replace(&one, "objectGUID", "0123456789abcdef")
			h.add(one)
			h.silently(userDN(1), "homeMDB")
		}, notes: "contoso.com: 0 changed, 1 read again, 0 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", way: quick},
		"pools renamed": {before: root(func(h half) { h.silently(userDN(1), "homeMDB", "CN=pool01,CN=Pools,"+testRTC) }), change: func(e *estate) {
			e.rename("CN=Pools,"+testRTC, "CN=All pools,"+testRTC)
			e.of(testBase).silently(userDN(1), "homeMDB", "CN=pool01,CN=All pools,"+testRTC)
		}, notes: untouched, way: cannot("CN=All pools," + testRTC + " may have been renamed, moved or restored; tombstones")},
		"manager in another domain": {before: root(func(h half) { h.silently(userDN(1), "manager", emeaDN(1)) }),
			change: func(e *estate) { e.rename(emeaDN(1), "CN=Other name,CN=Users,"+emeaBase) },
			notes:  "contoso.com: 0 changed, 1 read again, 0 gone, 29 carried over; emea.contoso.com: 1 changed, 0 gone, 11 carried over", way: quick},
		"a month later": {change: func(e *estate) { e.pass(30 * day) },
			notes: "contoso.com: 0 changed, 0 gone, 30 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", way: quick},
		"when passwords have expired": {change: func(e *estate) { e.pass(75 * day) },
			notes: "contoso.com: 0 changed, 28 read again, 0 gone, 2 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", way: quick},
		"locked out for a while": {before: func(e *estate) {
			e.of(testBase).silently(userDN(1), "lockoutTime", strconv.FormatInt(fileTime(e.now), 10))
			e.pass(time.Minute)
		}, change: func(e *estate) { e.pass(time.Hour) },
			notes: "contoso.com: 0 changed, 1 read again, 0 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", way: quick},
		"other password settings": {before: root(func(h half) {
			h.d.Entries = append(h.d.Entries, entry("CN=Strict,"+settingsIn+testBase, "top,msDS-PasswordSettings", "msDS-MaximumPasswordAge", strconv.FormatInt(-int64(20*day/100), 10)))
		}), change: nothing, notes: "contoso.com: 0 changed, 23 read again, 0 gone, 7 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over", way: quick},
		"hidden password settings": {before: root(func(h half) { h.silently(userDN(1), computedControl, "8388608") }), change: nothing, notes: untouched,
			way: cannot("a password did not expire as the policy that can be seen says; tombstones")},
		"no password policy": {before: root(func(h half) { h.silently(testBase, "maxPwdAge") }), change: nothing, notes: untouched,
			way: cannot("the domain's password policy cannot be read; tombstones"), groups: quick},
		"half a year later": {change: func(e *estate) { e.pass(keptDays * day) }, notes: untouched,
			way: cannot("the earlier evidence is older than deleted objects are kept, 180 days; " + cannot("the earlier evidence is older than deleted objects are kept, 180 days"))},
		"usual lifetime": {before: root(func(h half) {
			h.silently("CN=Directory Service,CN=Windows NT,CN=Services,"+testConfig, "tombstoneLifetime")
		}), change: func(e *estate) { e.pass(61 * day) }, notes: untouched,
			way: cannot("the earlier evidence is older than deleted objects are kept, 60 days; " + cannot("the earlier evidence is older than deleted objects are kept, 60 days"))},
		"short lifetime": {before: root(func(h half) {
			h.silently("CN=Directory Service,CN=Windows NT,CN=Services,"+testConfig, "msDS-DeletedObjectLifetime", "3")
		}), change: func(e *estate) { e.pass(3 * day) }, notes: untouched,
			way: cannot("the earlier evidence is older than deleted objects are kept, 3 days; " + cannot("the earlier evidence is older than deleted objects are kept, 3 days"))},
		"empty container": {change: func(e *estate) { e.rootFault = hide("CN=Old\\0ADEL:0," + deletedIn + testBase) }, notes: untouched,
			way: cannot("no deleted object can be seen; tombstones")},
		"container without rights": {change: func(e *estate) { e.rootFault = hide(deletedIn + testBase) }, notes: untouched,
			way: cannot("CN=Deleted Objects cannot be seen; tombstones")},
		"tombstones without attributes": {change: func(e *estate) { e.subFault = refuse("isDeleted") }, notes: untouched,
			way: cannot("no deleted object can be seen; tombstones")},
		"deleted objects refused": {change: func(e *estate) {
			e.rootFault = []ldaplab.Fault{{Kind: ldaplab.Refused, Filter: "isDeleted=TRUE", Code: 12, Times: -1}}
		}, notes: untouched, way: cannot("dc01.contoso.com:636: the server answered Unavailable Critical Extension (12); tombstones")},
		"memberOf": {settings: withMemberOf, change: nothing, notes: untouched,
			way: cannot("memberOf is read, which changes with other objects; " + cannot("memberOf is read, which changes with other objects"))},
		"filter that changes silently": {settings: func(c *Config) { c.UserFilter = "(!(manager=" + userDN(9) + "))" }, change: nothing,
			notes: "contoso.com: 0 changed, 0 gone, 29 carried over; emea.contoso.com: 0 changed, 0 gone, 12 carried over",
			way:   cannot("the filter asks for manager, which changes without a trace; " + cannot("the filter asks for manager, which changes without a trace"))},
	} {
		t.Run(name, func(t *testing.T) {
			e := newKeeper(30, 12)
			settings := []func(*Config){e.at}
			if tt.settings != nil {
				settings = append(settings, tt.settings)
			}
			if tt.before != nil {
				tt.before(e)
			}
			before := e.read(t, settings...)
			tt.change(e)
			settings = append(settings, e.at)
			n := e.serve(t)
			full, err := collect(t, n.settings(settings...))
			if err != nil {
				t.Fatal(err)
			}
			got, err := collect(t, n.settings(append(settings, after(before))...))
			if err != nil {
				t.Fatal(err)
			}
			sameEvidence(t, full, got)
			if notes := notesAbout(t, got, evidence.ADUsers); notes != tt.notes {
				t.Errorf("notes on users: %s", notes)
			}
			if way := wayOf(t, got, evidence.ADUsers); way != tt.way {
				t.Errorf("way of users: %s", way)
			}
			if way := wayOf(t, got, evidence.ADGroups); tt.groups != "" && way != tt.groups {
				t.Errorf("way of groups: %s", way)
			}
			if want, notes := referralsIn(t, full), referralsIn(t, got); notes != want {
				t.Errorf("referrals: %q, want %q", notes, want)
			}
		})
	}
}

// What other settings would read must be listed: numbers do not tell what was left out then.
func TestCatchUpByTombstonesUnderOtherSettings(t *testing.T) {
	const others = "search bases, exclusions or filter may have been others"
	for name, tt := range map[string]struct {
		then, now func(*Config)
		way       string
	}{
		"as then":           {func(c *Config) { c.UserFilter = "(mail=*)" }, func(c *Config) { c.UserFilter = "(mail=*)" }, "tombstones"},
		"filter":            {func(*Config) {}, func(c *Config) { c.UserFilter = "(mail=*)" }, cannot(others)},
		"filter no more":    {func(c *Config) { c.UserFilter = "(mail=*)" }, func(*Config) {}, cannot(others)},
		"exclusion":         {func(c *Config) { c.ExcludeOUs = []string{"OU=Other," + testBase} }, func(*Config) {}, cannot(others)},
		"base":              {func(*Config) {}, func(c *Config) { c.SearchBases = []string{"OU=Staff," + testBase} }, cannot(others)},
		"long filter":       {func(c *Config) { c.UserFilter = longFilter("a") }, func(c *Config) { c.UserFilter = longFilter("b") }, cannot(others)},
		"another attribute": {func(c *Config) { c.Attributes = []string{"mail"} }, func(c *Config) { c.Attributes = []string{"mail", "sn"} }, cannot("1 attributes were not read then")},
		"fewer attributes":  {func(*Config) {}, func(c *Config) { c.Attributes = []string{"mail", "manager"} }, "tombstones"},
		"no passwords":      {func(*Config) {}, func(c *Config) { c.Attributes = []string{"mail", computedControl} }, cannot("userAccountControl is not read, so nothing tells when passwords expire")},
	} {
		t.Run(name, func(t *testing.T) {
			e := single()
			before := e.read(t, few, tt.then)
			e.drop(userDN(3))
			n := e.serve(t)
			full, err := collect(t, n.settings(few, tt.now))
			if err != nil {
				t.Fatal(err)
			}
			got, err := collect(t, n.settings(few, tt.now, after(before)))
			if err != nil {
				t.Fatal(err)
			}
			sameObjects(t, full, got)
			if way := wayOf(t, got, evidence.ADUsers); way != tt.way {
				t.Errorf("way: %s", way)
			}
		})
	}
}

// longFilter is one that a note does not tell in full; only what it ends with tells it from others.
func longFilter(end string) string {
	return "(|" + strings.Repeat("(mail=*)", 80) + "(mail=" + end + "))"
}

// What the server sends grows with what has changed, not with what there is.
func TestCatchUpSendsWhatChanged(t *testing.T) {
	sent := func(users, changes int) int {
		e := newKeeper(users, 0)
		e.sub.BaseDN = ""
		before := e.read(t, few)
		for i := range changes {
			if i%2 == 0 {
				e.of(testBase).set(userDN(3*i), "displayName", fmt.Sprint(i))
			} else {
				e.drop(userDN(3 * i))
			}
		}
		n := e.serve(t)
		full, err := collect(t, n.settings(few))
		if err != nil {
			t.Fatal(err)
		}
		all := n.sent
		n.sent = 0
		got, err := collect(t, n.settings(few, after(before)))
		if err != nil {
			t.Fatal(err)
		}
		sameObjects(t, full, got)
		if way := wayOf(t, got, evidence.ADUsers); way != "tombstones" || all < users {
			t.Errorf("%d entries in full; way: %s", all, way)
		}
		t.Logf("%d users, %d changes: %d entries, in full %d", users, changes, n.sent, all)
		return n.sent
	}
	few, some, many := sent(300, 0), sent(300, 40), sent(1200, 40)
	if each := float64(some-few) / 40; each > 4 || many > some+10 {
		t.Errorf("%d entries without changes, %d with 40, %d of four times the users", few, some, many)
	}
}
