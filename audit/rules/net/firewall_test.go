package net

import (
	"testing"

	"hybridaudit/sources/evidence"
)

func TestCoversHost(t *testing.T) {
	tests := []struct {
		rule, wanted string
		want         bool
	}{
		{"teams.microsoft.com", "Teams.Microsoft.com", true}, {"*.lync.com", "sipdir.online.lync.com", true}, {"*.lync.com", "*.online.lync.com", true}, {"*.lync.com", "lync.com", false},
		{"*.online.lync.com", "*.lync.com", false}, {".lync.com", "a.lync.com", true}, {"lync.com", "a.lync.com", false}, {"*.lync.com", "notlync.com", false}, {"any", "x.example.com", true},
		{"0.0.0.0/0", "52.112.0.0/14", true}, {"52.112.0.0/13", "52.112.0.0/14", true}, {"52.112.0.0/15", "52.112.0.0/14", false}, {"52.112.0.1", "52.112.0.1/32", true},
		{"52.112.0.0/14", "teams.microsoft.com", false}, {"teams.microsoft.com", "52.112.0.0/14", false}, {"2603:1000::/24", "2603:1063::/38", true}, {"52.112.0.0/14", "2603:1063::/38", false},
	}
	for _, tt := range tests {
		if got := coversHost(tt.rule, tt.wanted); got != tt.want {
			t.Errorf("%q holds %q: %t, want %t", tt.rule, tt.wanted, got, tt.want)
		}
	}
}

func TestOpen(t *testing.T) {
	rule := func(ports, protocol string) evidence.FirewallRule {
		return evidence.FirewallRule{Host: "a.example.com", Ports: ports, Protocol: protocol}
	}
	tests := map[string]struct {
		rules           []evidence.FirewallRule
		ports, protocol string
		want            bool
	}{
		"none":                       {nil, "443", "tcp", false},
		"just so":                    {[]evidence.FirewallRule{rule("443", "tcp")}, "443", "tcp", true},
		"443 is enough":              {[]evidence.FirewallRule{rule("443", "tcp")}, "443;80", "tcp", true},
		"80 is not":                  {[]evidence.FirewallRule{rule("80", "tcp")}, "443;80", "tcp", false},
		"all ports, all protocols":   {[]evidence.FirewallRule{rule("", "")}, "3478-3481", "udp", true},
		"another protocol":           {[]evidence.FirewallRule{rule("3478-3481", "tcp")}, "3478-3481", "udp", false},
		"both protocols":             {[]evidence.FirewallRule{rule("3478-3481", "tcp+udp")}, "3478-3481", "udp", true},
		"several rules together":     {[]evidence.FirewallRule{rule("3480-3481", "udp"), rule("3478,3479", "udp")}, "3478-3481", "udp", true},
		"a gap":                      {[]evidence.FirewallRule{rule("3478", "udp"), rule("3480-3481", "udp")}, "3478-3481", "udp", false},
		"ports that cannot be read":  {[]evidence.FirewallRule{rule("https", "tcp")}, "443", "tcp", false},
		"backwards":                  {[]evidence.FirewallRule{rule("3481-3478", "udp")}, "3478", "udp", false},
		"overlapping":                {[]evidence.FirewallRule{rule("3470-3479", "udp"), rule("3475-3490", "udp")}, "3478-3481", "udp", true},
		"both are wanted, one is it": {[]evidence.FirewallRule{rule("443", "tcp")}, "443", "tcp+udp", false},
	}
	for name, tt := range tests {
		if got := open(tt.rules, evidence.Endpoint{Host: "a.example.com", Ports: tt.ports, Protocol: tt.protocol}); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// Ports are what an administrator typed: whatever that is, what is said to be within another list is in it, port by port.
func FuzzParsePorts(f *testing.F) {
	for _, s := range []string{"443", "443;80", "50000-59999", "", "-", "1-", "99999999999999999999", "1;;2", "5-3", "*"} {
		f.Add(s, uint16(443))
	}
	f.Fuzz(func(t *testing.T, text string, port uint16) {
		list, ok := parsePorts(text)
		if !ok && len(list) > 0 {
			t.Errorf("%q is not readable, and has %v", text, list)
		}
		within := list.within(ports{{int(port), int(port)}})
		if within && !list.has([2]int{int(port), int(port)}) {
			t.Errorf("%q is within %d, but does not have it", text, port)
		}
	})
}
