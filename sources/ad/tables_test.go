package ad

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
	"hybridaudit/sources/lab"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

// furnished is contoso.com with Exchange, connection points, service accounts, servers, deleted objects and whatever should not be read of them.
func furnished() lab.Directory {
	d := sample(3)
	services, schemaDN := "CN=Services,"+testConfig, "CN=Schema,"+testConfig
	org := "CN=Contoso,CN=Microsoft Exchange," + services
	deleted := "CN=Deleted Objects," + testBase
	staff := ",OU=Staff," + testBase
	d.Entries = append(d.Entries,
		entry("CN=Global Settings,"+testRTC, "top,container,msRTCSIP-GlobalContainer"),
		entry("CN=contoso.com,CN=Global Settings,"+testRTC, "top,msRTCSIP-Domain", "msRTCSIP-DomainName", "contoso.com"),
		entry("CN=Topology,CN=Global Settings,"+testRTC, "top,msRTCSIP-GlobalTopologySetting", "msRTCSIP-BackEndServer", "sql01.contoso.com\\rtc"),
		entry("CN=Trusted,"+testRTC, "top,container"),
		entry("CN=t1,CN=Trusted,"+testRTC, "top,msRTCSIP-TrustedServer", "msRTCSIP-TrustedServerFQDN", "FE01.contoso.com", "msRTCSIP-TrustedServerVersion", "7"),
		entry("CN=t2,CN=Trusted,"+testRTC, "top,msRTCSIP-TrustedServer", "msRTCSIP-TrustedServerFQDN", "gone.contoso.com"),
		entry("CN=s1,CN=Trusted,"+testRTC, "top,msRTCSIP-TrustedService", "msRTCSIP-TrustedServiceType", "MediationServer", "msRTCSIP-TrustedServicePort", "5070"),
		entry("CN=e1,CN=Trusted,"+testRTC, "top,msRTCSIP-EdgeProxy", "msRTCSIP-EdgeProxyFQDN", "edge.contoso.com"),
		entry("CN=1,CN=Trusted,"+testRTC, "top,msRTCSIP-ConferenceDirectory"),
		entry("CN=pool02,CN=Pools,"+testRTC, "top,msRTCSIP-Pool", "dNSHostName", "pool02.contoso.com", "msRTCSIP-BackEndServer", "sql01.contoso.com\\rtc",
			"msRTCSIP-FrontEndServers", "CN=LC Services,CN=Microsoft,CN=fe02"+staff+"\nCN=fe03"+staff),
		entry("CN=RTCUniversalServerAdmins,OU=Other,"+testBase, "top,group", "sAMAccountName", "RTCUniversalServerAdmins", "objectSid", sid(20)),
		entry("CN=CSAdministrator,OU=Other,"+testBase, "top,group", "sAMAccountName", "CSAdministrator", "objectSid", sid(21)),
		entry("CN=Microsoft Exchange,"+services, "top,container"),
		entry(org, "top,container,msExchOrganizationContainer"),
		entry("CN=Servers,"+org, "top,container"),
		entry("CN=ex01,CN=Servers,"+org, "top,server,msExchExchangeServer", "serialNumber", "Version 15.1 (Build 32507.6)", "msExchCurrentServerRoles", "16439",
			"networkAddress", "ncacn_ip_tcp:ex01.contoso.com"),
		entry("CN=Hybrid Configuration,"+org, "top,container"),
		entry("CN=Hybrid Configuration,CN=Hybrid Configuration,"+org, "top,msExchCoexistenceRelationship", "msExchCoexistenceDomains", "contoso.com"),
		entry("CN=ex01,"+services, "top,connectionPoint,serviceConnectionPoint", "keywords", "77378F46-2C66-4aa9-A6A6-3E7A48B19596\nSite=Berlin",
			"serviceBindingInformation", "https://autodiscover.contoso.com/autodiscover/autodiscover.xml"),
		entry("CN=62a0ff2e-97b9-4513-943f-0d221bd30080,"+services, "top,connectionPoint,serviceConnectionPoint",
			"keywords", "azureADId:11111111-2222-3333-4444-555555555555\nazureADName:contoso.com"),
		entry("CN=printer,"+services, "top,connectionPoint,serviceConnectionPoint", "keywords", "printer"),
		entry("CN=ms-RTC-SIP-SchemaVersion,"+schemaDN, "top,attributeSchema", "lDAPDisplayName", "msRTCSIP-SchemaVersion", "rangeUpper", "1150"),
		entry("CN=ms-Exch-Schema-Version-Pt,"+schemaDN, "top,attributeSchema", "lDAPDisplayName", "ms-Exch-Schema-Version-Pt", "rangeUpper", "17003"),
		entry("CN=MSOL_1"+staff, "top,person,organizationalPerson,user", "sAMAccountName", "MSOL_1a2b", "objectSid", sid(30), "userAccountControl", "66048",
			"description", "Account created by Microsoft Azure Active Directory Connect"),
		entry("CN=web"+staff, "top,person,organizationalPerson,user", "sAMAccountName", "svc-web", "objectSid", sid(31), "servicePrincipalName", "http/web.contoso.com"),
		entry("CN=agent"+staff, "top,person,organizationalPerson,user,computer,msDS-GroupManagedServiceAccount", "sAMAccountName", "provAgentgMSA$", "objectSid", sid(32)),
		entry("CN=fe01"+staff, "top,person,organizationalPerson,user,computer", "sAMAccountName", "FE01$", "dNSHostName", "fe01.contoso.com", "objectSid", sid(33),
			"servicePrincipalName", "HOST/fe01", "userAccountControl", "4096"),
		entry("CN=fe02"+staff, "top,person,organizationalPerson,user,computer", "sAMAccountName", "FE02$", "dNSHostName", "fe02.lab.contoso.com", "userAccountControl", "4098"),
		entry("CN=fe03"+staff, "top,person,organizationalPerson,user,computer", "sAMAccountName", "FE03$", "dNSHostName", "fe03.contoso.com"),
		entry("CN=desk"+staff, "top,person,organizationalPerson,user,computer", "sAMAccountName", "DESK$", "dNSHostName", "desk.contoso.com"),
		entry(deleted, "top,container", "isDeleted", "TRUE"),
		entry("CN=Ann\\0ADEL:1,"+deleted, "top,person,organizationalPerson,user", "isDeleted", "TRUE", "sAMAccountName", "ann", "lastKnownParent", "OU=Staff,"+testBase),
		entry("CN=Old\\0ADEL:2,"+deleted, "top,group", "isDeleted", "TRUE", "sAMAccountName", "old"),
		entry("CN=PC\\0ADEL:3,"+deleted, "top,person,organizationalPerson,user,computer", "isDeleted", "TRUE", "sAMAccountName", "PC$"),
	)
	return d
}

