package ldif_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hybridaudit/sources/imports/ldif"
)

// What ldapsearch 2.6 writes, in pieces.
const (
	headOne  = "# extended LDIF\n#\n# LDAPv3\n# base <DC=contoso,DC=com> with scope subtree\n# filter: (objectClass=*)\n# requesting: ALL\n#\n\n"
	headPage = "# extended LDIF\n#\n# LDAPv3\n# base <DC=contoso,DC=com> with scope subtree\n# filter: (objectClass=user)\n# requesting: * mail \n" +
		"# with pagedResults control: size=2\n#\n\n"
	headL  = "version: 1\n\n#\n# LDAPv3\n# base <OU=a\\, b,DC=contoso,DC=com> with scope oneLevel\n# filter: (mail=*)\n# requesting: mail objectGUID \n#\n\n"
	alice  = "# alice, contoso.com\ndn: CN=alice,DC=contoso,DC=com\nmail: alice@contoso.com\n\n"
	bob    = "# bob, contoso.com\ndn: CN=bob,DC=contoso,DC=com\nmail: bob@contoso.com\n\n"
	refs   = "# search reference\nref: ldap://contoso.com/CN=Configuration,DC=contoso,DC=com\n\n"
	okEnd  = "# search result\nsearch: 2\nresult: 0 Success\n"
	more   = "control: 1.2.840.113556.1.4.319 false MIQAAAAfAgEABBpHT09OS0NWN1JOQURXREVENExRUTRRSFFPRw==\npagedresults: cookie=R09PTktDVjc=\n"
	last   = "control: 1.2.840.113556.1.4.319 false MIQAAAAFAgEABAA=\npagedresults: cookie=\n"
	counts = "\n# numResponses: 4\n# numEntries: 2\n# numReferences: 1\n"
)

