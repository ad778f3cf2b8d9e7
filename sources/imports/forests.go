package imports

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"hybridaudit/sources/evidence/directory"
)

// forest is a forest as the files show it.
type forest struct {
	name    string // DNS name of the root domain
	root    *domain
	parts   []part
	listed  bool   // the forest's own list of domains was exported
	host    string // a domain controller of the root domain that described itself
	rtc     string // name of the container of Skype for Business, "" when there is none or it was not exported
	rtcOld  bool   // it lies where Live Communications Server put it
	members map[*domain]bool
}

// part is a domain of a forest.
type part struct {
	dns, context, netBIOS string
	host                  string  // a domain controller of it that described itself
	domain                *domain // nil when the files hold nothing of it
}

// errNothing says that the files are no export of Active Directory.
var errNothing = errors.New("the LDIF files hold no record of a domain: none has a name that ends with domain components, as in DC=contoso,DC=com")

// forests finds out which domains belong together: by the list of partitions where the configuration partition was exported, else by the names. The order is
// that of the forests' names.
func (s *survey) forests() ([]*forest, error) {
	if len(s.domains.all) == 0 {
		return nil, errNothing
	}
	known := map[*domain]*forest{}
	var all []*forest
	begin := func(root *domain) *forest {
		f := &forest{name: root.name, root: root, members: map[*domain]bool{}}
		all = append(all, f)
		return f
	}
	for _, d := range s.domains.all {
		if d.config > 0 {
			known[d] = begin(d)
		}
	}
	others := map[*domain]bool{} // partitions that are no domains
	for _, f := range all {
		for _, c := range f.root.crossRefs {
			d := s.domains.byName[directory.DomainOf(c.context)]
			switch {
			case c.isDomain:
				f.listed = true
				f.parts = append(f.parts, part{dns: c.dns, context: c.context, netBIOS: c.netBIOS, domain: d})
				if d != nil {
					known[d] = f
				}
			case d != nil && known[d] == nil:
				others[d] = true
			}
		}
	}
	for _, r := range s.roots {
		if known[r.rootDomain] == nil {
			known[r.rootDomain] = begin(r.rootDomain)
		}
		if f := known[r.rootDomain]; known[r.domain] == nil && !f.listed {
			known[r.domain] = f
		}
	}
	s.byNames(known, others, begin)
	for _, d := range s.domains.all {
		if f := known[d]; f != nil {
			f.members[d] = true
			f.complete(d)
		}
	}
	for _, f := range all {
		f.settle(s.roots)
	}
	slices.SortFunc(all, func(a, b *forest) int { return cmp.Compare(a.name, b.name) })
	return all, nil
}

// byNames gives the domains that no list names to the forest whose name they end with, and makes forests of the topmost of those that are left.
func (s *survey) byNames(known map[*domain]*forest, others map[*domain]bool, begin func(*domain) *forest) {
	left := slices.Clone(s.domains.all)
	slices.SortStableFunc(left, func(a, b *domain) int { return cmp.Compare(len(a.name), len(b.name)) })
	for _, d := range left {
		up := s.above(d)
		if others[d] = others[d] || up != nil && others[up] || isZones(d.name); known[d] != nil || others[d] || d.objects == 0 {
			continue
		}
		if f := known[up]; f != nil && !f.listed {
			known[d] = f
			continue
		}
		known[d] = begin(d)
	}
}

// above gives the nearest domain that a name lies below, nil when there is none.
func (s *survey) above(d *domain) *domain {
	_, parent, ok := strings.Cut(d.name, ".")
	for ok {
		if up := s.domains.byName[parent]; up != nil {
			return up
		}
		_, parent, ok = strings.Cut(parent, ".")
	}
	return nil
}

// isZones tells the partitions of DNS, which look like domains.
func isZones(name string) bool {
	return strings.Contains("."+name, ".domaindnszones.") || strings.Contains("."+name, ".forestdnszones.")
}

// complete adds a domain that the forest's list does not hold.
func (f *forest) complete(d *domain) {
	if slices.ContainsFunc(f.parts, func(p part) bool { return p.domain == d }) {
		return
	}
	if p := (part{dns: d.name, context: d.context, domain: d}); d.objects > 0 || d == f.root {
		f.parts = append(f.parts, p)
	}
}

// settle fills in what the whole forest is needed for.
func (f *forest) settle(roots []rootDSE) {
	for i := range f.parts {
		for _, r := range roots {
			if r.domain == f.parts[i].domain && r.rootDomain == f.root {
				f.parts[i].host = r.host
				f.host = cmp.Or(f.host, r.host)
			}
		}
	}
	f.rtc = f.root.rtc
	if f.rtc == "" && f.root.rtcOld != "" {
		f.rtc, f.rtcOld = f.root.rtcOld, true
	}
}

// inRTC says whether a place lies in the container of Skype for Business.
func (f *forest) inRTC(p place) bool {
	if p.domain != f.root {
		return false
	}
	if f.rtcOld {
		return !p.config && inside(p.within, rtcOldName)
	}
	return p.config && inside(p.within, rtcName)
}
