package imports

import (
	"bytes"
	"strings"

	"hybridaudit/sources/evidence/entries"
	"hybridaudit/sources/imports/ldif"
)

// selector holds of a record what the filters ask about.
type selector struct {
	slots                        names
	class, category, deleted, dn int
	object                       object
	spelled                      map[string]int // slots by the spelling of the file, -1 for those that nobody asks about
	attributes                   []entries.Attribute
	inferred, name               [1][]byte
}

func newSelector() selector {
	slots := names{}
	return selector{
		slots: slots, class: slots.slot("objectClass"), category: slots.slot("objectCategory"), deleted: slots.slot("isDeleted"), dn: slots.slot("distinguishedName"),
		spelled: map[string]int{},
	}
}

// load makes an entry of the record, and finds the values that filters ask about. Both are valid until the next one is loaded.
func (s *selector) load(record *ldif.Record) entries.Entry {
	clear(s.object.held)
	for i := range record.Attributes {
		if slot := s.slot(record.Attributes[i].Name); slot >= 0 {
			s.object.held[slot] = record.Attributes[i].Values
		}
	}
	s.name[0] = record.DN
	s.object.held[s.dn] = s.name[:]
	if len(s.object.held[s.category]) == 0 {
		s.infer()
	}
	e := appendEntry(s.attributes[:0], record)
	s.attributes = e.Attributes
	return e
}

// slot finds the slot of an attribute by its spelling; -1 when no filter asks about it. Options are no part of the name.
func (s *selector) slot(name []byte) int {
	if slot, ok := s.spelled[string(name)]; ok {
		return slot
	}
	bare, _, _ := bytes.Cut(name, []byte(";"))
	slot, ok := s.slots[strings.ToLower(string(bare))]
	if !ok {
		slot = -1
	}
	if len(s.spelled) < maxHeld {
		s.spelled[string(name)] = slot
	}
	return slot
}

// infer gives an object whose category was not exported that of its class. A computer is a kind of user, and not of the category person; managed service
// accounts are a kind of computer with a category of their own.
func (s *selector) infer() {
	category, rank := "", 0
	for _, class := range s.object.held[s.class] {
		of, at := "", 0
		switch strings.ToLower(string(class)) {
		case "person":
			of, at = "person", 1
		case "group":
			of, at = "group", 1
		case "computer":
			of, at = "computer", 2
		case "msds-groupmanagedserviceaccount", "msds-managedserviceaccount":
			of, at = "service account", 3
		}
		if at > rank {
			category, rank = of, at
		}
	}
	if rank > 0 {
		s.inferred[0] = []byte(category)
		s.object.held[s.category] = s.inferred[:]
	}
}

func (s *selector) isClassless() bool { return len(s.object.held[s.class]) == 0 }

func (s *selector) isDeleted() bool {
	v := s.object.held[s.deleted]
	return len(v) > 0 && bytes.EqualFold(v[0], []byte("TRUE"))
}

// kind tells the kinds of records apart that no dataset stands for; "" for others.
func (s *selector) kind(p place) kind {
	if p.config {
		for _, class := range s.object.held[s.class] {
			if bytes.EqualFold(class, []byte("serviceConnectionPoint")) {
				return anyConnectionPoint
			}
		}
		return ""
	}
	if v := s.object.held[s.category]; len(v) > 0 && isCategoryValue(v[0], []byte("group")) {
		return anyGroup
	}
	return ""
}
