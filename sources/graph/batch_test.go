package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/lab"
	graphlab "hybridaudit/sources/lab/server/graph"
)

// TestPartsOfABatch: three domains are asked in one batch; the second one's part meets the fault.
func TestPartsOfABatch(t *testing.T) {
	elsewhere := newForeign(t)
	_, port, err := net.SplitHostPort(elsewhere.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	const faulty = "domains/d0001.contoso.com/serviceConfigurationRecords"
	odata := func(code string) string { return `{"error":{"code":"` + code + `","message":"no"}}` }
	once := func(r ...reply) func(int) []reply {
		return func(times int) []reply {
			if times == 0 {
				return r
			}
			return nil
		}
	}
	always := func(r ...reply) func(int) []reply { return func(int) []reply { return r } }
	tests := []struct {
		name   string
		fault  func(times int) []reply // nil is the honest answer
		state  evidence.State
		rows   int
		reason string // part of it
		asked  int    // the faulty part
		slept  []time.Duration
	}{
		{"none", once(), evidence.Complete, 3, "", 1, nil},
		{"429", once(reply{status: 429, headers: map[string]any{"Retry-After": "7"}, body: odata("TooManyRequests")}), evidence.Complete, 3, "", 2, []time.Duration{7 * time.Second}},
		{"429, a fraction", once(reply{status: 429, headers: map[string]any{"retry-after": "0.9"}, body: "{}"}), evidence.Complete, 3, "", 2, []time.Duration{900 * time.Millisecond}},
		{"429, a number", once(reply{status: 429, headers: map[string]any{"Retry-After": 3}, body: "{}"}), evidence.Complete, 3, "", 2, []time.Duration{3 * time.Second}},
		{"429, no header", once(reply{status: 429, body: "null"}), evidence.Complete, 3, "", 2, []time.Duration{2 * time.Second}},
		{"429, too long", always(reply{status: 429, headers: map[string]any{"Retry-After": "1000"}, body: "{}"}), evidence.Partial, 2,
			"1 of 3 domains could not be read; records of d0001.contoso.com: the service answered 429 and asked to wait 16m40s", 1, nil},
		{"503", once(reply{status: 503, headers: map[string]any{"Retry-After": "5", "x": []string{"y"}}, body: `"text"`}), evidence.Complete, 3, "", 2, []time.Duration{5 * time.Second}},
		{"504 for ever", always(reply{status: 504, headers: map[string]any{"Retry-After": "300"}, body: "{}"}), evidence.Partial, 2, "asked to wait 5m0s after 15m0s", 4,
			[]time.Duration{5 * time.Minute, 5 * time.Minute, 5 * time.Minute}},
		{"500 once", once(reply{status: 500, body: odata("x")}), evidence.Complete, 3, "", 2, []time.Duration{2 * time.Second}},
		{"500 for ever", always(reply{status: 500, body: odata("Service_InternalServerError")}), evidence.Partial, 2, "HTTP 500 Service_InternalServerError: no (4 tries)", 4,
			[]time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second}},
		{"502, no JSON", once(reply{status: 502, body: `"<html>"`}), evidence.Complete, 3, "", 2, []time.Duration{2 * time.Second}},
		{"left out once", once(reply{}), evidence.Complete, 3, "", 2, []time.Duration{2 * time.Second}},
		{"left out for ever", always(reply{}), evidence.Partial, 2, "leaves it out (4 tries)", 4, []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second}},
		{"401 once", once(reply{status: 401, body: odata("InvalidAuthenticationToken")}), evidence.Complete, 3, "", 2, nil},
		{"401 twice", always(reply{status: 401, body: odata("InvalidAuthenticationToken")}), evidence.Partial, 2, "refused with a new token as well", 2, nil},
		{"403", always(reply{status: 403, body: odata("Authorization_RequestDenied")}), evidence.Partial, 2, "grant the application Domain.Read.All", 1, nil},
		{"404", always(reply{status: 404, body: odata("Request_ResourceNotFound")}), evidence.Partial, 2, "records of d0001.contoso.com: HTTP 404", 1, nil},
		{"another status", always(reply{status: 302, body: "{}"}), evidence.Partial, 2, "HTTP 302", 1, nil},
		{"no page", always(reply{status: 200, body: `{"values":[]}`}), evidence.Partial, 2, `no list "value" (4 tries)`, 4, []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second}},
		{"no body once", once(reply{status: 200, body: "null"}), evidence.Complete, 3, "", 2, []time.Duration{2 * time.Second}},
		{"strange ids besides", once(reply{id: "77", status: 200, body: recordsOf("domains/x.example/")}, reply{id: "", status: 500, body: "{}"}, reply{id: 2, status: 200, body: recordsOf(faulty)},
			reply{id: nil, status: 500, body: "{}"}), evidence.Complete, 3, "", 1, nil},
		{"a link elsewhere", once(reply{status: 200, body: strings.Replace(recordsOf(faulty), "{", `{"@odata.nextLink":"https://127.0.0.1:`+port+`/v1.0/x",`, 1)}),
			evidence.Partial, 3, "was not requested", 1, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &batches{t: t}
			b.script = func(path string, times int) []reply {
				if path == faulty {
					if r := tt.fault(times); r != nil {
						slices.Reverse(r)
						return r
					}
				}
				return []reply{{status: 200, body: recordsOf(path)}}
			}
			tr, _ := startBehind(t, graphlab.Options{Tenant: manyDomains(3)}, b.answer)
			s, err := tr.collect(context.Background(), t, evidence.TenantDomainRecords)
			if err != nil {
				t.Fatal(err)
			}
			cov := only(t, s, evidence.TenantDomainRecords)
			if cov.State != tt.state || cov.Rows != tt.rows || !strings.Contains(cov.Reason, tt.reason) || (tt.reason == "") != (cov.Reason == "") {
				t.Errorf("%s with %d rows, %q; want %s with %d, %q", cov.State, cov.Rows, cov.Reason, tt.state, tt.rows, tt.reason)
			}
			if n := b.asked(faulty); n != tt.asked {
				t.Errorf("asked %d times, want %d", n, tt.asked)
			}
			if n := b.asked("domains/d0000.contoso.com/serviceConfigurationRecords"); n != 1 {
				t.Errorf("a part without a fault was asked %d times", n)
			}
			if !sameWaits(tt.slept, tr.clock.sleeps()) {
				t.Errorf("waited %v, want %v", tr.clock.sleeps(), tt.slept)
			}
		})
	}
	select {
	case <-elsewhere.called:
		t.Error("the foreign host was called")
	default:
	}
}

