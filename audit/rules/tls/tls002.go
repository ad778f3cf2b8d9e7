package tls

import (
	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
)

// TLS002 finds servers whose certificate vouches for itself.
var TLS002 = &audit.Rule{
	ID: "TLS-002", Category: "tls", Severity: audit.High,
	Title: "Self-signed certificate",
	Why: "No client trusts it: people see certificate warnings and learn to click them away, Exchange Web Services fail without a word, sign-in says that the server is temporarily unavailable, and " +
		"Microsoft 365 and partners do not connect.",
	Fix: "Replace it by a certificate of a public authority with all names of the server. For a host that only computers of the domain reach one of your own authority will do, whose root they " +
		"get by group policy.",
	FixHere: "Here: {host}, fingerprint {fingerprint}.",
	Guards: "A certificate that the operating system or the configuration (network.caFile) trusts is none of this: so are those of an enterprise authority. Token-signing certificates of AD FS are " +
		"self-signed as a rule and are not looked at here.",
	Refs:    []audit.Ref{{Title: "KB 2541980"}, {Title: "KB 2965499"}},
	Message: "the certificate of {host} is signed by itself: {certificate}",
	Needs:   handshakeNeeds(),
	Applies: whenServed,
	Check: eachOwn(func(p *audit.Pass, h *hosts.Host, all []served) {
		if s, ok := worst(all, hosts.SelfSigned); ok && !inspected(p, h) {
			p.Report(audit.Finding{
				Subject: subject(h), Args: []audit.Arg{hostArg(h), audit.Str("certificate", s.leaf().Subject), audit.Str("fingerprint", s.leaf().Fingerprint)},
				Evidence: facts([]served{s}),
			})
		}
	}),
}

// worst gives the first handshake whose trust is of that kind, unless another one is worse: what is reported of a host is one fault.
func worst(all []served, kind hosts.Trust) (served, bool) {
	order := map[hosts.Trust]int{hosts.SelfSigned: 4, hosts.Private: 3, hosts.Incomplete: 2, hosts.Unknown: 1}
	var found served
	top := hosts.Trusted
	for _, s := range all {
		if t := hosts.Trusting(s.handshake, s.chain); order[t] > order[top] {
			top, found = t, s
		}
	}
	return found, top == kind
}
