// Package syn holds the rules about directory synchronisation.
package syn

import (
	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// SYN001 finds tenants whose directory synchronisation is off although a directory is in use.
var SYN001 = &audit.Rule{
	ID: "SYN-001", Category: "syn", Severity: audit.High,
	Title: "Directory synchronisation off",
	Why: "No change that is made in Active Directory arrives in the tenant. Whatever is put right in the directory makes no difference for the tenant until " +
		"synchronisation is on.",
	Fix: "Set up Entra Connect or cloud synchronisation, or switch synchronisation on again. If the organisation means to leave its directory behind, convert the " +
		"accounts to cloud accounts deliberately and take the directory out of this audit.",
	Guards: "Organisations without a directory, and without accounts that came from one, have nothing to synchronise. Of several tenants one without synchronised " +
		"accounts is left alone when another one synchronises.",
	Refs:    []audit.Ref{{Title: "KB 10133"}, {Title: "What is Microsoft Entra Connect?"}},
	Message: "directory synchronisation is off, but a directory is in use: {directoryUsers} directory users read, {syncedUsers} synchronised tenant users",
	Needs: []audit.Need{
		{Dataset: evidence.TenantOrganization, Attributes: []string{"id", "onPremisesSyncEnabled"}},
		{Dataset: evidence.TenantUsers, Attributes: []string{"onPremisesSyncEnabled"}, PartOK: true},
		{Dataset: evidence.ADUsers, Optional: true},
	},
	Applies: func(p *audit.Pass) audit.Reason {
		if p.Evidence.State(evidence.TenantUsers) != evidence.Complete || p.Evidence.Rows(evidence.ADUsers) > 0 || len(syncedUsers(p)) > 0 {
			return audit.Reason{}
		}
		for o := range p.Evidence.Organizations() {
			if o.SyncEnabled() == evidence.True {
				return audit.Reason{}
			}
		}
		return audit.Because("cloudOnly")
	},
	Check: audit.Once(func(p *audit.Pass) {
		users, synced, elsewhere := p.Evidence.Rows(evidence.ADUsers), syncedUsers(p), false
		for o := range p.Evidence.Organizations() {
			elsewhere = elsewhere || o.SyncEnabled() == evidence.True
		}
		for o := range p.Evidence.Organizations() {
			if o.SyncEnabled() == evidence.True {
				continue
			}
			// Of several tenants that one need not synchronise a directory that another one does.
			if n := synced[o.Tenant()]; n > 0 || users > 0 && !elsewhere {
				off(p, o, users, n)
			}
		}
	}),
}

func off(p *audit.Pass, o evidence.Organization, users, synced int) {
	f := audit.Finding{
		Subject: audit.TenantItself(o), Attribute: "onPremisesSyncEnabled",
		Args: []audit.Arg{audit.Num("directoryUsers", users), audit.Num("syncedUsers", synced)},
	}
	if o.SyncEnabled() == evidence.False {
		f.Value = "false"
		f.Evidence = []audit.Fact{{Name: "onPremisesSyncEnabled", Values: []string{"false"}}}
	}
	p.Report(f)
}

// syncedUsers counts the accounts that came from a directory, by tenant.
func syncedUsers(p *audit.Pass) map[string]int {
	n := map[string]int{}
	for u := range p.Evidence.TenantUsers() {
		if u.Synced() == evidence.True {
			n[u.Tenant()]++
		}
	}
	return n
}
