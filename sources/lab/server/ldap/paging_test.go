package ldaplab

import (
	"fmt"
	"slices"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/lab"
)

// ask gets one page.
func ask(c *ldap.Conn, r *ldap.SearchRequest, size uint32, cookie []byte) (*ldap.SearchResult, *ldap.ControlPaging, error) {
	control := ldap.NewControlPaging(size)
	control.SetCookie(cookie)
	r.Controls = []ldap.Control{control}
	got, err := c.Search(r)
	if err != nil {
		return got, nil, err
	}
	reply, _ := ldap.FindControl(got.Controls, ldap.ControlTypePaging).(*ldap.ControlPaging)
	return got, reply, nil
}

// readAll pages through a search and gives the names in the order of arrival.
func readAll(t *testing.T, c *ldap.Conn, r *ldap.SearchRequest, size uint32) (names []string, pages int) {
	t.Helper()
	var cookie []byte
	for {
		got, reply, err := ask(c, r, size, cookie)
		if err != nil {
			t.Fatalf("page %d: %v", pages, err)
		}
		if reply == nil {
			t.Fatalf("page %d: no paging control", pages)
		}
		for _, e := range got.Entries {
			names = append(names, e.DN)
		}
		pages++
		if len(reply.Cookie) == 0 {
			return names, pages
		}
		if pages > 100 {
			t.Fatal("endless")
		}
		cookie = reply.Cookie
	}
}

