package targets_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
)

func snapshot(t *testing.T, rows map[evidence.Dataset][]string) *evidence.Snapshot {
	t.Helper()
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	var decoder evidence.Decoder
	for d, lines := range rows {
		for _, line := range lines {
			if err := decoder.Row(b.Table(d), []byte(line)); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		}
	}
	return b.Seal()
}

func organisation(t *testing.T) *evidence.Snapshot {
	t.Helper()
	return snapshot(t, map[evidence.Dataset][]string{
		evidence.ADUsers: {
			`{"userPrincipalName":"kim@Contoso.COM","msRTCSIP-PrimaryUserAddress":"sip:kim@sip.contoso.com","mail":"kim@mail.contoso.com","proxyAddresses":["SMTP:kim@mail.contoso.com","smtp:kim@bücher.example.org","X400:c=jp"]}`,
			`{"userPrincipalName":"lee","msRTCSIP-PrimaryUserAddress":"sip:lee@under score.contoso.com","mail":"lee@localhost"}`,
		},
		evidence.ADContacts:         {`{"mail":"partner@proseware.com","proxyAddresses":["SMTP:partner@proseware.com"]}`},
		evidence.ADDomains:          {`{"dnsRoot":"corp.contoso.local"}`},
		evidence.ADServers:          {`{"dnsHostName":"DC1.corp.contoso.local"}`},
		evidence.ADPools:            {`{"dNSHostName":"pool01.corp.contoso.local"}`},
		evidence.ADTopology:         {`{"msRTCSIP-EdgeProxyFQDN":"edge.contoso.com"}`, `{"msRTCSIP-DomainName":"served.contoso.com"}`, `{"msRTCSIP-TrustedServerFQDN":"app01.corp.contoso.local"}`},
		evidence.ADConnectionPoints: {`{"serviceBindingInformation":["https://mail.contoso.com/Autodiscover/Autodiscover.xml"]}`, `{"serviceBindingInformation":["http://clear.contoso.com/autodiscover","not an address"]}`},
		evidence.TenantDomains: {
			`{"id":"contoso.com","isVerified":true,"authenticationType":"Federated"}`, `{"id":"contoso.onmicrosoft.com","isVerified":true,"isInitial":true}`, `{"id":"new.contoso.com","isVerified":false}`,
		},
		evidence.TenantFederations: {`{"domain":"contoso.com","passiveSignInUri":"https://sts.contoso.com/adfs/ls/","metadataExchangeUri":"https://sts.contoso.com/adfs/services/trust/mex"}`},
		evidence.TenantUsers: {
			`{"userType":"Member","proxyAddresses":["SIP:cloud@cloud.contoso.com","SMTP:cloud@cloud.contoso.com"]}`, `{"userType":"Guest","proxyAddresses":["SMTP:guest@fabrikam.com"]}`,
		},
	})
}

func TestDomains(t *testing.T) {
	got := targets.Of(targets.More{Domains: []string{"Further.example.net."}}, organisation(t))
	want := []targets.Domain{
		{Name: "cloud.contoso.com", SIP: true, Mail: true},
		{Name: "contoso.com", SignIn: true, Verified: true, Federated: true},
		{Name: "contoso.onmicrosoft.com", Verified: true, Initial: true},
		{Name: "corp.contoso.local", Directory: true},
		{Name: "further.example.net", SIP: true, Mail: true, Configured: true},
		{Name: "mail.contoso.com", Mail: true},
		{Name: "new.contoso.com", Unverified: true},
		{Name: "served.contoso.com", SIP: true},
		{Name: "sip.contoso.com", SIP: true},
		{Name: "xn--bcher-kva.example.org", Mail: true},
	}
	if d := cmp.Diff(want, got.Domains); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"contoso"}, got.Tenants); d != "" {
		t.Error(d)
	}
}

func TestHosts(t *testing.T) {
	got := targets.Of(targets.More{Hosts: []string{"webext.contoso.com", "mail.contoso.com:8443", "[2001:db8::1]:443", "no host"}}, organisation(t))
	const mail, sts = "mail.contoso.com", "sts.contoso.com"
	want := []targets.Host{
		{Name: "2001:db8::1", Port: 443, Purpose: evidence.ForAsked},
		{Name: "edge.contoso.com", Port: 443, Purpose: evidence.ForEdge},
		{Name: "edge.contoso.com", Port: 5061, Purpose: evidence.ForEdge},
		{Name: mail, Port: 443, Purpose: evidence.ForAutodiscover, URLs: []string{"https://mail.contoso.com/Autodiscover/Autodiscover.xml"}},
		{Name: mail, Port: 443, Purpose: evidence.ForEWS, URLs: []string{"https://mail.contoso.com/EWS/Exchange.asmx"}},
		{Name: mail, Port: 8443, Purpose: evidence.ForAsked},
		{Name: "pool01.corp.contoso.local", Port: 443, Purpose: evidence.ForWeb},
		{Name: sts, Port: 443, Purpose: evidence.ForFederation, Domain: "contoso.com", URLs: []string{"https://sts.contoso.com/FederationMetadata/2007-06/FederationMetadata.xml"}},
		{Name: "webext.contoso.com", Port: 443, Purpose: evidence.ForAsked},
	}
	if d := cmp.Diff(want, got.Hosts, cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"app01.corp.contoso.local", "pool01.corp.contoso.local"}, got.Servers); d != "" {
		t.Error(d)
	}
}

