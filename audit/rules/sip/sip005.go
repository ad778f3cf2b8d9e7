package sip

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// SIP005 compares the sip: values of an object with its SIP address.
var SIP005 = &audit.Rule{
	ID: "SIP-005", Category: "sip", Severity: audit.Medium,
	Title: "sip: value in proxyAddresses missing, different or repeated on one object",
	Why: "As long as msRTCSIP-PrimaryUserAddress is filled the service goes by it. Outlook and SharePoint read the sip: value for presence, though, and once the " +
		"msRTCSIP-* attributes are cleared the sip: value becomes the person's SIP address: a wrong one changes the address at the end of the migration.",
	Fix: "Make proxyAddresses hold exactly one sip: value, equal to msRTCSIP-PrimaryUserAddress: with Exchange by Set-Mailbox or Set-RemoteMailbox -EmailAddresses, " +
		"without it by Set-ADUser -Add and -Remove @{proxyAddresses='sip:name@domain'}. The case of the prefix does not matter.",
	Guards: "Endpoints of server applications and devices are left alone. A missing value is information only on objects without Exchange attributes. Values that " +
		"differ in letter case only are one value.",
	Refs: []audit.Ref{
		{Title: "Decide how you want to manage attributes after decommissioning"}, {Title: "Skype for Business Server schema classes and attributes"},
	},
	Variants: []audit.Variant{
		{Code: "A", Severity: audit.Low, Message: "proxyAddresses has no sip: value for {sip}"},
		{Code: "B", Message: "proxyAddresses has sip:{proxy}, but the SIP address is {sip}"},
		{Code: "C", Message: "proxyAddresses has {count} different sip: values, one is allowed: {proxies}"},
	},
	Needs: slices.Concat(
		audit.OfADObjects("msRTCSIP-PrimaryUserAddress", "proxyAddresses", "msRTCSIP-OwnerUrn"),
		audit.Better(audit.OfADObjects("msExchRecipientTypeDetails", "mailNickname")),
	),
	Applies: whenSIP,
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		if !hasAddress(o) || endpoint(p.Scope().Class(o)) {
			return
		}
		sip := address.NormalSIP(o.SIP())
		var proxies, written []string
		for v := range o.ProxyAddresses() {
			if s := sipProxy(v); s != "" && !slices.Contains(proxies, s) {
				proxies, written = append(proxies, s), append(written, v)
			}
		}
		f := audit.Finding{Attribute: "proxyAddresses"}
		switch {
		case len(proxies) == 0:
			f.Variant, f.Args = "A", []audit.Arg{audit.Str("sip", sip)}
			if _, recipient := o.RecipientType(); !recipient && o.MailNickname() == "" {
				f.Severity = audit.Info
			}
		case len(proxies) > 1:
			f.Variant, f.Args = "C", []audit.Arg{audit.Num("count", len(proxies)), audit.List("proxies", written)}
		case proxies[0] != sip:
			f.Variant, f.Value, f.Args = "B", written[0], []audit.Arg{audit.Str("sip", sip), audit.Str("proxy", proxies[0])}
		default:
			return
		}
		f.Subject = audit.ADSubject(o)
		f.Evidence = audit.ADFacts("", o, "msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled", "proxyAddresses", "msExchRecipientTypeDetails", "mailNickname")
		p.Report(f)
	}),
}
