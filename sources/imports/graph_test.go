package imports_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/imports"
)

func pageFile(name, text string) imports.File {
	return imports.File{Name: name, Modified: saved, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
}

const (
	v1   = `"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#`
	beta = `"@odata.context":"https://graph.microsoft.com/beta/$metadata#`
)

func page(context, more string, objects ...string) string {
	return `{` + context + `",` + more + `"value":[` + strings.Join(objects, ",") + `]}`
}

func user(n string, more string) string {
	return `{"id":"0a0a0a0a-0000-4000-8000-00000000000` + n + `","userPrincipalName":"u` + n + `@contoso.com"` + more + `}`
}

// issue is one that was over long ago.
func issue(id string) string {
	return `{"id":"` + id + `","isResolved":true,"lastModifiedDateTime":"2020-01-01T00:00:00Z"}`
}

const organization = `{"id":"` + tenantA + `","displayName":"Contoso","countryLetterCode":"JP"}`

func graphOf(t *testing.T, wanted []evidence.Dataset, files ...imports.File) *evidence.Snapshot {
	t.Helper()
	s, err := imports.Graph(context.Background(), files, imports.GraphOptions{Name: "pages", Wanted: wanted})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func wide(text string) string {
	b := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = append(b, byte(unit), byte(unit>>8))
	}
	return string(b)
}

// The ways in which pages are saved give the same rows.
func TestGraphForms(t *testing.T) {
	first := page(v1+`users(id,userPrincipalName)`, `"@odata.nextLink":"https://graph.microsoft.com/v1.0/users?$skiptoken=2",`, user("1", ""), user("2", ""))
	last := page(v1+`users(id,userPrincipalName)`, "", user("2", ""), user("3", ""))
	cases := map[string][]imports.File{
		"a file for each":  {pageFile("a.json", first), pageFile("sub/b.txt", last)},
		"the last first":   {pageFile("b", last), pageFile("a", first)},
		"an array":         {pageFile("a.json", "[\n"+first+",\n"+last+"]")},
		"line by line":     {pageFile("a.ndjson", first+"\n"+last+"\n")},
		"with a mark":      {pageFile("a.json", "\xEF\xBB\xBF"+first), pageFile("b.json", "\r\n"+last)},
		"UTF-16":           {pageFile("a.json", wide(first)), pageFile("b.json", wide(last))},
		"the same twice":   {pageFile("a.json", first), pageFile("copy of a.json", first), pageFile("b.json", last)},
		"answers to batch": {pageFile("a.json", `{"responses":[{"id":"1","status":200,"headers":{},"body":`+first+`},{"id":"3","status":404,"body":{"error":{"code":"x"}}},{"id":"2","status":200,"body":`+last+`}]}`)},
	}
	for name, files := range cases {
		t.Run(name, func(t *testing.T) {
			s := graphOf(t, nil, files...)
			got := objectsOf(t, s, evidence.TenantUsers)
			slices.SortFunc(got, func(a, b map[string]any) int { return strings.Compare(a["id"].(string), b["id"].(string)) })
			var want []map[string]any
			for _, n := range []string{"1", "2", "3"} {
				want = append(want, map[string]any{"id": "0a0a0a0a-0000-4000-8000-00000000000" + n, "userPrincipalName": "u" + n + "@contoso.com", "tenant": "pages"})
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			c := coverageOf(t, s, evidence.TenantUsers)
			if c.State != evidence.Complete || c.Rows != 3 || !slices.Equal(c.Attributes, []string{"id", "userPrincipalName"}) || !c.Lacks("mail") || !slices.Contains(c.Missing, "mail") {
				t.Errorf("%+v", c)
			}
			if c.Source != "pages" || c.Server != "graph.microsoft.com" || len(c.Files) != len(files) || !c.Ended.Equal(saved) || !s.Taken().Equal(saved) {
				t.Errorf("%+v, taken %s", c, s.Taken())
			}
		})
	}
}

// Collections are told by their context, in all its spellings, and deleted users by what they are.
func TestGraphCollections(t *testing.T) {
	record := `{"@odata.type":"#microsoft.graph.domainDnsSrvRecord","id":"r1","recordType":"Srv","label":"contoso.com","service":"_sip","protocol":"_tls","nameTarget":"sipdir.online.lync.com","port":443,"supportedService":"OfficeCommunicationsOnline"}`
	cases := map[string]struct {
		text string
		want evidence.Dataset
		rows int
	}{
		"users":                  {page(v1+"users", "", user("1", "")), evidence.TenantUsers, 1},
		"users of a delta":       {page(v1+"users(id,userPrincipalName)/$delta", `"@odata.deltaLink":"x",`, user("1", ""), user("2", `,"@removed":{"reason":"changed"}`)), evidence.TenantUsers, 1},
		"one user":               {`{` + v1 + `users(id,userPrincipalName)/$entity","id":"` + tenantA + `"}`, evidence.TenantUsers, 1},
		"a list of users":        {page(v1+"Collection(microsoft.graph.user)", "", user("1", "")), evidence.TenantUsers, 1},
		"deleted users":          {page(v1+"users(id,deletedDateTime)", "", user("1", `,"deletedDateTime":"2026-02-01T00:00:00Z"`)), evidence.TenantDeletedUsers, 1},
		"no deleted users":       {page(v1+"users(id,deletedDateTime)", ""), evidence.TenantDeletedUsers, 0},
		"users, none deleted":    {page(v1+"users(id,deletedDateTime)", "", user("1", `,"deletedDateTime":null`)), evidence.TenantUsers, 1},
		"deleted items":          {page(v1+"directory/deletedItems/microsoft.graph.user", "", user("1", `,"deletedDateTime":"2026-02-01T00:00:00Z"`)), evidence.TenantDeletedUsers, 1},
		"organization":           {page(v1+"organization", "", organization), evidence.TenantOrganization, 1},
		"limits":                 {page(beta+"organization(id,directorySizeQuota)", "", `{"id":"`+tenantA+`","directorySizeQuota":{"used":1,"total":2}}`), evidence.TenantLimits, 1},
		"SIP data":               {page(beta+"users(id,onPremisesSipInfo)", "", user("1", `,"onPremisesSipInfo":{"isSipEnabled":true}`)), evidence.TenantSIPInfo, 1},
		"sign-ins":               {page(v1+"users(id,signInActivity)", "", user("1", `,"signInActivity":{"lastSignInDateTime":"2026-02-01T00:00:00Z"}`)), evidence.TenantSignIns, 1},
		"SKUs":                   {page(v1+"subscribedSkus", "", `{"id":"`+tenantA+`_c7df2760-2c81-4ef7-b578-5b5392b571df","skuPartNumber":"ENTERPRISEPREMIUM"}`), evidence.TenantSKUs, 1},
		"groups":                 {page(v1+"groups(id,displayName,members(id))", "", `{"id":"`+tenantA+`"}`), evidence.TenantGroups, 1},
		"contacts":               {page(v1+"Collection(graph.orgContact)", "", `{"id":"`+tenantA+`"}`), evidence.TenantContacts, 1},
		"domains":                {page(v1+"domains", "", `{"id":"contoso.com"}`), evidence.TenantDomains, 1},
		"records":                {page(v1+"domains('contoso.com')/serviceConfigurationRecords", "", record), evidence.TenantDomainRecords, 1},
		"verification":           {page(v1+"domains('contoso.com')/verificationDnsRecords", "", record), evidence.TenantVerification, 1},
		"federation":             {page(v1+"domains('contoso.com')/federationConfiguration", "", `{"id":"f1","issuerUri":"http://sts.contoso.com/adfs/services/trust"}`), evidence.TenantFederations, 1},
		"Teams users":            {page(v1+"admin/teams/userConfigurations", "", user("1", `,"tenantId":"`+tenantA+`"`)), evidence.TenantTeamsUsers, 1},
		"Teams users by type":    {page(beta+"Collection(microsoft.graph.teamsAdministration.teamsUserConfiguration)", "", user("1", "")), evidence.TenantTeamsUsers, 1},
		"numbers":                {page(v1+"admin/teams/telephoneNumberManagement/numberAssignments", "", `{"telephoneNumber":"+15550100"}`), evidence.TenantNumbers, 1},
		"synchronisation":        {page(v1+"directory/onPremisesSynchronization", "", `{"id":"`+tenantA+`"}`), evidence.TenantSyncFeatures, 1},
		"synchronisation, whole": {`{` + v1 + `directory/onPremisesSynchronization/$entity","id":"` + tenantA + `"}`, evidence.TenantSyncFeatures, 1},
		"health":                 {page(v1+"admin/serviceAnnouncement/healthOverviews", "", `{"id":"microsoftteams"}`), evidence.TenantHealth, 1},
		"issues":                 {page(v1+"admin/serviceAnnouncement/issues(id,title)", "", `{"id":"TM1"}`), evidence.TenantIssues, 1},
		"roles":                  {page(v1+"roleManagement/directory/roleAssignments", "", `{"id":"x"}`), evidence.TenantRoles, 1},
		"applications":           {page(v1+"servicePrincipals", "", `{"id":"`+tenantA+`"}`), evidence.TenantPrincipals, 1},
		"an application":         {`{` + v1 + `servicePrincipals(id,appId)/$entity","id":"` + tenantA + `"}`, evidence.TenantPrincipals, 1},
		"a national cloud":       {strings.ReplaceAll(page(v1+"users", "", user("1", "")), "graph.microsoft.com", "graph.microsoft.us"), evidence.TenantUsers, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := graphOf(t, nil, pageFile("a.json", c.text))
			if len(s.Coverage()) != 1 || s.Coverage()[0].Dataset != c.want || s.Rows(c.want) != c.rows {
				t.Errorf("%+v", s.Coverage())
			}
		})
	}
	s := graphOf(t, nil, pageFile("a.json", page(v1+"domains('contoso.com')/serviceConfigurationRecords", "", record)))
	for r := range s.DomainRecords() {
		if r.Domain() != "contoso.com" || r.Label() != "_sip._tls.contoso.com" || r.Target() != "sipdir.online.lync.com" {
			t.Errorf("%s %s %s", r.Domain(), r.Label(), r.Target())
		}
	}
}

func TestGraphCoverage(t *testing.T) {
	org := pageFile("org.json", page(v1+"organization", "", organization))
	domains := pageFile("domains.json", page(v1+"domains", "", `{"id":"contoso.com","isVerified":true,"isRoot":true,"authenticationType":"Federated"}`,
		`{"id":"sub.contoso.com","isVerified":true,"isRoot":false,"authenticationType":"Federated"}`, `{"id":"contoso.onmicrosoft.com","isVerified":true,"isInitial":true,"isRoot":true}`,
		`{"id":"new.example.com","isVerified":false,"isRoot":true}`))
	record := func(domain, kind string) imports.File {
		return pageFile(domain+"-"+kind+".json", page(v1+"domains('"+domain+"')/"+kind, ""))
	}
	more := `"@odata.nextLink":"https://graph.microsoft.com/v1.0/users?$skiptoken=2",`
	cases := map[string]struct {
		files  []imports.File
		of     evidence.Dataset
		state  evidence.State
		reason string
		note   string
	}{
		"nothing of it":   {[]imports.File{org}, evidence.TenantGroups, evidence.Failed, "no page of groups is among the files", ""},
		"last page lacks": {[]imports.File{org, pageFile("u.json", "\n"+page(v1+"users", more, user("1", "")))}, evidence.TenantUsers, evidence.Partial, "u.json:2: the page announces another one, and none of the files is the last (1 rows were read)", ""},
		"fewer than counted": {
			[]imports.File{org, pageFile("u.json", page(v1+"users", `"@odata.count":5000,`, user("1", "")))}, evidence.TenantUsers, evidence.Partial, "the service counted 5000 objects and the files hold 1 (1 rows were read)", "",
		},
		"a count that lags": {[]imports.File{org, pageFile("u.json", page(v1+"users", `"@odata.count":2,`, user("1", "")))}, evidence.TenantUsers, evidence.Complete, "", ""},
		"a small tenant cut": {
			[]imports.File{org, pageFile("u.json", page(v1+"users", `"@odata.count":50,`, user("1", "")))}, evidence.TenantUsers, evidence.Partial, "the service counted 50 objects and the files hold 1 (1 rows were read)", "",
		},
		"nothing of one": {[]imports.File{org, pageFile("u.json", page(v1+"users", `"@odata.count":1,`))}, evidence.TenantUsers, evidence.Failed, "the service counted 1 objects and the files hold 0", ""},
		"one page again and again": {
			[]imports.File{org, pageFile("u.json", strings.Repeat(page(v1+"users", `"@odata.count":6,`, user("1", ""), user("2", "")), 3))}, evidence.TenantUsers, evidence.Partial,
			"the service counted 6 objects and the files hold 2 (2 rows were read)", "",
		},
		"issues that are over are counted": {
			[]imports.File{org, pageFile("i.json", page(v1+"admin/serviceAnnouncement/issues", `"@odata.count":3,`, issue("TM1"), issue("TM2"), issue("TM3")))}, evidence.TenantIssues, evidence.Complete, "", "",
		},
		"records are counted by domain": {
			[]imports.File{org, domains, pageFile("c.json", page(v1+"domains('contoso.com')/serviceConfigurationRecords", `"@odata.count":9,`, `{"id":"r1"}`)), record("sub.contoso.com", "serviceConfigurationRecords")},
			evidence.TenantDomainRecords, evidence.Partial, "the service counted 9 objects and the files hold 1 (1 rows were read)", "",
		},
		"single users": {
			[]imports.File{org, pageFile("1.json", `{`+v1+`users/$entity",`+user("1", "")[1:]), pageFile("2.json", `{`+v1+`users/$entity",`+user("2", "")[1:])}, evidence.TenantUsers, evidence.Partial,
			"2.json holds a single object, which does not tell that there are no others: save the list (2 rows were read)", "",
		},
		"a list before single users": {
			[]imports.File{org, pageFile("1.json", `{`+v1+`users/$entity",`+user("1", "")[1:]), pageFile("2.json", `{`+v1+`users/$entity",`+user("2", "")[1:]), pageFile("u.json", page(v1+"users", "", user("3", "")))},
			evidence.TenantUsers, evidence.Complete, "", "the 2 objects of 2.json were asked for in another way and are left out",
		},
		"a list after single users": {
			[]imports.File{org, pageFile("a.json", page(v1+"users", "", user("3", ""))), pageFile("b.json", `{`+v1+`users/$entity",`+user("1", "")[1:]), pageFile("c.json", `{`+v1+`users/$entity",`+user("2", "")[1:])},
			evidence.TenantUsers, evidence.Complete, "", "the 2 objects of c.json were asked for in another way and are left out",
		},
		"the only organization": {[]imports.File{pageFile("org.json", `{`+v1+`organization/$entity",`+organization[1:])}, evidence.TenantOrganization, evidence.Complete, "", ""},
		"a single domain": {
			[]imports.File{org, pageFile("d.json", `{`+v1+`domains/$entity","id":"contoso.com","isVerified":true,"authenticationType":"Managed"}`)}, evidence.TenantFederations, evidence.Failed,
			"the list of domains is not complete: d.json holds a single object, which does not tell that there are no others: save the list", "",
		},
		"both applications": {
			[]imports.File{org, pageFile("p.json", `{`+v1+`servicePrincipals/$entity","id":"`+tenantA+`"}{`+v1+`servicePrincipals/$entity","id":"`+tenantB+`"}`)}, evidence.TenantPrincipals, evidence.Complete, "", "",
		},
		"changes": {
			[]imports.File{org, pageFile("u.json", page(v1+"users", `"@odata.deltaLink":"x",`, user("1", "")))}, evidence.TenantUsers, evidence.Partial,
			"these are pages of changes: save a full listing instead (1 rows were read)", "",
		},
		"changes by the context": {
			[]imports.File{org, pageFile("u.json", page(v1+"users/$delta", "", user("1", "")))}, evidence.TenantUsers, evidence.Partial, "these are pages of changes: save a full listing instead (1 rows were read)", "",
		},
		"what is gone": {
			[]imports.File{org, pageFile("u.json", page(v1+"users", "", user("1", ""), user("2", `,"@removed":{"reason":"changed"}`)))}, evidence.TenantUsers, evidence.Partial,
			"these are pages of changes: save a full listing instead (1 rows were read)", "1 objects that a list of changes says are gone were left out",
		},
		"two listings": {
			[]imports.File{org, pageFile("old.json", page(v1+"users", "", user("1", `,"mail":"a@contoso.com"`))), pageFile("new.json", page(v1+"users", "", user("1", `,"mail":"b@contoso.com"`)))}, evidence.TenantUsers,
			evidence.Partial, "1 objects came again with another content: save one full listing instead (1 rows were read)", "1 objects came more than once and were kept once",
		},
		"one listing with other blanks": {
			[]imports.File{org, pageFile("raw.json", page(v1+"users", "", user("1", `,"mail":"a@contoso.com"`))), pageFile("wide.json", page(v1+"users", "", user("1", ` , "mail" : "a@contoso.com" `)))}, evidence.TenantUsers,
			evidence.Complete, "", "1 objects came more than once and were kept once",
		},
		"unusable values": {
			[]imports.File{org, pageFile("u.json", page(v1+"users", "", user("1", `,"accountEnabled":"perhaps"`)))}, evidence.TenantUsers, evidence.Partial,
			"some of what was saved could not be read: see the notes (1 rows were read)", "1 values of accountEnabled could not be read",
		},
		"asked twice": {
			[]imports.File{org, pageFile("one.json", `{`+v1+`users(id,userPrincipalName,mail)/$entity","id":"`+tenantB+`"}`), pageFile("u.json", page(v1+"users(id,userPrincipalName)", "", user("1", ""), user("2", "")))},
			evidence.TenantUsers, evidence.Complete, "", "the 1 objects of one.json were asked for in another way and are left out",
		},
		"records of all domains": {
			[]imports.File{org, domains, record("contoso.com", "serviceConfigurationRecords"), record("sub.contoso.com", "serviceConfigurationRecords")}, evidence.TenantDomainRecords, evidence.Complete, "",
			"nothing was saved for contoso.onmicrosoft.com",
		},
		"records of one domain": {
			[]imports.File{org, domains, record("contoso.com", "serviceConfigurationRecords")}, evidence.TenantDomainRecords, evidence.Failed,
			"no page of domains/{id}/serviceConfigurationRecords is among the files for sub.contoso.com", "",
		},
		"no federation": {
			[]imports.File{org, pageFile("d.json", page(v1+"domains", "", `{"id":"contoso.com","isVerified":true,"isRoot":true,"authenticationType":"Managed"}`, `{"id":"new.example.com","isVerified":false}`,
				`{"id":"sub.contoso.com","isVerified":true,"isRoot":false}`, `{"id":"contoso.onmicrosoft.com","isVerified":true}`))}, evidence.TenantFederations, evidence.Complete, "", "",
		},
		"federation or not": {
			[]imports.File{org, pageFile("d.json", page(v1+"domains", "", `{"id":"contoso.com","isVerified":true,"isRoot":true}`))}, evidence.TenantFederations, evidence.Failed,
			"the list of domains does not say which of them are federated", "",
		},
		"verified or not": {
			[]imports.File{org, pageFile("d.json", page(v1+"domains(id)", "", `{"id":"contoso.com"}`, `{"id":"fabrikam.com","isVerified":null}`))}, evidence.TenantDomainRecords, evidence.Failed,
			"the list of domains does not say which of them are verified", "",
		},
		"verified or not, all saved": {
			[]imports.File{org, pageFile("d.json", page(v1+"domains(id)", "", `{"id":"contoso.com"}`)), record("contoso.com", "serviceConfigurationRecords")}, evidence.TenantDomainRecords, evidence.Complete, "", "",
		},
		"federation lacks": {
			[]imports.File{org, domains}, evidence.TenantFederations, evidence.Failed, "no page of domains/{id}/federationConfiguration is among the files for contoso.com", "",
		},
		"records without domains": {
			[]imports.File{org, record("contoso.com", "serviceConfigurationRecords")}, evidence.TenantDomainRecords, evidence.Failed, "no page of domains is among the files, so that nobody knows whether all are there", "",
		},
		"one application of two": {
			[]imports.File{org, pageFile("p.json", `{`+v1+`servicePrincipals/$entity","id":"`+tenantB+`"}`)}, evidence.TenantPrincipals, evidence.Partial,
			"only one of the two hybrid applications was saved, and nothing says that the other is not there (1 rows were read)", "",
		},
		"a list of applications": {[]imports.File{org, pageFile("p.json", page(v1+"servicePrincipals", "", `{"id":"`+tenantB+`"}`))}, evidence.TenantPrincipals, evidence.Complete, "", ""},
		"unknown collections": {
			[]imports.File{org, pageFile("x.json", page(v1+"applications", "", `{"id":"`+tenantB+`"}`)), pageFile("m.json", page(v1+"users('x')/memberOf", ""))}, evidence.TenantOrganization, evidence.Complete, "",
			"pages of applications are not used (x.json)",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := coverageOf(t, graphOf(t, evidence.Datasets(), c.files...), c.of)
			if got.State != c.state || got.Reason != c.reason || c.note != "" && !slices.Contains(got.Notes, c.note) {
				t.Errorf("%s %q %q", got.State, got.Reason, got.Notes)
			}
			if got.Source != tenantA {
				t.Errorf("source %q", got.Source)
			}
		})
	}
	s := graphOf(t, evidence.Datasets(), org)
	for _, d := range evidence.Datasets() {
		want := 0
		if d.Tenant() && !d.Supplied() {
			want = 1
		}
		if n := len(s.Of(d)); n != want {
			t.Errorf("%s has %d coverages", d, n)
		}
	}
}

