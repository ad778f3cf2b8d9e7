package adr

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/owners"
	"hybridaudit/sources/evidence"
)

// ADR003 finds aliases and forwarding addresses that more than one object has.
var ADR003 = &audit.Rule{
	ID: "ADR-003", Category: "adr", Severity: audit.Medium,
	Title: "mailNickname or targetAddress repeated",
	Why: "Both have to be unique. Of two objects with one alias Exchange Online gives one another alias, which shows in its addresses; two objects with one target address " +
		"send the mail of one person to the other.",
	Fix: "Decide which object keeps the value and change the other: the alias by Set-Mailbox or Set-RemoteMailbox -Alias, the target address by Set-RemoteMailbox " +
		"-RemoteRoutingAddress or Set-MailContact -ExternalEmailAddress, without Exchange by Set-ADUser or Set-ADObject -Replace. Then run Start-ADSyncSyncCycle -PolicyType Delta.",
	Guards: "Objects left by replication conflicts and system mailboxes own nothing. Two objects of which one names the other's SID as its login account are one person. Letter " +
		"case and a leading SMTP: make no difference. Contacts that forward to one address may be meant to, so that is low when nobody but contacts is concerned. When several tenants were read, " +
		"objects of different forests are not compared: their values need to be unique in a tenant only.",
	Refs:     []audit.Ref{{Title: "Prepare for directory synchronization to Microsoft 365"}, {Title: "IdFix"}},
	Identity: []string{"value"},
	Variants: []audit.Variant{
		{Code: "N", Message: "the alias {value} is also that of {others}"},
		{Code: "T", Message: "the target address {value} is also that of {others}"},
	},
	Needs: slices.Concat(audit.OfADObjects(append(owners.PersonAttributes(), "mailNickname", "targetAddress")...), tenantAccounts),
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		repeated(p, o, owners.Alias, "N", "mailNickname", o.MailNickname())
		repeated(p, o, owners.Target, "T", "targetAddress", o.TargetAddress())
	}),
}

// repeated reports a value of o that other objects have as well.
func repeated(p *audit.Pass, o evidence.ADObject, kind owners.Kind, variant, attribute, written string) {
	kind.Each(o, func(v string) {
		index := p.Owners(kind)
		if !index.Shared(v) {
			return
		}
		others := owners.Others(o, index.Holders(v))
		if p.Evidence.Rows(evidence.TenantOrganization) > 1 {
			others = slices.DeleteFunc(others, func(h evidence.ADObject) bool { return h.Forest() != o.Forest() })
		}
		if len(others) == 0 {
			return
		}
		f := p.Conflict(o, others, "mail", attribute)
		f.Variant, f.Attribute, f.Value = variant, attribute, written
		f.Args = []audit.Arg{audit.Str("value", v), audit.List("others", audit.Names(o, others))}
		if kind == owners.Target && !slices.ContainsFunc(append(others, o), func(h evidence.ADObject) bool { return h.Dataset() != evidence.ADContacts }) {
			f.Severity = audit.Low
		}
		p.Report(f)
	})
}
