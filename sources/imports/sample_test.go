package imports_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/imports"
)

func exported() time.Time { return time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC) }

// entry is a record to be written: its name, and lines "attribute: value"; "attribute:: base64" for bytes.
type entry struct {
	dn    string
	lines []string
}

// guid gives the line of an objectGUID.
func guid(n byte) string {
	g := directory.GUID{n, 1}
	return "objectGUID:: " + base64.StdEncoding.EncodeToString(g[:])
}

const (
	contoso  = "DC=contoso,DC=com"
	settings = "CN=Configuration,DC=contoso,DC=com"
)

func lines(text string) []string { return strings.Split(strings.TrimSpace(text), "\n") }

// account is a user with what a domain controller keeps of each.
func account(n byte, dn, name string, more ...string) entry {
	return entry{dn, append(append(lines("objectClass: top\nobjectClass: person\nobjectClass: organizationalPerson\nobjectClass: user\n"+
		"objectCategory: CN=Person,CN=Schema,"+settings+"\nsAMAccountName: "+name+"\nuserAccountControl: 512\naccountExpires: 0\npwdLastSet: 134000000000000000\n"+
		"whenCreated: 20250102030405.0Z\nwhenChanged: 20260102030405.0Z\nobjectSid:: AQUAAAAAAAUVAAAAxkLjVIfYOnL8xKQWUAQAAA=="), guid(n)), more...)}
}

// sampleDomain is the domain partition of contoso.com.
func sampleDomain() []entry {
	return []entry{
		{contoso, append(lines("objectClass: top\nobjectClass: domain\nobjectClass: domainDNS\ndc: contoso"), guid(1))},
		{"OU=Tokyo," + contoso, append(lines("objectClass: top\nobjectClass: organizationalUnit\nou: Tokyo"), guid(2))},
		account(3, "CN=岡本 太郎,OU=Tokyo,"+contoso, "taro", "displayName: 岡本 太郎", "mail: taro@contoso.com", "proxyAddresses: SMTP:taro@contoso.com",
			"proxyAddresses: sip:taro@contoso.com", "msRTCSIP-UserEnabled: TRUE", "msRTCSIP-PrimaryUserAddress: sip:taro@contoso.com", "description: 営業部"),
		account(4, "CN=svc-mail,OU=Tokyo,"+contoso, "svc-mail", "servicePrincipalName: HTTP/mail.contoso.com"),
		account(5, "CN=MSOL_0123,CN=Users,"+contoso, "MSOL_0123", "mail: MSOL@contoso.com "),
		{"CN=Ext,OU=Tokyo," + contoso, append(lines("objectClass: top\nobjectClass: person\nobjectClass: organizationalPerson\nobjectClass: contact\n"+
			"objectCategory: CN=Person,CN=Schema,"+settings+"\nmail: ext@fabrikam.com\nwhenCreated: 20250102030405.0Z\nwhenChanged: 20250102030405.0Z"), guid(6))},
		{"CN=Sales,OU=Tokyo," + contoso, append(lines("objectClass: top\nobjectClass: group\nobjectCategory: CN=Group,CN=Schema,"+settings+"\nsAMAccountName: Sales\n"+
			"mail: sales@contoso.com\nproxyAddresses: SMTP:sales@contoso.com\nmailNickname: sales\nobjectSid:: AQUAAAAAAAUVAAAAxkLjVIfYOnL8xKQWUQQAAA==\n"+
			"whenCreated: 20250102030405.0Z\nwhenChanged: 20250102030405.0Z\nmember: CN=Ext,OU=Tokyo,"+contoso), guid(7))},
		{"CN=No mail,OU=Tokyo," + contoso, append(lines("objectClass: top\nobjectClass: group\nobjectCategory: CN=Group,CN=Schema,"+settings+"\nsAMAccountName: No mail"), guid(8))},
		{"CN=CSAdministrator,CN=Users," + contoso, append(lines("objectClass: top\nobjectClass: group\nobjectCategory: CN=Group,CN=Schema,"+settings+
			"\nsAMAccountName: CSAdministrator\nwhenCreated: 20250102030405.0Z\nwhenChanged: 20250102030405.0Z"), guid(9))},
		computer(10, "FE01"), computer(11, "PC77"),
		{"CN=gone\\0ADEL:1,CN=Deleted Objects," + contoso, append(lines("objectClass: top\nobjectClass: person\nobjectClass: user\nisDeleted: TRUE"), guid(12))},
	}
}

func computer(n byte, name string) entry {
	return entry{"CN=" + name + ",CN=Computers," + contoso, append(lines("objectClass: top\nobjectClass: person\nobjectClass: organizationalPerson\nobjectClass: user\n"+
		"objectClass: computer\nobjectCategory: CN=Computer,CN=Schema,"+settings+"\nsAMAccountName: "+name+"$\ndNSHostName: "+name+".contoso.com\n"+
		"operatingSystem: Windows Server 2019 Standard\nwhenCreated: 20250102030405.0Z\nwhenChanged: 20250102030405.0Z"), guid(n))}
}

