package dns

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/records"
	"hybridaudit/sources/evidence"
)

// longTTL is how long, in seconds, a record that is about to change may be remembered.
const longTTL = 3600

// dns011Params tell what is planned.
type dns011Params struct {
	// Change is when the records are to be changed; nil when nothing is planned.
	Change *time.Time `yaml:"change"`
	// Domains are those whose records change then, all when empty.
	Domains []string `yaml:"domains"`
	// Ahead is how long before the change TTLs are looked at.
	Ahead time.Duration `yaml:"ahead"`
}

// DNS011 finds records that not everybody sees in the same form, or that will stay in memory for long when they change.
var DNS011 = &audit.Rule{
	ID: "DNS-011", Category: "dns", Severity: audit.Info,
	Title: "Change not visible everywhere yet, or TTL unsuitable",
	Why:   "Until all servers have forgotten the old record, some people go to the old place and some to the new one. That can take as long as the old TTL, and up to 72 hours.",
	Fix: "Wait until the TTL has run out, and look again. Some days before the next change lower the TTL to 300, and set it back to 3600 afterwards. On clients ipconfig /flushdns helps. If servers " +
		"of the zone differ among themselves, look at the zone transfer (SOA serial numbers).",
	Guards: "Only aliases and SRV records are compared, and whether a record is there at all: addresses differ legitimately where answers depend on the place. Internal servers that keep a zone of " +
		"their own under the name, or lead to private addresses, are left to DNS-007. TTLs are judged only when the parameter change names a day not further away than ahead.",
	Refs: []audit.Ref{{Title: "KB 2566790"}},
	Variants: []audit.Variant{
		{Code: "P", Message: "{record} is {found} at the servers of its zone, and something else at {servers}"},
		{
			Code: "T", Message: "{record} is remembered for {ttl} seconds, and is to change on {change}",
			Fix: "Lower the TTL of the record to 300 now, at least as long before the change as the TTL lasts, and set it back to 3600 afterwards.",
		},
	},
	Identity: []string{"record"},
	Needs:    needs(),
	Params:   func() any { return &dns011Params{Ahead: 7 * 24 * time.Hour} },
	Check: audit.Once(func(p *audit.Pass) {
		everybody(p)
		for _, d := range own(p, records.Domain.Public) {
			for _, e := range records.Table() {
				if e.OnPremises == "" && e.Asked != "mail" || e.OnPremises == "pool" || !watched(p, d, e) {
					continue
				}
				r, ok := outside(p, e.Name(d.Name), e.Kind)
				if !ok {
					continue
				}
				spread(p, d, r)
				remembered(p, d, r)
			}
		}
	}),
}

// watched says that a record is asked for of a domain.
func watched(p *audit.Pass, d records.Domain, e records.Entry) bool {
	switch e.Asked {
	case "sip":
		return d.SIP
	case "mail":
		return len(p.Records().Outside(e.Name(d.Name), e.Kind).Answers) > 0
	}
	return d.SIP || d.Verified
}

// spread reports a record that other servers tell otherwise than those of its zone.
func spread(p *audit.Pass, d records.Domain, r records.Record) {
	x := p.Records()
	if r.Answer.Resolver != evidence.ResolverAuthoritative {
		p.Doubt(audit.Because("noAuthority", audit.Str("record", r.Name)))
		return
	}
	want := signature(r)
	var others []string
	compare := func(of records.Record) {
		for _, l := range of.Answers {
			one := records.Of(of, l)
			if one.State == records.Unknown || l.Resolver == evidence.ResolverAuthoritative || l.Type == "AAAA" || signature(one) == want || r.Answer.Type == "AAAA" || pinned(l) {
				continue
			}
			others = append(others, l.Server)
		}
	}
	compare(r)
	for _, site := range x.Sites() {
		in := x.Inside(site, r.Name, r.Kind)
		switch split, known := x.Split(site, d.Name); {
		case in.State == records.Unknown || split:
		case known:
			compare(in)
		default: // a zone of their own may say anything
			p.Doubt(audit.Because("recordUnreadInside", audit.Str("record", "SOA "+d.Name), audit.Str("site", siteName(site))))
		}
	}
	if len(others) == 0 {
		return
	}
	slices.Sort(others)
	f := audit.Finding{
		Variant: "P", Subject: audit.DomainSubject(d.Name), Value: first(found(r)),
		Args:     []audit.Arg{audit.Str("record", r.Name), audit.List("found", found(r)), audit.List("servers", slices.Compact(others))},
		Evidence: p.DNSFacts(r.Name, r.Kind),
	}
	if serials := x.Serials(d.Name); len(serials) > 0 {
		f.Evidence = append(f.Evidence, audit.Fact{Name: "soaSerials", Values: serials})
	}
	f.Evidence = append(f.Evidence, concerned(d)...)
	p.Report(f)
}

// pinned says that an internal server leads to a private address: that is a name that is kept different inside on purpose, and no memory of anything outside.
func pinned(l evidence.Lookup) bool {
	return l.Resolver == evidence.ResolverInternal && l.Type == records.A && len(l.Values) > 0 && !slices.ContainsFunc(l.Values, func(v string) bool {
		a, err := netip.ParseAddr(v)
		return err != nil || !a.IsPrivate()
	})
}

// signature is what all servers should tell alike: whether a record is there, and where it leads, but no address.
func signature(r records.Record) string {
	if r.State == records.Absent {
		return "absent"
	}
	var list []string
	for _, t := range r.Targets() {
		list = append(list, t.String())
	}
	slices.Sort(list)
	return "present " + strings.Join(list, ", ")
}

// remembered reports a record that is to change soon and has a long TTL.
func remembered(p *audit.Pass, d records.Domain, r records.Record) {
	c := audit.Params[dns011Params](p)
	if c.Change == nil || c.Change.Before(p.Now().Truncate(24*time.Hour)) || c.Change.Sub(p.Now()) > c.Ahead || r.State != records.Present {
		return
	}
	if len(c.Domains) > 0 && !slices.ContainsFunc(c.Domains, func(name string) bool { return audit.DomainSubject(name).Key == d.Name }) {
		return
	}
	ttl := r.Answer.TTL
	for _, l := range r.Answers {
		ttl = max(ttl, l.TTL) // what is left of it at a resolver is less
	}
	if ttl <= longTTL {
		return
	}
	p.Report(audit.Finding{
		Variant: "T", Subject: audit.DomainSubject(d.Name), Value: strconv.Itoa(ttl),
		Args:     []audit.Arg{audit.Str("record", r.Name), audit.Num("ttl", ttl), audit.Str("change", c.Change.Format(time.DateOnly))},
		Evidence: slices.Concat(p.DNSFacts(r.Name, r.Kind), concerned(d)),
	})
}
