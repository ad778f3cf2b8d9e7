package dns

import (
	"net/url"
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/records"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// DNS007 finds names that internal servers answer otherwise than the rest of the world, to the harm of people in the office.
var DNS007 = &audit.Rule{
	ID: "DNS-007", Category: "dns", Severity: audit.Medium,
	Title: "Internal and external DNS answer differently in a harmful way",
	Why: "It works at home and fails in the office: there clients do not find the record that everybody else sees, or find one of servers that are not theirs any more. A zone that internal " +
		"servers keep under the name of a public one knows nothing of what is published outside.",
	Fix: "Add the record to the zone that the internal servers keep for the domain, or, where they keep none, find out why they do not pass the question on. Where only some names must differ " +
		"inside, keep small zones for just these names (pin-point zones) and let all others be asked for outside.",
	FixHere: "In the internal zone publish: {publish}",
	Guards: "An internal pool inside and the Edge outside is as it should be while people are on the servers; there a missing name counts only where clients inside find no other one, or where " +
		"servers that know more than everybody sees lack lyncdiscoverinternal, and a name that leads to Microsoft 365 counts; where a zone of its own holds none of the names of older clients and phones " +
		"(_sipinternaltls._tcp, sipinternal, sip): low. Where nobody is on servers, records that only Skype for Business clients inside miss are informational, lyncdiscover low where there were servers. Judged are the sign-in names of SIP domains, Autodiscover and federation services. Records that are wrong outside are left to the other rules. One " +
		"finding for each site: if the auditing host does not use the internal servers of its site, name these in the configuration (network.internalResolvers).",
	Refs:     []audit.Ref{{Title: "KB 10133"}, {Title: "DNS requirements for Skype for Business Server"}},
	Message:  "{record} is {found} inside (site {site}); outside: {outside}",
	Identity: []string{"record", "site"},
	Needs: needs(
		audit.Need{Dataset: evidence.TenantFederations, Attributes: []string{"domain", "passiveSignInUri"}, Optional: true},
		audit.Need{Dataset: evidence.TenantFederations, Attributes: []string{"activeSignInUri", "metadataExchangeUri"}, Optional: true},
	),
	Applies: func(p *audit.Pass) audit.Reason {
		inside := slices.ContainsFunc(p.Evidence.Of(evidence.DNSLookups), func(c evidence.Coverage) bool { return slices.Contains(c.Attributes, evidence.ResolverInternal) })
		if !inside && len(p.Records().Sites()) == 0 && p.Records().CloudOnly() {
			return audit.Because("noInternalDNS") // without a directory there need be no inside
		}
		return audit.Reason{}
	},
	Check: audit.Once(func(p *audit.Pass) {
		if len(p.Records().Sites()) == 0 {
			p.Doubt(audit.Because("noInternalDNS"))
			return
		}
		everybody(p)
		services := federationHosts(p)
		for _, site := range p.Records().Sites() {
			for _, d := range own(p, records.Domain.Public) {
				c := comparison{p, d, site}
				if d.SIP && known(p, d) {
					c.signalling()
				}
				if e := records.EntryOf("autodiscover"); len(p.Records().Outside(e.Name(d.Name), e.Kind).Answers) > 0 {
					c.lacks(e.Name(d.Name), e.Kind)
				}
				for _, host := range services[d.Name] {
					c.lacks(host, records.A)
				}
			}
		}
	}),
}

// federationHosts lists the federation services by the domain that stands for each: the first by name.
func federationHosts(p *audit.Pass) map[string][]string {
	of := map[string]string{}
	for f := range p.Evidence.Federations() {
		domain := address.DomainKey(f.Domain())
		for _, text := range []string{f.PassiveURI(), f.MetadataURI(), f.ActiveURI()} {
			u, err := url.Parse(text)
			if err != nil || !strings.EqualFold(u.Scheme, "https") || !strings.Contains(u.Hostname(), ".") {
				continue
			}
			host := address.DomainKey(u.Hostname())
			if old, ok := of[host]; !ok || domain < old {
				of[host] = domain
			}
		}
	}
	m := map[string][]string{}
	for host, domain := range of {
		m[domain] = append(m[domain], host)
	}
	for _, hosts := range m {
		slices.Sort(hosts)
	}
	return m
}

// comparison holds the two views of a domain's records against each other.
type comparison struct {
	p    *audit.Pass
	d    records.Domain
	site string
}

// both gives the two views; ok is false when one of them is not known.
func (c comparison) both(name, kind string) (in, out records.Record, ok bool) {
	in, known := inside(c.p, c.site, name, kind)
	out, ok = outside(c.p, name, kind)
	return in, out, ok && known
}

func (c comparison) signalling() {
	switch c.d.Scenario {
	case records.Hybrid, records.Either:
		c.beside()
		return
	case records.Cloud, records.TeamsOnly, records.Unknowable:
	}
	x := c.p.Records()
	for _, e := range records.Core() {
		name := e.Name(c.d.Name)
		in, out, ok := c.both(name, e.Kind)
		if !ok || broken(c.p, in) {
			continue
		}
		outAll, _ := x.Leads(out)
		inAll, _ := x.Leads(in)
		right := outAll && !broken(c.p, out)
		switch {
		case in.State == records.Absent && right && !out.Wildcard, in.State == records.Present && !inAll && (right || out.State == records.Absent):
			want := x.Want(e, c.d.Name)
			c.report(in, out, want.String(), expectation(want), c.severity(e, in))
		}
	}
	if c.d.Scenario == records.Cloud {
		c.internal()
	}
}

// severity of a record that leads elsewhere is that of the rule. One that is only missing is missed by Skype for Business clients alone: never more than the same outside.
func (c comparison) severity(e records.Entry, in records.Record) audit.Severity {
	switch {
	case in.State != records.Absent:
		return audit.Medium
	case e.Label != "lyncdiscover":
		return audit.Info
	case c.d.Scenario == records.TeamsOnly:
		return audit.Low
	}
	return audit.Medium
}

// internal judges the name that clients inside ask for first, where there never were servers.
func (c comparison) internal() {
	e := records.EntryOf("lyncdiscoverinternal")
	in, ok := inside(c.p, c.site, e.Name(c.d.Name), e.Kind)
	if !ok || in.State == records.Absent || in.Wildcard || broken(c.p, in) {
		return
	}
	if all, _ := c.p.Records().Leads(in); !all {
		want := c.p.Records().Want(e, c.d.Name)
		c.report(in, c.p.Records().Outside(in.Name, e.Kind), want.String(), expectation(want), audit.Medium)
	}
}

// beside judges a domain that servers on-premises serve, or may serve: inside clients find their pool by one of several names.
func (c comparison) beside() {
	x := c.p.Records()
	entrances := []string{"lyncdiscoverinternal", "lyncdiscover", "_sipinternaltls._tcp", "_sipinternal._tcp", "_sip._tls", "sipinternal", "sip"}
	entered, unread, own := false, false, false
	for _, label := range entrances {
		e := records.EntryOf(label)
		r := x.Inside(c.site, e.Name(c.d.Name), e.Kind)
		entered = entered || r.State == records.Present
		unread = unread || r.State == records.Unknown
		out := x.Outside(r.Name, e.Kind)
		own = own || r.State == records.Present && out.State != records.Unknown && !slices.Equal(r.Found(), out.Found())
		_, online := x.Leads(r)
		if !online || c.d.Scenario != records.Hybrid {
			continue
		}
		if _, too := x.Leads(out); !too {
			c.report(r, out, c.pool(r), nil, audit.Medium)
		}
	}
	e := records.EntryOf("lyncdiscover")
	name := e.Name(c.d.Name)
	in, out := x.Inside(c.site, name, e.Kind), x.Outside(name, e.Kind)
	switch {
	case entered:
		c.zoneInside(own)
	case unread:
		c.both(name, e.Kind)
		if in.State != records.Unknown && out.State != records.Unknown {
			c.p.Doubt(audit.Because("recordUnreadInside", audit.Str("record", "sip."+c.d.Name), audit.Str("site", siteName(c.site))))
		}
	case out.State == records.Unknown:
		outside(c.p, name, e.Kind)
	case out.State == records.Present && !out.Wildcard && !broken(c.p, out):
		c.report(in, out, copied(out), nil, audit.Medium)
	}
}

// zoneInside reports the names that are lacking inside although others are there, while people of the domain are on the servers: that which clients ask for first and, where
// there is a zone of its own, those of clients and phones that do not know it. Servers that show nothing but what everybody sees may not be those of the inside at all.
func (c comparison) zoneInside(own bool) {
	x := c.p.Records()
	split, _ := x.Split(c.site, c.d.Name)
	if c.d.Scenario != records.Hybrid || !split && !own {
		return
	}
	first := records.EntryOf("lyncdiscoverinternal")
	in, ok := inside(c.p, c.site, first.Name(c.d.Name), first.Kind)
	if ok && in.State == records.Absent {
		c.report(in, x.Outside(in.Name, first.Kind), c.pool(in), nil, audit.Medium)
		return
	}
	if !split {
		return
	}
	older := []string{"_sipinternaltls._tcp", "_sipinternal._tcp", "sipinternal", "sip"} // one of them is enough
	for _, label := range older {
		e := records.EntryOf(label)
		if r, ok := inside(c.p, c.site, e.Name(c.d.Name), e.Kind); !ok || r.State == records.Present {
			return
		}
	}
	e := records.EntryOf(older[0])
	in = x.Inside(c.site, e.Name(c.d.Name), e.Kind)
	c.report(in, x.Outside(in.Name, e.Kind), c.pool(in), nil, audit.Low)
}

// pool writes a record of the inside that leads to the pool; "" when there is not exactly one.
func (c comparison) pool(r records.Record) string {
	var names []string
	for p := range c.p.Evidence.Pools() {
		if p.Host() != "" {
			names = append(names, address.DomainKey(p.Host()))
		}
	}
	if len(names) != 1 {
		return ""
	}
	w := records.Want{Name: r.Name, Kind: records.CNAME, Target: records.Target{Host: names[0]}}
	if r.Kind == records.SRV {
		w.Kind, w.Target = records.SRV, records.Target{Host: names[0], Port: sipPort}
	}
	return w.String()
}

// sipPort is where servers take SIP over TLS.
const sipPort = 5061

// lacks reports a name that exists outside and not inside.
func (c comparison) lacks(name, kind string) {
	in, out, ok := c.both(name, kind)
	if ok && in.State == records.Absent && out.State == records.Present && !out.Wildcard && !broken(c.p, out) {
		c.report(in, out, copied(out), nil, audit.Medium)
	}
}

// copied writes the record that is seen outside as it has to be written inside; "" when it is not seen.
func copied(out records.Record) string {
	if t := out.Targets(); len(t) > 0 {
		kind := records.CNAME
		if out.Kind == records.SRV {
			kind = records.SRV
		}
		return records.Want{Name: out.Name, Kind: kind, Target: t[0]}.String()
	}
	if len(out.Answer.Values) > 0 {
		return records.Want{Name: out.Name, Kind: out.Answer.Type, Target: records.Target{Host: out.Answer.Values[0]}}.String()
	}
	return ""
}

func (c comparison) report(in, out records.Record, publish string, expected []audit.Fact, s audit.Severity) {
	f := audit.Finding{
		Severity: s, Subject: audit.DomainSubject(c.d.Name), Value: first(found(in)),
		Args: []audit.Arg{
			audit.Str("record", in.Name), audit.Str("site", siteName(c.site)), audit.List("found", found(in)), audit.List("outside", found(out)),
		},
		Evidence: slices.Concat(c.p.DNSFacts(in.Name, in.Kind), expected, concerned(c.d)),
	}
	if publish != "" {
		f.Args = append(f.Args, audit.Str("publish", publish))
	}
	var zone []string
	switch split, known := c.p.Records().Split(c.site, c.d.Name); {
	case split:
		zone = []string{"a zone of its own for " + c.d.Name}
	case known:
		zone = []string{"no zone of its own for " + c.d.Name}
	}
	if in.Answer.Zone != "" {
		zone = append(zone, "the answer comes from the zone "+in.Answer.Zone)
	}
	if len(zone) > 0 {
		f.Evidence = append(f.Evidence, audit.Fact{Name: "internalZone", Values: zone})
	}
	c.p.Report(f)
}
