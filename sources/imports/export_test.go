package imports_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/imports"
	"hybridaudit/sources/lab/plant"
)

var saved = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func exportOf(name, text string) imports.ExportFile {
	return imports.ExportFile{File: imports.File{Name: name, Modified: saved, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}}
}

func exportFrom(t *testing.T, path string) imports.ExportFile {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return exportOf(filepath.Base(path), string(data))
}

// placed reads one file or several and places them in a world of one tenant and one forest.
func placed(t *testing.T, files ...imports.ExportFile) *evidence.Snapshot {
	t.Helper()
	exports, err := imports.Exports(context.Background(), files, imports.ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	snapshots, err := imports.Place(exports, imports.World{Reference: saved, MaxAge: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s, err := evidence.Merge(snapshots...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func objectsOf(t *testing.T, s *evidence.Snapshot, d evidence.Dataset) []map[string]any {
	t.Helper()
	var all []map[string]any
	for row := range s.Rows(d) {
		var object map[string]any
		if err := json.Unmarshal(s.Table(d).AppendJSON(nil, row), &object); err != nil {
			t.Fatal(err)
		}
		all = append(all, object)
	}
	return all
}

func coverageOf(t *testing.T, s *evidence.Snapshot, d evidence.Dataset) evidence.Coverage {
	t.Helper()
	of := s.Of(d)
	if len(of) != 1 {
		t.Fatalf("%s has %d coverages", d, len(of))
	}
	return of[0]
}

// lostInCSV are the columns that Export-Csv does not keep: lists. Everything else is the same in all forms.
var lostInCSV = map[string][]string{
	"Get-CsTenantFederationConfiguration": {"BlockedDomains"},
	"Get-CsOnlineUser":                    {"UserValidationErrors", "ProxyAddresses", "ShadowProxyAddresses", "FeatureTypes"},
	"Get-CsPool":                          {"Services", "Computers"},
	"Get-CsRgsAgentGroup":                 {"AgentsByUri"},
	"Get-CsUserDelegates":                 {"Delegates"},
}

// Each command's output gives the same rows from JSON, CSV and CliXml, and every column of its table is in the sample.
func TestEveryCommandInEveryForm(t *testing.T) {
	for _, c := range imports.Commands() {
		t.Run(c.File(), func(t *testing.T) {
			base := filepath.Join("testdata", "exports", c.File())
			xml := placed(t, exportFrom(t, base+".xml"))
			want := objectsOf(t, xml, c.Dataset)
			if len(want) == 0 {
				t.Fatal("no rows")
			}
			cov := coverageOf(t, xml, c.Dataset)
			if cov.State != evidence.Complete || cov.Rows != len(want) || len(cov.Missing) > 0 || len(cov.Notes) > 0 || cov.Stale || !cov.Started.Equal(saved) {
				t.Errorf("coverage %+v", cov)
			}
			columns := slices.DeleteFunc(evidence.SchemaOf(c.Dataset).Names(), func(n string) bool { return n == evidence.ExportColumn })
			if diff := cmp.Diff(columns, cov.Attributes); diff != "" {
				t.Errorf("columns read, -want +got:\n%s", diff)
			}
			for _, column := range columns {
				if !slices.ContainsFunc(want, func(o map[string]any) bool { _, there := o[column]; return there }) && column != "PrivateLine" && column != "DistributionGroupAddress" {
					t.Errorf("no object of the sample has %s", column)
				}
			}
			if diff := cmp.Diff(want, objectsOf(t, placed(t, exportFrom(t, base+".json")), c.Dataset)); diff != "" {
				t.Errorf("JSON, -CliXml +JSON:\n%s", diff)
			}
			csv := placed(t, exportFrom(t, base+".csv"))
			cov = coverageOf(t, csv, c.Dataset)
			if diff := cmp.Diff(lostInCSV[c.File()], withoutNone(cov.Missing)); diff != "" {
				t.Errorf("columns that CSV does not keep, -want +got:\n%s", diff)
			}
			for _, o := range want {
				for _, column := range cov.Missing {
					delete(o, column)
				}
			}
			if diff := cmp.Diff(want, objectsOf(t, csv, c.Dataset)); diff != "" {
				t.Errorf("CSV, -CliXml +CSV:\n%s", diff)
			}
		})
	}
}

func withoutNone(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	return names
}

// What the samples hold, for the values that are hard to get right.
func TestSampleValues(t *testing.T) {
	read := func(file string) *evidence.Snapshot {
		return placed(t, exportFrom(t, filepath.Join("testdata", "exports", file)))
	}
	for e := range read("Get-CsTenantFederationConfiguration.xml").Exports(evidence.TeamsFederation) {
		if got := slices.Collect(e.List("AllowedDomains")); !slices.Equal(got, []string{"fabrikam.com", "partner.example.com"}) || e.Flag("AllowAllKnownDomains") != evidence.False {
			t.Errorf("allowed: %q", got)
		}
		if got := slices.Collect(e.List("BlockedDomains")); !slices.Equal(got, []string{"blocked.example.com"}) {
			t.Errorf("blocked: %q", got)
		}
	}
	users := read("Get-CsOnlineUser.xml")
	var policies []string
	for e := range users.Exports(evidence.TeamsOnlineUsers) {
		policies = append(policies, e.Text("TeamsUpgradePolicy"))
		for v := range e.ValidationErrors() {
			if v.Code != "OnPremDeploymentDetected" || v.Description == "" || v.Raw != "" {
				t.Errorf("%+v", v)
			}
		}
		if e.Text("UserPrincipalName") == "aiko.sato@contoso.com" && !slices.Contains(slices.Collect(e.List("ProxyAddresses")), "X500:/o=Contoso/cn=Recipients/cn=Aiko Sato") {
			t.Error("the X.500 address is gone")
		}
	}
	if !slices.Equal(policies, []string{"UpgradeToTeams", ""}) {
		t.Errorf("policies %q", policies)
	}
	for e := range read("Get-CsOnlineSipDomain.json").Exports(evidence.TeamsSIPDomains) {
		if s := e.Text("Status"); s != "Enabled" && s != "Disabled" {
			t.Errorf("status %q", s)
		}
	}
}

// one reads a file of one dataset and gives its rows and coverage.
func one(t *testing.T, name, text string) ([]map[string]any, evidence.Coverage) {
	t.Helper()
	s := placed(t, exportOf(name, text))
	c := s.Coverage()
	if len(c) != 1 {
		t.Fatalf("coverage %+v", c)
	}
	return objectsOf(t, s, c[0].Dataset), c[0]
}

func TestShapes(t *testing.T) {
	federation := func(allowed string) string {
		return `{"Identity":"Global","SharedSipAddressSpace":true,"AllowFederatedUsers":true,"AllowedDomains":` + allowed + `}`
	}
	all := map[string]any{"Identity": "Global", "SharedSipAddressSpace": true, "AllowFederatedUsers": true, "AllowAllKnownDomains": true}
	two := map[string]any{
		"Identity": "Global", "SharedSipAddressSpace": true, "AllowFederatedUsers": true, "AllowAllKnownDomains": false, "AllowedDomains": []any{"a.example.com", "b.example.com"},
	}
	cases := map[string]struct {
		name, text string
		want       []map[string]any
		missing    []string // among others
	}{
		"all by object without properties": {"f.json", federation(`{}`), []map[string]any{all}, nil},
		"all by a property":                {"f.json", federation(`{"AllowAllKnownDomains":{}}`), []map[string]any{all}, nil},
		"all as text":                      {"f.json", federation(`"AllowAllKnownDomains"`), []map[string]any{all}, nil},
		"all as the name of a type":        {"f.json", federation(`"Microsoft.Rtc.Management.WritableConfig.Settings.Edge.AllowAllKnownDomains"`), []map[string]any{all}, nil},
		"list of patterns":                 {"f.json", federation(`{"AllowedDomain":[{"Domain":"a.example.com"},{"Domain":"b.example.com"}]}`), []map[string]any{two}, nil},
		"list of patterns as text":         {"f.json", federation(`{"AllowedDomain":["Domain=a.example.com","Domain=b.example.com"]}`), []map[string]any{two}, nil},
		"patterns beyond the depth":        {"f.json", federation(`{"AllowedDomain":["@{Domain=a.example.com}","@{Domain=b.example.com}"]}`), []map[string]any{two}, nil},
		"wrapped list":                     {"f.json", federation(`{"AllowedDomain":{"value":["a.example.com","b.example.com"],"Count":2}}`), []map[string]any{two}, nil},
		"list beside it":                   {"f.json", federation(`null,"AllowedDomainsAsAList":["a.example.com","b.example.com"]`), []map[string]any{two}, nil},
		"text of a list":                   {"f.json", federation(`"AllowedDomain=Domain=a.example.com,Domain=b.example.com"`), []map[string]any{two}, nil},
		"domains as text":                  {"f.json", federation(`"a.example.com, b.example.com"`), []map[string]any{two}, nil},
		"list that was not kept": {
			"f.json", federation(`"System.Collections.Generic.List` + "`" + `1[System.String]"`),
			[]map[string]any{{"Identity": "Global", "SharedSipAddressSpace": true, "AllowFederatedUsers": true}}, []string{"AllowedDomains", "AllowAllKnownDomains"},
		},
		"nobody is allowed": {
			"f.json", federation(`{"AllowedDomain":[]}`),
			[]map[string]any{{"Identity": "Global", "SharedSipAddressSpace": true, "AllowFederatedUsers": true, "AllowAllKnownDomains": false}}, nil,
		},
		"old module": {
			"users.json", `[{"Identity":"CN=0a0a0a0a-0000-4000-8000-000000000001,OU=x,DC=lync","ObjectId":"0a0a0a0a-0000-4000-8000-000000000001","UserPrincipalName":"a@contoso.com","Enabled":true,
				"DirSyncEnabled":true,"InterpretedUserType":"HybridOnline","TeamsUpgradePolicy":"UpgradeToTeams","LineURI":"tel:+15550100",
				"MCOValidationErrors":"<Errors><Error><ErrorCode>DuplicateSip</ErrorCode><ErrorDescription>taken</ErrorDescription></Error></Errors>"}]`,
			[]map[string]any{{
				"Identity": "0a0a0a0a-0000-4000-8000-000000000001", "UserPrincipalName": "a@contoso.com", "IsSipEnabled": true, "UserDirSyncEnabled": true, "InterpretedUserType": "HybridOnline",
				"TeamsUpgradePolicy": "UpgradeToTeams", "LineUri": "tel:+15550100", "UserValidationErrors": []any{map[string]any{"ErrorCode": "DuplicateSip", "ErrorDescription": "taken"}},
			}},
			[]string{"AccountType", "ProxyAddresses"},
		},
		"errors and policies as JSON in text": {
			"users.json", `{"UserPrincipalName":"a@contoso.com","AccountType":"User","TeamsUpgradePolicy":"{\"name\":\"SfBOnly\",\"authority\":\"Host\"}",
				"UserValidationErrors":"[{\"ErrorCode\":\"A\"},{\"ErrorDescription\":\"b\"}]"}`,
			[]map[string]any{{
				"UserPrincipalName": "a@contoso.com", "AccountType": "User", "TeamsUpgradePolicy": "SfBOnly",
				"UserValidationErrors": []any{map[string]any{"ErrorCode": "A"}, map[string]any{"ErrorDescription": "b"}},
			}},
			nil,
		},
		"an error that nobody knows": {
			"users.json", `{"UserPrincipalName":"a@contoso.com","AccountType":"User","UserValidationErrors":["something is wrong"]}`,
			[]map[string]any{{"UserPrincipalName": "a@contoso.com", "AccountType": "User", "UserValidationErrors": []any{map[string]any{"Raw": "something is wrong"}}}}, nil,
		},
		"enumerations as numbers": {
			"d.json", `[{"Name":"contoso.com","Status":0}]`, []map[string]any{{"Name": "contoso.com"}}, []string{"Status"},
		},
		"wrapper of Windows PowerShell": {
			"d.json", `{"value":[{"Name":"contoso.com","Status":"Enabled"},{"Name":"fabrikam.com","Status":"Disabled"}],"Count":2}`,
			[]map[string]any{{"Name": "contoso.com", "Status": "Enabled"}, {"Name": "fabrikam.com", "Status": "Disabled"}}, nil,
		},
		"decorated time": {
			"r.json", `[{"ReplicaFqdn":"a.contoso.com","UpToDate":true,"ProductVersion":"7.0","LastStatusReport":{"value":"/Date(1772352000000)/","DisplayHint":2,"DateTime":"Sunday"}}]`,
			[]map[string]any{{"ReplicaFqdn": "a.contoso.com", "UpToDate": true, "ProductVersion": "7.0", "LastStatusReport": "2026-03-01T08:00:00Z"}}, nil,
		},
		"time that could be two": {
			"r.csv", "ReplicaFqdn,UpToDate,ProductVersion,LastStatusReport\na.contoso.com,True,7.0,3.1.26 8:00\n",
			[]map[string]any{{"ReplicaFqdn": "a.contoso.com", "UpToDate": true, "ProductVersion": "7.0"}}, []string{"LastStatusReport"},
		},
		"American time": {
			"r.csv", "#TYPE Selected.Microsoft.Rtc.Management.Xds.ReplicaState\r\n\"ReplicaFqdn\"\t\"UpToDate\"\t\"ProductVersion\"\t\"LastStatusReport\"\r\n\"a.contoso.com\"\t\"True\"\t\"7.0\"\t\"3/1/2026 8:00:00 AM\"\r\n",
			[]map[string]any{{"ReplicaFqdn": "a.contoso.com", "UpToDate": true, "ProductVersion": "7.0", "LastStatusReport": "2026-03-01T08:00:00Z"}}, nil,
		},
		"joined lists": {
			"p.csv", "Identity;Fqdn;Site;Services;Computers\npool01.contoso.com;pool01.contoso.com;Site:Tokyo;Registrar:pool01.contoso.com;fe01.contoso.com fe02.contoso.com\n",
			[]map[string]any{{
				"Identity": "pool01.contoso.com", "Fqdn": "pool01.contoso.com", "Site": "Site:Tokyo", "Services": []any{"Registrar:pool01.contoso.com"},
				"Computers": []any{"fe01.contoso.com", "fe02.contoso.com"},
			}}, nil,
		},
		"joined addresses": {
			"u.csv", "UserPrincipalName,AccountType,ProxyAddresses\na@contoso.com,User,\"SMTP:a@contoso.com X500:/o=C/cn=A B smtp:b@contoso.com\"\n",
			[]map[string]any{{"UserPrincipalName": "a@contoso.com", "AccountType": "User", "ProxyAddresses": []any{"SMTP:a@contoso.com", "X500:/o=C/cn=A B", "smtp:b@contoso.com"}}}, nil,
		},
		"no objects, named":       {"Get-CsBlockedDomain.xml", `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"/>`, nil, nil},
		"no objects, named, JSON": {"Get-CsBlockedDomain.json", "[]", nil, nil},
		"null, named":             {"csblockeddomains.json", "null", nil, nil},
		"header only":             {"x.csv", "Identity,Domain,Comment\n", nil, nil},
		"references": {
			"o.xml", `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><Obj RefId="0"><TN RefId="0"><T>X</T></TN><Props><S N="UserPrincipalName">a</S><S N="AccountType">User</S>
				<Obj N="TeamsUpgradePolicy" RefId="1"><TNRef RefId="0"/><Props><S N="Name">Islands</S></Props></Obj></Props></Obj><Obj RefId="2"><TNRef RefId="0"/><MS><S N="UserPrincipalName">b_x00E4__xD83D__xDE00__x005F_x0041_</S>
				<S N="AccountType">User</S><Ref N="TeamsUpgradePolicy" RefId="1"/></MS></Obj></Objs>`,
			[]map[string]any{{"UserPrincipalName": "a", "AccountType": "User", "TeamsUpgradePolicy": "Islands"}, {"UserPrincipalName": "bä😀_x0041_", "AccountType": "User", "TeamsUpgradePolicy": "Islands"}}, nil,
		},
		"list as one object": {
			"o.xml", `<Objs Version="1.1.0.1"><Obj RefId="0"><TN RefId="0"><T>System.Object[]</T></TN><LST><Obj RefId="1"><MS><S N="Server">S1</S><S N="Version">2.5</S></MS></Obj><Nil/></LST></Obj></Objs>`,
			[]map[string]any{{"Server": "S1", "Version": "2.5"}}, nil,
		},
		"hash table": {
			"o.xml", `<Objs Version="1.1.0.1"><Obj RefId="0"><DCT><En><S N="Key">Server</S><S N="Value">S1</S></En><En><S N="Key">Version</S><Version N="Value">2.5.79.0</Version></En></DCT></Obj></Objs>`,
			[]map[string]any{{"Server": "S1", "Version": "2.5.79.0"}}, nil,
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, cov := one(t, c.name, c.text)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if cov.State != evidence.Complete {
				t.Errorf("state %s", cov.State)
			}
			for _, m := range c.missing {
				if !slices.Contains(cov.Missing, m) || !cov.Lacks(m) {
					t.Errorf("%s does not count as missing: %q", m, cov.Missing)
				}
			}
			if c.missing == nil {
				for column := range all {
					if len(c.want) > 0 && c.want[0][column] != nil && cov.Lacks(column) {
						t.Errorf("%s counts as missing", column)
					}
				}
			}
		})
	}
}

func TestRefusedFiles(t *testing.T) {
	cases := map[string]struct{ name, text, want string }{
		"empty":            {"Get-CsUser.json", "  \r\n", "Get-CsUser.json: it is empty: nothing was saved in it; Export-Clixml writes a file that says so even when a command gives nothing"},
		"nobody's nothing": {"x.json", "[]", "x.json: it holds no object, and its name does not say of which command: name it after the command, as in Get-CsBlockedDomain.xml"},
		"another command":  {"Get-CsUser.json", `[{"UserPrincipalName":"a","InterpretedUserType":"PureOnline"}]`, "Get-CsUser.json: by its name it should hold the output of Get-CsUser, but its objects are those of Get-CsOnlineUser (SipAddress, Enabled missing): save the right output, or rename the file"},
		"properties lacking": {
			"online-CsOnlineUser-2.csv", "Identity,AccountType\na,b\n", "online-CsOnlineUser-2.csv: by its name it should hold the output of Get-CsOnlineUser, but its objects lack UserPrincipalName",
		},
		"near": {"x.csv", "SipAddress,LineURI\na,b\n", "x.csv: its objects are of no command that can be imported; nearest is Get-CsUser, but they lack Enabled"},
		"typed": {
			"x.xml", `<Objs><Obj RefId="0"><TN RefId="0"><T>Deserialized.Microsoft.Rtc.Management.Xds.ReplicaState</T></TN><Props><B N="UpToDate">true</B></Props></Obj></Objs>`,
			"x.xml: its objects are those of Get-CsManagementStoreReplicationStatus, but they lack ReplicaFqdn",
		},
		"unknown":         {"x.json", `{"a":1}`, "x.json: its objects are of no command that can be imported: Get-CsOnlineUser, Get-CsUser and others, see docs/imports.md"},
		"services":        {"x.json", `[{"Name":"spooler","Status":"Running","DisplayName":"Print","StartType":"Auto","CanStop":true}]`, "x.json: its objects are of no command that can be imported: Get-CsOnlineUser, Get-CsUser and others, see docs/imports.md"},
		"cut JSON":        {"x.json", "[{\"Server\":\"a\",\n\"Version\":\"b\"},\n{\"Server\":\"c", "x.json:3: the file ends within the text that begins in line 3: it was cut"},
		"cut CSV":         {"x.csv", "\"Server\",\"Version\"\r\n\"a\",\"b\"\r\n\"c\",\"d", "x.csv:3: a quote is not closed or stands where none may: the file was cut or edited (save the objects again)"},
		"cut CSV line":    {"x.csv", "Server,Version\na,b\nc", "x.csv:3: the line has another number of fields than the first one: the file was cut, or its separators were changed (save the objects again)"},
		"cut CliXml":      {"x.xml", "<Objs>\n<Obj RefId=\"0\"><MS><S N=\"Server\">a</S>", "x.xml:2: the file ends before its objects do: it was cut (save the objects again)"},
		"cut root":        {"x.xml", "<Objs>\n<Obj RefId=\"0\"><MS><S N=\"Server\">a</S><S N=\"Version\">a</S></MS></Obj>\n", "x.xml:3: the file ends before its objects do: it was cut (save the objects again)"},
		"web page":        {"x.xml", "<html><body/></html>", "x.xml:1: this XML is no CliXml: it does not begin with Objs (save the objects with Export-Clixml)"},
		"document type":   {"x.xml", "<!DOCTYPE Objs [<!ENTITY a \"b\">]><Objs/>", "x.xml:1: document type definitions are not read (save the objects again with Export-Clixml)"},
		"unknown element": {"x.xml", "<Objs><Obj RefId=\"0\"><MS><Foo>a</Foo></MS></Obj></Objs>", "x.xml:1: this element is none of CliXml's (save the objects again with Export-Clixml, and do not edit the file)"},
		"values":          {"x.json", `["a","b"]`, "x.json:1: there is a single value where an object is wanted (save whole objects: do not expand a property)"},
		"two tenants": {
			"x.csv", "UserPrincipalName,AccountType,TenantId\na,User,11111111-0000-4000-8000-000000000000\nb,User,22222222-0000-4000-8000-000000000000\n",
			"x.csv: line 3: an object is of the tenant 22222222-0000-4000-8000-000000000000, others are of 11111111-0000-4000-8000-000000000000: save each tenant's into a file of its own",
		},
		"column twice": {"x.csv", "a,A\n1,2\n", "x.csv:1: the first line does not name the columns: a name is empty or stands twice (save the objects with Export-Csv or Export-Clixml)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := imports.Exports(context.Background(), []imports.ExportFile{exportOf(c.name, c.text)}, imports.ExportOptions{})
			if err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// The file of every command cut anywhere is refused, or tells that it was cut, or lacks nothing but its last line break.
func TestCutFilesAreRefused(t *testing.T) {
	for _, ending := range []string{".xml", ".json"} {
		for _, c := range imports.Commands() {
			data, err := os.ReadFile(filepath.Join("testdata", "exports", c.File()+ending))
			if err != nil {
				t.Fatal(err)
			}
			whole := bytes.TrimRight(data, "\r\n\x00 ")
			for _, share := range []int{30, 60, 90, 99} {
				cut := data[:len(whole)*share/100]
				_, err := imports.Exports(context.Background(), []imports.ExportFile{exportOf(c.File()+ending, string(cut))}, imports.ExportOptions{})
				if err == nil || !strings.HasPrefix(err.Error(), c.File()+ending) {
					t.Errorf("%s%s cut at %d%%: %v", c.File(), ending, share, err)
				}
			}
		}
	}
}

const (
	tenantA = "11111111-0000-4000-8000-000000000000"
	tenantB = "22222222-0000-4000-8000-000000000000"
)

func usersOf(name, source, tenant, upn string) imports.ExportFile {
	f := exportOf(name, "UserPrincipalName,AccountType,TenantId,Identity\n"+upn+",User,"+tenant+",\n")
	f.Source = source
	return f
}

func TestPlace(t *testing.T) {
	a, b := imports.Known{Name: "contoso.onmicrosoft.com", ID: tenantID(tenantA)}, imports.Known{Name: tenantB, Aliases: []string{"fabrikam.com"}, ID: tenantID(tenantB)}
	forest, other := imports.Known{Name: "contoso.com"}, imports.Known{Name: "fabrikam.com"}
	domains := func(source string) imports.ExportFile {
		f := exportOf("d.csv", "Name,IsDefault\ncontoso.com,True\n")
		f.Source = source
		return f
	}
	cases := map[string]struct {
		files []imports.ExportFile
		world imports.World
		want  []string // sources
		fault string
	}{
		"alone":                    {files: []imports.ExportFile{usersOf("u.csv", "", tenantA, "a"), domains("")}, want: []string{tenantA, ""}},
		"alone with a name":        {files: []imports.ExportFile{usersOf("u.csv", "x", "", "a"), domains("y")}, want: []string{"x", "y"}},
		"one tenant, by its id":    {files: []imports.ExportFile{usersOf("u.csv", "", tenantA, "a")}, world: imports.World{Tenants: []imports.Known{a}}, want: []string{"contoso.onmicrosoft.com"}},
		"one tenant, nothing told": {files: []imports.ExportFile{usersOf("u.csv", "", "", "a"), domains("")}, world: imports.World{Tenants: []imports.Known{a}, Forests: []imports.Known{forest}}, want: []string{a.Name, "contoso.com"}},
		"two tenants, by id":       {files: []imports.ExportFile{usersOf("u.csv", "", tenantA, "a"), usersOf("v.csv", "", tenantB, "b")}, world: imports.World{Tenants: []imports.Known{a, b}}, want: []string{a.Name, b.Name}},
		"two tenants, by alias":    {files: []imports.ExportFile{usersOf("u.csv", "FABRIKAM.com", "", "a"), domains("fabrikam.com")}, world: imports.World{Tenants: []imports.Known{a, b}, Forests: []imports.Known{forest, other}}, want: []string{b.Name, "fabrikam.com"}},
		"two pages":                {files: []imports.ExportFile{usersOf("u.csv", "", tenantA, "a"), usersOf("v.csv", "", tenantA, "b")}, want: []string{tenantA}},
		"two tenants, nothing told": {
			files: []imports.ExportFile{usersOf("u.csv", "", "", "a")}, world: imports.World{Tenants: []imports.Known{a, b}},
			fault: "u.csv: it does not say of which tenant it is, and the audit is of contoso.onmicrosoft.com (" + tenantA + "), " + tenantB + ": give it as --import TENANT=FILE",
		},
		"two forests, nothing told": {
			files: []imports.ExportFile{domains("")}, world: imports.World{Forests: []imports.Known{forest, other}},
			fault: "d.csv: it does not say of which forest it is, and the audit is of contoso.com, fabrikam.com: give it as --import FOREST=FILE",
		},
		"another tenant": {
			files: []imports.ExportFile{usersOf("u.csv", "", tenantB, "a")}, world: imports.World{Tenants: []imports.Known{a}},
			fault: "u.csv: it is of the tenant " + tenantB + ", the audit is of contoso.onmicrosoft.com (" + tenantA + ")",
		},
		"given for another tenant": {
			files: []imports.ExportFile{usersOf("u.csv", "contoso.onmicrosoft.com", tenantB, "a")}, world: imports.World{Tenants: []imports.Known{a, b}},
			fault: "u.csv: it is of the tenant " + tenantB + " and was given for contoso.onmicrosoft.com (" + tenantA + ")",
		},
		"a forest that was not read": {files: []imports.ExportFile{domains("contoso.com")}, world: imports.World{Forests: []imports.Known{{Name: "dc1", Unread: true}}}, want: []string{"contoso.com"}},
		"nor named":                  {files: []imports.ExportFile{domains("")}, world: imports.World{Forests: []imports.Known{{Name: "dc1", Unread: true}}}, want: []string{""}},
		"unknown source": {
			files: []imports.ExportFile{domains("adatum.com")}, world: imports.World{Forests: []imports.Known{forest}},
			fault: "d.csv: it was given for the forest adatum.com, and the audit is of contoso.com",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			exports, err := imports.Exports(context.Background(), c.files, imports.ExportOptions{})
			if err != nil {
				t.Fatal(err)
			}
			snapshots, err := imports.Place(exports, c.world)
			if c.fault != "" {
				if err == nil || err.Error() != c.fault {
					t.Errorf("got  %v\nwant %s", err, c.fault)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var sources []string
			for _, s := range snapshots {
				cov := s.Coverage()[0]
				sources = append(sources, cov.Source)
				for e := range s.Exports(cov.Dataset) {
					if e.Source() != cov.Source {
						t.Errorf("a row is of %q, its coverage of %q", e.Source(), cov.Source)
					}
				}
				if !s.Taken().IsZero() && s.Taken().Year() > 1 {
					t.Errorf("taken %s", s.Taken())
				}
			}
			if diff := cmp.Diff(c.want, sources); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestPagesAndAge(t *testing.T) {
	first, second := exportOf("1.csv", "Name,IsDefault\ncontoso.com,True\n"), exportOf("2.csv", "Name,IsDefault\nCONTOSO.com,True\nfabrikam.com,False\n")
	first.Modified = saved.Add(-30 * time.Hour)
	exports, err := imports.Exports(context.Background(), []imports.ExportFile{first, second}, imports.ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	snapshots, err := imports.Place(exports, imports.World{Reference: saved, MaxAge: 24 * time.Hour})
	if err != nil || len(snapshots) != 1 {
		t.Fatal(snapshots, err)
	}
	want := evidence.Coverage{
		Dataset: evidence.ServerSIPDomains, State: evidence.Complete, Expected: 2, Rows: 2, Attributes: []string{"Name", "IsDefault"}, Missing: []string{"Identity"},
		Notes:    []string{"1 objects were in several files and were kept once", "saved 30 hours before the rest of the evidence was taken"},
		Optional: true, Files: []string{"1.csv", "2.csv"}, Stale: true, Server: "Get-CsSipDomain", Started: first.Modified, Ended: saved,
	}
	if diff := cmp.Diff(want, snapshots[0].Coverage()[0]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Objects of one file may share a key, whichever file comes first.
func TestSharedKeys(t *testing.T) {
	twins, other := exportOf("twins.csv", "Name,IsDefault\ncontoso.com,True\ncontoso.com,False\n"), exportOf("other.csv", "Name,IsDefault\nfabrikam.com,False\n")
	again := exportOf("again.csv", "Name,IsDefault\nCONTOSO.com,True\n")
	for want, files := range map[int][][]imports.ExportFile{3: {{twins, other}, {other, twins}, {other, twins, twins}, {twins, again, other}}, 2: {{again, twins, other}}} {
		for _, order := range files {
			exports, err := imports.Exports(context.Background(), order, imports.ExportOptions{})
			if err != nil || len(exports) != 1 || exports[0].Rows != want {
				t.Errorf("%s of %d files: %+v, %v; want %d rows", order[0].Name, len(order), exports, err, want)
			}
		}
	}
}

func TestInterruptedImport(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	_, err := imports.Exports(ctx, []imports.ExportFile{exportOf("1.csv", "Name,IsDefault\ncontoso.com,True\n")}, imports.ExportOptions{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func tenantID(text string) directory.GUID {
	g, err := directory.ParseGUID(text)
	if err != nil {
		panic(err)
	}
	return g
}

// FuzzExports feeds anything under the name of a command. What cannot be used is refused with the name of the file.
func FuzzExports(f *testing.F) {
	samples, err := filepath.Glob("testdata/exports/*")
	if err != nil || len(samples) == 0 {
		f.Fatal(samples, err)
	}
	for _, path := range samples {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(filepath.Base(path), data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		name = "fuzz-" + strings.ToValidUTF8(name, "")
		exports, err := imports.Exports(context.Background(), []imports.ExportFile{exportOf(name, string(data))}, imports.ExportOptions{})
		if err != nil {
			if !strings.HasPrefix(err.Error(), name) && !strings.HasPrefix(err.Error(), "reading "+name) {
				t.Fatalf("error %v", err)
			}
			return
		}
		snapshots, err := imports.Place(exports, imports.World{})
		if err != nil || len(snapshots) != 1 {
			t.Fatalf("%d snapshots, %v", len(snapshots), err)
		}
	})
}

// The documented command lines save every column that is read, and name their files so that they are recognised.
func TestCommandLines(t *testing.T) {
	datasets := map[evidence.Dataset]bool{}
	for _, c := range imports.Commands() {
		line := c.Line()
		datasets[c.Dataset] = true
		if !strings.HasSuffix(line, "Export-Clixml -Depth 4 "+c.File()+".xml") {
			t.Errorf("%s: %s", c.File(), line)
		}
		if !strings.Contains(line, "Select-Object") && !strings.Contains(line, "[pscustomobject]") {
			continue // whole objects
		}
		for _, column := range evidence.SchemaOf(c.Dataset).Names() {
			if column != evidence.ExportColumn && !strings.Contains(line, column) {
				t.Errorf("%s does not save %s", c.File(), column)
			}
		}
	}
	for _, d := range evidence.Datasets() {
		if d.Export() != datasets[d] {
			t.Errorf("%s has a command: %t", d, datasets[d])
		}
	}
}

// What the sample organisations come with is read as the commands' output, whole.
func TestSampleOrganisations(t *testing.T) {
	for _, variant := range plant.Variants() {
		org, err := plant.New(plant.Options{Seed: 3, Variant: variant, Now: saved})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range org.All() {
			for _, e := range o.Exports {
				var list []string
				for _, object := range e.Objects {
					list = append(list, string(object))
				}
				exports, err := imports.Exports(t.Context(), []imports.ExportFile{exportOf(e.Command+".json", "["+strings.Join(list, ",\n")+"]")}, imports.ExportOptions{})
				if err != nil {
					t.Fatalf("%s: %v", variant, err)
				}
				snapshots, err := imports.Place(exports, imports.World{})
				if err != nil {
					t.Fatal(err)
				}
				c := snapshots[0].Coverage()[0]
				if exports[0].Command.File() != e.Command || c.Rows != len(e.Objects) {
					t.Errorf("%s: %s became %d rows of %s, from %d objects", variant, e.Command, c.Rows, c.Dataset, len(e.Objects))
				}
				if notes := slices.DeleteFunc(slices.Clone(c.Notes), func(n string) bool { return strings.HasPrefix(n, "saved") }); len(notes) > 0 {
					t.Errorf("%s: %s: %q", variant, e.Command, notes)
				}
			}
		}
	}
}
