package graphlab

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
)

const (
	targetBatch  = "$batch"
	largestBatch = 20
)

// batchPart is one request of a batch.
type batchPart struct {
	ID      string            `json:"id"`
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
}

// batchAnswer is the answer to one.
type batchAnswer struct {
	ID      string            `json:"id"`
	Status  int               `json:"status"`
	Headers map[string]string `json:"headers"`
	Body    json.RawMessage   `json:"body,omitempty"`
}

// batch answers POST /<version>/$batch: each part as if it had been asked for by itself, in an order that is not that of the questions.
func (s *Server) batch(a *answer, version string) {
	if a.r.Method != http.MethodPost {
		a.graphError(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
		return
	}
	if f, due := s.faults.due(targetBatch); due && s.strike(a, f) {
		return
	}
	parts, refusal := readBatch(http.MaxBytesReader(a.w, a.r.Body, 4<<20))
	if refusal != "" {
		a.graphError(http.StatusBadRequest, "BadRequest", "%s", refusal)
		return
	}
	s.pause(a)
	answers := make([]batchAnswer, 0, len(parts))
	for _, p := range parts {
		if answered, ok := s.batchPart(a, version, p); ok {
			answers = append(answers, answered)
		}
	}
	rand.Shuffle(len(answers), func(i, j int) { answers[i], answers[j] = answers[j], answers[i] })
	if n := len(answers); n > 1 && n == len(parts) && answers[0].ID == parts[0].ID {
		answers[0], answers[n-1] = answers[n-1], answers[0]
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(map[string]any{"responses": answers}) // texts and bodies that are JSON always encode
	s.faults.answer(targetBatch)
	a.send(http.StatusOK, "application/json", b.Bytes())
}

// readBatch reads the questions; the refusal is "" when they can be answered.
func readBatch(r io.Reader) (parts []batchPart, refusal string) {
	var envelope struct {
		Requests []batchPart `json:"requests"`
	}
	if err := json.NewDecoder(r).Decode(&envelope); err != nil || len(envelope.Requests) == 0 {
		return nil, "Invalid batch payload format."
	}
	if len(envelope.Requests) > largestBatch {
		return nil, "Number of batch requests exceeds the maximum of 20."
	}
	seen := map[string]bool{}
	for _, p := range envelope.Requests {
		switch {
		case p.ID == "" || p.Method == "" || p.URL == "":
			return nil, "Invalid batch payload format: id, method and url are required."
		case seen[p.ID]:
			return nil, "Duplicate request id '" + p.ID + "' in the batch."
		}
		seen[p.ID] = true
	}
	return envelope.Requests, ""
}

// recording takes the answer to a part instead of a connection.
type recording struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recording) Header() http.Header         { return r.header }
func (r *recording) Write(b []byte) (int, error) { return r.body.Write(b) }
func (r *recording) WriteHeader(status int)      { r.status = status }

// batchPart answers one question; false when a fault leaves the answer out.
func (s *Server) batchPart(a *answer, version string, p batchPart) (batchAnswer, bool) {
	recorded := &recording{header: http.Header{}, status: http.StatusOK}
	part := &answer{w: recorded, now: a.now, seen: &Request{
		Method: p.Method, Path: "/" + version + "/" + strings.TrimPrefix(p.URL, "/"), Token: a.seen.Token, ClientRequestID: a.seen.ClientRequestID,
		UserAgent: a.seen.UserAgent, Part: p.ID,
	}}
	r := *a.r
	part.r = &r
	part.r.Method, part.r.Body, part.r.Header = p.Method, http.NoBody, http.Header{"Authorization": a.r.Header["Authorization"]}
	for name, value := range p.Headers {
		part.r.Header.Set(name, value)
	}
	part.seen.Consistency, part.seen.Prefer = part.r.Header.Get("ConsistencyLevel"), part.r.Header.Get("Prefer")
	part.begin()
	u, err := url.Parse("/" + version + "/" + strings.TrimPrefix(p.URL, "/"))
	if s.options.Observe != nil {
		defer func() { s.options.Observe(*part.seen) }()
	}
	switch {
	case err != nil || strings.Contains(p.URL, "://"):
		part.graphError(http.StatusBadRequest, "BadRequest", "Invalid request URL: it must be relative to the API version.")
	case p.Method != http.MethodGet:
		part.graphError(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
	default:
		part.r.URL, part.seen.RawQuery = u, u.RawQuery
		s.get(part, version, strings.Trim(strings.TrimPrefix(u.Path, "/"+version+"/"), "/"))
	}
	if part.seen.Fault == MissingPart {
		return batchAnswer{}, false
	}
	return batchAnswer{ID: p.ID, Status: recorded.status, Headers: flat(recorded.header), Body: bodyOf(recorded.body.Bytes())}, true
}

// flat gives the first value of each header that belongs to a part.
func flat(h http.Header) map[string]string {
	all := map[string]string{}
	for name := range h {
		switch name {
		case "Date", "Content-Length", "Vary":
			continue
		}
		all[name] = h.Get(name)
	}
	return all
}

// bodyOf is a body that is JSON as it is, any other as a string, none as nothing.
func bodyOf(body []byte) json.RawMessage {
	if len(body) == 0 || json.Valid(body) {
		return body
	}
	text, err := json.Marshal(string(body))
	if err != nil { // strings always marshal
		return nil
	}
	return text
}
