package fed

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// FED008Params say how long before the end of a certificate it is reported.
type FED008Params struct {
	Before time.Duration `yaml:"before"`
}

// FED008 finds applications in the tenant to which the servers on-premises can no longer prove who they are.
var FED008 = &audit.Rule{
	ID: "FED-008", Category: "fed", Severity: audit.High,
	Title: "Certificate of the servers' trust with the tenant expired or about to",
	Why: "Exchange and Skype for Business servers sign what they ask of the tenant with a certificate whose public half was uploaded to the tenant's application. Once the newest one " +
		"there has ended, calendars, free/busy times, voicemail and presence no longer cross between both sides.",
	Fix: "See whether the servers have a newer certificate already: Get-CsCertificate -Type OAuthTokenIssuer in Skype for Business Server, (Get-AuthConfig).CurrentCertificateThumbprint in " +
		"Exchange. If not, renew it there first. Then upload its public half to the application: run the Exchange hybrid configuration wizard again, or for Skype for Business " +
		"Update-MgServicePrincipal with the new certificate in keyCredentials, keeping the ones that are still valid.",
	Guards: "Of several certificates the one that lasts longest counts: old ones may stay. An application without certificates was never connected and is no finding. Within the time of the " +
		"parameter the severity is medium.",
	Refs: []audit.Ref{
		{Title: "Manage server-to-server authentication (OAuth) and partner applications in Skype for Business Server"}, {Title: "Microsoft Graph: servicePrincipal resource type"},
	},
	Message:  "{application}: the newest certificate of the servers {expiry} on {end}",
	Identity: []string{"tenant"},
	Needs:    []audit.Need{{Dataset: evidence.TenantPrincipals, Attributes: []string{"appId", "displayName", "keyCredentials"}}},
	Params:   func() any { return &FED008Params{Before: 30 * 24 * time.Hour} },
	Applies: func(p *audit.Pass) audit.Reason {
		for s := range p.Evidence.ServicePrincipals() {
			if len(verifying(s)) > 0 {
				return audit.Reason{}
			}
		}
		return audit.Because("noServerTrust")
	},
	Check: audit.Once(func(p *audit.Pass) {
		for s := range p.Evidence.ServicePrincipals() {
			if keys := verifying(s); len(keys) > 0 {
				judgeTrust(p, s, keys)
			}
		}
	}),
}

// verifying lists the certificates that servers sign in with, the one that lasts longest first.
func verifying(s evidence.ServicePrincipal) []evidence.KeyCredential {
	var keys []evidence.KeyCredential
	for k := range s.Keys() {
		if strings.EqualFold(k.Usage, "Verify") && !k.End.IsZero() {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b evidence.KeyCredential) int { return b.End.Compare(a.End) })
	return keys
}

func judgeTrust(p *audit.Pass, s evidence.ServicePrincipal, keys []evidence.KeyCredential) {
	f := audit.Finding{Subject: audit.ServiceSubject(s.App().String(), s.Name(), s.Tenant())}
	end, expiry := keys[0].End, "expired"
	if !end.Before(p.Now()) {
		if end.Sub(p.Now()) >= audit.Params[FED008Params](p).Before {
			return
		}
		expiry, f.Severity = "soon", audit.Medium
	}
	f.Args = []audit.Arg{
		audit.Str("application", s.Name()), audit.Str("expiry", expiry), audit.Str("end", end.Format(time.DateOnly)), audit.Str("tenant", s.Tenant()),
	}
	var shown []string
	for _, k := range keys {
		shown = append(shown, k.Start.Format(time.DateOnly)+" – "+k.End.Format(time.DateOnly)+" "+thumbprint(k.Thumbprint))
	}
	f.Evidence = []audit.Fact{{Name: "keyCredentials", Values: shown}}
	p.Report(f)
}

// thumbprint shows customKeyIdentifier as certificates show theirs; what is none stays as it is.
func thumbprint(base string) string {
	raw, err := base64.StdEncoding.DecodeString(base)
	if err != nil || len(raw) != 20 && len(raw) != 32 {
		return base
	}
	return strings.ToUpper(hex.EncodeToString(raw))
}
