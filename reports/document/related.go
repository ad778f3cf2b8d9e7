package document

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// related knows which rules have findings on what was looked at on the network.
type related struct {
	hosts   map[string][]mention // by host:port, and by host for findings that name no port
	records map[string][]mention // by the name of a record
	zones   map[string][]mention // by the name of a domain, of findings on its zone as a whole
}

// mention is a rule with a finding, and from where that was seen; no sites: from anywhere.
type mention struct {
	rule  string
	sites []string
}

// related reads the findings once.
func (d *Document) related() related {
	r := related{hosts: map[string][]mention{}, records: map[string][]mention{}, zones: map[string][]mention{}}
	for f := range d.Findings() {
		m := mention{f.Rule.ID, sitesOf(f)}
		for _, s := range append([]audit.Subject{f.Subject}, f.Related...) {
			if s.Kind == hostKind {
				note(r.hosts, s.Key, m)
			}
		}
		if host := textOf(f, "host"); host != "" {
			note(r.hosts, host, m)
		}
		if !slices.ContainsFunc(f.Rule.Needs, func(n audit.Need) bool { return n.Dataset == evidence.DNSLookups }) {
			continue
		}
		if host := textOf(f, "host"); host != "" {
			note(r.records, host, m) // its addresses
		}
		if f.Subject.Kind != domainKind {
			continue
		}
		record, service := textOf(f, "record"), textOf(f, "service")
		for _, name := range []string{record, service} {
			if name != "" {
				note(r.records, name, m)
			}
		}
		if record == "" {
			note(r.zones, f.Subject.Key, m)
		}
	}
	return r
}

const (
	hostKind   = "host"
	domainKind = "domain"
)

func note(m map[string][]mention, name string, what mention) {
	name = hostKey(name)
	if all := m[name]; len(all) == 0 || all[len(all)-1].rule != what.rule || len(what.sites) > 0 || len(all[len(all)-1].sites) > 0 {
		m[name] = append(all, what)
	}
}

// hostKey is the comparison form of a host, with or without a port.
func hostKey(s string) string {
	host, port, found := strings.Cut(s, ":")
	if !found || strings.Contains(port, ":") {
		return address.DomainKey(s)
	}
	return address.DomainKey(host) + ":" + port
}

// textOf is an argument of the finding if it is a text.
func textOf(f Finding, name string) string {
	s, _ := f.Arg(name).(string)
	return s
}

// sitesOf lists the places that a finding names; none when it holds for all.
func sitesOf(f Finding) []string {
	if site := textOf(f, "site"); site != "" && site != "-" {
		return []string{site}
	}
	sites, _ := f.Arg("sites").([]string)
	return sites
}

// rulesAt lists the rules, sorted, that speak of something as it is seen from a place.
func rulesAt(site string, mentions ...[]mention) []string {
	var ids []string
	for _, all := range mentions {
		for _, m := range all {
			if site == "" || len(m.sites) == 0 || slices.Contains(m.sites, site) {
				ids = append(ids, m.rule)
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
