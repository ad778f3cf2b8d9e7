package ad

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
	"hybridaudit/sources/lab"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

func anyone(evidence.ADObject) bool { return true }

func TestForestIsFoundInDNS(t *testing.T) {
	n := forestOf(t, sample(25), emea(12))
	c := n.config()
	c.Domain = "contoso.com"
	s, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	users := whole(t, s, evidence.ADUsers, 37)
	if servers := strings.Split(users.Server, ", "); !slices.Contains(servers, "dc01.contoso.com") || !slices.Contains(servers, "dc21.emea.contoso.com") || len(servers) != 2 {
		t.Errorf("servers %q", users.Server)
	}
	whole(t, s, evidence.ADContacts, 3)
	whole(t, s, evidence.ADGroups, 2)
	whole(t, s, evidence.ADPools, 1)
	if got := countUsers(s, "DC=emea,"+testBase, func(o evidence.ADObject) bool { return len(o.Attribute("pwdLastSet")) > 0 }); got != 12 {
		t.Errorf("%d users of the second domain with all attributes", got)
	}
	whole(t, s, evidence.ADDomains, 2)
	want := []string{"contoso.com CONTOSO dc01.contoso.com false", "emea.contoso.com EMEA dc21.emea.contoso.com false"}
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(domainsOf(s)))); diff != "" {
		t.Errorf("domains (-want +got):\n%s", diff)
	}
	whole(t, s, evidence.ADServers, 2)
	for one := range s.ADServers() {
		usn, known := one.USN()
		if one.Forest() != "contoso.com" || one.Clock().IsZero() || !one.Asked().Equal(c.Clock.Now()) || one.RoundTrip() != 0 || usn != 65536 || !known {
			t.Errorf("server %s: %v %v %v %d", one.Host(), one.Clock(), one.Asked(), one.RoundTrip(), usn)
		}
		if wanted := map[string]directory.GUID{"dc01.contoso.com": {9, 9}, "dc21.emea.contoso.com": {5, 5}}[one.Host()]; wanted != one.Invocation() {
			t.Errorf("server %s: invocation %v", one.Host(), one.Invocation())
		}
		if wanted := strings.SplitN(one.Host(), ".", 2)[1]; one.Domain() != wanted {
			t.Errorf("server %s is of %s", one.Host(), one.Domain())
		}
	}
	_, dialled := n.seen()
	for _, address := range dialled {
		if !strings.HasSuffix(address, ":636") {
			t.Errorf("%s was dialled", address)
		}
	}
	if !slices.Contains(dialled, "dc22.emea.contoso.com:636") {
		t.Error("the record of the first priority was not tried first")
	}
}

func TestFoundServersAreUsedAsConfiguredOnesAllow(t *testing.T) {
	n := forestOf(t, sample(3), emea(2))
	for name, tt := range map[string]struct {
		change func(*Config)
		ports  string
	}{
		"LDAPS":              {func(*Config) {}, "636"},
		"StartTLS":           {func(c *Config) { c.StartTLS = true }, "389"},
		"clear":              {func(c *Config) { c.AllowPlaintext = true }, "389"},
		"clear beside LDAPS": {func(c *Config) { c.AllowPlaintext, c.Servers = true, []string{"ldaps://dc01.contoso.com"} }, "636"},
	} {
		t.Run(name, func(t *testing.T) {
			n.forget()
			c := n.config()
			c.Domain = "CONTOSO.com."
			tt.change(&c)
			s, err := collect(t, c)
			if err != nil {
				t.Fatal(err)
			}
			whole(t, s, evidence.ADUsers, 5)
			requests, dialled := n.seen()
			for _, address := range dialled {
				if !strings.HasSuffix(address, ":"+tt.ports) {
					t.Errorf("%s was dialled", address)
				}
			}
			for _, r := range requests {
				if r.Operation == "bind" && r.TLS != (name != "clear") {
					t.Errorf("signed in with TLS %v", r.TLS)
				}
			}
		})
	}
}

