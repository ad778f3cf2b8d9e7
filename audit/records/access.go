package records

import (
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Edges lists the Access Edge servers that the forests of a domain name, in lower case, sorted.
func (x *Index) Edges(domain string) []string {
	d := x.domains[domain]
	if d == nil {
		return nil
	}
	forests := x.forestsOf(d)
	var list []string
	for e := range x.snapshot.Entries(evidence.ADTopology) {
		if host := e.Text("msRTCSIP-EdgeProxyFQDN"); host != "" && slices.Contains(forests, e.Forest()) {
			list = append(list, address.DomainKey(host))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// EdgeAddresses lists the addresses of these servers as seen from outside, sorted. There are none when the directory knows them by internal names only.
func (x *Index) EdgeAddresses(domain string) []string {
	var list []string
	for _, host := range x.Edges(domain) {
		list = append(list, x.Addresses(host)...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Access gives the record of a domain that leads to the servers. The Access Edge is called after the domain where the directory does not say otherwise; the reverse proxy is
// seen where the web addresses of the domain lead. What is not known stands in angle brackets.
func (x *Index) Access(e Entry, domain string) Want {
	w := Want{Name: e.Name(domain), Kind: CNAME, TTL: usualTTL}
	edge := "sip." + domain
	for _, host := range x.Edges(domain) {
		if strings.HasSuffix(host, "."+domain) {
			edge = host
			break
		}
	}
	switch {
	case e.Kind == SRV:
		w.Kind, w.Target = SRV, Target{edge, e.Priority, e.Weight, e.Port}
	case e.OnPremises == "web":
		w.Kind, w.Host = x.proxy(domain)
	case edge != w.Name:
		w.Host = edge
	default:
		w.Kind, w.Host = A, "<address of the Access Edge>"
		if addresses := x.EdgeAddresses(domain); len(addresses) > 0 {
			w.Host = addresses[0]
		}
	}
	return w
}

// proxy is what the web addresses of a domain lead to.
func (x *Index) proxy(domain string) (kind, host string) {
	for _, label := range []string{"meet.", "dialin."} {
		r := x.Outside(label+domain, A)
		if _, online := x.Leads(r); online || r.Wildcard || r.State != Present || r.Answer.Status != evidence.LookupAnswer {
			continue
		}
		if t := r.Targets(); len(t) > 0 {
			return CNAME, t[0].Host
		}
		return r.Answer.Type, r.Answer.Values[0]
	}
	return CNAME, "<name of the reverse proxy>"
}