// sameWaits compares waits that began a little late.
func sameWaits(want, got []time.Duration) bool {
	return slices.EqualFunc(want, got, func(w, g time.Duration) bool { return g <= w && g > w-time.Second/2 })
}

// TestPartWithMorePages: a link in a part is followed outside of the batch.
func TestPartWithMorePages(t *testing.T) {
	b := &batches{t: t}
	base := ""
	b.script = func(path string, _ int) []reply {
		return []reply{{status: 200, body: strings.Replace(recordsOf(path), "{", `{"@odata.nextLink":"`+base+`/v1.0/`+path+`?$skiptoken=2",`, 1)}}
	}
	tr, _ := startBehind(t, graphlab.Options{Tenant: manyDomains(2)}, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("$skiptoken") == "2" {
			writeJSON(w, 200, strings.Replace(recordsOf(r.URL.Path[len("/v1.0/"):]), `"1"`, `"2"`, 1))
			return true
		}
		return b.answer(w, r)
	})
	base = tr.cfg.GraphURL
	s, err := tr.collect(context.Background(), t, evidence.TenantDomainRecords)
	if err != nil {
		t.Fatal(err)
	}
	if cov := only(t, s, evidence.TenantDomainRecords); cov.State != evidence.Complete || cov.Rows != 4 {
		t.Errorf("coverage %+v", cov)
	}
}

