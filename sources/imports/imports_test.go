package imports_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/imports"
	"hybridaudit/sources/imports/ldif"
)

// names lists the rows of a dataset by their names.
func names(s *evidence.Snapshot, d evidence.Dataset) []string {
	var all []string
	first := func(dn string) string {
		name, _, _ := strings.Cut(dn, ",")
		return strings.TrimPrefix(name, "CN=")
	}
	switch d {
	case evidence.ADUsers, evidence.ADContacts, evidence.ADGroups:
		for o := range s.ADObjects(d) {
			all = append(all, first(o.DN()))
		}
	case evidence.ADPools:
		for p := range s.Pools() {
			all = append(all, first(p.DN()))
		}
	default:
		for e := range s.Entries(d) {
			all = append(all, first(e.DN()))
		}
	}
	return all
}

// whole is what the sample holds.
func whole() map[evidence.Dataset][]string {
	return map[evidence.Dataset][]string{
		evidence.ADUsers: {"岡本 太郎", "svc-mail", "MSOL_0123"}, evidence.ADContacts: {"Ext", "RGS"}, evidence.ADGroups: {"Sales"},
		evidence.ADServiceAccounts: {"svc-mail", "MSOL_0123"}, evidence.ADPools: {"pool01"}, evidence.ADTopology: {"CSAdministrator", "RTC Service", "contoso.com"},
		evidence.ADExchange: {"Contoso"}, evidence.ADConnectionPoints: {"EX1"}, evidence.ADComputers: {"FE01"},
	}
}

// TestSameFromBothTools reads the sample as either tool writes it, in one file or in several.
func TestSameFromBothTools(t *testing.T) {
	domain, configuration := sampleDomain(), sampleConfiguration()
	tests := []struct {
		name    string
		options imports.Options
		files   []imports.File
	}{
		{"ldapsearch", imports.Options{}, []imports.File{
			file("d.ldif", ldapsearch(contoso, "(objectClass=*)", "* "+"msDS-User-Account-Control-Computed ", domain)),
			file("c.ldif", ldapsearch(settings, "(objectClass=*)", "ALL", configuration)),
		}},
		{"ldapsearch, in one file", imports.Options{}, []imports.File{
			file("d.ldif", ldapsearch(settings, "(objectclass=*)", "ALL", configuration)+ldapsearch(contoso, "(objectclass=*)", "ALL", domain)),
		}},
		{"ldifde", imports.Options{AllAttributes: true}, []imports.File{file("d.ldf", ldifde(domain)), file("c.ldf", ldifde(configuration))}},
		{"ldifde, in one file", imports.Options{AllAttributes: true}, []imports.File{file("d.ldf", ldifde(configuration, domain))}},
		{"a list of attributes", imports.Options{Attributes: append(evidence.SchemaOf(evidence.ADUsers).Names(), everyColumn()...)}, []imports.File{file("d.ldf", ldifde(domain, configuration))}},
		{"filters that lack nothing", imports.Options{}, []imports.File{
			file("u.ldif", ldapsearch(contoso, "(&(objectCategory=person)(objectClass=user))", "ALL", domain[2:5])),
			file("o.ldif", ldapsearch(contoso, "(|(objectClass=contact)(objectCategory=group)(objectClass=computer)(objectClass=domainDNS))", "ALL", domain[:1], domain[5:11])),
			file("c.ldif", ldapsearch(settings, "(objectClass=*)", "ALL", configuration)),
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := read(t, tt.options, tt.files...)
			for d, want := range whole() {
				got := names(s, d)
				slices.Sort(got)
				slices.Sort(want)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", d, diff)
				}
				c := coverage(t, s, d)
				// Only what a domain controller computes was not asked for.
				missing := slices.DeleteFunc(slices.Clone(c.Missing), func(name string) bool { return name == "msDS-User-Account-Control-Computed" && d == evidence.ADUsers })
				if c.State != evidence.Complete || c.Expected != c.Rows || c.Narrowed || len(missing) > 0 || c.Reason != "" || c.Source != "contoso.com" {
					t.Errorf("%s: %+v", d, c)
				}
			}
			checkForest(t, s)
		})
	}
}

