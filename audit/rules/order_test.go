package rules_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// The same evidence gives the same findings in the same order, in whatever order its rows were read and whatever number of workers judge it.
func TestRowOrderAndWorkersAreIrrelevant(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := organisation(t)
		want := judged(t, o.snapshot(t), 1)
		if diff := gocmp.Diff(want, judged(t, o.snapshot(t), 8)); diff != "" {
			t.Errorf("8 workers (-1 worker +8 workers):\n%s", diff)
		}
		for d, rows := range o {
			o[d] = rapid.Permutation(rows).Draw(t, "order of "+string(d))
		}
		if diff := gocmp.Diff(want, judged(t, o.snapshot(t), 8)); diff != "" {
			t.Errorf("other order of rows (-before +after):\n%s", diff)
		}
	})
}

// A clean person whose addresses nobody else has has no finding, and neither adds nor removes one of another. (What a finding guesses from its
// surroundings, and what it counts, may change.)
func TestInnocentPersonAddsNoFinding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := organisation(t)
		o[evidence.TenantOrganization][0]["onPremisesSyncEnabled"] = true // or a first directory user turns a cloud-only tenant into one that lacks it
		before := judged(t, o.snapshot(t), 1)
		o[evidence.ADUsers] = append(o[evidence.ADUsers], row{
			"objectGUID": guid(0xfff1), "objectSid": sid(0xfff1), "objectClass": []string{"top", "person", "organizationalPerson", "user"}, "forest": "contoso.com",
			"distinguishedName": "CN=Innocent,OU=People,DC=contoso,DC=com", "sAMAccountName": "innocent", "displayName": "Innocent", "userAccountControl": 512,
			"userPrincipalName": "innocent@contoso.com", "mail": "innocent@contoso.com", "mailNickname": "innocent",
			"proxyAddresses": []string{"SMTP:innocent@contoso.com"}, "whenCreated": "2026-01-05T08:00:00Z", "whenChanged": "2026-06-05T08:00:00Z",
		})
		o[evidence.TenantUsers] = append(o[evidence.TenantUsers], row{
			"id": guid(0xfff2), "userPrincipalName": "innocent@contoso.com", "displayName": "Innocent", "mail": "innocent@contoso.com", "accountEnabled": true,
			"userType": "Member", "usageLocation": "DE", "createdDateTime": "2026-01-05T08:00:00Z", "onPremisesSyncEnabled": true,
			"onPremisesImmutableId": anchor(0xfff1), "proxyAddresses": []string{"SMTP:innocent@contoso.com"},
		})
		if diff := gocmp.Diff(findingsOf(before), findingsOf(judged(t, o.snapshot(t), 1))); diff != "" {
			t.Errorf("-without +with the innocent person:\n%s", diff)
		}
	})
}

// findingsOf gives the findings without arguments and evidence.
func findingsOf(lines []string) []string {
	var findings []string
	for _, l := range lines {
		if strings.HasPrefix(l, "finding ") {
			head, _, _ := strings.Cut(l, " {")
			findings = append(findings, head+" "+l[strings.LastIndexByte(l, ' ')+1:])
		}
	}
	return findings
}

type row map[string]any

// org is a small organisation: rows by dataset.
type org map[evidence.Dataset][]row

func guid(n int) string { return fmt.Sprintf("00000000-0000-0000-0000-%012x", n) }

func sid(n int) string {
	b, err := directory.ParseSID(fmt.Sprintf("S-1-5-21-1-2-3-%d", n))
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(b)
}

func anchor(n int) string {
	g, err := directory.ParseGUID(guid(n))
	if err != nil {
		panic(err)
	}
	return g.Base64()
}

