package ldaplab

import (
	"net"
	"slices"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
)

const childBase = "DC=emea," + testBase

// family is a root domain with three users and a child with two.
func family() (root, sub lab.Directory) {
	root = sample(3)
	sub = lab.Directory{ForestName: "emea.contoso.com", NetBIOSName: "EMEA", DCHost: "dc21.emea.contoso.com", BaseDN: childBase, DomainGUID: directory.GUID{7}}
	for _, name := range []string{"Ann", "Ben"} {
		sub.Entries = append(sub.Entries, lab.Entry{DN: "CN=" + name + "," + childBase, Attributes: []lab.Attribute{
			text("objectClass", "top", "person", "organizationalPerson", "user"), text("mail", name+"@fabrikam.com"), text("department", "Sales"),
		}})
	}
	return root, sub
}

// startCatalog serves the global catalog of the options in clear and gives the address.
func startCatalog(t testing.TB, o Options) string {
	t.Helper()
	o.Accounts = []Account{{Name: "reader", Password: testPassword}}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return serving(t, s.ServeCatalog)
}

// found searches and gives the names that came, and the references.
func found(t testing.TB, c *ldap.Conn, r *ldap.SearchRequest) (names, references []string) {
	t.Helper()
	got, err := c.Search(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range got.Entries {
		names = append(names, e.DN)
	}
	slices.Sort(names)
	return names, got.Referrals
}

const people = "(&(objectCategory=person)(objectClass=user))"

func TestForestOfTwoDomains(t *testing.T) {
	root, sub := family()
	both := []lab.Directory{root, sub}
	parent := connect(t, start(t, Options{Directory: root, Forest: both}, false), `CONTOSO\reader`)
	names, references := found(t, parent, subtree(testBase, people, "mail"))
	if len(names) != 4 || !slices.Contains(references, "ldap://emea.contoso.com/"+childBase) {
		t.Errorf("the root holds %q and refers to %q", names, references)
	}
	if _, err := parent.Search(subtree("CN=Ann,"+childBase, people, "mail")); code(err) != ldap.LDAPResultReferral {
		t.Errorf("the child's objects at the root: %v", err)
	}
	own := connect(t, start(t, Options{Directory: sub, Forest: both}, false), `CONTOSO\reader`)
	if names, _ = found(t, own, subtree(childBase, people, "mail")); len(names) != 2 {
		t.Errorf("the child holds %q", names)
	}
	if _, err := own.Search(subtree(testBase, people, "mail")); code(err) != ldap.LDAPResultReferral {
		t.Errorf("the root's objects at the child: %v", err)
	}
	config := root.ConfigurationDN()
	for _, c := range []*ldap.Conn{parent, own} {
		names, _ = found(t, c, subtree("CN=Partitions,"+config, "(&(objectClass=crossRef)(systemFlags=3))", "nCName"))
		if diff := cmp.Diff([]string{"CN=CONTOSO,CN=Partitions," + config, "CN=EMEA,CN=Partitions," + config}, names); diff != "" {
			t.Errorf("domains (-want +got):\n%s", diff)
		}
		if names, _ = found(t, c, subtree("CN=Services,"+config, "(cn=RTC Service)")); len(names) != 1 {
			t.Errorf("services %q", names)
		}
		got, err := c.Search(ldap.NewSearchRequest("", 0, 0, 0, 0, false, "(objectClass=*)", nil, nil))
		if err != nil {
			t.Fatal(err)
		}
		if e := got.Entries[0]; e.GetAttributeValue("rootDomainNamingContext") != testBase || e.GetAttributeValue("configurationNamingContext") != config {
			t.Errorf("rootDSE: %s %s", e.GetAttributeValue("rootDomainNamingContext"), e.GetAttributeValue("configurationNamingContext"))
		}
	}
}

func TestGlobalCatalog(t *testing.T) {
	root, sub := family()
	o := Options{Directory: root, Forest: []lab.Directory{root, sub}, Catalog: true}
	c := connect(t, startCatalog(t, o), `CONTOSO\reader`)
	names, references := found(t, c, subtree(testBase, people, "mail"))
	if len(names) != 6 || len(references) != 0 {
		t.Errorf("the catalog holds %q and refers to %q", names, references)
	}
	got, err := c.Search(subtree(childBase, "(mail=ann@fabrikam.com)", "mail", "department", "objectGUID"))
	if err != nil || len(got.Entries) != 1 || got.Entries[0].GetAttributeValue("mail") == "" || got.Entries[0].GetAttributeValue("department") != "" {
		t.Errorf("%v %v", got, err)
	}
	if got, err = c.Search(subtree(childBase, "(mail=ann@fabrikam.com)")); err != nil || got.Entries[0].GetAttributeValue("department") != "" {
		t.Errorf("all attributes: %v %v", got, err)
	}
	for _, blind := range []string{"(department=Sales)", "(!(department=Sales))", "(&(mail=*)(department=*))"} {
		if names, _ = found(t, c, subtree(childBase, blind)); len(names) != 0 {
			t.Errorf("%s finds %q", blind, names)
		}
	}
	direct := connect(t, start(t, o, false), `CONTOSO\reader`)
	held := subtree("CN=Schema,"+root.ConfigurationDN(), "(&(lDAPDisplayName=mail)(isMemberOfPartialAttributeSet=TRUE))")
	if names, _ = found(t, direct, held); len(names) != 1 {
		t.Errorf("the domain controller finds %q", names)
	}
	if names, _ = found(t, c, held); len(names) != 0 {
		t.Errorf("the catalog finds %q", names)
	}
	for address, want := range map[*ldap.Conn]string{c: "TRUE", direct: "TRUE", connect(t, start(t, Options{}, false), ""): "FALSE"} {
		got, err := address.Search(ldap.NewSearchRequest("", 0, 0, 0, 0, false, "(objectClass=*)", []string{"isGlobalCatalogReady"}, nil))
		if err != nil || got.Entries[0].GetAttributeValue("isGlobalCatalogReady") != want {
			t.Errorf("%v %v, want %s", got, err, want)
		}
	}
	s, err := New(Options{Directory: root})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ServeCatalog(t.Context(), l); err == nil {
		t.Error("a server that is no catalog serves one")
	}
	if _, err := New(Options{Directory: root, Forest: []lab.Directory{sub}}); err == nil {
		t.Error("a server of a domain outside the forest was made")
	}
}

func TestDeletedObjectsAreShownOnRequest(t *testing.T) {
	d := sample(1)
	container := "CN=Deleted Objects," + testBase
	for _, dn := range []string{container, "CN=Ann\\0ADEL:1," + container} {
		d.Entries = append(d.Entries, lab.Entry{DN: dn, Attributes: []lab.Attribute{text("objectClass", "top", "user"), text("isDeleted", "TRUE")}})
	}
	c := connect(t, start(t, Options{Directory: d}, false), `CONTOSO\reader`)
	if names, _ := found(t, c, subtree(testBase, "(isDeleted=TRUE)")); len(names) != 0 {
		t.Errorf("without the control %q", names)
	}
	if _, err := c.Search(subtree(container, "(isDeleted=TRUE)")); code(err) != ldap.LDAPResultNoSuchObject {
		t.Errorf("the container without the control: %v", err)
	}
	r := subtree(container, "(isDeleted=TRUE)")
	r.Controls = []ldap.Control{ldap.NewControlString(oidShowDeleted, true, "")}
	if names, _ := found(t, c, r); len(names) != 2 {
		t.Errorf("with the control %q", names)
	}
}

func TestRecycledObjectsAreShownOnRequest(t *testing.T) {
	d := sample(1)
	container := "CN=Deleted Objects," + testBase
	for dn, recycled := range map[string]string{container: "FALSE", "CN=Ann\\0ADEL:1," + container: "FALSE", "CN=Bob\\0ADEL:2," + container: "TRUE"} {
		d.Entries = append(d.Entries, lab.Entry{DN: dn, Attributes: []lab.Attribute{text("objectClass", "top", "user"), text("isDeleted", "TRUE"), text("isRecycled", recycled)}})
	}
	c := connect(t, start(t, Options{Directory: d}, false), `CONTOSO\reader`)
	for _, tt := range []struct {
		want     int
		controls []string
	}{{0, nil}, {2, []string{oidShowDeleted}}, {3, []string{oidShowRecycled}}, {3, []string{oidShowDeleted, oidShowRecycled}}} {
		r := subtree(testBase, "(isDeleted=TRUE)")
		for _, oid := range tt.controls {
			r.Controls = append(r.Controls, ldap.NewControlString(oid, true, ""))
		}
		if names, _ := found(t, c, r); len(names) != tt.want {
			t.Errorf("%q show %q", tt.controls, names)
		}
	}
}
