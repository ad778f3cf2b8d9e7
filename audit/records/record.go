package records

import (
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// State says whether a record is there.
type State uint8

// The states. A server that fails or is silent says nothing: a record is absent only where one answered that it is.
const (
	Unknown State = iota
	Absent
	Present
)

// Record is what was seen of a record from outside, or from inside at a site.
type Record struct {
	Name, Kind string
	Internal   bool
	Site       string // of an internal one
	State      State
	// Wildcard says that the zone gives the answer for any name: nobody published the record itself.
	Wildcard bool
	// Answer is the one that counts; the zero value when the state is Unknown.
	Answer  evidence.Lookup
	Answers []evidence.Lookup // all that were asked for, also those that failed
}

// decide takes the word of the first role that tells anything.
func (r *Record) decide(roles ...string) {
	for _, role := range roles {
		best := Unknown
		for _, l := range r.Answers {
			s := stateOf(l)
			if s == Absent && l.Type == "AAAA" && l.Status == evidence.LookupNoData {
				continue // there may be an address of the other kind
			}
			if l.Resolver == role && (s > best || s == best && s == Present && r.Wildcard && !l.Forged) {
				best, r.State, r.Wildcard, r.Answer = s, s, s == Present && l.Forged, l
			}
		}
		if best != Unknown {
			return
		}
	}
}

func stateOf(l evidence.Lookup) State {
	switch {
	case len(l.Chain) > 0:
		return Present // wherever the alias leads
	case !l.Told():
		return Unknown
	case l.Status == evidence.LookupNoData || l.Status == evidence.LookupNoName:
		return Absent
	case l.Type == SRV && !slices.ContainsFunc(parseTargets(l.Values), func(t Target) bool { return t.Host != "" }):
		return Absent // "." says that there is no such service
	}
	return Present
}

// Target is where a record leads. Of an alias it is only a name.
type Target struct {
	Host                   string
	Priority, Weight, Port int
}

func (t Target) String() string {
	if t.Port == 0 && t.Priority == 0 && t.Weight == 0 {
		return t.Host
	}
	return strings.Join([]string{strconv.Itoa(t.Priority), strconv.Itoa(t.Weight), strconv.Itoa(t.Port), t.Host}, " ")
}

// parseTargets reads SRV records. What cannot be read is left out.
func parseTargets(values []string) []Target {
	var list []Target
	for _, v := range values {
		f := strings.Fields(v)
		if len(f) == 3 {
			f = append(f, "") // the root
		}
		if len(f) != 4 {
			continue
		}
		var n [3]int
		ok := true
		for i := range n {
			var err error
			n[i], err = strconv.Atoi(f[i])
			ok = ok && err == nil
		}
		if ok {
			list = append(list, Target{address.DomainKey(f[3]), n[0], n[1], n[2]})
		}
	}
	return list
}

// Targets lists where the record leads: the targets of SRV records, or the name that an alias stands for. It is empty for addresses.
func (r Record) Targets() []Target {
	switch {
	case r.State != Present:
		return nil
	case r.Kind == SRV:
		return slices.DeleteFunc(parseTargets(r.Answer.Values), func(t Target) bool { return t.Host == "" })
	case len(r.Answer.Chain) > 0:
		return []Target{{Host: address.DomainKey(r.Answer.Chain[0])}}
	case r.Kind == CNAME && len(r.Answer.Values) > 0:
		return []Target{{Host: address.DomainKey(r.Answer.Values[0])}}
	}
	return nil
}

// path is what the target leads through: the aliases, or the target of an SRV record.
func (r Record) path(t Target) []string {
	if r.Kind == SRV || len(r.Answer.Chain) == 0 {
		return []string{t.Host}
	}
	return r.Answer.Chain
}

// Reaches says that the record leads to a host, directly or through aliases.
func (r Record) Reaches(host string) bool {
	return slices.ContainsFunc(r.Targets(), func(t Target) bool {
		return slices.ContainsFunc(r.path(t), func(name string) bool { return address.DomainKey(name) == address.DomainKey(host) })
	})
}

// Leads says whether all, and whether some of what the record leads to is Microsoft 365's.
func (x *Index) Leads(r Record) (all, some bool) {
	targets := r.Targets()
	n := 0
	for _, t := range targets {
		if slices.ContainsFunc(r.path(t), x.Online) {
			n++
		}
	}
	return n > 0 && n == len(targets), n > 0
}

// Found says in short what the record is: its targets, its addresses, or "absent".
func (r Record) Found() []string {
	var list []string
	for _, t := range r.Targets() {
		list = append(list, t.String())
	}
	switch {
	case r.State == Absent:
		return []string{"absent"}
	case len(list) == 0:
		return slices.Clone(r.Answer.Values)
	}
	return list
}

// Of gives the record as a single answer tells it.
func Of(r Record, l evidence.Lookup) Record {
	one := Record{Name: r.Name, Kind: r.Kind, Internal: r.Internal, Site: r.Site, Answers: []evidence.Lookup{l}}
	one.decide(l.Resolver)
	return one
}

// Mixed says that an alias stands beside other records at the name.
func (r Record) Mixed() bool {
	return slices.ContainsFunc(r.Answers, func(l evidence.Lookup) bool { return l.Mixed })
}
