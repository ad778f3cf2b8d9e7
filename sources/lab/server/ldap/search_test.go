package ldaplab

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hybridaudit/sources/lab"
)

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestRootDSE(t *testing.T) {
	c := connect(t, start(t, Options{}, false), "")
	got, err := c.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", nil, nil))
	if err != nil || len(got.Entries) != 1 {
		t.Fatal(got, err)
	}
	e := got.Entries[0]
	want := map[string]string{
		"defaultNamingContext": testBase, "rootDomainNamingContext": testBase, "configurationNamingContext": "CN=Configuration," + testBase,
		"schemaNamingContext": "CN=Schema,CN=Configuration," + testBase, "dnsHostName": "dc01.contoso.com",
		"ldapServiceName": "contoso.com:dc01$@CONTOSO.COM", "domainFunctionality": "7", "isGlobalCatalogReady": "FALSE",
		"dsServiceName": "CN=NTDS Settings,CN=DC01,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration," + testBase,
	}
	for name, value := range want {
		if e.GetAttributeValue(name) != value {
			t.Errorf("%s = %q, want %q", name, e.GetAttributeValue(name), value)
		}
	}
	for name, value := range map[string]string{
		"supportedControl": oidPaged, "supportedLDAPVersion": "3", "supportedCapabilities": "1.2.840.113556.1.4.800", "namingContexts": testBase,
		"supportedSASLMechanisms": "GSSAPI", "supportedExtension": oidStartTLS,
	} {
		if !slices.Contains(e.GetAttributeValues(name), value) {
			t.Errorf("%s = %v lacks %s", name, e.GetAttributeValues(name), value)
		}
	}
	if len(e.GetAttributeValue("currentTime")) != len("20260101000000.0Z") || e.GetAttributeValue("highestCommittedUSN") == "" {
		t.Error("no time or USN")
	}
}

func TestFilters(t *testing.T) {
	c := connect(t, start(t, Options{}, false), "reader@fabrikam.com")
	tests := []struct {
		filter string
		want   int
	}{
		{"(sAMAccountName=u00001)", 1},
		{"(SAMACCOUNTNAME=U00001)", 1},
		{"(mail=*)", 27},
		{"(&(objectCategory=person)(objectClass=user))", 26},
		{"(&(objectCategory=person)(objectClass=contact))", 1},
		{"(objectCategory=CN=Person,CN=Schema,CN=Configuration,DC=contoso,DC=com)", 27},
		{"(|(sAMAccountName=u00001)(sAMAccountName=u00002)(sAMAccountName=nobody))", 2},
		{"(&(objectClass=user)(!(mail=*)))", 1},
		{"(&(objectClass=user)(!(noSuchAttribute=*)))", 0}, // undefined, not false
		{"(|(noSuchAttribute=*)(sAMAccountName=u00001))", 1},
		{"(&(objectClass=user)(!(customThing=*)))", 26}, // in the schema, on no entry
		{"(mail=u0000*)", 10},
		{"(mail=*@CONTOSO.com)", 26},
		{"(mail=u*1*@*so.com)", 12},
		{"(proxyAddresses=sip:u0001*)", 10},
		{"(userAccountControl:1.2.840.113556.1.4.803:=2)", 6},
		{"(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))", 20},
		{"(userAccountControl:1.2.840.113556.1.4.804:=2)", 6},
		{"(userAccountControl:1.2.840.113556.1.4.803:=0x2)", 0},
		{"(accountExpires>=20)", 5},
		{"(accountExpires<=9)", 10}, // as numbers: 10 is not below 9
		{"(whenCreated>=20260101120020.0Z)", 5},
		{"(whenCreated>=20260101120020Z)", 5},
		{"(objectGUID=\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\00\\05\\00\\00\\00)", 1},
		{"(objectSid=S-1-5-21-1004)", 1},
		{"(objectSid=\\01\\02\\00\\00\\00\\00\\00\\05\\15\\00\\00\\00\\EC\\03\\00\\00)", 1},
		{"(memberOf=cn=everyone, ou=staff, dc=contoso, dc=com)", 25},
		{"(memberOf=*Everyone*)", 0}, // names have no substrings
		{"(distinguishedName=CN=USER 00003,OU=Staff,DC=contoso,DC=com)", 1},
		{"(sAMAccountName~=U00001)", 1},
		{"(!(objectClass=*))", 0},
	}
	for _, tt := range tests {
		t.Run(tt.filter, func(t *testing.T) {
			got, err := c.Search(subtree(testBase, tt.filter, "1.1"))
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Entries) != tt.want {
				t.Errorf("%d entries, want %d", len(got.Entries), tt.want)
			}
		})
	}
	if _, err := c.Search(subtree(testBase, "(cn:1.2.3.4:=x)")); code(err) != 18 {
		t.Errorf("unknown matching rule: %v, want code 18", err)
	}
}

