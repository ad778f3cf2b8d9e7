package plant

import (
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/lab"
)

// Hosts of the organisation, by what stands in front of its main domain. Those outside are at its border, the others in its own network.
const (
	hostEdge     = "edge01"
	hostProxy    = "webext01" // reverse proxy in front of the pools
	hostMail     = "mail"
	hostExchange = "ex01"
	hostDC       = "dc01"
	hostCRL      = "crl"
	hostSTS      = "sts"
)

// redelegated is the service of a domain whose name servers are Microsoft's.
const redelegated = "FullRedelegation"

// Where Microsoft is found.
const (
	sipDirectory = "sipdir.online.lync.com"
	webDirectory = "webdir.online.lync.com"
	autodiscover = "autodiscover.outlook.com"
	registration = "enterpriseregistration.windows.net"
)

// addresses gives the hosts their addresses outside; the subsidiary has its own ones.
func (b *builder) addresses() map[string]string {
	base := 0
	if b.variant == Subsidiary {
		base = 128
	}
	list := map[string]string{}
	for label, last := range map[string]int{hostEdge: 10, hostProxy: 20, hostSTS: 30, hostMail: 40} {
		list[label] = "203.0.113." + strconv.Itoa(base+last)
	}
	return list
}

// inner is an address of the organisation's own network.
func (b *builder) inner(last int) string {
	if b.variant == Subsidiary {
		return "10.66.1." + strconv.Itoa(last)
	}
	return "10.34.1." + strconv.Itoa(last)
}

// zones makes the zones outside of all domains of the tenant and of everybody's addresses, each with the records that it has to have.
func (n *network) zones() {
	b := n.b
	for _, d := range b.domains {
		b.uses.of(d.name)
	}
	for _, d := range b.sipDomains() {
		u := b.uses.of(d)
		u.sip, u.directory = true, true
	}
	for _, name := range b.uses.domains() {
		if within(name, domainUnroutable) {
			continue
		}
		if n.outside.holder(name) == nil {
			n.outside.zone(name)
		}
		n.signalling(name)
		n.exchangeRecords(name)
		n.registration(name)
	}
	for label, address := range n.parts {
		if label != hostSTS && (label == hostMail || !b.noServer()) {
			n.outside.zone(domainMain).Records = append(n.outside.zone(domainMain).Records, lab.Record{Name: label + "." + domainMain, Type: typeA, Value: address})
		}
	}
	slices.SortFunc(n.outside.zone(domainMain).Records, func(a, b lab.Record) int { return strings.Compare(a.Name+a.Type+a.Value, b.Name+b.Type+b.Value) })
}

// signalling makes the records of Skype for Business and Teams.
func (n *network) signalling(d string) {
	switch n.b.scenario(d) {
	case onServers:
		n.toServers(d)
	case inTheCloud:
		n.toMicrosoft(d)
	case noSIP:
	}
}

// toServers lets the records of a SIP domain lead to the Edge and the reverse proxy.
func (n *network) toServers(d string) {
	n.outside.set("sip."+d, typeA, n.parts[hostEdge])
	n.outside.set("_sip._tls."+d, typeSRV, "100 1 443 sip."+d)
	n.outside.set("_sipfederationtls._tcp."+d, typeSRV, "100 1 5061 sip."+d)
	for _, label := range []string{"lyncdiscover", "meet", "dialin"} {
		n.outside.set(label+"."+d, typeA, n.parts[hostProxy])
	}
}

// toMicrosoft lets the records of a SIP domain lead to Microsoft.
func (n *network) toMicrosoft(d string) {
	n.outside.set("sip."+d, typeCNAME, sipDirectory)
	n.outside.set("lyncdiscover."+d, typeCNAME, webDirectory)
	n.outside.set("_sip._tls."+d, typeSRV, "100 1 443 "+sipDirectory)
	n.outside.set("_sipfederationtls._tcp."+d, typeSRV, "100 1 5061 "+onlineProxy)
	n.outside.drop("meet."+d, "dialin."+d)
	for _, label := range []string{"sip.", "lyncdiscover.", "meet.", "dialin."} {
		n.silence(label + d)
	}
}

