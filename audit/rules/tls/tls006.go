package tls

import (
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
)

// leastRSA is the shortest RSA key that clients take.
const leastRSA = 2048

// TLS006 finds servers with old protocols and weak certificates.
var TLS006 = &audit.Rule{
	ID: "TLS-006", Category: "tls", Severity: audit.Medium,
	Title: "Old protocol or weak certificate",
	Why: "Microsoft 365 and the hosted migration service speak TLS 1.2 and newer only: a server without it cannot be moved from. Clients of today refuse SHA-1 signatures and short keys. What is offered besides " +
		"TLS 1.2 helps nobody but attackers.",
	Fix: "Enable TLS 1.2 for Schannel (client and server) and for .NET (SchUseStrongCrypto, SystemDefaultTlsVersions) in the registry, restart, then disable TLS 1.0 and 1.1 once the logs show that nobody uses " +
		"them. Replace certificates with SHA-1 signatures or RSA keys below 2048 bits.",
	FixHere: "Here: {host}: {weaknesses}.",
	Guards: "Only TLS older than 1.2: high. TLS 1.0 or 1.1 besides 1.2: low. SHA-1 or a short key: medium, of the server's own certificate and of intermediate ones; the signature of a root proves nothing and does " +
		"not count. Versions are judged when they were tried one by one.",
	Refs:    []audit.Ref{{Title: "Move users between on-premises and cloud"}, {Title: "Preparing for TLS 1.2 in Office 365 and Office 365 GCC"}},
	Message: "{host}: {weaknesses}",
	Needs:   handshakeNeeds(),
	Applies: whenServed,
	Check: audit.Once(func(p *audit.Pass) {
		told := false
		for _, h := range p.Hosts().Hosts() {
			if own(p, h) && len(h.Handshakes) > 0 {
				told = judgeStrength(p, h) || told
			}
		}
		if refusing := unserved(p); !told && len(refusing) > 0 {
			p.Doubt(audit.Because("noHandshake", hostArg(refusing[0])))
		}
	}),
}

// judgeStrength judges a host; told says that it showed what it accepts.
func judgeStrength(p *audit.Pass, h *hosts.Host) (told bool) {
	all := servedBy(p, h)
	if len(h.Served()) > 0 && len(all) == 0 {
		return true // Microsoft's, or its certificates are not known
	}
	var weak []string
	severity := audit.Severity(0)
	note := func(w string, s audit.Severity) {
		if severity = max(severity, s); !slices.Contains(weak, w) {
			weak = append(weak, w)
		}
	}
	for _, t := range h.Handshakes {
		for _, w := range versions(t) {
			note(w.code, w.severity)
		}
		told = told || t.Failure == "" || len(t.Versions) > 0
	}
	for _, s := range all {
		for i, c := range s.chain {
			if i > 0 && c.SelfSigned {
				continue
			}
			if strings.HasPrefix(strings.ToUpper(strings.ReplaceAll(c.Signature, "-", "")), "SHA1") || strings.HasSuffix(strings.ToUpper(c.Signature), "SHA1") {
				note("sha1", audit.Medium)
			}
			if strings.EqualFold(c.Key, "RSA") && c.Bits > 0 && c.Bits < leastRSA {
				note("shortKey", audit.Medium)
			}
		}
	}
	if len(weak) == 0 {
		return told
	}
	slices.Sort(weak)
	evidenceOf := facts(all)
	for _, t := range h.Handshakes {
		if t.Failure != "" {
			evidenceOf = append(evidenceOf, audit.Fact{Name: "handshake", Values: hosts.Handshake(t)})
		}
	}
	p.Report(audit.Finding{Severity: severity, Subject: subject(h), Args: []audit.Arg{hostArg(h), audit.List("weaknesses", weak)}, Evidence: evidenceOf})
	return told
}

type weakness struct {
	code     string
	severity audit.Severity
}

// versions judges the versions of TLS that a server accepts. One handshake tells only the one that was agreed upon.
func versions(t evidence.Handshake) []weakness {
	accepted := t.Versions
	if len(accepted) == 0 && t.Version != "" {
		accepted = []string{t.Version}
	}
	old, recent := false, false
	for _, v := range accepted {
		if n := version(v); n > 0 && n < 12 {
			old = true
		} else if n >= 12 {
			recent = true
		}
	}
	switch {
	case old && !recent && (t.Failure != "" || len(t.Tried) > 0 || t.Version != ""):
		return []weakness{{"oldOnly", audit.High}}
	case old && recent:
		return []weakness{{"oldToo", audit.Low}}
	}
	return nil
}

// version reads "TLS 1.2" as 12; SSL counts as older than all, 0 is unknown.
func version(text string) int {
	text = strings.ToUpper(text)
	if strings.HasPrefix(text, "SSL") {
		return 1
	}
	major, minor, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(text, "TLS"), "V")), ".")
	a, err := strconv.Atoi(strings.TrimSpace(major))
	b, err2 := strconv.Atoi(minor)
	if !ok || err != nil || err2 != nil {
		return 0
	}
	return 10*a + b
}
