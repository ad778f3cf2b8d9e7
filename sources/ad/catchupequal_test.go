package ad

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/lab"
)

// laterClock is the collector's clock, which goes with that of an estate.
type laterClock struct {
	testClock
	now time.Time
}

func (c *laterClock) Now() time.Time { return c.now }

// at reads at an estate's time.
func (e *estate) at(c *Config) { c.Clock = &laterClock{now: e.now} }

// few reads little besides users, contacts and groups, over one plain connection.
func few(c *Config) {
	c.Connections, c.AllowPlaintext = 1, true
	c.Servers = []string{"ldap://dc01.contoso.com", "ldap://dc21.emea.contoso.com"}
	c.Datasets = append(objectDatasets(), evidence.ADDomains, evidence.ADServers)
}

// Whatever happens between two runs, catching up gives what a full reading gives: by the list of all objects where deleted ones cannot be seen, and by
// tombstones where they can.
func TestCatchUpEqualsFullReading(t *testing.T) {
	for name, tt := range map[string]struct {
		estates []*estate
		quick   bool // most places must have been read by tombstones, or none
	}{
		"tombstones out of sight":  {[]*estate{newEstate(14, 6), newKeeper(14, 6).hiding(), newKeeper(14, 6).recycling()}, false},
		"tombstones":               {[]*estate{newKeeper(14, 6)}, true},
		"tombstones of one domain": {[]*estate{single(), single().recycling()}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var quick, listed int
			scopes := narrowings(tt.quick)
			beginnings := map[string]*evidence.Snapshot{}
			for i, e := range tt.estates {
				for scope, narrow := range scopes {
					beginnings[scope+strconv.Itoa(i)] = e.read(t, few, narrow, e.at)
				}
			}
			rapid.Check(t, func(r *rapid.T) {
				i := rapid.IntRange(0, len(tt.estates)-1).Draw(r, "estate")
				scope := rapid.SampledFrom(slices.Sorted(maps.Keys(scopes))).Draw(r, "scope")
				e, previous := tt.estates[i].copied(), beginnings[scope+strconv.Itoa(i)]
				for range rapid.IntRange(1, 2).Draw(r, "runs") {
					for range rapid.IntRange(0, 8).Draw(r, "changes") {
						e.draw(r)
					}
					full, got := e.both(t, r, previous, few, scopes[scope], e.at)
					ways := wayOf(t, got, evidence.ADUsers)
					if diff := cmp.Diff(dump(full), dump(got)); diff != "" {
						r.Fatalf("rows (-full +caught up):\n%.3000s\n%s\n%s", diff, notesAbout(t, got, evidence.ADUsers), ways)
					}
					quick, listed = quick+strings.Count(ways, "tombstones"), listed+strings.Count(ways, "the list of all")
					previous = got
				}
			})
			t.Logf("%d places by tombstones, %d by lists", quick, listed)
			if quick+listed == 0 || (quick > listed) != tt.quick || !tt.quick && quick > 0 {
				t.Errorf("%d places were read by tombstones, %d by lists", quick, listed)
			}
		})
	}
}

// narrowings are settings that keep something out, by name. Those that also read memberOf are for lists.
func narrowings(quick bool) map[string]func(*Config) {
	all := map[string]func(*Config){
		"all":       func(*Config) {},
		"filter":    func(c *Config) { c.UserFilter = "(!(department=Department 3))" },
		"exclusion": func(c *Config) { c.ExcludeOUs = []string{"OU=Other," + testBase} },
		"bases":     func(c *Config) { c.SearchBases = []string{"OU=Staff," + testBase, "OU=Other," + testBase} },
	}
	if !quick {
		all["groups"] = withMemberOf
	}
	return all
}

// single is an estate of one domain.
func single() *estate {
	e := newKeeper(20, 0)
	e.sub = lab.Directory{}
	return e
}

// unsampled leaves out the samples of the quick way. In small estates they are everything, and would hide what is concluded wrongly.
func unsampled(c *Config) { c.unsampled = true }

// both reads an estate in full and by catching up.
func (e *estate) both(t testing.TB, r *rapid.T, previous *evidence.Snapshot, change ...func(*Config)) (full, got *evidence.Snapshot) {
	n := e.serve(t)
	full, err := collect(t, n.settings(change...))
	if err != nil {
		r.Fatal(err)
	}
	got, err = collect(t, n.settings(append(change, after(previous), unsampled)...))
	if err != nil {
		r.Fatal(err)
	}
	return full, got
}

