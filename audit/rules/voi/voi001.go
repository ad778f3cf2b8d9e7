package voi

import (
	"hybridaudit/audit"
	"hybridaudit/audit/phone"
	"hybridaudit/sources/evidence"
)

// VOI001 finds numbers in a form that cannot be used.
var VOI001 = &audit.Rule{
	ID: "VOI-001", Category: "voi", Severity: audit.High,
	Title: "msRTCSIP-Line is not a proper tel: URI",
	Why: "The server cannot match calls to the number, and the tenant does not take it: the move to Teams arrives without a number, and the assignment of a Direct " +
		"Routing number fails.",
	Fix: "Write the number as tel:+ and the digits from the country code on, with ;ext= and digits where there is an extension. With a server: Set-CsUser -LineUri " +
		"'tel:+81312345678' (the objects of applications and devices have cmdlets of their own). Without a server: correct msRTCSIP-Line and let it synchronise.",
	Guards: "Judged are objects enabled for SIP, applications and devices; numbers left over on others are HOM-010. People with remote call control may hold a sip: URI. " +
		"Numbers of up to six digits without + are legal where they are only used inside: low. A proposal is made only when the country code is there.",
	Refs:     []audit.Ref{{Title: "Set-CsUser (LineURI)"}, {Title: "RFC 3966: The tel URI for Telephone Numbers", URL: "https://www.rfc-editor.org/rfc/rfc3966"}},
	Message:  "{value} is no telephone number",
	Identity: []string{"value"},
	Variants: []audit.Variant{
		{Code: "F", Message: "{value} is not written as tel: and plain digits; it should be {proposal}"},
		{Code: "I", Severity: audit.Low, Message: "{value} is an internal extension without a number that is known outside"},
		{Code: "P", Message: "{value} lacks the + and the country code"},
		{Code: "S", Message: "{value} is a SIP URI and not a telephone number"},
		{Code: "X", Message: "{value} carries more than an extension; it should be {proposal}"},
	},
	Needs: append(holderNeeds("msRTCSIP-Line", "msRTCSIP-OptionFlags", "msRTCSIP-UserEnabled", "msRTCSIP-LineServer"),
		audit.Better(audit.OfADUsers("telephoneNumber", "c"))...),
	Applies: (*audit.Pass).WithoutNumbers,
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		value := o.Line()
		if value == "" || !inUse(p, o) {
			return
		}
		_, problem := phone.Parse(value)
		variant := ""
		switch problem {
		case phone.OK:
			return
		case phone.SIP:
			if _, remoteCall, _ := flags(o); remoteCall {
				return
			}
			variant = "S"
		case phone.Extension:
			variant = "I"
		case phone.NoPlus:
			variant = "P"
		case phone.Formatting:
			variant = "F"
		case phone.Parameters:
			variant = "X"
		case phone.Malformed:
		}
		f := about(o, "msRTCSIP-Line", value)
		f.Variant, f.Args = variant, []audit.Arg{audit.Str("value", value)}
		if proposal := phone.Suggest(value); proposal != "" {
			f.Args = append(f.Args, audit.Str("proposal", proposal))
		}
		f.Evidence = append(f.Evidence, audit.ADFacts("", o, "telephoneNumber", "c")...)
		p.Report(f)
	}),
}
