package dom

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// teamsService is the service of a domain that carries Teams and Skype for Business.
const teamsService = "OfficeCommunicationsOnline"

// DOM003 finds SIP domains that are not enabled for Teams and Skype for Business.
var DOM003 = &audit.Rule{
	ID: "DOM-003", Category: "dom", Severity: audit.Medium,
	Title: "Domain not enabled for Teams/Skype",
	Why: "The domain is verified, but not for Teams and Skype for Business: accounts with a SIP address in it are not made, and people who are moved cannot sign in " +
		"with that address.",
	Fix: "Add the service OfficeCommunicationsOnline to the domain's supported services (Update-MgDomain -SupportedServices), or run Enable-CsOnlineSipDomain for it.",
	Guards: "Domains that no enabled SIP address uses are left alone, and so are subdomains whose verified parent has the service. A domain may be switched off on " +
		"purpose while several forests are consolidated (Disable-CsOnlineSipDomain): waive the finding until its turn comes.",
	Refs:    []audit.Ref{{Title: "Microsoft Graph: domain resource type"}, {Title: "Cloud consolidation for Teams and Skype for Business"}},
	Message: "{domain} is not enabled for Teams and Skype for Business; enabled SIP addresses in it: {count}",
	Needs: slices.Concat(
		[]audit.Need{{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isVerified", "isRoot", "supportedServices"}}},
		audit.OfADObjects("msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled"),
	),
	Applies: func(p *audit.Pass) audit.Reason { return p.WithoutSIP() },
	Check: audit.EachDomain(func(p *audit.Pass, d evidence.Domain) {
		if !d.Verified() || supportsTeams(d) {
			return
		}
		s := audit.DomainSubject(d.ID())
		use := p.Domains().Of(s.Key)
		if use.SIPEnabled == 0 || d.Root() == evidence.False && parentSupportsTeams(p, s.Key) {
			return
		}
		f := audit.Finding{
			Subject: s, Attribute: "supportedServices", Value: strings.Join(slices.Collect(d.Services()), ", "),
			Args: []audit.Arg{audit.Str("domain", s.Key), audit.Num("count", use.SIPEnabled)},
		}
		if services := slices.Collect(d.Services()); len(services) > 0 {
			f.Evidence = []audit.Fact{{Name: "supportedServices", Values: services}}
		}
		p.Report(f)
	}),
}

func supportsTeams(d evidence.Domain) bool {
	for s := range d.Services() {
		if strings.EqualFold(s, teamsService) {
			return true
		}
	}
	return false
}

// parentSupportsTeams looks at the verified domains that a subdomain lies in.
func parentSupportsTeams(p *audit.Pass, domain string) bool {
	for {
		_, parent, ok := strings.Cut(domain, ".")
		if !ok {
			return false
		}
		if d, ok := p.Verified(parent); ok && supportsTeams(d) {
			return true
		}
		domain = parent
	}
}
