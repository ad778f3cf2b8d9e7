package join

import (
	"slices"

	"hybridaudit/audit"
	pairing "hybridaudit/audit/join"
	"hybridaudit/audit/owners"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// JOIN001 finds people whom synchronisation should have carried to the tenant and has not.
var JOIN001 = &audit.Rule{
	ID: "JOIN-001", Category: "join", Severity: audit.High,
	Title: "In-scope person has no tenant account",
	Why:   "Without an account in the tenant the person cannot sign in to anything there, and Move-CsUser fails.",
	Fix: "Check in Microsoft Entra Connect whether the person's OU, domain or an attribute filter keeps the object out, and whether its export shows an error " +
		"(Synchronization Service Manager, or Get-ADSyncCSObject for the distinguished name). Repair an address that somebody else holds and a user principal name that " +
		"the tenant refuses. Then run Start-ADSyncSyncCycle -PolicyType Delta.",
	Guards: "Judged are enabled accounts of people with SIP or mail, in the configured scope. Silent within two synchronisation cycles after the object was created, for " +
		"system accounts and objects left by replication conflicts, and when a cloud-only account looks like the same person (JOIN-004).",
	Refs:    []audit.Ref{{Title: "Microsoft Entra Connect Sync: configure filtering"}},
	Message: "no tenant account belongs to this person; likely reason: {guess}",
	Needs: slices.Concat(
		needs([]string{"mail", "whenCreated"}, nil),
		audit.Better([]audit.Need{{Dataset: evidence.ADUsers, Attributes: []string{"msRTCSIP-PrimaryUserAddress"}}}),
		otherOwnerNeeds("mail", "proxyAddresses"),
		[]audit.Need{
			{Dataset: evidence.TenantUsers, Whole: true},
			{Dataset: evidence.TenantTeamsUsers, Attributes: []string{"id", "accountType"}, Optional: true},
		},
	),
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		if u, _ := p.Pairs().Tenant(o); !u.IsZero() || p.Scope().Class(o) != scope.Person || !p.Scope().Synchronised(o) || p.Now().Sub(o.Created()) <= 2*p.Cycle() {
			return
		}
		if byUPN, bySMTP := twins(p, o); !byUPN.IsZero() || !bySMTP.IsZero() {
			return
		}
		p.Report(audit.Finding{
			Subject: audit.ADSubject(o), Args: []audit.Arg{audit.List("guess", guess(p, o))},
			Evidence: audit.ADFacts("", o, "distinguishedName", "userPrincipalName", "mail", "proxyAddresses", "msRTCSIP-PrimaryUserAddress", "whenCreated"),
		})
	}),
}

// twins gives the cloud-only accounts that soft match would take for o. Resource accounts are nobody's.
func twins(p *audit.Pass, o evidence.ADObject) (byUPN, bySMTP evidence.TenantUser) {
	byUPN, bySMTP = p.Pairs().Twins(o)
	if !byUPN.IsZero() && p.TenantClass(byUPN) == scope.ResourceAccount {
		byUPN = evidence.TenantUser{}
	}
	if !bySMTP.IsZero() && p.TenantClass(bySMTP) == scope.ResourceAccount {
		bySMTP = evidence.TenantUser{}
	}
	return byUPN, bySMTP
}

// guess lists codes for what may keep the object from the tenant.
func guess(p *audit.Pass, o evidence.ADObject) []string {
	var reasons []string
	if address.UPNProblem(o.UPN()).Serious() {
		reasons = append(reasons, "upn")
	}
	upn := address.Fold(o.UPN())
	smtp := pairing.PrimarySMTP(o.ProxyAddresses())
	if upn != "" && len(owners.Others(o, p.Owners(owners.UPN).Holders(upn))) > 0 || smtp != "" && len(owners.Others(o, p.Owners(owners.SMTP).Holders(smtp))) > 0 {
		reasons = append(reasons, "shared")
	}
	if len(reasons) == 0 {
		return []string{"filter"}
	}
	return reasons
}