// TestEnvelopes: the batch as a whole meets the fault.
func TestEnvelopes(t *testing.T) {
	tests := []struct {
		name  string
		fault func(w http.ResponseWriter) // of the first batch, or of all
		all   bool
		state evidence.State
		text  string // in the reason, or in the notes
		slept []time.Duration
	}{
		{"429", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "1.5")
			writeJSON(w, 429, `{}`)
		}, false, evidence.Complete, "", []time.Duration{1500 * time.Millisecond}},
		{"503 for long", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "3600")
			writeJSON(w, 503, `{}`)
		}, true, evidence.Failed, "asked to wait 1h0m0s", nil},
		{"401", func(w http.ResponseWriter) { writeJSON(w, 401, `{}`) }, false, evidence.Complete, "", nil},
		{"cut", func(w http.ResponseWriter) { writeJSON(w, 200, `{"responses":[{"id":"1","sta`) }, false, evidence.Complete, "", []time.Duration{2 * time.Second}},
		{"no answers", func(w http.ResponseWriter) { writeJSON(w, 200, `{"value":[]}`) }, true, evidence.Failed, `no list "responses" (4 tries)`,
			[]time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second}},
		{"HTML", func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<html>"))
		}, false, evidence.Complete, "", []time.Duration{2 * time.Second}},
		{"no batches here", func(w http.ResponseWriter) { writeJSON(w, 405, `{}`) }, true, evidence.Complete, "one by one", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &batches{t: t, script: func(path string, _ int) []reply { return []reply{{status: 200, body: recordsOf(path)}} }}
			var struck atomic.Bool
			tr, _ := startBehind(t, graphlab.Options{Tenant: manyDomains(5)}, func(w http.ResponseWriter, r *http.Request) bool {
				switch {
				case strings.HasSuffix(r.URL.Path, "/serviceConfigurationRecords"):
					writeJSON(w, 200, recordsOf(r.URL.Path[len("/v1.0/"):]))
					return true
				case r.URL.Path == "/v1.0/$batch" && (tt.all || struck.CompareAndSwap(false, true)):
					tt.fault(w)
					return true
				}
				return b.answer(w, r)
			})
			s, err := tr.collect(context.Background(), t, evidence.TenantDomainRecords)
			if err != nil {
				t.Fatal(err)
			}
			cov := only(t, s, evidence.TenantDomainRecords)
			if cov.State != tt.state || !strings.Contains(cov.Reason+strings.Join(cov.Notes, " "), tt.text) || (tt.state == evidence.Complete) != (cov.Rows == 5) {
				t.Errorf("coverage %+v", cov)
			}
			if !sameWaits(tt.slept, tr.clock.sleeps()) {
				t.Errorf("waited %v, want %v", tr.clock.sleeps(), tt.slept)
			}
		})
	}
}

// TestThousandsOfDomains: batches are full, several go out beside each other, and no more than there are streams.
func TestThousandsOfDomains(t *testing.T) {
	const domains, streams = 2000, 3
	var (
		flying   atomic.Int32
		mu       sync.Mutex
		most     int32
		together = make(chan struct{})
		once     sync.Once
	)
	b := &batches{t: t, script: func(path string, _ int) []reply { return []reply{{status: 200, body: recordsOf(path)}} }}
	tr, _ := startBehind(t, graphlab.Options{Tenant: manyDomains(domains)}, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/v1.0/$batch" {
			return false
		}
		n := flying.Add(1)
		defer flying.Add(-1)
		mu.Lock()
		most = max(most, n)
		mu.Unlock()
		if n == streams {
			once.Do(func() { close(together) })
		}
		select {
		case <-together:
		case <-time.After(10 * time.Second):
			t.Error("the batches went out one after the other")
			once.Do(func() { close(together) })
		}
		return b.answer(w, r)
	})
	tr.cfg.Streams = streams
	s, err := tr.collect(context.Background(), t, evidence.TenantDomainRecords, evidence.TenantVerification)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []evidence.Dataset{evidence.TenantDomainRecords, evidence.TenantVerification} {
		if cov := only(t, s, d); cov.State != evidence.Complete || cov.Rows != domains {
			t.Errorf("%s: %+v", d, cov)
		}
	}
	if most != streams || len(b.sizes) != 2*domains/maxParts || slices.Min(b.sizes) != maxParts {
		t.Errorf("%d batches of %d to %d questions, %d at once", len(b.sizes), slices.Min(b.sizes), slices.Max(b.sizes), most)
	}
	row := 0
	for r := range s.DomainRecords() {
		if want := fmt.Sprintf("d%04d.contoso.com", row); r.Domain() != want || r.Label() != "sip."+want {
			t.Fatalf("row %d is of %s (%s)", row, r.Domain(), r.Label())
		}
		row++
	}
}

// TestDomainQuestions: which domains are asked what.
func TestDomainQuestions(t *testing.T) {
	tests := []struct {
		d    domain
		want string
	}{
		{domain{name: "contoso.com", verified: true}, "records, verification records"},
		{domain{name: "contoso.com", verified: true, federated: true}, "records, verification records, federation"},
		{domain{name: "eu.contoso.com", verified: true, federated: true, below: true}, "records, verification records"},
		{domain{name: "fabrikam.com"}, "verification records"},
		{domain{name: "contoso.onmicrosoft.com", verified: true, initial: true}, "records"},
		{domain{name: "contoso.mail.OnMicrosoft.com", verified: true}, "records"},
		{domain{name: "contoso.partner.onmschina.cn", verified: true}, "records"},
		{domain{name: "first.example", verified: true, initial: true}, "records"},
	}
	for _, tt := range tests {
		var got []string
		for _, k := range domainKinds() {
			if k.asked(tt.d) {
				got = append(got, k.what)
			}
		}
		if text := strings.Join(got, ", "); text != tt.want {
			t.Errorf("%+v: %s, want %s", tt.d, text, tt.want)
		}
	}
}

