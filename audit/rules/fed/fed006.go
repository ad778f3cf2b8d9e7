package fed

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/join"
	"hybridaudit/audit/owners"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// FED006 finds people of federated domains whom the tenant cannot recognise by a token.
var FED006 = &audit.Rule{
	ID: "FED-006", Category: "fed", Severity: audit.High,
	Title: "Federated person lacks what the token needs",
	Why: "The federation service names the person by the source anchor. The tenant finds no account that has it and refuses the sign-in, although the password was right and the " +
		"token is good.",
	Fix: "For a synchronised person let Entra Connect write the source anchor again: check that mS-DS-ConsistencyGuid or objectGUID flows to it, and run Start-ADSyncSyncCycle -PolicyType " +
		"Initial. For an account of the cloud alone give it a user principal name in a managed domain (Update-MgUser -UserId <id> -UserPrincipalName <name>), or make it the tenant " +
		"half of a directory account.",
	Guards: "An anchor that belongs to another account is JOIN-003, different sign-in names are JOIN-006, and an account beside a directory user who is not synchronised is JOIN-004: none of " +
		"them is said again. Guests, resource accounts and disabled accounts are left alone. Members of groups in staged rollout sign in without the federation service: waive their findings.",
	Refs:    []audit.Ref{{Title: "Microsoft Entra hybrid identity: federation"}, {Title: "Microsoft Entra Connect: design concepts, sourceAnchor"}},
	Message: "signs in with the federated domain {domain}, but the account has no source anchor (onPremisesImmutableId)",
	Needs: []audit.Need{
		domainNeeds(),
		{Dataset: evidence.TenantUsers, Attributes: slices.Concat(scope.TenantAttributes(), join.TenantAttributes(), []string{"accountEnabled"})},
		{Dataset: evidence.ADUsers, Attributes: slices.Concat(scope.Attributes(), join.ADAttributes())},
		{Dataset: evidence.TenantTeamsUsers, Attributes: []string{"accountType"}, Optional: true},
	},
	Applies: whenFederated,
	Check: audit.EachTenantUser(func(p *audit.Pass, u evidence.TenantUser) {
		if u.ImmutableID() != "" || u.Enabled() == evidence.False {
			return
		}
		d, ok := p.Verified(address.Domain(u.UPN()))
		if !ok || !federated(d) || p.TenantClass(u) != scope.Member {
			return
		}
		o, _ := p.Pairs().AD(u)
		if o.IsZero() && besideUnsynchronised(p, u) {
			return
		}
		f := audit.Finding{
			Subject: audit.TenantSubject(u), Attribute: "onPremisesImmutableId", Args: []audit.Arg{audit.Str("domain", address.DomainKey(d.ID()))},
			Evidence: audit.TenantFacts("", u, "userPrincipalName", "onPremisesSyncEnabled", "createdDateTime"),
		}
		if !o.IsZero() {
			f.Related, f.Subject, f.Attribute = []audit.Subject{f.Subject}, audit.ADSubject(o), "mS-DS-ConsistencyGuid"
			f.Evidence = append(audit.ADFacts("", o, "userPrincipalName", "objectGUID", "mS-DS-ConsistencyGuid"),
				audit.TenantFacts(u.ID().String(), u, "userPrincipalName", "onPremisesSyncEnabled")...)
		}
		p.Report(f)
	}),
}

// besideUnsynchronised says that a directory user has the name or an address of an account of the cloud alone.
func besideUnsynchronised(p *audit.Pass, u evidence.TenantUser) bool {
	if u.Synced() == evidence.True {
		return false
	}
	if len(p.Owners(owners.UPN).Holders(address.Fold(u.UPN()))) > 0 {
		return true
	}
	for v := range u.ProxyAddresses() {
		if a := address.ParseProxy(v); a.Kind == address.SMTP && len(p.Owners(owners.SMTP).Holders(address.Fold(a.Value))) > 0 {
			return true
		}
	}
	return false
}
