package dns

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/records"
)

// DNS009 finds records that lead to the right place with the wrong particulars.
var DNS009 = &audit.Rule{
	ID: "DNS-009", Category: "dns", Severity: audit.Low,
	Title: "SRV parameters or duplicates",
	Why: "Of several records clients take any, so that some of them go wrong. A port that nobody listens at is no server. Another organisation trusts the Access Edge only when its name lies in the " +
		"domain itself: otherwise federation fails there. An alias beside other records makes servers answer now this, now that.",
	Fix: "Keep one SRV record for each service, with priority 100, weight 1 and port 443 (_sip._tls) or 5061 (_sipfederationtls._tcp). While people are on the servers let it lead to a name of the " +
		"Access Edge in the SIP domain itself, which must stand in the certificate of the Edge, too. Delete what stands beside an alias.",
	FixHere: "Publish only this record: {publish}",
	Guards: "Only records that exist and lead to the right place: of the others DNS-001 to DNS-005 and DNS-008 speak. Another priority or weight works as long as there is only one record: " +
		"informational. A port that is wrong in every record is left to DNS-001 and DNS-003. The name of the Access Edge is judged while people of the domain are on the servers.",
	Refs:     []audit.Ref{{Title: "KB 2566790"}, {Title: "Plan hybrid connectivity: DNS requirements"}},
	Message:  "{record} ({found}): {recordProblem}",
	Identity: []string{"record"},
	Needs:    needs(),
	Applies:  whenSIP,
	Check: audit.Once(func(p *audit.Pass) {
		for _, d := range signalling(p) {
			for _, e := range records.Table() {
				if e.Asked == "mail" || e.Label == "enterpriseregistration" || e.OnPremises == "pool" {
					continue
				}
				r, ok := outside(p, e.Name(d.Name), e.Kind)
				if !ok || r.State != records.Present || broken(p, r) {
					continue
				}
				particulars(p, d, e, r)
			}
		}
	}),
}

func particulars(p *audit.Pass, d records.Domain, e records.Entry, r records.Record) {
	var problems []string
	severity := audit.Low
	if r.Mixed() {
		problems = append(problems, "alias")
	}
	want := p.Records().Want(e, d.Name)
	all, some := p.Records().Leads(r)
	if !all && d.Scenario == records.Hybrid || !some && d.Scenario == records.Either {
		want = p.Records().Access(e, d.Name)
	}
	if e.Kind == records.SRV && e.Port > 0 && placed(p, d, e, r) {
		numbers := len(problems) == 0
		for _, problem := range srvProblems(d, e, r, some) {
			problems = append(problems, problem)
			numbers = numbers && problem == "priority"
		}
		if numbers && len(problems) > 0 {
			severity = audit.Info
		}
	}
	if len(problems) == 0 {
		return
	}
	f := audit.Finding{
		Severity: severity, Subject: audit.DomainSubject(d.Name), Value: first(found(r)),
		Args:     []audit.Arg{audit.Str("record", r.Name), audit.List("found", found(r)), audit.List("recordProblem", problems)},
		Evidence: p.DNSFacts(r.Name, r.Kind),
	}
	if want.Host != "" {
		f.Args, f.Evidence = append(f.Args, audit.Str("publish", want.String())), append(f.Evidence, expectation(want)...)
	}
	f.Evidence = append(f.Evidence, concerned(d)...)
	p.Report(f)
}

// placed says that the record leads, at least in part, to where it should.
func placed(p *audit.Pass, d records.Domain, e records.Entry, r records.Record) bool {
	_, some := p.Records().Leads(r)
	if some && d.Scenario != records.Hybrid {
		return fits(r, p.Records().Want(e, d.Name))
	}
	served := d.Scenario == records.Hybrid || d.Scenario == records.Either
	return served && !elsewhere(p, d, e, r) && ported(r, p.Records().Access(e, d.Name)) && (!some || len(r.Targets()) > 1)
}

// srvProblems lists what is wrong with the particulars of an SRV record. online says that some target is one of Microsoft 365.
func srvProblems(d records.Domain, e records.Entry, r records.Record, online bool) []string {
	targets := r.Targets()
	is := func(wrong func(records.Target) bool) bool { return slices.ContainsFunc(targets, wrong) }
	var problems []string
	if is(func(t records.Target) bool { return t.Host != targets[0].Host }) {
		problems = append(problems, "several")
	}
	if is(func(t records.Target) bool { return t.Port != e.Port }) {
		problems = append(problems, "port")
	}
	if d.Scenario == records.Hybrid && !online && is(func(t records.Target) bool { return !strings.HasSuffix(t.Host, "."+d.Name) }) {
		problems = append(problems, "otherDomain")
	}
	if is(func(t records.Target) bool { return t.Priority != e.Priority || t.Weight != e.Weight }) {
		problems = append(problems, "priority")
	}
	return problems
}
