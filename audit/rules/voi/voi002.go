package voi

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/owners"
	"hybridaudit/audit/phone"
	"hybridaudit/sources/evidence"
)

// VOI002 finds numbers that more than one object holds.
var VOI002 = &audit.Rule{
	ID: "VOI-002", Category: "voi", Severity: audit.Critical,
	Title: "Same phone number on two objects",
	Why: "Calls ring at the wrong person or fail, because the server refuses to route a number that it finds twice, and the second one to be provisioned in the tenant " +
		"gets no number.",
	Fix: "Decide who owns the number. Take it from the other one, first of all from obsolete objects: Set-CsUser -LineUri $null or Disable-CsUser for people, " +
		"Set-CsRgsWorkflow, Set-CsDialInConferencingAccessNumber, Set-CsCommonAreaPhone or Set-CsAnalogDevice for the rest; without a server clear msRTCSIP-Line or " +
		"msRTCSIP-PrivateLine. Then set it on its owner (Set-CsUser -LineUri) and run Start-ADSyncSyncCycle -PolicyType Delta.",
	Guards: "Objects left by replication conflicts and system accounts own nothing. Two objects of which one names the other's SID as its login account are one person. " +
		"Numbers are compared without formatting characters and across all forests that were read; those without + within their forest only. The same number with " +
		"different extensions is not the same.",
	Refs:     []audit.Ref{{Title: "Set-CsUser (LineURI)"}},
	Message:  "{number} is also the number of {others}",
	Identity: []string{"number"},
	Needs: slices.Concat(
		holderNeeds(append(owners.PersonAttributes(), "msRTCSIP-Line", "msRTCSIP-PrivateLine")...),
		audit.Better(audit.OfADUsers("whenChanged", "userPrincipalName")),
	),
	Applies: (*audit.Pass).WithoutNumbers,
	Check: audit.EachADObject(func(p *audit.Pass, o evidence.ADObject) {
		index := p.Owners(owners.Phone)
		said := ""
		for _, l := range lines(o) {
			if l.value == "" {
				continue
			}
			n, _ := phone.Parse(l.value)
			key := owners.PhoneKey(o.Forest(), n)
			if n.IsZero() || key == said || !index.Shared(key) {
				continue
			}
			others := owners.Others(o, index.Holders(key))
			if len(others) == 0 {
				continue
			}
			said = key
			f := p.Conflict(o, others, numberAttributes...)
			f.Attribute, f.Value = l.attribute, l.value
			f.Args = []audit.Arg{audit.Str("number", n.String()), audit.List("others", audit.Names(o, others))}
			p.Report(f)
		}
	}),
}
