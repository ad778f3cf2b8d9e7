package server

import (
	"iter"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/lab"
	dnslab "hybridaudit/sources/lab/server/dns"
	weblab "hybridaudit/sources/lab/server/web"
)

// detours leads hosts and the zones' name servers to the sockets.
func detours(n lab.Network, s *sockets, answers func(host string, port int) bool) map[string]string {
	to := map[string]string{}
	for port, l := range s.web {
		to["*:"+strconv.Itoa(port)] = l.Addr().String()
	}
	for port, at := range s.media {
		to["*:"+strconv.Itoa(port)] = at.LocalAddr().String()
	}
	for _, address := range nameServers(n.Outside) {
		to[net.JoinHostPort(address, "53")] = s.authoritative.address()
	}
	for _, t := range known(n) {
		if !answers(t.host, t.port) {
			to[net.JoinHostPort(t.host, strconv.Itoa(t.port))] = s.closed.address()
		}
	}
	return to
}

func listed(detours map[string]string) []string {
	var all []string
	for _, from := range slices.Sorted(maps.Keys(detours)) {
		all = append(all, from+"="+detours[from])
	}
	return all
}

// nameServers lists the addresses at which the zones have their servers.
func nameServers(zones []lab.Zone) []string {
	names := map[string]bool{}
	for r := range records(zones) {
		if strings.EqualFold(r.Type, "NS") {
			names[fold(r.Value)] = true
		}
	}
	addresses := []string{dnslab.OutsideAddress}
	for r := range records(zones) {
		if names[fold(r.Name)] && (strings.EqualFold(r.Type, "A") || strings.EqualFold(r.Type, "AAAA")) {
			addresses = append(addresses, r.Value)
		}
	}
	return addresses
}

// target is a host with a port at which it could be looked for.
type target struct {
	host string
	port int
}

// known lists the hosts that DNS knows an address of: names on the port for HTTPS, and what SRV records name on the record's port.
func known(n lab.Network) []target {
	all := slices.Concat(n.Outside, n.Cached, n.Inside)
	book := addressBook(all)
	found := map[target]bool{}
	for name := range book {
		found[target{name, weblab.PortHTTPS}] = true
	}
	for r := range records(all) {
		parts := strings.Fields(r.Value)
		if !strings.EqualFold(r.Type, "SRV") || len(parts) != 4 {
			continue
		}
		if port, err := strconv.Atoi(parts[2]); err == nil && (port == weblab.PortHTTPS || port == weblab.PortFederation) {
			found[target{fold(parts[3]), port}] = true
		}
	}
	maps.DeleteFunc(found, func(t target, _ bool) bool { return !book.leads(t.host) })
	return slices.Collect(maps.Keys(found))
}

// book holds where names lead: to another name, or with "" to an address.
type book map[string]string

func addressBook(zones []lab.Zone) book {
	b := book{}
	for _, z := range zones {
		if z.Fails {
			continue
		}
		for _, r := range z.Records {
			switch name := fold(r.Name); {
			case strings.HasPrefix(name, "*"):
			case strings.EqualFold(r.Type, "A") || strings.EqualFold(r.Type, "AAAA"):
				b[name] = ""
			case strings.EqualFold(r.Type, "CNAME"):
				if to, ok := b[name]; !ok || to != "" {
					b[name] = fold(r.Value)
				}
			}
		}
	}
	return b
}

// leads says that a name has an address, perhaps behind aliases.
func (b book) leads(name string) bool {
	for range len(b) + 1 {
		to, ok := b[name]
		if !ok || to == "" {
			return ok
		}
		name = to
	}
	return false
}

func fold(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// records iterates over the records of zones.
func records(zones []lab.Zone) iter.Seq[lab.Record] {
	return func(yield func(lab.Record) bool) {
		for _, z := range zones {
			for _, r := range z.Records {
				if !yield(r) {
					return
				}
			}
		}
	}
}
