package hosts

import (
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
)

// MicrosoftIssuers are the organisations that issue certificates of Microsoft's hosts, as of 2026.
func MicrosoftIssuers() []string { return []string{"Microsoft Corporation", "DigiCert Inc"} }

// Rootless says that the host that looked from a place knows no public roots: not even those of Microsoft's hosts, which show what they should, and nothing that it saw is
// trusted by its system. What leads to no root that is known there says nothing then.
func (x *Index) Rootless(site string) bool {
	genuine := false
	for _, h := range x.hosts {
		for _, t := range h.Served() {
			if t.Site != site {
				continue
			}
			if t.Trust == evidence.TrustSystem || t.Trust == evidence.TrustCompleted {
				return false
			}
			leaf, ok := x.Certificate(site, t.Chain[0])
			genuine = genuine || ok && h.For(evidence.ForMicrosoft) && t.Trust == evidence.TrustNone &&
				slices.ContainsFunc(MicrosoftIssuers(), func(o string) bool { return strings.EqualFold(o, strings.TrimSpace(leaf.IssuerOrg)) })
		}
	}
	return genuine
}
