package dnslab

import (
	"net"
	"strings"

	"github.com/miekg/dns"
)

// Serials of the zones that give none. Those of a directory's own DNS servers count changes, others write the day.
const (
	outsideSerial = 2026010101
	insideSerial  = 4711
)

// view is all that one server knows.
type view struct {
	role   Role
	zones  map[string]*zone
	cached map[string]*zone
}

func newView(o Options) (*view, error) {
	v := &view{role: o.Role}
	var err error
	if v.zones, err = zones(o.Outside); err != nil {
		return nil, err
	}
	for _, z := range v.zones {
		z.complete(OutsideAddress, outsideSerial)
	}
	inside, err := zones(o.Inside)
	if err != nil {
		return nil, err
	}
	for origin, z := range inside {
		z.complete(InsideAddress, insideSerial)
		v.zones[origin] = z
	}
	v.cached, err = zones(o.Cached)
	return v, err
}

// zoneOf is the innermost of the zones that a name lies in, nil when there is none.
func zoneOf(all map[string]*zone, name string) *zone {
	for {
		if z := all[name]; z != nil || name == "." {
			return z
		}
		name = parent(name)
	}
}

// maxAliases is how many aliases a resolver follows before it answers with what it has.
const maxAliases = 16

// answer fills the answer to a question: records, code and, where there is nothing, the SOA record of the zone that says so.
func (v *view) answer(m *dns.Msg, q dns.Question) {
	m.Authoritative, m.RecursionAvailable = v.role == Authoritative, v.role == Resolver
	name, home := canonical(q.Name), (*zone)(nil)
	visited := map[string]bool{}
	for range maxAliases + 1 {
		if visited[name] {
			return
		}
		visited[name] = true
		f := v.find(name)
		if v.role == Authoritative {
			if home == nil {
				home = f.zone
			}
			if f.zone != home {
				return // whoever asks goes on elsewhere
			}
		}
		if f.code == dns.RcodeServerFailure || f.code == dns.RcodeRefused {
			m.Answer, m.Authoritative, m.Rcode = nil, false, f.code
			return
		}
		target, found := f.take(m, q.Qtype)
		if found {
			return
		}
		if target == "" {
			m.Rcode, m.Ns = f.code, []dns.RR{f.authority}
			return
		}
		name = canonical(target)
	}
}

// finding is what there is at one name.
type finding struct {
	zone      *zone // nil when the name lies in none
	records   set
	code      int
	authority dns.RR // for an answer without records
}

func (v *view) find(name string) finding {
	f := finding{zone: zoneOf(v.zones, name)}
	if f.zone != nil {
		f.authority = f.zone.names[f.zone.origin][dns.TypeSOA][0]
	} else {
		f.authority = registry(name)
	}
	if old := zoneOf(v.cached, name); old != nil {
		if old.fails {
			f.code = dns.RcodeServerFailure
			return f
		}
		if records := old.names[name]; len(records) > 0 {
			f.records = records
			return f
		}
	}
	switch {
	case f.zone == nil && v.role == Authoritative:
		f.code = dns.RcodeRefused
	case f.zone == nil:
		if !v.above(name) {
			f.code = dns.RcodeNameError
		}
	case f.zone.fails:
		f.code = dns.RcodeServerFailure
	default:
		records, ok := f.zone.at(name)
		if !ok && !v.above(name) {
			f.code = dns.RcodeNameError
		}
		f.records = records
	}
	return f
}

// above says that a zone lies below the name, which therefore exists.
func (v *view) above(name string) bool {
	if name == "." {
		return true
	}
	for origin := range v.zones {
		if strings.HasSuffix(origin, "."+name) {
			return true
		}
	}
	return false
}

// take adds the records of the type to the answer, or the alias and where it leads. A name that has both gives both, as servers do that let it be entered.
func (f finding) take(m *dns.Msg, kind uint16) (target string, found bool) {
	if kind == dns.TypeANY && len(f.records) > 0 {
		m.Answer = append(m.Answer, f.records.all()...)
		return "", true
	}
	records := f.records[kind]
	if alias := f.records[dns.TypeCNAME]; kind != dns.TypeCNAME && len(alias) > 0 {
		m.Answer = append(m.Answer, alias...)
		target = alias[0].(*dns.CNAME).Target
	}
	m.Answer = append(m.Answer, records...)
	return target, len(records) > 0
}

// registry is the SOA record of the top-level domain, which says that there is no such zone.
func registry(name string) dns.RR {
	labels := dns.SplitDomainName(name)
	if len(labels) < 2 {
		return soa(".", "a.root-servers.net.", "nstld.verisign-grs.com.", outsideSerial)
	}
	top := labels[len(labels)-1] + "."
	return soa(top, "ns1.registry."+top, "hostmaster.registry."+top, outsideSerial)
}

func ip(text string) net.IP { return net.ParseIP(text) }
