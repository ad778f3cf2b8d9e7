package adr

import (
	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// ADR005 finds mail-enabled objects without exactly one primary e-mail address.
var ADR005 = &audit.Rule{
	ID: "ADR-005", Category: "adr", Severity: audit.High,
	Title: "No primary SMTP address, or more than one",
	Why: "The primary address is the one value by which an existing tenant account is matched, and the one that mail is sent from. Without it, or with two, the person " +
		"may get a second account in the tenant, mail goes out under the wrong name, and sign-in names are suggested wrongly.",
	Fix: "Leave exactly one value with the prefix SMTP: in capitals, the others with smtp: in lower case. With Exchange set it by Set-Mailbox or Set-RemoteMailbox " +
		"-PrimarySmtpAddress, or let the e-mail address policy write it; otherwise change proxyAddresses by Set-ADUser.",
	Guards:  "Objects that are not mail-enabled (neither mailNickname nor msExchRecipientTypeDetails) and system mailboxes are left alone.",
	Refs:    []audit.Ref{{Title: "Microsoft Entra Connect: When you have an existing tenant"}},
	Message: "proxyAddresses has {count} primary addresses (SMTP: in capitals); a mail-enabled object needs exactly one",
	Needs:   audit.OfADObjects("proxyAddresses", "mailNickname", "msExchRecipientTypeDetails"),
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		if _, recipient := o.RecipientType(); !recipient && o.MailNickname() == "" {
			return
		}
		count := 0
		for v := range o.ProxyAddresses() {
			if address.ParseProxy(v).Prefix == "SMTP" {
				count++
			}
		}
		if count == 1 {
			return
		}
		p.Report(audit.Finding{
			Subject: audit.ADSubject(o), Attribute: "proxyAddresses", Args: []audit.Arg{audit.Num("count", count)},
			Evidence: audit.ADFacts("", o, "objectClass", "mail", "mailNickname", "msExchRecipientTypeDetails", "proxyAddresses"),
		})
	}),
}
