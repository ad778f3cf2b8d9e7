package graphlab

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"hybridaudit/sources/lab"
)

// collection is one Graph collection with an index by id that is made when the first object is asked for by itself.
type collection struct {
	path    string
	objects []json.RawMessage

	once sync.Once
	rows map[string]int
}

func indexCollections(list []lab.Collection) (map[string]*collection, error) {
	all := make(map[string]*collection, len(list))
	for _, c := range list {
		path := strings.ToLower(strings.Trim(c.Path, "/"))
		if all[path] != nil {
			return nil, fmt.Errorf("collection %q is given twice", c.Path)
		}
		all[path] = &collection{path: c.Path, objects: c.Objects}
	}
	return all, nil
}

// find returns the row of the object with the id (or, among users, the user principal name), -1 when there is none.
func (c *collection) find(id string) int {
	c.once.Do(func() {
		c.rows = make(map[string]int, len(c.objects))
		for i, raw := range c.objects {
			for _, name := range []string{"id", "userPrincipalName"} {
				var text string
				if v := member(raw, name); v != nil && json.Unmarshal(v, &text) == nil && text != "" {
					c.rows[strings.ToLower(text)] = i
				}
			}
		}
	})
	if i, ok := c.rows[strings.ToLower(id)]; ok {
		return i
	}
	return -1
}
