package e2e

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"hybridaudit/sources/dns"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/server"
	"hybridaudit/sources/probe"
)

// view is how the network is looked at in a test.
type view struct {
	more  targets.More
	dns   dns.Config
	probe probe.Config
}

// labView looks at the network of a running lab.
func labView(t testing.TB, n *server.Network, shown lab.Network) view {
	t.Helper()
	detours, err := targets.ParseDetours(n.Detours)
	if err != nil {
		t.Fatal(err)
	}
	rows, date := probe.ShippedEndpoints()
	v := view{
		more: targets.More{Hosts: shown.Asked},
		dns:  dns.Config{Site: "local", Internal: []string{n.Internal}, Public: []string{n.Public}, Authoritative: true, Timeout: 2 * time.Second, Tries: 2, Workers: 32, PerSecond: 100_000, Detours: detours},
		probe: probe.Config{
			Site: "local", Detours: detours, Public: pool(n.PublicCA), Own: pool(n.OwnCA), Endpoints: rows, EndpointsDate: date, Timeout: 5 * time.Second, Tries: 3, Workers: 32,
			PAC: shown.PAC, Mailbox: shown.Mailbox, Idle: 4 * shown.IdleCut,
		},
	}
	if shown.Firewall != "" {
		v.probe.FirewallFile = "firewall.csv"
		if v.probe.Firewall, err = probe.ReadFirewall(strings.NewReader(shown.Firewall)); err != nil {
			t.Fatal(err)
		}
	}
	if shown.ProxyAsks {
		at := &url.URL{Scheme: "http", Host: lab.ProxyName}
		v.probe.Proxy = func(*url.URL) (*url.URL, error) { return at, nil }
		v.probe.ProxySettings = []evidence.Setting{{Name: evidence.SettingProxyHTTPS, Value: at.String()}}
	}
	return v
}

// look gives what is seen of the hosts and domains that the parts name.
func (v view) look(t testing.TB, parts ...*evidence.Snapshot) []*evidence.Snapshot {
	t.Helper()
	return v.lookIn(t.Context(), t, parts...)
}

func (v view) lookIn(ctx context.Context, t testing.TB, parts ...*evidence.Snapshot) []*evidence.Snapshot {
	t.Helper()
	v.dns.Targets = targets.Of(v.more, parts...)
	found := evidence.NewBuilder(time.Now())
	if err := dns.Collect(ctx, v.dns, found); err != nil {
		t.Fatal(err)
	}
	records := found.Seal()
	v.probe.Targets, v.probe.Lookups, v.probe.Resolver = v.dns.Targets, records, dns.NewResolver(v.dns)
	seen := evidence.NewBuilder(time.Now())
	if err := probe.Collect(ctx, v.probe, seen); err != nil {
		t.Fatal(err)
	}
	return []*evidence.Snapshot{records, seen.Seal()}
}

// apart leaves out of the truth what is found by looking at the network, for tests in which nobody does.
func apart(truth []lab.Expected) []lab.Expected {
	return slices.DeleteFunc(slices.Clone(truth), func(e lab.Expected) bool {
		category, _, _ := strings.Cut(e.RuleID, "-")
		return slices.Contains([]string{"DNS", "TLS", "NET"}, category) ||
			slices.Contains([]string{"FED-002", "FED-003", "FED-004", "TIM-001H", "TOP-003N", "DOM-004N"}, e.RuleID+e.Variant)
	})
}
