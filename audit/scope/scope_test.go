package scope_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

type row map[string]any

func snapshot(t *testing.T, d evidence.Dataset, rows ...row) *evidence.Snapshot {
	t.Helper()
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	var decoder evidence.Decoder
	for _, r := range rows {
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := decoder.Row(b.Table(d), line); err != nil {
			t.Fatal(err)
		}
	}
	return b.Seal()
}

func sid(t *testing.T, text string) string {
	t.Helper()
	b, err := directory.ParseSID(text)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(b)
}

var user = []string{"top", "person", "organizationalPerson", "user"}

func TestClassOf(t *testing.T) {
	contact := []string{"top", "person", "organizationalPerson", "contact"}
	of := func(r row) row {
		if r["objectClass"] == nil {
			r["objectClass"] = user
		}
		if r["distinguishedName"] == nil {
			r["distinguishedName"] = "CN=Somebody,OU=People,DC=contoso,DC=com"
		}
		return r
	}
	cn := func(name string) row { return row{"distinguishedName": "CN=" + name + ",CN=Users,DC=contoso,DC=com"} }
	const domain = "S-1-5-21-1-2-3-"
	for _, c := range []struct {
		row  row
		want scope.Class
	}{
		{row{}, scope.Person},
		{row{"objectClass": []string{"top", "person", "organizationalPerson", "user", "inetOrgPerson"}}, scope.Person},
		{row{"objectClass": []string{"top", "person", "organizationalPerson", "inetOrgPerson"}}, scope.Person},
		{row{"userAccountControl": 514}, scope.Person},

		{row{"isCriticalSystemObject": true}, scope.System},
		{row{"isCriticalSystemObject": false}, scope.Person},
		{row{"objectSid": sid(t, domain+"500")}, scope.System},
		{row{"objectSid": sid(t, domain+"501")}, scope.System},
		{row{"objectSid": sid(t, domain+"502")}, scope.System},
		{row{"objectSid": sid(t, domain+"1500")}, scope.Person},
		{row{"objectSid": sid(t, "S-1-5-21-1-2-500-1104")}, scope.Person},
		{row{"sAMAccountName": "krbtgt"}, scope.System},
		{row{"sAMAccountName": "krbtgt_31337"}, scope.System},
		{row{"sAMAccountName": "PC-0042$"}, scope.System},
		{row{"sAMAccountName": "HealthMailboxc3d7722"}, scope.System},
		{row{"sAMAccountName": "SM_0b2a4c6d8e0f12345"}, scope.System},
		{row{"sAMAccountName": "MSOL_1a2b3c4d5e6f"}, scope.System},
		{row{"sAMAccountName": "AAD_1a2b3c4d5e6f"}, scope.System},
		{row{"sAMAccountName": "CAS_{0123"}, scope.System},
		{row{"sAMAccountName": "IUSR_WEB01"}, scope.System},
		{row{"sAMAccountName": "IWAM_WEB01"}, scope.System},
		{row{"sAMAccountName": "SUPPORT_388945a0"}, scope.System},
		{cn("SystemMailbox{1f05a927-3be2-4fb9-aa03-b59fe3b56f4c}"), scope.System},
		{cn("DiscoverySearchMailbox {D919BA05-46A6-415f-80AD-7E09334BB852}"), scope.System},
		{cn("FederatedEmail.4c1f4d8b-8179-4148-93bf-00a95fa1e042"), scope.System},
		{cn("Exchange Online-ApplicationAccount"), scope.System},
		{cn("Migration.8f3e7716-2011-43e4-96b1-aba62d229136"), scope.System},

		// People whose names begin like those of system accounts.
		{row{"sAMAccountName": "administration", "displayName": "Administration Front Desk", "distinguishedName": "CN=Administration Front Desk,OU=People,DC=contoso,DC=com"}, scope.Person},
		{row{"sAMAccountName": "guest.judith", "displayName": "Guest, Judith", "distinguishedName": `CN=Guest\, Judith,OU=People,DC=contoso,DC=com`}, scope.Person},
		{row{"sAMAccountName": "iwamoto", "displayName": "Iwamoto Kenji"}, scope.Person},
		{row{"sAMAccountName": "supporto.anna", "displayName": "Supporto, Anna"}, scope.Person},
		{row{"sAMAccountName": "krbtgtmann"}, scope.Person},
		{row{"sAMAccountName": "healthmailboxes"}, scope.Person},
		{row{"sAMAccountName": "sm_miller"}, scope.Person},
		{row{"sAMAccountName": "aad_user"}, scope.Person},
		{row{"sAMAccountName": "msol_abc"}, scope.Person},
		{cn("Migration Team"), scope.Person},
		{row{"objectClass": []string{"top", "group"}, "sAMAccountName": "krbtgt"}, scope.Group},

		{row{"distinguishedName": `CN=Anna Kato\0ACNF:0f0e,OU=People,DC=contoso,DC=com`}, scope.Conflict},
		{row{"distinguishedName": `CN=Anna Kato,OU=People\0ACNF:0f0e,DC=contoso,DC=com`}, scope.Person},
		{row{"msRTCSIP-OwnerUrn": "urn:application:RGS"}, scope.AppEndpoint},
		{row{"msRTCSIP-OwnerUrn": "URN:TrustedOnlinePlatformApplication:11cd3e2e"}, scope.AppEndpoint},
		{row{"msRTCSIP-OwnerUrn": "urn:device:CommonAreaPhone", "objectClass": contact}, scope.Device},
		{row{"msRTCSIP-OwnerUrn": "urn:device:analogfax", "objectClass": contact}, scope.Device},
		{row{"msRTCSIP-OwnerUrn": "urn:device:roomsystem"}, scope.Room},
		{row{"msExchRecipientTypeDetails": 16}, scope.Room},
		{row{"msExchRecipientTypeDetails": 8589934592}, scope.Room},
		{row{"msExchRecipientTypeDetails": 32}, scope.Equipment},
		{row{"msExchRecipientTypeDetails": 4}, scope.Shared},
		{row{"msExchRecipientTypeDetails": 34359738368}, scope.Shared},
		{row{"msExchRecipientTypeDetails": 1}, scope.Person},
		{row{"msExchRecipientTypeDetails": 2147483648}, scope.Person},
		{row{"msExchRecipientTypeDetails": 536870912}, scope.System},
		{row{"objectClass": contact, "msRTCSIP-UserEnabled": true}, scope.UMContact},
		{row{"objectClass": contact, "msRTCSIP-UserEnabled": true, "msRTCSIP-OriginatorSid": sid(t, domain+"1101")}, scope.Contact},
		{row{"objectClass": contact, "msRTCSIP-UserEnabled": false}, scope.Contact},
		{row{"objectClass": contact}, scope.Contact},
		{row{"userAccountControl": 514, "msRTCSIP-OriginatorSid": sid(t, domain+"1101")}, scope.Linked},
		{row{"userAccountControl": 514, "msExchMasterAccountSid": sid(t, domain+"1101")}, scope.Linked},
		{row{"userAccountControl": 512, "msExchMasterAccountSid": sid(t, domain+"1101")}, scope.Person},
		{row{"userAccountControl": 514, "msExchMasterAccountSid": sid(t, domain+"1101"), "msExchRecipientTypeDetails": 4}, scope.Shared},
		{row{"objectClass": []string{"top", "group"}}, scope.Group},
	} {
		s := snapshot(t, evidence.ADUsers, of(c.row))
		if got := scope.ClassOf(s.ADObjectAt(evidence.ADUsers, 0)); got != c.want {
			t.Errorf("%v is %v, want %v", c.row, got, c.want)
		}
	}
}

