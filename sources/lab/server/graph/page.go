package graphlab

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	jsonType  = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
	proxyPage = "<!DOCTYPE html><html><head><title>Sign in to continue</title></head><body><h1>Network access</h1></body></html>"
)

// strike answers with a planted fault that replaces the whole answer; false when the fault only changes a page.
func (s *Server) strike(a *answer, f Fault) bool {
	a.seen.Fault = f.Kind
	switch f.Kind {
	case Throttled, Unavailable, GatewayTimeout:
		if v := f.retryAfter(a.now); v != "" {
			a.w.Header().Set("Retry-After", v)
		}
		switch f.Kind {
		case Throttled:
			a.w.Header().Set("x-ms-throttle-scope", "Tenant_Application/Read/"+s.clientID()+"/"+s.options.Tenant.ID)
			a.w.Header().Set("x-ms-throttle-information", "ResourceUnitLimitExceeded")
			a.graphError(http.StatusTooManyRequests, "TooManyRequests", "Too many requests")
		case Unavailable:
			a.graphError(http.StatusServiceUnavailable, "serviceNotAvailable", "The service is temporarily unavailable.")
		default:
			a.graphError(http.StatusGatewayTimeout, "UnknownError", "")
		}
	case InternalError:
		a.graphError(http.StatusInternalServerError, "Service_InternalServerError", "Encountered an internal server error.")
	case BadGateway:
		a.send(http.StatusBadGateway, "text/html", []byte("<html><body><h1>502 Bad Gateway</h1></body></html>"))
	case Unauthorized:
		s.tokens.revoke(bearer(a.r))
		s.unauthorised(a, "Access token has expired or is not yet valid.", f.Claims)
	case ConnectionReset:
		a.cut(true, "", nil)
	case HTMLPage:
		a.send(http.StatusOK, "text/html; charset=utf-8", []byte(proxyPage))
	case Redirected:
		a.seen.Status = http.StatusFound
		a.w.Header().Set("Location", f.Origin+a.r.URL.RequestURI())
		a.w.WriteHeader(http.StatusFound)
	case ErrorWithoutMember:
		a.send(http.StatusBadRequest, "application/problem+json", []byte(`{"type":"about:blank","title":"Bad Request","status":400}`))
	case NoValue:
		a.json(http.StatusOK, []byte(`{"@odata.context":"none"}`))
	case Gone:
		s.resync(a)
	case Forbidden:
		a.graphError(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
	case NotFound:
		a.graphError(http.StatusNotFound, "Request_ResourceNotFound",
			"Resource '%s' does not exist or one of its queried reference-property objects are not present.", a.seen.Target)
	case MissingPart:
		return a.seen.Part != ""
	case Slow:
		a.wait(f.Delay)
		return false
	default:
		return false
	}
	return true
}

// page answers with one page of a collection; f is a fault that changes it, or the zero fault.
func (s *Server) page(a *answer, version string, c *collection, target string, f Fault) {
	q, ok := s.query(a, version, c)
	if !ok {
		return
	}
	start, ok := s.position(target, q.skip)
	if !ok {
		s.expired(a)
		return
	}
	objects, end, more, ok := c.window(start+q.offset, q.top, q.keep())
	if !ok && q.offset == 0 {
		s.expired(a)
		return
	}
	s.pause(a)
	switch f.Kind {
	case EmptyPage:
		objects, end, more = nil, start, true
	case RepeatedObjects:
		objects = append(c.before(start, 3), objects...)
	}
	next := ""
	switch {
	case more && c.kind.skipping:
		next = s.skipLink(a, end)
	case more:
		next = s.nextLink(a, target, end)
	}
	next = s.bendLink(a, f, target, start, next)
	body := render(a, version, c, q, f.bent(objects), next)
	a.seen.Rows = len(objects)
	s.finish(a, f, target, body)
}

// expired answers that a page token is not known.
func (s *Server) expired(a *answer) {
	a.graphError(http.StatusBadRequest, "Directory_ExpiredPageToken", "The specified page token value has expired and can no longer be included in your request.")
}

// finish sends a page, or what the fault leaves of it.
func (s *Server) finish(a *answer, f Fault, target string, body []byte) {
	s.faults.answer(target)
	switch f.Kind {
	case TruncatedJSON:
		body = body[:len(body)*2/3]
	case ConnectionClosed:
		a.cut(false, jsonType, body)
		return
	case WrongContentType:
		a.send(http.StatusOK, "text/plain", body)
		return
	}
	a.json(http.StatusOK, body)
}

// contextOf is how @odata.context names a collection: what belongs to one object names that in brackets, and deleted users are users.
func contextOf(path string) string {
	if parts := strings.Split(strings.Trim(path, "/"), "/"); len(parts) == 3 && strings.EqualFold(parts[0], "domains") {
		return parts[0] + "('" + parts[1] + "')/" + parts[2]
	} else if last := parts[len(parts)-1]; strings.EqualFold(last, "microsoft.graph.user") {
		return "users"
	}
	return path
}

// render writes the page's JSON.
func render(a *answer, version string, c *collection, q query, objects []json.RawMessage, next string) []byte {
	var b bytes.Buffer
	name := contextOf(c.path)
	if q.selected != "" {
		name += "(" + q.selected + ")"
	}
	b.WriteString(`{"@odata.context":`)
	writeString(&b, a.origin()+"/"+version+"/$metadata#"+name)
	if q.count && q.skip == "" && strings.EqualFold(a.seen.Consistency, "eventual") {
		b.WriteString(`,"@odata.count":` + strconv.Itoa(c.size()))
	}
	if next != "" {
		b.WriteString(`,"@odata.nextLink":`)
		writeString(&b, next)
	}
	b.WriteString(`,"value":[`)
	var object []byte
	for i, raw := range objects {
		if i > 0 {
			b.WriteByte(',')
		}
		object = project(object[:0], raw, q.names, q.hidden)
		b.Write(hidden(object, q.enums))
	}
	b.WriteString("]}")
	return b.Bytes()
}

// hidden replaces enumeration values that the client did not say it could take.
func hidden(object []byte, values map[string]bool) []byte {
	for v := range values {
		object = bytes.ReplaceAll(object, []byte(`"`+v+`"`), []byte(`"unknownFutureValue"`))
	}
	return object
}

// pause is how long the service thinks.
func (s *Server) pause(a *answer) {
	if s.options.PageDelay > 0 && a.seen.Part == "" {
		a.wait(s.options.PageDelay)
	}
}

// skipLink is the request's own address with the number of objects to pass over.
func (s *Server) skipLink(a *answer, skip int) string {
	q := a.r.URL.Query()
	q.Set("$skip", strconv.Itoa(skip))
	return a.origin() + a.r.URL.EscapedPath() + "?" + q.Encode()
}

func writeString(b *bytes.Buffer, text string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // strings always encode
	b.Truncate(b.Len() - 1)
}

// nextLink is the request's own address with a page token for another position.
func (s *Server) nextLink(a *answer, target string, position int) string {
	return s.link(a, s.pageToken(target, position, int(s.serial.Add(1))))
}

func (s *Server) link(a *answer, token string) string {
	var kept []string
	for _, pair := range strings.Split(a.r.URL.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(name); pair == "" || err == nil && strings.EqualFold(name, "$skiptoken") {
			continue
		}
		kept = append(kept, pair)
	}
	return a.origin() + a.r.URL.EscapedPath() + "?" + strings.Join(append(kept, "$skiptoken="+token), "&")
}

// bendLink changes a page's nextLink as the fault wants.
func (s *Server) bendLink(a *answer, f Fault, target string, start int, next string) string {
	switch f.Kind {
	case LinkToSelf:
		return a.origin() + a.r.URL.RequestURI()
	case LinkCycle: // both pages of the cycle show the same position
		other := s.pageToken(target, start, -1)
		if a.r.URL.Query().Get("$skiptoken") == other {
			other = s.pageToken(target, start, -2)
		}
		return s.link(a, other)
	case LinkElsewhere:
		return f.Origin + strings.TrimPrefix(s.nextLink(a, target, start), a.origin())
	case LinkNotURL:
		return "::not a link::"
	}
	return next
}

type pagePosition struct {
	Position int `json:"p"`
	Serial   int `json:"s"`
}

// pageToken makes an opaque token that only this server can make.
func (s *Server) pageToken(target string, position, serial int) string {
	raw, err := json.Marshal(pagePosition{position, serial})
	if err != nil { // two numbers always marshal
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(s.sign(target, raw), raw...))
}

func (s *Server) sign(target string, raw []byte) []byte {
	m := hmac.New(sha256.New, s.linkKey)
	m.Write([]byte(target))
	m.Write(raw)
	return m.Sum(nil)[:16]
}

// position reads a page token; the empty one is the beginning.
func (s *Server) position(target, token string) (int, bool) {
	if token == "" {
		return 0, true
	}
	raw, ok := s.signed(target, token)
	var p pagePosition
	if !ok || json.Unmarshal(raw, &p) != nil || p.Position < 0 {
		return 0, false
	}
	return p.Position, true
}

// signed takes the signature off a token that this server made for the target.
func (s *Server) signed(target, token string) (raw []byte, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(b) < 16 || !hmac.Equal(b[:16], s.sign(target, b[16:])) {
		return nil, false
	}
	return b[16:], true
}