func TestGraphRefused(t *testing.T) {
	cases := map[string]struct {
		files []imports.File
		want  string
	}{
		"empty":          {[]imports.File{pageFile("a.json", " ")}, "a.json: it holds no page of Microsoft Graph: JSON with @odata.context and value is expected"},
		"text":           {[]imports.File{pageFile("readme.md", "# Pages")}, "readme.md:1: no JSON begins here"},
		"objects only":   {[]imports.File{pageFile("a.json", "["+user("1", "")+"]")}, "a.json:1: this is no page of Microsoft Graph: it has no @odata.context; save whole answers, not only what is in value"},
		"values":         {[]imports.File{pageFile("a.json", "[1]")}, "a.json:1: this is no page of Microsoft Graph: the page is no JSON object"},
		"an error":       {[]imports.File{pageFile("a.json", "\n"+`{"error":{"code":"Authorization_RequestDenied","message":"Insufficient privileges"}}`)}, "a.json:2: this is an error that the service answered (Authorization_RequestDenied), and no page: take the file away, or ask again"},
		"cut":            {[]imports.File{pageFile("a.json", page(v1+"users", "", user("1", ""))[:120])}, "a.json:1: the file ends within the text that begins in line 1: it was cut"},
		"odd context":    {[]imports.File{pageFile("a.json", `{"@odata.context":"none","value":[]}`)}, "a.json:1: its @odata.context names no collection"},
		"no list":        {[]imports.File{pageFile("a.json", `{`+v1+`users","id":"x"}`)}, `a.json:1: the page has no list "value"`},
		"which domain":   {[]imports.File{pageFile("a.json", page(v1+"Collection(microsoft.graph.domainDnsRecord)", "")), pageFile("b.json", page(v1+"serviceConfigurationRecords", ""))}, "b.json:1: its @odata.context does not say of which domain these are: save the whole answer of domains/{id}/serviceConfigurationRecords"},
		"two tenants":    {[]imports.File{pageFile("a.json", page(v1+"organization", "", organization)), pageFile("b.json", page(v1+"subscribedSkus", "", `{"id":"`+tenantB+`_x"}`))}, "b.json:1: the page is of the tenant " + tenantB + ", a.json is of " + tenantA + ": give each tenant a folder of its own"},
		"two clouds":     {[]imports.File{pageFile("a.json", page(v1+"users", "")), pageFile("b.json", strings.Replace(page(v1+"groups", ""), "microsoft.com", "microsoft.us", 1))}, "b.json:1: the page is from graph.microsoft.us, those of a.json are from graph.microsoft.com: give each tenant a folder of its own"},
		"broken inside":  {[]imports.File{pageFile("a.json", `{"@odata.context": tru}`)}, "a.json:1: this is no page of Microsoft Graph: the page is not complete JSON"},
		"no files given": {nil, "there is no file with pages of Microsoft Graph"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := imports.Graph(context.Background(), c.files, imports.GraphOptions{})
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// Teams has no resources in national clouds: that they are missing makes no run incomplete.
func TestGraphOptional(t *testing.T) {
	for host, want := range map[string]bool{"graph.microsoft.com": false, "graph.microsoft.us": true, "dod-graph.microsoft.us": true, "microsoftgraph.chinacloudapi.cn": true, "graph.example.com": false} {
		s := graphOf(t, evidence.Datasets(), pageFile("u.json", strings.ReplaceAll(page(v1+"users", "", user("1", "")), "graph.microsoft.com", host)))
		for _, d := range []evidence.Dataset{evidence.TenantTeamsUsers, evidence.TenantNumbers} {
			if c := coverageOf(t, s, d); c.Optional != want {
				t.Errorf("%s of %s: %+v", d, host, c)
			}
		}
		if c := coverageOf(t, s, evidence.TenantUsers); c.Optional {
			t.Errorf("users of %s: %+v", host, c)
		}
	}
}

func TestGraphTenantNames(t *testing.T) {
	users := pageFile("u.json", page(v1+"users", "", user("1", "")))
	cases := map[string]struct {
		files []imports.File
		want  string
	}{
		"organization":   {[]imports.File{users, pageFile("o.json", page(v1+"organization", "", organization))}, tenantA},
		"SKU":            {[]imports.File{users, pageFile("s.json", page(v1+"subscribedSkus", "", `{"id":"`+tenantB+`_x"}`))}, tenantB},
		"initial domain": {[]imports.File{users, pageFile("d.json", page(v1+"domains", "", `{"id":"Contoso.onmicrosoft.com","isInitial":true}`))}, "contoso.onmicrosoft.com"},
		"nothing":        {[]imports.File{users}, "pages"},
	}
	for name, c := range cases {
		s := graphOf(t, nil, c.files...)
		for u := range s.TenantUsers() {
			if u.Tenant() != c.want {
				t.Errorf("%s: %q", name, u.Tenant())
			}
		}
	}
}

func TestGraphChangedFile(t *testing.T) {
	reads := 0
	f := pageFile("a.json", "")
	f.Open = func() (io.ReadCloser, error) {
		reads++
		return io.NopCloser(strings.NewReader(strings.Repeat(page(v1+"users", ""), reads))), nil
	}
	_, err := imports.Graph(context.Background(), []imports.File{f}, imports.GraphOptions{})
	var fault *imports.PageError
	if !errors.As(err, &fault) || fault.Problem != "changed while it was read: wait until it is saved" {
		t.Errorf("got %v", err)
	}
}

func TestGraphInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := imports.Graph(ctx, []imports.File{pageFile("a.json", page(v1+"users", ""))}, imports.GraphOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// FuzzGraph feeds anything as a file among others.
func FuzzGraph(f *testing.F) {
	for _, seed := range []string{
		page(v1+"users(id,userPrincipalName)", "", user("1", "")), page(v1+"domains('a.example.com')/serviceConfigurationRecords", "", "{}"), `{"responses":[{"status":200,"body":{}}]}`,
		`{` + v1 + `users/$entity","id":"x"}`, "[" + page(beta+"organization", `"@odata.count":3,`, organization) + "]", `{"@odata.context":"$metadata#Collection(a'(b)c"}`, wide("[{}]"),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file := imports.File{Name: "fuzz.json", Modified: time.Unix(0, 0), Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
		s, err := imports.Graph(context.Background(), []imports.File{file}, imports.GraphOptions{Name: "fuzz", Wanted: evidence.Datasets()})
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz.json") {
				t.Fatalf("error %v", err)
			}
			return
		}
		for _, c := range s.Coverage() {
			if c.Rows != s.Rows(c.Dataset) || c.State == evidence.Complete && c.Reason != "" {
				t.Fatalf("%+v", c)
			}
		}
	})
}
