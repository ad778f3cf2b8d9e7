package graphlab

import (
	"encoding/base64"
	"net/http"
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
	if a.r.Method != http.MethodGet {
		a.graphError(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
		return
	}
	f, due := s.faults.due(target)
	if due && s.strike(a, f) {
		return
	}
	collectionPath, rest := s.resolve(target)
	if code := s.refusal(target, collectionPath); code != "" {
		a.graphError(http.StatusForbidden, code, "Insufficient privileges to complete the operation.")
		return
	}
	c := s.collections[collectionPath]
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
	default:
		s.object(a, version, c, rest, target)
	}
}

// resolve splits a target into the longest collection path it begins with and the one segment behind it, "" for the collection itself.
func (s *Server) resolve(target string) (collectionPath, rest string) {
	if s.collections[target] != nil {
		return target, ""
	}
	i := strings.LastIndexByte(target, '/')
	if i > 0 && s.collections[target[:i]] != nil {
		return target[:i], target[i+1:]
	}
	return "", ""
}

// refusal gives the error code for a path that the application may not read, "" for the others.
func (s *Server) refusal(target, collectionPath string) string {
	for path, code := range s.options.Tenant.Refused {
		path = strings.ToLower(strings.Trim(path, "/"))
		if path == target || path == collectionPath {
			return code
		}
	}
	return ""
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
	a.send(http.StatusOK, "text/plain", []byte(strconv.Itoa(len(c.objects))))
}

// object answers for one object of a collection.
func (s *Server) object(a *answer, version string, c *collection, id, target string) {
	i := c.find(id)
	if i < 0 {
		a.graphError(http.StatusNotFound, "Request_ResourceNotFound",
			"Resource '%s' does not exist or one of its queried reference-property objects are not present.", id)
		return
	}
	q, ok := s.query(a, version, c)
	if !ok {
		return
	}
	body := []byte(`{"@odata.context":"` + a.origin() + "/" + version + "/$metadata#" + c.path + `/$entity",`)
	object := project(nil, c.objects[i], q.names, q.hidden)
	if len(object) == 2 {
		body = append(body[:len(body)-1], '}')
	} else {
		body = append(body, object[1:]...)
	}
	a.seen.Rows = 1
	s.faults.answer(target)
	a.json(http.StatusOK, body)
}
