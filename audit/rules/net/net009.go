package net

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/audit/records"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// NET009Params name the places (network.site) that stand in the network of the Access Edge, and those that people are moved from. From other places the paths are not judged then.
type NET009Params struct {
	EdgeSites       []string `yaml:"edgeSites"`
	ManagementSites []string `yaml:"managementSites"`
}

// federationPort is the port of SIP between Access Edges.
const federationPort = 5061

// NET009 finds paths that hybrid operation needs and that are closed.
var NET009 = &audit.Rule{
	ID: "NET-009", Category: "net", Severity: audit.High,
	Title: "Hybrid and migration paths not open",
	Why: "Without TCP 5061 between the Access Edge and sipfed.online.lync.com, in both directions, no messages and no presence cross between people on-premises and online. Without the hosted " +
		"migration service, or with TLS older than 1.2, Move-CsUser cannot move anybody.",
	Fix: "Open TCP 5061 on the outer firewall from the Access Edge to sipfed.online.lync.com and from the internet to the Access Edge, and TCP 443 from the host where people are moved from to " +
		"admin*.online.lync.com (the host in the address of Move-CsUser -HostedMigrationOverrideUrl). Enable TLS 1.2 in Schannel and for .NET (SchUseStrongCrypto) on the servers. Repeat " +
		"the probe there: hybridaudit collect --only network --site edge.",
	FixHere: "Here: {path}, {host}, from {site}.",
	Guards: "Judged where people are homed on-premises, an Access Edge where people of a SIP domain that leads to it are, or of the forest that names it. What leaves the Edge network can only be seen there: name the places in the parameter edgeSites, and only these are judged; from any " +
		"other place sipfed.online.lync.com is a hint of low severity when no place reaches it. The Access Edge is judged from outside; when only a place inside looked, the finding says so and is of " +
		"medium severity, since many firewalls do not lead connections back. A place where no host at all answers on 5061 lets nobody out on that port, and tells nothing of the others. A TCP connection on 5061 is enough: both ends want certificates there. The migration service is judged when a host of " +
		"admin*.online.lync.com was tried (network.hosts).",
	Refs:     []audit.Ref{{Title: "Plan hybrid connectivity"}, {Title: "Move users between on-premises and cloud"}},
	Message:  "{path}: {host} is not reached from {site} ({lookedFrom}): {answers} of {tries} tries went through; what failed is {stage}",
	Identity: []string{"site"},
	Needs: append(connectionNeeds(),
		audit.Need{Dataset: evidence.ADUsers, Attributes: append(scope.Attributes(), "msRTCSIP-UserEnabled", "msRTCSIP-DeploymentLocator", "msRTCSIP-PrimaryHomeServer"), PartOK: true},
		audit.Need{Dataset: evidence.ADPools, Attributes: []string{"distinguishedName"}},
		audit.Need{Dataset: evidence.ADTopology, Attributes: []string{"msRTCSIP-EdgeProxyFQDN"}, Optional: true}),
	Params: func() any { return &NET009Params{} },
	Applies: func(p *audit.Pass) audit.Reason {
		if hybrid(p) {
			return audit.Reason{}
		}
		if p.Evidence.State(evidence.ADUsers) != evidence.Complete {
			return audit.Reason{} // nobody among those that were read: that says little
		}
		return audit.Because("nobodyOnPremises")
	},
	Check: audit.Once(func(p *audit.Pass) {
		if !hybrid(p) {
			return
		}
		federation, edges, migration := paths(p)
		if len(federation) == 0 || len(edges) == 0 {
			p.Doubt(audit.Because("pathsUntold"))
		}
		params := audit.Params[NET009Params](p)
		for _, h := range federation {
			judgePath(p, h, "federation", params.EdgeSites, audit.Low)
		}
		for _, h := range migration {
			judgePath(p, h, "migration", params.ManagementSites, audit.High)
		}
		for _, h := range edges {
			if servesServers(p, h) {
				judgeEdge(p, h)
			}
		}
	}),
}

// hybrid says that somebody is homed on servers of a forest.
func hybrid(p *audit.Pass) bool {
	for f := range p.Evidence.Forests() {
		if p.Topology().In(f.Name()) && p.Homes().OnPremises[f.Name()] > 0 {
			return true
		}
	}
	return false
}

// servesServers says that people on servers need an Access Edge: those of a SIP domain that leads to it, or of the forest that names it.
func servesServers(p *audit.Pass, h *hosts.Host) bool {
	for e := range p.Evidence.Entries(evidence.ADTopology) {
		if address.DomainKey(e.Text("msRTCSIP-EdgeProxyFQDN")) == h.Name && p.Topology().In(e.Forest()) && p.Homes().OnPremises[e.Forest()] > 0 {
			return true
		}
	}
	known := false
	for _, d := range p.Records().Domains() {
		switch {
		case !d.SIP || !slices.Contains(h.Domains, d.Name):
		case d.Scenario == records.Hybrid || d.Scenario == records.Either || d.Scenario == records.Unknowable:
			return true
		default:
			known = true
		}
	}
	return !known
}

