package graph

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"hybridaudit/sources/lab"
	graphlab "hybridaudit/sources/lab/server/graph"
)

// startBehind serves a lab behind a handler that may answer by itself; it says whether it did. The lab is given as well, to change the tenant while it is read.
func startBehind(t testing.TB, o graphlab.Options, answers func(w http.ResponseWriter, r *http.Request) bool) (*trial, *graphlab.Server) {
	t.Helper()
	pair, cert := selfSigned(t, nil)
	tr := &trial{clock: &fakeClock{}}
	o.Applications = []graphlab.Application{{ClientID: clientID, Secret: secret}}
	o.Observe = tr.observe
	served, err := graphlab.New(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answers == nil || !answers(w, r) {
			served.ServeHTTP(w, r)
		}
	}))
	srv.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	srv.Config.ErrorLog = log.New(io.Discard, "", 0) // connections that are closed unused
	srv.StartTLS()
	t.Cleanup(srv.Close)
	tr.cfg = trialConfig(srv.URL, tr.clock)
	tr.cfg.RootCAs = x509.NewCertPool()
	tr.cfg.RootCAs.AddCert(cert)
	return tr, served
}

func trialConfig(url string, clock Clock) Config {
	return Config{
		TenantID: tenantID, ClientID: clientID, Secret: func() (string, error) { return secret, nil },
		LoginURL: url, GraphURL: url, Clock: clock, PageSize: 100, Timeout: 20 * time.Second,
	}
}

func writeJSON(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// question is a part of a batch as the server sees it.
type question struct{ ID, Method, URL string }

// reply is what a script makes of a question: no status leaves it out, id replaces the question's.
type reply struct {
	id      any
	status  int
	headers map[string]any
	body    string
}

// batches answers $batch by a script, which is told how often a question came before. The answers come in the opposite order.
type batches struct {
	t      *testing.T
	script func(path string, times int) []reply

	mu    sync.Mutex
	times map[string]int
	sizes []int
}

func (b *batches) answer(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path != "/v1.0/$batch" {
		return false
	}
	var asked struct{ Requests []question }
	if r.Method != http.MethodPost || r.ContentLength <= 0 || r.Header.Get("Content-Type") != "application/json" || json.NewDecoder(r.Body).Decode(&asked) != nil {
		b.t.Errorf("%s of %d bytes of %q", r.Method, r.ContentLength, r.Header.Get("Content-Type"))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.times == nil {
		b.times = map[string]int{}
	}
	b.sizes = append(b.sizes, len(asked.Requests))
	var parts []string
	ids := map[string]bool{}
	for _, q := range asked.Requests {
		if ids[q.ID] || q.Method != http.MethodGet || !strings.HasPrefix(q.URL, "/domains/") {
			b.t.Errorf("question %+v", q)
		}
		ids[q.ID] = true
		for _, r := range b.script(strings.TrimPrefix(q.URL, "/"), b.times[q.URL]) {
			if r.status == 0 {
				continue
			}
			if r.id == nil {
				r.id = q.ID
			}
			raw, err := json.Marshal(map[string]any{"id": r.id, "status": r.status, "headers": r.headers, "body": json.RawMessage(r.body)})
			if err != nil {
				b.t.Error(err)
			}
			parts = append([]string{string(raw)}, parts...)
		}
		b.times[q.URL]++
	}
	writeJSON(w, http.StatusOK, `{"responses":[`+strings.Join(parts, ",")+`]}`)
	return true
}

// asked counts how often a question came.
func (b *batches) asked(path string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.times["/"+path]
}

// recordsOf is a body with one record of the domain in a path.
func recordsOf(path string) string {
	domain := strings.Split(path, "/")[1]
	return fmt.Sprintf(`{"value":[{"@odata.type":"#microsoft.graph.domainDnsCnameRecord","id":"1","label":"sip.%s","recordType":"CName","canonicalName":"sipdir.online.lync.com"}]}`, domain)
}

// manyDomains is a tenant with n verified domains, d0000.contoso.com and so on.
func manyDomains(n int) lab.Tenant {
	domains := make([]json.RawMessage, n)
	for i := range domains {
		domains[i] = json.RawMessage(fmt.Sprintf(`{"id":"d%04d.contoso.com","isVerified":true,"isRoot":true,"authenticationType":"Managed"}`, i))
	}
	return lab.Tenant{ID: tenantID, Collections: []lab.Collection{{Path: "domains", Objects: domains}}}
}

// stillClock stands still but for what is slept.
type stillClock struct {
	mu  sync.Mutex
	now time.Time
	all []time.Duration
}

func (c *stillClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *stillClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.all = append(c.all, d)
	return ctx.Err()
}