// namesOf lists the names of a table's rows with one of their attributes, in order.
func namesOf(s *evidence.Snapshot, d evidence.Dataset, attribute string) []string {
	var all []string
	for e := range s.Entries(d) {
		dn, _ := directory.ParseDN(e.DN())
		classes := slices.Collect(e.Classes())
		all = append(all, strings.TrimRight(fmt.Sprintf("%s %s %s", dn.Name(), classes[len(classes)-1], strings.Join(e.Attribute(attribute), "|")), " "))
	}
	slices.Sort(all)
	return all
}

func TestSmallTables(t *testing.T) {
	c := configFor(start(t, ldaplab.Options{Directory: furnished()}, false))
	c.ReadDeleted = true
	s, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	for d, tt := range map[evidence.Dataset]struct {
		attribute string
		rows      []string
	}{
		evidence.ADTopology: {"msRTCSIP-TrustedServerFQDN", []string{
			"1 msRTCSIP-ConferenceDirectory", "CSAdministrator group", "Global Settings msRTCSIP-GlobalContainer", "RTC Service container",
			"RTCUniversalServerAdmins group", "Topology msRTCSIP-GlobalTopologySetting", "contoso.com msRTCSIP-Domain", "e1 msRTCSIP-EdgeProxy",
			"s1 msRTCSIP-TrustedService", "t1 msRTCSIP-TrustedServer FE01.contoso.com", "t2 msRTCSIP-TrustedServer gone.contoso.com",
		}},
		evidence.ADExchange: {"serialNumber", []string{
			"Contoso msExchOrganizationContainer", "Hybrid Configuration msExchCoexistenceRelationship", "ex01 msExchExchangeServer Version 15.1 (Build 32507.6)",
		}},
		evidence.ADConnectionPoints: {"keywords", []string{
			"62a0ff2e-97b9-4513-943f-0d221bd30080 serviceConnectionPoint azureADId:11111111-2222-3333-4444-555555555555|azureADName:contoso.com",
			"ex01 serviceConnectionPoint 77378F46-2C66-4aa9-A6A6-3E7A48B19596|Site=Berlin",
		}},
		evidence.ADServiceAccounts: {"servicePrincipalName", []string{"MSOL_1 user", "agent msDS-GroupManagedServiceAccount", "web user http/web.contoso.com"}},
		evidence.ADComputers:       {"sAMAccountName", []string{"fe01 computer FE01$", "fe02 computer FE02$", "fe03 computer FE03$"}},
		evidence.ADDeleted:         {"lastKnownParent", []string{"Ann\nDEL:1 user OU=Staff," + testBase, "Old\nDEL:2 group"}},
	} {
		got := coverage(t, s, d)
		if got.State != evidence.Complete || got.Rows != len(tt.rows) || got.Expected != got.Rows || len(got.Missing) > 0 {
			t.Errorf("%s: %+v", d, got)
		}
		if diff := cmp.Diff(tt.rows, namesOf(s, d, tt.attribute)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", d, diff)
		}
	}
	for f := range s.Forests() {
		rtc, _ := f.RTCSchema()
		if exchange, _ := f.ExchangeSchema(); rtc != 1150 || exchange != 17003 {
			t.Errorf("versions of the schema %d %d", rtc, exchange)
		}
	}
	for p := range s.Pools() {
		if p.DisplayName() == "" && (p.BackEnd() != `sql01.contoso.com\rtc` || len(slices.Collect(p.FrontEnds())) != 2) {
			t.Errorf("pool %s: %s %v", p.Host(), p.BackEnd(), slices.Collect(p.FrontEnds()))
		}
	}
	whole(t, s, evidence.ADUsers, 5) // with two service accounts, without computers
}

