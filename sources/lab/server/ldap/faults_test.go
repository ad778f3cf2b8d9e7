package ldaplab

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/lab"
)

// pages reads 25 users in pages of 10 and tells what came: number of entries a page, "control" when the paging control is missing, the error's code.
func pages(t *testing.T, c *ldap.Conn, limit int) string {
	t.Helper()
	var story []string
	var cookie []byte
	for range limit {
		got, reply, err := ask(c, subtree("OU=Staff,"+testBase, "(objectClass=user)", "mail"), 10, cookie)
		n := 0
		if got != nil {
			n = len(got.Entries)
		}
		story = append(story, fmt.Sprint(n))
		if err != nil {
			story = append(story, fmt.Sprintf("error %d", code(err)))
			break
		}
		if reply == nil {
			story = append(story, "no control")
			break
		}
		if cookie = reply.Cookie; len(cookie) == 0 {
			break
		}
	}
	return strings.Join(story, " ")
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name  string
		fault Fault
		want  string // story of the first reading; -1 is a broken connection, 200 go-ldap's network error
		then  string // story of the next reading on a new connection
	}{
		{"none", Fault{Kind: SlowDrip, Pages: 99, Size: 1, Every: 1}, "10 10 5", "10 10 5"},
		{"cut in the first page", Fault{Kind: CutConnection, Entries: 3}, "3 error -1", "10 10 5"},
		{"cut in the second page", Fault{Kind: CutConnection, Pages: 1, Entries: 3}, "10 3 error -1", "10 10 5"},
		{"cut always", Fault{Kind: CutConnection, Pages: 1, Times: -1}, "10 0 error -1", "10 0 error -1"},
		{"cut twice", Fault{Kind: CutConnection, Times: 2}, "0 error -1", "0 error -1"},
		{"cut behind the last entry", Fault{Kind: CutConnection, Pages: 2, Entries: 1000}, "10 10 5 error -1", "10 10 5"},
		{"reset", Fault{Kind: ResetByServer, Pages: 1}, "10 0 error -1", "10 10 5"},
		{"wrong cookie", Fault{Kind: WrongCookie, Pages: 1}, "10 10 0 error 53", "10 10 5"},
		{"same page", Fault{Kind: RepeatedPage, Pages: 1}, "10 10 10 5", "10 10 5"},
		{"same page for ever", Fault{Kind: RepeatedPage, Pages: 1, Times: -1}, "10 10 10 10 10 10", "10 10 10 10 10 10"},
		{"empty page", Fault{Kind: EmptyPage, Pages: 1}, "10 0 10 5", "10 10 5"},
		{"no paging control", Fault{Kind: NoPaging, Pages: 1}, "10 10 no control", "10 10 5"},
		{"busy", Fault{Kind: Refused, Code: 51, Pages: 2}, "10 10 0 error 51", "10 10 5"},
		{"unwilling", Fault{Kind: Refused, Code: 53}, "0 error 53", "10 10 5"},
		{"size limit", Fault{Kind: EndedEarly, Code: 4, Pages: 1, Entries: 6}, "10 6 error 4", "10 10 5"},
		{"slow", Fault{Kind: SlowDrip, Size: 200, Every: time.Millisecond}, "10 10 5", "10 10 5"},
		{"malformed", Fault{Kind: MalformedBER, Pages: 1, Entries: 2}, "10 2 error -1", "10 10 5"},
		{"silence", Fault{Kind: Silence, Pages: 1}, "10 0 error 200", "10 10 5"},
		{"other filter", Fault{Kind: Refused, Code: 51, Filter: "objectClass=group"}, "10 10 5", "10 10 5"},
		{"this filter", Fault{Kind: Refused, Code: 51, Filter: "OBJECTCLASS=user"}, "0 error 51", "10 10 5"},
		{"this base", Fault{Kind: Refused, Code: 51, Filter: "ou=staff"}, "0 error 51", "10 10 5"},
		{"hidden", Fault{Kind: HiddenSubtree, Names: []string{"cn=user 00004,ou=staff," + testBase}}, "10 10 4", "10 10 4"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			address := start(t, Options{Faults: []Fault{tt.fault}}, false)
			for i, want := range []string{tt.want, tt.then} {
				c := connect(t, address, "reader@fabrikam.com")
				if tt.fault.Kind == Silence {
					c.SetTimeout(100 * time.Millisecond)
				}
				if got := pages(t, c, 6); got != want {
					t.Errorf("reading %d: %q, want %q", i+1, got, want)
				}
			}
		})
	}
}