func TestFoundServerNeedsItsOwnName(t *testing.T) {
	n := forestOf(t, sample(3), emea(2))
	n.routes["dc22.emea.contoso.com:636"] = n.routes["dc21.emea.contoso.com:636"] // whose certificate holds another name
	delete(n.routes, "dc21.emea.contoso.com:636")
	delete(n.records, "_gc._tcp.contoso.com")
	c := n.config("ldaps://dc01.contoso.com")
	c.ServerName = "dc01.contoso.com"
	s, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	got := coverage(t, s, evidence.ADUsers)
	if got.State != evidence.Partial || got.Rows != 3 || !strings.Contains(got.Reason, "emea.contoso.com was not read: dc22.emea.contoso.com:636: its certificate was issued for another name") {
		t.Errorf("users: %+v", got)
	}
}

func TestNothingIsFound(t *testing.T) {
	n := newNetwork(t)
	c := n.config()
	c.Domain = "contoso.com"
	s, err := collect(t, c)
	if err == nil || !strings.Contains(err.Error(), "_ldap._tcp.dc._msdcs.contoso.com: DNS names no server") {
		t.Errorf("error %v", err)
	}
	for _, d := range Datasets() {
		if got := coverage(t, s, d); got.State != evidence.Failed || got.Source != "contoso.com" {
			t.Errorf("%s: %+v", d, got)
		}
	}
}

func TestConfiguredServerWins(t *testing.T) {
	n := forestOf(t, sample(3), emea(2))
	n.publish("_ldap._tcp.dc._msdcs.contoso.com", "dc02.contoso.com:389")
	s, err := collect(t, n.config("ldaps://dc21.emea.contoso.com", "ldaps://dc01.contoso.com"))
	if err != nil {
		t.Fatal(err)
	}
	whole(t, s, evidence.ADUsers, 5)
	_, dialled := n.seen()
	for _, address := range dialled {
		if address == "dc02.contoso.com:636" || address == "dc22.emea.contoso.com:636" {
			t.Errorf("%s was dialled although a server of its domain is configured", address)
		}
	}
}

func TestGlobalCatalogStandsIn(t *testing.T) {
	n := forestOf(t, sample(25), emea(12))
	delete(n.routes, "dc21.emea.contoso.com:636")
	s, err := collect(t, n.config("ldaps://dc01.contoso.com"))
	if err != nil {
		t.Fatal(err)
	}
	users := whole(t, s, evidence.ADUsers, 37)
	for _, name := range []string{"pwdLastSet", "accountExpires", "proxyAddresses", "department"} {
		if !users.Lacks(name) || !slices.Contains(users.NotInCatalog, name) {
			t.Errorf("%s is not told to be missing: %v %v", name, users.Missing, users.NotInCatalog)
		}
	}
	for _, name := range []string{"mail", "userPrincipalName", "userAccountControl", "msRTCSIP-Line", "objectGUID"} {
		if users.Lacks(name) {
			t.Errorf("%s is told to be missing", name)
		}
	}
	if !slices.ContainsFunc(users.Notes, func(note string) bool {
		return strings.HasPrefix(note, "emea.contoso.com was read from a global catalog")
	}) {
		t.Errorf("notes %q", users.Notes)
	}
	below := "DC=emea," + testBase
	if got := countUsers(s, below, func(o evidence.ADObject) bool { return o.Mail() != "" && len(o.Attribute("pwdLastSet")) == 0 }); got != 12 {
		t.Errorf("%d users from the catalog", got)
	}
	if got := countUsers(s, ",OU=Staff,"+testBase, func(o evidence.ADObject) bool { return len(o.Attribute("pwdLastSet")) == 1 }); got != 25 {
		t.Errorf("%d users from the domain controller", got)
	}
	want := []string{"contoso.com CONTOSO dc01.contoso.com false", "emea.contoso.com EMEA dc01.contoso.com true"}
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(domainsOf(s)))); diff != "" {
		t.Errorf("domains (-want +got):\n%s", diff)
	}
	// Groups are found by addresses too, which this catalog does not hold.
	if got := coverage(t, s, evidence.ADGroups); got.State != evidence.Partial || !strings.Contains(got.Reason, "does not hold proxyAddresses") {
		t.Errorf("groups: %+v", got)
	}
	requests, _ := n.seen()
	for _, r := range requests {
		if r.Catalog && r.Filter == entries.UserFilter && slices.Contains(r.Attributes, "pwdLastSet") {
			t.Error("the catalog was asked for what it does not hold")
		}
	}
}