func TestNamed(t *testing.T) {
	got := targets.Of(targets.More{}, organisation(t))
	for host, want := range map[string]bool{
		"STS.contoso.com": true, "edge.contoso.com.": true, "lyncdiscover.sip.contoso.com": true, "autodiscover.mail.contoso.com": true, "app01.corp.contoso.local": true, "dc1.corp.contoso.local": true, "contoso.com": true,
		"www.contoso.com": false, "lyncdiscover.proseware.com": false, "lyncdiscover": false, "evil.example": false, "a.lyncdiscover.contoso.com": false, "": false,
	} {
		if named := got.Named(host); named != want {
			t.Errorf("%q is named: %t", host, named)
		}
	}
}

func TestOutside(t *testing.T) {
	for d, want := range map[targets.Domain]bool{
		{Name: "contoso.com"}: true, {Name: "corp.contoso.local"}: false, {Name: "contoso.example", Verified: true}: true,
	} {
		if got := d.Outside(); got != want {
			t.Errorf("%s outside: %t", d.Name, got)
		}
	}
}

// Each part of evidence adds its own, in whatever order the parts come.
func TestPartsAddUp(t *testing.T) {
	a := snapshot(t, map[evidence.Dataset][]string{evidence.TenantDomains: {`{"id":"contoso.com","isVerified":true}`}})
	b := snapshot(t, map[evidence.Dataset][]string{evidence.ADUsers: {`{"msRTCSIP-PrimaryUserAddress":"sip:kim@contoso.com"}`}})
	one, other := targets.Of(targets.More{}, a, b), targets.Of(targets.More{}, b, a)
	want := []targets.Domain{{Name: "contoso.com", SIP: true, Verified: true}}
	if d := cmp.Diff(want, one.Domains); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(one.Domains, other.Domains); d != "" {
		t.Error(d)
	}
}

func TestDetours(t *testing.T) {
	d, err := targets.ParseDetours([]string{"Lyncdiscover.contoso.com:443=203.0.113.1:8443", "*:443=127.0.0.1:1443", "192.0.2.53:53=127.0.0.1:5353", "[2001:db8::1]:80=[::1]:8080"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		host string
		port int
		want string
	}{
		{"lyncdiscover.contoso.com", 443, "203.0.113.1:8443"}, {"other.contoso.com", 443, "127.0.0.1:1443"}, {"other.contoso.com", 80, ""},
		{"192.0.2.53", 53, "127.0.0.1:5353"}, {"2001:db8::1", 80, "[::1]:8080"},
	} {
		if got, ok := d.Of(c.host, c.port); got != c.want || ok != (c.want != "") {
			t.Errorf("%s:%d leads to %q", c.host, c.port, got)
		}
	}
	if got, ok := (targets.Detours{}).Of("contoso.com", 443); ok {
		t.Errorf("without detours: %q", got)
	}
	for _, bad := range []string{"", "contoso.com=1.2.3.4:443", "contoso.com:443", "contoso.com:443=web.contoso.com:443", "contoso.com:0=192.0.2.1:1", "contoso.com:443=192.0.2.1", ":443=192.0.2.1:443"} {
		if _, err := targets.ParseDetours([]string{bad}); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestVouched tells names that clients make of partners' domains from those of the organisation's own.
func TestVouched(t *testing.T) {
	all := targets.Of(targets.More{Domains: []string{"further.example.net"}, Hosts: []string{"www.mail.contoso.com"}}, organisation(t))
	for host, want := range map[string]bool{
		"sts.contoso.com": true, "contoso.com": true, "lyncdiscover.contoso.com": true, "sip.new.contoso.com": true, "autodiscover.corp.contoso.local": true,
		"autodiscover.further.example.net": true, "meet.cloud.contoso.com": true, "sip.served.contoso.com": true, "www.mail.contoso.com": true, "DC1.corp.contoso.local": true,
		"mail.contoso.com": true /* a service connection point names it */, "autodiscover.mail.contoso.com": true, /* below a domain of the tenant */
		"xn--bcher-kva.example.org": false, "Autodiscover.bücher.example.org.": false, "elsewhere.contoso.com": false,
	} {
		if got := all.Vouched(host); got != want {
			t.Errorf("%s: %v", host, got)
		}
		if want && !all.Named(host) {
			t.Errorf("%s is vouched for and not named", host)
		}
	}
	if !all.Named("autodiscover.xn--bcher-kva.example.org") || !all.Named("xn--bcher-kva.example.org") {
		t.Error("names that clients make of a domain with e-mail addresses are not named")
	}
	alone := targets.Of(targets.More{}, snapshot(t, map[evidence.Dataset][]string{evidence.ADUsers: {`{"mail":"kim@contoso.com"}`}}))
	if !alone.Vouched("autodiscover.contoso.com") || alone.Vouched("www.contoso.com") {
		t.Error("without a tenant nobody tells which domains are the organisation's")
	}
}

func TestNamesOfHostsAndDomains(t *testing.T) {
	for text, want := range map[string]bool{
		"mail.contoso.com": true, "mail.contoso.com:8443": true, "192.0.2.1": true, "192.0.2.1:123": true, "[2001:db8::1]:443": true, "2001:db8::1": true, "münchen.example": true,
		"": false, ":443": false, "mail.contoso.com:": false, "mail.contoso.com:99999": false, "https://mail.contoso.com": false, "a:b": false, "localhost": false, "no host.example": false,
	} {
		if got := targets.IsHost(text); got != want {
			t.Errorf("%q is a host: %t", text, got)
		}
	}
	for text, want := range map[string]bool{"contoso.com": true, "Contoso.COM.": true, "": false, "..": false, "not a domain": false, "contoso": false, "contoso.com:443": false} {
		if got := targets.IsDomain(text); got != want {
			t.Errorf("%q is a domain: %t", text, got)
		}
	}
}
