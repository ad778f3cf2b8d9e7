package probe

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
	"hybridaudit/sources/evidence/targets"
)

// kind says why a host is contacted.
type kind uint8

const (
	// known hosts are named by the configuration, a directory, a tenant or the list of endpoints, or records of these lead to them.
	known kind = iota
	// linked hosts stand in a certificate or a redirect: any, for a plain GET without credentials, on ports 80 and 443 and at public addresses.
	linked
)

// guard decides which hosts and addresses may be contacted.
type guard struct {
	named   func(host string) bool
	vouched func(host string) bool // for being anywhere, of those that are named
	listed  map[string]bool        // hosts that stand for a row of the list of endpoints, and servers of the configuration
	derived map[string]bool        // where records lead
	private private
}

// private is what the configuration permits at private addresses.
type private struct {
	hosts    map[string]bool
	networks []netip.Prefix
}

func parsePrivate(entries []string) (private, error) {
	p := private{hosts: map[string]bool{}}
	for _, e := range entries {
		e = strings.TrimSpace(e)
		if a, err := netip.ParseAddr(e); err == nil {
			p.networks = append(p.networks, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		if strings.Contains(e, "/") {
			n, err := netip.ParsePrefix(e)
			if err != nil {
				return p, fmt.Errorf("private host %q is neither a host nor a network such as 10.1.0.0/16", e)
			}
			p.networks = append(p.networks, n.Masked())
			continue
		}
		p.hosts[address.DomainKey(e)] = true
	}
	return p, nil
}

// newGuard collects the hosts that may be contacted.
func newGuard(cfg Config, private private) guard {
	g := guard{named: cfg.Targets.Named, vouched: cfg.Targets.Vouched, listed: map[string]bool{}, derived: map[string]bool{}, private: private}
	for _, e := range cfg.Endpoints {
		for _, host := range probeHosts(e, cfg.Targets.Tenants) {
			g.listed[host] = true
		}
	}
	for _, server := range cfg.NTPServers {
		g.listed[hostOf(server)] = true
	}
	for l := range cfg.Lookups.Lookups() {
		for _, name := range l.Chain {
			g.derived[name] = true
		}
		if l.Type == "SRV" {
			for _, v := range l.Values {
				if s, ok := parseSRV(v); ok {
					g.derived[s.host] = true
				}
			}
		}
	}
	return g
}

// original says that the host is named by somebody whose word counts, not only by a record, a certificate or a redirect.
func (g guard) original(host string) bool { return g.named(host) || g.listed[host] }

// trusted says that whoever names the host may lead to any address.
func (g guard) trusted(host string) bool { return g.vouched(host) || g.listed[host] }

// hostFault says why a host may not be contacted at all; "" when it may, at addresses that addressFault permits.
func (g guard) hostFault(host string, port int, k kind) string {
	switch {
	case host == "":
		return "there is no host name"
	case k == linked && port != 80 && port != 443:
		return fmt.Sprintf("port %d is not contacted because of an address in a certificate or a redirect", port)
	case k == linked || g.trusted(host) || g.private.hosts[host]:
		return ""
	case !g.derived[host] && !g.original(host):
		return "neither the configuration nor a directory, a tenant or the list of endpoints names the host"
	case port != 80 && port != 443 && port != 5061:
		return fmt.Sprintf("port %d is not contacted because of a DNS record", port)
	}
	return ""
}

// addressFault says why an address of a host may not be connected to; "" when it may. Chain are the aliases that led to it. A host that is named may be anywhere,
// unless its aliases end at a host that is not, or its name is made of a domain that may be a partner's: whoever owns that decides where it is.
func (g guard) addressFault(host string, chain []string, at netip.Addr) string {
	last := host
	if len(chain) > 0 {
		last = address.DomainKey(chain[len(chain)-1])
	}
	at = at.WithZone("")
	if g.trusted(host) && g.trusted(last) {
		return ""
	}
	if g.private.hosts[host] || g.private.hosts[last] || slices.ContainsFunc(g.private.networks, func(n netip.Prefix) bool { return n.Contains(at.Unmap()) }) {
		return ""
	}
	if what := targets.Special(at); what != "" {
		return fmt.Sprintf("%s is %s", at, what)
	}
	return ""
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

// probeHosts are the hosts that stand for a row of the list of endpoints, those of the tenants put in.
func probeHosts(e evidence.Endpoint, tenants []string) []string {
	var hosts []string
	for _, probe := range e.Probes {
		switch name, rest, found := strings.Cut(probe, "<tenant>"); {
		case found:
			for _, t := range tenants {
				hosts = append(hosts, address.DomainKey(name+t+rest))
			}
		case !strings.ContainsAny(probe, "<>*"):
			hosts = append(hosts, address.DomainKey(probe))
		}
	}
	return hosts
}