func TestHugeValue(t *testing.T) {
	const size = 10 << 20
	c := connect(t, start(t, Options{Faults: []Fault{{Kind: HugeValue, Entries: 4, Names: []string{"displayName"}, Size: size}}}, false), "reader@fabrikam.com")
	got, err := c.Search(subtree("OU=Staff,"+testBase, "(objectClass=user)", "displayName"))
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range got.Entries {
		if n := len(e.GetRawAttributeValue("displayName")); (n == size) != (i == 4) {
			t.Errorf("entry %d has %d bytes", i, n)
		}
	}
}

func TestRefusedAttributes(t *testing.T) {
	o := Options{Faults: []Fault{{Kind: RefusedAttributes, Names: []string{"MAIL", "userAccountControl"}}}}
	c := connect(t, start(t, o, false), "reader@fabrikam.com")
	got, err := c.Search(subtree("OU=Staff,"+testBase, "(objectClass=user)", "mail", "userAccountControl", "sAMAccountName"))
	if err != nil || len(got.Entries) != 25 {
		t.Fatal(err)
	}
	for _, e := range got.Entries {
		if len(e.Attributes) != 1 {
			t.Fatalf("%s has %d attributes", e.DN, len(e.Attributes))
		}
	}
	if got, err = c.Search(subtree(testBase, "(mail=*)")); err != nil || len(got.Entries) != 0 {
		t.Errorf("what cannot be read was found by filter: %v", err)
	}
}

func TestHostileText(t *testing.T) {
	c := connect(t, start(t, Options{Faults: []Fault{{Kind: HostileText}}}, false), "reader@fabrikam.com")
	got, err := c.Search(subtree("OU=Staff,"+testBase, "(&(objectClass=user)(mail=*))"))
	if err != nil || len(got.Entries) != 25 {
		t.Fatal(got, err)
	}
	broken, override := false, false
	leads := map[byte]bool{}
	for _, e := range got.Entries {
		if e.GetAttributeValue("cn") != strings.TrimPrefix(strings.Split(e.DN, ",")[0], "CN=") || e.GetAttributeValue("userAccountControl")[0] != '5' {
			t.Errorf("%s: structure was changed", e.DN)
		}
		mail := e.GetAttributeValue("mail")
		broken = broken || !utf8.ValidString(mail)
		override = override || strings.Contains(mail, "\u202e")
		leads[mail[0]] = true
		if !strings.ContainsRune(formulas, rune(mail[0])) {
			t.Errorf("mail %q is harmless", mail)
		}
	}
	if !broken || !override || len(leads) < 3 {
		t.Error("broken UTF-8, bidirectional override or some beginnings of formulas are missing")
	}
}

func TestMalformations(t *testing.T) {
	next := result(7, tagSearchDone, outcome{}, nil, nil)
	seen := map[string]Malformation{}
	for _, m := range Malformations() {
		b := string(m.bytes(7, next))
		if other, twice := seen[b]; twice || b == "" || b == string(next) {
			t.Errorf("malformation %d sends %q, as %d does", m, b, other)
		}
		seen[b] = m
	}
	if _, err := New(Options{Directory: sample(0), Faults: []Fault{{Kind: MalformedBER, Malformed: lastMalformation + 1}}}); err == nil {
		t.Error("an unknown malformation was accepted")
	}
}