// organisation draws people out of few names and addresses, so that most of them get in each other's way.
func organisation(t *rapid.T) org {
	o := org{
		evidence.ADForests: {{"name": "contoso.com", "guid": guid(0xf), "domains": []string{"contoso.com"}}},
		evidence.TenantOrganization: {{
			"id": guid(0xe), "displayName": "Contoso", "onPremisesSyncEnabled": rapid.Bool().Draw(t, "sync"), "onPremisesLastSyncDateTime": "2026-11-21T08:00:00Z",
		}},
		evidence.TenantDomains: {
			{"id": "contoso.com", "isVerified": true, "isRoot": true, "supportedServices": []string{"Email"}},
			{"id": "fabrikam.com", "isVerified": rapid.Bool().Draw(t, "verified"), "isRoot": true},
			{"id": "contoso.onmicrosoft.com", "isVerified": true, "isInitial": true, "isRoot": true},
		},
		evidence.TenantSKUs: {sku(t, 0xa1), sku(t, 0xa2)},
	}
	if rapid.Bool().Draw(t, "server") {
		o[evidence.ADPools] = []row{{"objectGUID": guid(0xb), "distinguishedName": "CN=1:1,CN=Pools,CN=RTC Service,DC=contoso,DC=com", "forest": "contoso.com", "dNSHostName": "pool.contoso.com"}}
	}
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
		for i := range rapid.IntRange(0, 7).Draw(t, string(d)) {
			o[d] = append(o[d], adObject(t, d, 0x100*(int(d[3])+1)+i))
		}
	}
	for i := range rapid.IntRange(0, 7).Draw(t, "tenant users") {
		u := tenantUser(t, 0x9000+i)
		o[evidence.TenantUsers] = append(o[evidence.TenantUsers], u)
		if rapid.Bool().Draw(t, "teams") {
			o[evidence.TenantTeamsUsers] = append(o[evidence.TenantTeamsUsers], row{"id": u["id"], "accountType": pick(t, "user", "sfbOnPremUser", "resourceAccount", "unknown")})
		}
	}
	tenantMore(t, o)
	return o
}

var numbers = []string{"+81312345601", "+81312345602", "+81312345601;ext=7"}

// tenantMore adds what else the tenant knows: numbers, groups, contacts, deleted users, roles, sign-ins, and what commands print of its users.
func tenantMore(t *rapid.T, o org) {
	conflict := []row{{"category": "PropertyConflict", "propertyCausingError": "ProxyAddresses", "value": pick(t, proxies...)}}
	for i, u := range o[evidence.TenantUsers] {
		n := 0xa000 + 0x10*i
		if rapid.Bool().Draw(t, "number") {
			o[evidence.TenantNumbers] = append(o[evidence.TenantNumbers], row{
				"id": fmt.Sprint("n", i), "telephoneNumber": pick(t, numbers...), "assignmentTargetId": u["id"], "numberSource": pick(t, "online", "onPremises"),
			})
		}
		if rapid.Bool().Draw(t, "role") {
			o[evidence.TenantRoles] = append(o[evidence.TenantRoles], row{"id": fmt.Sprint("r", i), "principalId": u["id"], "roleDefinitionId": guid(pick(t, 0xc1, 0xc2))})
		}
		if rapid.Bool().Draw(t, "sign-in") {
			o[evidence.TenantSignIns] = append(o[evidence.TenantSignIns], row{"id": u["id"], "signInActivity.lastSignInDateTime": pick(t, "2026-01-05T08:00:00Z", "2026-11-20T08:00:00Z")})
		}
		if rapid.Bool().Draw(t, "command") {
			o[evidence.TeamsOnlineUsers] = append(o[evidence.TeamsOnlineUsers], row{
				"Identity": u["id"], "HostingProvider": pick(t, "SRV:", "sipfed.online.lync.com"), "UserValidationErrors": []row{{"ErrorCode": pick(t, "A", "B")}},
			})
		}
		if rapid.Bool().Draw(t, "deleted") {
			o[evidence.TenantDeletedUsers] = append(o[evidence.TenantDeletedUsers], row{
				"id": guid(n + 1), "displayName": "Deleted", "userPrincipalName": pick(t, "a@contoso.com", "b@contoso.com"), "proxyAddresses": some(t, proxies...),
				"deletedDateTime": "2026-11-11T08:00:00Z",
			})
		}
		for k, d := range []evidence.Dataset{evidence.TenantGroups, evidence.TenantContacts} {
			if rapid.Bool().Draw(t, string(d)) {
				o[d] = append(o[d], row{"id": guid(n + 2 + k), "displayName": "Recipient", "proxyAddresses": some(t, proxies...), "onPremisesProvisioningErrors": conflict})
			}
		}
	}
	for _, u := range o[evidence.ADUsers] {
		if rapid.Bool().Draw(t, "line") {
			u["msRTCSIP-Line"], u["msRTCSIP-OptionFlags"] = "tel:"+pick(t, numbers...), 385
		}
	}
}

