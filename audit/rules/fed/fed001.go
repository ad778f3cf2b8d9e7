package fed

import (
	"errors"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// FED001Params say how long before the end of a certificate it is reported.
type FED001Params struct {
	Before time.Duration `yaml:"before"`
}

// FED001 finds federated domains whose token-signing certificate in the tenant has expired or is about to.
var FED001 = &audit.Rule{
	ID: "FED-001", Category: "fed", Severity: audit.Critical,
	Title: "Token-signing certificate in the tenant expired or about to",
	Why: "The tenant believes tokens only when the certificate that it knows has signed them. Once that certificate is out of date, or the federation service signs with a " +
		"new one of which the tenant was not told, nobody of the domain can sign in to anything.",
	Fix: "On the primary AD FS server look at Get-AdfsCertificate -CertificateType Token-Signing, and at AutoCertificateRollover in Get-AdfsProperties. If there is no newer " +
		"certificate, make one with Update-AdfsCertificate -CertificateType Token-Signing (add -Urgent only when the old one has expired). Then tell the tenant: in Microsoft " +
		"Entra Connect \"Manage federation\", \"Update trust\"; or Get-MgDomainFederationConfiguration -DomainId <domain>, and Update-MgDomainFederationConfiguration " +
		"-DomainId <domain> -InternalDomainFederationId <id> -SigningCertificate <base64> -NextSigningCertificate <base64>. Repeat it for each federated domain. Other " +
		"federation services have pages of their own for the same.",
	Guards: "Certificates for signing tokens are self-signed as a rule: that is no fault. One that ends within the time of the parameter is reported unless the tenant knows a next one that " +
		"lasts longer; one that has ended always. A subdomain inherits the settings of the domain that it lies in and is not reported beside it.",
	Refs: []audit.Ref{
		{Title: "Microsoft Graph: internalDomainFederation resource type"}, {Title: "Renew federation certificates for Microsoft 365 and Microsoft Entra ID"},
	},
	Message: "the token-signing certificate that the tenant knows {expiry} on {end}; next certificate: {next}",
	Variants: []audit.Variant{
		{
			Code: "U", Severity: audit.High, Message: "the token-signing certificate that the tenant knows cannot be read: {unreadable}",
			Fix: "Look at the settings with Get-MgDomainFederationConfiguration -DomainId <domain>, try whether somebody of the domain can sign in, and write the certificate of the " +
				"federation service into signingCertificate again (Update-MgDomainFederationConfiguration; in Microsoft Entra Connect \"Manage federation\", \"Update trust\").",
		},
	},
	Needs: []audit.Need{
		domainNeeds(),
		{Dataset: evidence.TenantFederations, Attributes: []string{"domain", "signingCertificate", "nextSigningCertificate"}},
		{Dataset: evidence.TenantFederations, Attributes: []string{
			"issuerUri", "passiveSignInUri", "signingCertificateUpdateStatus.certificateUpdateResult", "signingCertificateUpdateStatus.lastRunDateTime",
		}, Optional: true},
	},
	Params:  func() any { return &FED001Params{Before: 30 * 24 * time.Hour} },
	Applies: whenFederated,
	Check: audit.Once(func(p *audit.Pass) {
		all := newSettings(p)
		for d := range p.Evidence.Domains() {
			if f, ok := all.of(d); ok {
				judgeCertificate(p, d, f)
			}
		}
	}),
}

func judgeCertificate(p *audit.Pass, d evidence.Domain, f evidence.Federation) {
	finding := audit.Finding{Subject: audit.DomainSubject(d.ID())}
	finding.Subject.Source = d.Tenant()
	c, err := parseCertificate(f.Certificate())
	if err != nil {
		finding.Variant, finding.Args = "U", []audit.Arg{audit.Str("unreadable", code(err))}
		finding.Evidence = serviceFacts(f)
		p.Report(finding)
		return
	}
	soon := audit.Params[FED001Params](p).Before
	next, until := "none", time.Time{}
	n, err := parseCertificate(f.NextCertificate())
	switch {
	case err == nil:
		next, until = n.Until.Format(time.DateOnly), n.Until
	case !errors.Is(err, errMissing):
		next = "unreadable"
	}
	expiry := "expired"
	if !c.Until.Before(p.Now()) {
		expiry, finding.Severity = "soon", audit.High
		if c.Until.Sub(p.Now()) >= soon || until.Sub(p.Now()) >= soon {
			return
		}
	}
	finding.Args = []audit.Arg{audit.Str("expiry", expiry), audit.Str("end", c.Until.Format(time.DateOnly)), audit.Str("next", next)}
	finding.Evidence = append(certificateFacts("signingCertificate", c), certificateFacts("nextSigningCertificate", n)...)
	finding.Evidence = append(finding.Evidence, serviceFacts(f)...)
	p.Report(finding)
}

// code names why a certificate cannot be read.
func code(err error) string {
	switch {
	case errors.Is(err, errMissing):
		return "missing"
	case errors.Is(err, errLong):
		return "long"
	case errors.Is(err, errBase64):
		return "base64"
	}
	return "der"
}

func certificateFacts(name string, c certificate) []audit.Fact {
	if c.Thumbprint == "" {
		return nil
	}
	facts := []audit.Fact{
		{Name: name + ".thumbprint", Values: []string{c.Thumbprint}},
		{Name: name + ".notBefore", Values: []string{c.From.Format(time.RFC3339)}},
		{Name: name + ".notAfter", Values: []string{c.Until.Format(time.RFC3339)}},
	}
	if c.Subject != "" {
		facts = append(facts, audit.Fact{Name: name + ".subject", Values: []string{c.Subject}})
	}
	return facts
}

// serviceFacts tell whose certificate it is, and what came of the tenant's own attempt to renew it.
func serviceFacts(f evidence.Federation) []audit.Fact {
	var facts []audit.Fact
	for _, name := range []string{"issuerUri", "passiveSignInUri", "signingCertificateUpdateStatus.certificateUpdateResult", "signingCertificateUpdateStatus.lastRunDateTime"} {
		if v := f.Attribute(name); len(v) > 0 {
			facts = append(facts, audit.Fact{Name: name, Values: v})
		}
	}
	return facts
}
