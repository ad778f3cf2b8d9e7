package adr

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/owners"
	"hybridaudit/sources/evidence"
)

// ADR002 finds sign-in names that more than one user has.
var ADR002 = &audit.Rule{
	ID: "ADR-002", Category: "adr", Severity: audit.Critical,
	Title: "userPrincipalName used twice",
	Why: "A sign-in name is unique in the tenant. Of two users with the same userPrincipalName one gets a name with four digits at the tenant's onmicrosoft.com domain " +
		"and cannot sign in with the name that it knows.",
	Fix: "Decide who keeps the name, and give the other one a new one with Set-ADUser -UserPrincipalName. Let directory synchronisation run, and check the sign-in " +
		"name in the tenant: it may have to be changed there too.",
	Guards: "Accounts left by replication conflicts and system accounts own nothing. Two accounts of which one names the other's SID as its login account are one " +
		"person. Letter case makes no difference.",
	Refs:     []audit.Ref{{Title: "Identity synchronization and duplicate attribute resiliency"}, {Title: "IdFix"}},
	Message:  "{upn} is also the userPrincipalName of {others}",
	Identity: []string{"upn"},
	Needs:    slices.Concat(audit.OfADUsers(append(owners.PersonAttributes(), "userPrincipalName")...), tenantAccounts),
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		owners.UPN.Each(o, func(upn string) {
			index := p.Owners(owners.UPN)
			if !index.Shared(upn) {
				return
			}
			others := slices.DeleteFunc(owners.Others(o, index.Holders(upn)), func(h evidence.ADObject) bool { return h.Dataset() != evidence.ADUsers })
			if len(others) == 0 {
				return
			}
			f := p.Conflict(o, others, "userPrincipalName", "sAMAccountName")
			f.Attribute, f.Value = "userPrincipalName", o.UPN()
			f.Args = []audit.Arg{audit.Str("upn", upn), audit.List("others", audit.Names(o, others))}
			p.Report(f)
		})
	}),
}
