package probe

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
)

func TestGuard(t *testing.T) {
	private, err := parsePrivate([]string{"inner.fabrikam.com", "10.7.0.0/16", "192.168.7.7"})
	if err != nil {
		t.Fatal(err)
	}
	g := newGuard(Config{
		Targets:    of([]string{"adfs.contoso.com", "192.168.3.3:443"}, "contoso.com"),
		Endpoints:  []evidence.Endpoint{{Probes: []string{"teams.microsoft.com", "<tenant>.sharepoint.com"}}},
		NTPServers: []string{"time.fabrikam.com:123"},
		Lookups: lookups(t,
			evidence.Lookup{Name: "_sipfederationtls._tcp.contoso.com", Type: "SRV", Status: evidence.LookupAnswer, Values: []string{"0 0 5061 edge.fabrikam.com", "no service", "0 0 0 ."}},
			evidence.Lookup{Name: "meet.contoso.com", Type: "A", Status: evidence.LookupAnswer, Chain: []string{"proxy.fabrikam.com"}, Values: []string{"203.0.113.1"}},
		),
	}, private)
	tests := []struct {
		name, host string
		port       int
		kind       kind
		chain      []string
		at         string
		refused    string // a part of the reason
	}{
		{name: "named at a private address", host: "adfs.contoso.com", port: 443, at: "10.0.0.1"},
		{name: "named at loopback", host: "adfs.contoso.com", port: 49443, at: "127.0.0.1"},
		{name: "name that clients make", host: "lyncdiscover.contoso.com", port: 443, at: "10.0.0.1"},
		{name: "named address", host: "192.168.3.3", port: 443, at: "192.168.3.3"},
		{name: "of the list", host: "teams.microsoft.com", port: 443, at: "203.0.113.1"},
		{name: "time server", host: "time.fabrikam.com", port: 123, at: "10.0.0.1"},
		{name: "not named", host: "www.fabrikam.com", port: 443, refused: "neither the configuration"},
		{name: "not named below an own domain", host: "www.contoso.com", port: 443, refused: "neither the configuration"},
		{name: "not named address", host: "203.0.113.9", port: 443, refused: "neither the configuration"},
		{name: "no host", host: "", port: 443, refused: "no host name"},
		{name: "alias to a host that is not named", host: "meet.contoso.com", port: 443, chain: []string{"proxy.fabrikam.com"}, at: "10.0.0.1", refused: "private address"},
		{name: "alias to a host that is not named, public", host: "meet.contoso.com", port: 443, chain: []string{"proxy.fabrikam.com"}, at: "203.0.113.1"},
		{name: "alias to a host that is named", host: "meet.contoso.com", port: 443, chain: []string{"elsewhere.fabrikam.com", "ADFS.contoso.com."}, at: "10.0.0.1"},
		{name: "alias of a listed host", host: "teams.microsoft.com", port: 443, chain: []string{"teams.trafficmanager.net"}, at: "192.168.0.1", refused: "private address"},
		{name: "target of a record", host: "edge.fabrikam.com", port: 5061, at: "203.0.113.1"},
		{name: "target of a record at loopback", host: "edge.fabrikam.com", port: 5061, at: "127.0.0.1", refused: "audit host itself"},
		{name: "target of a record at a mapped address", host: "edge.fabrikam.com", port: 443, at: "::ffff:127.0.0.1", refused: "audit host itself"},
		{name: "target of a record at a strange port", host: "edge.fabrikam.com", port: 22, refused: "port 22"},
		{name: "target of an alias", host: "proxy.fabrikam.com", port: 443, at: "169.254.169.254", refused: "link-local"},
		{name: "linked", host: "crl.fabrikam.com", port: 80, kind: linked, at: "203.0.113.1"},
		{name: "linked at a private address", host: "crl.fabrikam.com", port: 80, kind: linked, at: "10.0.0.1", refused: "private address"},
		{name: "linked to an address", host: "169.254.169.254", port: 80, kind: linked, at: "169.254.169.254", refused: "link-local"},
		{name: "linked at another port", host: "crl.fabrikam.com", port: 8080, kind: linked, refused: "port 8080"},
		{name: "linked to a named host", host: "adfs.contoso.com", port: 80, kind: linked, at: "10.0.0.1"},
		{name: "permitted host", host: "inner.fabrikam.com", port: 80, kind: linked, at: "10.0.0.1"},
		{name: "permitted network", host: "edge.fabrikam.com", port: 443, at: "10.7.1.1"},
		{name: "permitted network, mapped", host: "edge.fabrikam.com", port: 443, at: "::ffff:10.7.1.1"},
		{name: "permitted address", host: "edge.fabrikam.com", port: 443, at: "192.168.7.7"},
		{name: "beside the permitted address", host: "edge.fabrikam.com", port: 443, at: "192.168.7.8", refused: "private address"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := g.hostFault(test.host, test.port, test.kind)
			if got == "" && test.at != "" {
				got = g.addressFault(test.host, test.chain, netip.MustParseAddr(test.at))
			}
			if (got == "") != (test.refused == "") || !strings.Contains(got, test.refused) {
				t.Errorf("refused %q, wanted %q", got, test.refused)
			}
		})
	}
	for _, wrong := range []string{"10.0.0.0/40", "a/b"} {
		if _, err := parsePrivate([]string{wrong}); err == nil {
			t.Errorf("%q is no private host", wrong)
		}
	}
}

