package dns

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/records"
)

// verdict is what is wrong with a record that clients or other organisations need.
type verdict struct {
	bad    bool
	absent bool
	want   records.Want
}

// judge holds a record against the table of its domain's scenario. Records of which DNS-004, DNS-005, DNS-008 or DNS-009 speaks are not bad here. The port of an SRV record counts
// like its target: nobody listens at another one.
func judge(p *audit.Pass, d records.Domain, e records.Entry, r records.Record) verdict {
	x := p.Records()
	online, onPremises := verdict{want: x.Want(e, d.Name)}, verdict{want: x.Access(e, d.Name)}
	all, some := x.Leads(r)
	missing := r.State == records.Absent || r.Wildcard && !some
	switch d.Scenario {
	case records.Cloud:
		online.absent, online.bad = r.State == records.Absent, r.State == records.Absent || !fits(r, online.want)
		return online
	case records.TeamsOnly:
		online.absent, online.bad = r.State == records.Absent, r.State == records.Absent || all && !fits(r, online.want)
		return online
	case records.Hybrid:
		if onPremises.absent, onPremises.bad = missing, missing; !missing && !some {
			onPremises = servers(p, d, e, r, onPremises.want)
		}
		return onPremises
	case records.Either:
		switch {
		case missing:
			online.absent, online.bad = true, true
		case all:
			online.bad = !fits(r, online.want)
		case !some:
			return servers(p, d, e, r, onPremises.want)
		}
		return online
	case records.Unknowable:
	}
	return verdict{}
}

// servers judges a record that leads to the organisation's own hosts. want is that of the Access Edge or the reverse proxy.
func servers(p *audit.Pass, d records.Domain, e records.Entry, r records.Record, want records.Want) verdict {
	switch {
	case elsewhere(p, d, e, r):
		return verdict{bad: true, want: atEdge(p, d, r, want)}
	case !ported(r, want):
		if strings.HasSuffix(r.Targets()[0].Host, "."+d.Name) {
			want.Host = r.Targets()[0].Host // it may have another name of the Edge
		}
		return verdict{bad: true, want: want}
	}
	return verdict{want: want}
}

// ported says that one of several SRV records at least has the port of the service.
func ported(r records.Record, w records.Want) bool {
	return r.Kind != records.SRV || slices.ContainsFunc(r.Targets(), func(t records.Target) bool { return t.Port == w.Port })
}

// fits says that a record leads where it should. Of several SRV records one is enough: DNS-009 speaks of the others.
func fits(r records.Record, w records.Want) bool {
	if r.Kind != records.SRV {
		return r.Reaches(w.Host)
	}
	return slices.ContainsFunc(r.Targets(), func(t records.Target) bool { return t.Host == w.Host && t.Port == w.Port })
}

// elsewhere says that a record of the Access Edge leads to other addresses than those of the Edge servers that the directory names. Where these have no address outside,
// nothing is known.
func elsewhere(p *audit.Pass, d records.Domain, e records.Entry, r records.Record) bool {
	if e.OnPremises != "edge" {
		return false
	}
	x := p.Records()
	edges, theirs := x.Edges(d.Name), x.EdgeAddresses(d.Name)
	for _, t := range r.Targets() {
		if slices.Contains(edges, t.Host) {
			return false
		}
	}
	its := itsAddresses(p, r)
	return len(theirs) > 0 && len(its) > 0 && !slices.ContainsFunc(its, func(a string) bool { return slices.Contains(theirs, a) })
}

// itsAddresses lists the addresses that a record leads to.
func itsAddresses(p *audit.Pass, r records.Record) []string {
	if r.Kind != records.SRV {
		return r.Answer.Values
	}
	var list []string
	for _, t := range r.Targets() {
		list = append(list, p.Records().Addresses(t.Host)...)
	}
	return list
}

// atEdge is what a record must be that leads to another address than that of the Edge: where it has the right name already, the name must get the right address.
func atEdge(p *audit.Pass, d records.Domain, r records.Record, w records.Want) records.Want {
	if w.Kind == records.A || r.Name != w.Host && !r.Reaches(w.Host) {
		return w
	}
	return records.Want{Name: w.Host, Kind: records.A, Target: records.Target{Host: p.Records().EdgeAddresses(d.Name)[0]}}
}

// missing reports a record that is absent or wrong.
func missing(p *audit.Pass, d records.Domain, r records.Record, v verdict, s audit.Severity) {
	is := found(r)
	if v.want.Kind == records.A && r.Kind == records.SRV {
		is = append(is, itsAddresses(p, r)...)
	}
	p.Report(audit.Finding{
		Severity: s, Subject: audit.DomainSubject(d.Name), Value: first(is),
		Args: []audit.Arg{
			audit.Str("record", r.Name), audit.List("found", is), audit.Str("expected", v.want.Target.String()), audit.Str("domain", d.Name), audit.Num("people", d.People),
			audit.Str("publish", v.want.String()),
		},
		Evidence: slices.Concat(p.DNSFacts(r.Name, r.Kind), expectation(v.want), concerned(d)),
	})
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