// everyColumn lists the attributes of all tables but those of the objects, and those that the forest is made of.
func everyColumn() []string {
	list := []string{"nCName", "dnsRoot", "nETBIOSName", "systemFlags", "uPNSuffixes"}
	for _, d := range evidence.Datasets() {
		if d.AD() {
			list = append(list, evidence.SchemaOf(d).Names()...)
		}
	}
	return list
}

func checkForest(t *testing.T, s *evidence.Snapshot) {
	t.Helper()
	for f := range s.Forests() {
		got := []string{f.Name(), f.GUID().String(), f.RTCService(), strings.Join(slices.Collect(f.Domains()), " "), strings.Join(slices.Collect(f.UPNSuffixes()), " ")}
		want := []string{"contoso.com", "00000101-0000-0000-0000-000000000000", "CN=RTC Service,CN=Services," + settings, "contoso.com", "contoso.jp contoso.local"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("forest (-want +got):\n%s", diff)
		}
	}
	for d := range s.ADDomains() {
		if d.Name() != "contoso.com" || d.Context() != contoso || d.NetBIOS() != "CONTOSO" || !strings.HasPrefix(d.Server(), "LDIF file ") {
			t.Errorf("domain %s %s %s %s", d.Name(), d.Context(), d.NetBIOS(), d.Server())
		}
	}
	for _, d := range []evidence.Dataset{evidence.ADForests, evidence.ADDomains} {
		if c := coverage(t, s, d); c.State != evidence.Complete || c.Rows != 1 {
			t.Errorf("%s: %+v", d, c)
		}
	}
	if c := coverage(t, s, evidence.ADServers); c.State != evidence.NotRequested {
		t.Errorf("servers: %+v", c)
	}
	if !s.Taken().Equal(exported()) {
		t.Errorf("taken %v", s.Taken())
	}
	for o := range s.ADObjects(evidence.ADUsers) {
		if strings.HasPrefix(o.DN(), "CN=岡本") {
			got := []string{o.DisplayName(), o.Mail(), strings.Join(slices.Collect(o.ProxyAddresses()), " "), o.SIP(), o.Description(), o.Forest(), o.Created().Format(time.RFC3339)}
			want := []string{"岡本 太郎", "taro@contoso.com", "SMTP:taro@contoso.com sip:taro@contoso.com", "sip:taro@contoso.com", "営業部", "contoso.com", "2025-01-02T03:04:05Z"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("user (-want +got):\n%s", diff)
			}
		}
		if o.SAMAccountName() == "MSOL_0123" && o.Mail() != "MSOL@contoso.com " {
			t.Errorf("a trailing blank is lost: %q", o.Mail())
		}
	}
}

// want is what a coverage must be.
type want struct {
	state    evidence.State
	narrowed bool
	reason   string // part of it
	missing  []string
	note     string // part of one
}

