package graphlab

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// DeltaOptions change how the server tells what has changed in users, groups, contacts and service principals since a link that it gave.
type DeltaOptions struct {
	// Sparse tells of a changed object only its id and what has changed of it; otherwise all selected properties.
	Sparse bool
	// Replays is how many unchanged objects are told as changed beside the others.
	Replays int
	// Repeated makes each page begin with the last object of the page before.
	Repeated bool
}

// deltaLifetime is how long a link to changes is good.
const deltaLifetime = 7 * 24 * time.Hour

// deltaState is what a link to changes, or to their next page, carries.
type deltaState struct {
	Selected string `json:"c,omitempty"`
	Full     bool   `json:"f,omitempty"` // the first round, which tells all objects
	Since    int    `json:"v"`           // version from which on changes are told
	Until    int    `json:"u"`           // version up to which they are, of the pages of one round
	Place    int    `json:"p,omitempty"`
	Issued   int64  `json:"t"`
	Epoch    int64  `json:"e,omitempty"`
	Next     bool   `json:"n,omitempty"` // a link to the next page
	Serial   int64  `json:"s"`
}

// ExpireDeltaLinks makes all links to changes that were given so far worthless, as after seven days: they are answered with 410.
func (s *Server) ExpireDeltaLinks() { s.deltaEpoch.Add(1) }

// delta answers /<collection>/delta.
func (s *Server) delta(a *answer, version string, c *collection, target string, f Fault) {
	state, fresh, ok := s.deltaQuery(a, c, target)
	if !ok {
		return
	}
	q := query{selected: state.Selected}
	if !s.selection(a, version, c, &q) {
		return
	}
	if q.names != nil {
		q.names["id"] = true
	}
	if fresh == "latest" {
		state.Full, state.Since = false, state.Until
		s.deltaPage(a, version, c, q, nil, s.deltaLink(a, target, state, false), false)
		s.faults.answer(target)
		return
	}
	n := pageSize(a, defaultPage)
	objects, state, more := s.round(c, q, state, n, f)
	link := ""
	if more {
		link = s.deltaLink(a, target, state, true)
	} else {
		next := deltaState{Selected: state.Selected, Since: state.Until, Until: state.Until}
		link = s.deltaLink(a, target, next, false)
	}
	a.seen.Rows = len(objects)
	s.deltaPage(a, version, c, q, objects, link, more)
	s.faults.answer(target)
}

// deltaQuery reads the options and the token; fresh is "latest" for those who only want a link. It answers and returns false when the service would refuse them.
func (s *Server) deltaQuery(a *answer, c *collection, target string) (state deltaState, fresh string, ok bool) {
	state = deltaState{Full: true, Until: c.version()}
	token := ""
	for name, values := range a.r.URL.Query() {
		switch strings.ToLower(name) {
		case "$select":
			state.Selected = values[0]
		case "$deltatoken", "$skiptoken":
			token = values[0]
		default:
			if strings.HasPrefix(name, "$") {
				a.graphError(http.StatusBadRequest, "Request_UnsupportedQuery", "The query option '%s' is not supported with delta.", name)
				return state, "", false
			}
		}
	}
	if token == "" || strings.EqualFold(token, "latest") {
		return state, strings.ToLower(token), true
	}
	state, good := s.deltaToken(target, token)
	switch {
	case !good || state.Since > c.version():
		a.graphError(http.StatusBadRequest, "Request_BadRequest", "Badly formed token.")
		return state, "", false
	case state.Epoch < s.deltaEpoch.Load(), a.now.Sub(time.Unix(state.Issued, 0)) > deltaLifetime:
		s.resync(a)
		return state, "", false
	}
	if !state.Next {
		state.Until = c.version()
	}
	return state, "", true
}

// resync answers that changes can no longer be told and everything has to be read again.
func (s *Server) resync(a *answer) {
	a.w.Header().Set("Location", a.origin()+a.r.URL.EscapedPath()+"?$deltatoken=")
	a.graphError(http.StatusGone, "resyncRequired", "Resync required. Replace any local items with the server's version (including deletes) if you're sure that "+
		"the service was up to date with your local changes when you last sync'd.")
}

// version is how often the collection was changed.
func (c *collection) version() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.log)
}

// round gives one page of a round: of all objects in the first one, of what changed in the others.
func (s *Server) round(c *collection, q query, state deltaState, n int, f Fault) (objects []json.RawMessage, next deltaState, more bool) {
	next = state
	var all []json.RawMessage
	start := state.Place
	if state.Full {
		all, next.Place, more, _ = c.window(start, n, nil)
		for i, raw := range all {
			all[i] = project(nil, raw, q.names, q.hidden)
		}
	} else {
		all = s.changed(c, q, state)
		end := min(len(all), start+n)
		more, next.Place = end < len(all), end
		all = all[min(start, len(all)):end]
	}
	repeat := s.options.Delta.Repeated || f.Kind == RepeatedObjects
	if f.Kind == EmptyPage {
		next.Place = start
		return nil, next, true
	}
	if repeat && start > 0 && state.Full {
		for _, raw := range c.before(start, 1) {
			objects = append(objects, project(nil, raw, q.names, q.hidden))
		}
	} else if repeat && start > 0 {
		objects = append(objects, s.changed(c, q, state)[start-1])
	}
	return append(objects, all...), next, more
}

