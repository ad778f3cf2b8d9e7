package e2e

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/sources/ad"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
)

// change sets attributes of an entry, and counts that as a change of the directory.
func change(e *lab.Entry, usn *int, pairs ...string) {
	*usn++
	pairs = append(pairs, "uSNChanged", strconv.Itoa(*usn))
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			set(e, pairs[i])
		} else {
			set(e, pairs[i], pairs[i+1])
		}
	}
}

// changed is a directory some time later: every tenth person differs in something, and some are gone.
func changed(d lab.Directory) lab.Directory {
	d.Entries = slices.Clone(d.Entries)
	usn, people := 100_000, 0
	var gone []string
	for i := range d.Entries {
		e := &d.Entries[i]
		if string(slices.Concat(e.Values("msRTCSIP-UserEnabled")...)) != "TRUE" {
			continue
		}
		switch people++; people % 40 {
		case 0:
			change(e, &usn, "msRTCSIP-Line", "tel:+49 30 not a number")
		case 10:
			change(e, &usn, "userAccountControl", "514")
		case 20:
			change(e, &usn, "proxyAddresses", "", "mail", "")
		case 30:
			gone = append(gone, e.DN)
		}
	}
	d.Entries = slices.DeleteFunc(d.Entries, func(e lab.Entry) bool {
		return slices.ContainsFunc(gone, func(dn string) bool { return e.DN == dn || strings.HasSuffix(e.DN, ","+dn) })
	})
	return d
}

// What an audit finds does not depend on whether the directory was read in full or caught up with.
func TestCaughtUpEvidenceHasTheSameFindings(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	org, err := plant.New(plant.Options{People: 300, Seed: 1, NoNetwork: true, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	org.Subsidiary = nil
	collect := func(r *server.Running, previous *evidence.Snapshot) *evidence.Snapshot {
		b := evidence.NewBuilder(now)
		err := ad.Collect(t.Context(), ad.Config{
			Servers: []string{"ldaps://" + r.LDAPS}, BindName: r.BindName, Password: func() (string, error) { return r.Password, nil }, RootCAs: pool(r.CA),
			ReadMemberOf: true, Previous: previous,
		}, b)
		if err != nil {
			t.Fatal(err)
		}
		return b.Seal()
	}
	start := func() *server.Running {
		r, err := server.Start(t.Context(), org, server.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := r.Stop(); err != nil {
				t.Error(err)
			}
		})
		return r
	}
	before := saved(t, collect(start(), nil))
	org.Directory = changed(org.Directory)
	r := start()
	tenant := collectTenant(t, r)
	findings := func(directory *evidence.Snapshot) []string {
		merged, err := evidence.Merge(directory, tenant)
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, f := range run(t, merged, audit.Options{}).Findings {
			lines = append(lines, fmt.Sprint(f.Rule.ID, f.Variant, f.Severity, f.Subject, f.Attribute, f.Value, f.Args))
		}
		slices.Sort(lines)
		return lines
	}
	caughtUp := collect(r, before)
	if diff := cmp.Diff(findings(collect(r, nil)), findings(caughtUp)); diff != "" {
		t.Errorf("findings (-full +caught up):\n%.4000s", diff)
	}
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
		notes := caughtUp.Of(d)[0].Notes
		if !slices.ContainsFunc(notes, func(note string) bool { return strings.Contains(note, "caught up with changes") }) {
			t.Errorf("%s: %q", d, notes)
		}
	}
	if slices.Equal(findings(before), findings(caughtUp)) {
		t.Error("the changes make no difference")
	}
}
