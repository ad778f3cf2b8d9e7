package tls

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
)

// TLS005Params list the organisations that issue certificates of Microsoft's hosts, and those of other public authorities, from whom Microsoft might have one some day.
type TLS005Params struct {
	Issuers []string `yaml:"issuers"`
	Public  []string `yaml:"public"`
}

// TLS005 finds places where somebody opens the TLS traffic with Microsoft 365.
var TLS005 = &audit.Rule{
	ID: "TLS-005", Category: "tls", Severity: audit.High,
	Title: "TLS inspection on Microsoft traffic",
	Why: "A device on the way opens the connection and shows a certificate of its own. Sign-in, calls and files break in ways that look like faults of the service; Microsoft gives no support for it, and Entra " +
		"Connect does not work through it.",
	Fix: "Exempt Microsoft's endpoints from inspection on proxy and firewall, at least those of the categories Optimize and Allow (ids 1, 11, 12, 31, 56), for all users and servers. Then look again: the " +
		"certificate of the host must be issued by Microsoft or its authority.",
	FixHere: "Here: {host}, from {site}.",
	Guards: "Judged by the organisation that issued the certificate, as of 2026, and by whether its root is one that computers trust without the configuration. When Microsoft changes its authority, the list " +
		"of the parameter needs a line: another public authority is information only.",
	Refs:     []audit.Ref{{Title: "KB 2409256"}, {Title: "Microsoft Entra Connect: prerequisites"}},
	Message:  "{host} shows {site} a certificate that is not Microsoft's: issued by {issuer}; it leads to {root} (trust: {mistrust})",
	Identity: []string{"site"},
	Needs:    handshakeNeeds(),
	Params: func() any {
		return &TLS005Params{
			Issuers: hosts.MicrosoftIssuers(),
			Public: []string{
				"Actalis S.p.A.", "Amazon", "Asseco Data Systems S.A.", "Buypass AS-983163327", "Certainly", "Cloudflare, Inc.", "D-Trust GmbH", "Entrust, Inc.", "GlobalSign nv-sa", "GoDaddy.com, Inc.",
				"Google Trust Services", "Google Trust Services LLC", "HARICA", "Hellenic Academic and Research Institutions CA", "IdenTrust", "Internet Security Research Group", "Let's Encrypt",
				"QuoVadis Limited", "Sectigo Limited", "SSL Corporation", "Starfield Technologies, Inc.", "SwissSign AG", "Telia Company AB", "The USERTRUST Network",
			},
		}
	},
	Check: audit.Once(func(p *audit.Pass) {
		judged := false
		for _, h := range p.Hosts().Hosts() {
			if !h.For(evidence.ForMicrosoft) {
				continue
			}
			var sites []string
			for _, t := range h.Served() {
				if slices.Contains(sites, t.Site) {
					continue // one finding for a place, of the worst that it shows
				}
				sites = append(sites, t.Site)
				judged = true
				judgeInspection(p, h, t.Site)
			}
		}
		if !judged {
			p.Doubt(audit.Because("noMicrosoftHandshake"))
		}
	}),
}

// interception is how sure it is that somebody opened a connection.
type interception uint8

const (
	genuine interception = iota
	unsure               // a certificate is missing that would tell
	unusual              // another public authority
	opened
)

// intercepted judges a handshake with one of Microsoft's hosts.
func intercepted(params *TLS005Params, t evidence.Handshake, leaf evidence.Certificate) interception {
	listed := func(list []string) bool {
		return slices.ContainsFunc(list, func(o string) bool { return strings.EqualFold(o, strings.TrimSpace(leaf.IssuerOrg)) })
	}
	public := t.Trust == evidence.TrustSystem || t.Trust == evidence.TrustCompleted
	switch {
	case public && listed(params.Issuers):
		return genuine
	case t.Trust == evidence.TrustUnknown && listed(params.Issuers):
		return unsure
	case public && listed(params.Public):
		return unusual
	}
	return opened
}

func judgeInspection(p *audit.Pass, h *hosts.Host, site string) {
	params := audit.Params[TLS005Params](p)
	level, of := genuine, served{}
	for _, t := range h.Served() {
		if t.Site != site {
			continue
		}
		chain, ok := p.Hosts().Chain(t)
		if !ok {
			p.Doubt(audit.Because("noCertificate", hostArg(h)))
			continue
		}
		if l := intercepted(params, t, chain[0]); l > level {
			level, of = l, served{t, chain}
		}
	}
	switch level {
	case genuine:
		return
	case unsure:
		p.Doubt(audit.Because("chainUntold", hostArg(h)))
		return
	case opened:
		if p.Hosts().Rootless(site) {
			p.Doubt(audit.Because("rootless", audit.Str("site", site)))
			return
		}
	case unusual:
	}
	issuer, root := of.leaf().IssuerOrg, of.handshake.Root
	if issuer == "" {
		issuer = of.leaf().Issuer
	}
	if root == "" {
		root = of.chain[len(of.chain)-1].Issuer
	}
	f := audit.Finding{
		Subject: subject(h),
		Args: []audit.Arg{
			hostArg(h), audit.Str("site", site), audit.Str("issuer", issuer), audit.Str("root", root), audit.Str("mistrust", of.handshake.Trust),
		},
		Evidence: append(facts([]served{of}), audit.Fact{Name: "expected issuers", Values: params.Issuers}),
	}
	if level == unusual {
		f.Severity = audit.Info
	}
	p.Report(f)
}

// inspected says that a host is one of Microsoft's whose traffic somebody opens: that its chain is not trusted follows from it.
func inspected(p *audit.Pass, h *hosts.Host) bool {
	if !h.For(evidence.ForMicrosoft) {
		return false
	}
	params, ok := TLS005.Params().(*TLS005Params)
	if !ok {
		return false
	}
	return slices.ContainsFunc(h.Served(), func(t evidence.Handshake) bool {
		chain, ok := p.Hosts().Chain(t)
		return ok && intercepted(params, t, chain[0]) == opened
	})
}
