package ldaplab

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"pgregory.net/rapid"

	"hybridaudit/sources/evidence/directory"
)

// What the indexes leave out matches nothing.
func TestIndexesLoseNothing(t *testing.T) {
	d := sample(40)
	for i := range d.Entries {
		if i%3 > 0 {
			d.Entries[i].Attributes = append(d.Entries[i].Attributes, text("uSNChanged", strconv.Itoa(100+i*7%50)))
		}
	}
	s, err := New(Options{Directory: d})
	if err != nil {
		t.Fatal(err)
	}
	leaf := rapid.Custom(func(r *rapid.T) string {
		switch n := rapid.IntRange(90, 160).Draw(r, "number"); rapid.IntRange(0, 5).Draw(r, "kind") {
		case 0:
			return fmt.Sprintf("(uSNChanged>=%d)", n)
		case 1:
			return fmt.Sprintf("(uSNChanged<=%d)", n)
		case 2:
			return fmt.Sprintf("(distinguishedName=cn=user %05d,OU=staff,%s)", n-90, testBase)
		case 3:
			return fmt.Sprintf("(objectGUID=\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\%02x\\00\\00\\00)", n-90)
		case 4:
			return "(objectClass=user)"
		}
		return "(uSNChanged>=x)"
	})
	rapid.Check(t, func(r *rapid.T) {
		text := leaf.Draw(r, "filter")
		for range rapid.IntRange(0, 4).Draw(r, "parts") {
			text = fmt.Sprintf("(%s%s%s)", rapid.SampledFrom([]string{"&", "|"}).Draw(r, "operator"), text, leaf.Draw(r, "filter"))
			if rapid.IntRange(0, 4).Draw(r, "not") == 0 {
				text = "(!" + text + ")"
			}
		}
		p, err := ldap.CompileFilter(text)
		if err != nil {
			r.Fatal(err)
		}
		f, err := parseFilter(p, 0)
		if err != nil {
			r.Fatal(err)
		}
		m, bad := s.tree.prepare(f)
		if bad != nil {
			r.Fatal(bad)
		}
		base := s.tree.byKey[directory.DNKey(rapid.SampledFrom([]string{testBase, "OU=Staff," + testBase}).Draw(r, "base"))]
		some := map[int32]bool{}
		for _, i := range s.tree.within(base, &m) {
			if some[i] || i < base || i > s.tree.nodes[base].last {
				r.Fatalf("%s: node %d", text, i)
			}
			some[i] = true
		}
		for i := base; i <= s.tree.nodes[base].last; i++ {
			if m.match(&s.tree.nodes[i]) == yes && !some[i] {
				r.Fatalf("%s loses %s", text, s.tree.nodes[i].dn)
			}
		}
	})
}

func TestAnsweredCountsEntries(t *testing.T) {
	var pages, entries atomic.Int32
	c := connect(t, start(t, Options{Directory: sample(25), Answered: func(r Request, n int) {
		if r.PageSize > 0 {
			pages.Add(1)
			entries.Add(int32(n))
		}
	}}, false), `CONTOSO\reader`)
	if _, err := c.SearchWithPaging(subtree("OU=Staff,"+testBase, "(objectClass=user)"), 10); err != nil {
		t.Fatal(err)
	}
	if pages.Load() != 3 || entries.Load() != 25 {
		t.Errorf("%d entries on %d pages", entries.Load(), pages.Load())
	}
}
