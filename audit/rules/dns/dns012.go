package dns

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/records"
)

// DNS012 finds a record that only tenants of 21Vianet may have.
var DNS012 = &audit.Rule{
	ID: "DNS-012", Category: "dns", Severity: audit.High,
	Title: "msoid CNAME present outside 21Vianet",
	Why:   "Desktop clients take the record as the sign of a tenant in China. People of the domain are told that it isn't in the system, and cannot activate or sign in.",
	Fix:   "Delete the record msoid.<domain>, inside and outside, and let the caches run out.",
	Guards: "Tenants of 21Vianet need the record and are left alone. An answer that the zone gives for any name is none. Which cloud a tenant is in is told by its onmicrosoft domain and by the " +
		"configured names of the hosting provider.",
	Refs:     []audit.Ref{{Title: "External Domain Name System records for Office 365"}},
	Message:  "{record} leads to {found}; people with SIP addresses in {domain}: {people}",
	Identity: []string{"record"},
	Needs:    needs(verifiedNeeds()),
	Check: audit.Once(func(p *audit.Pass) {
		x := p.Records()
		for _, d := range own(p, func(d records.Domain) bool { return d.Verified }) {
			if x.China(d.Name) {
				continue
			}
			name := "msoid." + d.Name
			r, _ := outside(p, name, records.CNAME)
			for _, site := range x.Sites() {
				if in := x.Inside(site, name, records.CNAME); in.State == records.Present && r.State != records.Present {
					r = in
				}
			}
			if r.State != records.Present || r.Wildcard {
				continue
			}
			p.Report(audit.Finding{
				Subject: audit.DomainSubject(d.Name), Value: first(found(r)),
				Args:     []audit.Arg{audit.Str("record", name), audit.List("found", found(r)), audit.Str("domain", d.Name), audit.Num("people", d.People)},
				Evidence: slices.Concat(p.DNSFacts(name, records.CNAME), concerned(d)),
			})
		}
	}),
}