func TestInScope(t *testing.T) {
	staff, old := "CN=A,OU=Staff,DC=contoso,DC=com", "CN=A,OU=Old,OU=Staff,DC=contoso,DC=com"
	bases := func(dns ...string) scope.Config { return scope.Config{SearchBases: dns} }
	for _, c := range []struct {
		config  scope.Config
		row     row
		in      bool
		purpose bool
	}{
		{scope.Config{}, row{"distinguishedName": staff}, true, false},
		{bases("OU=Staff,DC=contoso,DC=com"), row{"distinguishedName": staff}, true, false},
		{bases("ou = staff, dc=CONTOSO,dc=com"), row{"distinguishedName": staff}, true, false},
		{bases(staff), row{"distinguishedName": staff}, true, false},
		{bases("OU=Staff,DC=contoso,DC=com"), row{"distinguishedName": "CN=A,OU=Sales,DC=contoso,DC=com"}, false, false},
		{bases("OU=Staff,DC=contoso,DC=com", "OU=Sales,DC=contoso,DC=com"), row{"distinguishedName": "CN=A,OU=Sales,DC=contoso,DC=com"}, true, false},
		{bases("OU=Staff,DC=contoso,DC=com"), row{"distinguishedName": "CN=A,OU=Non-Staff,DC=contoso,DC=com"}, false, false},
		{bases("DC=com"), row{"distinguishedName": `CN=A\,DC=com`}, false, false},
		{bases("DC=com"), row{"distinguishedName": `CN=A\\,DC=com`}, true, false},
		{scope.Config{ExcludeOUs: []string{"OU=Old,OU=Staff,DC=contoso,DC=com"}}, row{"distinguishedName": old}, false, false},
		{scope.Config{ExcludeOUs: []string{"OU=Old,OU=Staff,DC=contoso,DC=com"}}, row{"distinguishedName": staff}, true, false},
		{
			scope.Config{SearchBases: []string{"OU=Staff,DC=contoso,DC=com"}, ExcludeOUs: []string{"OU=Old,OU=Staff,DC=contoso,DC=com"}},
			row{"distinguishedName": old}, false, false,
		},
		{scope.Config{ExcludeOUs: []string{`OU=Kato\, Anna,DC=contoso,DC=com`}}, row{"distinguishedName": `CN=A,OU=Kato\2C Anna,DC=contoso,DC=com`}, false, false},
		{scope.Config{ExcludeGroups: []string{"CN=Service,DC=contoso,DC=com"}}, row{"distinguishedName": staff, "memberOf": []string{"cn=service,dc=contoso,dc=com"}}, false, false},
		{scope.Config{ExcludeGroups: []string{"CN=Service,DC=contoso,DC=com"}}, row{"distinguishedName": staff, "memberOf": []string{"CN=Other,DC=contoso,DC=com"}}, true, false},
		{scope.Config{ExcludeGroups: []string{"OU=Staff,DC=contoso,DC=com"}}, row{"distinguishedName": staff}, true, false},
		{scope.Config{DisabledOnPurpose: []string{"OU=Old,OU=Staff,DC=contoso,DC=com"}}, row{"distinguishedName": old}, true, true},
		{scope.Config{DisabledOnPurpose: []string{"OU=Old,OU=Staff,DC=contoso,DC=com"}}, row{"distinguishedName": staff}, true, false},
		{scope.Config{DisabledOnPurpose: []string{"CN=No SIP,DC=contoso,DC=com"}}, row{"distinguishedName": staff, "memberOf": []string{"CN=X,DC=y", "CN=No SIP,DC=contoso,DC=com"}}, true, true},
		{scope.Config{}, row{"distinguishedName": staff, "sAMAccountName": "krbtgt"}, false, false},
		{bases("OU=Staff,DC=contoso,DC=com"), row{"distinguishedName": `CN=A\0ACNF:1,OU=Staff,DC=contoso,DC=com`}, false, false},
	} {
		c.row["objectClass"] = user
		s := snapshot(t, evidence.ADUsers, c.row)
		sc, o := scope.New(s, c.config), s.ADObjectAt(evidence.ADUsers, 0)
		if got := sc.In(o); got != c.in {
			t.Errorf("%v, %v: in scope %t", c.config, c.row, got)
		}
		if got := sc.DisabledOnPurpose(o); got != c.purpose {
			t.Errorf("%v, %v: disabled on purpose %t", c.config, c.row, got)
		}
	}
}

