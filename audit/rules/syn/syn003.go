package syn

import (
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// SYN003Params say from which age on the last synchronisation of passwords is stale.
type SYN003Params struct {
	StaleAfter time.Duration `yaml:"staleAfter"`
}

// SYN003 finds tenants to which no password hashes have come for too long.
var SYN003 = &audit.Rule{
	ID: "SYN-003", Category: "syn", Severity: audit.Medium,
	Title: "Password hash synchronisation stale",
	Why: "Old passwords keep working in the cloud and new ones do not: people who change theirs are told that user name or password is wrong, and an account that was taken over " +
		"stays open.",
	Fix: "On the Entra Connect server look for errors of the source Directory Synchronization in the application log (611, 656, 657) and run the troubleshooting task for password hash " +
		"synchronisation. The connector account needs Replicating Directory Changes and Replicating Directory Changes All in every domain. Restart the service Microsoft Azure AD Sync, and " +
		"start a full password synchronisation for the connector if changes do not come.",
	Guards: "Silent unless the tenant says that password hashes are synchronised: with federation or pass-through authentication alone there is nothing to be stale. Tenants without directory " +
		"synchronisation are SYN-001, and when passwords stopped together with everything else that is SYN-002, which is not said again. In a small organisation nobody may change a password for hours: the " +
		"service notes a heartbeat all the same.",
	Refs:    []audit.Ref{{Title: "Troubleshoot password hash synchronization with Microsoft Entra Connect Sync"}},
	Message: "last synchronisation of password hashes: {last} (stale after {limit})",
	Needs: []audit.Need{
		{Dataset: evidence.TenantOrganization, Attributes: []string{"id", "onPremisesSyncEnabled", "onPremisesLastSyncDateTime"}},
		{Dataset: evidence.TenantLimits, Attributes: []string{"id", "onPremisesLastPasswordSyncDateTime"}},
		// Most applications may not read the features. Nothing is judged then, and the reason says so.
		{Dataset: evidence.TenantSyncFeatures, Attributes: []string{"features.passwordSyncEnabled"}, Optional: true},
	},
	Params: func() any { return &SYN003Params{StaleAfter: 3 * time.Hour} },
	Applies: func(p *audit.Pass) audit.Reason {
		why := "passwordSyncOff"
		for o := range p.Evidence.Organizations() {
			switch flow := passwordsFlow(p, o); {
			case o.SyncEnabled() != evidence.True:
			case flow == evidence.True:
				return audit.Reason{}
			case flow == evidence.Absent:
				why = "passwordSyncUnknown"
			}
		}
		return audit.Because(why)
	},
	Check: audit.Once(func(p *audit.Pass) {
		for o := range p.Evidence.Organizations() {
			if o.SyncEnabled() == evidence.True && passwordsFlow(p, o) == evidence.True {
				stalePasswords(p, o)
			}
		}
	}),
}

// passwordsFlow says whether a tenant gets password hashes; absent when it did not tell.
func passwordsFlow(p *audit.Pass, o evidence.Organization) evidence.Tri {
	for f := range p.Evidence.SyncFeatures() {
		if f.Tenant() == o.Tenant() {
			return f.PasswordSync()
		}
	}
	return evidence.Absent
}

func stalePasswords(p *audit.Pass, o evidence.Organization) {
	limit := max(audit.Params[SYN003Params](p).StaleAfter, 2*p.Cycle())
	l, ok := limitsOf(p, o)
	if !ok || !l.PasswordSync().IsZero() && p.Now().Sub(l.PasswordSync()) <= limit {
		return
	}
	if p.Now().Sub(o.LastSync()) > limit && !l.PasswordSync().Before(o.LastSync().Add(-limit)) {
		return // everything stopped at the same time: SYN-002
	}
	f := audit.Finding{Subject: audit.TenantItself(o), Args: []audit.Arg{audit.Str("last", "never"), audit.Str("limit", short(limit))}}
	f.Evidence = []audit.Fact{
		{Name: "features.passwordSyncEnabled", Values: []string{"true"}}, {Name: "onPremisesLastSyncDateTime", Values: []string{o.LastSync().Format(time.RFC3339)}},
	}
	if at := l.PasswordSync(); !at.IsZero() {
		f.Value = at.Format(time.RFC3339)
		f.Args[0] = audit.At("last", at)
		f.Evidence = append(f.Evidence, audit.Fact{Name: "onPremisesLastPasswordSyncDateTime", Values: []string{f.Value}},
			audit.Fact{Name: "age", Values: []string{short(p.Now().Sub(at).Truncate(time.Minute))}})
	}
	p.Report(f)
}

// limitsOf gives the limits of a tenant.
func limitsOf(p *audit.Pass, o evidence.Organization) (evidence.Limits, bool) {
	for l := range p.Evidence.Limits() {
		if l.Tenant() == o.Tenant() {
			return l, true
		}
	}
	return evidence.Limits{}, false
}