func TestGlobalCatalogAlone(t *testing.T) {
	n := forestOf(t, sample(25), emea(12))
	c := n.config("ldaps://dc01.contoso.com:3269")
	c.Resolver = nil
	for _, connections := range []int{1, 2, 5} {
		c.Connections = connections
		s, err := collect(t, c)
		if err != nil {
			t.Fatal(err)
		}
		users := whole(t, s, evidence.ADUsers, 37)
		for _, name := range []string{"pwdLastSet", "proxyAddresses"} {
			if !slices.Contains(users.NotInCatalog, name) {
				t.Errorf("%s is not told to be missing: %v %v", name, users.Missing, users.NotInCatalog)
			}
		}
		if users.Lacks("mail") {
			t.Errorf("missing %v", users.Missing)
		}
		// Below the root domain the catalog finds the second domain and the configuration too: what it gives of them is not the root's.
		for _, note := range []string{"contoso.com: rows from dc01.contoso.com: 25", "emea.contoso.com: rows from dc01.contoso.com: 12"} {
			if !slices.Contains(users.Notes, note) {
				t.Errorf("notes %q lack %q", users.Notes, note)
			}
		}
		whole(t, s, evidence.ADContacts, 3)
		pools := whole(t, s, evidence.ADPools, 1)
		if !pools.Lacks("msRTCSIP-PoolVersion") {
			t.Errorf("pools: %+v", pools)
		}
		if got := coverage(t, s, evidence.ADForests); got.State != evidence.Complete || !slices.Contains(got.NotInCatalog, "uPNSuffixes") {
			t.Errorf("forest: %+v", got)
		}
		if got := n.most["dc01.contoso.com:3269"]; got > connections {
			t.Errorf("%d connections at a time, %d allowed", got, connections)
		}
	}
	if _, dialled := n.seen(); slices.ContainsFunc(dialled, func(address string) bool { return address != "dc01.contoso.com:3269" }) {
		t.Errorf("dialled %q", dialled)
	}
}

func TestConnectionsAreCounted(t *testing.T) {
	n := forestOf(t, sample(95), emea(12))
	for _, connections := range []int{1, 3} {
		n.forget()
		c := n.config("ldaps://dc01.contoso.com", "ldaps://dc21.emea.contoso.com")
		c.Connections = connections
		s, err := collect(t, c)
		if err != nil {
			t.Fatal(err)
		}
		whole(t, s, evidence.ADUsers, 107)
		for address, most := range n.most {
			if most > connections || n.open[address] != 0 {
				t.Errorf("%s: %d connections at a time, %d left", address, most, n.open[address])
			}
		}
	}
}

func TestRateHoldsOverConnections(t *testing.T) {
	n := forestOf(t, sample(50), emea(50))
	c := n.config("ldaps://dc01.contoso.com", "ldaps://dc21.emea.contoso.com")
	c.MaxEntriesPerSecond, c.Connections = 200, 4
	c.Datasets = []evidence.Dataset{evidence.ADUsers}
	began := time.Now()
	s, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	whole(t, s, evidence.ADUsers, 100)
	// Each server gives 10 at once and 40 more at 200 a second; the last page is not waited for.
	if took := time.Since(began); took < 140*time.Millisecond {
		t.Errorf("took %s in spite of the limit", took)
	}
	c.MaxEntriesPerSecond = 1
	one, another := newCollection(&resolved{Config: c}, evidence.NewBuilder(began)), &session{server: server{address: "a"}, root: rootDSE{host: "dc01"}}
	if one.limiterFor(another) != one.limiterFor(&session{server: server{address: "b"}, root: rootDSE{host: "dc01"}}) {
		t.Error("two connections to a server have limits of their own")
	}
}