func TestNeedsMemberOf(t *testing.T) {
	for _, c := range []struct {
		config scope.Config
		want   bool
	}{
		{scope.Config{}, false}, {scope.Config{SearchBases: []string{"DC=com"}, ExcludeOUs: []string{"OU=x,DC=com"}}, false},
		{scope.Config{ExcludeGroups: []string{"CN=x"}}, true}, {scope.Config{DisabledOnPurpose: []string{"CN=x"}}, true},
	} {
		if got := c.config.NeedsMemberOf(); got != c.want {
			t.Errorf("%v: %t", c.config, got)
		}
	}
}

func TestSynchronised(t *testing.T) {
	for _, c := range []struct {
		row  row
		want bool
	}{
		{row{}, false},
		{row{"mail": "a@contoso.com"}, true},
		{row{"proxyAddresses": []string{"X500:/o=x"}}, true},
		{row{"msRTCSIP-UserEnabled": true}, true},
		{row{"msRTCSIP-UserEnabled": false}, false},
		{row{"msRTCSIP-PrimaryUserAddress": "sip:a@contoso.com"}, false},
		{row{"mail": "a@contoso.com", "userAccountControl": 514}, false},
		{row{"mail": "a@contoso.com", "msExchRecipientTypeDetails": 16}, true},
		{row{"mail": "a@contoso.com", "msExchRecipientTypeDetails": 32}, true},
		{row{"mail": "a@contoso.com", "msExchRecipientTypeDetails": 4}, true},
		{row{"mail": "a@contoso.com", "msRTCSIP-OwnerUrn": "urn:application:Caa"}, false},
		{row{"mail": "a@contoso.com", "sAMAccountName": "krbtgt"}, false},
		{row{"mail": "a@contoso.com", "objectClass": []string{"top", "contact"}}, false},
		{row{"mail": "a@contoso.com", "distinguishedName": "CN=A,OU=Old,DC=contoso,DC=com"}, false},
	} {
		if c.row["objectClass"] == nil {
			c.row["objectClass"] = user
		}
		s := snapshot(t, evidence.ADUsers, c.row)
		sc := scope.New(s, scope.Config{ExcludeOUs: []string{"OU=Old,DC=contoso,DC=com"}})
		if got := sc.Synchronised(s.ADObjectAt(evidence.ADUsers, 0)); got != c.want {
			t.Errorf("%v: %t", c.row, got)
		}
	}
}

