package adr

import (
	"slices"
	"strconv"

	"hybridaudit/audit"
	"hybridaudit/audit/join"
	"hybridaudit/sources/evidence"
)

// Limits of an object in the tenant.
const (
	mostAddresses    = 300       // as a rule of thumb
	mostCertificates = 15        // a hard limit
	largestPhoto     = 100 << 10 // bytes
)

// ADR006 finds objects that are too large for the tenant.
var ADR006 = &audit.Rule{
	ID: "ADR-006", Category: "adr", Severity: audit.Medium,
	Title: "Object too large for the tenant directory",
	Why: "Synchronisation fails with LargeObject or ExceededAllowedLength, and from then on no change of the object reaches the tenant: not a new address, not a disabled " +
		"account.",
	Fix: "Remove what is obsolete: old addresses and X.500 values with Exchange's tools or Set-ADUser -Remove, expired certificates from userCertificate (the Certificates tab " +
		"of the account), and a photo that is too large by a smaller one. Then run Start-ADSyncSyncCycle -PolicyType Delta and look at the export in Microsoft Entra Connect.",
	Guards: "Single values of more than 256 characters are left to ADR-004. Certificates of computers are of no interest. Certificates and photos are costly to read and are judged " +
		"only when they were asked for, by naming this rule in the configuration. 300 addresses are a rule of thumb, 15 certificates a limit.",
	Refs: []audit.Ref{{Title: "Troubleshoot errors during Microsoft Entra synchronization (LargeObject)"}},
	Variants: []audit.Variant{
		{Code: "A", Message: "proxyAddresses has {count} values; about 300 fit into the tenant"},
		{
			Code: "C", Message: "userCertificate has {count} values; at most 15 are allowed",
			Needs: []audit.Need{{Dataset: evidence.ADUsers, Attributes: []string{"userCertificate"}, PartOK: true, OnRequest: true}},
		},
		{
			Code: "P", Message: "thumbnailPhoto has {size} bytes; at most 100 KB are allowed",
			Needs: []audit.Need{{Dataset: evidence.ADUsers, Attributes: []string{"thumbnailPhoto"}, PartOK: true, OnRequest: true}},
		},
	},
	Needs: slices.Concat(audit.OfADObjects("proxyAddresses", "mail"), synchronisedNeeds()),
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		addresses := 0
		for range o.ProxyAddresses() {
			addresses++
		}
		report := func(variant, attribute, arg string, n int64) {
			if !carried(p, o) {
				return
			}
			p.Report(audit.Finding{
				Variant: variant, Subject: audit.ADSubject(o), Attribute: attribute, Value: strconv.FormatInt(n, 10), Args: []audit.Arg{audit.Num(arg, int(n))},
				Evidence: audit.ADFacts("", o, "objectClass", "mail", "whenChanged"),
			})
		}
		if addresses > mostAddresses {
			report("A", "proxyAddresses", "count", int64(addresses))
		}
		if n := o.Certificates(); n > mostCertificates {
			report("C", "userCertificate", "count", n)
		}
		if n := o.PhotoSize(); n > largestPhoto {
			report("P", "thumbnailPhoto", "size", n)
		}
	}),
}

// synchronisedNeeds tell whether an object has come into the tenant.
func synchronisedNeeds() []audit.Need {
	return append(audit.Better(audit.OfADUsers(join.ADAttributes()...)), audit.Need{Dataset: evidence.TenantUsers, Attributes: join.TenantAttributes(), Optional: true})
}

// carried says that directory synchronisation takes the object along: a contact or group, or a user that is in the tenant or expected there.
func carried(p *audit.Pass, o evidence.ADObject) bool {
	return o.Dataset() != evidence.ADUsers || expected(p, o)
}