// TestPartners has a partner, in whose domain people have e-mail addresses, lead the names that clients make of it into the organisation's network.
func TestPartners(t *testing.T) {
	reached := make(chan struct{}, 10)
	at := listen(t, func(net.Conn) { reached <- struct{}{} })
	all := of(nil, "contoso.com", "fabrikam.com")
	all.Domains[0].Verified = true
	all.Domains[1] = targets.Domain{Name: "fabrikam.com", Mail: true}
	p := newTestProber(t, Config{Targets: all, Resolver: &hostsFile{hosts: map[string][]string{
		"autodiscover.fabrikam.com": {"127.0.0.1"}, "fabrikam.com": {"10.0.0.1"}, "autodiscover.contoso.com": {"127.0.0.1"},
	}}})
	for _, host := range []string{"autodiscover.fabrikam.com", "fabrikam.com"} {
		if _, address, fault := p.dial(t.Context(), "tcp", host, int(at.Port()), known); fault == nil || fault.stage != evidence.StagePolicy || address != "" {
			t.Errorf("%s: connected to %q, fault %v", host, address, fault)
		}
		if fault := p.mayThrough(t.Context(), host, 443, known); fault == nil {
			t.Errorf("%s: a proxy is asked for it", host)
		}
	}
	if len(reached) != 0 {
		t.Error("the server was connected to")
	}
	conn, _, fault := p.dial(t.Context(), "tcp", "autodiscover.contoso.com", int(at.Port()), known)
	if fault != nil {
		t.Fatal(fault)
	}
	conn.Close()
}

// TestRebinding has a record lead to a public address first and to loopback then, where a server stands that must not be connected to.
func TestRebinding(t *testing.T) {
	reached := make(chan struct{}, 10)
	at := listen(t, func(net.Conn) { reached <- struct{}{} })
	resolver := &hostsFile{turns: map[string][][]string{
		"edge.fabrikam.com": {{"127.0.0.1"}, {"127.0.0.1"}},
		"two.fabrikam.com":  {{"::1", "127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0"}},
		"moved.contoso.com": {{"edge.fabrikam.com", "127.0.0.1"}},
	}}
	p := newTestProber(t, Config{
		Targets: of([]string{"moved.contoso.com"}), Resolver: resolver,
		Lookups: lookups(t, evidence.Lookup{Name: "a.contoso.com", Type: "A", Status: evidence.LookupAnswer, Chain: []string{"edge.fabrikam.com", "two.fabrikam.com", "moved.contoso.com"}, Values: []string{"203.0.113.1"}}),
	})
	for _, host := range []string{"edge.fabrikam.com", "two.fabrikam.com", "moved.contoso.com", "edge.fabrikam.com"} {
		for _, port := range []int{443, 80} {
			conn, address, fault := p.dial(t.Context(), "tcp", host, port, known)
			if fault == nil || fault.stage != evidence.StagePolicy || address != "" {
				t.Errorf("%s:%d: connection %v to %q, fault %v", host, port, conn, address, fault)
			}
		}
	}
	// The same address is good when the configuration says so; the server stands at another port.
	p = newTestProber(t, Config{Targets: of([]string{"moved.contoso.com"}), Resolver: resolver, Private: []string{"127.0.0.0/8"}})
	conn, address, fault := p.dial(t.Context(), "tcp", "moved.contoso.com", int(at.Port()), known)
	if fault != nil || address != at.String() {
		t.Fatalf("connection to %q, fault %v", address, fault)
	}
	conn.Close()
	<-reached
	if len(reached) != 0 {
		t.Error("something else was connected to")
	}
}

// TestOneAddressForAll asks of a host whose address changes from question to question: all of one run see the same one.
func TestOneAddressForAll(t *testing.T) {
	resolver := &hostsFile{turns: map[string][][]string{"adfs.contoso.com": {{"203.0.113.1"}, {"127.0.0.1"}}}}
	p := newTestProber(t, Config{Targets: of([]string{"adfs.contoso.com"}), Resolver: resolver})
	for range 3 {
		found, _, err := p.addresses(t.Context(), "adfs.contoso.com")
		if err != nil || len(found) != 1 || found[0].String() != "203.0.113.1" {
			t.Fatal(found, err)
		}
	}
	for range 4 {
		if _, _, err := p.addresses(t.Context(), "nowhere.contoso.com"); err == nil {
			t.Fatal("a host that does not exist has an address")
		}
	}
	if resolver.asked["adfs.contoso.com"] != 1 || resolver.asked["nowhere.contoso.com"] != maxFailures {
		t.Error(resolver.asked)
	}
}

// TestBothKindsOfAddresses has a host have many IPv4 addresses, as Microsoft's have. The IPv6 ones must be tried, too, or nothing is reached from where there is no IPv4.
func TestBothKindsOfAddresses(t *testing.T) {
	four := []string{"203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4", "203.0.113.5"}
	at := func(hosts ...string) (all []string) {
		for _, h := range hosts {
			all = append(all, net.JoinHostPort(h, "443"))
		}
		return all
	}
	resolver := &hostsFile{hosts: map[string][]string{
		"four.contoso.com": four, "six.contoso.com": {"2001:db8::1"}, "one.contoso.com": {"203.0.113.1", "2001:db8::1", "2001:db8::2"},
		"many.contoso.com": append(four[:5:5], "2001:db8::1", "2001:db8::2"),
	}}
	for host, want := range map[string][]string{
		"four.contoso.com": at(four[:4]...), "six.contoso.com": at("2001:db8::1"), "one.contoso.com": at("203.0.113.1", "2001:db8::1", "2001:db8::2"),
		"many.contoso.com": at("203.0.113.1", "203.0.113.2", "203.0.113.3", "2001:db8::1"),
	} {
		p := newTestProber(t, Config{Targets: of([]string{host}), Resolver: resolver})
		got, fault := p.places(t.Context(), host, 443)
		if diff := cmp.Diff(want, got); fault != nil || diff != "" {
			t.Errorf("%s: %v %s", host, fault, diff)
		}
	}
}
