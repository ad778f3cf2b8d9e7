package dnslab

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"hybridaudit/sources/lab"
)

// zone holds records by owner. Names are in lower case with the dot at the end; a name that only others lie below has an empty set.
type zone struct {
	origin string
	names  map[string]set
	fails  bool
}

// set is what there is at one name, by type.
type set map[uint16][]dns.RR

// zones reads zones by name; several of one name are one.
func zones(given []lab.Zone) (map[string]*zone, error) {
	all := map[string]*zone{}
	for _, g := range given {
		origin := canonical(g.Name)
		z := all[origin]
		if z == nil {
			z = &zone{origin: origin, names: map[string]set{}}
			all[origin] = z
		}
		z.fails = z.fails || g.Fails
		for _, r := range g.Records {
			if err := z.add(r); err != nil {
				return nil, fmt.Errorf("zone %s: %w", g.Name, err)
			}
		}
	}
	return all, nil
}

func canonical(name string) string { return strings.ToLower(dns.Fqdn(name)) }

// recordTTL is that of records that say none, in seconds.
const recordTTL = 3600

func (z *zone) add(r lab.Record) error {
	owner, value, ttl := canonical(r.Name), r.Value, r.TTL
	if !dns.IsSubDomain(z.origin, owner) {
		return fmt.Errorf("the record %s lies outside", r.Name)
	}
	if strings.EqualFold(r.Type, "TXT") && !strings.HasPrefix(value, `"`) {
		value = quoted(value)
	}
	if ttl == 0 {
		ttl = recordTTL
	}
	rr, err := dns.NewRR(fmt.Sprintf("%s %d IN %s %s", owner, ttl, r.Type, value))
	if err != nil {
		return fmt.Errorf("the record %s %s %q: %w", r.Name, r.Type, r.Value, err)
	}
	if rr == nil {
		return fmt.Errorf("the record %s is empty", r.Name)
	}
	z.put(rr)
	return nil
}

// put adds a record and makes its name exist, with all between it and the zone.
func (z *zone) put(rr dns.RR) {
	owner := rr.Header().Name
	for name := owner; ; name = parent(name) {
		if z.names[name] == nil {
			z.names[name] = set{}
		}
		if name == z.origin {
			break
		}
	}
	at := z.names[owner]
	at[rr.Header().Rrtype] = append(at[rr.Header().Rrtype], rr)
}

// quoted writes text as the strings of a TXT record, of 255 bytes at most.
func quoted(text string) string {
	var parts []string
	for chunk := range slices.Chunk([]byte(text), 255) {
		parts = append(parts, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(string(chunk))+`"`)
	}
	return strings.Join(parts, " ")
}

func parent(name string) string {
	next, end := dns.NextLabel(name, 0)
	if end || next >= len(name) {
		return "."
	}
	return name[next:]
}

// complete adds what no zone goes without: SOA, NS and the address of the server, where they are not given.
func (z *zone) complete(address string, serial uint32) {
	server := "ns1." + strings.TrimPrefix(z.origin, ".")
	if z.names[z.origin][dns.TypeSOA] == nil {
		z.put(soa(z.origin, server, "hostmaster."+strings.TrimPrefix(z.origin, "."), serial))
	}
	if z.names[z.origin][dns.TypeNS] == nil {
		z.put(&dns.NS{Hdr: header(z.origin, dns.TypeNS), Ns: server})
		if z.names[server] == nil {
			z.put(&dns.A{Hdr: header(server, dns.TypeA), A: ip(address)})
		}
	}
}

func soa(origin, server, mailbox string, serial uint32) *dns.SOA {
	return &dns.SOA{Hdr: header(origin, dns.TypeSOA), Ns: server, Mbox: mailbox, Serial: serial, Refresh: 7200, Retry: 900, Expire: 1209600, Minttl: 3600}
}

func header(name string, kind uint16) dns.RR_Header {
	return dns.RR_Header{Name: name, Rrtype: kind, Class: dns.ClassINET, Ttl: recordTTL}
}

// at gives what there is at a name, through a wildcard if there is one for it; ok is false when the name does not exist.
func (z *zone) at(name string) (found set, ok bool) {
	if found, ok = z.names[name]; ok {
		return found, true
	}
	for above := name; above != z.origin; {
		above = parent(above)
		if _, exists := z.names[above]; !exists {
			continue
		}
		star, ok := z.names["*."+above]
		if !ok {
			return nil, false
		}
		return star.named(name), true
	}
	return nil, false
}

// named gives copies of the records for another name.
func (s set) named(name string) set {
	copied := set{}
	for kind, records := range s {
		for _, rr := range records {
			rr = dns.Copy(rr)
			rr.Header().Name = name
			copied[kind] = append(copied[kind], rr)
		}
	}
	return copied
}

func (s set) all() []dns.RR {
	var records []dns.RR
	for _, kind := range slices.Sorted(maps.Keys(s)) {
		records = append(records, s[kind]...)
	}
	return records
}
