package targets_test

import (
	"net/netip"
	"testing"

	"hybridaudit/sources/evidence/targets"
)

func TestSpecialAddresses(t *testing.T) {
	tests := map[string]bool{ // special
		"203.0.113.7": false, "8.8.8.8": false, "52.112.0.1": false, "2603:1063::1": false, "172.32.0.1": false, "100.128.0.1": false, "192.167.255.255": false,
		"127.0.0.1": true, "127.255.255.254": true, "10.0.0.1": true, "172.16.0.1": true, "172.31.255.255": true, "192.168.255.255": true, "100.64.0.1": true, "100.127.255.255": true,
		"169.254.169.254": true, "0.0.0.0": true, "0.1.2.3": true, "224.0.0.1": true, "239.255.255.250": true, "255.255.255.255": true, "198.19.0.1": true, "192.0.0.170": true,
		"::": true, "::1": true, "fe80::1": true, "fe80::1%eth0": true, "fc00::1": true, "fdff::1": true, "fec0::1": true, "ff02::1": true,
		"::ffff:127.0.0.1": true, "::ffff:10.0.0.1": true, "::ffff:8.8.8.8": false, "::ffff:0:10.0.0.1": true,
		"64:ff9b::127.0.0.1": true, "64:ff9b::a9fe:a9fe": true, "64:ff9b::8.8.8.8": false, "64:ff9b:1::1": true,
		"::127.0.0.1": true, "::8.8.8.8": false, "2002:7f00:1::": true, "2002:c0a8:101::1": true, "2002:808:808::": false,
		"2001:0:0:0:0:0:80ff:fffe": true /* Teredo of 127.0.0.1 */, "2001:0:0:0:0:0:f7f7:f7f7": false, "100::1": true,
	}
	for text, want := range tests {
		if got := targets.Special(netip.MustParseAddr(text)); got != "" != want {
			t.Errorf("%s: %q", text, got)
		}
	}
	if targets.Special(netip.Addr{}) == "" {
		t.Error("no address is an address")
	}
}
