package sip

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/owners"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// SIP002 finds sip: values of proxyAddresses that belong to somebody else as well.
var SIP002 = &audit.Rule{
	ID: "SIP-002", Category: "sip", Severity: audit.Critical,
	Title: "sip: proxy address repeated, or equal to somebody else's SIP address",
	Why: "The service compares the sip: values in proxyAddresses with one another and with the SIP addresses of all other objects. A value that stands on two " +
		"objects stops both: the portal shows that msRTCSIP-PrimaryUserAddress or the SIP address in ProxyAddresses is not unique, although the SIP addresses " +
		"themselves are.",
	Fix: "Find out which object owns the SIP address: it has the value in msRTCSIP-PrimaryUserAddress, an active account and a mailbox. Remove the sip: value " +
		"from the other one: with Exchange by Set-Mailbox or Set-RemoteMailbox -EmailAddresses @{remove='sip:name@domain'}, without Exchange by " +
		"Set-ADUser -Remove @{proxyAddresses='sip:name@domain'}. If neither owns it, remove it from both. Then run Start-ADSyncSyncCycle -PolicyType Delta.",
	Guards: "Objects left by replication conflicts and system accounts own nothing. Two objects of which one names the other's SID as its login account are one " +
		"person. Letter case makes no difference. Objects that have the value as their common SIP address too are reported by SIP-001 only.",
	Refs:     []audit.Ref{{Title: "KB 2430520"}, {Title: "Prepare for directory synchronization to Microsoft 365"}},
	Identity: []string{"sip"},
	Variants: []audit.Variant{
		{Code: "A", Message: "sip:{sip} also stands in proxyAddresses of {others}"},
		{Code: "B", Message: "sip:{sip} in proxyAddresses of {holders} is the SIP address of {owners}"},
	},
	Needs: slices.Concat(
		audit.OfADObjects(append(owners.PersonAttributes(), "msRTCSIP-PrimaryUserAddress", "proxyAddresses")...),
		audit.Better(audit.OfADObjects(conflictAttributes...)),
	),
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		own := address.NormalSIP(o.SIP())
		seen := make([]string, 0, 4)
		for v := range o.ProxyAddresses() {
			if sip := sipProxy(v); sip != "" && !slices.Contains(seen, sip) {
				seen = append(seen, sip)
				sipProxyShared(p, o, own, sip, v)
			}
		}
		if own != "" && !slices.Contains(seen, own) {
			sipProxyElsewhere(p, o, own)
		}
	}),
}

// sipProxy gives the comparison form of a sip: value of proxyAddresses, "" for other values.
func sipProxy(value string) string {
	if a := address.ParseProxy(value); a.Kind == address.SIP {
		return address.Fold(strings.TrimSpace(a.Value))
	}
	return ""
}

// sipProxyShared judges one sip: value of o; own is o's SIP address.
func sipProxyShared(p *audit.Pass, o evidence.ADObject, own, sip, value string) {
	proxies := p.Owners(owners.SIPProxy)
	shared := proxies.Shared(sip)
	if own == sip && !shared {
		return // o alone holds its own address
	}
	primary := p.Owners(owners.SIPPrimary).Holders(sip)
	if own == sip && len(owners.Others(o, primary)) > 0 {
		return // SIP-001
	}
	if shared {
		if others := owners.Others(o, proxies.Holders(sip)); len(others) > 0 {
			f := p.Conflict(o, others, conflictAttributes...)
			f.Variant, f.Attribute, f.Value = "A", "proxyAddresses", value
			f.Args = []audit.Arg{audit.Str("sip", sip), audit.List("others", audit.Names(o, others))}
			p.Report(f)
		}
	}
	// An owner that has the value among its proxy addresses as well is named by variant A.
	others := slices.DeleteFunc(owners.Others(o, primary), func(h evidence.ADObject) bool { return holdsSIPProxy(h, sip) })
	if len(others) > 0 {
		f := p.Conflict(o, others, conflictAttributes...)
		f.Variant, f.Attribute, f.Value = "B", "proxyAddresses", value
		f.Args = []audit.Arg{audit.Str("sip", sip), audit.List("holders", audit.Names(o, []evidence.ADObject{o})), audit.List("owners", audit.Names(o, others))}
		p.Report(f)
	}
}

// sipProxyElsewhere judges o's SIP address, which is not among its own proxy addresses.
func sipProxyElsewhere(p *audit.Pass, o evidence.ADObject, own string) {
	others := owners.Others(o, p.Owners(owners.SIPProxy).Holders(own))
	if len(others) == 0 || len(owners.Others(o, p.Owners(owners.SIPPrimary).Holders(own))) > 0 {
		return
	}
	f := p.Conflict(o, others, conflictAttributes...)
	f.Variant, f.Attribute, f.Value = "B", "msRTCSIP-PrimaryUserAddress", o.SIP()
	f.Args = []audit.Arg{audit.Str("sip", own), audit.List("holders", audit.Names(o, others)), audit.List("owners", audit.Names(o, []evidence.ADObject{o}))}
	p.Report(f)
}

func holdsSIPProxy(o evidence.ADObject, sip string) bool {
	for v := range o.ProxyAddresses() {
		if sipProxy(v) == sip {
			return true
		}
	}
	return false
}