func TestCoverage(t *testing.T) {
	domain, configuration := sampleDomain(), sampleConfiguration()
	all := imports.Options{AllAttributes: true}
	conf := file("c.ldf", ldifde(configuration))
	rest := file("c.ldif", ldapsearch(settings, "(objectClass=*)", "ALL", configuration))
	full := ldapsearch(contoso, "(objectClass=*)", "ALL", domain)
	none := want{state: evidence.Complete}
	hidden := []string{"msDS-User-Account-Control-Computed"}
	tests := []struct {
		name    string
		options imports.Options
		files   []imports.File
		want    map[evidence.Dataset]want
	}{
		{"no configuration partition", all, []imports.File{file("d.ldf", ldifde(domain))}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Partial, false, "it is not known whether the forest has further domains", hidden, ""}, evidence.ADForests: {state: evidence.Partial, reason: "further domains"},
			evidence.ADPools:            {state: evidence.Failed, reason: "no record of the configuration partition is in the files: export it too"},
			evidence.ADExchange:         {state: evidence.Failed, reason: "no record of the configuration partition"},
			evidence.ADConnectionPoints: {state: evidence.Failed, reason: "no record of the configuration partition"},
			evidence.ADComputers:        {state: evidence.Failed, reason: "further computers"}, evidence.ADTopology: {state: evidence.Partial, reason: "no record of the configuration partition"},
		}},
		{"only partitions of the configuration", all, []imports.File{file("d.ldf", ldifde(domain, configuration[:4]))}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Complete, false, "", hidden, ""}, evidence.ADGroups: none, evidence.ADPools: none,
			evidence.ADContacts: none,
		}},
		{"CN=Services is not there", all, []imports.File{file("d.ldf", ldifde(domain, configuration[1:4]))}, map[evidence.Dataset]want{
			evidence.ADPools: {state: evidence.Failed, reason: "CN=Services of the configuration partition is not in the files"}, evidence.ADGroups: none,
			evidence.ADContacts: {state: evidence.Partial, reason: "CN=Services"}, evidence.ADForests: {state: evidence.Partial, reason: "RTC Service container is not known"},
		}},
		{"no domain", all, []imports.File{conf}, map[evidence.Dataset]want{
			evidence.ADUsers: {state: evidence.Failed, reason: "the domain contoso.com is not in the files: export it too"}, evidence.ADPools: none, evidence.ADForests: none,
		}},
		{"nothing tells which attributes", imports.Options{Wanted: []string{"mail", "displayName", "department", "description"}}, []imports.File{file("d.ldf", ldifde(domain)), conf}, map[evidence.Dataset]want{
			evidence.ADUsers:    {evidence.Complete, false, "", []string{"department"}, "d.ldf: which attributes were asked for is not known"},
			evidence.ADContacts: {evidence.Complete, false, "", []string{"department", "description", "displayName", "mail"}, "which attributes"},
			evidence.ADGroups:   {evidence.Complete, false, "", []string{"department", "description", "displayName"}, "which attributes"},
		}},
		{"some attributes", imports.Options{Wanted: []string{"mail", "department", "userAccountControl"}, Attributes: []string{"objectClass", "MAIL", "objectGUID", "userAccountControl"}},
			[]imports.File{file("d.ldf", ldifde(domain)), conf}, map[evidence.Dataset]want{
				evidence.ADUsers: {evidence.Complete, false, "", []string{"department"}, ""}, evidence.ADContacts: {evidence.Complete, false, "", []string{"department"}, ""},
			}},
		{"ldapsearch names attributes", imports.Options{Wanted: []string{"mail", "department", "description"}}, []imports.File{
			file("d.ldif", ldapsearch(contoso, "(objectClass=*)", "objectClass objectGUID mail department mailNickname proxyAddresses sAMAccountName", domain)), rest,
		}, map[evidence.Dataset]want{
			evidence.ADUsers:           {evidence.Complete, false, "", []string{"description"}, ""},
			evidence.ADServiceAccounts: {evidence.Partial, false, "d.ldif: which of the records belong here cannot be told without servicePrincipalName", nil, ""},
		}},
		{"groups without mail", imports.Options{Wanted: []string{"displayName"}}, []imports.File{
			file("d.ldif", ldapsearch(contoso, "(objectClass=*)", "objectClass objectGUID displayName", domain)), rest,
		}, map[evidence.Dataset]want{evidence.ADGroups: {evidence.Partial, false, "without mail, proxyAddresses, mailNickname", nil, ""}}},
		{"a part of the domain", imports.Options{}, []imports.File{file("d.ldif", ldapsearch("OU=Tokyo,"+contoso, "(objectClass=*)", "ALL", domain[1:4])), rest}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Complete, true, "", hidden, "only a part of the directory"}, evidence.ADContacts: {state: evidence.Complete, narrowed: true},
		}},
		{"a filter that leaves people out", imports.Options{}, []imports.File{file("d.ldif", ldapsearch(contoso, "(&(objectClass=user)(mail=*))", "ALL", domain[2:3])), rest}, map[evidence.Dataset]want{
			evidence.ADUsers:    {evidence.Complete, true, "", hidden, "only a part of the directory"},
			evidence.ADContacts: {evidence.Partial, false, "none of the contacts of the domain contoso.com is in the files", nil, ""},
			evidence.ADGroups:   {evidence.Failed, false, "none of the groups of the domain contoso.com is in the files", nil, ""},
		}},
		{"ldifde with a filter", all, []imports.File{file("d.ldf", ldifde(domain[2:5])), conf}, map[evidence.Dataset]want{
			evidence.ADUsers:  {evidence.Complete, true, "", hidden, "nothing tells that all was"},
			evidence.ADGroups: {evidence.Failed, false, "none of the groups", nil, ""},
		}},
		{"ldifde with a filter, vouched for", imports.Options{AllAttributes: true, Whole: true}, []imports.File{file("d.ldf", ldifde(domain[2:5])), conf}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Complete, false, "", hidden, ""}, evidence.ADGroups: none, evidence.ADContacts: none,
		}},
		{"ldifde without users", all, []imports.File{file("d.ldf", ldifde(domain[:1])), conf}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Failed, false, "none of the users", nil, ""}, evidence.ADGroups: {evidence.Complete, false, "", nil, "the filter of the export is not known"},
		}},
		{"a global catalog", imports.Options{Wanted: []string{"mail", "department"}, AllAttributes: true}, []imports.File{
			file("g.ldif", ldapsearch("", "(objectClass=*)", "ALL", domain, configuration)),
		}, map[evidence.Dataset]want{evidence.ADUsers: {evidence.Complete, false, "", []string{"department"}, "g.ldif: which attributes were asked for is not known"}}},
		{"a base with blanks", imports.Options{}, []imports.File{
			file("d.ldif", ldapsearch("dc=Contoso, dc=com", "(objectClass=*)", "ALL", domain)),
			file("p.ldif", ldapsearch("CN=Partitions, CN=Configuration, DC=contoso, DC=com", "(objectClass=*)", "ALL", configuration[1:4])),
			file("s.ldif", ldapsearch("cn=services, cn=configuration, DC=contoso, DC=com", "(objectClass=*)", "ALL", configuration[4:10])),
		}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Complete, false, "", hidden, ""}, evidence.ADContacts: none, evidence.ADPools: none, evidence.ADExchange: none, evidence.ADForests: none,
			evidence.ADConnectionPoints: {state: evidence.Failed, reason: "s.ldif: only a part of what belongs here was exported"},
		}},
		{"cut", all, []imports.File{file("d.ldf", ldifde(domain)[:strings.Index(ldifde(domain), "dn: CN=Sales")+30]), conf}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Partial, false, "d.ldf: the file ends in the middle of a record", hidden, ""}, evidence.ADPools: none,
			evidence.ADGroups: {evidence.Failed, false, "d.ldf: the file ends in the middle of a record", nil, ""},
		}},
		{"ldapsearch was cut", imports.Options{}, []imports.File{file("d.ldif", full[:strings.Index(full, "# CN=Ext")]), rest}, map[evidence.Dataset]want{
			evidence.ADUsers:  {evidence.Partial, false, "d.ldif: the end of ldapsearch's output is missing: the file was cut", hidden, ""},
			evidence.ADGroups: {evidence.Failed, false, "d.ldif: the end of ldapsearch's output is missing", nil, ""}, evidence.ADPools: none,
		}},
		{"size limit", imports.Options{}, []imports.File{file("d.ldif", strings.Replace(full, "0 Success", "4 Size limit exceeded", 1)), rest}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Partial, false, "d.ldif: the search ended with 4 Size limit exceeded", hidden, ""}, evidence.ADPools: none,
		}},
		{"an empty file", all, []imports.File{file("d.ldf", ldifde(domain)), conf, file("e.ldf", "")}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Partial, false, "e.ldf: the file is empty: the export went wrong", hidden, ""}, evidence.ADPools: {state: evidence.Partial, reason: "e.ldf"},
		}},
		{"a file of three bytes", all, []imports.File{file("d.ldf", ldifde(domain)), conf, file("e.ldf", "dn:")}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Partial, false, "e.ldf: the file ends in the middle of a record", hidden, ""},
		}},
		{"the last record stands at the end", all, []imports.File{file("d.ldf", strings.TrimSuffix(ldifde(domain[:5]), "\r\n")), conf}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Complete, false, "", hidden, "d.ldf: the last record is not followed by an empty line"},
		}},
		{"no objectClass", all, []imports.File{file("d.ldf", strings.ReplaceAll(ldifde(domain), "objectClass", "structure")), conf}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Failed, false, "11 records show no objectClass and could not be told apart", nil, ""},
		}},
		{"a hidden objectClass", all, []imports.File{file("d.ldf", strings.Replace(ldifde(domain), "dn: CN=Sales", "dn: CN=Hidden,DC=contoso,DC=com\r\nchangetype: add\r\n\r\ndn: CN=Sales", 1)), conf}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Complete, false, "", hidden, "1 records of which the account of the export could not see the objectClass"}, evidence.ADGroups: none,
		}},
		{"no objectGUID", all, []imports.File{file("d.ldf", strings.ReplaceAll(ldifde(domain), "objectGUID", "number")), conf}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Failed, false, "3 objects show no objectGUID and were left out", nil, ""},
		}},
		{"twice the same", all, []imports.File{file("d.ldf", ldifde(domain)), file("again.ldf", ldifde(domain)), conf}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Complete, false, "", hidden, "3 entries came again and were not kept twice"},
		}},
		{"no categories", all, []imports.File{file("d.ldf", strings.ReplaceAll(ldifde(domain), "objectCategory", "category")), conf}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Complete, false, "", hidden, ""}, evidence.ADGroups: none, evidence.ADContacts: none, evidence.ADComputers: none,
		}},
		{"another domain of the forest", all, []imports.File{file("d.ldf", ldifde(domain)), file("c.ldf", ldifde(configuration, []entry{
			{"CN=EMEA,CN=Partitions," + settings, lines("objectClass: crossRef\nnCName: DC=emea," + contoso + "\ndnsRoot: emea.contoso.com\nnETBIOSName: EMEA\nsystemFlags: 3")},
		}))}, map[evidence.Dataset]want{
			evidence.ADUsers: {evidence.Partial, false, "the domain emea.contoso.com is not in the files: export it too", hidden, ""}, evidence.ADPools: none, evidence.ADDomains: none,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := read(t, tt.options, tt.files...)
			for d, w := range tt.want {
				c := coverage(t, s, d)
				if c.State != w.state || c.Narrowed != w.narrowed || !strings.Contains(c.Reason, w.reason) || w.reason == "" && c.Reason != "" {
					t.Errorf("%s is %v (narrowed %v) because %q, want %v %v %q", d, c.State, c.Narrowed, c.Reason, w.state, w.narrowed, w.reason)
				}
				if w.missing != nil || d == evidence.ADUsers {
					if diff := cmp.Diff(w.missing, c.Missing); diff != "" {
						t.Errorf("%s lacks (-want +got):\n%s", d, diff)
					}
				}
				if !slices.ContainsFunc(c.Notes, func(note string) bool { return strings.Contains(note, w.note) }) && w.note != "" {
					t.Errorf("%s has the notes %q, not %q", d, c.Notes, w.note)
				}
			}
		})
	}
}

