package fed

import (
	"net/url"
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// FED002 finds federated domains of which the tenant and the federation service say different things.
var FED002 = &audit.Rule{
	ID: "FED-002", Category: "fed", Severity: audit.High,
	Title: "Tenant and federation service disagree",
	Why: "The tenant refuses tokens of an issuer or with a signature that it does not know, and sends people to the address that it knows. After a new signing certificate that nobody published, or a move of the " +
		"service, nobody of the domain can sign in.",
	Fix: "Compare Get-AdfsProperties (Identifier, HostName) and Get-AdfsCertificate -CertificateType Token-Signing with Get-MgDomainFederationConfiguration -DomainId <domain>. Refresh the trust in Microsoft Entra " +
		"Connect (\"Manage federation\", \"Update trust\"), or Update-MgDomainFederationConfiguration. With several top-level domains the issuer must be written per domain (issuerUri " +
		"http://<domain>/adfs/services/trust/), with the issuance rule that makes it out of the user principal name.",
	FixHere: "Here: {host}: {disagreements}.",
	Guards: "An issuer that is written per domain agrees with an entity id that names the federation service itself. Case and a slash at the end do not count. Other products than AD FS describe themselves at other " +
		"addresses (metadataExchangeUri): what such a document does not say is not compared, and without one they are not judged. A service that does not answer is FED-004: what it would have said is not assessed.",
	Refs:    []audit.Ref{{Title: "Microsoft Graph: internalDomainFederation resource type"}, {Title: "KB 2839539"}},
	Message: "the tenant and the federation service {host} disagree about {disagreements}",
	Needs: append(networkNeeds(),
		audit.Need{Dataset: evidence.TenantFederations, Attributes: []string{"issuerUri", "signingCertificate", "nextSigningCertificate"}},
		audit.Need{Dataset: evidence.ProbeFederation, PartOK: true}, audit.Need{Dataset: evidence.ProbeConnections, Optional: true}),
	Applies: func(p *audit.Pass) audit.Reason {
		if why := whenFederated(p); !why.IsZero() {
			return why
		}
		if all := federationServices(p); len(all) > 0 && !slices.ContainsFunc(all, service.comparable) {
			return audit.Because("noADFS")
		}
		return audit.Reason{}
	},
	Check: audit.Once(func(p *audit.Pass) {
		for _, s := range federationServices(p) {
			judgeAgreement(p, s)
		}
	}),
}

func judgeAgreement(p *audit.Pass, s service) {
	read := s.described()
	if len(read) == 0 {
		switch {
		case s.unreachable():
			p.Doubt(audit.Because("serviceSilent", audit.Str("host", s.key())))
		case s.adfs():
			p.Doubt(audit.Because("noMetadata", audit.Str("host", s.key())))
		}
		return
	}
	for _, m := range read {
		about := disagreements(s, m)
		if len(about) == 0 {
			continue
		}
		p.Report(audit.Finding{
			Subject: s.subject(), Args: []audit.Arg{audit.Str("host", s.key()), audit.List("disagreements", about)},
			Evidence: slices.Concat(addressFacts(s.settings), documentFacts(m), knownCertificates(s.settings)),
		})
		return // what other places read of it is the same or as wrong
	}
}

// described lists the documents that say something.
func (s service) described() []evidence.FederationMetadata {
	return slices.DeleteFunc(slices.Clone(s.papers), func(m evidence.FederationMetadata) bool {
		return m.Failure != "" || m.EntityID == "" && len(m.Certificates) == 0 && len(m.Endpoints) == 0
	})
}

// comparable says that the service describes itself, or would if it answered.
func (s service) comparable() bool { return s.adfs() || len(s.described()) > 0 || s.unreachable() }

// disagreements lists what a document and the tenant's settings say differently, in words of the text catalogue. What one of them does not say is not compared.
func disagreements(s service, m evidence.FederationMetadata) []string {
	var about []string
	if m.EntityID != "" && s.settings.Issuer() != "" && !sameIssuer(s, m.EntityID) {
		about = append(about, "issuer")
	}
	if len(m.Certificates) > 0 && !signsWithKnown(s.settings, m.Certificates) {
		about = append(about, "certificate")
	}
	if len(m.Endpoints) > 0 && !signsInThere(s, m.Endpoints) {
		about = append(about, "address")
	}
	return about
}

// sameIssuer says that the tenant knows the issuer by the name that the service gives itself, or by one that is written per domain.
func sameIssuer(s service, entity string) bool {
	issuer := s.settings.Issuer()
	if identifier(issuer) == identifier(entity) {
		return true
	}
	i, err := url.Parse(strings.TrimSpace(issuer))
	e, err2 := url.Parse(strings.TrimSpace(entity))
	if err != nil || err2 != nil || !s.adfs() {
		return false
	}
	perDomain := hosts.Under(s.domain.ID(), i.Hostname()) && strings.HasPrefix(strings.ToLower(i.Path), "/adfs/services/trust")
	return perDomain && address.DomainKey(e.Hostname()) == s.name
}

// identifier is the comparison form of an issuer.
func identifier(text string) string {
	return strings.TrimRight(strings.ToLower(strings.TrimSpace(text)), "/")
}

// signsWithKnown says that one of the service's certificates is one that the tenant knows. One of the tenant's that cannot be read (FED-001) equals none.
func signsWithKnown(f evidence.Federation, offered []string) bool {
	for _, text := range []string{f.Certificate(), f.NextCertificate()} {
		known, err := parseCertificate(text)
		if err == nil && slices.ContainsFunc(offered, func(o string) bool {
			c, err := parseCertificate(o)
			return err == nil && c.Thumbprint == known.Thumbprint
		}) {
			return true
		}
	}
	return false
}

// signsInThere says that the addresses to which the tenant sends people are at hosts at which the service issues tokens.
func signsInThere(s service, endpoints []string) bool {
	names := map[string]bool{}
	for _, text := range endpoints {
		if u, err := url.Parse(strings.TrimSpace(text)); err == nil && u.Hostname() != "" {
			names[address.DomainKey(u.Hostname())] = true
		}
	}
	for _, text := range []string{s.settings.PassiveURI(), s.settings.ActiveURI()} {
		if host, _, ok := endpoint(text); ok && len(names) > 0 && !names[host] {
			return false
		}
	}
	return true
}

func documentFacts(m evidence.FederationMetadata) []audit.Fact {
	facts := []audit.Fact{{Name: "document", Values: []string{"site: " + m.Site, m.URL}}}
	if m.EntityID != "" {
		facts = append(facts, audit.Fact{Name: "entityID", Values: []string{m.EntityID}})
	}
	if len(m.Endpoints) > 0 {
		facts = append(facts, audit.Fact{Name: "endpoints", Values: m.Endpoints})
	}
	for _, text := range m.Certificates {
		if c, err := parseCertificate(text); err == nil {
			facts = append(facts, certificateFacts("document.signingCertificate", c)...)
		}
	}
	return facts
}

func knownCertificates(f evidence.Federation) []audit.Fact {
	c, _ := parseCertificate(f.Certificate())
	n, _ := parseCertificate(f.NextCertificate())
	return append(certificateFacts("signingCertificate", c), certificateFacts("nextSigningCertificate", n)...)
}
