package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/objects"
)

// maxParts is how many questions the service takes in one batch.
const maxParts = 20

// part is one question that is asked in a batch, and what came of it.
type part struct {
	path string // below v1.0
	kind int    // questions of one kind need the same permission

	patience patience
	renewed  bool
	due      time.Time // not asked before

	pages   [][]byte // as they came
	err     error
	settled bool
}

// partAnswer is the answer to one question of a batch.
type partAnswer struct {
	ID      batchText                  `json:"id"`
	Status  int                        `json:"status"`
	Headers map[string]json.RawMessage `json:"headers"`
	Body    json.RawMessage            `json:"body"`
}

// batchText is a text, or a number that should be one.
type batchText string

func (t *batchText) UnmarshalJSON(raw []byte) error {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	*t = batchText(text)
	return nil
}

// response gives the answer the form of an answer of its own. Headers whose value is no text or number are left out.
func (a partAnswer) response() *http.Response {
	h := http.Header{}
	for name, raw := range a.Headers {
		var value batchText
		if len(raw) > 0 && raw[0] != '{' && raw[0] != '[' && value.UnmarshalJSON(raw) == nil {
			h.Set(name, string(value))
		}
	}
	return &http.Response{StatusCode: a.Status, Header: h}
}

// envelope writes a batch. Ids are the positions of the parts.
func envelope(parts []*part) ([]byte, error) {
	type question struct {
		ID     string `json:"id"`
		Method string `json:"method"`
		URL    string `json:"url"`
	}
	var batch struct {
		Requests []question `json:"requests"`
	}
	for i, p := range parts {
		batch.Requests = append(batch.Requests, question{strconv.Itoa(i + 1), http.MethodGet, "/" + p.path})
	}
	return json.Marshal(batch)
}

// opened reads the answer to a batch: the answers by their place, nil for a part that the service left out. Ids that nobody asked for are passed over, and so is
// a second answer with the same id.
func opened(body []byte, parts int) ([]*partAnswer, error) {
	var batch struct {
		Responses *[]partAnswer `json:"responses"`
	}
	if err := json.Unmarshal(body, &batch); err != nil {
		return nil, &bodyError{problem: "the answer to a batch is not complete JSON"} // the error's own text repeats the body
	}
	if batch.Responses == nil {
		return nil, &bodyError{problem: `the answer to a batch has no list "responses"`}
	}
	answers := make([]*partAnswer, parts)
	for i := range *batch.Responses {
		a := &(*batch.Responses)[i]
		if place, err := strconv.Atoi(string(a.ID)); err == nil && place >= 1 && place <= parts && answers[place-1] == nil {
			answers[place-1] = a
		}
	}
	return answers, nil
}

// batch asks up to maxParts questions in one request. Those that the service had no time for, or whose answer came broken, stay unsettled and have a moment from
// which on they may be asked again. The error says that there was no answer to any of them.
func (c *client) batch(ctx context.Context, parts []*part) error {
	body, err := envelope(parts)
	if err != nil {
		return err
	}
	var answers []*partAnswer
	generation := 0
	_, err = c.get(ctx, request{url: c.url("$batch"), batch: body, parts: len(parts)}, nil, func(a answer) (err error) {
		answers, err = opened(a.body, len(parts))
		generation = a.generation
		return err
	})
	if err != nil {
		return err
	}
	for i, p := range parts {
		if err := c.settle(ctx, p, answers[i], generation); err != nil {
			p.err, p.settled = err, true
		}
	}
	return nil
}

// settle takes the answer to a part: its pages, or when to ask again. The error ends the part.
func (c *client) settle(ctx context.Context, p *part, a *partAnswer, generation int) error {
	if a == nil {
		return p.later(&bodyError{problem: "the answer to a batch leaves it out"})
	}
	resp := a.response() //nolint:bodyclose // it has none
	fam := familyOf("/" + stable + "/" + p.path)
	c.budget.note(fam, resp.Header)
	c.cfg.Log.Debug("Graph answered a part of a batch", "path", p.path, "status", a.Status, "bytes", len(a.Body), "request-id", directory.Printable(resp.Header.Get("request-id"), 64))
	switch a.Status {
	case http.StatusOK:
		page, err := objects.ReadPage(a.Body, nil, false)
		if err != nil {
			return p.later(err)
		}
		p.pages = append(p.pages[:0], a.Body)
		p.settled = true
		if page.Next != "" {
			return c.rest(ctx, p, page.Next)
		}
		return nil
	case http.StatusUnauthorized:
		if p.renewed {
			return &UnauthorizedError{Answer: statusError(resp, a.Body)}
		}
		p.renewed = true
		return c.cred.renew(ctx, generation, challenge(resp.Header))
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		d, err := p.patience.ask(a.Status, resp.Header)
		if err != nil {
			return err
		}
		if a.Status == http.StatusTooManyRequests {
			c.budget.hold(fam, resp.Header, d)
		}
		p.due = c.cfg.Clock.Now().Add(d)
		return nil
	case http.StatusInternalServerError, http.StatusBadGateway:
		return p.later(statusError(resp, a.Body))
	}
	return statusError(resp, a.Body)
}

// later puts a part off after a fault that may be gone the next time; the fault itself when it was given its chances.
func (p *part) later(fault error) error {
	d, err := p.patience.repeat(fault)
	if err != nil {
		return err
	}
	p.due = p.patience.clock.Now().Add(d)
	return nil
}

// rest follows a link to further pages, outside of the batch.
func (c *client) rest(ctx context.Context, p *part, next string) error {
	seen := map[string]bool{}
	u, err := c.follow(next, seen)
	if err != nil {
		return err
	}
	seen[next] = true
	return c.onward(ctx, p, u, seen)
}

// onward reads a part's pages from an address to the last one.
func (c *client) onward(ctx context.Context, p *part, u *url.URL, seen map[string]bool) error {
	return c.pagesFrom(ctx, request{url: u}, seen, false, func(page objects.Page) int {
		p.pages = append(p.pages, append([]byte(nil), page.Body...))
		return len(page.Elements)
	})
}

// single asks a part by itself, for where batches are refused.
func (c *client) single(ctx context.Context, p *part) {
	p.pages, p.settled = nil, true
	u := c.url("")
	path, query, _ := strings.Cut(p.path, "?")
	u.Path, u.RawPath, u.RawQuery = u.Path+path, u.RawPath+path, query
	p.err = c.onward(ctx, p, u, map[string]bool{u.String(): true})
}

// noBatches tells the answers of a service, or of a proxy before it, that takes no batches.
func noBatches(err error) bool {
	var status *StatusError
	if !errors.As(err, &status) {
		return false
	}
	switch status.Status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusNotImplemented:
		return true
	}
	return false
}