// sampleConfiguration is the configuration partition of contoso.com.
func sampleConfiguration() []entry {
	const rtc = "CN=RTC Service,CN=Services," + settings
	times := "\nwhenCreated: 20250102030405.0Z\nwhenChanged: 20250102030405.0Z"
	return []entry{
		{settings, append(lines("objectClass: top\nobjectClass: configuration"), guid(20))},
		{"CN=Partitions," + settings, append(lines("objectClass: top\nobjectClass: crossRefContainer\nuPNSuffixes: contoso.jp\nuPNSuffixes: contoso.local"), guid(21))},
		{"CN=CONTOSO,CN=Partitions," + settings, append(lines("objectClass: top\nobjectClass: crossRef\nnCName: "+contoso+"\ndnsRoot: Contoso.com\nnETBIOSName: CONTOSO\nsystemFlags: 3"), guid(22))},
		{"CN=zones,CN=Partitions," + settings, append(lines("objectClass: top\nobjectClass: crossRef\nnCName: DC=DomainDnsZones,"+contoso+"\ndnsRoot: DomainDnsZones.contoso.com\nsystemFlags: 5"), guid(23))},
		{"CN=Services," + settings, append(lines("objectClass: top\nobjectClass: container"), guid(24))},
		{rtc, append(lines("objectClass: top\nobjectClass: container\nobjectClass: msRTCSIP-Service"+times), guid(25))},
		{"CN=pool01,CN=Pools," + rtc, append(lines("objectClass: top\nobjectClass: msRTCSIP-Pool\ndNSHostName: pool01.contoso.com\nmsRTCSIP-PoolVersion: 6\n"+
			"msRTCSIP-PoolType: 10\nmsRTCSIP-PoolDisplayName: pool01\nmsRTCSIP-FrontEndServers: CN=LS,CN=Microsoft,CN=fe01,CN=Computers,"+contoso+times), guid(26))},
		{"CN=contoso.com," + rtc, append(lines("objectClass: top\nobjectClass: msRTCSIP-Domain\nmsRTCSIP-DomainName: contoso.com"+times), guid(27))},
		{"CN=RGS,CN=Application Contacts," + rtc, append(lines("objectClass: top\nobjectClass: person\nobjectClass: organizationalPerson\nobjectClass: contact\n"+
			"objectCategory: CN=Person,CN=Schema,"+settings+"\nmsRTCSIP-OwnerUrn: urn:application:RGS\nmsRTCSIP-PrimaryUserAddress: sip:rgs@contoso.com"+times), guid(28))},
		{"CN=Contoso,CN=Microsoft Exchange,CN=Services," + settings, append(lines("objectClass: top\nobjectClass: container\nobjectClass: msExchContainer\n"+
			"objectClass: msExchOrganizationContainer"+times), guid(29))},
		{"CN=EX1,CN=Autodiscover," + settings, append(lines("objectClass: top\nobjectClass: leaf\nobjectClass: connectionPoint\nobjectClass: serviceConnectionPoint\n"+
			"keywords: 77378F46-2C66-4aa9-A6A6-3E7A48B19596\nkeywords: Site=Tokyo\nserviceBindingInformation: https://autodiscover.contoso.com/Autodiscover/Autodiscover.xml"+times), guid(30))},
		{"CN=other,CN=Services," + settings, append(lines("objectClass: top\nobjectClass: serviceConnectionPoint\nkeywords: printer"), guid(31))},
	}
}

// ldifde writes records as ldifde does: text beyond ASCII in base64, folded, each an addition.
func ldifde(all ...[]entry) string {
	var b strings.Builder
	for _, list := range all {
		for _, e := range list {
			line(&b, "dn: "+e.dn, 78, "\r\n")
			b.WriteString("changetype: add\r\n")
			for _, text := range e.lines {
				line(&b, text, 78, "\r\n")
			}
			b.WriteString("\r\n")
		}
	}
	return b.String()
}

// ldapsearch writes records as ldapsearch does, with its head and tail.
func ldapsearch(base, filter, requesting string, all ...[]entry) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# extended LDIF\n#\n# LDAPv3\n# base <%s> with scope subtree\n# filter: %s\n# requesting: %s\n# with pagedResults control: size=1000\n#\n\n", base, filter, requesting)
	count := 0
	for _, list := range all {
		for _, e := range list {
			b.WriteString("# " + strings.NewReplacer(",DC=", ".", ",", ", ").Replace(e.dn) + "\n")
			line(&b, "dn: "+e.dn, 1<<20, "\n")
			for _, text := range e.lines {
				line(&b, text, 1<<20, "\n")
			}
			b.WriteString("\n")
			count++
		}
	}
	fmt.Fprintf(&b, "# search result\nsearch: 2\nresult: 0 Success\ncontrol: 1.2.840.113556.1.4.319 false MIQAAAAFAgEABAA=\npagedresults: cookie=\n\n# numResponses: %d\n", count+1)
	if count > 0 {
		fmt.Fprintf(&b, "# numEntries: %d\n", count)
	}
	return b.String()
}

func line(b *strings.Builder, text string, width int, end string) {
	if name, value, ok := strings.Cut(text, ": "); ok && !strings.HasSuffix(name, ":") && !plain(value) {
		text = name + ":: " + base64.StdEncoding.EncodeToString([]byte(value))
	}
	for len(text) > width {
		b.WriteString(text[:width] + end + " ")
		text = text[width:]
	}
	b.WriteString(text + end)
}

func plain(value string) bool {
	return value == "" || strings.Trim(value, " ") == value && value[0] != ':' && value[0] != '<' && !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r >= 0x7f })
}

// file makes a file of a text.
func file(name, text string) imports.File {
	return imports.File{Name: name, Modified: exported(), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader([]byte(text))), nil }}
}

// read imports files of one forest.
func read(t *testing.T, o imports.Options, files ...imports.File) *evidence.Snapshot {
	t.Helper()
	all, err := imports.LDIF(context.Background(), files, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("%d forests", len(all))
	}
	return all[0]
}

func coverage(t *testing.T, s *evidence.Snapshot, d evidence.Dataset) evidence.Coverage {
	t.Helper()
	of := s.Of(d)
	if len(of) != 1 {
		t.Fatalf("%d coverages of %s", len(of), d)
	}
	return of[0]
}
