package probe

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"hybridaudit/sources/evidence"
)

// ReadFirewall reads what a firewall lets out: CSV in UTF-8 with the columns host, ports and protocol in any order, separated by commas or semicolons; others are
// passed over. A host is a name, a name with *, an address or a range of addresses (192.0.2.0/24); a cell with several makes a row of each. Nothing, * or any stands
// for all ports and all protocols. The error names the line.
func ReadFirewall(from io.Reader) ([]evidence.FirewallRule, error) {
	l, err := openList(from, []string{"host", "ports", "protocol"}, []string{"host", "ports", "protocol"})
	if err != nil {
		return nil, fmt.Errorf("reading the firewall rules: %w", err)
	}
	var rules []evidence.FirewallRule
	for {
		switch err := l.next(); {
		case errors.Is(err, io.EOF) && len(rules) == 0:
			return nil, errors.New("reading the firewall rules: there are none")
		case errors.Is(err, io.EOF):
			return rules, nil
		case err != nil:
			return nil, fmt.Errorf("reading the firewall rules: %w", err)
		}
		more, err := l.firewallRules()
		if err != nil {
			return nil, fmt.Errorf("reading the firewall rules: %w", l.wrong("%w", err))
		}
		if rules = append(rules, more...); len(rules) > maxListRows {
			return nil, fmt.Errorf("reading the firewall rules: %w", l.wrong("more than %d rules", maxListRows))
		}
	}
}

func (l *list) firewallRules() ([]evidence.FirewallRule, error) {
	r := evidence.FirewallRule{Line: l.line}
	var err error
	if cell := l.text("ports"); cell != "*" && !strings.EqualFold(cell, "any") && !strings.EqualFold(cell, "all") {
		if r.Ports, err = parsePorts(cell); err != nil {
			return nil, err
		}
	}
	if r.Protocol, err = parseProtocol(l.text("protocol")); err != nil {
		return nil, err
	}
	hosts := cellWords(l.text("host"))
	if len(hosts) == 0 {
		return nil, errors.New("no host is given; * stands for all")
	}
	rules := make([]evidence.FirewallRule, len(hosts))
	for i, h := range hosts {
		rules[i] = r
		if rules[i].Host, err = parseDestination(h); err != nil {
			return nil, err
		}
	}
	return rules, nil
}