func TestScopesAndContexts(t *testing.T) {
	c := connect(t, start(t, Options{}, false), "reader@fabrikam.com")
	config := "CN=Configuration," + testBase
	search := func(base string, scope int, controls ...ldap.Control) *ldap.SearchResult {
		t.Helper()
		r := ldap.NewSearchRequest(base, scope, 0, 0, 0, false, "(objectClass=*)", []string{"1.1"}, controls)
		got, err := c.Search(r)
		if err != nil {
			t.Fatalf("%s: %v", base, err)
		}
		return got
	}
	count := func(base string, scope, want int) {
		t.Helper()
		if got := len(search(base, scope).Entries); got != want {
			t.Errorf("%s scope %d: %d entries, want %d", base, scope, got, want)
		}
	}
	count("ou=STAFF, dc=contoso, dc=com", ldap.ScopeBaseObject, 1)
	count("ou=staff,"+testBase, ldap.ScopeSingleLevel, 26)
	count("ou=staff,"+testBase, ldap.ScopeWholeSubtree, 27)
	count(testBase, ldap.ScopeSingleLevel, 2)
	count(testBase, ldap.ScopeWholeSubtree, 1+2+2+26) // none of the configuration
	count("<GUID=00000000000000000000000003000000>", ldap.ScopeBaseObject, 1)
	count("CN=Services,"+config, ldap.ScopeWholeSubtree, 2)
	for _, e := range search(config, ldap.ScopeWholeSubtree).Entries {
		if strings.HasSuffix(e.DN, "CN=Schema,"+config) {
			t.Fatalf("%s is not of the configuration partition", e.DN)
		}
	}

	want := []string{
		"ldap://contoso.com/CN=Configuration,DC=contoso,DC=com",
		"ldap://domaindnszones.contoso.com/DC=DomainDnsZones,DC=contoso,DC=com", "ldap://forestdnszones.contoso.com/DC=ForestDnsZones,DC=contoso,DC=com",
	}
	if diff := cmp.Diff(want, search(testBase, ldap.ScopeWholeSubtree).Referrals, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("referrals of the domain (-want +got):\n%s", diff)
	}
	if got := search("ou=staff,"+testBase, ldap.ScopeWholeSubtree).Referrals; len(got) != 0 {
		t.Errorf("referrals of a unit: %v", got)
	}
	if got := search(testBase, ldap.ScopeWholeSubtree, ldap.NewControlString(oidDomainScope, true, "")).Referrals; len(got) != 0 {
		t.Errorf("referrals in spite of domain scope: %v", got)
	}

	_, err := c.Search(subtree("CN=x,OU=None,OU=Staff,"+testBase, "(cn=*)"))
	if code(err) != 32 || err.(*ldap.Error).MatchedDN != "OU=Staff,"+testBase { //nolint:errorlint,forcetypeassert // shown by code
		t.Errorf("missing base: %v", err)
	}
	if _, err := c.Search(subtree("not a name", "(cn=*)")); code(err) != 34 {
		t.Errorf("bad base: %v, want code 34", err)
	}
	if _, err := c.Search(ldap.NewSearchRequest(testBase, 2, 0, 0, 0, false, "(cn=*)", nil, []ldap.Control{ldap.NewControlString("1.2.3.4", true, "")})); code(err) != 12 {
		t.Errorf("unknown critical control: %v, want code 12", err)
	}
	if _, err := c.Search(ldap.NewSearchRequest(testBase, 0, 0, 0, 0, false, "(objectClass=*)", nil, []ldap.Control{ldap.NewControlString("1.2.3.4", false, "")})); err != nil {
		t.Errorf("unknown control: %v", err)
	}
}

