// Package adr holds the rules about e-mail addresses and sign-in names in Active Directory.
package adr

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/join"
	"hybridaudit/audit/owners"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// ADR001 finds e-mail addresses that more than one object holds.
var ADR001 = &audit.Rule{
	ID: "ADR-001", Category: "adr", Severity: audit.Critical,
	Title: "E-mail address used by more than one object",
	Why: "Only the first of the objects synchronises as it is. The others are blocked, lose the address, or get a placeholder name (AttributeValueMustBeUnique, " +
		"quarantined values): mail and chat reach the wrong person or nobody.",
	Fix: "Decide which object owns the address, and remove it from the others in the directory that they come from: with Exchange by Set-Mailbox or " +
		"Set-RemoteMailbox -EmailAddresses @{remove='smtp:name@domain'}, otherwise from mail and proxyAddresses by Set-ADUser. Let directory synchronisation run " +
		"and look whether the tenant has dropped its conflict.",
	Guards: "Objects left by replication conflicts and system mailboxes own nothing. Two objects of which one names the other's SID as its login account (a linked " +
		"mailbox and its account) are one person.",
	Refs: []audit.Ref{
		{Title: "Troubleshoot errors during Microsoft Entra synchronization"}, {Title: "Prepare for directory synchronization to Microsoft 365"}, {Title: "IdFix"},
	},
	Message:  "{address} is also an e-mail address of {others}",
	Identity: []string{"address"},
	Needs: slices.Concat(
		audit.OfADObjects(append(owners.PersonAttributes(), "mail", "proxyAddresses")...), tenantAccounts,
	),
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		index := p.Owners(owners.SMTP)
		var seen []string
		owners.SMTP.Each(o, func(v string) {
			if !index.Shared(v) || slices.Contains(seen, v) {
				return
			}
			seen = append(seen, v)
			others := owners.Others(o, index.Holders(v))
			if len(others) == 0 {
				return
			}
			f := p.Conflict(o, others, "mail", "proxyAddresses")
			f.Attribute, f.Value = written(o, v)
			f.Args = []audit.Arg{audit.Str("address", v), audit.List("others", audit.Names(o, others))}
			p.Report(f)
		})
	}),
}

// tenantAccounts shows which of several holders has an account in the tenant.
var tenantAccounts = append(
	audit.Better(audit.OfADUsers(join.ADAttributes()...)),
	audit.Need{Dataset: evidence.TenantUsers, Attributes: join.TenantAttributes(), Optional: true},
)

// written gives the attribute that holds an e-mail address, and the address as it stands there. proxyAddresses goes before mail.
func written(o evidence.ADObject, smtp string) (attribute, value string) {
	for v := range o.ProxyAddresses() {
		if a := address.ParseProxy(v); a.Kind == address.SMTP && address.Fold(strings.TrimSpace(a.Value)) == smtp {
			return "proxyAddresses", v
		}
	}
	return "mail", o.Mail()
}
