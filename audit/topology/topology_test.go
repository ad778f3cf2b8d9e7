package topology_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

func deployment(t *testing.T, noServer bool) *topology.Deployment {
	t.Helper()
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	var decoder evidence.Decoder
	for _, row := range []string{
		`{"distinguishedName":"CN=1:2,CN=Pools,CN=RTC Service,DC=contoso,DC=com","forest":"contoso.com","dNSHostName":"pool02.contoso.com"}`,
		`{"distinguishedName":"CN=1:1,CN=Pools,CN=RTC Service,DC=contoso,DC=com","forest":"contoso.com","dNSHostName":"pool01.contoso.com"}`,
		`{"distinguishedName":"CN=1:1,CN=Pools,CN=RTC Service,DC=fabrikam,DC=com","forest":"fabrikam.com"}`,
	} {
		if err := decoder.Row(b.Table(evidence.ADPools), []byte(row)); err != nil {
			t.Fatal(err)
		}
	}
	return topology.New(b.Seal(), nil, noServer)
}

func TestPool(t *testing.T) {
	d := deployment(t, false)
	for _, c := range []struct{ homeServer, want string }{
		{"CN=Lc Services,CN=Microsoft,CN=1:1,CN=Pools,CN=RTC Service,DC=contoso,DC=com", "pool01.contoso.com"},
		{"cn=lc services, cn=microsoft, cn=1\\3a2, cn=pools, cn=rtc service, dc=contoso, dc=com", "pool02.contoso.com"},
		{"CN=1:1,CN=Pools,CN=RTC Service,DC=contoso,DC=com", "pool01.contoso.com"},
		{"CN=Lc Services,CN=Microsoft,CN=1:3,CN=Pools,CN=RTC Service,DC=contoso,DC=com", ""},
		{"CN=Pools,CN=RTC Service,DC=contoso,DC=com", ""},
		{"not a name", ""},
		{"", ""},
	} {
		for range 2 { // the second answer comes from memory
			p, ok := d.Pool(c.homeServer)
			if ok != (c.want != "") || ok && p.Host() != c.want {
				t.Errorf("Pool(%q): found %t, want %q", c.homeServer, ok, c.want)
			}
		}
	}
}

func TestPoolSideBySide(t *testing.T) {
	d := deployment(t, false)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 200 {
				if p, ok := d.Pool("CN=Lc Services,CN=1:1,CN=Pools,CN=RTC Service,DC=contoso,DC=com"); !ok || p.Host() != "pool01.contoso.com" {
					t.Error("the pool was not found")
				}
				if _, ok := d.Pool("CN=Lc Services,CN=1:9,CN=Pools,CN=RTC Service,DC=contoso,DC=com"); ok {
					t.Error("a pool was found that does not exist")
				}
			}
		})
	}
	wait.Wait()
}

func TestHosts(t *testing.T) {
	d := deployment(t, false)
	got := map[string][]string{"contoso.com": d.Hosts("contoso.com"), "fabrikam.com": d.Hosts("fabrikam.com"), "example.com": d.Hosts("example.com")}
	want := map[string][]string{
		"contoso.com": {"pool01.contoso.com", "pool02.contoso.com"}, "fabrikam.com": {"CN=1:1,CN=Pools,CN=RTC Service,DC=fabrikam,DC=com"}, "example.com": nil,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !d.Present() || !d.In("contoso.com") || d.In("example.com") {
		t.Error("the deployment is not where its pools are")
	}
	if gone := deployment(t, true); gone.Present() || gone.In("contoso.com") {
		t.Error("a deployment that the operator declared gone is there")
	}
}