func pick[T any](t *rapid.T, from ...T) T { return rapid.SampledFrom(from).Draw(t, "value") }

// some draws up to three of the values, none twice.
func some(t *rapid.T, from ...string) []string {
	return rapid.Permutation(from).Draw(t, "values")[:rapid.IntRange(0, min(3, len(from))).Draw(t, "count")]
}

var sips = []string{"sip:a@contoso.com", "sip:b@contoso.com", "SIP:A@contoso.com", "sip:b@fabrikam.com", "sip:o'neil@contoso.com", "a@contoso.com"}

var proxies = []string{
	"SMTP:a@contoso.com", "smtp:a@contoso.com", "SMTP:b@contoso.com", "smtp:b@fabrikam.com", "sip:a@contoso.com", "sip:b@contoso.com", "smtp:a b@contoso.com", "X500:/o=x",
}

var plansOf = []string{"57ff2da0-773e-42df-b2af-ffb7a2317929", "0feaeb32-d00e-4d66-bd5a-43b5b83db82c"}

func adObject(t *rapid.T, d evidence.Dataset, n int) row {
	r := row{
		"objectGUID": guid(n), "forest": "contoso.com", "displayName": fmt.Sprintf("Object %x", n), "sAMAccountName": fmt.Sprintf("object%x", n),
		"distinguishedName": fmt.Sprintf("CN=Object %x,OU=People,DC=contoso,DC=com", n), "objectClass": []string{"top", "group"},
		"whenCreated": pick(t, "2026-01-05T08:00:00Z", "2026-11-21T11:50:00Z"), "whenChanged": pick(t, "2026-06-05T08:00:00Z", "2026-11-21T11:55:00Z"),
	}
	maybe := func(name string, v any) {
		if rapid.Bool().Draw(t, name) {
			r[name] = v
		}
	}
	switch d {
	case evidence.ADUsers:
		r["objectClass"], r["userAccountControl"] = []string{"top", "person", "organizationalPerson", "user"}, pick(t, 512, 512, 514)
		r["objectSid"] = sid(n)
		maybe("userPrincipalName", pick(t, "a@contoso.com", "b@contoso.com", "a@contoso.local", "a@fabrikam.com", "o'neil@contoso.com"))
		maybe("msRTCSIP-OriginatorSid", sid(0x100*(int(d[3])+1)))
		maybe("accountExpires", pick(t, 0, 134352864000000000))
	case evidence.ADContacts:
		r["objectClass"] = []string{"top", "person", "organizationalPerson", "contact"}
	}
	maybe("mail", pick(t, "a@contoso.com", "b@contoso.com", "b@fabrikam.com"))
	maybe("mailNickname", "nick")
	maybe("proxyAddresses", some(t, proxies...))
	maybe("msRTCSIP-PrimaryUserAddress", pick(t, sips...))
	maybe("msRTCSIP-UserEnabled", rapid.Bool().Draw(t, "enabled"))
	maybe("msRTCSIP-DeploymentLocator", pick(t, "SRV:", "sipfed.online.lync.com", "elsewhere"))
	maybe("msRTCSIP-PrimaryHomeServer", pick(t, "CN=Lc Services,CN=Microsoft,CN=1:1,CN=Pools,CN=RTC Service,DC=contoso,DC=com", "CN=gone"))
	maybe("msRTCSIP-OptionFlags", 256)
	return r
}

