package adr

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// ADR004 finds values of proxyAddresses that the tenant drops or refuses.
var ADR004 = &audit.Rule{
	ID: "ADR-004", Category: "adr", Severity: audit.High,
	Title: "proxyAddresses value that will not synchronise",
	Why: "The value is dropped on its way to the tenant, or the whole object fails with DataValidationFailed: the person loses an address, or is not updated at all " +
		"any more.",
	Fix: "Correct the value or remove it: with Exchange by Set-Mailbox or Set-RemoteMailbox -EmailAddresses, otherwise by Set-ADUser -Remove and -Add " +
		"@{proxyAddresses='...'}. Where mail still arrives at the old form, add the correct address before removing the wrong one.",
	Guards: "X.500 and X.400 values may hold blanks, slashes and equals signs, and unified messaging values a semicolon: they are searched only for what no value may " +
		"hold.",
	Refs:     []audit.Ref{{Title: "Prepare for directory synchronization to Microsoft 365"}, {Title: "IdFix"}},
	Message:  "\"{marked}\" in proxyAddresses will not synchronise: {problem}",
	Identity: []string{"value"},
	Needs:    audit.OfADObjects("proxyAddresses"),
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		var seen []string
		for v := range o.ProxyAddresses() {
			problem := address.ProxyProblem(v)
			if problem.Code == address.OK || slices.Contains(seen, v) {
				continue
			}
			seen = append(seen, v)
			p.Report(audit.Finding{
				Subject: audit.ADSubject(o), Attribute: "proxyAddresses", Value: v,
				Args: []audit.Arg{
					audit.Str("value", v), audit.Str("marked", audit.Marked(v, problem)), audit.Str("problem", string(problem.Code)),
				},
				Evidence: audit.ADFacts("", o, "objectClass", "mail", "proxyAddresses"),
			})
		}
	}),
}
