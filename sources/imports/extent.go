package imports

import (
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/imports/ldif"
)

// filled is what the second reading finds in an extent.
type filled struct {
	rows map[*clauseFilling]int
	held map[kind]map[string]bool // attributes, as spelled, that records of a kind hold; noted where nothing tells what was asked for
}

// asked says whether a search asked for an attribute; known is false when nothing tells.
func asked(s *ldif.Search, o Options, attribute string) (yes, known bool) {
	if ofCatalog(s) {
		return false, false
	}
	all, list := s.All || len(s.Attributes) == 0, s.Attributes
	if !s.Known {
		all, list = o.AllAttributes || slices.Contains(o.Attributes, "*"), o.Attributes
		if !all && len(list) == 0 {
			return false, false
		}
	}
	return all && !constructed(attribute) || slices.ContainsFunc(list, func(name string) bool { return strings.EqualFold(name, attribute) }), true
}

// ofCatalog tells a search that only a global catalog answers. It gives only the attributes that it has, whatever it was asked for.
func ofCatalog(s *ldif.Search) bool { return s.Known && s.Base == "" && s.Scope != "baseObject" }

// isSilent says that a search does not tell which attributes it would have given, so that only those are known that were.
func isSilent(s *ldif.Search) bool { return !s.Known || ofCatalog(s) }

// shows says whether the absence of an attribute from a record of a kind means that the object does not have it.
func (e *extent) shows(s *ldif.Search, o Options, k kind, attribute string) bool {
	if attribute == computedControl && (k == kind(evidence.ADContacts) || k == kind(evidence.ADGroups)) {
		return true // only accounts have it
	}
	yes, _ := asked(s, o, attribute)
	return yes || isSilent(s) && e.holds(k, attribute)
}

func (e *extent) holds(k kind, attribute string) bool {
	for name := range e.filled.held[k] {
		if strings.EqualFold(name, attribute) {
			return true
		}
	}
	return false
}

func (e *extent) rows(c *clauseFilling) int {
	if e == nil {
		return 0
	}
	return e.filled.rows[c]
}

// reach is how much of what a clause takes a search gave, of one domain or of the configuration partition.
type reach uint8

const (
	nothing  reach = iota
	some           // only a part, or nobody knows
	presumed       // all, as far as can be seen
	all            // all, by what was asked for
)

// reachOf tells how much of a clause's region in a domain a search covered. The extent is nil when it gave nothing of the domain.
func (c *clauseFilling) reachOf(s *ldif.Search, e *extent, f *forest, d *domain, o Options) reach {
	if s.Known {
		return c.reachOfKnown(s, d, f)
	}
	if e == nil {
		return nothing
	}
	rows := e.rows(c)
	if given := e.objects; o.Whole {
		if c.where.configured(f) {
			given = e.config
		}
		if given > 0 {
			return all
		}
	}
	begins := e.root
	switch c.where {
	case inDomains, inRootDomain:
	case inRTC:
		begins = e.configuration || e.services || e.rtc || f.rtcOld && (e.rtcOld || e.root)
	case inExchange:
		begins = e.configuration || e.services || e.exchange
	case inConfiguration:
		begins = e.configuration
	}
	switch {
	case begins && (rows > 0 || !c.common):
		return presumed
	case rows > 0:
		return some
	}
	return nothing
}

// reachOfKnown is reachOf for a search that tells its base, scope and filter.
func (c *clauseFilling) reachOfKnown(s *ldif.Search, d *domain, f *forest) reach {
	answer := c.baseOf(s, d, f)
	if answer == nothing {
		return nothing
	}
	through := c.letThrough(s.Filter)
	switch {
	case !slices.ContainsFunc(through, func(t tri) bool { return t != no }):
		return nothing
	case slices.ContainsFunc(through, func(t tri) bool { return t != yes }):
		return some
	}
	return answer
}

// share marks the samples that a search brought all of, so that several searches may be found to have brought everything together.
func (c *clauseFilling) share(s *ldif.Search, d *domain, f *forest, into []bool) {
	if !s.Known || c.baseOf(s, d, f) != all {
		return
	}
	for i, t := range c.letThrough(s.Filter) {
		into[i] = into[i] || t == yes
	}
}

// baseOf tells how much of the region lies in what the search looked at, whatever its filter.
func (c *clauseFilling) baseOf(s *ldif.Search, d *domain, f *forest) reach {
	locator := domains{spelled: map[string]*domain{}, byName: map[string]*domain{d.name: d}}
	name := s.Base
	if parsed, err := directory.ParseDN(name); err == nil {
		name = parsed.String() // whoever typed it may have used blanks
	}
	base := locator.locate([]byte(name))
	answer := all
	switch {
	case ofCatalog(s):
	case base.domain != d:
		return nothing
	default:
		answer = c.below(base, f)
	}
	if s.Scope != "subtree" {
		answer = min(answer, some)
	}
	return answer
}

// below tells how much of the region lies below the base of a search.
func (c *clauseFilling) below(base place, f *forest) reach {
	within := func(container string) reach {
		switch {
		case len(base.within) > 0 && inside([]byte(container), string(base.within)):
			return all
		case inside(base.within, container):
			return some
		}
		return nothing
	}
	switch c.where {
	case inDomains, inRootDomain:
		switch {
		case base.config:
			return nothing
		case len(base.within) == 0:
			return all
		}
		return some
	case inRTC:
		if !f.rtcOld {
			return within(rtcName)
		}
		if len(base.within) == 0 {
			return all
		}
		return within(rtcOldName)
	case inExchange:
		return within(exchangeName)
	case inConfiguration:
		return within(configurationName)
	}
	return nothing
}

// letThrough tells for each sample whether a search with the filter brings all objects like it.
func (c *clauseFilling) letThrough(text string) []tri {
	answers := make([]tri, len(c.samples))
	slots := names{}
	parsed, err := parseFilter(text, slots)
	for i, one := range c.samples {
		answers[i] = maybe
		if err == nil {
			answers[i] = parsed.matches(one.object(slots))
		}
	}
	return answers
}

// object is the sample as far as it is known.
func (s sample) object(slots names) *object {
	category, class := slots.slot("objectCategory"), slots.slot("objectClass")
	o := &object{held: make([][][]byte, len(slots)), unknown: make([]bool, len(slots)), some: make([]bool, len(slots))}
	for i := range o.unknown {
		o.unknown[i] = true
	}
	o.unknown[class] = false
	for name := range strings.FieldsSeq(s.classes) {
		o.held[class] = append(o.held[class], []byte(name))
	}
	if s.category != "" {
		o.unknown[category], o.held[category] = false, [][]byte{[]byte(s.category)}
	}
	for _, name := range append(slices.Clone(s.has), "objectCategory", "objectGUID", "distinguishedName", "cn", "name", "whenCreated", "whenChanged") {
		if i, ok := slots[strings.ToLower(name)]; ok && o.unknown[i] {
			o.unknown[i], o.some[i] = false, true
		}
	}
	return o
}