func TestAttributeSelection(t *testing.T) {
	d := sample(1)
	d.Entries = append(d.Entries, lab.Entry{DN: "CN=Odd,OU=Staff," + testBase, Attributes: []lab.Attribute{
		text("objectClass", "top", "user"), text("sAMAccountName", "odd"), text("msDS-User-Account-Control-Computed", "16"), text("description", "x"),
	}})
	c := connect(t, start(t, Options{Directory: d}, false), "reader@fabrikam.com")
	every := []string{"description", "distinguishedName", "objectCategory", "objectClass", "sAMAccountName"}
	tests := []struct {
		ask  []string
		want []string
	}{
		{nil, every},
		{[]string{"*"}, every},
		{[]string{"+"}, []string{"msDS-User-Account-Control-Computed"}},
		{[]string{"*", "+"}, append(slices.Clone(every), "msDS-User-Account-Control-Computed")},
		{[]string{"SAMACCOUNTNAME", "noSuch", "mail"}, []string{"sAMAccountName"}},
		{[]string{"msDS-User-Account-Control-Computed"}, []string{"msDS-User-Account-Control-Computed"}},
		{[]string{"1.1"}, nil},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.ask), func(t *testing.T) {
			got, err := c.Search(subtree(testBase, "(sAMAccountName=odd)", tt.ask...))
			if err != nil || len(got.Entries) != 1 {
				t.Fatal(err)
			}
			var names []string
			for _, a := range got.Entries[0].Attributes {
				names = append(names, a.Name)
			}
			if diff := cmp.Diff(tt.want, names, cmpopts.SortSlices(strings.Compare), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("attributes (-want +got):\n%s", diff)
			}
		})
	}
	types := subtree(testBase, "(sAMAccountName=odd)", "sAMAccountName")
	types.TypesOnly = true
	got, err := c.Search(types)
	if err != nil || len(got.Entries[0].Attributes) != 1 || len(got.Entries[0].Attributes[0].Values) != 0 {
		t.Errorf("types only: %v %v", got, err)
	}
}

func TestSchemaPartition(t *testing.T) {
	c := connect(t, start(t, Options{}, false), "reader@fabrikam.com")
	kinds := func(name string) string {
		got, err := c.Search(subtree("CN=Schema,CN=Configuration,"+testBase, "(&(objectClass=attributeSchema)(lDAPDisplayName="+name+"))"))
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Entries) == 0 {
			return "none"
		}
		e := got.Entries[0]
		return strings.Join([]string{
			e.GetAttributeValue("lDAPDisplayName"), e.GetAttributeValue("attributeSyntax"), e.GetAttributeValue("isSingleValued"),
			e.GetAttributeValue("isMemberOfPartialAttributeSet"),
		}, " ")
	}
	for name, want := range map[string]string{
		"userprincipalname":          "userPrincipalName 2.5.5.12 TRUE TRUE",
		"proxyAddresses":             "proxyAddresses 2.5.5.12 FALSE FALSE",
		"objectSid":                  "objectSid 2.5.5.17 TRUE TRUE",
		"mS-DS-ConsistencyGuid":      "mS-DS-ConsistencyGuid 2.5.5.10 TRUE FALSE",
		"msRTCSIP-UserEnabled":       "msRTCSIP-UserEnabled 2.5.5.8 TRUE TRUE", // listed by the directory
		"customThing":                "customThing 2.5.5.12 TRUE FALSE",
		"msRTCSIP-PrimaryHomeServer": "none", // Skype for Business was never installed here
		"msExchMailboxGuid":          "none",
	} {
		if got := kinds(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if got := kinds("*"); got == "none" {
		t.Error("the schema partition is empty")
	}
}