func tenantUser(t *rapid.T, n int) row {
	r := row{
		"id": guid(n), "displayName": fmt.Sprintf("User %x", n), "userPrincipalName": pick(t, "a@contoso.com", "b@contoso.com", "a1234@contoso.onmicrosoft.com"),
		"userType": pick(t, "Member", "Member", "Guest"), "accountEnabled": rapid.Bool().Draw(t, "enabled"), "createdDateTime": "2026-01-05T08:00:00Z",
	}
	maybe := func(name string, v any) {
		if rapid.Bool().Draw(t, name) {
			r[name] = v
		}
	}
	maybe("onPremisesSyncEnabled", rapid.Bool().Draw(t, "synced"))
	maybe("onPremisesImmutableId", anchor(0x100*(int(evidence.ADUsers[3])+1)+rapid.IntRange(0, 6).Draw(t, "anchor")))
	maybe("onPremisesUserPrincipalName", "a@contoso.com")
	maybe("mail", "a@contoso.com")
	maybe("proxyAddresses", some(t, proxies...))
	maybe("imAddresses", some(t, "a@contoso.com", "b@contoso.com"))
	maybe("usageLocation", pick(t, "DE", "XX"))
	maybe("onPremisesProvisioningErrors", []row{{"category": "PropertyConflict", "propertyCausingError": "ProxyAddresses", "value": pick(t, proxies...)}})
	if skus := some(t, guid(0xa1), guid(0xa2)); len(skus) > 0 {
		var licences, states, assigned []row
		for _, s := range skus {
			off := some(t, plansOf...)
			licences = append(licences, row{"skuId": s, "disabledPlans": off})
			states = append(states, row{"skuId": s, "disabledPlans": off, "state": pick(t, "Active", "Error"), "error": pick(t, "None", "CountViolation")})
		}
		for _, p := range some(t, plansOf...) {
			assigned = append(assigned, row{"servicePlanId": p, "capabilityStatus": pick(t, "Enabled", "Deleted", "Warning"), "service": "TeamspaceAPI", "assignedDateTime": "2026-02-05T08:00:00Z"})
		}
		r["assignedLicenses"], r["licenseAssignmentStates"], r["assignedPlans"] = licences, states, assigned
	}
	return r
}

func sku(t *rapid.T, n int) row {
	var contains []row
	for _, p := range some(t, plansOf...) {
		contains = append(contains, row{"servicePlanId": p, "servicePlanName": p[:4], "appliesTo": "User"})
	}
	return row{
		"skuId": guid(n), "skuPartNumber": fmt.Sprintf("SKU%x", n), "appliesTo": "User", "capabilityStatus": pick(t, "Enabled", "Suspended"), "servicePlans": contains,
		"consumedUnits": pick(t, 0, 10, 12), "prepaidUnits.enabled": 10, "prepaidUnits.suspended": pick(t, 0, 1),
	}
}

func (o org) snapshot(t *rapid.T) *evidence.Snapshot {
	b := evidence.NewBuilder(caseTime)
	var decoder evidence.Decoder
	for _, d := range evidence.Datasets() {
		for _, r := range o[d] {
			line, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := decoder.Row(b.Table(d), line); err != nil {
				t.Fatal(err)
			}
		}
		b.Cover(evidence.Coverage{Dataset: d, State: evidence.Complete, Rows: len(o[d])})
	}
	return b.Seal()
}

// judged runs all rules and prints everything that a run gives. Persons come in the order of rows: they are sorted here.
func judged(t *rapid.T, s *evidence.Snapshot, workers int) []string {
	r, err := audit.Run(t.Context(), s, audit.Options{Rules: rules.All(), Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, o := range r.Outcomes {
		lines = append(lines, fmt.Sprint("outcome ", o.Rule.ID, o.Status, o.Reason, o.Checked, o.Hits, o.Variants))
		if o.Status == audit.Broken {
			t.Errorf("%s is broken: %v", o.Rule.ID, o.Reason)
		}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		args := slices.SortedFunc(slices.Values(f.Args), func(a, b audit.Arg) int { return cmp.Compare(a.Name, b.Name) })
		lines = append(lines, fmt.Sprint("finding ", f.Rule.ID, f.Variant, f.Severity, f.Subject, f.Related, f.Attribute, f.Value, args, f.Evidence, " ", f.Fingerprint()))
	}
	var people []string
	for _, p := range r.Persons {
		people = append(people, fmt.Sprint("person ", p.Key(), p.Verdict, p.Worst, p.Open))
	}
	slices.Sort(people)
	h := r.Headline
	return append(append(lines, people...), fmt.Sprint("headline ", h.People, h.Clear, h.Affected, h.NotAssessed, r.Evidence.Taken().Format(time.RFC3339)))
}
