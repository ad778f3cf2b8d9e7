package tls

import (
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
)

// TLS001Params say how long before its end a certificate is reported, as medium and as high.
type TLS001Params struct {
	Before time.Duration `yaml:"before"`
	Urgent time.Duration `yaml:"urgent"`
}

// TLS001 finds certificates that are not good at the time, or not for long.
var TLS001 = &audit.Rule{
	ID: "TLS-001", Category: "tls", Severity: audit.Critical,
	Title: "Certificate expired, not yet valid, or expiring",
	Why: "Clients refuse the server (\"There was a problem verifying the certificate from the server\"), partners' servers and Microsoft 365 refuse it without telling anybody. Nothing works that goes " +
		"through it.",
	Fix: "Renew the certificate with all its names, install it with its intermediate certificates, bind it (Set-CsCertificate, Set-AdfsSslCertificate and Set-WebApplicationProxySslCertificate, " +
		"Enable-ExchangeCertificate, or the reverse proxy's page), restart the services and look at it from outside. Put the next date into the calendar.",
	FixHere: "Here: {host}, {certificate}, good from {begins} to {ends}.",
	Guards: "Where two other clocks agree that the clock of the host that looked is wrong by more than two minutes (TIM-001), certificates are judged by theirs. Of the chain the server's own certificate and " +
		"the one that issued it count: an expired cross-signature that is sent besides harms nobody. Less than 14 days: high, less than 30: medium. Names of the organisation that lead to " +
		"Microsoft are Microsoft's business.",
	Refs:    []audit.Ref{{Title: "KB 2604176"}},
	Message: "the certificate {certificate} {validity}: it is good from {begins} to {ends}",
	Needs:   append(handshakeNeeds(), audit.Need{Dataset: evidence.ProbeClocks, Optional: true}),
	Params:  func() any { return &TLS001Params{Before: 30 * 24 * time.Hour, Urgent: 14 * 24 * time.Hour} },
	Applies: whenServed,
	Check: eachOwn(func(p *audit.Pass, h *hosts.Host, all []served) {
		params := audit.Params[TLS001Params](p)
		limits := hosts.Limits{Soon: params.Before, Nearly: params.Urgent}
		worst, of, from := hosts.Valid, evidence.Certificate{}, served{}
		for _, s := range all {
			v, c := limits.Oldest(s.chain, now(p, s.handshake.Site))
			if v > worst || v == worst && v != hosts.Valid && c.Ends.Before(of.Ends) {
				worst, of, from = v, c, s
			}
		}
		if worst == hosts.Valid {
			return
		}
		f := audit.Finding{
			Subject: subject(h),
			Args: []audit.Arg{
				hostArg(h), audit.Str("certificate", of.Subject), audit.Str("validity", validities[worst]), audit.At("begins", of.Begins), audit.At("ends", of.Ends),
			},
			Evidence: append(facts([]served{from}), clockFacts(p, from.handshake.Site)...),
		}
		switch worst {
		case hosts.Soon:
			f.Severity = audit.Medium
		case hosts.Nearly:
			f.Severity = audit.High
		case hosts.Early, hosts.Expired, hosts.Valid:
		}
		p.Report(f)
	}),
}

// validities are the words of the text catalogue.
var validities = map[hosts.Validity]string{hosts.Soon: "soon", hosts.Nearly: "soon", hosts.Early: "early", hosts.Expired: "expired"}
