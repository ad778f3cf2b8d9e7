package net

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// ports is a list of spans of ports; no span at all stands for every port.
type ports [][2]int

// parsePorts reads 443, 443;80 or 50000-59999; "" and * are all ports. What cannot be read is left out.
func parsePorts(text string) (list ports, readable bool) {
	text = strings.TrimSpace(text)
	if text == "" || text == "*" || strings.EqualFold(text, "any") {
		return nil, true
	}
	for one := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
		from, to, span := strings.Cut(one, "-")
		if !span {
			to = from
		}
		first, err := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if err == nil && err2 == nil && first <= last {
			list = append(list, [2]int{first, last})
		}
	}
	return list, len(list) > 0
}

// has says that all ports of a span are in the list.
func (l ports) has(span [2]int) bool {
	if len(l) == 0 {
		return true
	}
	for next := span[0]; next <= span[1]; {
		i := slices.IndexFunc(l, func(s [2]int) bool { return s[0] <= next && next <= s[1] })
		if i < 0 {
			return false
		}
		next = l[i][1] + 1
	}
	return true
}

// within says that all that the list allows is in the other one; a list of every port never is.
func (l ports) within(other ports) bool {
	return len(l) > 0 && len(other) > 0 && !slices.ContainsFunc(l, func(s [2]int) bool { return !other.has(s) })
}

// allows says that a rule's protocol includes the one of a row.
func allows(rule, wanted string) bool {
	rule = strings.ToLower(strings.TrimSpace(rule))
	return rule == "" || rule == "any" || rule == "*" || rule == "ip" || !slices.ContainsFunc(strings.Split(strings.ToLower(wanted), "+"), func(w string) bool { return !strings.Contains(rule, w) })
}

// anyHost says that a rule allows every host.
func anyHost(host string) bool {
	return slices.Contains([]string{"", "*", "any", "all", "0.0.0.0/0", "::/0"}, strings.ToLower(strings.TrimSpace(host)))
}

// network reads a range of addresses, or a single address.
func network(text string) (netip.Prefix, bool) {
	text = strings.TrimSpace(text)
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked(), true
	}
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	return netip.Prefix{}, false
}

// coversHost says that what is allowed for one host, name with * or range is allowed for the other one.
func coversHost(rule, wanted string) bool {
	if anyHost(rule) {
		return true
	}
	if r, ok := network(rule); ok {
		w, ok := network(wanted)
		return ok && r.Bits() <= w.Bits() && r.Contains(w.Addr())
	}
	rule, wanted = address.DomainKey(rule), address.DomainKey(wanted)
	if rule == wanted {
		return true
	}
	below, wild := strings.CutPrefix(rule, "*.")
	if !wild && strings.HasPrefix(rule, ".") {
		below, wild = rule[1:], true
	}
	return wild && strings.HasSuffix(wanted, "."+below)
}

// neededPorts are the ports that a row cannot do without. With 443 it is served; port 80 beside it only leads there.
func neededPorts(e evidence.Endpoint) (list ports, readable bool) {
	list, readable = parsePorts(e.Ports)
	if https := [2]int{httpsPort, httpsPort}; slices.Contains(list, https) {
		list = ports{https}
	}
	return list, readable
}

// open says that the rules together allow a row: its host by every port that it needs, each by some rule.
func open(rules []evidence.FirewallRule, e evidence.Endpoint) bool {
	wanted, ok := neededPorts(e)
	if !ok {
		return true
	}
	var allowed ports
	for _, r := range rules {
		if !coversHost(r.Host, e.Host) || !allows(r.Protocol, e.Protocol) {
			continue
		}
		list, ok := parsePorts(r.Ports)
		switch {
		case !ok:
		case len(list) == 0:
			return true
		default:
			allowed = append(allowed, list...)
		}
	}
	return len(allowed) > 0 && !slices.ContainsFunc(wanted, func(s [2]int) bool { return !allowed.has(s) })
}
