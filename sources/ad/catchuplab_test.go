package ad

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

const emeaBase = "DC=emea," + testBase

// estate is a forest of two domains that changes between runs, with the counters of changes of its two domain controllers.
type estate struct {
	root, sub lab.Directory
	rootUSN   int64
	subUSN    int64
	rootFault []ldaplab.Fault
	subFault  []ldaplab.Fault

	now    time.Time // by the domain controllers' clocks
	keeps  bool      // tombstones of what is deleted
	bin    bool      // the recycle bin is on
	buried []buried  // what can be restored
}

// loadedUSN is the counter when everything was loaded.
const loadedUSN = 70_000

func newEstate(users, subUsers int) *estate {
	e := &estate{root: sample(users), sub: emea(subUsers), rootUSN: loadedUSN, subUSN: loadedUSN, now: (&testClock{}).Now()}
	for _, d := range []*lab.Directory{&e.root, &e.sub} {
		for i, one := range d.Entries {
			d.Entries[i] = one
			replace(&d.Entries[i], "uSNChanged", strconv.Itoa(loadedUSN-i%1000))
		}
	}
	for i := range users {
		e.of(userDN(i)).silently(userDN(i), "manager", userDN((i+1)%users))
	}
	return e
}

func userDN(i int) string { return fmt.Sprintf("CN=User %05d,OU=Staff,%s", i, testBase) }

func emeaDN(i int) string { return fmt.Sprintf("CN=User %05d,CN=Users,%s", 500+i, emeaBase) }

// copied is an estate that goes its own way from here.
func (e *estate) copied() *estate {
	c := *e
	c.root.Entries, c.sub.Entries, c.buried = slices.Clone(e.root.Entries), slices.Clone(e.sub.Entries), slices.Clone(e.buried)
	return &c
}

// half is one domain with its counter.
type half struct {
	d   *lab.Directory
	usn *int64
}

// of gives the domain of a name.
func (e *estate) of(dn string) half {
	if strings.HasSuffix(dn, emeaBase) {
		return half{&e.sub, &e.subUSN}
	}
	return half{&e.root, &e.rootUSN}
}

// replace sets or drops an attribute without touching what other copies of the entry share.
func replace(e *lab.Entry, name string, texts ...string) {
	e.Attributes = slices.DeleteFunc(slices.Clone(e.Attributes), func(a lab.Attribute) bool { return strings.EqualFold(a.Name, name) })
	if len(texts) > 0 {
		e.Attributes = append(e.Attributes, values(name, texts...))
	}
}

func (h half) at(dn string) int {
	return slices.IndexFunc(h.d.Entries, func(e lab.Entry) bool { return e.DN == dn })
}

// stamp counts a change of an object.
func (h half) stamp(dn string) {
	*h.usn++
	h.silently(dn, "uSNChanged", strconv.FormatInt(*h.usn, 10))
	h.silently(dn, "whenChanged", time.Date(2026, 11, 21, 0, 0, int(*h.usn-loadedUSN), 0, time.UTC).Format("20060102150405.0Z"))
}

// set changes an attribute.
func (h half) set(dn, name string, texts ...string) {
	h.silently(dn, name, texts...)
	h.stamp(dn)
}

// silently changes an attribute as computed ones and back-links change.
func (h half) silently(dn, name string, texts ...string) {
	replace(&h.d.Entries[h.at(dn)], name, texts...)
}

func (h half) add(e lab.Entry) {
	h.d.Entries = append(h.d.Entries, e)
	h.stamp(e.DN)
	replace(&h.d.Entries[h.at(e.DN)], "uSNCreated", strconv.FormatInt(*h.usn, 10))
	h.note(e.DN, attributeName)
}

// drop deletes an object with what lies below it.
func (e *estate) drop(dn string) {
	h := e.of(dn)
	var gone []lab.Entry
	h.d.Entries = slices.DeleteFunc(slices.Clone(h.d.Entries), func(e lab.Entry) bool {
		if e.DN != dn && !strings.HasSuffix(e.DN, ","+dn) {
			return false
		}
		gone = append(gone, e)
		return true
	})
	*h.usn++
	for _, one := range gone {
		if e.keeps {
			e.bury(h, one)
		}
		e.follow(one.DN, "")
	}
}

// rename gives an object a new name, and new names to what lies below it; only the object itself counts as changed. Links to them follow.
func (e *estate) rename(dn, to string) {
	h, target := e.of(dn), e.of(to)
	var moved []lab.Entry
	h.d.Entries = slices.DeleteFunc(slices.Clone(h.d.Entries), func(e lab.Entry) bool {
		if e.DN != dn && !strings.HasSuffix(e.DN, ","+dn) {
			return false
		}
		e.DN = strings.TrimSuffix(e.DN, dn) + to
		moved = append(moved, e)
		return true
	})
	target.d.Entries = append(target.d.Entries, moved...)
	target.stamp(to)
	target.note(to, attributeName)
	if e.keeps && h.d != target.d {
		e.emigrated(h)
	}
	for _, one := range moved {
		e.follow(strings.TrimSuffix(one.DN, to)+dn, one.DN)
		if h.d != target.d { // a move between domains makes new objects with the old identities
			target.stamp(one.DN)
			replace(&target.d.Entries[target.at(one.DN)], "uSNCreated", strconv.FormatInt(*target.usn, 10))
		}
	}
}

