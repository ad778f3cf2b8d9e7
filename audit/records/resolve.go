package records

import (
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// Fault is why a record leads nowhere.
type Fault string

// The faults.
const (
	Sound   Fault = ""
	Loop    Fault = "loop"    // aliases in a circle
	TooLong Fault = "tooLong" // more aliases than clients follow
	Gone    Fault = "gone"    // the target does not exist, or has no address
	Wrong   Fault = "wrong"   // a target that is known to be wrong
	Unclear Fault = "unclear" // nobody told whether the target exists
)

// Trouble says whether a record leads nowhere, and the target that does. The view of the record is that of its targets, too.
func (x *Index) Trouble(r Record) (fault Fault, target string) {
	if r.State != Present {
		return Sound, ""
	}
	switch r.Answer.Status {
	case evidence.LookupLoop:
		return Loop, r.Answer.Final()
	case evidence.LookupTooLong:
		return TooLong, r.Answer.Final()
	}
	for _, t := range r.Targets() {
		switch f, at := x.leads(r, t); {
		case f == Sound:
		case f != Unclear:
			return f, at
		case fault == Sound:
			fault, target = f, at
		}
	}
	return fault, target
}

// leads judges one target of a record.
func (x *Index) leads(r Record, t Target) (Fault, string) {
	path := r.path(t)
	end, online := address.DomainKey(path[len(path)-1]), false
	for _, name := range path {
		if Mistaken(name) != "" {
			return Wrong, address.DomainKey(name)
		}
		if x.service(name) {
			return Sound, "" // what stands behind it is not the organisation's business
		}
		if x.Online(name) {
			end, online = address.DomainKey(name), true
			break
		}
	}
	for _, l := range r.Answers {
		if r.Kind != SRV && l.Status == evidence.LookupAnswer && len(l.Values) > 0 && l.Type != CNAME {
			return Sound, ""
		}
	}
	if !r.Internal && !address.Routable(end) {
		return Gone, end // nobody outside can know it
	}
	to := x.Outside(end, A)
	if r.Internal {
		to = x.Inside(r.Site, end, A)
	}
	switch {
	case to.State == Present && to.Answer.Status == evidence.LookupAnswer:
		return Sound, ""
	case to.State == Present && to.Answer.Status == evidence.LookupLoop:
		return Loop, end
	case to.State == Present && to.Answer.Status == evidence.LookupTooLong:
		return TooLong, end
	case to.State == Absent, to.State == Present && (conclusive(to.Answer)):
		return Gone, end
	}
	if r.Kind != SRV && slices.ContainsFunc(r.Answers, func(l evidence.Lookup) bool { return stateOf(l) == Present && conclusive(l) && len(l.Chain) > 0 }) {
		return Gone, end
	}
	if online {
		return Sound, "" // nobody was asked for it
	}
	return Unclear, end
}

// conclusive says that an answer without addresses at the end of its aliases means that there are none. A zone's own server that leaves a name of another zone to whoever
// asks says nothing of it.
func conclusive(l evidence.Lookup) bool {
	if l.Type == CNAME || l.Type == "AAAA" && l.Status == evidence.LookupNoData || l.Status != evidence.LookupNoName && l.Status != evidence.LookupNoData {
		return false
	}
	end, zone := address.DomainKey(l.Final()), address.DomainKey(l.Zone)
	return l.Resolver != evidence.ResolverAuthoritative || zone != "" && (end == zone || strings.HasSuffix(end, "."+zone))
}

// service says that a name is one of those that Microsoft 365 wants records to lead to.
func (x *Index) service(name string) bool {
	name = address.DomainKey(name)
	label, suffix, _ := strings.Cut(name, ".")
	return slices.ContainsFunc(Table(), func(e Entry) bool {
		if strings.Contains(e.Online, ".") {
			return name == e.Online
		}
		return label == e.Online && x.Online(name) && x.Online(suffix)
	}) || x.targets[name]
}

// Addresses lists the addresses of a host as seen from outside, sorted; nil when nobody told any.
func (x *Index) Addresses(host string) []string {
	var list []string
	for _, l := range x.Outside(host, A).Answers {
		if l.Status == evidence.LookupAnswer {
			list = append(list, l.Values...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
