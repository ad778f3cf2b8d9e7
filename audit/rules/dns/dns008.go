package dns

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/records"
)

// DNS008 finds records that lead nowhere.
var DNS008 = &audit.Rule{
	ID: "DNS-008", Category: "dns", Severity: audit.High,
	Title: "Record points to a name that does not exist or is known to be wrong",
	Why: "Clients say that the server is temporarily unavailable. A name that does not exist any more may be free for somebody else to register or rent, who then gets the sign-ins of everybody " +
		"whose client follows the record.",
	Fix: "Let the record lead to exactly the target that the tenant's list of DNS records names, or, while people are on the servers, to the Access Edge or the reverse proxy. Delete a record that " +
		"nobody needs. Names of single servers of Microsoft 365 (webdir1 and the like) change: never write them into DNS.",
	FixHere: "Publish this record instead: {publish}",
	Guards: "A server that fails or is silent is no sign of a missing name: then the rule is in doubt. Targets that Microsoft 365 itself names are not followed further. Of aliases behind the first " +
		"name of Microsoft 365 nothing is said.",
	Refs:     []audit.Ref{{Title: "KB 2566790"}},
	Message:  "{record} leads to {target}: {recordFault} ({view})",
	Identity: []string{"record"},
	Needs:    needs(),
	Check: audit.Once(func(p *audit.Pass) {
		everybody(p)
		for _, d := range own(p, func(records.Domain) bool { return true }) {
			for _, e := range records.Table() {
				if e.Asked == "sip" && !d.SIP || e.Asked == "verified" && !d.SIP && !d.Verified {
					continue
				}
				if e.Asked == "mail" && len(p.Records().Outside(e.Name(d.Name), e.Kind).Answers) == 0 {
					continue // nobody has mail there
				}
				nowhere(p, d, e)
			}
		}
	}),
}

// nowhere reports a record that leads nowhere, outside or else inside.
func nowhere(p *audit.Pass, d records.Domain, e records.Entry) {
	x, name := p.Records(), e.Name(d.Name)
	if d.Public() && (e.Label != "enterpriseregistration" || d.Verified) {
		if r, ok := outside(p, name, e.Kind); ok && leadsNowhere(p, d, e, r, "outside") {
			return
		}
	}
	for _, site := range x.Sites() {
		r := x.Inside(site, name, e.Kind)
		if r.State == records.Unknown && len(r.Answers) > 0 {
			inside(p, site, name, e.Kind)
		}
		if leadsNowhere(p, d, e, r, "inside") {
			return
		}
	}
}

func leadsNowhere(p *audit.Pass, d records.Domain, e records.Entry, r records.Record, view string) bool {
	x := p.Records()
	fault, target := x.Trouble(r)
	switch fault {
	case records.Sound:
		return false
	case records.Unclear:
		p.Doubt(audit.Because("targetUnread", audit.Str("record", r.Name), audit.Str("host", target)))
		return false
	case records.Loop, records.TooLong, records.Gone, records.Wrong:
	}
	f := audit.Finding{
		Subject: audit.DomainSubject(d.Name), Value: target,
		Args:     []audit.Arg{audit.Str("record", r.Name), audit.Str("target", target), audit.Str("recordFault", string(fault)), audit.List("view", []string{view})},
		Evidence: slices.Concat(p.DNSFacts(r.Name, r.Kind), targetProof(p, r, target)),
	}
	if want := x.Access(e, d.Name); d.Scenario == records.Hybrid && (e.OnPremises == "edge" || e.OnPremises == "web") && want.Host != target {
		f.Args, f.Evidence = append(f.Args, audit.Str("publish", want.String())), append(f.Evidence, expectation(want)...)
	} else if want := x.Want(e, d.Name); d.Scenario != records.Hybrid && want.Host != "" && e.Left == "" && e.Asked != "mail" {
		f.Args, f.Evidence = append(f.Args, audit.Str("publish", want.String())), append(f.Evidence, expectation(want)...)
	}
	f.Evidence = append(f.Evidence, concerned(d)...)
	p.Report(f)
	return true
}

// targetProof shows what is known of the name that a record leads to.
func targetProof(p *audit.Pass, r records.Record, target string) []audit.Fact {
	if target == r.Name {
		return nil
	}
	var lines []string
	for _, role := range p.DNSFacts(target, records.A) {
		lines = append(lines, role.Values...)
	}
	if len(lines) == 0 {
		return nil
	}
	return []audit.Fact{{Name: "dns.target", Values: lines}}
}
