package sip

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/owners"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// SIP001 finds SIP addresses that more than one person, contact or group claims.
var SIP001 = &audit.Rule{
	ID: "SIP-001", Category: "sip", Severity: audit.Critical,
	Title: "SIP address used by more than one AD object",
	Why: "The service refuses addresses that are not unique: the portal shows that the value of msRTCSIP-PrimaryUserAddress or the SIP address in " +
		"ProxyAddresses is not unique, the people concerned cannot sign in or be messaged, and Move-CsUser fails.",
	Fix: "Decide first who owns the address: the active account with the mailbox, the tenant account and the latest logon. With a server: give the other one a " +
		"new address (Set-CsUser -SipAddress sip:new@domain), or remove it from the service if it is obsolete (Disable-CsUser). Without a server: replace " +
		"msRTCSIP-PrimaryUserAddress of the other one by LDIF together with its sip: value in proxyAddresses. Then run Start-ADSyncSyncCycle -PolicyType Delta " +
		"and allow about 15 minutes.",
	Guards: "Objects left by replication conflicts and system accounts own nothing. Two objects of which one names the other's SID as its login account " +
		"(msRTCSIP-OriginatorSid, msExchMasterAccountSid) are one person. Letter case and a leading sip: make no difference.",
	Refs:     []audit.Ref{{Title: "KB 2430520"}},
	Message:  "{sip} is also the SIP address of {others}",
	Identity: []string{"sip"},
	Needs: slices.Concat(
		audit.OfADObjects(append(owners.PersonAttributes(), "msRTCSIP-PrimaryUserAddress")...),
		audit.Better(audit.OfADObjects(conflictAttributes...)),
	),
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		sip := address.NormalSIP(o.SIP())
		index := p.Owners(owners.SIPPrimary)
		if sip == "" || !index.Shared(sip) {
			return
		}
		others := owners.Others(o, index.Holders(sip))
		if len(others) == 0 {
			return
		}
		f := p.Conflict(o, others, conflictAttributes...)
		f.Attribute, f.Value = "msRTCSIP-PrimaryUserAddress", o.SIP()
		f.Args = []audit.Arg{audit.Str("sip", sip), audit.List("others", audit.Names(o, others))}
		p.Report(f)
	}),
}