func TestSearches(t *testing.T) {
	known := func(records, referrals int) ldif.Search {
		return ldif.Search{Known: true, Base: "DC=contoso,DC=com", Scope: "subtree", Filter: "(objectClass=*)", All: true, Records: records, Referrals: referrals}
	}
	paged := ldif.Search{Known: true, Base: "DC=contoso,DC=com", Scope: "subtree", Filter: "(objectClass=user)", All: true, Attributes: []string{"mail"}, Records: 2}
	listed := ldif.Search{
		Known: true, Base: `OU=a\, b,DC=contoso,DC=com`, Scope: "oneLevel", Filter: "(mail=*)", Attributes: []string{"mail", "objectGUID"}, Records: 1,
	}
	unknown := func(records, referrals int) ldif.Search { return ldif.Search{Records: records, Referrals: referrals} }
	cut := "the end of ldapsearch's output is missing: the file was cut"
	pages := "the pages that follow are missing: ldapsearch needs -E pr=1000/noprompt"
	tests := []struct {
		name, text string
		want       []ldif.Search
		faults     []string
	}{
		{"whole", headOne + alice + bob + refs + okEnd + counts, []ldif.Search{known(2, 1)}, []string{""}},
		{"nothing found", headOne + "# search result\nsearch: 2\nresult: 0 Success\n\n# numResponses: 1\n", []ldif.Search{known(0, 0)}, []string{""}},
		{"no end", headOne + alice + bob, []ldif.Search{known(2, 0)}, []string{cut}},
		{"only a head", headOne, []ldif.Search{known(0, 0)}, []string{cut}},
		{"only a head without its end", strings.TrimRight(headOne, "\n"), []ldif.Search{known(0, 0)}, []string{cut}},
		{"size limit", headOne + alice + "# search result\nsearch: 2\nresult: 4 Size limit exceeded\n\n# numResponses: 2\n# numEntries: 1\n", []ldif.Search{known(1, 0)}, []string{"the search ended with 4 Size limit exceeded"}},
		{
			"no such object", headOne + "# search result\nsearch: 2\nresult: 32 No such object\nmatchedDN: DC=com\ntext: 0000208D: NameErr: DSID-0310028D\n\n# numResponses: 1\n",
			[]ldif.Search{known(0, 0)}, []string{"the search ended with 32 No such object"},
		},
		{"an entry was taken out", headOne + alice + okEnd + counts, []ldif.Search{known(1, 0)}, []string{"the file counts 2 entries and holds 1: it was cut or edited"}},
		{"pages", headPage + alice + okEnd + more + headPage + bob + okEnd + last + counts, []ldif.Search{paged}, []string{""}},
		{
			"pages of a server that counts ahead", headPage + alice + okEnd + strings.Replace(more, "cookie", "estimate=2 cookie", 1) + headPage + bob + okEnd + last + counts,
			[]ldif.Search{paged}, []string{""},
		},
		{"the last page is missing", headPage + alice + bob + okEnd + more, []ldif.Search{paged}, []string{pages}},
		{"the last page was cut", headPage + alice + okEnd + more + headPage + bob, []ldif.Search{paged}, []string{cut}},
		{"two searches", headOne + alice + okEnd + headL + bob + "# search result\n\n# numResponses: 2\n# numEntries: 1\n", []ldif.Search{known(1, 0), listed}, []string{"", "ldapsearch -L does not write how the search ended: run it without -L"}},
		{"two, the first cut", headOne + alice + headPage + alice + bob + okEnd + last + counts, []ldif.Search{known(1, 0), paged}, []string{cut, ""}},
		{"-LLL", "dn: CN=a\ncn: a\n\n# refldap://contoso.com/CN=Configuration,DC=contoso,DC=com\n\n", []ldif.Search{unknown(1, 1)}, []string{""}},
		{"-LLL, pages of a server that counts ahead", "dn: CN=a\ncn: a\n\n# pagedresults: estimate=2 cookie=R09P\ndn: CN=b\ncn: b\n\n# pagedresults: cookie=\n", []ldif.Search{unknown(2, 0)}, []string{""}},
		{"-LLL, pages", "dn: CN=a\ncn: a\n\n# pagedresults: cookie=R09P\ndn: CN=b\ncn: b\n\n# pagedresults: cookie=\n", []ldif.Search{unknown(2, 0)}, []string{""}},
		{"-LLL, the last page is missing", "dn: CN=a\ncn: a\n\n# pagedresults: cookie=R09P\n", []ldif.Search{unknown(1, 0)}, []string{pages}},
		{"-LLL, the last page was cut", "dn: CN=a\ncn: a\n\n# pagedresults: cookie=R09P\ndn: CN=b\ncn: b\n\n", []ldif.Search{unknown(2, 0)}, []string{cut}},
		{"two of -LLL", "dn: CN=a\ncn: a\n\n# pagedresults: cookie=\n\ndn: CN=b\ncn: b\n\n", []ldif.Search{unknown(1, 0), unknown(1, 0)}, []string{"", ""}},
		{"head and -LLL", headOne + alice + bob + okEnd + counts + "\ndn: CN=b\ncn: b\n\n", []ldif.Search{known(2, 0), unknown(1, 0)}, []string{"", ""}},
		{"the first says nothing", "dn: CN=b\nchangetype: add\ncn: b\n\n" + headOne + alice + bob + okEnd + counts, []ldif.Search{{Records: 1, Added: 1}, known(2, 0)}, []string{"", ""}},
		{"default base", strings.Replace(headOne, "> with", "> (default) with", 1) + okEnd, []ldif.Search{known(0, 0)}, []string{""}},
		{
			"entries that are called like ldapsearch's remarks",
			headOne + "# extended LDIF, contoso.com\n# requesting: ALL, contoso.com\n# pagedresults: cookie=, contoso.com\n# numEntries: 7, contoso.com\n# search result, contoso.com\n" + alice +
				"# numEntries: 9\n# requesting: 1.1\n" + bob + okEnd + counts,
			[]ldif.Search{known(2, 0)}, []string{""},
		},
	}
	for _, tt := range tests {
		for encoding, encode := range encodings() {
			t.Run(tt.name+"/"+encoding, func(t *testing.T) {
				_, r, err := read(strings.NewReader(encode(tt.text)), ldif.Limits{})
				if err != nil {
					t.Fatal(err)
				}
				var got []ldif.Search
				var faults []string
				for i, s := range r.Searches() {
					if s.Index != i || s.Line == 0 {
						t.Errorf("search %d is called %d and begins in line %d", i, s.Index, s.Line)
					}
					got = append(got, *s)
					faults = append(faults, s.Fault())
				}
				if diff := cmp.Diff(tt.want, got, cmpopts.IgnoreUnexported(ldif.Search{}), cmpopts.IgnoreFields(ldif.Search{}, "Index", "Line")); diff != "" {
					t.Errorf("searches (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.faults, faults); diff != "" {
					t.Errorf("faults (-want +got):\n%s", diff)
				}
			})
		}
	}
}
