package graphlab

import (
	"net/http"
	"strconv"
	"strings"
)

const (
	defaultPage = 100
	largestPage = 999
)

// query is what a request asked for.
type query struct {
	selected string          // $select as sent
	names    map[string]bool // nil keeps every property
	hidden   map[string]bool
	top      int // 0 for a collection without paging
	count    bool
	skip     string
}

// isUsers tells the collection whose properties are checked.
func (c *collection) isUsers() bool { return strings.EqualFold(c.path, "users") }

// unpaged tells the collections that come whole and take no $top.
func (c *collection) unpaged() bool {
	return strings.EqualFold(c.path, "subscribedSkus") || strings.EqualFold(c.path, "organization")
}

// query reads and checks the query options; it answers and returns false when Graph would refuse them.
func (s *Server) query(a *answer, version string, c *collection) (query, bool) {
	var q query
	for name, values := range a.r.URL.Query() {
		value := values[0]
		switch strings.ToLower(name) {
		case "$select":
			q.selected = value
		case "$top":
			top, ok := s.top(a, c, value)
			if !ok {
				return q, false
			}
			q.top = top
		case "$skiptoken":
			q.skip = value
		case "$count":
			q.count = strings.EqualFold(value, "true")
		default:
			if strings.HasPrefix(name, "$") {
				a.graphError(http.StatusBadRequest, "Request_UnsupportedQuery", "The query option '%s' is not supported here.", name)
				return q, false
			}
		}
	}
	if q.top == 0 && !c.unpaged() {
		q.top = defaultPage
	}
	return q, s.selection(a, version, c, &q)
}

func (s *Server) top(a *answer, c *collection, value string) (int, bool) {
	n, err := strconv.Atoi(value)
	switch {
	case c.unpaged():
		a.graphError(http.StatusBadRequest, "Request_UnsupportedQuery", "The query option '$top' is not supported for this resource.")
		return 0, false
	case err != nil:
		a.graphError(http.StatusBadRequest, "BadRequest", "Invalid value '%s' for $top query option found.", value)
		return 0, false
	case n < 1 || n > largestPage:
		a.graphError(http.StatusBadRequest, "Request_UnsupportedQuery",
			"Invalid page size specified: '%d'. Must be between 1 and %d inclusive.", n, largestPage)
		return 0, false
	}
	return n, true
}

// selection works out which properties the answer holds.
func (s *Server) selection(a *answer, version string, c *collection, q *query) bool {
	if c.isUsers() {
		q.names = s.users.byDefault
		if version == "v1.0" {
			q.hidden = s.users.beta
		}
	}
	if q.selected == "" {
		return true
	}
	q.names = map[string]bool{}
	for _, name := range strings.Split(q.selected, ",") {
		name = strings.TrimSpace(name)
		if c.isUsers() {
			switch {
			case s.users.single[name]:
				a.graphError(http.StatusNotImplemented, "NotImplemented", "This operation target is not yet supported.")
				return false
			case !s.users.known[name] && (version != "beta" || !s.users.beta[name]):
				a.graphError(http.StatusBadRequest, "BadRequest",
					"Parsing OData Select and Expand failed: Could not find a property named '%s' on type 'microsoft.graph.user'.", name)
				return false
			}
		}
		q.names[name] = true
	}
	return true
}