func TestRanges(t *testing.T) {
	user := func(options string) string {
		return ldifde(sampleDomain(), []entry{account(40, "CN=many,"+contoso, "many", "proxyAddresses;range="+options+": smtp:a@contoso.com", "proxyAddresses;range="+options+": smtp:b@contoso.com")})
	}
	conf := file("c.ldf", ldifde(sampleConfiguration()))
	o := imports.Options{Wanted: []string{"proxyAddresses"}, AllAttributes: true}
	for options, missing := range map[string][]string{"0-1": {"proxyAddresses"}, "0-*": nil} {
		s := read(t, o, file("d.ldf", user(options)), conf)
		if diff := cmp.Diff(missing, coverage(t, s, evidence.ADUsers).Missing); diff != "" {
			t.Errorf("range %s lacks (-want +got):\n%s", options, diff)
		}
		for u := range s.ADObjects(evidence.ADUsers) {
			if got := slices.Collect(u.ProxyAddresses()); u.SAMAccountName() == "" && strings.HasPrefix(u.DN(), "CN=many") && len(got) != 2 {
				t.Errorf("addresses %q", got)
			}
		}
	}
}

// TestSeveralForests gives files of two forests and of three domains, in an order that tells the structure last.
func TestSeveralForests(t *testing.T) {
	of := func(list []entry, from, to string) []entry {
		var all []entry
		replace := strings.NewReplacer(from, to, "contoso.com", "fabrikam.com", "Contoso.com", "Fabrikam.com")
		for _, e := range list {
			moved := entry{dn: replace.Replace(e.dn)}
			for _, text := range e.lines {
				moved.lines = append(moved.lines, replace.Replace(text))
			}
			all = append(all, moved)
		}
		return all
	}
	tree := []entry{
		{"DC=tailspin,DC=com", append(lines("objectClass: top\nobjectClass: domainDNS"), guid(50))}, account(51, "CN=tree,DC=tailspin,DC=com", "tree"),
	}
	cross := []entry{{"CN=TAILSPIN,CN=Partitions," + settings, lines("objectClass: crossRef\nnCName: DC=tailspin,DC=com\ndnsRoot: tailspin.com\nnETBIOSName: TAILSPIN\nsystemFlags: 3")}}
	files := []imports.File{
		file("t.ldf", ldifde(tree)), file("f.ldf", ldifde(of(sampleDomain(), contoso, "DC=fabrikam,DC=com"))), file("d.ldf", ldifde(sampleDomain())),
		file("cf.ldf", ldifde(of(sampleConfiguration(), contoso, "DC=fabrikam,DC=com"))), file("c.ldf", ldifde(sampleConfiguration(), cross)),
	}
	all, err := imports.LDIF(context.Background(), files, imports.Options{AllAttributes: true})
	if err != nil || len(all) != 2 {
		t.Fatalf("%d forests, %v", len(all), err)
	}
	for i, want := range []struct {
		name, domains string
		users         int
	}{{"contoso.com", "contoso.com tailspin.com", 4}, {"fabrikam.com", "fabrikam.com", 3}} {
		for f := range all[i].Forests() {
			if got := strings.Join(slices.Collect(f.Domains()), " "); f.Name() != want.name || got != want.domains {
				t.Errorf("forest %s of %s, want %s of %s", f.Name(), got, want.name, want.domains)
			}
		}
		if c := coverage(t, all[i], evidence.ADUsers); c.State != evidence.Complete || c.Rows != want.users || c.Source != want.name {
			t.Errorf("%+v", c)
		}
	}
	if _, err := evidence.Merge(all...); err != nil {
		t.Errorf("merging: %v", err)
	}
}

