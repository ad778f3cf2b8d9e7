package plant

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"hybridaudit/sources/lab"
)

// Every record is one that a zone file can hold, in the zone that it lies in; names and values have no dot at the end, and an alias stands alone.
func TestRecords(t *testing.T) {
	for _, variant := range Variants() {
		for _, only := range [][]string{nil, {NoFaults}} {
			for _, org := range make300(t, Options{Variant: variant, Only: only}).All() {
				for view, zones := range map[string][]lab.Zone{"outside": org.Network.Outside, "inside": org.Network.Inside, "cached": org.Network.Cached} {
					checkZones(t, variant+" "+view, zones, only == nil)
				}
			}
		}
	}
}

func checkZones(t *testing.T, where string, zones []lab.Zone, faults bool) {
	t.Helper()
	names := map[string]bool{}
	for _, z := range zones {
		if names[z.Name] {
			t.Errorf("%s: the zone %s stands twice", where, z.Name)
		}
		names[z.Name] = true
		types := map[string][]string{}
		for _, r := range z.Records {
			if _, err := dns.NewRR(r.Name + ". 3600 IN " + r.Type + " " + r.Value); err != nil {
				t.Errorf("%s: %+v: %v", where, r, err)
			}
			if !within(r.Name, z.Name) || r.Name != strings.ToLower(r.Name) || strings.HasSuffix(r.Name, ".") || strings.HasSuffix(r.Value, ".") {
				t.Errorf("%s: %+v in the zone %s", where, r, z.Name)
			}
			if other := slices.IndexFunc(zones, func(o lab.Zone) bool { return within(r.Name, o.Name) && len(o.Name) > len(z.Name) }); other >= 0 {
				t.Errorf("%s: %+v stands in the zone %s and belongs to %s", where, r, z.Name, zones[other].Name)
			}
			types[r.Name] = append(types[r.Name], r.Type)
		}
		for name, list := range types {
			if !faults && slices.Contains(list, typeCNAME) && len(list) > 1 {
				t.Errorf("%s: %s has %v", where, name, list)
			}
		}
	}
}

// Addresses outside are those that are kept for documentation; inside hosts have private ones.
func TestAddresses(t *testing.T) {
	outside := []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("192.0.2.0/24")}
	for _, org := range make300(t, Options{}).All() {
		for _, z := range slices.Concat(org.Network.Outside, org.Network.Cached) {
			for _, r := range z.Records {
				if r.Type == typeA && !slices.ContainsFunc(outside, func(p netip.Prefix) bool { return p.Contains(netip.MustParseAddr(r.Value)) }) {
					t.Errorf("outside %+v", r)
				}
			}
		}
	}
}

// What records lead to is there: an address, and for hosts of the organisation a host that answers, unless a fault says otherwise.
func TestRecordsLeadSomewhere(t *testing.T) {
	for _, variant := range Variants() {
		org := make300(t, Options{Variant: variant, Only: []string{NoFaults}, Alone: true})
		has := map[string]bool{}
		for _, z := range slices.Concat(org.Network.Outside, org.Network.Inside) {
			for _, r := range z.Records {
				has[r.Name] = true
			}
		}
		for _, z := range slices.Concat(org.Network.Outside, org.Network.Inside) {
			for _, r := range z.Records {
				target := r.Value
				switch r.Type {
				case typeSRV:
					target = strings.Fields(r.Value)[3]
				case typeCNAME, typeNS:
				default:
					continue
				}
				if !has[target] {
					t.Errorf("%s: %+v leads to nothing", variant, r)
				}
			}
		}
		for _, h := range org.Network.Hosts {
			if h.Port != portHTTP && len(h.Certificate.Names) == 0 {
				t.Errorf("%s: %s:%d has no certificate", variant, h.Name, h.Port)
			}
			if !has[h.Name] {
				t.Errorf("%s: nobody finds %s:%d", variant, h.Name, h.Port)
			}
		}
	}
}