// paths gives the hosts of the three paths that were tried.
func paths(p *audit.Pass) (federation, edges, migration []*hosts.Host) {
	for _, h := range p.Hosts().Hosts() {
		switch {
		case len(h.Connections) == 0:
		case h.Port == federationPort && h.For(evidence.ForMigration):
			federation = append(federation, h)
		case h.Port == federationPort && h.For(evidence.ForEdge):
			edges = append(edges, h)
		case h.Port == httpsPort && (h.For(evidence.ForMigration) || strings.HasPrefix(h.Name, "admin") && strings.HasSuffix(h.Name, ".online.lync.com")):
			migration = append(migration, h)
		}
	}
	return federation, edges, migration
}

// far is how far a try must have come on a path: where certificates are wanted of both ends a connection is all that can be had.
func far(h *hosts.Host) hosts.Far {
	if h.Port == federationPort {
		return hosts.ToTCP
	}
	return hosts.Whole
}

// judgePath judges a path that leads out. Only the named places count; when none is named all count together, and unnamed is the severity.
func judgePath(p *audit.Pass, h *hosts.Host, path string, named []string, unnamed audit.Severity) {
	sites, of := hosts.BySite(h.Connections)
	silent, looked := 0, 0
	for _, site := range sites {
		if len(named) > 0 && !slices.Contains(named, site) {
			continue
		}
		looked++
		switch hosts.Reaching(of[site], far(h)) {
		case hosts.Answered:
			if len(named) == 0 {
				return
			}
		case hosts.Silent:
			silent++
		case hosts.Untold:
			p.Doubt(untold(h, site, of[site]))
		}
	}
	if looked == 0 {
		p.Doubt(audit.Because("sitesUntold", audit.Str("host", hosts.Key(h.Name, h.Port)), audit.List("sites", named)))
	}
	if silent == 0 {
		return
	}
	for _, site := range sites {
		if len(named) == 0 && portClosed(p, h.Port, site) {
			p.Doubt(audit.Because("portClosed", audit.Str("site", site), audit.Num("port", h.Port), audit.Str("host", hosts.Key(h.Name, h.Port))))
			continue
		}
		if (len(named) == 0 || slices.Contains(named, site)) && hosts.Reaching(of[site], far(h)) == hosts.Silent {
			f := pathFinding(p, h, path, site, of[site])
			if f.Severity = audit.High; len(named) == 0 {
				f.Severity = unnamed
			}
			p.Report(f)
		}
	}
}

// judgeEdge judges the way to an Access Edge, from outside when somebody looked from there.
func judgeEdge(p *audit.Pass, h *hosts.Host) {
	sites, of := hosts.BySite(h.Connections)
	outside := slices.ContainsFunc(sites, func(s string) bool {
		return p.Hosts().View(s) == hosts.Outside && hosts.Reaching(of[s], far(h)) != hosts.Untold
	})
	for _, site := range sites {
		view := p.Hosts().View(site)
		if outside && view != hosts.Outside {
			continue
		}
		switch hosts.Reaching(of[site], far(h)) {
		case hosts.Silent:
			if portClosed(p, h.Port, site) {
				p.Doubt(audit.Because("portClosed", audit.Str("site", site), audit.Num("port", h.Port), audit.Str("host", hosts.Key(h.Name, h.Port))))
				continue
			}
			f := pathFinding(p, h, "edge", site, of[site])
			if view == hosts.Inside {
				f.Severity = audit.Medium
			}
			p.Report(f)
		case hosts.Untold:
			p.Doubt(untold(h, site, of[site]))
		case hosts.Answered:
		}
	}
}

// portClosed says that of several hosts none answers a place on a port that few networks let out: that is a matter of the place then, and says nothing about the hosts.
func portClosed(p *audit.Pass, port int, site string) bool {
	if port != federationPort {
		return false
	}
	tried := 0
	for _, h := range p.Hosts().Hosts() {
		_, of := hosts.BySite(h.Connections)
		if h.Port != port || len(of[site]) == 0 {
			continue
		}
		switch hosts.Reaching(of[site], far(h)) {
		case hosts.Answered:
			return false
		case hosts.Silent:
			tried++
		case hosts.Untold:
		}
	}
	return tried > 1
}

func pathFinding(p *audit.Pass, h *hosts.Host, path, site string, attempts []evidence.Connection) audit.Finding {
	last := hosts.Last(attempts)
	f := audit.Finding{
		Subject: audit.HostSubject(h.Name, h.Port),
		Args: []audit.Arg{
			audit.Str("path", path), audit.Str("host", hosts.Key(h.Name, h.Port)), audit.Str("site", site), audit.Str("lookedFrom", p.Hosts().Seen(site)),
			audit.Num("answers", last.Answers), audit.Num("tries", last.Tries), audit.Str("stage", stage(last)),
		},
		Evidence: facts(attempts),
	}
	for _, t := range h.Handshakes {
		if t.Site == site {
			f.Evidence = append(f.Evidence, audit.Fact{Name: "handshake", Values: hosts.Handshake(t)})
		}
	}
	return f
}