// TestForestsByNames has nothing but names to go by.
func TestForestsByNames(t *testing.T) {
	domain := func(n byte, dn string) []entry {
		return []entry{{dn, append(lines("objectClass: top\nobjectClass: domainDNS"), guid(n))}, account(n+1, "CN=u,"+dn, "u")}
	}
	text := ldifde(domain(1, "DC=emea,DC=contoso,DC=com"), domain(3, "dc=Contoso, dc=COM"), domain(5, "DC=fabrikam,DC=com"), []entry{
		{"DC=a,DC=DomainDnsZones," + contoso, append(lines("objectClass: top\nobjectClass: dnsNode"), guid(9))}, {"O=elsewhere", lines("objectClass: organization")},
	})
	all, err := imports.LDIF(context.Background(), []imports.File{file("d.ldf", text)}, imports.Options{AllAttributes: true})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range all {
		for f := range s.Forests() {
			got = append(got, fmt.Sprintf("%s: %s, %d users", f.Name(), strings.Join(slices.Collect(f.Domains()), " "), s.Rows(evidence.ADUsers)))
		}
	}
	if diff := cmp.Diff([]string{"contoso.com: emea.contoso.com contoso.com, 2 users", "fabrikam.com: fabrikam.com, 1 users"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRootDSE(t *testing.T) {
	root := "dn:\r\nrootDomainNamingContext: DC=contoso,DC=com\r\ndefaultNamingContext: DC=contoso,DC=com\r\ndnsHostName: dc01.contoso.com\r\ncurrentTime: 20261121090000.0Z\r\n\r\n"
	s := read(t, imports.Options{AllAttributes: true}, file("r.ldf", root), file("d.ldf", ldifde(sampleDomain(), sampleConfiguration())))
	for f := range s.Forests() {
		if f.Server() != "dc01.contoso.com" {
			t.Errorf("server %q", f.Server())
		}
	}
	for d := range s.ADDomains() {
		if d.Server() != "dc01.contoso.com" {
			t.Errorf("server of the domain %q", d.Server())
		}
	}
}

func TestSchema(t *testing.T) {
	schema := func(names ...string) []entry {
		var list []entry
		for _, name := range names {
			list = append(list, entry{"CN=" + name + ",CN=Schema," + settings, lines("objectClass: attributeSchema\nlDAPDisplayName: " + name)})
		}
		return append(list, entry{"CN=ms-RTC-SIP-SchemaVersion,CN=Schema," + settings, lines("objectClass: attributeSchema\nrangeUpper: 1150")})
	}
	var whole []string
	for i := range 800 {
		whole = append(whole, fmt.Sprintf("attribute-%d", i))
	}
	known := []string{"objectGUID", "objectClass", "mail", "displayName"}
	o := imports.Options{AllAttributes: true, Wanted: []string{"mail", "displayName", "msRTCSIP-Line"}}
	for _, tt := range []struct {
		names []string
		want  []string
		lacks map[string]bool
	}{
		{append(whole, known...), []string{"distinguishedName", "msRTCSIP-Line"}, map[string]bool{"invocationId": true, "exchangeSchemaVersion": false, "rtcSchemaVersion": false}},
		{known, nil, map[string]bool{"currentTime": true, "exchangeSchemaVersion": true, "rtcSchemaVersion": false, "uPNSuffixes": false, "name": false}},
	} {
		s := read(t, o, file("d.ldf", ldifde(sampleDomain(), sampleConfiguration(), schema(tt.names...))))
		if diff := cmp.Diff(tt.want, coverage(t, s, evidence.ADUsers).NotInSchema); diff != "" {
			t.Errorf("not in the schema (-want +got):\n%s", diff)
		}
		for name, want := range tt.lacks {
			if c := coverage(t, s, evidence.ADForests); c.Lacks(name) != want || len(c.Missing) > 0 {
				t.Errorf("%s of the forest lacks: %v, missing %q", name, !want, c.Missing)
			}
		}
		for f := range s.Forests() {
			if v, ok := f.RTCSchema(); !ok || v != 1150 {
				t.Errorf("version %d %v", v, ok)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	good := file("d.ldf", ldifde(sampleDomain()))
	broken := errors.New("no such file")
	unopened := imports.File{Name: "x.ldf", Open: func() (io.ReadCloser, error) { return nil, broken }}
	many := make([]imports.File, imports.MaxFiles+1)
	for _, tt := range []struct {
		name  string
		files []imports.File
		o     imports.Options
		want  string
	}{
		{"no file", nil, imports.Options{}, "no LDIF file is given"},
		{"many files", many, imports.Options{}, "1001 LDIF files are too many"},
		{"unknown attribute", []imports.File{good}, imports.Options{Wanted: []string{"shoeSize"}}, `"shoeSize" is no attribute that evidence keeps`},
		{"cannot be opened", []imports.File{good, unopened}, imports.Options{}, "opening x.ldf: no such file"},
		{"not of a directory", []imports.File{file("d.ldf", "dn: O=a\no: a\n\n")}, imports.Options{}, "the LDIF files hold no record of a domain"},
		{"nothing in it", []imports.File{file("d.ldf", "")}, imports.Options{}, "the LDIF files hold no record of a domain"},
		{"changes", []imports.File{file("d.ldf", "dn: CN=a,DC=contoso,DC=com\nchangetype: modify\n\n")}, imports.Options{}, "d.ldf:2: the record changes an entry"},
		{"no LDIF", []imports.File{file("d.ldf", "hello\n")}, imports.Options{}, "d.ldf:1: neither a record"},
		{"long line", []imports.File{good}, imports.Options{Limits: ldif.Limits{Line: 20}}, "d.ldf:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := imports.LDIF(context.Background(), tt.files, tt.o)
			if err == nil || !strings.Contains(err.Error(), tt.want) || got != nil {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
	if _, err := imports.LDIF(context.Background(), []imports.File{unopened}, imports.Options{}); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	grows := good
	opened := 0
	grows.Open = func() (io.ReadCloser, error) {
		opened++
		return io.NopCloser(strings.NewReader(ldifde(sampleDomain()[:opened]))), nil
	}
	if _, err := imports.LDIF(context.Background(), []imports.File{grows}, imports.Options{}); err == nil || !strings.Contains(err.Error(), "d.ldf changed while it was read") {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := imports.LDIF(ctx, []imports.File{good}, imports.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
