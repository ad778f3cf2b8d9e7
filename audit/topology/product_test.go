package topology_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

func TestProductOf(t *testing.T) {
	for version, want := range map[int64]string{
		0: "Live Communications Server", 2: "Live Communications Server", 3: "Office Communications Server 2007", 4: "Office Communications Server 2007 R2", 5: "Lync Server 2010",
		6: "Lync Server 2013 approximate movable", 7: "Skype for Business Server 2015 approximate movable",
		8: "Skype for Business Server 2019 or Subscription Edition approximate movable", 9: "", -1: "",
	} {
		p := topology.ProductOf(version)
		got := p.Name
		if p.Approximate {
			got += " approximate"
		}
		if p.Movable {
			got += " movable"
		}
		if got != want {
			t.Errorf("version %d: %q, want %q", version, got, want)
		}
	}
}

func TestSupport(t *testing.T) {
	for _, c := range []struct {
		version   int64
		at        string
		supported bool
		extended  string
	}{
		{5, "2009-01-01T00:00:00Z", false, ""},
		{9, "2040-01-01T00:00:00Z", true, ""},
		{6, "2023-04-11T23:59:59Z", true, ""},
		{6, "2023-04-12T00:00:00Z", false, ""},
		{7, "2025-10-14T23:59:59Z", true, ""},
		{7, "2025-10-15T00:00:00Z", false, "2026-04-15"},
		{8, "2026-04-14T23:59:59Z", false, "2026-04-15"},
		{8, "2026-04-15T00:00:00Z", false, ""},
		{8, "2026-05-01T00:00:00Z", false, "2026-11-01"},
		{8, "2026-10-31T23:59:59Z", false, "2026-11-01"},
		{8, "2026-11-01T00:00:00Z", false, ""},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		p, extended := topology.ProductOf(c.version), ""
		if until := p.ExtendedUntil(at); !until.IsZero() {
			extended = until.Format(time.DateOnly)
		}
		if p.Supported(at) != c.supported || extended != c.extended {
			t.Errorf("version %d at %s: supported %t, extended until %q", c.version, c.at, p.Supported(at), extended)
		}
	}
}

func TestForests(t *testing.T) {
	d := deployment(t, false)
	if diff := cmp.Diff([]string{"contoso.com", "fabrikam.com"}, d.Forests()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var dns []string
	for _, p := range d.PoolsOf("contoso.com") {
		dns = append(dns, p.DN())
	}
	want := []string{"CN=1:1,CN=Pools,CN=RTC Service,DC=contoso,DC=com", "CN=1:2,CN=Pools,CN=RTC Service,DC=contoso,DC=com"}
	if diff := cmp.Diff(want, dns); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if gone := deployment(t, true); len(gone.Forests()) != 0 || len(gone.PoolsOf("contoso.com")) != 2 {
		t.Error("the operator's word takes away forests, and leaves the pools that the directory holds")
	}
}

func TestComputers(t *testing.T) {
	b := evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	var decoder evidence.Decoder
	for _, row := range []string{
		`{"distinguishedName":"CN=FE01,CN=Computers,DC=contoso,DC=com","dNSHostName":"FE01.contoso.com","userAccountControl":4096}`,
		`{"distinguishedName":"CN=FE02,CN=Computers,DC=contoso,DC=com","userAccountControl":4098}`,
	} {
		if err := decoder.Row(b.Table(evidence.ADComputers), []byte(row)); err != nil {
			t.Fatal(err)
		}
	}
	c := topology.NewComputers(b.Seal())
	for server, want := range map[string]string{
		"cn=fe01, cn=computers, dc=contoso, dc=com":                              "enabled",
		"CN=LC Services,CN=Microsoft,CN=FE02,CN=Computers,DC=contoso,DC=com":     "disabled",
		"CN=FE03,CN=Computers,DC=contoso,DC=com":                                 "",
		"CN=LC Services\\, old,CN=Microsoft,CN=FE0,CN=Computers,DC=contoso,DC=x": "",
		"not a name": "",
	} {
		e, ok := c.Of(server)
		got := map[bool]string{true: "disabled", false: "enabled"}[ok && topology.DisabledComputer(e)]
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%s: %q, want %q", server, got, want)
		}
	}
	if e, ok := c.Named("fe01.CONTOSO.com"); !ok || topology.DisabledComputer(e) {
		t.Error("a computer was not found by its name")
	}
	if _, ok := c.Named(""); ok {
		t.Error("a computer without a name was found")
	}
}
