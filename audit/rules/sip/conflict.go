// Package sip holds the rules about SIP identity in Active Directory.
package sip

import (
	"hybridaudit/audit"
	"hybridaudit/audit/owners"
	"hybridaudit/sources/evidence"
)

// coreAttributes are the values that decide about a person's SIP account.
var coreAttributes = []string{
	"msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled", "msRTCSIP-DeploymentLocator", "msRTCSIP-PrimaryHomeServer", "msRTCSIP-OptionFlags", "msRTCSIP-Line",
}

// reportConflict reports f on o when holders name another person than o: all of them become related, with the facts that decide who is the owner.
func reportConflict(p *audit.Pass, o evidence.ADObject, holders []evidence.ADObject, f audit.Finding) {
	others := owners.Others(o, holders)
	if len(others) == 0 {
		return
	}
	f.Subject = audit.ADSubject(o)
	names := make([]string, len(others))
	f.Evidence = append(f.Evidence, audit.ADFacts("", o, append([]string{"objectClass", "userAccountControl", "whenChanged", "proxyAddresses"}, coreAttributes...)...)...)
	for i, h := range others {
		s := audit.ADSubject(h)
		names[i] = s.Name
		f.Related = append(f.Related, s)
		f.Evidence = append(f.Evidence, audit.HolderFacts(h, append([]string{"objectClass", "proxyAddresses"}, coreAttributes...)...)...)
	}
	f.Args = append(f.Args, audit.List("others", names))
	p.Report(f)
}