func TestWrongPasswordIsTriedOnce(t *testing.T) {
	n := forestOf(t, sample(3), emea(2))
	for range 3 {
		n.forget()
		c := n.config("ldaps://dc01.contoso.com", "ldaps://dc21.emea.contoso.com")
		tries := 0
		c.Connections = 8
		c.Password = func() (string, error) {
			// It expires after the first connection.
			if tries++; tries == 1 {
				return testPassword, nil
			}
			return "expired", nil
		}
		s, err := collect(t, c)
		if bound := n.binds(); err == nil || bound["dc01.contoso.com"]+bound["dc21.emea.contoso.com"] != 2 {
			t.Errorf("sign-ins %v, error %v", bound, err)
		}
		if got := coverage(t, s, evidence.ADUsers); got.State != evidence.Partial || got.Rows != 3 || !got.SignIn {
			t.Errorf("users: %+v", got)
		}
	}
}

func TestFailOverBesideOthers(t *testing.T) {
	sub := emea(95)
	n := forestOf(t, sample(95), sub, ldaplab.Fault{Kind: ldaplab.CutConnection, Filter: "objectClass=user", Pages: 3, Entries: 4, Times: -1})
	other := sub
	other.DCHost = "dc22.emea.contoso.com"
	n.serve(t, ldaplab.Options{Directory: other, Forest: []lab.Directory{sample(95), other}})
	s, err := collect(t, n.config("ldaps://dc01.contoso.com", "ldaps://dc21.emea.contoso.com"))
	if err != nil {
		t.Fatal(err)
	}
	users := whole(t, s, evidence.ADUsers, 190)
	if !strings.Contains(users.Server, "dc21.emea.contoso.com") || !strings.Contains(users.Server, "dc22.emea.contoso.com") {
		t.Errorf("servers %q", users.Server)
	}
	if got := countUsers(s, "DC=emea,"+testBase, anyone); got != 95 {
		t.Errorf("%d users of the second domain", got)
	}
	if !slices.ContainsFunc(users.Notes, func(note string) bool { return strings.Contains(note, "begun again") }) {
		t.Errorf("notes %q", users.Notes)
	}
}

func TestDomainIsLostForGood(t *testing.T) {
	n := forestOf(t, sample(25), emea(95), ldaplab.Fault{Kind: ldaplab.CutConnection, Filter: "objectClass=user", Pages: 3, Entries: 4, Times: -1})
	s, err := collect(t, n.config("ldaps://dc01.contoso.com"))
	if err != nil {
		t.Fatal(err)
	}
	got := coverage(t, s, evidence.ADUsers)
	rows := countUsers(s, "DC=emea,"+testBase, anyone)
	if got.State != evidence.Partial || rows < 30 || rows >= 40 || got.Rows != 25+rows || s.Rows(evidence.ADUsers) != got.Rows ||
		!strings.HasPrefix(got.Reason, "emea.contoso.com: ") || !strings.Contains(got.Reason, "dc21.emea.contoso.com:636") {
		t.Errorf("users: %+v, %d of the second domain", got, rows)
	}
	whole(t, s, evidence.ADContacts, 3)
}

func TestUnneededServersAreOnlyLookedAt(t *testing.T) {
	root := sample(3)
	n := newNetwork(t)
	n.serve(t, ldaplab.Options{Directory: root})
	clock := &testClock{}
	for _, name := range []string{"dc02.contoso.com", "dc03.contoso.com"} {
		other := root
		other.DCHost = name
		n.serve(t, ldaplab.Options{Directory: other, Now: func() time.Time { return clock.Now().Add(7 * time.Minute) }})
	}
	stranger := lab.Directory{ForestName: "fabrikam.com", NetBIOSName: "FABRIKAM", DCHost: "dc01.fabrikam.com", BaseDN: "DC=fabrikam,DC=com"}
	n.serve(t, ldaplab.Options{Directory: stranger})
	s, err := collect(t, n.config("ldaps://dc01.contoso.com", "ldaps://dc02.contoso.com", "ldaps://dc03.contoso.com", "ldaps://dc04.contoso.com", "ldaps://dc01.fabrikam.com"))
	if err != nil {
		t.Fatal(err)
	}
	whole(t, s, evidence.ADServers, 3)
	for one := range s.ADServers() {
		if one.Host() != "dc01.contoso.com" && !one.Clock().Equal(clock.Now().Add(7*time.Minute)) {
			t.Errorf("%s: clock %v", one.Host(), one.Clock())
		}
	}
	if bound := n.binds(); len(bound) != 1 || bound["dc01.contoso.com"] == 0 {
		t.Errorf("signed in at %v", bound)
	}
}
