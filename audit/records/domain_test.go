package records_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit/records"
	"hybridaudit/sources/evidence"
)

func person(sip, locator, forest string) row {
	return row{
		"objectClass": []string{"user"}, "userAccountControl": 512, "forest": forest, "msRTCSIP-UserEnabled": true, "msRTCSIP-PrimaryUserAddress": sip, "msRTCSIP-DeploymentLocator": locator,
		"distinguishedName": "CN=" + sip + ",DC=contoso,DC=com",
	}
}

func with(r row, name string, value any) row {
	r[name] = value
	return r
}

func TestScenario(t *testing.T) {
	const online = "sipfed.online.lync.com"
	forests := []row{{"name": "contoso.com"}, {"name": "fabrikam.com"}}
	left := []row{{"name": "contoso.com", "rtcService": "CN=RTC Service,CN=Services,CN=Configuration,DC=contoso,DC=com"}}
	pools := []row{{"forest": "contoso.com", "distinguishedName": "CN=1:1,CN=Pools,DC=contoso,DC=com", "dNSHostName": "pool.contoso.com"}}
	verified := []row{{"id": "contoso.com", "isVerified": true}}
	none := map[evidence.Dataset]evidence.State{evidence.ADForests: evidence.NotRequested, evidence.ADUsers: evidence.NotRequested, evidence.ADPools: evidence.NotRequested}
	for what, c := range map[string]struct {
		data   tables
		states map[evidence.Dataset]evidence.State
		want   records.Scenario
	}{
		"no servers":               {tables{evidence.ADForests: forests, evidence.ADUsers: {person("sip:a@contoso.com", "", "contoso.com")}}, nil, records.Cloud},
		"somebody on the servers":  {tables{evidence.ADForests: forests, evidence.ADPools: pools, evidence.ADUsers: {person("sip:a@contoso.com", online, "contoso.com"), person("SIP:b@Contoso.com", "SRV:", "contoso.com")}}, nil, records.Hybrid},
		"nobody on the servers":    {tables{evidence.ADForests: forests, evidence.ADPools: pools, evidence.ADUsers: {person("sip:a@contoso.com", online, "contoso.com")}}, nil, records.TeamsOnly},
		"others on the servers":    {tables{evidence.ADForests: forests, evidence.ADPools: pools, evidence.ADUsers: {person("sip:a@contoso.com", online, "contoso.com"), person("sip:b@other.com", "SRV:", "contoso.com")}}, nil, records.Either},
		"others in another forest": {tables{evidence.ADForests: forests, evidence.ADPools: pools, evidence.ADUsers: {person("sip:a@contoso.com", online, "fabrikam.com"), person("sip:b@other.com", "SRV:", "contoso.com")}}, nil, records.Cloud},
		"only a container is left": {tables{evidence.ADForests: left, evidence.ADUsers: {person("sip:a@contoso.com", online, "contoso.com")}}, nil, records.TeamsOnly},
		"a device on the servers":  {tables{evidence.ADForests: forests, evidence.ADPools: pools, evidence.ADUsers: {with(person("sip:a@contoso.com", "SRV:", "contoso.com"), "msRTCSIP-OwnerUrn", "urn:device:commonareaphone")}}, nil, records.TeamsOnly},
		"homed without servers":    {tables{evidence.ADForests: forests, evidence.ADUsers: {person("sip:a@contoso.com", "SRV:", "contoso.com")}}, nil, records.Cloud},
		"nobody in it":             {tables{evidence.ADForests: forests, evidence.ADPools: pools, evidence.TenantDomains: verified}, nil, records.TeamsOnly},
		"nobody in it, others on the servers": {
			tables{evidence.ADForests: forests, evidence.ADPools: pools, evidence.TenantDomains: verified, evidence.ADUsers: {person("sip:b@other.com", "SRV:", "contoso.com")}}, nil, records.Either,
		},
		"the servers list it": {
			tables{evidence.ADForests: forests, evidence.ADPools: pools, evidence.ADTopology: {{"forest": "fabrikam.com", "msRTCSIP-DomainName": "contoso.com"}}, evidence.ADUsers: {person("sip:b@other.com", "SRV:", "contoso.com")}},
			nil, records.Cloud,
		},
		"people not read": {
			tables{evidence.ADForests: forests, evidence.ADPools: pools, evidence.TenantDomains: verified}, map[evidence.Dataset]evidence.State{evidence.ADUsers: evidence.Failed}, records.Unknowable,
		},
		"people read in part, one of them on the servers": {
			tables{evidence.ADForests: forests, evidence.ADPools: pools, evidence.ADUsers: {person("sip:a@contoso.com", "SRV:", "contoso.com")}}, map[evidence.Dataset]evidence.State{evidence.ADUsers: evidence.Partial}, records.Hybrid,
		},
		"people not read, and no servers": {tables{evidence.ADForests: forests, evidence.TenantDomains: verified}, map[evidence.Dataset]evidence.State{evidence.ADUsers: evidence.Failed}, records.Cloud},
		"servers not read":                {tables{evidence.ADForests: forests, evidence.TenantDomains: verified}, map[evidence.Dataset]evidence.State{evidence.ADPools: evidence.Failed}, records.Unknowable},
		"no directory":                    {tables{evidence.TenantDomains: verified, evidence.TenantOrganization: {{"id": "00000000-0000-0000-0000-00000000000e"}}}, none, records.Cloud},
		"a directory that was not asked": {
			tables{evidence.TenantDomains: verified, evidence.TenantOrganization: {{"id": "00000000-0000-0000-0000-00000000000e", "onPremisesSyncEnabled": true}}}, none, records.Unknowable,
		},
		"nothing was asked": {tables{evidence.TenantDomains: verified}, none, records.Unknowable},
	} {
		d := index(t, nil, c.data, c.states).Domain("contoso.com")
		if d.Scenario != c.want {
			t.Errorf("%s: %q, want %q", what, d.Scenario, c.want)
		}
	}
}

