package dns

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/records"
)

// DNS004 finds records that left the servers before the people did.
var DNS004 = &audit.Rule{
	ID: "DNS-004", Category: "dns", Severity: audit.Critical,
	Title: "Record points to Microsoft 365 while people are still on-premises",
	Why: "Microsoft 365 does not sign people in who are homed on servers. From outside they cannot sign in any more, and other organisations do not reach them. The other way round it works: " +
		"the servers send people who have moved on to Microsoft 365.",
	Fix:     "Let the record lead back to the Access Edge or the reverse proxy, and change it once the last person of the domain has moved. Change all records of the domain together then.",
	FixHere: "Publish this record instead: {publish}",
	Guards:  "Only SIP domains in which somebody is homed on the servers. Counted are people, rooms and shared mailboxes that are enabled for SIP.",
	Refs:    []audit.Ref{{Title: "Plan hybrid connectivity: DNS requirements"}},
	Message: "{record} leads to {found}; people in {domain} who are still homed on-premises: {people}",

	Identity: []string{"record"},
	Needs:    needs(),
	Applies:  whenSIP,
	Check: audit.Once(func(p *audit.Pass) {
		entries := slices.Concat(records.Core(), []records.Entry{records.EntryOf("meet"), records.EntryOf("dialin")})
		for _, d := range signalling(p) {
			if d.Scenario != records.Hybrid {
				continue
			}
			for _, e := range entries {
				r, ok := outside(p, e.Name(d.Name), e.Kind)
				if !ok {
					continue
				}
				if _, some := p.Records().Leads(r); !some {
					continue
				}
				want := p.Records().Access(e, d.Name)
				p.Report(audit.Finding{
					Subject: audit.DomainSubject(d.Name), Value: first(found(r)),
					Args: []audit.Arg{
						audit.Str("record", r.Name), audit.List("found", found(r)), audit.Str("domain", d.Name), audit.Num("people", d.OnPremises), audit.Str("publish", want.String()),
					},
					Evidence: slices.Concat(p.DNSFacts(r.Name, r.Kind), expectation(want), concerned(d)),
				})
			}
		}
	}),
}
