package join

import (
	"slices"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// kept is how long a tenant keeps a deleted user.
const kept = 30 * 24 * time.Hour

// JOIN011 finds people in whose way a deleted account stands.
var JOIN011 = &audit.Rule{
	ID: "JOIN-011", Category: "join", Severity: audit.High,
	Title: "A deleted account still holds the address",
	Why: "For 30 days a deleted account keeps its sign-in name, its addresses and its source anchor. Whoever was created again cannot get the old address, or is refused with " +
		"InvalidHardMatch.",
	Fix: "If the deleted account belonged to the same person, restore it (Restore-MgDirectoryDeletedItem -DirectoryObjectId <id>) and let synchronisation join it; mailbox and number come " +
		"back with it. Otherwise delete it permanently (Remove-MgDirectoryDeletedItem -DirectoryObjectId <id>) after asking whether its mailbox is still needed. Then run " +
		"Start-ADSyncSyncCycle -PolicyType Delta. Without either the service deletes it by itself when the days are over.",
	Guards: "Judged are people, rooms and mailboxes that should be in the tenant and are not, and accounts with a value that synchronisation refused (JOIN-009) and the deleted account holds. " +
		"Silent within two synchronisation cycles after the AD object was created. The service strips some addresses of deleted accounts, so that none is found proves nothing.",
	Refs: []audit.Ref{
		{Title: "Troubleshoot synchronisation errors: InvalidHardMatch"}, {Title: "Microsoft Graph: deleted items", URL: "https://learn.microsoft.com/graph/api/directory-deleteditems-list"},
	},
	Message:  "the deleted account {deleted} holds the {property} {value}; deleted {at}, kept for up to {days} more days",
	Identity: []string{"deletedId"},
	Variants: []audit.Variant{
		{
			Code: "A", Message: "the deleted account {deleted} is this person's own by the {property} {value}; deleted {at}, kept for up to {days} more days",
			Fix: "The source anchor says that the deleted account is the tenant's side of this very AD object: do not delete it permanently, mailbox and number would be lost. Find out why " +
				"synchronisation left the object out (an organisational unit or a filter of Microsoft Entra Connect), put that right and run Start-ADSyncSyncCycle -PolicyType Initial: the " +
				"export restores the account. Or restore it first (Restore-MgDirectoryDeletedItem -DirectoryObjectId <id>) and let synchronisation join it.",
		},
	},
	Needs: slices.Concat(
		needs([]string{"mail", "whenCreated"}, []string{"onPremisesProvisioningErrors"}),
		[]audit.Need{{
			Dataset: evidence.TenantDeletedUsers, PartOK: true,
			Attributes: []string{"id", "userPrincipalName", "mail", "proxyAddresses", "onPremisesImmutableId", "deletedDateTime"},
		}},
	),
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		if p.Former().None() {
			return
		}
		u, _ := p.Pairs().Tenant(o)
		if !u.IsZero() {
			refusedFor(p, o, u)
			return
		}
		if !p.Scope().Synchronised(o) || p.Now().Sub(o.Created()) <= 2*p.Cycle() {
			return
		}
		deleted, claims := p.Former().Standing(o)
		for i, d := range deleted {
			f := audit.Finding{
				Subject: audit.ADSubject(o), Evidence: audit.ADFacts("", o, "userPrincipalName", "mail", "proxyAddresses", "mS-DS-ConsistencyGuid", "whenCreated"),
			}
			if claims[i].Property == "onPremisesImmutableId" {
				f.Variant = "A"
			}
			inTheWay(p, f, d, claims[i].Property, claims[i].Value)
		}
	}),
}

// refusedFor reports the deleted accounts that hold what synchronisation refused to a joined person, each once.
func refusedFor(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
	var said []directory.GUID
	for _, e := range conflicts(u.SyncErrors()) {
		for _, d := range p.Former().Refused(u.Tenant(), e) {
			if slices.Contains(said, d.ID()) {
				continue
			}
			said = append(said, d.ID())
			property := attribute(e)
			if property == "" {
				property = "proxyAddresses"
			}
			f := pair(o, u, []string{"userPrincipalName", "proxyAddresses", "mail", "whenCreated"}, []string{"userPrincipalName", "proxyAddresses"})
			inTheWay(p, f, d, property, e.Value)
		}
	}
}

// inTheWay reports one deleted account.
func inTheWay(p *audit.Pass, f audit.Finding, d evidence.DeletedUser, property, value string) {
	s := audit.DeletedSubject(d)
	f.Related = append(f.Related, s)
	f.Evidence = append(f.Evidence, deletedFacts(s.Key, d)...)
	if property != "onPremisesImmutableId" {
		f.Attribute = property
		f.Value = value
	}
	at, left := audit.Str("at", "unknown"), kept
	if !d.Deleted().IsZero() {
		at, left = audit.At("at", d.Deleted()), min(kept, max(0, d.Deleted().Add(kept).Sub(p.Now())))
	}
	f.Args = []audit.Arg{
		audit.Str("deleted", s.UPN), audit.Str("deletedId", s.Key), audit.Str("property", property), audit.Str("value", value), at,
		audit.Num("days", int((left+24*time.Hour-1)/(24*time.Hour))),
	}
	p.Report(f)
}
