package hom

import (
	"strconv"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// HOM009 finds people whose desk phone is controlled by the client.
var HOM009 = &audit.Rule{
	ID: "HOM-009", Category: "hom", Severity: audit.Medium,
	Title: "Remote call control configured",
	Why:   "Teams has nothing like remote call control: with the move the person loses the control of the desk phone, and nobody is told beforehand.",
	Fix: "Decide for the person: Phone System with a number of its own, Direct Routing to the telephone system, or nothing. Then clear the configuration with Set-CsUser " +
		"-RemoteCallControlTelephonyEnabled $false -LineServerURI $null, and tell the person.",
	Guards: "Only objects that are enabled for SIP are judged, no endpoints and devices. A line server that is left over while the bits are clear is low.",
	Refs:   []audit.Ref{{Title: "Skype for Business Server schema reference: msRTCSIP-OptionFlags"}, {Title: "Set-CsUser"}},
	Variants: []audit.Variant{
		{Code: "L", Severity: audit.Low, Message: "the line server {lineServer} is left over from remote call control, which is switched off"},
		{Code: "R", Message: "remote call control is switched on (msRTCSIP-OptionFlags {flags})"},
	},
	Needs:   directoryNeeds("msRTCSIP-OptionFlags", "msRTCSIP-LineServer"),
	Applies: whenSIP,
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		if o.SIPEnabled() != evidence.True || !homed(p, o) {
			return
		}
		flags, _ := o.OptionFlags()
		var f audit.Finding
		switch {
		case flags&(audit.FlagRemoteCall|audit.FlagDualMode) != 0:
			f = about(p, o, "msRTCSIP-OptionFlags")
			f.Variant, f.Args = "R", []audit.Arg{audit.Str("flags", strconv.FormatInt(flags, 10))}
		case o.LineServer() != "":
			f = about(p, o, "msRTCSIP-LineServer")
			f.Variant, f.Args = "L", []audit.Arg{audit.Str("lineServer", o.LineServer())}
		default:
			return
		}
		f.Evidence = append(f.Evidence, audit.ADFacts("", o, "msRTCSIP-OptionFlags", "msRTCSIP-Line", "msRTCSIP-LineServer")...)
		p.Report(f)
	}),
}
