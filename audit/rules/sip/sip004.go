package sip

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// SIP004 finds objects whose SIP data are not complete.
var SIP004 = &audit.Rule{
	ID: "SIP-004", Category: "sip", Severity: audit.High,
	Title: "Incomplete SIP data on an object",
	Why: "Neither the server nor the service can build an account from half of the attributes: the person cannot sign in, and no personal certificate is issued. " +
		"Such objects mostly stem from scripts or from a broken Enable-CsUser.",
	Fix: "With servers: note LineUri and policies, then build the account anew (Disable-CsUser, Enable-CsUser). Without servers: complete the missing attribute or " +
		"clear all msRTCSIP-* attributes, by LDIF or Set-ADUser.",
	Guards: "Contacts of Exchange unified messaging and of server applications are judged by variant A only. Variant C leaves out all contacts and devices.",
	Refs:   []audit.Ref{{Title: "KB 2604176"}, {Title: "Skype for Business Server schema classes and attributes"}},
	Variants: []audit.Variant{
		{Code: "A", Message: "msRTCSIP-UserEnabled is TRUE, but msRTCSIP-PrimaryUserAddress is empty"},
		{Code: "B", Message: "msRTCSIP-PrimaryUserAddress is {sip}, but msRTCSIP-UserEnabled has no value"},
		{
			Code: "C", Severity: audit.Low, Message: "{sip} is enabled, but msRTCSIP-OptionFlags has no value",
			Fix: "With servers: when the person has trouble signing in, build the account anew as for the other faults. Without servers: set msRTCSIP-OptionFlags to " +
				"256, or to 384 with Enterprise Voice.",
		},
	},
	Needs: slices.Concat(
		audit.OfADObjects("msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled", "msRTCSIP-OptionFlags", "msRTCSIP-OwnerUrn"),
		audit.Better(audit.OfADObjects(coreAttributes...)),
	),
	Applies: whenSIP,
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		variant, attribute := incomplete(o, p.Scope().Class(o))
		if variant == "" {
			return
		}
		f := audit.Finding{
			Variant: variant, Subject: audit.ADSubject(o), Attribute: attribute,
			Evidence: audit.ADFacts("", o, append([]string{"objectClass"}, coreAttributes...)...),
		}
		if variant != "A" {
			f.Args = []audit.Arg{audit.Str("sip", o.SIP())}
		}
		p.Report(f)
	}),
}

// incomplete gives the variant that fits and the attribute that is missing, "" when nothing is.
func incomplete(o evidence.ADObject, c scope.Class) (variant, attribute string) {
	enabled := o.SIPEnabled()
	switch {
	case enabled == evidence.True && !hasAddress(o):
		return "A", "msRTCSIP-PrimaryUserAddress"
	case !hasAddress(o) || c == scope.UMContact || c == scope.AppEndpoint:
	case enabled == evidence.Absent:
		return "B", "msRTCSIP-UserEnabled"
	case enabled == evidence.True && c != scope.Contact && c != scope.Device:
		if _, there := o.OptionFlags(); !there {
			return "C", "msRTCSIP-OptionFlags"
		}
	}
	return "", ""
}
