package fed

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// service is the federation service of a domain as it was seen on the network.
type service struct {
	domain   evidence.Domain
	settings evidence.Federation
	name     string // host at which people sign in
	port     int
	host     *hosts.Host                   // nil when nothing was seen of it
	papers   []evidence.FederationMetadata // in which it describes itself, by place and address
}

// key is host:port.
func (s service) key() string { return hosts.Key(s.name, s.port) }

// adfs says that it is AD FS: other products have other paths.
func (s service) adfs() bool { return serviceHost(s.settings) != "" }

// subject is the domain.
func (s service) subject() audit.Subject {
	subject := audit.DomainSubject(s.domain.ID())
	subject.Source = s.domain.Tenant()
	return subject
}

// federationServices gives the services of the federated domains that have settings of their own. A domain whose address for signing in cannot be used leaves the rule in doubt.
func federationServices(p *audit.Pass) []service {
	all := newSettings(p)
	var list []service
	for d := range p.Evidence.Domains() {
		f, ok := all.of(d)
		if !ok {
			continue
		}
		s := service{domain: d, settings: f}
		if s.name, s.port, ok = endpoint(f.PassiveURI()); !ok {
			p.Doubt(audit.Because("noSignInAddress", audit.Str("domain", address.DomainKey(d.ID()))))
			continue
		}
		s.host, _ = p.Hosts().Host(s.name, s.port)
		for m := range p.Evidence.FederationDocuments() {
			if slices.Contains(m.Domains, address.DomainKey(d.ID())) {
				s.papers = append(s.papers, m)
			}
		}
		slices.SortFunc(s.papers, func(a, b evidence.FederationMetadata) int {
			return strings.Compare(a.Site+"\x00"+a.URL, b.Site+"\x00"+b.URL)
		})
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b service) int {
		return strings.Compare(key(address.DomainKey(a.domain.ID()), a.domain.Tenant()), key(address.DomainKey(b.domain.ID()), b.domain.Tenant()))
	})
	// Of a domain that two tenants list there is one finding.
	return slices.CompactFunc(list, func(a, b service) bool { return address.DomainKey(a.domain.ID()) == address.DomainKey(b.domain.ID()) })
}

// endpoint is the host and port of an https address.
func endpoint(text string) (host string, port int, ok bool) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || !strings.EqualFold(u.Scheme, "https") || u.Hostname() == "" {
		return "", 0, false
	}
	port = 443
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return "", 0, false
		}
	}
	return address.DomainKey(u.Hostname()), port, true
}

// reach is how a service answered at a place.
type reach struct {
	site    string
	verdict hosts.Reach
	stage   string // at which it ended: one of evidence.Stage…, or "status"
	status  int
}

// reaches gives how a service answered, by place. A service answers when a connection is made and what it was asked for is not an error of the server; that it does not know an
// address (404) or wants something else first is an answer.
func (s service) reaches() []reach {
	if s.host == nil {
		return nil
	}
	sites, of := hosts.BySite(s.host.Connections)
	list := make([]reach, 0, len(sites))
	for _, site := range sites {
		list = append(list, s.reachFrom(site, of[site]))
	}
	return list
}

func (s service) reachFrom(site string, attempts []evidence.Connection) reach {
	bare, pages := part(attempts)
	r := reach{site: site, verdict: hosts.Untold}
	for _, list := range [][]evidence.Connection{bare, pages} {
		if len(list) == 0 {
			continue
		}
		verdict, last := asked(list)
		if r.verdict == hosts.Untold || verdict == hosts.Silent {
			r.verdict, r.stage, r.status = verdict, last.Stage, last.Status
			if last.Through() && verdict == hosts.Silent {
				r.stage = "status"
			}
		}
	}
	return r
}

// part parts attempts to connect from those to read a page.
func part(attempts []evidence.Connection) (bare, pages []evidence.Connection) {
	for _, c := range attempts {
		if c.URL == "" {
			bare = append(bare, c)
		} else {
			pages = append(pages, c)
		}
	}
	return bare, pages
}

// asked says whether one of the attempts brought an answer that is no error of the server; last is the attempt that tells most.
func asked(attempts []evidence.Connection) (verdict hosts.Reach, last evidence.Connection) {
	ways := map[string]hosts.Reach{} // the protocols of a way must all succeed, one address of each is enough
	failed := map[string]evidence.Connection{}
	for _, c := range attempts {
		way := c.Via + "\x00" + c.Proxy + "\x00" + c.Protocol
		switch {
		case hosts.Unauthenticated(c) || c.Stage == evidence.StagePolicy || c.Tries == 0:
		case c.Through() && c.Status < 500:
			ways[way] = hosts.Answered
		case ways[way] == hosts.Untold:
			ways[way], failed[way] = hosts.Silent, c
		}
	}
	open := map[string]bool{}
	for way, r := range ways {
		via := way[:strings.LastIndexByte(way, 0)]
		if was, ok := open[via]; !ok || was {
			open[via] = r == hosts.Answered
		}
	}
	for _, ok := range open {
		if ok {
			return hosts.Answered, evidence.Connection{}
		}
	}
	if len(open) == 0 || slices.ContainsFunc(attempts, hosts.Unauthenticated) {
		return hosts.Untold, evidence.Connection{}
	}
	var list []evidence.Connection
	for _, way := range slices.Sorted(maps.Keys(failed)) {
		if failed[way].Through() {
			return hosts.Silent, failed[way]
		}
		list = append(list, failed[way])
	}
	return hosts.Silent, hosts.Last(list)
}

// unreachable says that the service does not answer at any place that tells: then FED-004 speaks, and nothing else is said of it.
func (s service) unreachable() bool {
	silent := false
	for _, r := range s.reaches() {
		if r.verdict == hosts.Answered {
			return false
		}
		silent = silent || r.verdict == hosts.Silent
	}
	return silent
}

// networkNeeds are the settings of federated domains that name services.
func networkNeeds() []audit.Need {
	return []audit.Need{
		domainNeeds(),
		{Dataset: evidence.TenantFederations, Attributes: []string{"domain", "passiveSignInUri"}},
		{Dataset: evidence.TenantFederations, Attributes: []string{"issuerUri", "metadataExchangeUri", "activeSignInUri"}, Optional: true},
	}
}

// addressFacts show what the tenant knows of the service.
func addressFacts(f evidence.Federation) []audit.Fact {
	var facts []audit.Fact
	for _, name := range []string{"issuerUri", "passiveSignInUri", "activeSignInUri", "metadataExchangeUri"} {
		if v := f.Attribute(name); len(v) > 0 {
			facts = append(facts, audit.Fact{Name: name, Values: v})
		}
	}
	return facts
}
