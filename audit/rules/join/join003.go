package join

import (
	"slices"

	"hybridaudit/audit"
	pairing "hybridaudit/audit/join"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// JOIN003 finds pairs that belong together by other signs than the source anchor.
var JOIN003 = &audit.Rule{
	ID: "JOIN-003", Category: "join", Severity: audit.High,
	Title: "Source anchor does not match",
	Why: "After a forest migration, for a re-created account or after a change of the anchor attribute, synchronisation takes the two for different people: it reports " +
		"InvalidSoftMatch or makes a second account, and federated sign-in fails.",
	Fix: "Work out which account is the real one. If both are the same person, write the tenant's anchor (the GUID form of onPremisesImmutableId) into " +
		"mS-DS-ConsistencyGuid of the AD object, never the other way round, and run Start-ADSyncSyncCycle -PolicyType Delta. Since July 2026 the service refuses to map " +
		"an on-premises identifier that is mapped already; such a case needs the documented reset by an administrator.",
	Guards: "Both anchors that Microsoft Entra Connect can use, mS-DS-ConsistencyGuid and objectGUID, are compared before anything is reported. Silent for accounts " +
		"without onPremisesImmutableId.",
	Refs:    []audit.Ref{{Title: "Microsoft Entra Connect: when you already have Microsoft Entra ID"}, {Title: "MC1263280 (hard-match hardening)"}},
	Message: "recognised by {joinedBy}, but the source anchor is {tenantAnchor} in the tenant and {anchor} in AD",
	Needs:   needs(nil, nil),
	Check: audit.EachPair(func(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
		_, by := p.Pairs().Tenant(o)
		anchors := pairing.Anchors(o)
		if by == pairing.ByAnchor || u.ImmutableID() == "" || slices.Contains(anchors, u.ImmutableID()) {
			return
		}
		f := pair(o, u, []string{"objectGUID", "mS-DS-ConsistencyGuid", "objectSid", "distinguishedName", "userPrincipalName"},
			[]string{"onPremisesImmutableId", "onPremisesSecurityIdentifier", "onPremisesDistinguishedName", "userPrincipalName", "onPremisesSyncEnabled"})
		f.Attribute, f.Value = "mS-DS-ConsistencyGuid", anchors[0]
		f.Args = []audit.Arg{audit.Str("joinedBy", by.String()), audit.Str("tenantAnchor", u.ImmutableID()), audit.Str("anchor", anchors[0])}
		f.Evidence = append(f.Evidence, audit.Fact{Name: "anchors", Values: anchors})
		if guid, err := directory.GUIDFromBase64(u.ImmutableID()); err == nil {
			f.Evidence = append(f.Evidence, audit.Fact{Of: u.ID().String(), Name: "anchorGUID", Values: []string{guid.String()}})
		}
		p.Report(f)
	}),
}