// TestUndecidedDomains: a domain is asked what only a property that the service left out would rule out.
func TestUndecidedDomains(t *testing.T) {
	tests := []struct{ domain, want string }{
		{`{"id":"contoso.com"}`, "records, verification records, federation"},
		{`{"id":"contoso.com","isVerified":null,"authenticationType":null}`, "records, verification records, federation"},
		{`{"id":"contoso.com","isVerified":true,"authenticationType":"managed"}`, "records, verification records"},
		{`{"id":"contoso.com","isVerified":true,"authenticationType":"Federated"}`, "records, verification records, federation"},
		{`{"id":"contoso.com","isVerified":false,"authenticationType":"Managed"}`, "verification records"},
	}
	all := []evidence.Dataset{evidence.TenantDomainRecords, evidence.TenantVerification, evidence.TenantFederations}
	for _, tt := range tests {
		b := &batches{t: t, script: func(path string, _ int) []reply {
			if strings.HasSuffix(path, "/federationConfiguration") {
				return []reply{{status: 200, body: `{"value":[{"id":"1","issuerUri":"http://contoso.com/adfs/services/trust/"}]}`}}
			}
			return []reply{{status: 200, body: recordsOf(path)}}
		}}
		tenant := lab.Tenant{ID: tenantID, Collections: []lab.Collection{{Path: "domains", Objects: []json.RawMessage{[]byte(tt.domain)}}}}
		tr, _ := startBehind(t, graphlab.Options{Tenant: tenant}, b.answer)
		s, err := tr.collect(t.Context(), t, all...)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, d := range all {
			cov := only(t, s, d)
			if cov.State != evidence.Complete {
				t.Errorf("%s: %+v", tt.domain, cov)
			}
			if cov.Rows == 1 {
				got = append(got, domainKinds()[i].what)
			}
		}
		if text := strings.Join(got, ", "); text != tt.want {
			t.Errorf("%s: %s, want %s", tt.domain, text, tt.want)
		}
	}
}

// TestHostileDomainNames: a name that is none is not put into a path.
func TestHostileDomainNames(t *testing.T) {
	tenant := manyDomains(1)
	tenant.Collections[0].Objects = append(tenant.Collections[0].Objects, []byte(`{"id":"../users?x=","isVerified":true}`), []byte(`{"id":"a/b","isVerified":true}`))
	b := &batches{t: t, script: func(path string, _ int) []reply { return []reply{{status: 200, body: recordsOf(path)}} }}
	tr, _ := startBehind(t, graphlab.Options{Tenant: tenant}, b.answer)
	s, err := tr.collect(context.Background(), t, evidence.TenantDomainRecords)
	if err != nil {
		t.Fatal(err)
	}
	if cov := only(t, s, evidence.TenantDomainRecords); cov.State != evidence.Partial || cov.Rows != 1 || !strings.Contains(cov.Reason, "2 of 3 domains") || !slices.Equal(b.sizes, []int{1}) {
		t.Errorf("coverage %+v, batches of %v", cov, b.sizes)
	}
}

// FuzzOpened: whatever a batch is answered with, there are as many answers as parts and no panic.
func FuzzOpened(f *testing.F) {
	for _, seed := range []string{
		`{"responses":[{"id":"1","status":200,"headers":{"Retry-After":"1"},"body":{"value":[]}}]}`, `{"responses":[]}`, `{"responses":null}`, `{}`, `[]`, ``,
		`{"responses":[{"id":2,"status":429,"headers":{"Retry-After":3,"x":["y"],"z":null}},{"id":"02"},{"id":"-1"},null]}`, `{"responses":[{"id":{},"body":"AA=="}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		answers, err := opened(body, 3)
		if err == nil && len(answers) != 3 {
			t.Errorf("%d answers", len(answers))
		}
		for _, a := range answers {
			if a != nil {
				_ = statusError(a.response(), a.Body)
			}
		}
	})
}
