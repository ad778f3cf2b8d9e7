package records

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence"
)

// Line says what a server answered: "192.0.2.53:53: CNAME webdir.online.lync.com, A 203.0.113.7, TTL 300".
func (x *Index) Line(l evidence.Lookup) string {
	text := status(l)
	var parts []string
	for _, c := range l.Chain {
		parts = append(parts, "CNAME "+c)
	}
	for _, v := range l.Values {
		parts = append(parts, l.Type+" "+v)
	}
	if text != "" {
		parts = append(parts, text)
	} else if l.TTL > 0 {
		parts = append(parts, "TTL "+strconv.Itoa(l.TTL))
	}
	if l.Forged {
		parts = append(parts, "wildcard")
	}
	if l.Mixed {
		parts = append(parts, "CNAME beside other records")
	}
	where := cmp.Or(l.Server, "no server")
	if x.several && l.Site != "" {
		where = l.Site + " " + where
	}
	return where + ": " + strings.Join(parts, ", ")
}

// status names what is no answer in the words of the field.
func status(l evidence.Lookup) string {
	switch l.Status {
	case evidence.LookupAnswer:
		return ""
	case evidence.LookupNoData:
		return "no " + l.Type + " record"
	case evidence.LookupNoName:
		return "NXDOMAIN"
	case evidence.LookupServerFailure:
		return "SERVFAIL"
	case evidence.LookupRefused:
		return "refused"
	case evidence.LookupTimeout:
		return "no answer in time"
	case evidence.LookupUnreachable:
		return "unreachable"
	case evidence.LookupMalformed:
		return "an answer that cannot be read"
	case evidence.LookupLoop:
		return "the aliases lead in a circle"
	case evidence.LookupTooLong:
		return "too many aliases"
	}
	return l.Status
}

// Answers tells what the servers of each role answered, by role. The lines are in an order that does not change.
func (x *Index) Answers(name, kind string) map[string][]string {
	m := map[string][]string{}
	for _, l := range x.all(name, kind, func(evidence.Lookup) bool { return true }).Answers {
		if l.Type == "AAAA" && l.Status != evidence.LookupAnswer {
			continue // that there is no address of that kind says nothing beside the other
		}
		m[l.Resolver] = append(m[l.Resolver], x.Line(l))
	}
	return m
}

// Serials lists the SOA serial numbers that the zone's own servers have: "ns1.contoso.com 2026112201" by server.
func (x *Index) Serials(domain string) []string {
	var list []string
	for _, l := range x.Authority(domain).Answers {
		if l.Resolver != evidence.ResolverAuthoritative {
			continue
		}
		for _, v := range l.Values {
			if f := strings.Fields(v); len(f) > 2 {
				list = append(list, l.Server+" "+f[2])
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
