package hom

import (
	"iter"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// hom007Params are the parameters of HOM-007.
type hom007Params struct {
	// Usual is the share of people, in per cent, above which the flags say nothing about the single person.
	Usual int `yaml:"usual"`
}

// HOM007 finds people for whom federation or remote access is switched off.
var HOM007 = &audit.Rule{
	ID: "HOM-007", Category: "hom", Severity: audit.Low,
	Title: "Federation or remote access switched off for the person",
	Why: "While the person is homed on-premises there is no contact with other organisations, or no sign-in from outside. After the move the external access policies of Teams " +
		"apply instead, so the person may suddenly be able to do what was forbidden on purpose.",
	Fix: "Look at the external access policy that applies to the person (Get-CsUser, Get-CsExternalAccessPolicy). Where the restriction is wanted, grant the person an external " +
		"access policy of Teams that says the same before the move (Grant-CsExternalAccessPolicy in the Teams module); where it is not, switch the flag on again with Set-CsUser.",
	Guards: "Since Lync Server 2010 policies decide, and the flags are mostly inherited history: when more than half of the people of a forest (parameter usual) have one of them " +
		"off, that is one piece of information on the forest. Fewer than ten people show no habit. Absent flags are no fault.",
	Refs: []audit.Ref{
		{Title: "Skype for Business Server schema reference: msRTCSIP-FederationEnabled, msRTCSIP-InternetAccessEnabled"}, {Title: "Grant-CsExternalAccessPolicy"},
	},
	Message: "switched off for the person: {switches}",
	Variants: []audit.Variant{
		{Code: "F", Severity: audit.Info, Message: "federation or remote access is switched off for {count} of {people} people who are enabled for SIP"},
	},
	Needs:   audit.All(directoryNeeds("msRTCSIP-FederationEnabled", "msRTCSIP-InternetAccessEnabled")),
	Params:  func() any { return &hom007Params{Usual: 50} },
	Applies: whenSIP,
	Check: audit.AllADUsers(func(p *audit.Pass, users iter.Seq[evidence.ADObject]) {
		counts := tallies{}
		for o := range users {
			if o.SIPEnabled() == evidence.True && homed(p, o) {
				counts.add(o.Forest(), len(switchedOff(o)) > 0)
			}
		}
		share := audit.Params[hom007Params](p).Usual
		for forest, t := range counts {
			if t.usual(share) {
				p.Report(audit.Finding{
					Variant: "F", Subject: audit.ForestSubject(forest), Args: []audit.Arg{audit.Num("count", t.like), audit.Num("people", t.people)},
				})
			}
		}
		for o := range users {
			off := switchedOff(o)
			if len(off) == 0 || o.SIPEnabled() != evidence.True || !homed(p, o) || counts[o.Forest()].usual(share) {
				continue
			}
			attribute := "msRTCSIP-FederationEnabled"
			if off[0] != "federation" {
				attribute = "msRTCSIP-InternetAccessEnabled"
			}
			f := about(p, o, attribute)
			f.Args = []audit.Arg{audit.List("switches", off)}
			f.Evidence = append(f.Evidence, audit.ADFacts("", o, "msRTCSIP-FederationEnabled", "msRTCSIP-InternetAccessEnabled")...)
			p.Report(f)
		}
	}),
}

// switchedOff lists what is switched off for a person, in a fixed order.
func switchedOff(o evidence.ADObject) []string {
	var off []string
	if o.FederationEnabled() == evidence.False {
		off = append(off, "federation")
	}
	if o.InternetAccessEnabled() == evidence.False {
		off = append(off, "remoteAccess")
	}
	return off
}
