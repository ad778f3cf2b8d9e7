package sip

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/join"
	"hybridaudit/audit/plans"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// SIP003 finds people whose SIP account is switched off.
var SIP003 = &audit.Rule{
	ID: "SIP-003", Category: "sip", Severity: audit.High,
	Title: "SIP switched off in AD although the person should be enabled",
	Why: "msRTCSIP-UserEnabled FALSE is synchronised: it switches the plan off in the service while the portal still shows it as enabled. The person reads that " +
		"the sign-in address was not found or that the user is not SIP enabled. For somebody who holds an enabled Teams or Skype for Business Online plan this " +
		"stops work today, so the finding is critical then.",
	Fix: "With servers in a hybrid deployment: run Enable-CsUser or Set-CsUser -Enabled $true, then Move-CsUser. With servers that are not hybrid: take the person " +
		"off the servers (Disable-CsUser) instead of merely switching SIP off. Without servers: set msRTCSIP-UserEnabled to TRUE, or clear all msRTCSIP-* " +
		"attributes of the person. Then let directory synchronisation run and wait 30 minutes. If the person is switched off on purpose, name the OU or group " +
		"in scope.disabledOnPurpose.",
	Guards:  "Disabled accounts, rooms and other objects that are no person are left alone, and so are OUs and groups that scope.disabledOnPurpose names.",
	Refs:    []audit.Ref{{Title: "KB 2705378"}, {Title: "Skype for Business Online sign-in errors for admins"}},
	Message: "{sip} is switched off: msRTCSIP-UserEnabled is FALSE, and the account is enabled",
	Needs: slices.Concat(
		audit.OfADUsers("msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled", "userAccountControl"),
		audit.Better(audit.OfADUsers(append(join.ADAttributes(), coreAttributes...)...)),
		[]audit.Need{
			{Dataset: evidence.TenantUsers, Attributes: append(join.TenantAttributes(), "assignedPlans", "assignedLicenses"), Optional: true},
			{Dataset: evidence.TenantSKUs, Optional: true},
		},
	),
	Applies: whenSIP,
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		if o.SIPEnabled() != evidence.False || !hasAddress(o) || o.Disabled() || p.Scope().Class(o) != scope.Person || p.Scope().DisabledOnPurpose(o) {
			return
		}
		f := audit.Finding{
			Subject: audit.ADSubject(o), Attribute: "msRTCSIP-UserEnabled", Value: "FALSE", Args: []audit.Arg{audit.Str("sip", o.SIP())},
			Evidence: audit.ADFacts("", o, append([]string{"userAccountControl", "whenChanged"}, coreAttributes...)...),
		}
		if u, _ := p.Pairs().Tenant(o); !u.IsZero() {
			f.Related = []audit.Subject{audit.TenantSubject(u)}
			f.Evidence = append(f.Evidence, p.LicenceFacts(u.ID().String(), u, plans.Teams, plans.Skype)...)
			if p.Plans().Ready(u) {
				f.Severity = audit.Critical
			}
		}
		p.Report(f)
	}),
}
