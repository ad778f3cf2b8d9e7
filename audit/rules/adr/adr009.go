package adr

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// ADR009 finds aliases and forwarding addresses in a form that the tenant changes or refuses.
var ADR009 = &audit.Rule{
	ID: "ADR-009", Category: "adr", Severity: audit.Medium,
	Title: "mailNickname or targetAddress in an invalid form",
	Why: "Synchronisation warns or fails, characters of the alias are replaced by underscores and the addresses that are made of it with them, or mail is sent to an address " +
		"that does not exist.",
	Fix: "Correct the value: the alias by Set-Mailbox, Set-RemoteMailbox or Set-DistributionGroup -Alias, the target address by Set-RemoteMailbox -RemoteRoutingAddress or " +
		"Set-MailContact -ExternalEmailAddress, without Exchange by Set-ADUser or Set-ADObject -Replace.",
	Guards: "In an alias only a period in front and more than 64 characters are serious; the other characters were refused in dedicated tenants, so they are low. Characters " +
		"outside ASCII are no fault of an alias. Target addresses that are no e-mail addresses are judged by their length only. Users who are neither in the tenant nor expected there are left alone.",
	Refs: []audit.Ref{{Title: "Prepare for directory synchronization to Microsoft 365"}, {Title: "IdFix"}},
	Variants: []audit.Variant{
		{Code: "N", Message: "the alias \"{marked}\" is not valid: {problem}"},
		{Code: "T", Message: "the target address \"{marked}\" is not valid: {problem}"},
	},
	Needs: slices.Concat(audit.OfADObjects("mailNickname", "targetAddress", "mail", "proxyAddresses"), synchronisedNeeds()),
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		invalid(p, o, "N", "mailNickname", o.MailNickname(), address.AliasProblem(o.MailNickname()))
		invalid(p, o, "T", "targetAddress", o.TargetAddress(), address.TargetProblem(o.TargetAddress()))
	}),
}

func invalid(p *audit.Pass, o evidence.ADObject, variant, attribute, value string, problem address.Problem) {
	if problem.Code == address.OK || !carried(p, o) {
		return
	}
	f := audit.Finding{
		Variant: variant, Subject: audit.ADSubject(o), Attribute: attribute, Value: value,
		Args:     []audit.Arg{audit.Str("marked", audit.Marked(value, problem)), audit.Str("problem", string(problem.Code))},
		Evidence: audit.ADFacts("", o, "objectClass", "mail", attribute),
	}
	if !problem.Serious() {
		f.Severity = audit.Low
	}
	p.Report(f)
}
