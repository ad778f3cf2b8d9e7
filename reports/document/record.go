package document

import (
	"cmp"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Record is a DNS record as the servers of each role showed it at a place. IPv4 and IPv6 addresses of a name are one record of type A. The answers are short,
// one line when all servers of a role gave the same, else one for each server; no lines mean that no such server was asked.
type Record struct {
	Domain    string // of the organisation, for which it was asked; "" for hosts that are in none of them
	Name      string
	Type      string
	Site      string
	Inside    []string // from internal resolvers
	Public    []string // from public resolvers
	Authority []string // from servers of the zone itself
	TTL       int      // seconds: that of the zone, else the most that a resolver told; 0 when no server told one
	Rules     []string // ids of the rules with findings on the record
}

// Records lists what was asked of DNS servers by domain, name, type and place; hosts outside of the domains come last.
func (d *Document) Records() []Record {
	type key struct{ site, name, kind string }
	of := map[key][]evidence.Lookup{}
	for l := range d.result.Evidence.Lookups() {
		k := key{l.Site, l.Name, l.Type}
		if l.Type == "AAAA" {
			k.kind = "A"
		}
		of[k] = append(of[k], l)
	}
	if len(of) == 0 {
		return nil
	}
	related := d.related()
	all := make([]Record, 0, len(of))
	for k, asked := range of {
		r := Record{Name: k.name, Type: k.kind, Site: k.site, TTL: lifetime(asked)}
		for _, l := range asked {
			if r.Domain == "" || l.Domain != "" && l.Domain < r.Domain {
				r.Domain = l.Domain
			}
		}
		r.Inside = d.answers(asked, evidence.ResolverInternal)
		r.Public = d.answers(asked, evidence.ResolverPublic)
		r.Authority = d.answers(asked, evidence.ResolverAuthoritative)
		name := address.DomainKey(k.name)
		mentions := [][]mention{related.records[name]}
		switch k.kind {
		case "NS", "SOA", "TXT":
			mentions = append(mentions, related.zones[name])
		}
		r.Rules = rulesAt(k.site, mentions...)
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b Record) int {
		if (a.Domain == "") != (b.Domain == "") {
			return cmp.Compare(b.Domain, a.Domain)
		}
		return cmp.Or(cmp.Compare(a.Domain, b.Domain), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Site, b.Site))
	})
	return all
}

// lifetime is the TTL that the zone gives the record. Resolvers tell what is left of it, so that of them the longest counts.
func lifetime(asked []evidence.Lookup) int {
	zone, left := 0, 0
	for _, l := range asked {
		if l.Status != evidence.LookupAnswer {
			continue // what a server tells of a name that does not exist is for how long to remember that
		}
		if l.Resolver == evidence.ResolverAuthoritative {
			zone = max(zone, l.TTL)
		} else {
			left = max(left, l.TTL)
		}
	}
	if zone > 0 {
		return zone
	}
	return left
}

// answers says in short what the servers of a role told.
func (d *Document) answers(asked []evidence.Lookup, role string) []string {
	by := map[string][]evidence.Lookup{}
	var servers []string
	for _, l := range asked {
		if l.Resolver != role {
			continue
		}
		if by[l.Server] == nil {
			servers = append(servers, l.Server)
		}
		by[l.Server] = append(by[l.Server], l)
	}
	slices.Sort(servers)
	var told []string
	same := true
	for i, server := range servers {
		told = append(told, d.answer(by[server]))
		same = same && told[i] == told[0]
	}
	if same && len(told) > 0 {
		return told[:1]
	}
	for i, server := range servers {
		told[i] = strings.TrimSuffix(server, ":53") + ": " + told[i]
	}
	return told
}

// answer says in short what a server told: where aliases lead, and what stands there, or why nothing does. That there is no IPv6 address is not worth a word
// beside what it says of IPv4.
func (d *Document) answer(of []evidence.Lookup) string {
	of = slices.Clone(of)
	slices.SortStableFunc(of, func(a, b evidence.Lookup) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Status, b.Status), slices.Compare(a.Chain, b.Chain), slices.Compare(a.Values, b.Values))
	})
	said := of[0]
	for _, l := range of[1:] {
		switch {
		case l.Status != evidence.LookupAnswer:
		case said.Status != evidence.LookupAnswer:
			said = l
		default:
			said.Values = append(slices.Clone(said.Values), l.Values...)
			said.Forged, said.Mixed = said.Forged || l.Forged, said.Mixed || l.Mixed
		}
	}
	steps := slices.Clone(said.Chain)
	var values []string
	for _, v := range said.Values {
		if len(steps) == 0 || v != steps[len(steps)-1] {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	if values = slices.Compact(values); len(values) > 0 {
		steps = append(steps, strings.Join(values, ", "))
	}
	text := strings.Join(steps, " → ")
	if said.Status != evidence.LookupAnswer {
		word := d.word("lookupStatus", said.Status)
		if text != "" {
			word = text + ": " + word
		}
		text = word
	}
	var marks []string
	if said.Forged {
		marks = append(marks, d.Say("lookupStatus.wildcard"))
	}
	if said.Mixed {
		marks = append(marks, d.Say("lookupStatus.mixed"))
	}
	if len(marks) > 0 {
		text += " (" + strings.Join(marks, ", ") + ")"
	}
	return text
}

// word is what readers call a coded value; one that is not known stays as it is.
func (d *Document) word(section, code string) string {
	if key := section + "." + code; d.Words.Has(key) {
		return d.Words.Get(key)
	}
	return code
}