func TestDeletedObjects(t *testing.T) {
	hidden := []ldaplab.Fault{{Kind: ldaplab.HiddenSubtree, Names: []string{"CN=Deleted Objects," + testBase}}}
	c := configFor(start(t, ldaplab.Options{Directory: furnished(), Faults: hidden}, false))
	s, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Of(evidence.ADDeleted); len(got) != 0 {
		t.Errorf("without a request: %+v", got)
	}
	c.ReadDeleted = true
	if s, err = collect(t, c); err != nil {
		t.Fatal(err)
	}
	got := coverage(t, s, evidence.ADDeleted)
	if got.State != evidence.Failed || !got.Optional || got.Permission == "" || !strings.Contains(got.Reason, "CN=Deleted Objects cannot be seen (only administrators may") {
		t.Errorf("hidden: %+v", got)
	}
}

func TestWantedDatasets(t *testing.T) {
	address := start(t, ldaplab.Options{Directory: furnished()}, false)
	for want, named := range map[string][]evidence.Dataset{
		"ad.users":                           {evidence.ADUsers},
		"ad.groups ad.servers":               {evidence.ADServers, evidence.ADGroups},
		"ad.computers ad.pools ad.topology":  {evidence.ADComputers},
		"ad.domains ad.exchange ad.forests":  {evidence.ADForests, evidence.ADDomains, evidence.ADExchange, evidence.ADDeleted},
		"ad.connectionPoints":                {evidence.ADConnectionPoints},
		"ad.contacts ad.serviceAccounts":     {evidence.ADServiceAccounts, evidence.ADContacts},
		"ad.computers ad.pools ad.topology ": {evidence.ADTopology, evidence.ADComputers, evidence.ADPools},
	} {
		c := configFor(address)
		c.Datasets = named
		s, err := collect(t, c)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, cover := range s.Coverage() {
			if cover.State != evidence.Complete || cover.Rows == 0 {
				t.Errorf("%s: %+v", want, cover)
			}
			got = append(got, string(cover.Dataset))
		}
		slices.Sort(got)
		if diff := cmp.Diff(strings.Fields(want), got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestNarrowing(t *testing.T) {
	address := start(t, ldaplab.Options{Directory: sample(25)}, false)
	for name, tt := range map[string]struct {
		change                  func(*Config)
		users, contacts, groups int
		narrowed                [3]bool
		note                    string
	}{
		"nothing":    {func(*Config) {}, 25, 2, 2, [3]bool{}, ""},
		"base":       {func(c *Config) { c.SearchBases = []string{"OU=Staff," + testBase} }, 25, 1, 0, [3]bool{true, true, true}, "only these search bases"},
		"excluded":   {func(c *Config) { c.ExcludeOUs = []string{"ou=STAFF, dc=contoso,dc=com"} }, 0, 2, 2, [3]bool{true, true, true}, "was left out"},
		"both":       {func(c *Config) { c.SearchBases, c.ExcludeOUs = []string{testBase}, []string{"OU=Other," + testBase} }, 25, 1, 0, [3]bool{true, true, true}, "was left out"},
		"user":       {func(c *Config) { c.UserFilter = "(|(sAMAccountName=u00001)(displayName=User u00002))" }, 2, 2, 2, [3]bool{true}, "match this filter"},
		"contact":    {func(c *Config) { c.ContactFilter = "(mail=*)" }, 25, 1, 2, [3]bool{false, true}, ""},
		"group":      {func(c *Config) { c.GroupFilter = "(!(sAMAccountName=sales))" }, 25, 2, 1, [3]bool{false, false, true}, ""},
		"every page": {func(c *Config) { c.ExcludeOUs = []string{"CN=User 00000,OU=Staff," + testBase} }, 24, 2, 2, [3]bool{true, true, true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := configFor(address)
			tt.change(&c)
			s, err := collect(t, c)
			if err != nil {
				t.Fatal(err)
			}
			for i, rows := range []int{tt.users, tt.contacts, tt.groups} {
				if got := whole(t, s, objectDatasets()[i], rows); got.Narrowed != tt.narrowed[i] {
					t.Errorf("%s: narrowed %v", got.Dataset, got.Narrowed)
				}
			}
			notes := coverage(t, s, evidence.ADUsers).Notes
			if tt.note != "" && !slices.ContainsFunc(notes, func(note string) bool { return strings.Contains(note, tt.note) }) {
				t.Errorf("notes %q", notes)
			}
			if coverage(t, s, evidence.ADServiceAccounts).Narrowed {
				t.Error("service accounts are told to be narrowed")
			}
		})
	}
}

func TestNarrowingLeavesDomainsOut(t *testing.T) {
	n := forestOf(t, sample(5), emea(3))
	c := n.config("ldaps://dc01.contoso.com")
	c.SearchBases = []string{"CN=Users,DC=emea," + testBase}
	s, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	whole(t, s, evidence.ADUsers, 3)
	if got := coverage(t, s, evidence.ADServiceAccounts); got.State != evidence.Complete || !got.Narrowed {
		t.Errorf("service accounts: %+v", got)
	}
	if got := coverage(t, s, evidence.ADDomains); got.State != evidence.Complete || got.Rows != 2 {
		t.Errorf("domains: %+v", got)
	}
}

func TestExclusionEndsWithARepeatedPage(t *testing.T) {
	faults := []ldaplab.Fault{{Kind: ldaplab.RepeatedPage, Filter: "objectClass=user", Pages: 1, Times: -1}}
	c := configFor(start(t, ldaplab.Options{Directory: sample(25), Faults: faults}, false))
	c.ExcludeOUs = []string{"OU=Staff," + testBase}
	s, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if got := coverage(t, s, evidence.ADUsers); got.State == evidence.Complete || !strings.Contains(got.Reason, "same page again") {
		t.Errorf("users: %+v", got)
	}
}

func TestFilterAttributes(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		"(mail=*)":                        "mail",
		"(&(mail=*)(!(cn=a*b))(mail>=x))": "mail cn",
		"(userAccountControl:1.2.840.113556.1.4.803:=2)": "userAccountControl",
		"(|(sn~=a)(givenName;lang-de=b))":                "sn givenName",
	} {
		got, err := filterAttributes(text)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: %q %v, want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"mail=*", "(mail=*", "(mail=*)(cn=*)", "(&)x", "()", "*)(objectClass=*"} {
		if _, err := filterAttributes(text); err == nil {
			t.Errorf("%q passes for a filter", text)
		}
	}
	for _, text := range []string{
		entries.UserFilter, entries.ContactFilter, entries.GroupFilter, entries.PoolFilter, entries.ExchangeFilter, entries.ConnectionPointFilter, entries.ServiceAccountFilter, entries.DeletedFilter, entries.UniversalGroupFilter(),
		entries.TopologyFilter(`CN=R\(TC,DC=x`), and(entries.UserFilter, "(mail=*)"),
	} {
		if _, err := filterAttributes(text); err != nil {
			t.Error(err)
		}
	}
}

// TestBelow compares with the parsed names.
func TestBelow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SampledFrom([]string{"OU=Staff", "ou=staff", "OU=Old", `CN=a\,OU=Staff`, "CN=x", `CN=Berg\, Anna`, `OU=\\`, "DC=com"})
		of := func(label string) string { return strings.Join(rapid.SliceOfN(part, 1, 4).Draw(t, label), ",") }
		a, b := of("name"), of("head")
		name, err := directory.ParseDN(a)
		head, errHead := directory.ParseDN(b)
		if err != nil || errHead != nil {
			t.Fatal(err, errHead)
		}
		want := name.Equal(head) || name.Below(head)
		if got := below(directory.DNKey(a), []string{directory.DNKey("DC=nowhere"), directory.DNKey(b)}); got != want {
			t.Errorf("%s below %s: %v", a, b, got)
		}
	})
}