// changed lists what happened to a collection between two versions, each object once, in the order of its first change. Changes of properties that were not
// selected, or that the service does not track, are none.
func (s *Server) changed(c *collection, q query, state deltaState) (list []json.RawMessage) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	first := map[int]bool{}
	for _, l := range c.log[state.Since:state.Until] {
		if first[l.row] {
			continue
		}
		first[l.row] = true
		if raw := s.told(c, q, l); raw != nil {
			list = append(list, raw)
		}
	}
	for i := 0; i < len(c.objects) && len(first) > 0 && i < s.options.Delta.Replays; i++ {
		if raw := c.objects[i]; raw != nil && !first[i] {
			list = append(list, project(nil, raw, q.names, q.hidden))
		}
	}
	return list
}

// told is how an object is told whose first change of a round is given; nil when there is nothing to tell. The collection is locked.
func (s *Server) told(c *collection, q query, l logged) json.RawMessage {
	now := c.objects[l.row]
	if now == nil {
		reason := ""
		for _, later := range c.log {
			if later.row == l.row && later.reason != "" {
				reason = later.reason
			}
		}
		id, err := json.Marshal(l.id)
		if err != nil || l.before == nil { // it came and went
			return nil
		}
		return []byte(`{"id":` + string(id) + `,"@removed":{"reason":"` + reason + `"}}`)
	}
	if l.before == nil {
		return project(nil, now, q.names, q.hidden)
	}
	differing := map[string]bool{}
	_ = eachMember(now, func(key, value []byte) {
		name := string(key)
		if (q.names == nil || q.names[name]) && !q.hidden[name] && !c.kind.untracked[name] && !bytes.Equal(member(l.before, name), value) {
			differing[name] = true
		}
	})
	if len(differing) == 0 {
		return nil
	}
	if !s.options.Delta.Sparse {
		return project(nil, now, q.names, q.hidden)
	}
	differing["id"] = true
	return project(nil, now, differing, nil)
}

// deltaPage writes a page of a round, with a link to the next page or to the next round.
func (s *Server) deltaPage(a *answer, version string, c *collection, q query, objects []json.RawMessage, link string, more bool) {
	s.pause(a)
	var b bytes.Buffer
	name := contextOf(c.path)
	if q.selected != "" {
		name += "(" + q.selected + ")"
	}
	b.WriteString(`{"@odata.context":`)
	writeString(&b, a.origin()+"/"+version+"/$metadata#"+name)
	if more {
		b.WriteString(`,"@odata.nextLink":`)
	} else {
		b.WriteString(`,"@odata.deltaLink":`)
	}
	writeString(&b, link)
	b.WriteString(`,"value":[`)
	for i, raw := range objects {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(raw)
	}
	b.WriteString("]}")
	a.json(http.StatusOK, b.Bytes())
}

// deltaLink makes a link that carries a state; what was selected is in it, and not in the query.
func (s *Server) deltaLink(a *answer, target string, state deltaState, next bool) string {
	name := "$deltatoken="
	state.Issued, state.Epoch, state.Next, state.Serial = a.now.Unix(), s.deltaEpoch.Load(), next, s.serial.Add(1)
	if next {
		name = "$skiptoken="
	}
	raw, err := json.Marshal(state)
	if err != nil { // numbers and a text always marshal
		return ""
	}
	return a.origin() + a.r.URL.EscapedPath() + "?" + name + url.QueryEscape(base64.RawURLEncoding.EncodeToString(append(s.sign(target, raw), raw...)))
}

// deltaToken reads a token that this server made for the target.
func (s *Server) deltaToken(target, token string) (state deltaState, ok bool) {
	raw, ok := s.signed(target, token)
	if !ok || json.Unmarshal(raw, &state) != nil || state.Place < 0 || state.Since < 0 || state.Until < state.Since {
		return state, false
	}
	return state, true
}

// pageSize is the page size that the client prefers, otherwise the given one.
func pageSize(a *answer, usual int) int {
	for _, p := range strings.Split(a.r.Header.Get("Prefer"), ",") {
		if text, ok := strings.CutPrefix(strings.TrimSpace(strings.ToLower(p)), "odata.maxpagesize="); ok {
			if n, err := strconv.Atoi(text); err == nil && n > 0 {
				a.w.Header().Set("Preference-Applied", "odata.maxpagesize="+text)
				return min(n, 1000)
			}
		}
	}
	return usual
}
