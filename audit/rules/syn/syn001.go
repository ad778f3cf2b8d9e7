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
		if p.Evidence.State(evidence.TenantUsers) != evidence.Complete || inUse(p) {
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
		users, elsewhere := p.Evidence.Rows(evidence.ADUsers), false
		for o := range p.Evidence.Organizations() {
			elsewhere = elsewhere || o.SyncEnabled() == evidence.True
		}
		for o := range p.Evidence.Organizations() {
			if o.SyncEnabled() == evidence.True {
				continue
			}
			// Of several tenants that one need not synchronise a directory that another one does.
			if synced := syncedUsers(p, o.Tenant()); synced > 0 || users > 0 && !elsewhere {
				off(p, o, users, synced)
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

// inUse says that a directory was read, or that accounts came from one.
func inUse(p *audit.Pass) bool {
	if p.Evidence.Rows(evidence.ADUsers) > 0 {
		return true
	}
	for o := range p.Evidence.Organizations() {
		if syncedUsers(p, o.Tenant()) > 0 {
			return true
		}
	}
	return false
}

// syncedUsers counts the accounts of a tenant that came from a directory.
func syncedUsers(p *audit.Pass, tenant string) int {
	n := 0
	for u := range p.Evidence.TenantUsers() {
		if u.Synced() == evidence.True && u.Tenant() == tenant {
			n++
		}
	}
	return n
}
