package join

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// JOIN002 finds synchronised accounts whose directory object is gone.
var JOIN002 = &audit.Rule{
	ID: "JOIN-002", Category: "join", Severity: audit.Medium,
	Title: "Synchronised tenant account has no AD object any more",
	Why: "The orphan keeps its licence, its number and its addresses. Whoever gets a new AD account under the same name cannot be synchronised, because the " +
		"addresses are taken.",
	Fix: "Make sure first that synchronisation is healthy: while it is off or stale nothing may be deleted in the tenant. Then find out why the object is not deleted: it " +
		"left the scope of Microsoft Entra Connect, the threshold against accidental deletions holds the export back (Get-ADSyncExportDeletionThreshold), or it was " +
		"moved to a forest that is not synchronised. Let the next synchronisation delete the account, or turn it into a cloud account if it is still in use.",
	Guards: "Silent for guests, and when onPremisesDomainName names a domain of a forest that was not read. Not assessed when the configuration narrows the reading of " +
		"the directory: the object may be in the rest.",
	Refs:    []audit.Ref{{Title: "Troubleshoot errors during synchronization (Microsoft Entra Connect)"}},
	Message: "{upn} is synchronised, but no AD object of the forests that were read belongs to it",
	Needs: slices.Concat(
		audit.Whole(needs(nil, []string{"onPremisesDomainName"})),
		[]audit.Need{{Dataset: evidence.ADForests, Attributes: []string{"name", "domains"}}},
		licenceNeeds(),
		audit.Better([]audit.Need{{Dataset: evidence.TenantUsers, Attributes: []string{"onPremisesLastSyncDateTime", "onPremisesSamAccountName"}}}),
	),
	Check: audit.EachTenantUser(func(p *audit.Pass, u evidence.TenantUser) {
		if o, _ := p.Pairs().AD(u); u.Synced() != evidence.True || !o.IsZero() || p.TenantClass(u) == scope.Guest || elsewhere(p, u.OnPremDomain()) {
			return
		}
		p.Report(audit.Finding{
			Subject: audit.TenantSubject(u), Args: []audit.Arg{audit.Str("upn", u.UPN())},
			Evidence: append(audit.TenantFacts("", u, "userPrincipalName", "onPremisesDistinguishedName", "onPremisesDomainName", "onPremisesSamAccountName",
				"onPremisesImmutableId", "onPremisesLastSyncDateTime", "proxyAddresses"), licences(p, "", u)...),
		})
	}),
}

// elsewhere says that the AD domain is known and belongs to no forest that was read.
func elsewhere(p *audit.Pass, domain string) bool {
	if domain == "" {
		return false
	}
	for f := range p.Evidence.Forests() {
		if strings.EqualFold(f.Name(), domain) {
			return false
		}
		for d := range f.Domains() {
			if strings.EqualFold(d, domain) {
				return false
			}
		}
	}
	return true
}
