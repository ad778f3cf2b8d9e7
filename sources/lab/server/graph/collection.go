package graphlab

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"hybridaudit/sources/lab"
)

// collection is one Graph collection. Objects keep their place: one that is removed leaves a gap, a new one comes behind the last, so that page tokens stay good
// while objects change.
type collection struct {
	path string
	kind *entityKind

	mu      sync.RWMutex
	objects []json.RawMessage // nil where one was removed
	live    int
	rows    map[string]int // by id and other names, made when the first object is asked for by itself
	log     []logged       // what was changed, the oldest first; its length is the collection's version
}

// logged is one change of a collection.
type logged struct {
	row    int
	id     string
	before json.RawMessage // nil of a new object
	reason string          // of a removal
}

func newCollection(path string, objects []json.RawMessage) *collection {
	return &collection{path: path, kind: kindOf(path), objects: objects, live: len(objects)}
}

func indexCollections(list []lab.Collection) (map[string]*collection, error) {
	all := make(map[string]*collection, len(list))
	for _, c := range list {
		path := collectionKey(c.Path)
		if all[path] != nil {
			return nil, fmt.Errorf("collection %q is given twice", c.Path)
		}
		all[path] = newCollection(c.Path, c.Objects)
	}
	return all, nil
}

func collectionKey(path string) string { return strings.ToLower(strings.Trim(path, "/")) }

// find gives the object with the id (or the user principal name, or the application id), nil when there is none.
func (c *collection) find(id string) json.RawMessage {
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.row(id); i >= 0 {
		return c.objects[i]
	}
	return nil
}

// row gives an object's place, -1 when it is not there. The collection is locked.
func (c *collection) row(id string) int {
	if c.rows == nil {
		c.rows = make(map[string]int, len(c.objects))
		for i, raw := range c.objects {
			c.index(i, raw)
		}
	}
	if i, ok := c.rows[strings.ToLower(id)]; ok && c.objects[i] != nil {
		return i
	}
	return -1
}

func (c *collection) index(i int, raw json.RawMessage) {
	for _, name := range []string{"id", "userPrincipalName", "appId"} {
		if text := textOf(raw, name); text != "" {
			c.rows[strings.ToLower(text)] = i
		}
	}
}

// textOf is a member that is text, "" when it is something else.
func textOf(raw json.RawMessage, name string) string {
	var text string
	if v := member(raw, name); v == nil || json.Unmarshal(v, &text) != nil {
		return ""
	}
	return text
}

// size is how many objects there are.
func (c *collection) size() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.live
}

// window gives up to n objects from a place on (all for 0) that the filter lets through, the place behind the last of them, and whether there are more. ok is
// false for a place that is not there.
func (c *collection) window(from, n int, keep func(json.RawMessage) bool) (objects []json.RawMessage, end int, more, ok bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if from > len(c.objects) {
		return nil, 0, false, false
	}
	for end = from; end < len(c.objects); end++ {
		raw := c.objects[end]
		if raw == nil || keep != nil && !keep(raw) {
			continue
		}
		if n > 0 && len(objects) == n {
			return objects, end, true, true
		}
		objects = append(objects, raw)
	}
	return objects, end, false, true
}

// before gives the n objects in front of a place.
func (c *collection) before(place, n int) (objects []json.RawMessage) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for place--; place >= 0 && len(objects) < n; place-- {
		if c.objects[place] != nil {
			objects = append(objects, c.objects[place])
		}
	}
	slices.Reverse(objects)
	return objects
}
