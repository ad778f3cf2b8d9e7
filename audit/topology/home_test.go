package topology_test

import (
	"encoding/json"
	"testing"
	"time"

	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

func TestHome(t *testing.T) {
	own := []string{".Proxy.Contoso.com"}
	for _, c := range []struct {
		locator  string
		suffixes []string
		want     topology.Home
	}{
		{"", nil, topology.NoHome},
		{"SRV:", nil, topology.OnPremises},
		{"srv:", nil, topology.OnPremises},
		{"SRV: ", nil, topology.Other},
		{"SRV", nil, topology.Other},
		{"sipfed.online.lync.com", nil, topology.Online},
		{"SIPFED.Online.Lync.com", nil, topology.Online},
		{"sipfed1E.online.lync.com", nil, topology.Online},
		{"online.lync.com", nil, topology.Online},
		{"sipfed.online.gov.skypeforbusiness.us", nil, topology.Online},
		{"sipfed.online.dod.skypeforbusiness.us", nil, topology.Online},
		{"sipfed.online.partner.lync.cn", nil, topology.Online},
		{"sipfed.online.lync.com.", nil, topology.Other},
		{"sipfed.online.lync.com ", nil, topology.Other},
		{" sipfed.online.lync.com", nil, topology.Online}, // whatever stands before the suffix belongs to the host name
		{"evilonline.lync.com", nil, topology.Other},
		{"sipfed.online.lync.com.example.com", nil, topology.Other},
		{"pool.contoso.com", nil, topology.Other},
		{"sip.proxy.contoso.com", own, topology.Online},
		{"sipfed.online.lync.com", own, topology.Other},
	} {
		b := evidence.NewBuilder(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
		var decoder evidence.Decoder
		line, err := json.Marshal(map[string]string{"msRTCSIP-DeploymentLocator": c.locator})
		if err != nil {
			t.Fatal(err)
		}
		if err := decoder.Row(b.Table(evidence.ADUsers), line); err != nil {
			t.Fatal(err)
		}
		s := b.Seal()
		if got := topology.New(s, c.suffixes, false).Home(s.ADObjectAt(evidence.ADUsers, 0)); got != c.want {
			t.Errorf("%q with %v: %v, want %v", c.locator, c.suffixes, got, c.want)
		}
	}
}