func TestFaultsAreChecked(t *testing.T) {
	for _, f := range []Fault{
		{}, {Kind: lastFaultKind}, {Kind: Refused}, {Kind: SlowDrip, Size: 1}, {Kind: HugeValue, Size: 1}, {Kind: RefusedAttributes}, {Kind: RefusedBind},
	} {
		if _, err := New(Options{Directory: sample(0), Faults: []Fault{f}}); err == nil {
			t.Errorf("%+v was accepted", f)
		}
	}
	orphan := sample(0)
	orphan.Entries = append(orphan.Entries, made("CN=x,OU=Gone,"+testBase, "user", ""))
	twice := sample(0)
	twice.Entries = append(twice.Entries, twice.Entries[0])
	for _, d := range []lab.Directory{orphan, twice} {
		if _, err := New(Options{Directory: d}); err == nil {
			t.Error("a directory with an orphan or a name used twice was accepted")
		}
	}
	if _, err := New(Options{}); err == nil {
		t.Error("no directory was accepted")
	}
	if _, err := New(Options{Directory: sample(0), Accounts: []Account{{Name: "x"}}}); err == nil {
		t.Error("an account without password was accepted")
	}
}

func TestAbandonAndShutdown(t *testing.T) {
	seen := make(chan Request, 100)
	address := start(t, Options{
		Faults:  []Fault{{Kind: Silence, Times: 2}},
		Observe: func(r Request) { seen <- r },
	}, false)
	c := connect(t, address, "reader@fabrikam.com")
	c.SetTimeout(50 * time.Millisecond)
	if _, err := c.Search(subtree(testBase, "(objectClass=user)")); code(err) != 200 {
		t.Fatalf("search: %v, want a timeout", err)
	}
	// A silent search does not keep others of its connection, nor other connections, from being answered.
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	c.SetTimeout(5 * time.Second)
	silent := c.SearchAsync(ctx, subtree(testBase, "(objectClass=contact)"), 1)
	for range 2 {
		if got, err := connect(t, address, "reader@fabrikam.com").Search(subtree(testBase, "(objectClass=group)")); err == nil && len(got.Entries) == 1 {
			break
		}
	}
	if got, err := c.Search(subtree(testBase, "(objectClass=group)")); err != nil || len(got.Entries) != 1 {
		t.Errorf("search beside a silent one: %v", err)
	}
	cancel()
	for silent.Next() {
	}
	if err := c.Unbind(); err != nil {
		t.Error(err)
	}
	operations := map[string]int{}
	timeout := time.After(5 * time.Second)
	for operations["unbind"] == 0 {
		select {
		case r := <-seen:
			operations[r.Operation]++
		case <-timeout:
			t.Fatalf("saw %v", operations)
		}
	}
	if operations["bind"] < 2 || operations["search"] < 3 {
		t.Errorf("saw %v", operations)
	}
}

func TestChangesAreRefused(t *testing.T) {
	c := connect(t, start(t, Options{}, false), "reader@fabrikam.com")
	dn := "CN=Reader,CN=Users," + testBase
	modify := ldap.NewModifyRequest(dn, nil)
	modify.Replace("mail", []string{"x"})
	_, compare := c.Compare(dn, "mail", "x")
	for name, err := range map[string]error{
		"modify": c.Modify(modify), "add": c.Add(ldap.NewAddRequest("CN=x,"+testBase, nil)), "delete": c.Del(ldap.NewDelRequest(dn, nil)),
		"rename": c.ModifyDN(ldap.NewModifyDNRequest(dn, "CN=y", true, "")), "compare": compare,
	} {
		if code(err) != 50 {
			t.Errorf("%s: %v, want code 50", name, err)
		}
	}
}

func TestManyConnections(t *testing.T) {
	address := start(t, Options{Directory: sample(300)}, false)
	type outcome struct {
		entries int
		err     error
	}
	results := make(chan outcome)
	const clients = 40
	for range clients {
		go func() {
			c, err := ldap.DialURL("ldap://" + address)
			if err != nil {
				results <- outcome{err: err}
				return
			}
			defer func() { _ = c.Close() }()
			if err := c.Bind("reader@fabrikam.com", testPassword); err != nil {
				results <- outcome{err: err}
				return
			}
			got, err := c.SearchWithPaging(subtree(testBase, "(objectClass=user)", "mail"), 100)
			results <- outcome{entries: len(got.Entries), err: err}
		}()
	}
	for range clients {
		if o := <-results; o.err != nil || o.entries != 301 {
			t.Errorf("%d entries, %v", o.entries, o.err)
		}
	}
}
