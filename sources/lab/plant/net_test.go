package plant

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hybridaudit/sources/lab"
)

// Hosts of which something is expected answer, or do not, as the rule has it; DNS knows all but those that are at fault for having no name.
func TestHostsAtFault(t *testing.T) {
	for _, variant := range Variants() {
		org := make300(t, Options{Variant: variant, Alone: true})
		names := map[string]bool{}
		for _, z := range slices.Concat(org.Network.Outside, org.Network.Inside) {
			for _, r := range z.Records {
				names[r.Name] = true
			}
		}
		for _, e := range org.Truth {
			silent := slices.Contains([]string{"NET-001", "NET-002", "NET-004", "NET-005", "NET-009"}, e.RuleID)
			if category, _, _ := strings.Cut(e.RuleID, "-"); category != "TLS" && !silent || e.RuleID == "NET-005" && strings.HasSuffix(e.Key, ":443") {
				continue
			}
			host, text, err := net.SplitHostPort(e.Key)
			if err != nil {
				t.Fatalf("%s: %+v: %v", variant, e, err)
			}
			port, err := strconv.Atoi(text)
			answers := slices.ContainsFunc(org.Network.Hosts, func(h lab.Host) bool { return h.Name == host && h.Port == port })
			if err != nil || answers == silent || !names[host] {
				t.Errorf("%s: %+v: answers %t, in DNS %t", variant, e, answers, names[host])
			}
		}
	}
}

// The firewall's list holds each rule once, of three columns, and the fault of another plant does not undo it.
func TestFirewallList(t *testing.T) {
	for _, only := range [][]string{nil, {NoFaults}} {
		lines := strings.Split(strings.TrimSuffix(make300(t, Options{Only: only, Alone: true}).Network.Firewall, "\n"), "\n")
		for i, line := range lines {
			if strings.Count(line, ",") != 2 || slices.Index(lines, line) != i {
				t.Errorf("line %d of %v: %s", i+1, only, line)
			}
		}
		if len(lines) < len(allowedOut()) || (only == nil) == slices.Contains(lines, firewallCloud) {
			t.Errorf("%v: %d lines", only, len(lines))
		}
	}
}
