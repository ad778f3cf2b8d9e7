package voi

import (
	"hybridaudit/audit"
	"hybridaudit/audit/phone"
	"hybridaudit/audit/scope"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// VOI004 finds people whose number and voice flag contradict each other.
var VOI004 = &audit.Rule{
	ID: "VOI-004", Category: "voi", Severity: audit.High,
	Title: "Voice flag and number do not fit together",
	Why: "Somebody with enterprise voice and no number cannot be called, and Move-CsUser tries to provision Phone System all the same. A number without enterprise voice " +
		"does no harm on the server, but it synchronises to the tenant and keeps the number from being assigned there.",
	Fix: "Decide whether the person telephones.",
	Guards: "Judged are people, rooms and shared mailboxes that are enabled for SIP. People homed online may have their number in the tenant alone. Remote call control (the " +
		"option flags or msRTCSIP-LineServer) needs a number without enterprise voice. Objects without msRTCSIP-OptionFlags are SIP-004, numbers in the wrong form VOI-001.",
	Refs: []audit.Ref{{Title: "Set-CsUser (EnterpriseVoiceEnabled)"}, {Title: "Set-CsPhoneNumberAssignment (notes)"}},
	Variants: []audit.Variant{
		{
			Code: "L", Severity: audit.Low, Message: "has the number {line}, but is not enabled for enterprise voice (msRTCSIP-OptionFlags {flags})",
			Fix: "If the person telephones with Skype for Business, switch enterprise voice on (Set-CsUser -EnterpriseVoiceEnabled $true). If not, clear msRTCSIP-Line and let " +
				"it synchronise before the number is assigned in the tenant.",
		},
		{
			Code: "N", Message: "enabled for enterprise voice (msRTCSIP-OptionFlags {flags}), but has no number",
			Fix: "Set the number (Set-CsUser -LineUri 'tel:+81312345678'), or switch enterprise voice off (Set-CsUser -EnterpriseVoiceEnabled $false).",
		},
	},
	Needs:   append(audit.OfADUsers("msRTCSIP-Line", "msRTCSIP-OptionFlags", "msRTCSIP-LineServer", "msRTCSIP-DeploymentLocator"), audit.Better(audit.OfADUsers(numberAttributes...))...),
	Applies: (*audit.Pass).WithoutSIP,
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		voice, remoteCall, known := flags(o)
		if !known || o.SIPEnabled() != evidence.True || !telephones(p, o) {
			return
		}
		value, _ := o.OptionFlags()
		flags := audit.Num("flags", int(value))
		n, _ := phone.Parse(o.Line())
		switch {
		case voice && o.Line() == "" && p.Topology().Home(o) != topology.Online:
			f := about(o, "msRTCSIP-Line", "")
			f.Variant, f.Args = "N", []audit.Arg{flags}
			p.Report(f)
		case !voice && !remoteCall && !n.IsZero():
			f := about(o, "msRTCSIP-Line", o.Line())
			f.Variant, f.Args = "L", []audit.Arg{audit.Str("line", n.String()), flags}
			p.Report(f)
		}
	}),
}

// telephones says whether the object is one that calls with a flag and a number of its own.
func telephones(p *audit.Pass, o evidence.ADObject) bool {
	switch p.Scope().Class(o) {
	case scope.Person, scope.Linked, scope.Room, scope.Shared:
		return true
	}
	return false
}
