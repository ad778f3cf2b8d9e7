package join

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// JOIN005 finds people whom the tenant will not join with their cloud-only twin.
var JOIN005 = &audit.Rule{
	ID: "JOIN-005", Category: "join", Severity: audit.High,
	Title: "Matching is blocked",
	Why: "When the person is synchronised the tenant refuses to take the cloud account over (Existing Admin Role Conflict, InvalidHardMatch): the person gets a second, quarantined " +
		"account, or none, and stays doubled.",
	Fix: "Where the cloud account holds an administrator's role: better leave administrators in the cloud alone, and give the cloud account another name and address. Otherwise take " +
		"the role away, permanently delete the quarantined duplicate, run Start-ADSyncSyncCycle -PolicyType Delta, and give the role back after that. Where the tenant blocks " +
		"soft match: switch blockSoftMatchEnabled off (Update-MgDirectoryOnPremiseSynchronization) for the time of the matching only, and on again.",
	Guards: "Judged are the pairs of JOIN-004. Roles held through a group are not seen. What the tenant blocks can often not be read by an application: it counts as not checked then, and " +
		"the roles alone decide. A block of hard match alone is medium, since soft match is still possible.",
	Refs: []audit.Ref{
		{Title: "Troubleshoot synchronisation errors: Existing Admin Role Conflict"}, {Title: "Microsoft Graph: onPremisesDirectorySynchronizationFeature"},
		{Title: "Message center MC1262584"},
	},
	Message: "matching with {twin} is blocked: {blocked}",
	Needs: slices.Concat(
		needs([]string{"mail"}, nil),
		[]audit.Need{
			{
				Dataset: evidence.TenantRoles, Attributes: []string{"principalId", "roleDefinitionId"}, PartOK: true,
				Partly: []audit.Substitute{{Dataset: evidence.TenantSyncFeatures}},
			},
			{
				Dataset: evidence.TenantSyncFeatures, Optional: true,
				Attributes: []string{"features.blockSoftMatchEnabled", "features.blockCloudObjectTakeoverThroughHardMatchEnabled"},
			},
			{Dataset: evidence.TenantUsers, Attributes: []string{"accountEnabled", "mail", "createdDateTime"}, Optional: true},
			{Dataset: evidence.TenantTeamsUsers, Attributes: []string{"id", "accountType"}, Optional: true},
		},
		licenceNeeds(),
	),
	Identity: []string{"twinId"},
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		if u, _ := p.Pairs().Tenant(o); !u.IsZero() || !p.Scope().Synchronised(o) {
			return
		}
		byUPN, bySMTP := twins(p, o)
		blockedTwin(p, o, byUPN)
		if byUPN.IsZero() || bySMTP.IsZero() || byUPN.ID() != bySMTP.ID() {
			blockedTwin(p, o, bySMTP)
		}
	}),
}

// blockedTwin reports what keeps a cloud account from being matched with o.
func blockedTwin(p *audit.Pass, o evidence.ADObject, twin evidence.TenantUser) {
	if twin.IsZero() {
		return
	}
	var blocked, held []string
	for _, id := range p.Roles(twin.ID()) {
		held = append(held, roleName(id.String()))
	}
	if len(held) > 0 {
		blocked = append(blocked, "role")
	}
	soft, hard := p.Blocks(twin.Tenant())
	if soft {
		blocked = append(blocked, "softMatch")
	}
	if hard {
		blocked = append(blocked, "hardMatch")
	}
	if len(blocked) == 0 {
		return
	}
	f := audit.Finding{
		Subject: audit.ADSubject(o), Evidence: audit.ADFacts("", o, "userPrincipalName", "mail", "proxyAddresses", "userAccountControl", "whenCreated"),
		Args: []audit.Arg{audit.Str("twin", twin.UPN()), audit.Str("twinId", twin.ID().String()), audit.List("blocked", blocked)},
	}
	if len(held) == 0 && !soft {
		f.Severity = audit.Medium
	}
	f = withTwin(f, p, twin)
	if len(held) > 0 {
		slices.Sort(held)
		f.Evidence = append(f.Evidence, audit.Fact{Of: twin.ID().String(), Name: "roles", Values: slices.Compact(held)})
	}
	f.Evidence = append(f.Evidence, checked(p)...)
	p.Report(f)
}

// checked shows which kinds of matching the tenant blocks, or that nobody could look.
func checked(p *audit.Pass) []audit.Fact {
	var facts []audit.Fact
	for s := range p.Evidence.SyncFeatures() {
		facts = append(facts, features(s)...)
	}
	if len(facts) == 0 {
		return []audit.Fact{{Name: "features", Values: []string{"not checked"}}}
	}
	return facts
}
