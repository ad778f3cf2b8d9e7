package probe

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// place is a host and port that is connected to. However many reasons there are, it is tried once.
type place struct {
	host     string // lower-case A-label form, or an address
	port     int
	tls      bool // TLS is tried
	purposes []string
	domains  []string
	group    string // of the list of endpoints
	own      bool   // the organisation's: which versions of TLS it accepts is tried, too
	lenient  bool   // TCP is enough: TLS may be refused, or may not be what is spoken there
}

// service is where an SRV record leads.
type service struct {
	record, domain, host string
	port                 int
}

// plan is what to look at.
type plan struct {
	places   []place // by host and port
	services []service
	records  map[string]whither
}

// whither is where the lookups say that a name leads.
type whither struct {
	chain  []string
	told   bool // by some server
	exists bool // there are addresses
	rank   int
}

// plan collects what to look at.
func (p *prober) plan() plan {
	c := planner{prober: p, places: map[string]*place{}}
	c.readLookups()
	c.listed()
	c.hosts()
	c.names()
	for _, one := range c.places {
		slices.Sort(one.purposes)
		slices.Sort(one.domains)
		one.purposes, one.domains = slices.Compact(one.purposes), slices.Compact(one.domains)
		c.plan.places = append(c.plan.places, *one)
	}
	slices.SortFunc(c.plan.places, func(a, b place) int { return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.port, b.port)) })
	return c.plan
}

type planner struct {
	*prober
	plan   plan
	places map[string]*place
}

// ranks say whose answer counts: that of the network that the audit host stands in comes first, because connections are made from there.
var ranks = map[string]int{evidence.ResolverInternal: 3, evidence.ResolverPublic: 2, evidence.ResolverAuthoritative: 1}

func (c *planner) readLookups() {
	c.plan.records = map[string]whither{}
	for l := range c.cfg.Lookups.Lookups() {
		switch l.Type {
		case "SRV":
			for _, v := range l.Values {
				if s, ok := parseSRV(v); ok {
					s.record, s.domain = l.Name, l.Domain
					c.plan.services = append(c.plan.services, s)
				}
			}
		case "A", "AAAA":
			if !l.Told() {
				continue
			}
			now := whither{chain: l.Chain, told: true, exists: l.Status == evidence.LookupAnswer && len(l.Values) > 0, rank: ranks[l.Resolver]}
			before := c.plan.records[l.Name]
			if before.told && (before.exists && !now.exists || before.exists == now.exists && before.rank >= now.rank) {
				continue
			}
			c.plan.records[l.Name] = now
		}
	}
	slices.SortFunc(c.plan.services, func(a, b service) int {
		return cmp.Or(cmp.Compare(a.record, b.record), cmp.Compare(a.host, b.host), cmp.Compare(a.port, b.port), cmp.Compare(a.domain, b.domain))
	})
	c.plan.services = slices.Compact(c.plan.services)
}

// parseSRV reads the value of an SRV record: priority, weight, port and target. The target . says that there is no such service.
func parseSRV(value string) (service, bool) {
	f := strings.Fields(value)
	if len(f) != 4 {
		return service{}, false
	}
	port, err := strconv.Atoi(f[2])
	host := address.DomainKey(f[3])
	if err != nil || port < 1 || port > 65535 || host == "" {
		return service{}, false
	}
	return service{host: host, port: port}, true
}

// final is the name at the end of the aliases of a name. Known says that some server told whether the name exists, exists that it has addresses.
func (p plan) final(name string) (last string, known, exists bool) {
	name = address.DomainKey(name)
	w := p.records[name]
	if last = name; len(w.chain) > 0 {
		last = w.chain[len(w.chain)-1]
	}
	return last, w.told, w.exists
}

// microsoft says that a name or one of its aliases is Microsoft's.
func (p plan) microsoft(name string) bool {
	name = address.DomainKey(name)
	return isMicrosoft(name) || slices.ContainsFunc(p.records[name].chain, isMicrosoft)
}

// microsoftSuffixes are domains whose hosts are all run by Microsoft. Those in which customers have hosts of their own, such as azurewebsites.net, are not among them.
var microsoftSuffixes = []string{
	"lync.com", "outlook.com", "office.com", "office365.com", "microsoftonline.com", "microsoftonline-p.com", "microsoftonline-p.net", "microsoft.com", "cloud.microsoft",
	"sharepoint.com", "skype.com", "skypeforbusiness.com", "live.com", "login.windows.net", "graph.windows.net", "enterpriseregistration.windows.net",
	"office365.us", "microsoftonline.us", "skypeforbusiness.us", "teams.microsoft.us", "sharepoint.us", "lync.cn", "partner.outlook.cn", "partner.microsoftonline.cn", "sharepoint.cn",
}

