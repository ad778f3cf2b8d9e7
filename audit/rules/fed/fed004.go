package fed

import (
	"slices"
	"strconv"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
)

// FED004 finds federation services that do not answer.
var FED004 = &audit.Rule{
	ID: "FED-004", Category: "fed", Severity: audit.Critical,
	Title: "Federation service unreachable",
	Why: "Nobody of the domain can sign in to anything: clients say that the server is not responding or cannot be reached. Seen from outside only, people on the way and at home are locked out; seen from inside " +
		"only, those in the office.",
	Fix: "See at which stage it ends. Name: a record for the federation service outside and inside (DNS-007). TCP: firewall, load balancer, is the Web Application Proxy running. TLS and HTTP: the services adfssrv " +
		"and appproxysvc, the trust between proxy and AD FS (Install-WebApplicationProxy again when its certificate has ended), the certificate binding (Get-AdfsSslCertificate). Test with " +
		"https://<federation service>/adfs/ls/idpinitiatedsignon.aspx, and outside with Microsoft's remote connectivity test.",
	FixHere: "Here: {host} from {sites}.",
	Guards: "Judged from every place that was looked from; the finding says when that was inside or outside only. A way around the proxy or through it is enough, and so is any answer that is no error of the " +
		"server. A subdomain inherits the settings of the domain that it lies in and is not reported beside it.",
	Refs:    []audit.Ref{{Title: "KB 2541980"}, {Title: "KB 2254265"}},
	Message: "the federation service {host} is not reached from {sites} ({lookedFrom}): it ended at {stage}",
	Needs:   append(networkNeeds(), audit.Need{Dataset: evidence.ProbeConnections, PartOK: true}),
	Applies: whenFederated,
	Check: audit.Once(func(p *audit.Pass) {
		for _, s := range federationServices(p) {
			judgeService(p, s)
		}
	}),
}

func judgeService(p *audit.Pass, s service) {
	all := s.reaches()
	var sites, looked []string
	var worst reach
	for _, r := range all {
		switch r.verdict {
		case hosts.Silent:
			if len(sites) == 0 {
				worst = r
			}
			sites = append(sites, r.site)
			looked = append(looked, r.site)
		case hosts.Answered:
			looked = append(looked, r.site)
		case hosts.Untold:
			why := "hostUntold"
			if slices.ContainsFunc(s.host.Connections, func(c evidence.Connection) bool { return c.Site == r.site && hosts.Unauthenticated(c) }) {
				why = "behindProxy"
			}
			p.Doubt(audit.Because(why, audit.Str("host", s.key()), audit.Str("site", r.site)))
		}
	}
	if len(all) == 0 {
		p.Doubt(audit.Because("serviceUntold", audit.Str("host", s.key())))
	}
	if len(sites) == 0 {
		return
	}
	f := audit.Finding{
		Subject:  s.subject(),
		Args:     []audit.Arg{audit.Str("host", s.key()), audit.List("sites", sites), audit.Str("lookedFrom", p.Hosts().Seen(looked...)), audit.Str("stage", worst.stage)},
		Evidence: addressFacts(s.settings),
	}
	if worst.status != 0 {
		f.Evidence = append(f.Evidence, audit.Fact{Name: "status", Values: []string{strconv.Itoa(worst.status)}})
	}
	for _, c := range s.host.Connections {
		if slices.Contains(sites, c.Site) {
			f.Evidence = append(f.Evidence, audit.Fact{Name: "attempt", Values: hosts.Attempt(c)})
		}
	}
	p.Report(f)
}