func TestTenantClassOf(t *testing.T) {
	virtual := func(status string) []row {
		return []row{{"servicePlanId": "f47330e9-c134-43b3-9993-e7f004506889", "capabilityStatus": status}}
	}
	for _, c := range []struct {
		user  row
		teams string
		want  scope.TenantClass
	}{
		{row{"userPrincipalName": "anna@contoso.com", "userType": "Member"}, "", scope.Member},
		{row{"userPrincipalName": "anna@contoso.com"}, "user", scope.Member},
		{row{"userPrincipalName": "anna@contoso.com", "userType": "guest"}, "", scope.Guest},
		{row{"userPrincipalName": "x_fabrikam.com#EXT#@contoso.onmicrosoft.com", "userType": "Member"}, "", scope.Guest},
		{row{"userPrincipalName": "queue@contoso.com", "isResourceAccount": true}, "", scope.ResourceAccount},
		{row{"userPrincipalName": "queue@contoso.com"}, "ResourceAccount", scope.ResourceAccount},
		{row{"userPrincipalName": "queue@contoso.com", "assignedPlans": virtual("Enabled")}, "", scope.ResourceAccount},
		{row{"userPrincipalName": "anna@contoso.com", "assignedPlans": virtual("Deleted")}, "", scope.Member},
		{row{"userPrincipalName": "Sync_DC01_0a1b2c@contoso.onmicrosoft.com"}, "", scope.SyncService},
		{row{"userPrincipalName": "x@contoso.onmicrosoft.com", "displayName": "On-Premises Directory Synchronization Service Account"}, "", scope.SyncService},
		{row{"userPrincipalName": "sync_team@contoso.com"}, "", scope.Member},
	} {
		u := snapshot(t, evidence.TenantUsers, c.user).TenantUserAt(0)
		var teams evidence.TeamsUser
		if c.teams != "" {
			for x := range snapshot(t, evidence.TenantTeamsUsers, row{"accountType": c.teams}).TeamsUsers() {
				teams = x
			}
		}
		if got := scope.TenantClassOf(u, teams); got != c.want {
			t.Errorf("%v with %q is %d, want %d", c.user, c.teams, got, c.want)
		}
	}
}

// The attributes that a scope says it rests on are columns of the tables, none twice.
func TestAttributes(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range scope.Attributes() {
		if _, ok := evidence.SchemaOf(evidence.ADUsers).Find(a); !ok || seen[a] {
			t.Errorf("%s is no column, or listed twice", a)
		}
		seen[a] = true
	}
	if strings.Contains(fmt.Sprint(scope.Attributes()), "memberOf") {
		t.Error("memberOf is read only when the configuration needs it")
	}
}
