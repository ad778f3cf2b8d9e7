package e2e

import (
	"cmp"
	"context"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
	weblab "hybridaudit/sources/lab/server/web"
)

// BIND and unbound, with the zones of the sample organisation outside and inside, give the same findings as the lab's own servers, and but for what servers are free to choose
// the same answers.
func TestRealNameServers(t *testing.T) {
	if !inNamespace(t, "named", "unbound") {
		return
	}
	org := organisation(t, plant.Options{Seed: 1})
	var networks []lab.Network
	for _, o := range org.All() {
		unmixed(o.Network.Outside)
		networks = append(networks, o.Network)
	}
	// where certificates say that their issuers' are: the lab's own host
	networks = append(networks, lab.Network{Outside: []lab.Zone{{Name: weblab.IssuerHost, Records: []lab.Record{{Name: weblab.IssuerHost, Type: "A", Value: "192.0.2.80"}}}}})
	nameServers(t, networks...)
	running, err := server.Start(t.Context(), org, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	}()
	var parts []*evidence.Snapshot
	for _, r := range running.All() {
		parts = append(parts, collectAD(t, r), collectTenant(t, r))
	}
	parts = withExports(t, org, parts)

	v := labView(t, running.Network, org.Network)
	own := v.look(t, parts...)
	v.dns.Internal, v.dns.Public = []string{internalResolver + ":53"}, []string{publicResolver + ":53"}
	v.dns.Detours = detoursWithout(t, running.Network, ":53=")
	others := v.look(t, parts...)

	remembered := func(name string) bool { // unbound does not look into its own data for where an alias leads
		return slices.ContainsFunc(merged(cachedBy(networks)), func(z lab.Zone) bool {
			return slices.ContainsFunc(z.Records, func(r lab.Record) bool { return strings.EqualFold(r.Name, name) })
		})
	}
	if d := gocmp.Diff(answersOf(own[0], remembered), answersOf(others[0], remembered), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("the lab's servers (-) and BIND with unbound (+) answer differently:\n%s", d)
	}
	want, got := networkFindings(t, parts, own), networkFindings(t, parts, others)
	if d := gocmp.Diff(want, got); d != "" || len(want) == 0 {
		t.Errorf("%d findings with the lab's servers (-), other ones with BIND and unbound (+):\n%s", len(want), d)
	}
}

func cachedBy(networks []lab.Network) []lab.Zone {
	var all []lab.Zone
	for _, n := range networks {
		all = append(all, n.Cached...)
	}
	return all
}

// unmixed takes away aliases that stand beside other records: BIND refuses to load a zone that has them.
func unmixed(zones []lab.Zone) {
	for i := range zones {
		all := zones[i].Records
		zones[i].Records = slices.DeleteFunc(slices.Clone(all), func(r lab.Record) bool {
			return r.Type == "CNAME" && slices.ContainsFunc(all, func(o lab.Record) bool { return o.Type != "CNAME" && strings.EqualFold(o.Name, r.Name) })
		})
	}
}

// detoursWithout leaves out the detours of which the text tells.
func detoursWithout(t *testing.T, n *server.Network, text string) targets.Detours {
	t.Helper()
	d, err := targets.ParseDetours(slices.DeleteFunc(slices.Clone(n.Detours), func(e string) bool { return strings.Contains(e, text) }))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// answersOf are the answers without what may differ from server to server: where they came from, what is left of the time to live, serial numbers, and how a failure was told.
func answersOf(s *evidence.Snapshot, remembered func(string) bool) []evidence.Lookup {
	var all []evidence.Lookup
	for l := range s.Lookups() {
		if l.Type == "SOA" || l.Type == "NS" {
			continue
		}
		if len(l.Chain) > 0 && remembered(l.Final()) {
			l.Values = nil
		}
		all = append(all, evidence.Lookup{Domain: l.Domain, Name: l.Name, Type: l.Type, Resolver: l.Resolver, Status: l.Status, Chain: l.Chain, Values: l.Values, Forged: l.Forged})
	}
	slices.SortFunc(all, func(a, b evidence.Lookup) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Resolver, b.Resolver), cmp.Compare(a.Domain, b.Domain))
	})
	return all
}

func networkFindings(t *testing.T, known, seen []*evidence.Snapshot) []lab.Expected {
	t.Helper()
	s, err := evidence.Merge(slices.Concat(known, seen)...)
	if err != nil {
		t.Fatal(err)
	}
	all := found(run(t, s, audit.Options{}))
	slices.SortFunc(all, func(a, b lab.Expected) int {
		return cmp.Or(cmp.Compare(a.RuleID, b.RuleID), cmp.Compare(a.Variant, b.Variant), cmp.Compare(a.Key, b.Key))
	})
	return slices.DeleteFunc(all, func(e lab.Expected) bool { return len(apart([]lab.Expected{e})) > 0 })
}

