package tls

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
)

// TLS007Params list the domains that clients trust for every SIP domain.
type TLS007Params struct {
	Trusted []string `yaml:"trusted"`
}

// TLS007 finds servers whose certificates have no name in the SIP domain of the people that they serve.
var TLS007 = &audit.Rule{
	ID: "TLS-007", Category: "tls", Severity: audit.Low,
	Title: "Certificate names do not belong to the person's SIP domain",
	Why: "At the first sign-in Skype for Business and Lync clients ask people whether they trust the server (\"cannot verify that the server is trusted for your sign-in address. Connect anyway?\"). Who says no " +
		"cannot sign in; who learns to say yes says it to anybody.",
	Fix: "Append the domain of the certificate to the trusted domains of the clients: group policy \"Trusted Domain List\", TrustModelData below HKCU\\Software\\Policies\\Microsoft\\Office\\16.0\\Lync. Append to the " +
		"list, never replace it: it holds the domains of Microsoft 365. Or give the server a name and a certificate in the SIP domain.",
	FixHere: "Here: {host} serves {sipDomains}.",
	Guards: "Judged where a deployment of Skype for Business Server is left: without it nobody uses these clients. Domains of Microsoft are trusted already (parameter). Hosts whose certificate is not for themselves " +
		"are TLS-004.",
	Refs:    []audit.Ref{{Title: "KB 2833618"}, {Title: "KB 2531068"}},
	Message: "people of {sipDomains} are led to {host}, whose certificate is for {names}",
	Needs: append(handshakeNeeds(),
		audit.Need{Dataset: evidence.ADPools, Attributes: []string{"distinguishedName"}},
		audit.Need{Dataset: evidence.ADUsers, Attributes: []string{"msRTCSIP-PrimaryUserAddress"}, PartOK: true}),
	Params: func() any {
		return &TLS007Params{Trusted: []string{"lync.com", "outlook.com", "lync.glbdns.microsoft.com", "microsoftonline.com"}}
	},
	Applies: func(p *audit.Pass) audit.Reason {
		if why := p.WithoutDeployment(); !why.IsZero() {
			return why
		}
		return whenServed(p)
	},
	Check: eachOwn(func(p *audit.Pass, h *hosts.Host, all []served) {
		if !h.For(evidence.ForWeb, evidence.ForEWS, evidence.ForAutodiscover) {
			return
		}
		trusted := audit.Params[TLS007Params](p).Trusted
		for _, s := range all {
			if hosts.Misnamed(s.handshake, s.leaf()) {
				return
			}
		}
		var foreign []string
		var of served
		for _, d := range h.Domains {
			if p.Domains().Of(d).SIP == 0 {
				continue
			}
			for _, s := range all {
				leaf := s.leaf()
				if leaf.NameCount <= len(leaf.Names) && !slices.ContainsFunc(leaf.Names, func(n string) bool {
					return hosts.Under(n, d) || slices.ContainsFunc(trusted, func(t string) bool { return hosts.Under(n, t) })
				}) {
					foreign, of = append(foreign, d), s
					break
				}
			}
		}
		if len(foreign) > 0 {
			p.Report(audit.Finding{
				Subject: subject(h), Args: []audit.Arg{hostArg(h), audit.List("sipDomains", foreign), audit.List("names", nameList(of.leaf()))}, Evidence: facts([]served{of}),
			})
		}
	}),
}
