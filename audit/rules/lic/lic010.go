package lic

import (
	"slices"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// blockedFor is how long an account must have been left alone before its licence counts as wasted.
const blockedFor = 30 * 24 * time.Hour

// LIC010 finds licences of people who cannot sign in.
var LIC010 = &audit.Rule{
	ID: "LIC-010", Category: "lic", Severity: audit.Low,
	Title: "Licensed but blocked or disabled account",
	Why:   "Money is spent on a licence that nobody uses, while others may wait for one.",
	Fix: "Ask the department whether the person has left. If so, take the licence away, after looking at the mailbox (retention, legal hold, conversion to a shared mailbox) and at " +
		"the telephone number that the account may still hold.",
	Guards: "Mailboxes of rooms, equipment and teams, and the disabled half of a linked pair, are blocked on purpose. Silent when the AD object was changed in the last 30 days, " +
		"and for accounts without a directory object that were made in the last 30 days.",
	Refs:    []audit.Ref{{Title: "Microsoft Graph: user (assignedLicenses, accountEnabled)"}},
	Message: "holds {skus}, but is disabled in {disabledIn}",
	Needs: slices.Concat(needs("createdDateTime"), []audit.Need{
		{Dataset: evidence.ADUsers, Attributes: []string{"userAccountControl", "whenChanged"}},
		{Dataset: evidence.TenantSKUs, Optional: true},
		{Dataset: evidence.ADUsers, Attributes: []string{"lastLogonTimestamp"}, Optional: true},
	}),
	Check: audit.EachTenantUser(func(p *audit.Pass, u evidence.TenantUser) {
		if u.LicenceCount() == 0 {
			return
		}
		o, _ := p.Pairs().AD(u)
		since, sides := u.Created(), []string(nil)
		if !o.IsZero() {
			if since = o.Changed(); p.Scope().Class(o) != scope.Person {
				return
			}
			if o.Disabled() {
				sides = append(sides, "ad")
			}
		}
		if u.Enabled() == evidence.False {
			sides = append(sides, "tenant")
		}
		if len(sides) == 0 || since.IsZero() || p.Now().Sub(since) <= blockedFor || p.TenantClass(u) != scope.Member {
			return
		}
		f := about(p, u, o, "accountEnabled", "createdDateTime", "onPremisesSyncEnabled")
		f.Attribute = "assignedLicenses"
		f.Args = []audit.Arg{audit.List("skus", heldSKUs(p, u)), audit.List("disabledIn", sides)}
		if !o.IsZero() {
			f.Evidence = append(f.Evidence, audit.ADFacts(o.GUID().String(), o, "whenChanged")...)
			if at := o.LastLogon(); !at.IsZero() {
				f.Evidence = append(f.Evidence, audit.Fact{Of: o.GUID().String(), Name: "lastLogonTimestamp", Values: []string{at.Format(time.RFC3339)}})
			}
		}
		p.Report(f)
	}),
}