// exchangeRecords lets clients find Exchange: on the organisation's servers where a mailbox of the domain is there.
func (n *network) exchangeRecords(d string) {
	switch u := n.b.uses[d]; {
	case strings.HasSuffix(d, ".onmicrosoft.com"):
		n.outside.set("autodiscover."+d, typeCNAME, autodiscover)
	case !u.mail:
	case u.server:
		n.outside.set("autodiscover."+d, typeCNAME, hostMail+"."+domainMain)
	default:
		n.outside.set("autodiscover."+d, typeCNAME, autodiscover)
	}
}

// registration makes the records with which the tenant knows a domain as its own, and devices their tenant.
func (n *network) registration(name string) {
	d := n.b.domain(name)
	if d == nil || !d.verified || d.initial || d.sub || strings.HasSuffix(name, ".onmicrosoft.com") {
		return
	}
	n.outside.set("enterpriseregistration."+name, typeCNAME, registration)
	n.outside.set(name, typeTXT, strconv.Quote(n.b.proof(*d)))
	if slices.Contains(d.services, redelegated) {
		for i := range 4 {
			n.outside.add(name, typeNS, "ns"+strconv.Itoa(i+1)+".bdm.microsoftonline.com")
		}
	}
}

// insideZones makes the zones of the organisation's own resolvers: all of its main domain, and single names of other domains.
func (n *network) insideZones() {
	b := n.b
	main := n.inside.zone(domainMain)
	if z := n.outside.holder(domainMain); z != nil {
		main.Records = slices.Clone(z.Records)
	}
	hosts := append([]string{hostDC, "sync01", "sql01", hostCRL, hostExchange}, b.serverHosts()...)
	if b.oldExchange {
		hosts = append(hosts, strings.ToLower(oldServer))
	}
	for i, host := range hosts {
		n.inside.set(host+"."+domainMain, typeA, b.inner(10+i))
	}
	for _, d := range b.uses.domains() {
		if b.scenario(d) == onServers {
			n.insideSIP(d)
		}
		if within(d, domainUnroutable) && b.uses[d].mail {
			n.inside.zone(domainUnroutable)
			n.inside.set("autodiscover."+d, typeA, n.addressInside(hostExchange+"."+domainMain))
		}
	}
	if b.domain(domainSecond) != nil {
		n.inside.set(hostSTS+"."+domainSecond, typeA, b.inner(90))
	}
}

// authorities says of each zone inside that the domain controller keeps it: that tells it from the one outside.
func (n *network) authorities() {
	for _, z := range n.inside.zones {
		z.Records = append(z.Records,
			lab.Record{Name: z.Name, Type: "SOA", Value: hostDC + "." + domainMain + " hostmaster." + domainMain + " 4711 900 600 86400 3600"},
			lab.Record{Name: z.Name, Type: typeNS, Value: hostDC + "." + domainMain})
	}
}

// insideSIP lets people in the offices find their pool.
func (n *network) insideSIP(d string) {
	pool := n.addressInside("pool01." + domainMain)
	for _, label := range []string{"lyncdiscoverinternal", "sipinternal", "ucupdates-r2"} {
		n.inside.set(label+"."+d, typeA, pool)
	}
	n.inside.set("_sipinternaltls._tcp."+d, typeSRV, "100 1 5061 sipinternal."+d)
	if within(d, domainMain) {
		n.inside.set("sip."+d, typeA, pool)
	}
}

func (n *network) addressInside(host string) string {
	for _, r := range n.inside.of(host) {
		if r.Type == typeA {
			return r.Value
		}
	}
	return ""
}

// serverHosts are the servers of the deployment, by what stands in front of the main domain.
func (b *builder) serverHosts() []string {
	if b.noServer() {
		return nil
	}
	list := []string{"pool01", "pool02", "med01", hostEdge, "web01"}
	for pool := range 2 {
		for _, name := range b.frontEnds(pool) {
			list = append(list, strings.ToLower(name))
		}
	}
	if b.hasOldPool {
		list = append(list, "pool03")
	}
	slices.Sort(list)
	return slices.Compact(list)
}
