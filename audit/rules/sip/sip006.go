package sip

import (
	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// SIP006 finds SIP addresses that are not in the form sip:name@domain, or hold characters that break something.
var SIP006 = &audit.Rule{
	ID: "SIP-006", Category: "sip", Severity: audit.High,
	Title: "Malformed SIP address",
	Why: "Apostrophes are not supported in SIP addresses. Other characters lead to messages such as \"The username, password or domain appears to be incorrect\" at " +
		"sign-in or \"There seems to be a problem with the provided SIP address\" when a phone number is assigned.",
	Fix: "Give the object a SIP address of letters, digits, dots, underscores, hyphens and plus signs at a DNS domain: with servers by Set-CsUser -SipAddress, without " +
		"them by replacing msRTCSIP-PrimaryUserAddress and the sip: value in proxyAddresses. Tell the person: meetings and contacts of others must learn the new " +
		"address.",
	Guards: "The complete set of allowed characters is not published in one place. Serious are an apostrophe, white space, quotation marks, brackets, commas, " +
		"semicolons, colons, backslashes, everything beyond ASCII, and a wrong form; any other unusual character is reported as low.",
	Refs:    []audit.Ref{{Title: "KB 2541980"}, {Title: "Prepare for directory synchronization to Microsoft 365"}},
	Message: "malformed SIP address \"{marked}\": {problem}",
	Needs:   audit.OfADObjects("msRTCSIP-PrimaryUserAddress"),
	Applies: whenSIP,
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		if !hasAddress(o) {
			return
		}
		problem := address.SIPProblem(o.SIP())
		if problem.Code == address.OK {
			return
		}
		f := audit.Finding{
			Subject: audit.ADSubject(o), Attribute: "msRTCSIP-PrimaryUserAddress", Value: o.SIP(),
			Args:     []audit.Arg{audit.Str("marked", audit.Marked(o.SIP(), problem)), audit.Str("problem", string(problem.Code))},
			Evidence: audit.ADFacts("", o, "msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled", "proxyAddresses"),
		}
		if !problem.Serious() {
			f.Severity = audit.Low
		}
		p.Report(f)
	}),
}