func isMicrosoft(name string) bool {
	return slices.ContainsFunc(microsoftSuffixes, func(suffix string) bool { return name == suffix || strings.HasSuffix(name, "."+suffix) })
}

// inspected are the hosts whose certificates show whether TLS is broken open on the way: the catalogue's, and their twins in national clouds.
var inspected = []string{
	"login.microsoftonline.com", "teams.microsoft.com", "outlook.office365.com",
	"login.microsoftonline.us", "gov.teams.microsoft.us", "dod.teams.microsoft.us", "outlook.office365.us", "login.partner.microsoftonline.cn", "partner.outlook.cn",
}

// listed adds the hosts of the list of endpoints.
func (c *planner) listed() {
	for _, e := range c.cfg.Endpoints {
		if !e.Current || !strings.Contains(e.Protocol, "tcp") {
			continue
		}
		for _, host := range probeHosts(e, c.cfg.Targets.Tenants) {
			for field := range strings.SplitSeq(e.Ports, ";") {
				port, err := strconv.Atoi(strings.TrimSpace(field))
				if err != nil || port < 1 || port > 65535 {
					continue
				}
				one := c.add(place{host: host, port: port, tls: port == portHTTPS, purposes: []string{e.Purpose}, group: e.Group})
				if port == portHTTPS && slices.Contains(inspected, host) {
					one.purposes = append(one.purposes, evidence.ForMicrosoft)
				}
			}
		}
	}
}

// Ports that are connected to.
const (
	portHTTP       = 80
	portHTTPS      = 443
	portFederation = 5061
)

// hosts adds those that directories, tenants and the configuration name.
func (c *planner) hosts() {
	for _, h := range c.cfg.Targets.Hosts {
		c.add(place{
			host: h.Name, port: h.Port, tls: h.Port != portHTTP, purposes: []string{h.Purpose}, domains: some(h.Domain), own: !c.plan.microsoft(h.Name),
			lenient: h.Purpose == evidence.ForAsked && h.Port != portHTTPS && h.Port != portFederation,
		})
	}
}

// names adds the hosts that clients make of the organisation's domains, unless they are known not to exist or lead to Microsoft 365.
func (c *planner) names() {
	add := func(host, domain, purpose string, port int) {
		if _, known, exists := c.plan.final(host); known && !exists || c.plan.microsoft(host) {
			return
		}
		c.add(place{host: host, port: port, tls: true, purposes: []string{purpose}, domains: some(domain), own: true})
	}
	for _, d := range c.cfg.Targets.Domains {
		if d.SIP {
			for _, label := range []string{"lyncdiscover", "lyncdiscoverinternal", "meet", "dialin"} {
				add(label+"."+d.Name, d.Name, evidence.ForWeb, portHTTPS)
			}
			add("sip."+d.Name, d.Name, evidence.ForEdge, portHTTPS)
		}
		if d.Mail && !strings.HasSuffix(d.Name, ".onmicrosoft.com") {
			add("autodiscover."+d.Name, d.Name, evidence.ForAutodiscover, portHTTPS)
		}
	}
	for _, s := range c.plan.services {
		switch label, _, _ := strings.Cut(s.record, "."); label {
		case "_autodiscover":
			add(s.host, s.domain, evidence.ForAutodiscover, s.port)
		case "_sip", "_sipfederationtls", "_sipinternaltls":
			if strings.HasPrefix(s.record, "_sipinternaltls.") {
				add(s.host, s.domain, evidence.ForWeb, s.port)
				continue
			}
			add(s.host, s.domain, evidence.ForEdge, s.port)
		}
	}
}

// add puts a place into the plan, together with what is already known of the same host and port.
func (c *planner) add(one place) *place {
	one.host = address.DomainKey(one.host)
	if underLync := strings.HasSuffix(one.host, ".lync.com"); underLync {
		one.lenient = true
	}
	key := one.host + " " + strconv.Itoa(one.port)
	before := c.places[key]
	if before == nil {
		c.places[key] = &one
		return &one
	}
	before.purposes = append(before.purposes, one.purposes...)
	before.domains = append(before.domains, one.domains...)
	before.tls, before.own, before.lenient = before.tls || one.tls, before.own || one.own, before.lenient && one.lenient
	if before.group == "" {
		before.group = one.group
	}
	return before
}

func some(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}
