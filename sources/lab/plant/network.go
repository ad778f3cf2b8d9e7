package plant

import (
	"slices"
	"strings"

	"hybridaudit/sources/lab"
)

// network is what DNS and hosts show of the organisation. It is derived from the organisation when everything is planted, without fault; then plants change it.
type network struct {
	lab.Network
	outside, inside, cached *view
	hosts                   []*lab.Host
	cloud                   []*lab.Host // Microsoft's, also where they stand beside another organisation
	b                       *builder
	parts                   map[string]string // addresses of the organisation's hosts at its border, by label
}

// view is what one kind of DNS server holds.
type view struct{ zones []*lab.Zone }

// onNetwork changes the network after it is derived. Changes are made in the order in which they were asked for.
func (b *builder) onNetwork(change func(n *network)) {
	b.networkChanges = append(b.networkChanges, change)
}

// networked tells whether the organisation has a network: findings that only it shows are expected then alone.
func (b *builder) networked() bool { return !b.withoutNetwork }

// network derives the network from the organisation and makes the changes of the plants.
func (b *builder) network() lab.Network {
	if b.withoutNetwork {
		return lab.Network{}
	}
	n := &network{outside: &view{}, inside: &view{}, cached: &view{}, b: b}
	if !b.standsBeside {
		n.Media = []int{3478, 3479, 3480, 3481}
	}
	n.parts = b.addresses()
	n.microsoft()
	n.zones()
	n.hostsOfServers()
	n.federationServices()
	n.insideZones()
	for _, change := range b.networkChanges {
		change(n)
	}
	n.aliasedHosts()
	n.authorities()
	n.Outside, n.Inside, n.Cached = n.outside.write(), n.inside.write(), n.cached.write()
	for _, h := range n.hosts {
		n.Hosts = append(n.Hosts, *h)
	}
	return n.Network
}

// zone gives the zone of that very name, and makes it when there is none.
func (v *view) zone(name string) *lab.Zone {
	for _, z := range v.zones {
		if z.Name == name {
			return z
		}
	}
	z := &lab.Zone{Name: name}
	v.zones = append(v.zones, z)
	return z
}

// holder gives the zone that a name lies in; nil when there is none.
func (v *view) holder(name string) *lab.Zone {
	var found *lab.Zone
	for _, z := range v.zones {
		if within(name, z.Name) && (found == nil || len(z.Name) > len(found.Name)) {
			found = z
		}
	}
	return found
}

// within tells whether a name is a domain or lies below it.
func within(name, domain string) bool {
	return name == domain || strings.HasSuffix(name, "."+domain)
}

// set gives a name these records of a type, in place of those of that type and of an alias. A name that lies in no zone of the view gets a zone of its own.
func (v *view) set(name, kind string, values ...string) {
	z := v.holder(name)
	if z == nil {
		z = v.zone(name)
	}
	z.Records = slices.DeleteFunc(z.Records, func(r lab.Record) bool {
		return r.Name == name && (r.Type == kind || r.Type == typeCNAME || kind == typeCNAME)
	})
	v.add(name, kind, values...)
}

// add gives a name these records besides those that it has.
func (v *view) add(name, kind string, values ...string) {
	z := v.holder(name)
	if z == nil {
		z = v.zone(name)
	}
	for _, value := range values {
		z.Records = append(z.Records, lab.Record{Name: name, Type: kind, Value: value})
	}
}

// drop takes all records of names away.
func (v *view) drop(names ...string) {
	for _, z := range v.zones {
		z.Records = slices.DeleteFunc(z.Records, func(r lab.Record) bool { return slices.Contains(names, r.Name) })
	}
}

// ttl changes for how long the records of a name may be kept, in seconds.
func (v *view) ttl(name string, seconds int) {
	for _, z := range v.zones {
		for i := range z.Records {
			if z.Records[i].Name == name {
				z.Records[i].TTL = seconds
			}
		}
	}
}

// of lists the records of a name.
func (v *view) of(name string) []lab.Record {
	var list []lab.Record
	for _, z := range v.zones {
		for _, r := range z.Records {
			if r.Name == name {
				list = append(list, r)
			}
		}
	}
	return list
}

func (v *view) write() []lab.Zone {
	list := make([]lab.Zone, 0, len(v.zones))
	for _, z := range v.zones {
		list = append(list, *z)
	}
	return list
}

// Types of records.
const (
	typeA     = "A"
	typeCNAME = "CNAME"
	typeSRV   = "SRV"
	typeTXT   = "TXT"
	typeNS    = "NS"
)

// host gives a host that listens on a port, to be changed; nil when there is none.
func (n *network) host(name string, port int) *lab.Host {
	for _, h := range n.hosts {
		if h.Name == name && h.Port == port {
			return h
		}
	}
	return nil
}

// listen has a host listen on a port, in place of what stood there.
func (n *network) listen(name string, port int, c lab.Certificate, pages ...lab.Page) *lab.Host {
	h := n.host(name, port)
	if h == nil {
		h = &lab.Host{Name: name, Port: port}
		n.hosts = append(n.hosts, h)
	}
	*h = lab.Host{Name: name, Port: port, Certificate: c, Pages: pages}
	return h
}

// silence takes a host's ports away, all of them when none are given: it refuses connections.
func (n *network) silence(name string, ports ...int) {
	n.hosts = slices.DeleteFunc(n.hosts, func(h *lab.Host) bool {
		return h.Name == name && (len(ports) == 0 || slices.Contains(ports, h.Port))
	})
}