// alive lists what may change: accounts, groups and contacts.
func (e *estate) alive() []lab.Entry {
	return slices.DeleteFunc(slices.Concat(e.root.Entries, e.sub.Entries), func(one lab.Entry) bool {
		return len(one.Values("objectSid")) == 0 || len(one.Values("isDeleted")) > 0
	})
}

// draw changes something.
func (e *estate) draw(r *rapid.T) {
	people := e.alive()
	one := rapid.SampledFrom(people).Draw(r, "object")
	h := e.of(one.DN)
	parents := []string{"OU=Staff," + testBase, "OU=Other," + testBase}
	if e.sub.BaseDN != "" {
		parents = append(parents, "CN=Users,"+emeaBase)
	}
	parent := rapid.SampledFrom(parents).Draw(r, "parent")
	if e.of(parent).at(parent) < 0 {
		parent = "OU=Other," + testBase
	}
	fresh := int(e.rootUSN + e.subUSN) // never the same twice
	user := len(one.Values("userAccountControl")) > 0
	switch rapid.IntRange(0, 19).Draw(r, "change") {
	case 0:
		h.set(one.DN, "displayName", rapid.StringMatching(`[a-zé"\\]{1,8}`).Draw(r, "name"))
	case 1:
		h.set(one.DN, "mail")
	case 2:
		h.set(one.DN, "proxyAddresses", "SMTP:a@contoso.com", "smtp:b@contoso.com")
	case 3, 4:
		if len(people) > 4 {
			e.drop(one.DN)
		}
	case 5, 6:
		e.rename(one.DN, fmt.Sprintf("%s moved %d,%s", strings.SplitN(one.DN, ",", 2)[0], fresh, parent))
	case 7:
		e.of(parent).add(stranger(fresh, parent))
	case 8, 9:
		e.drawTime(r, h, one, user)
	case 10:
		group := "CN=Sales,OU=Other," + testBase
		if at := e.of(group).at(group); at >= 0 {
			e.of(group).set(group, "member", one.DN)
		}
	case 11:
		h.set(one.DN, "manager", rapid.SampledFrom(people).Draw(r, "manager").DN)
	case 12:
		if rapid.IntRange(0, 3).Draw(r, "often") == 0 && e.of(testBase).at("OU=Staff,"+testBase) >= 0 {
			e.rename("OU=Staff,"+testBase, "OU=Staff of now,"+testBase)
		}
	case 13, 14:
		if len(e.buried) > 0 {
			e.restore(rapid.IntRange(0, len(e.buried)-1).Draw(r, "buried"))
		}
	case 15:
		h.set(one.DN, "department", "Department "+strconv.Itoa(rapid.IntRange(1, 3).Draw(r, "department")))
	case 16:
		if user {
			h.set(one.DN, "objectClass", "top", "person", "organizationalPerson", "contact")
		}
	case 17: // names are used again
		name := one.DN
		e.rename(name, fmt.Sprintf("%s before %d,%s", strings.SplitN(name, ",", 2)[0], fresh, parent))
		s := stranger(fresh, parent)
		s.DN = name
		if _, above, _ := strings.Cut(name, ","); h.at(above) >= 0 {
			h.add(s)
		}
	case 18:
		unit := "OU=Other," + testBase
		e.of(unit).set(unit, "description", fmt.Sprint(fresh))
	case 19: // something that no dataset has names somebody, or is somebody's manager
		pc := entry(fmt.Sprintf("CN=PC %d,%s", fresh, "OU=Other,"+testBase), "top,person,organizationalPerson,user,computer", "objectCategory", "CN=Computer,CN=Schema,"+testConfig)
		e.of(pc.DN).add(pc)
		h.set(one.DN, "manager", pc.DN)
	}
}

// drawTime lets time go by, or changes what it has an effect on.
func (e *estate) drawTime(r *rapid.T, h half, one lab.Entry, user bool) {
	if !e.keeps {
		h.silently(one.DN, computedControl, rapid.SampledFrom([]string{"0", "16", "8388608"}).Draw(r, "flags"))
		return
	}
	what := rapid.IntRange(0, 2).Draw(r, "what")
	switch {
	case what == 0 && user:
		h.set(one.DN, "lockoutTime", strconv.FormatInt(fileTime(e.now), 10))
	case what == 1 && user:
		h.set(one.DN, "pwdLastSet", strconv.FormatInt(fileTime(e.now), 10))
	}
	e.pass(time.Duration(rapid.SampledFrom([]int{0, 1, 24, 24 * 15}).Draw(r, "hours")) * time.Hour)
}
