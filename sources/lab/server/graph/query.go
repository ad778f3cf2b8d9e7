package graphlab

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

const (
	defaultPage = 100
	largestPage = 999
	// largestSignInPage is the limit when signInActivity is among the properties.
	largestSignInPage = 500
)

// query is what a request asked for.
type query struct {
	selected string          // $select as sent
	names    map[string]bool // nil keeps every property
	hidden   map[string]bool
	top      int // 0 for a collection without paging
	count    bool
	skip     string
	offset   int // $skip
	filter   []comparison
	enums    map[string]bool // values to be hidden
}

// keep is the filter as a function, nil when everything is wanted.
func (q query) keep() func(json.RawMessage) bool {
	if len(q.filter) == 0 {
		return nil
	}
	return func(raw json.RawMessage) bool {
		for _, c := range q.filter {
			if !c.holds(raw) {
				return false
			}
		}
		return true
	}
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
		case "$skip", "$filter":
			if !c.kind.skipping || !q.narrow(strings.ToLower(name), value, c) {
				a.graphError(http.StatusBadRequest, "Request_UnsupportedQuery", "The query option '%s' is not supported here, or not with this value.", name)
				return q, false
			}
		default:
			if strings.HasPrefix(name, "$") {
				a.graphError(http.StatusBadRequest, "Request_UnsupportedQuery", "The query option '%s' is not supported here.", name)
				return q, false
			}
		}
	}
	if q.top == 0 && !c.kind.unpaged {
		q.top = defaultPage
		if c.kind.skipping {
			q.top = pageSize(a, defaultPage)
		}
	}
	if !strings.Contains(a.r.Header.Get("Prefer"), "include-unknown-enum-members") {
		q.enums = c.kind.unknownEnums
	}
	return q, s.selection(a, version, c, &q)
}

// narrow takes $skip and $filter; false for a value that it does not understand.
func (q *query) narrow(name, value string, c *collection) (ok bool) {
	var err error
	if name == "$skip" {
		q.offset, err = strconv.Atoi(value)
		return err == nil && q.offset >= 0
	}
	q.filter, err = parseFilter(value, c.kind.known)
	return err == nil
}

func (s *Server) top(a *answer, c *collection, value string) (int, bool) {
	n, err := strconv.Atoi(value)
	largest := largestPage
	if strings.Contains(a.r.URL.Query().Get("$select"), "signInActivity") {
		largest = largestSignInPage
	}
	switch {
	case c.kind.unpaged:
		a.graphError(http.StatusBadRequest, "Request_UnsupportedQuery", "The query option '$top' is not supported for this resource.")
		return 0, false
	case err != nil:
		a.graphError(http.StatusBadRequest, "BadRequest", "Invalid value '%s' for $top query option found.", value)
		return 0, false
	case n < 1 || n > largest:
		a.graphError(http.StatusBadRequest, "Request_UnsupportedQuery",
			"Invalid page size specified: '%d'. Must be between 1 and %d inclusive.", n, largest)
		return 0, false
	}
	return n, true
}

// selection works out which properties the answer holds.
func (s *Server) selection(a *answer, version string, c *collection, q *query) bool {
	k := c.kind
	q.names = k.byDefault
	if version == "v1.0" {
		q.hidden = k.beta
	}
	if q.selected == "" {
		return true
	}
	q.names = map[string]bool{}
	for _, name := range strings.Split(q.selected, ",") {
		name = strings.TrimSpace(name)
		switch {
		case k.single[name]:
			a.graphError(http.StatusNotImplemented, "NotImplemented", "This operation target is not yet supported.")
			return false
		case k.known != nil && !k.known[name] && (version != "beta" || !k.beta[name]):
			a.graphError(http.StatusBadRequest, "BadRequest",
				"Parsing OData Select and Expand failed: Could not find a property named '%s' on type '%s'.", name, k.name)
			return false
		}
		q.names[name] = true
	}
	return true
}
