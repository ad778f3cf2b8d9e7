package tls

import (
	"net/netip"
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
)

// TLS003 finds chains that do not lead to a trusted root.
var TLS003 = &audit.Rule{
	ID: "TLS-003", Category: "tls", Severity: audit.High,
	Title: "Chain incomplete or root not trusted",
	Why: "Windows fetches missing certificates by itself, so that all looks well there; phones, Macs, Linux, proxies and partners' servers do not, and refuse the connection. A root of one's own is " +
		"trusted by computers of the domain only.",
	Fix: "Install the intermediate certificates of the authority on the server or reverse proxy, in the computer's store for intermediate authorities, and bind the certificate again. Look at it from " +
		"outside without Windows: openssl s_client -connect <host>:443 -servername <host> -showcerts.",
	Guards: "Trust is judged by the roots of the host that looked and by those of the configuration (network.caFile): what these complete is no fault. A root of one's own on a host that was only seen at private addresses is medium: most computers that get there know it. Self-signed certificates are TLS-002. What a device that opens connections (TLS-005) shows in place of a host is left out. Where a missing " +
		"certificate could not be fetched, the cause stays unknown, and the variant says so.",
	Refs: []audit.Ref{{Title: "KB 2604176"}, {Title: "KB 2965499"}},
	Variants: []audit.Variant{
		{Code: "I", Message: "{host} does not send the intermediate certificates that lead to the root {root}: {missing}"},
		{
			Code: "R", Message: "the chain of {host} leads to no root that is known here: {root}",
			Fix: "Use a certificate of a public authority where phones, Macs, partners or Microsoft 365 connect. Otherwise give the root to all clients: by group policy to computers of the domain, by " +
				"device management to the rest; and name it in network.caFile, so that this audit knows it.",
		},
		{
			Code: "U", Message: "a certificate that {host} does not send could not be fetched ({missing}), so that nobody knows whether the chain leads to a trusted root",
			Fix: "See where the certificates name the address of the missing one (evidence, issuer to be had at), and let the host of the audit reach it. Whatever comes of it: the server must send its " +
				"intermediate certificates itself.",
		},
	},
	Needs:   handshakeNeeds(),
	Applies: whenServed,
	Check: eachOwn(func(p *audit.Pass, h *hosts.Host, all []served) {
		if all = genuinely(p, all); inspected(p, h) || len(all) == 0 {
			return
		}
		for _, kind := range []struct {
			trust   hosts.Trust
			variant string
		}{{hosts.Incomplete, "I"}, {hosts.Private, "R"}, {hosts.Unknown, "U"}} {
			s, ok := worst(all, kind.trust)
			if !ok {
				continue
			}
			if kind.trust == hosts.Private && p.Hosts().Rootless(s.handshake.Site) {
				p.Doubt(audit.Because("rootless", audit.Str("site", s.handshake.Site)))
				continue
			}
			root := s.handshake.Root
			if root == "" {
				root = s.chain[len(s.chain)-1].Issuer
			}
			missing := s.handshake.Missing
			if len(missing) == 0 {
				missing = []string{s.chain[len(s.chain)-1].Issuer}
			}
			f := audit.Finding{Variant: kind.variant, Subject: subject(h), Args: []audit.Arg{hostArg(h)}, Evidence: facts([]served{s})}
			if kind.variant != "U" {
				f.Args = append(f.Args, audit.Str("root", root))
			}
			if kind.variant != "R" {
				f.Args = append(f.Args, audit.List("missing", missing))
			}
			if kind.trust == hosts.Private && !slices.ContainsFunc(all, reachedByAnybody) {
				f.Severity = audit.Medium
			}
			p.Report(f)
		}
	}),
}

// genuinely leaves out what the device showed that opens the connections with Microsoft at the same place (TLS-005): it says nothing about the host behind.
func genuinely(p *audit.Pass, all []served) []served {
	devices := map[string]bool{} // by place and issuer
	for _, h := range p.Hosts().Hosts() {
		if !inspected(p, h) {
			continue
		}
		for _, s := range servedBy(p, h) {
			devices[s.handshake.Site+" "+s.leaf().Issuer] = !p.Hosts().Rootless(s.handshake.Site)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(s served) bool {
		return hosts.Trusting(s.handshake, s.chain) == hosts.Private && devices[s.handshake.Site+" "+s.leaf().Issuer]
	})
}

// reachedByAnybody says that a host was not seen at a private address, which only computers inside get to.
func reachedByAnybody(s served) bool {
	at, err := netip.ParseAddr(s.handshake.Address)
	if with, portErr := netip.ParseAddrPort(s.handshake.Address); portErr == nil {
		at, err = with.Addr(), nil
	}
	return err != nil || !at.IsPrivate()
}
