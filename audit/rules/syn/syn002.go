package syn

import (
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// SYN002Params are the ages of the last synchronisation from which on it is stale.
type SYN002Params struct {
	StaleAfter time.Duration `yaml:"staleAfter"` // medium
	High       time.Duration `yaml:"high"`
	Critical   time.Duration `yaml:"critical"` // a full synchronisation is needed
}

// SYN002 finds tenants to which nothing has been synchronised for too long.
var SYN002 = &audit.Rule{
	ID: "SYN-002", Category: "syn", Severity: audit.High,
	Title: "Synchronisation stale",
	Why: "What is put right in Active Directory does not take effect in the tenant. The usual cycle is 30 minutes; after seven days without one, the changes in " +
		"between can be lost and a full synchronisation is needed.",
	Fix: "On the Entra Connect server look at Get-ADSyncScheduler (is SyncCycleEnabled True, is the server in staging mode), the service Microsoft Azure AD Sync, the " +
		"credentials of the connectors, and the version. Close the Entra Connect wizard, which suspends the scheduler. Then run Start-ADSyncSyncCycle -PolicyType Delta, " +
		"after more than seven days -PolicyType Initial.",
	Guards: "The limits are parameters; none is shorter than two synchronisation cycles of the configured interval. Tenants without directory synchronisation are left " +
		"to SYN-001.",
	Refs:    []audit.Ref{{Title: "Microsoft Entra Connect Sync: Scheduler"}},
	Message: "last directory synchronisation: {last} (stale after {limit})",
	Needs:   []audit.Need{{Dataset: evidence.TenantOrganization, Attributes: []string{"id", "onPremisesSyncEnabled", "onPremisesLastSyncDateTime"}}},
	Params: func() any {
		return &SYN002Params{StaleAfter: 3 * time.Hour, High: 24 * time.Hour, Critical: 7 * 24 * time.Hour}
	},
	Applies: func(p *audit.Pass) audit.Reason {
		for o := range p.Evidence.Organizations() {
			if o.SyncEnabled() == evidence.True {
				return audit.Reason{}
			}
		}
		return audit.Because("noSync")
	},
	Check: audit.Once(func(p *audit.Pass) {
		for o := range p.Evidence.Organizations() {
			if o.SyncEnabled() == evidence.True {
				stale(p, o)
			}
		}
	}),
}

func stale(p *audit.Pass, o evidence.Organization) {
	params := audit.Params[SYN002Params](p)
	f := audit.Finding{Subject: audit.TenantItself(o), Attribute: "onPremisesLastSyncDateTime"}
	limit := max(params.StaleAfter, 2*p.Cycle())
	if o.LastSync().IsZero() {
		f.Severity, f.Args = audit.High, []audit.Arg{audit.Str("last", "never"), audit.Str("limit", short(limit))}
		p.Report(f)
		return
	}
	age := p.Now().Sub(o.LastSync())
	switch {
	case age > max(params.Critical, limit):
		f.Severity = audit.Critical
	case age > max(params.High, limit):
		f.Severity = audit.High
	case age > limit:
		f.Severity = audit.Medium
	default:
		return
	}
	f.Value = o.LastSync().Format(time.RFC3339)
	f.Args = []audit.Arg{audit.At("last", o.LastSync()), audit.Str("limit", short(limit))}
	f.Evidence = []audit.Fact{
		{Name: "onPremisesLastSyncDateTime", Values: []string{f.Value}}, {Name: "age", Values: []string{short(age.Truncate(time.Minute))}},
	}
	p.Report(f)
}

// short prints 3h and 1h30m where time.Duration prints 3h0m0s and 1h30m0s.
func short(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if n := len(text) - len(zero) + 1; n > 0 && text[n-1:] == zero {
			text = text[:n]
		}
	}
	return text
}
