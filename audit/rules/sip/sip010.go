package sip

import (
	"slices"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// SIP010 finds SIP-enabled people whose account cannot sign in.
var SIP010 = &audit.Rule{
	ID: "SIP-010", Category: "sip", Severity: audit.Medium,
	Title: "AD account cannot be used for sign-in although SIP is enabled",
	Why: "The person cannot sign in although everything about the SIP account is right. Where the person has left, the SIP identity, the phone number and the licence " +
		"stay occupied.",
	Fix: "For somebody who has left: run Disable-CsUser and release the phone number and the licence. For somebody who works here: enable or unlock the account, reset " +
		"the password, or extend the account's expiry date.",
	Guards: "Disabled accounts that belong to a login account in another forest are disabled on purpose, and rooms, shared mailboxes and devices are no people: none " +
		"is judged. Where more than one forest was read, disabled linked mailboxes, and all disabled accounts of a forest whose accounts stand for people of another one, are " +
		"left to SIP-011. An account that is only locked out is information, since lockouts pass.",
	Refs:    []audit.Ref{{Title: "Skype for Business Online sign-in errors for admins"}},
	Message: "SIP is enabled, but the account cannot sign in: {reasons}",
	Needs: slices.Concat(
		audit.OfADUsers("msRTCSIP-UserEnabled", "userAccountControl", "accountExpires", "pwdLastSet", "msDS-User-Account-Control-Computed"),
		audit.Better(audit.OfADUsers("msRTCSIP-PrimaryUserAddress", "lastLogonTimestamp")),
	),
	Applies: whenSIP,
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		if o.SIPEnabled() != evidence.True || p.Scope().Class(o) != scope.Person {
			return
		}
		if o.Disabled() && p.Forests() > 1 && unlinked(p, o) {
			return // SIP-011
		}
		reasons := unusable(o, p.Now())
		if len(reasons) == 0 {
			return
		}
		f := audit.Finding{
			Subject: audit.ADSubject(o), Attribute: "userAccountControl",
			Args:     []audit.Arg{audit.List("reasons", reasons)},
			Evidence: audit.ADFacts("", o, "msRTCSIP-PrimaryUserAddress", "userAccountControl", "msDS-User-Account-Control-Computed", "pwdLastSet"),
		}
		if at, ok := o.Expires(); ok {
			f.Evidence = append(f.Evidence, moment("accountExpires", at))
		}
		if at := o.LastLogon(); !at.IsZero() {
			f.Evidence = append(f.Evidence, moment("lastLogonTimestamp", at))
		}
		if len(reasons) == 1 && reasons[0] == "lockedOut" {
			f.Severity = audit.Info
		}
		p.Report(f)
	}),
}

// unusable lists why the account cannot sign in, in a fixed order.
func unusable(o evidence.ADObject, now time.Time) []string {
	var reasons []string
	if o.Disabled() {
		reasons = append(reasons, "disabled")
	}
	if at, ok := o.Expires(); ok && !at.After(now) {
		reasons = append(reasons, "expired")
	}
	if o.MustChangePassword() && !o.Disabled() {
		reasons = append(reasons, "mustChangePassword")
	}
	if o.PasswordExpired() {
		reasons = append(reasons, "passwordExpired")
	}
	if o.LockedOut() {
		reasons = append(reasons, "lockedOut")
	}
	return reasons
}

func moment(name string, at time.Time) audit.Fact {
	return audit.Fact{Name: name, Values: []string{at.Format(time.RFC3339)}}
}
