package join

import (
	"slices"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// JOIN012 finds accounts that are open on one side and blocked on the other.
var JOIN012 = &audit.Rule{
	ID: "JOIN-012", Category: "join", Severity: audit.Medium,
	Title: "Account enabled on one side only",
	Why: "A person who is enabled in AD and blocked in the tenant can sign in neither to the portal nor to Teams. The other way round, somebody who has left the " +
		"organisation can still sign in to the tenant.",
	Fix: "Find out who blocked or opened the account, and why (audit log of the tenant, change log of AD). Then set both sides alike: Enable-ADAccount or Disable-ADAccount " +
		"in AD, and Update-MgUser -UserId <id> -AccountEnabled in the tenant. Check that the object synchronises, since AD overrides the tenant's value with every export.",
	Guards: "Only accounts of people: mailboxes of rooms, equipment and teams, and the disabled half of a linked pair, are blocked on purpose. Silent while the AD object was " +
		"changed within the last two synchronisation cycles.",
	Refs:    []audit.Ref{{Title: "KB 2412085"}, {Title: "KB 3063407"}},
	Message: "{inAD} in AD, {inTenant} in the tenant",
	Needs: slices.Concat(
		needs([]string{"whenChanged"}, []string{"accountEnabled"}),
		licenceNeeds(),
		audit.Better(audit.OfADUsers("lastLogonTimestamp")),
	),
	Check: audit.EachPair(func(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
		if u.Enabled() == evidence.Absent || o.Disabled() == (u.Enabled() == evidence.False) || !p.Settled(o) || p.Scope().Class(o) != scope.Person {
			return
		}
		if len(o.Attribute("userAccountControl")) == 0 {
			return // not readable on this object: nothing is known of its state
		}
		f := pair(o, u, []string{"userAccountControl", "whenChanged"}, []string{"accountEnabled", "onPremisesSyncEnabled"})
		f.Evidence = append(f.Evidence, licences(p, u.ID().String(), u)...)
		if at := o.LastLogon(); !at.IsZero() {
			f.Evidence = append(f.Evidence, audit.Fact{Name: "lastLogonTimestamp", Values: []string{at.Format(time.RFC3339)}})
		}
		f.Attribute = "userAccountControl"
		inAD, inTenant := "enabled", "disabled"
		if o.Disabled() {
			inAD, inTenant = inTenant, inAD
		}
		f.Args = []audit.Arg{audit.Str("inAD", inAD), audit.Str("inTenant", inTenant)}
		p.Report(f)
	}),
}