func TestDomains(t *testing.T) {
	x := index(t, []evidence.Lookup{
		{Domain: "asked.com", Name: "lyncdiscover.asked.com", Type: "A", Resolver: "public", Status: "noName"},
		{Domain: "mail.com", Name: "autodiscover.mail.com", Type: "A", Resolver: "public", Status: "noName"},
		{Domain: "contoso.com", Name: "lyncdiscover.elsewhere.com", Type: "A", Resolver: "public", Status: "noName"},
		{Domain: "plain.com", Name: "lyncdiscover.plain.com", Type: "A", Resolver: "public", Status: "noName"},
	}, tables{
		evidence.ADForests:     {{"name": "contoso.com"}},
		evidence.TenantDomains: {{"id": "Contoso.com", "isVerified": true}, {"id": "pending.com"}, {"id": "contoso.onmicrosoft.com", "isVerified": true, "isInitial": true}, {"id": "plain.com", "isVerified": true}},
		evidence.ADUsers:       {person("sip:a@contoso.com", "", "contoso.com"), person("sip:b@contoso.local", "", "contoso.com"), person("sip:c@no domain", "", "contoso.com"), person("sip:d@"+"a..b", "", "contoso.com")},
		evidence.TenantUsers: {
			{"id": "00000000-0000-0000-0000-000000000001", "proxyAddresses": []string{"SIP:e@cloud.com", "sip:e2@cloud.com", "SMTP:e@x.com"}},
			{"id": "00000000-0000-0000-0000-000000000002", "proxyAddresses": []string{"SIP:a@contoso.com"}, "onPremisesSyncEnabled": true},
			{"id": "00000000-0000-0000-0000-000000000003", "proxyAddresses": []string{"SIP:g@guest.com"}, "userType": "Guest"},
		},
		evidence.ADTopology:       {{"forest": "contoso.com", "msRTCSIP-DomainName": "listed.com"}},
		evidence.ServerSIPDomains: {{"Name": "exported.com"}},
	}, nil)
	type seen struct {
		SIP, Verified, Unverified, Given, Public bool
		People                                   int
	}
	got := map[string]seen{}
	for _, d := range x.Domains() {
		got[d.Name] = seen{d.SIP, d.Verified, d.Unverified, d.Given, d.Public(), d.People}
	}
	want := map[string]seen{
		"asked.com":               {SIP: true, Public: true},
		"mail.com":                {Public: true},
		"contoso.com":             {SIP: true, Verified: true, Public: true, People: 1},
		"contoso.local":           {SIP: true, People: 1},
		"pending.com":             {Unverified: true, Public: true},
		"contoso.onmicrosoft.com": {Verified: true, Given: true, Public: true},
		"plain.com":               {Verified: true, Public: true},
		"cloud.com":               {SIP: true, Public: true, People: 1},
		"listed.com":              {SIP: true, Public: true},
		"exported.com":            {SIP: true, Public: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if d := x.Domain("fabrikam.onmicrosoft.com"); !d.Given || d.SIP || d.Verified {
		t.Errorf("a domain that nothing is known of: %+v", d)
	}
}
