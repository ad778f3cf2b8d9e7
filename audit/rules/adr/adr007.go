package adr

import (
	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// ADR007 finds sign-in names that the tenant does not take as they are.
var ADR007 = &audit.Rule{
	ID: "ADR-007", Category: "adr", Severity: audit.High,
	Title: "userPrincipalName missing or in a form the tenant rejects",
	Why: "Synchronisation of the person fails (IdentityDataValidationFailed), or the tenant makes up another sign-in name from the alias and its onmicrosoft.com " +
		"domain: the person cannot sign in with the name that it knows.",
	Fix: "Give the person a userPrincipalName of the form name@domain with Set-ADUser -UserPrincipalName: up to 64 characters before the @ and up to 48 behind it, " +
		"letters, digits, dots, underscores and hyphens, no dot right before the @. Ideally it equals the primary e-mail address. Tell the person the new name.",
	Guards: "Only people, rooms, equipment and shared mailboxes that are expected in the tenant are judged. An apostrophe is low, since Microsoft's page allows it and " +
		"IdFix does not. With an alternate login ID the sign-in name is another attribute, so nothing is judged.",
	Refs: []audit.Ref{
		{Title: "Prepare for directory synchronization to Microsoft 365"}, {Title: "IdFix"}, {Title: "Microsoft Entra UserPrincipalName population"},
	},
	Message: "userPrincipalName \"{marked}\" is unfit as a sign-in name: {problem}",
	Needs:   audit.OfADUsers("userPrincipalName", "mail", "proxyAddresses"),
	Applies: whenUPN,
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		problem := address.UPNProblem(o.UPN())
		if problem.Code == address.OK || !p.Scope().Synchronised(o) {
			return
		}
		f := audit.Finding{
			Subject: audit.ADSubject(o), Attribute: "userPrincipalName", Value: o.UPN(),
			Args:     []audit.Arg{audit.Str("marked", audit.Marked(o.UPN(), problem)), audit.Str("problem", string(problem.Code))},
			Evidence: audit.ADFacts("", o, "userPrincipalName", "sAMAccountName", "mail", "userAccountControl"),
		}
		if !problem.Serious() {
			f.Severity = audit.Low
		}
		p.Report(f)
	}),
}

// whenUPN lets a rule about sign-in names judge only organisations in which people sign in with userPrincipalName.
func whenUPN(p *audit.Pass) audit.Reason {
	if p.Settings.AlternateLoginID {
		return audit.Because("alternateLoginID")
	}
	return audit.Reason{}
}