// Without the network nothing of it is there or expected, and everything else is as it was.
func TestNoNetwork(t *testing.T) {
	ofNetwork := func(e lab.Expected) bool {
		return slices.ContainsFunc([]string{"DNS-", "NET-", "TLS-"}, func(s string) bool { return strings.HasPrefix(e.RuleID, s) }) ||
			slices.Contains([]string{"FED-002", "FED-003", "FED-004", "DOM-004/N", "TOP-003/N", "TIM-001/H"}, strings.TrimSuffix(e.RuleID+"/"+e.Variant, "/"))
	}
	for _, org := range make300(t, Options{NoNetwork: true}).All() {
		if diff := cmp.Diff(lab.Network{}, org.Network); diff != "" {
			t.Error(diff)
		}
		if slices.ContainsFunc(org.Truth, ofNetwork) {
			t.Error("findings of the network are expected")
		}
	}
	if org := make300(t, Options{}); !slices.ContainsFunc(org.Truth, ofNetwork) {
		t.Error("no finding of the network is expected with it")
	}
}

// The records of a SIP domain without fault lead to where its people are.
func TestRecordsOfSIPDomains(t *testing.T) {
	for variant, want := range map[string]map[string]string{
		Default: {
			"A sip.contoso.com": "203.0.113.10", "SRV _sip._tls.contoso.com": "100 1 443 sip.contoso.com", "SRV _sipfederationtls._tcp.eu.contoso.com": "100 1 5061 sip.eu.contoso.com",
			"A lyncdiscover.fabrikam.com": "203.0.113.20", "A meet.fabrikam.com": "203.0.113.20", "CNAME lyncdiscover.treyresearch.net": "webdir.online.lync.com",
			"CNAME autodiscover.contoso.com": "mail.contoso.com",
		},
		NoServer: {
			"CNAME sip.contoso.com": "sipdir.online.lync.com", "CNAME lyncdiscover.fabrikam.com": "webdir.online.lync.com", "A meet.fabrikam.com": "",
			"SRV _sip._tls.contoso.com": "100 1 443 sipdir.online.lync.com", "SRV _sipfederationtls._tcp.eu.contoso.com": "100 1 5061 sipfed.online.lync.com",
		},
		Cloud: {"CNAME sip.contoso.co.jp": "sipdir.online.lync.com", "A dialin.contoso.com": "", "CNAME msoid.contoso.com": ""},
	} {
		got := map[string]string{}
		for _, z := range make300(t, Options{Variant: variant, Only: []string{NoFaults}, Alone: true}).Network.Outside {
			for _, r := range z.Records {
				got[r.Type+" "+r.Name] = r.Value
			}
		}
		for record, value := range want {
			if got[record] != value {
				t.Errorf("%s: %s is %q and should be %q", variant, record, got[record], value)
			}
		}
	}
}

// A federation service says of itself what the tenant knows of it, unless a fault says otherwise.
func TestFederationMetadata(t *testing.T) {
	org := make300(t, Options{Only: []string{NoFaults}, Alone: true})
	seen := 0
	for _, c := range org.Tenant.Collections {
		if c.Path != "domains/"+domainSecond+"/federationConfiguration" {
			continue // others look like a fault, and are none
		}
		var f struct{ IssuerURI, SigningCertificate, NextSigningCertificate, PassiveSignInURI string }
		if err := json.Unmarshal(c.Objects[0], &f); err != nil {
			t.Fatal(err)
		}
		host := strings.Split(f.PassiveSignInURI, "/")[2]
		at := slices.IndexFunc(org.Network.Hosts, func(h lab.Host) bool { return h.Name == host && h.Port == portHTTPS })
		if at < 0 {
			t.Errorf("%s does not answer", host)
			continue
		}
		for _, p := range org.Network.Hosts[at].Pages {
			if !strings.HasSuffix(p.Path, "FederationMetadata.xml") {
				continue
			}
			seen++
			for _, part := range []string{f.IssuerURI, f.SigningCertificate, f.NextSigningCertificate, f.PassiveSignInURI} {
				if !strings.Contains(p.Body, part) {
					t.Errorf("%s says nothing of %s", host, part)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("nobody is federated")
	}
}