func TestPaging(t *testing.T) {
	address := start(t, Options{Directory: sample(2500), Estimate: true}, false)
	c := connect(t, address, "reader@fabrikam.com")
	request := func() *ldap.SearchRequest {
		return subtree("OU=Staff,"+testBase, "(objectClass=user)", "sAMAccountName")
	}
	for _, tt := range []struct {
		size  uint32
		pages int
	}{{1000, 3}, {500, 5}, {2500, 3}, {5000, 3}, {999, 3}, {300, 9}} {
		t.Run(fmt.Sprint(tt.size), func(t *testing.T) {
			names, pages := readAll(t, c, request(), tt.size)
			if pages != tt.pages || len(names) != 2500 {
				t.Errorf("%d names on %d pages, want 2500 on %d", len(names), pages, tt.pages)
			}
			slices.Sort(names)
			if unique := slices.Compact(names); len(unique) != 2500 {
				t.Errorf("%d different names", len(unique))
			}
		})
	}
	t.Run("estimate", func(t *testing.T) {
		if _, reply, err := ask(c, request(), 10, nil); err != nil || reply.PagingSize != 2500 {
			t.Errorf("estimate %v %v", reply, err)
		}
	})
	t.Run("unpaged", func(t *testing.T) {
		got, err := c.Search(request())
		if code(err) != 4 || len(got.Entries) != 1000 {
			t.Errorf("%d entries, %v; want 1000 and sizeLimitExceeded", len(got.Entries), err)
		}
	})
	t.Run("client size limit", func(t *testing.T) {
		r := request()
		r.SizeLimit = 7
		got, err := c.Search(r)
		if code(err) != 4 || len(got.Entries) != 7 {
			t.Errorf("%d entries, %v; want 7 and sizeLimitExceeded", len(got.Entries), err)
		}
	})
	t.Run("cookie of another connection", func(t *testing.T) {
		_, reply, err := ask(c, request(), 10, nil)
		if err != nil {
			t.Fatal(err)
		}
		other := connect(t, address, "reader@fabrikam.com")
		if _, _, err := ask(other, request(), 10, reply.Cookie); code(err) != 53 {
			t.Errorf("%v, want code 53", err)
		}
	})
	t.Run("cookie twice", func(t *testing.T) {
		_, reply, _ := ask(c, request(), 10, nil)
		if _, _, err := ask(c, request(), 10, reply.Cookie); err != nil {
			t.Fatal(err)
		}
		if _, _, err := ask(c, request(), 10, reply.Cookie); code(err) != 53 {
			t.Errorf("%v, want code 53", err)
		}
	})
	t.Run("busy, then the same page", func(t *testing.T) {
		o := Options{Faults: []Fault{{Kind: Refused, Code: 51, Pages: 1, Times: 2}}}
		c := connect(t, start(t, o, false), "reader@fabrikam.com")
		_, reply, err := ask(c, request(), 10, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{51, 51, 0} {
			got, _, err := ask(c, request(), 10, reply.Cookie)
			if code(err) != want || want == 0 && len(got.Entries) != 10 {
				t.Errorf("%v, want code %d", err, want)
			}
		}
	})
	t.Run("given up", func(t *testing.T) {
		_, reply, _ := ask(c, request(), 10, nil)
		if _, _, err := ask(c, request(), 0, reply.Cookie); err != nil {
			t.Fatal(err)
		}
		if _, _, err := ask(c, request(), 10, reply.Cookie); code(err) != 53 {
			t.Errorf("%v, want code 53", err)
		}
	})
	t.Run("too many searches under way", func(t *testing.T) {
		_, oldest, _ := ask(c, request(), 10, nil)
		for range maxResultSets {
			if _, _, err := ask(c, request(), 10, nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := ask(c, request(), 10, oldest.Cookie); code(err) != 53 {
			t.Errorf("%v, want code 53", err)
		}
	})
	t.Run("referrals on the last page", func(t *testing.T) {
		first, reply, err := ask(c, subtree(testBase, "(objectClass=contact)"), 10, nil)
		if err != nil || len(first.Referrals) != 3 || len(reply.Cookie) != 0 {
			t.Errorf("%v %v", first, err)
		}
		first, _, err = ask(c, subtree(testBase, "(objectClass=user)"), 10, nil)
		if err != nil || len(first.Referrals) != 0 {
			t.Errorf("%v %v", first.Referrals, err)
		}
	})
}

func TestRanges(t *testing.T) {
	d := sample(10)
	many := func(n int) [][]byte {
		out := make([][]byte, n)
		for i := range out {
			out[i] = fmt.Appendf(nil, "value %d", i)
		}
		return out
	}
	for _, n := range []int{1500, 1501, 4000} {
		d.Entries = append(d.Entries, lab.Entry{DN: fmt.Sprintf("CN=Many %d,%s", n, testBase), Attributes: []lab.Attribute{
			text("objectClass", "group"), {Name: "otherMailbox", Values: many(n)},
		}})
	}
	c := connect(t, start(t, Options{Directory: d}, false), "reader@fabrikam.com")
	tests := []struct {
		count int
		ask   string
		want  map[string]int // attribute and number of values
	}{
		{1500, "otherMailbox", map[string]int{"otherMailbox": 1500}},
		{1501, "OTHERMAILBOX", map[string]int{"otherMailbox": 0, "otherMailbox;range=0-1499": 1500}},
		{1501, "otherMailbox;range=1500-*", map[string]int{"otherMailbox;range=1500-*": 1}},
		{4000, "otherMailbox;range=1500-*", map[string]int{"otherMailbox;range=1500-2999": 1500}},
		{4000, "otherMailbox;range=3000-*", map[string]int{"otherMailbox;range=3000-*": 1000}},
		{4000, "otherMailbox;range=3000-3999", map[string]int{"otherMailbox;range=3000-*": 1000}},
		{4000, "otherMailbox;range=10-19", map[string]int{"otherMailbox;range=10-19": 10}},
		{4000, "otherMailbox;range=0-3999", map[string]int{"otherMailbox;range=0-1499": 1500}},
		{1500, "otherMailbox;Range=0-*", map[string]int{"otherMailbox;range=0-*": 1500}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.count, tt.ask), func(t *testing.T) {
			r := ldap.NewSearchRequest(fmt.Sprintf("CN=Many %d,%s", tt.count, testBase), 0, 0, 0, 0, false, "(objectClass=*)", []string{tt.ask}, nil)
			got, err := c.Search(r)
			if err != nil {
				t.Fatal(err)
			}
			have := map[string]int{}
			for _, a := range got.Entries[0].Attributes {
				have[a.Name] = len(a.Values)
			}
			if diff := cmp.Diff(tt.want, have); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
		})
	}
	beyond := ldap.NewSearchRequest("CN=Many 1500,"+testBase, 0, 0, 0, 0, false, "(objectClass=*)", []string{"otherMailbox;range=1500-*"}, nil)
	if _, err := c.Search(beyond); code(err) != 1 {
		t.Errorf("range behind the end: %v, want code 1", err)
	}
	beyond.Controls = []ldap.Control{ldap.NewControlString(oidRangeNoError, true, "")}
	if got, err := c.Search(beyond); err != nil || len(got.Entries) != 1 {
		t.Errorf("range behind the end, errors waived: %v", err)
	}
}
