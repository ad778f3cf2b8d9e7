package documenttest

import (
	"fmt"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

var (
	given       = []string{"Anna", "Björn", "花子", "Carlos", "Dorothy", "太郎", "Erik", "Françoise", "健一", "Giorgos"}
	family      = []string{"Lindqvist", "Müller", "山田", "Okafor", "Wellington-Smythe", "佐藤", "Brown", "García", "渡辺", "Papadopoulos"}
	departments = []string{"Sales", "Finance", "Engineering", "営業部", "Human Resources", "Customer Service North", ""}
	harmful     = []string{
		`=HYPERLINK("http://evil.example","click")`, "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1:A9)", "\t=1+1", "line\r\nbreak", "right\u202Eto left",
		"\x1b[31mred", "_x0041_ and _x202E_", "nul\x00byte", "\uFFFE\uFFFF", "<script>alert(1)</script>&amp;", strings.Repeat("long ", 8000),
	}
)

// SKUs of the sample.
const (
	e5 = "06ebc4ee-1bb5-47dd-8120-11324bc54e06"
	e1 = "18181a46-0d4e-45cd-891e-60aabd171b4e"
	// teamsPlan is the service plan of Microsoft Teams.
	teamsPlan = "57ff2da0-773e-42df-b2af-ffb7a2317929"
)

// ID makes a GUID of a letter that says what it is of and a number.
func ID(kind byte, n int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", kind, n) }

func (f *filler) organisation() {
	f.row(evidence.ADForests, map[string]any{"name": "contoso.com", "guid": ID('f', 1), "domains": []string{"contoso.com"}})
	f.row(evidence.ADPools, map[string]any{
		"objectGUID": ID('p', 1), "forest": "contoso.com", "dNSHostName": "pool1.contoso.com",
		"distinguishedName": "CN=1:1,CN=Pools,CN=RTC Service,CN=Services,CN=Configuration,DC=contoso,DC=com",
	})
	f.row(evidence.TenantOrganization, map[string]any{"id": ID('o', 1), "displayName": "Contoso", "onPremisesSyncEnabled": true})
	for _, d := range []struct {
		name     string
		verified bool
	}{{"contoso.com", true}, {"fabrikam.com", true}, {"contoso.onmicrosoft.com", true}, {"contoso.net", f.o.Clean}} {
		f.row(evidence.TenantDomains, map[string]any{
			"tenant": "Contoso", "id": d.name, "isVerified": d.verified, "isDefault": d.name == "contoso.com", "isInitial": strings.Contains(d.name, "onmicrosoft"),
			"authenticationType": "Managed", "supportedServices": []string{"Email", "OfficeCommunicationsOnline"},
		})
	}
	overused := 6
	if f.o.Clean {
		overused = 5
	}
	for i, s := range []struct {
		id, part string
		units    [4]int
		plan     string
	}{{e5, "SPE_E5", [4]int{20, 0, 0, 18}, teamsPlan}, {e1, "STANDARDPACK", [4]int{3, 2, 0, overused}, teamsPlan}, {ID('k', 3), "EMSPREMIUM", [4]int{10, 0, 5, 2}, ID('k', 4)}} {
		f.row(evidence.TenantSKUs, map[string]any{
			"tenant": "Contoso", "id": fmt.Sprint(i), "skuId": s.id, "skuPartNumber": s.part, "capabilityStatus": "Enabled", "appliesTo": "User",
			"prepaidUnits.enabled": s.units[0], "prepaidUnits.warning": s.units[1], "prepaidUnits.suspended": s.units[2], "consumedUnits": s.units[3],
			"servicePlans": []map[string]any{{"servicePlanId": s.plan, "servicePlanName": s.part + "_PLAN"}},
		})
	}
}

// person adds person number i. Without Clean, number 1 shares the SIP address of number 0, every fifth has a UPN in a domain that is not the tenant's,
// every seventh has no licence, every thirteenth has SIP switched off. Every ninth lives in the directory only, and
// every eleventh in the tenant only.
func (f *filler) person(i int) {
	name := given[i%len(given)] + " " + family[(i/2)%len(family)]
	department := departments[(i*3)%len(departments)]
	local := fmt.Sprintf("person%d", i)
	sip, upn := "sip:"+local+"@contoso.com", local+"@contoso.com"
	if f.o.Hostile {
		name = harmful[i%len(harmful)]
		department = harmful[(i+1)%len(harmful)]
	}
	if !f.o.Clean {
		if i%40 == 1 {
			sip = fmt.Sprintf("sip:person%d@contoso.com", i-1)
		}
		if i%5 == 4 {
			upn = local + "@contoso.local"
		}
	}
	if i%11 != 10 {
		f.directoryUser(i, name, department, sip, upn)
	}
	if i%9 != 8 {
		f.tenantUser(i, name, department, upn)
	}
}

func (f *filler) directoryUser(i int, name, department, sip, upn string) {
	row := map[string]any{
		"objectGUID": ID('a', i), "forest": "contoso.com", "objectClass": []string{"top", "person", "organizationalPerson", "user"},
		"distinguishedName": "CN=" + directory.EscapeRDN(name) + ",OU=" + directory.EscapeRDN("Team "+fmt.Sprint(i%3)) + ",OU=People,DC=contoso,DC=com",
		"sAMAccountName":    fmt.Sprintf("person%d", i), "displayName": name, "userPrincipalName": upn, "userAccountControl": 512,
		"whenChanged": "2026-06-05T08:00:00Z", "whenCreated": "2026-01-05T08:00:00Z", "lastLogonTimestamp": 134081568000000000,
		"msRTCSIP-PrimaryUserAddress": sip, "msRTCSIP-UserEnabled": f.o.Clean || i%13 != 12, "msRTCSIP-DeploymentLocator": "SRV:",
		"msRTCSIP-PrimaryHomeServer": "CN=Lc Services,CN=Microsoft,CN=1:1,CN=Pools,CN=RTC Service,CN=Services,CN=Configuration,DC=contoso,DC=com",
		"proxyAddresses":             []string{"SMTP:" + upn, "smtp:alias." + upn, sip},
	}
	if department != "" {
		row["department"] = department
	}
	if i%4 == 3 {
		row["msRTCSIP-DeploymentLocator"] = "sipfed.online.lync.com"
		delete(row, "msRTCSIP-PrimaryHomeServer")
	}
	f.row(evidence.ADUsers, row)
}

func (f *filler) tenantUser(i int, name, department, upn string) {
	guid, err := directory.ParseGUID(ID('a', i))
	if err != nil && f.err == nil {
		f.err = err
	}
	row := map[string]any{
		"id": ID('t', i), "displayName": name, "userPrincipalName": upn, "userType": "Member", "accountEnabled": i%6 != 5, "department": department,
		"imAddresses": []string{upn},
	}
	if i%11 != 10 {
		row["onPremisesSyncEnabled"], row["onPremisesImmutableId"], row["onPremisesLastSyncDateTime"] = true, guid.Base64(), "2026-11-21T11:30:00Z"
	}
	if f.o.Clean || i%7 != 6 {
		sku := []string{e5, e5, e1}[i%3]
		row["assignedLicenses"] = []map[string]any{{"skuId": sku}}
		row["assignedPlans"] = []map[string]any{{
			"servicePlanId": teamsPlan, "capabilityStatus": "Enabled", "service": "TeamspaceAPI", "assignedDateTime": "2026-03-01T00:00:00Z",
		}}
	}
	f.row(evidence.TenantUsers, row)
}
