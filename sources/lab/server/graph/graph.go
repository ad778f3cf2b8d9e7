package graphlab

import (
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const resourceURL = "00000003-0000-0000-c000-000000000000"

// graph answers one request below an API version.
func (s *Server) graph(a *answer, version, path string) {
	target := strings.ToLower(path)
	a.seen.Target = target
	if !s.authorise(a) {
		return
	}
	if target == targetBatch {
		s.batch(a, version)
		return
	}
	if a.r.Method != http.MethodGet {
		a.graphError(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
		return
	}
	s.get(a, version, path)
}

// get answers what is asked for by itself or as part of a batch.
func (s *Server) get(a *answer, version, path string) {
	target := strings.ToLower(path)
	a.seen.Target = target
	f, due := s.faults.due(target)
	if due && s.strike(a, f) {
		return
	}
	collectionPath, rest := s.resolve(target)
	if code := s.refusal(a, version, target, collectionPath); code != "" {
		a.graphError(http.StatusForbidden, code, "Insufficient privileges to complete the operation.")
		return
	}
	s.announce(a, target)
	c := s.collection(collectionPath)
	switch {
	case c == nil:
		last := path[strings.LastIndexByte(path, '/')+1:]
		if strings.Contains(path, "/") {
			a.graphError(http.StatusNotFound, "Request_ResourceNotFound",
				"Resource '%s' does not exist or one of its queried reference-property objects are not present.", last)
			return
		}
		a.graphError(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '%s'.", last)
	case rest == "":
		s.page(a, version, c, target, f)
	case rest == "$count":
		s.count(a, c, target)
	case c.kind.tracked && (rest == "delta" || rest == "delta()" || rest == "microsoft.graph.delta" || rest == "microsoft.graph.delta()"):
		s.delta(a, version, c, target, f)
	default:
		s.object(a, version, c, rest, target)
	}
}

// byOtherKey is an object that is addressed by another key than its id: serviceprincipals(appid='...').
var byOtherKey = regexp.MustCompile(`^([a-z/]+)\(([a-z]+)='([^'/]+)'\)$`)

// resolve splits a target into the longest collection path it begins with and the one segment behind it, "" for the collection itself.
func (s *Server) resolve(target string) (collectionPath, rest string) {
	if s.collection(target) != nil {
		return target, ""
	}
	if m := byOtherKey.FindStringSubmatch(target); m != nil && s.collection(m[1]) != nil {
		return m[1], m[3]
	}
	i := strings.LastIndexByte(target, '/')
	if i > 0 && s.collection(target[:i]) != nil {
		return target[:i], target[i+1:]
	}
	return "", ""
}

// refusal gives the error code for what the application may not read, "" for the rest. A path that is refused may hold * for one segment, begin with an API version, or end
// with ? and a property that may not be selected.
func (s *Server) refusal(a *answer, version, target, collectionPath string) string {
	selected := strings.Split(a.r.URL.Query().Get("$select"), ",")
	for path, code := range s.options.Tenant.Refused {
		path, property, only := strings.Cut(strings.Trim(path, "/"), "?")
		path = strings.ToLower(path)
		if rest, ok := strings.CutPrefix(path, "beta/"); ok {
			if version != "beta" {
				continue
			}
			path = rest
		}
		if only && !slices.Contains(selected, property) {
			continue
		}
		if matchesPath(path, target) || matchesPath(path, collectionPath) {
			return code
		}
	}
	return ""
}

// matchesPath compares paths in which * stands for any one segment.
func matchesPath(pattern, path string) bool {
	if pattern == path {
		return true
	}
	if !strings.Contains(pattern, "*") {
		return false
	}
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i, segment := range want {
		if segment != "*" && !strings.EqualFold(segment, have[i]) {
			return false
		}
	}
	return true
}

// announce tells what the answer costs and how much of the allowance is used, when the options say so.
func (s *Server) announce(a *answer, target string) {
	h := a.w.Header()
	if s.options.ResourceUnits {
		h.Set("x-ms-resource-unit", strconv.Itoa(resourceUnits(a, target)))
	}
	if s.options.Throttle != nil {
		if share := s.options.Throttle(target); share >= 0.8 {
			h.Set("x-ms-throttle-limit-percentage", strconv.FormatFloat(share, 'f', -1, 64))
		}
	}
}

// resourceUnits is what a request costs.
func resourceUnits(a *answer, target string) int {
	cost := 1
	switch {
	case strings.HasSuffix(target, "domainnamereferences"):
		cost = 4
	case target == "subscribedskus":
		cost = 3
	case target == "users":
		cost = 2
	}
	q := a.r.URL.Query()
	if q.Get("$select") != "" {
		cost--
	}
	if top, err := strconv.Atoi(q.Get("$top")); err == nil && top < 20 {
		cost--
	}
	return max(1, cost)
}

// authorise checks the bearer token and answers 401 when it is not accepted.
func (s *Server) authorise(a *answer) bool {
	ordinal, refusal := s.tokens.check(bearer(a.r), a.now)
	a.seen.Token = ordinal
	if refusal == "" {
		return true
	}
	s.unauthorised(a, refusal, "")
	return false
}

func bearer(r *http.Request) string {
	text, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return ""
	}
	return text
}

func (s *Server) unauthorised(a *answer, message, claims string) {
	challenge := `Bearer realm="", authorization_uri="` + a.origin() + `/common/oauth2/authorize", client_id="` + resourceURL + `"`
	if claims != "" {
		challenge += `, error="insufficient_claims", claims="` + base64.StdEncoding.EncodeToString([]byte(claims)) + `"`
	}
	a.w.Header().Set("WWW-Authenticate", challenge)
	a.graphError(http.StatusUnauthorized, "InvalidAuthenticationToken", "%s", message)
}

// count answers /<collection>/$count with plain text.
func (s *Server) count(a *answer, c *collection, target string) {
	if !strings.EqualFold(a.seen.Consistency, "eventual") {
		a.graphError(http.StatusBadRequest, "Request_BadRequest", "$count is not currently supported.")
		return
	}
	s.faults.answer(target)
	a.send(http.StatusOK, "text/plain", []byte(strconv.Itoa(c.size())))
}

// object answers for one object of a collection.
func (s *Server) object(a *answer, version string, c *collection, id, target string) {
	raw := c.find(id)
	if raw == nil {
		a.graphError(http.StatusNotFound, "Request_ResourceNotFound",
			"Resource '%s' does not exist or one of its queried reference-property objects are not present.", id)
		return
	}
	q, ok := s.query(a, version, c)
	if !ok {
		return
	}
	body := []byte(`{"@odata.context":"` + a.origin() + "/" + version + "/$metadata#" + contextOf(c.path) + `/$entity",`)
	object := project(nil, raw, q.names, q.hidden)
	if len(object) == 2 {
		body = append(body[:len(body)-1], '}')
	} else {
		body = append(body, object[1:]...)
	}
	a.seen.Rows = 1
	s.faults.answer(target)
	a.json(http.StatusOK, body)
}
