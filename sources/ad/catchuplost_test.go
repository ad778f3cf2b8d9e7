package ad

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/lab"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

// sameObjects compares the users, contacts and groups of two readings.
func sameObjects(t testing.TB, want, got *evidence.Snapshot) {
	t.Helper()
	rows, others := dump(got), dump(want)
	for _, d := range objectDatasets() {
		if diff := cmp.Diff(others[d], rows[d]); diff != "" {
			t.Errorf("%s (-full +caught up):\n%.3000s", d, diff)
		}
	}
}

// changedEstate is read, and then some of it changes in each domain.
func changedEstate(t testing.TB) (e *estate, before *evidence.Snapshot) {
	t.Helper()
	e = newEstate(40, 120)
	before = e.read(t)
	for i := range 12 {
		e.of(emeaDN(i)).set(emeaDN(i), "displayName", "New")
	}
	e.drop(emeaDN(50))
	e.of(userDN(1)).set(userDN(1), "displayName", "New")
	return e, before
}

func TestCatchUpWithFaults(t *testing.T) {
	const caughtUp = "contoso.com: 1 changed, 0 gone, 39 carried over; emea.contoso.com: 12 changed, 1 gone, 107 carried over"
	for name, tt := range map[string]struct {
		fault ldaplab.Fault
		notes string
		state evidence.State
	}{
		"cut while probing":  {ldaplab.Fault{Kind: ldaplab.CutConnection, Filter: "uSNChanged<=", Pages: 1, Entries: 2}, caughtUp, evidence.Complete},
		"cut in the changes": {ldaplab.Fault{Kind: ldaplab.CutConnection, Filter: "uSNChanged>=", Pages: 1, Entries: 1}, caughtUp, evidence.Complete},
		"cut in the list":    {ldaplab.Fault{Kind: ldaplab.CutConnection, Filter: "objectClass=user", Pages: 6, Entries: 3}, caughtUp, evidence.Complete},
		"cut three times":    {ldaplab.Fault{Kind: ldaplab.CutConnection, Filter: "objectClass=user", Pages: 6, Entries: 3, Times: 3}, caughtUp, evidence.Complete},
		"forgotten search":   {ldaplab.Fault{Kind: ldaplab.WrongCookie, Filter: "objectClass=user", Pages: 6}, caughtUp, evidence.Complete},
		"forgotten again and again": {
			ldaplab.Fault{Kind: ldaplab.WrongCookie, Filter: "objectClass=user", Pages: 6, Times: 2},
			"contoso.com: 1 changed, 0 gone, 39 carried over; emea.contoso.com: read in full: the server answered Unwilling To Perform (53)", evidence.Complete,
		},
		"the same page again": {
			ldaplab.Fault{Kind: ldaplab.RepeatedPage, Filter: "objectClass=user", Pages: 6},
			"contoso.com: 1 changed, 0 gone, 39 carried over; emea.contoso.com: read in full: the server gave the same page again", evidence.Complete,
		},
		"an empty page": {ldaplab.Fault{Kind: ldaplab.EmptyPage, Filter: "objectClass=user", Pages: 6}, caughtUp, evidence.Complete},
		"changes refused": {
			ldaplab.Fault{Kind: ldaplab.Refused, Filter: "uSNChanged>=", Code: 50, Times: -1},
			"contoso.com: 1 changed, 0 gone, 39 carried over; emea.contoso.com: read in full: dc21.emea.contoso.com:636: the server answered Insufficient Access Rights (50)",
			evidence.Complete,
		},
		"ended early": {
			ldaplab.Fault{Kind: ldaplab.EndedEarly, Filter: "objectClass=user", Pages: 6, Entries: 5, Code: 4, Times: -1},
			"contoso.com: 1 changed, 0 gone, 39 carried over; emea.contoso.com: read in full: dc21.emea.contoso.com:636: the server answered Size Limit Exceeded (4)",
			evidence.Partial,
		},
		"lost for good": {
			ldaplab.Fault{Kind: ldaplab.CutConnection, Filter: "objectClass=user", Pages: 6, Entries: 5, Times: -1},
			"contoso.com: 1 changed, 0 gone, 39 carried over", evidence.Partial,
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, before := changedEstate(t)
			full := e.read(t)
			e.subFault = []ldaplab.Fault{tt.fault}
			got := e.read(t, after(before))
			cover := coverage(t, got, evidence.ADUsers)
			if cover.State != tt.state || cover.Rows != got.Rows(evidence.ADUsers) {
				t.Fatalf("users: %+v with %d rows", cover, got.Rows(evidence.ADUsers))
			}
			if notes := notesAbout(t, got, evidence.ADUsers); !strings.HasPrefix(notes, tt.notes) {
				t.Errorf("notes: %s", notes)
			}
			if tt.state == evidence.Complete {
				sameObjects(t, full, got)
				return
			}
			// What came before the fault is as it is now.
			rows := dump(full)[evidence.ADUsers]
			for _, row := range dump(got)[evidence.ADUsers] {
				if !slices.Contains(rows, row) {
					t.Errorf("a row that is not like this: %s", row)
				}
			}
			if cover.Rows < 40+60 || cover.Rows >= 159 {
				t.Errorf("%d rows", cover.Rows)
			}
		})
	}
}

// When another domain controller must stand in, its own counter means something else.
func TestCatchUpGoesOnWithAnotherServer(t *testing.T) {
	for name, pages := range map[string]int{"probing": 1, "listing": 6} {
		t.Run(name, func(t *testing.T) {
			e, before := changedEstate(t)
			full := e.read(t)
			e.subFault = []ldaplab.Fault{{Kind: ldaplab.CutConnection, Filter: "objectClass=user", Pages: pages, Times: -1}}
			n := e.serve(t)
			other := e.sub
			other.DCHost, other.InvocationID = "dc22.emea.contoso.com", otherDatabase()
			n.serve(t, ldaplab.Options{Directory: other, Forest: []lab.Directory{e.root, other}, USN: loadedUSN * 2})
			got, err := collect(t, n.settings(after(before), func(c *Config) { c.Servers = append(c.Servers, "ldaps://dc22.emea.contoso.com") }))
			if err != nil {
				t.Fatal(err)
			}
			sameObjects(t, full, got)
			whole(t, got, evidence.ADUsers, 159)
			if notes := notesAbout(t, got, evidence.ADUsers); !strings.Contains(notes, "emea.contoso.com: read in full: the earlier evidence comes from another domain controller, dc21.emea.contoso.com") {
				t.Errorf("notes: %s", notes)
			}
		})
	}
}

func TestCatchUpCancelled(t *testing.T) {
	e, before := changedEstate(t)
	c := e.serve(t).settings(after(before))
	ctx, cancel := context.WithCancel(t.Context())
	c.Progress = func(d evidence.Dataset, rows, _ int) {
		if d == evidence.ADUsers && rows > 50 {
			cancel()
		}
	}
	b := evidence.NewBuilder((&testClock{}).Now())
	if err := Collect(ctx, c, b); err == nil {
		t.Error("no error")
	}
	s := b.Seal()
	if cover := coverage(t, s, evidence.ADUsers); cover.State != evidence.Partial || !strings.Contains(cover.Reason, "interrupted") || cover.Rows != s.Rows(evidence.ADUsers) {
		t.Errorf("users: %+v", cover)
	}
}
