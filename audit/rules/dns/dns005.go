package dns

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/records"
)

// DNS005 finds records of servers that keep a tenant from Teams Only.
var DNS005 = &audit.Rule{
	ID: "DNS-005", Category: "dns", Severity: audit.High,
	Title: "Teams Only is blocked by a DNS record",
	Why: "Microsoft 365 takes such a record of any verified domain as the sign of servers on-premises. Setting the tenant to Teams Only fails, accounts show the error " +
		"OnPremDeploymentDetected, and resource accounts cannot be made.",
	Fix: "Change the record to the one that the tenant's list of DNS records names, or delete it when the domain is not used for SIP. Where the zone answers for any name (*.<domain>), take that " +
		"answer away, or publish records of their own for these names. Look at every verified domain, also those that nobody thinks of. Then run Grant-CsTeamsUpgradePolicy -PolicyName UpgradeToTeams -Global again.",
	FixHere: "If the domain is used for SIP, this record must take its place: {publish}",
	Guards: "Only where there are or were servers and nobody is homed on them any more: before, such records are right. Domains that Microsoft gives are left alone. An answer that the zone " +
		"gives for any name counts, since Microsoft 365 sees it, too.",
	Refs:    []audit.Ref{{Title: "Decommission the on-premises environment: DNS entries"}, {Title: "Grant-CsTeamsUpgradePolicy"}},
	Message: "{record} leads to {found} and not to Microsoft 365; people with SIP addresses in {domain}: {people}",

	Identity: []string{"record"},
	Needs:    needs(verifiedNeeds()),
	Check: audit.Once(func(p *audit.Pass) {
		for _, d := range own(p, func(d records.Domain) bool { return d.Verified }) {
			if d.Scenario != records.TeamsOnly && d.Scenario != records.Unknowable {
				continue
			}
			for _, e := range records.Core() {
				r, ok := outside(p, e.Name(d.Name), e.Kind)
				all, _ := p.Records().Leads(r)
				if !ok || r.State != records.Present || all || !known(p, d) {
					continue
				}
				want := p.Records().Want(e, d.Name)
				p.Report(audit.Finding{
					Subject: audit.DomainSubject(d.Name), Value: first(found(r)),
					Args: []audit.Arg{
						audit.Str("record", r.Name), audit.List("found", found(r)), audit.Str("domain", d.Name), audit.Num("people", d.People), audit.Str("publish", want.String()),
					},
					Evidence: slices.Concat(p.DNSFacts(r.Name, r.Kind), expectation(want), concerned(d)),
				})
			}
		}
	}),
}