// follow lets the links to an object name it as it is called now, or drops them.
func (e *estate) follow(old, name string) {
	for _, h := range []half{{&e.root, &e.rootUSN}, {&e.sub, &e.subUSN}} {
		for i := range h.d.Entries {
			for _, link := range []string{"manager", "member"} {
				held := h.d.Entries[i].Values(link)
				at := slices.IndexFunc(held, func(v []byte) bool { return string(v) == old })
				if at < 0 {
					continue
				}
				var texts []string
				for j, v := range held {
					switch {
					case j != at:
						texts = append(texts, string(v))
					case name != "":
						texts = append(texts, name)
					}
				}
				replace(&h.d.Entries[i], link, texts...)
			}
		}
	}
}

// serve starts the domain controllers as the estate is now.
func (e *estate) serve(t testing.TB) *network {
	t.Helper()
	n := newNetwork(t)
	both := []lab.Directory{e.root, e.sub}
	if e.sub.BaseDN == "" {
		both = both[:1]
	}
	now := func() time.Time { return e.now }
	n.serve(t, ldaplab.Options{Directory: e.root, Forest: both, Faults: e.rootFault, USN: e.rootUSN, Now: now})
	if len(both) == 1 {
		return n
	}
	n.serve(t, ldaplab.Options{Directory: e.sub, Forest: both, Faults: e.subFault, USN: e.subUSN, Now: now})
	return n
}

// settings read both domains.
func (n *network) settings(change ...func(*Config)) Config {
	c := n.config("ldaps://dc01.contoso.com", "ldaps://dc21.emea.contoso.com")
	for _, one := range change {
		one(&c)
	}
	return c
}

// read collects from an estate as it is.
func (e *estate) read(t testing.TB, change ...func(*Config)) *evidence.Snapshot {
	t.Helper()
	s, err := collect(t, e.serve(t).settings(change...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// heard gives the requests since it was last called.
func (n *network) heard() []ldaplab.Request {
	n.mu.Lock()
	defer n.mu.Unlock()
	all := n.requests
	n.requests = nil
	return all
}

func after(s *evidence.Snapshot) func(*Config) { return func(c *Config) { c.Previous = s } }

func withMemberOf(c *Config) { c.ReadMemberOf = true }

// dump gives all rows of all datasets as sorted JSON.
func dump(s *evidence.Snapshot) map[evidence.Dataset][]string {
	all := map[evidence.Dataset][]string{}
	for _, d := range evidence.Datasets() {
		if t := s.Table(d); t != nil {
			for row := range t.Rows() {
				all[d] = append(all[d], string(t.AppendJSON(nil, row)))
			}
			slices.Sort(all[d])
		}
	}
	return all
}

// sameEvidence holds a catching-up against a full reading of the same estate: all rows, and what the coverage concludes from.
func sameEvidence(t testing.TB, full, caughtUp *evidence.Snapshot) {
	t.Helper()
	if diff := cmp.Diff(dump(full), dump(caughtUp)); diff != "" {
		t.Errorf("rows (-full +caught up):\n%.4000s", diff)
	}
	for i, want := range full.Coverage() {
		got := caughtUp.Coverage()[i]
		got.Notes, want.Notes = nil, nil
		got.Server, want.Server = inOrder(got.Server), inOrder(want.Server) // they come as they answer
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("coverage (-full +caught up):\n%s", diff)
		}
	}
}

func inOrder(servers string) string {
	return strings.Join(slices.Sorted(strings.SplitSeq(servers, ", ")), ", ")
}

// notesAbout gives the notes on how a dataset was read.
func notesAbout(t testing.TB, s *evidence.Snapshot, d evidence.Dataset) string {
	t.Helper()
	notes := slices.DeleteFunc(slices.Clone(coverage(t, s, d).Notes), func(note string) bool {
		return !strings.Contains(note, "caught up") && !strings.Contains(note, "read in full")
	})
	since := regexp.MustCompile(`caught up with changes since 2026-11-2[0-9T:]+Z: `)
	for i, note := range notes {
		note, _, _ = strings.Cut(note, ", deletions from ")
		notes[i] = since.ReplaceAllString(note, "")
	}
	slices.Sort(notes)
	return strings.Join(notes, "; ")
}

// wayOf tells from where deletions came in a dataset, sorted.
func wayOf(t testing.TB, s *evidence.Snapshot, d evidence.Dataset) string {
	t.Helper()
	var ways []string
	for _, note := range coverage(t, s, d).Notes {
		if _, way, ok := strings.Cut(note, ", deletions from "); ok {
			ways = append(ways, way)
		}
	}
	slices.Sort(ways)
	return strings.Join(ways, "; ")
}

// stranger is a user that did not exist before.
func stranger(n int, parent string) lab.Entry {
	u := user(90_000 + n)
	u.DN = fmt.Sprintf("CN=Stranger %d,%s", n, parent)
	sum := sha256.Sum256([]byte(u.DN))
	replace(&u, "objectGUID", string(sum[:16]))
	return u
}

// otherDatabase is an invocationId that was not there before.
func otherDatabase() directory.GUID { return directory.GUID{7, 7, 7} }
