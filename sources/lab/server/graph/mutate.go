package graphlab

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Mutation is one change of an object of a collection.
type Mutation struct {
	Path string // of the collection: "users"
	ID   string
	// Set is a JSON object whose members replace those of the object with the ID; an object that is not there is added with these members and its ID.
	Set json.RawMessage
	// Remove takes the object away: a user, group or contact is then told as removed by those who ask for changes, with the reason "changed", since it can be
	// restored for 30 days. Purge is for good: the reason is "deleted".
	Remove, Purge bool
}

// Mutate changes objects while the server answers, each change at once and all in the given order. A collection that is not there yet is made. It stops at the first
// change that cannot be made.
func (s *Server) Mutate(changes ...Mutation) error {
	for i, m := range changes {
		if err := s.mutate(m); err != nil {
			return fmt.Errorf("graph lab: change %d of %s: %w", i, m.Path, err)
		}
	}
	return nil
}

func (s *Server) mutate(m Mutation) error {
	remove := m.Remove || m.Purge
	switch {
	case m.Path == "" || m.ID == "":
		return errors.New("no path or no id")
	case remove == (m.Set != nil):
		return errors.New("neither or both of set and remove")
	case !remove && !json.Valid(m.Set):
		return errors.New("what to set is not valid JSON")
	}
	c := s.collectionFor(m.Path)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.log) == 0 { // the objects so far are the caller's
		c.objects = slices.Clone(c.objects)
	}
	i := c.row(m.ID)
	switch {
	case remove && i < 0:
		return fmt.Errorf("%s is not there", m.ID)
	case remove:
		reason := "changed"
		if m.Purge {
			reason = "deleted"
		}
		c.log = append(c.log, logged{row: i, id: m.ID, before: c.objects[i], reason: reason})
		c.objects[i] = nil
		c.live--
		return nil
	}
	var before json.RawMessage
	if i < 0 {
		id, err := json.Marshal(m.ID)
		if err != nil {
			return fmt.Errorf("id: %w", err)
		}
		i = len(c.objects)
		c.objects = append(c.objects, merged([]byte(`{"id":`+string(id)+`}`), m.Set))
		c.live++
	} else {
		before = c.objects[i]
		c.objects[i] = merged(before, m.Set)
	}
	c.log = append(c.log, logged{row: i, id: m.ID, before: before})
	c.index(i, c.objects[i])
	return nil
}

// collectionFor finds a collection, or makes it.
func (s *Server) collectionFor(path string) *collection {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := collectionKey(path)
	if s.collections[key] == nil {
		s.collections[key] = newCollection(strings.Trim(path, "/"), nil)
	}
	return s.collections[key]
}

// collection gives a collection by the lower-case form of its path, nil when there is none.
func (s *Server) collection(key string) *collection {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.collections[key]
}

// merged replaces and adds members of an object.
func merged(raw, set json.RawMessage) json.RawMessage {
	news := map[string][]byte{}
	var order []string
	_ = eachMember(set, func(key, value []byte) {
		if _, again := news[string(key)]; !again {
			order = append(order, string(key))
		}
		news[string(key)] = value
	})
	var b bytes.Buffer
	put := func(key string, value []byte) {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + key + `":`)
		b.Write(value)
	}
	b.WriteByte('{')
	_ = eachMember(raw, func(key, value []byte) {
		if v, ok := news[string(key)]; ok {
			value = v
			delete(news, string(key))
		}
		put(string(key), value)
	})
	for _, key := range order {
		if v, ok := news[key]; ok {
			put(key, v)
		}
	}
	b.WriteByte('}')
	return b.Bytes()
}
