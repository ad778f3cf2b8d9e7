// Package fed holds the rules about federated sign-in and about reaching other organisations.
package fed

import (
	"net/url"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// federated says that people with names in a verified domain sign in at a federation service.
func federated(d evidence.Domain) bool {
	return d.Verified() && strings.EqualFold(d.Authentication(), "Federated")
}

// whenFederated lets a rule judge only tenants that have a federated domain.
func whenFederated(p *audit.Pass) audit.Reason {
	for d := range p.Evidence.Domains() {
		if federated(d) {
			return audit.Reason{}
		}
	}
	return audit.Because("noFederation")
}

// domainNeeds are the domains with how people sign in.
func domainNeeds() audit.Need {
	return audit.Need{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isVerified", "authenticationType"}}
}

// settings are the federation settings by domain.
type settings map[string]evidence.Federation

func newSettings(p *audit.Pass) settings {
	all := settings{}
	for f := range p.Evidence.Federations() {
		all[key(f.Tenant(), f.Domain())] = f
	}
	return all
}

func key(tenant, domain string) string {
	return strings.ToLower(tenant) + "\x00" + address.DomainKey(domain)
}

// of gives the settings of a federated domain that has its own. A subdomain has those of the domain that it lies in: it is judged there, and not again.
func (s settings) of(d evidence.Domain) (evidence.Federation, bool) {
	f, ok := s[key(d.Tenant(), d.ID())]
	return f, ok && federated(d)
}

// serviceHost is the host of the federation service when that is AD FS: other products have other paths.
func serviceHost(f evidence.Federation) string {
	u, err := url.Parse(strings.TrimSpace(f.PassiveURI()))
	if err != nil || u.Scheme != "https" || !strings.HasPrefix(strings.ToLower(u.Path), "/adfs/") {
		return ""
	}
	return strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
}
