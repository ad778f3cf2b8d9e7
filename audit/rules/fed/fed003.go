package fed

import (
	"slices"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
)

// FED003Params say that all clients are computers of the domain, which trust the organisation's own authority, and how long before its end a certificate is reported.
type FED003Params struct {
	DomainJoined bool          `yaml:"domainJoined"`
	Before       time.Duration `yaml:"before"`
	Urgent       time.Duration `yaml:"urgent"`
}

// FED003 finds federation services whose TLS certificate clients do not trust.
var FED003 = &audit.Rule{
	ID: "FED-003", Category: "fed", Severity: audit.High,
	Title: "Federation service's TLS certificate not trusted",
	Why: "Sign-in fails with \"The server is temporarily unavailable\" or \"There was a problem verifying the certificate from the server\": clients do not talk to a federation service whose certificate they " +
		"do not trust, and only some of them say so.",
	Fix: "Install a certificate of a public authority, with its intermediate certificates and the name of the federation service, on AD FS (Set-AdfsSslCertificate) and on every Web Application Proxy " +
		"(Set-WebApplicationProxySslCertificate), and restart the services. The rule of the same host among the certificates (TLS-001 to TLS-004) says what is wrong in detail.",
	FixHere: "Here: {host}: {mistrusts}.",
	Guards: "The faults are those of TLS-001 to TLS-004, judged alike. A chain to a root of one's own that only computers of the domain trust is medium when the parameter domainJoined says that there are no other " +
		"clients. Token-signing certificates are no matter of this rule. A service that does not answer is FED-004: its certificate is not assessed. What is about to expire has the severity of TLS-001.",
	Refs:    []audit.Ref{{Title: "KB 2604176"}, {Title: "KB 2541980"}},
	Message: "the certificate of the federation service {host}: {mistrusts}",
	Needs: append(networkNeeds(), audit.Need{Dataset: evidence.ProbeHandshakes, PartOK: true}, audit.Need{Dataset: evidence.ProbeCertificates, PartOK: true},
		audit.Need{Dataset: evidence.ProbeConnections, Optional: true}, audit.Need{Dataset: evidence.ProbeClocks, Optional: true}),
	Params:  func() any { return &FED003Params{Before: 30 * 24 * time.Hour, Urgent: 14 * 24 * time.Hour} },
	Applies: whenFederated,
	Check: audit.Once(func(p *audit.Pass) {
		for _, s := range federationServices(p) {
			judgeTLS(p, s)
		}
	}),
}

func judgeTLS(p *audit.Pass, s service) {
	if s.host == nil || len(s.host.Served()) == 0 {
		why := "noHandshake"
		if s.unreachable() {
			why = "serviceSilent" // FED-004
		}
		p.Doubt(audit.Because(why, audit.Str("host", s.key())))
		return
	}
	var faults []string
	var evidenceOf []audit.Fact
	severity := audit.Severity(0)
	for _, t := range s.host.Served() {
		chain, ok := p.Hosts().Chain(t)
		if !ok {
			p.Doubt(audit.Because("noCertificate", audit.Str("host", s.key())))
			continue
		}
		found, worst := mistrusts(p, t, chain)
		if len(found) == 0 {
			continue
		}
		severity = max(severity, worst)
		faults = append(faults, found...)
		evidenceOf = append(evidenceOf, audit.Fact{Name: "handshake", Values: hosts.Handshake(t)})
		for _, c := range chain {
			evidenceOf = append(evidenceOf, audit.Fact{Name: "certificate", Values: hosts.Certificate(c)})
		}
	}
	if len(faults) == 0 {
		return
	}
	slices.Sort(faults)
	p.Report(audit.Finding{
		Severity: severity, Subject: s.subject(), Args: []audit.Arg{audit.Str("host", s.key()), audit.List("mistrusts", slices.Compact(faults))},
		Evidence: append(evidenceOf, addressFacts(s.settings)...),
	})
}

// mistrusts lists why clients do not trust what a service shows, in words of the text catalogue.
func mistrusts(p *audit.Pass, t evidence.Handshake, chain []evidence.Certificate) (faults []string, worst audit.Severity) {
	params := audit.Params[FED003Params](p)
	add := func(fault string, s audit.Severity) { faults, worst = append(faults, fault), max(worst, s) }
	switch v, _ := (hosts.Limits{Soon: params.Before, Nearly: params.Urgent}).Oldest(chain, p.Hosts().Time(t.Site, p.Now())); v {
	case hosts.Expired:
		add("expired", audit.High)
	case hosts.Early:
		add("early", audit.High)
	case hosts.Nearly:
		add("soon", audit.High)
	case hosts.Soon:
		add("soon", audit.Medium)
	case hosts.Valid:
	}
	switch hosts.Trusting(t, chain) {
	case hosts.SelfSigned:
		add("selfSigned", audit.High)
	case hosts.Incomplete:
		add("incomplete", audit.High)
	case hosts.Unknown:
		add("unknown", audit.High)
	case hosts.Private:
		switch {
		case p.Hosts().Rootless(t.Site):
			p.Doubt(audit.Because("rootless", audit.Str("site", t.Site)))
		case params.DomainJoined:
			add("private", audit.Medium)
		default:
			add("private", audit.High)
		}
	case hosts.Trusted:
	}
	if hosts.Misnamed(t, chain[0]) {
		add("name", audit.High)
	}
	return faults, worst
}