// Without any detour: names are found by BIND and unbound, hosts stand at their own addresses and ports. A host that only a record names is not contacted at a private address.
func TestRealAddresses(t *testing.T) {
	if !inNamespace(t, "named", "unbound") {
		return
	}
	w := newWorld(hybrid)
	w.set("_autodiscover._tcp.contoso.com", "SRV", "0 0 443 intranet.fabrikam.com")
	w.set("intranet.fabrikam.com", "A", "10.9.9.9")
	w.host("intranet.fabrikam.com", 443)
	org := organisation(t, plant.Options{People: 5, Seed: 1, Only: []string{plant.NoFaults}, Alone: true, NoNetwork: true, NoExports: true})
	org.Network = w.net
	nameServers(t, w.net)
	running, err := server.Start(t.Context(), org, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	}()
	v := labView(t, running.Network, org.Network)
	standAt(t, w.net, v.dns.Detours)
	v.dns.Internal, v.dns.Public = []string{internalResolver + ":53"}, []string{publicResolver + ":53"}
	v.dns.Detours, v.probe.Detours = targets.Detours{}, targets.Detours{}
	known := w.evidence(t)
	seen := v.look(t, known)
	merged, err := evidence.Merge(append(seen, known)...)
	if err != nil {
		t.Fatal(err)
	}
	assertSeen(t, run(t, merged, audit.Options{}), nil)
	reached := map[string]string{}
	for c := range merged.Connections() {
		if c.Through() && c.Address != "" {
			at, err := netip.ParseAddrPort(c.Address)
			if err != nil {
				t.Errorf("%s was reached at %q", c.Host, c.Address)
			}
			reached[c.Host] = at.Addr().String()
		}
		if c.Host == "intranet.fabrikam.com" && c.Stage != evidence.StagePolicy {
			t.Errorf("a host that only a record names was contacted at a private address: %+v", c)
		}
	}
	for host, address := range map[string]string{"pool01.contoso.com": "10.1.0.5", "lyncdiscover.contoso.com": "198.51.100.11", "teams.microsoft.com": "203.0.113.10", "worldaz.tr.teams.microsoft.com": "203.0.113.10"} {
		if reached[host] != address {
			t.Errorf("%s was reached at %q instead of %s", host, reached[host], address)
		}
	}
}

// standAt gives every host its address, and leads what comes to it to the lab's server.
func standAt(t *testing.T, n lab.Network, detours targets.Detours) {
	t.Helper()
	for _, zones := range [][]lab.Zone{n.Outside, n.Inside} {
		for _, z := range zones {
			for _, r := range z.Records {
				if r.Type == "A" {
					sh(t, "ip", "address", "replace", r.Value+"/32", "dev", "lo")
				}
			}
		}
	}
	ports := map[int]bool{}
	for _, h := range n.Hosts {
		ports[h.Port] = true
	}
	for port := range ports {
		to, ok := detours.Of("any.example.com", port)
		if !ok {
			t.Fatalf("no server stands for port %d", port)
		}
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", netip.AddrPortFrom(netip.IPv4Unspecified(), uint16(port)).String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go forward(t.Context(), l, to)
	}
	for _, port := range n.Media {
		to, _ := detours.Of("any.example.com", port)
		relay(t, port, to)
	}
}

// forward passes connections on until the listener is closed.
func forward(ctx context.Context, l net.Listener, to string) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = c.Close() }()
			out, err := (&net.Dialer{}).DialContext(ctx, "tcp", to)
			if err != nil {
				return
			}
			defer func() { _ = out.Close() }()
			go func() { _, _ = io.Copy(out, c); _ = out.(*net.TCPConn).CloseWrite() }()
			_, _ = io.Copy(c, out)
		}()
	}
}

// relay passes datagrams on, one question and its answer at a time.
func relay(t *testing.T, port int, to string) {
	t.Helper()
	in, err := net.ListenUDP("udp4", &net.UDPAddr{Port: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close() })
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := in.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			out, err := net.Dial("udp4", to)
			if err != nil {
				return
			}
			_ = out.SetDeadline(time.Now().Add(2 * time.Second))
			if _, err = out.Write(buffer[:n]); err == nil {
				if n, err = out.Read(buffer); err == nil {
					_, _ = in.WriteToUDPAddrPort(buffer[:n], from)
				}
			}
			_ = out.Close()
		}
	}()
}
