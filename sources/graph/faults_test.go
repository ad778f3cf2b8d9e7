package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/lab"
	graphlab "hybridaudit/sources/lab/server/graph"
)

// foreign is a host that must never be talked to.
type foreign struct {
	listener net.Listener
	called   chan struct{}
}

func newForeign(t *testing.T) *foreign {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &foreign{listener: l, called: make(chan struct{}, 100)}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f.called <- struct{}{}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-ended
	})
	return f
}

// TestFaultsInTheMiddleOfARead reads 250 users in pages of 100; the fault strikes after the first page.
func TestFaultsInTheMiddleOfARead(t *testing.T) {
	elsewhere := newForeign(t)
	_, elsewherePort, err := net.SplitHostPort(elsewhere.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	const (
		all   = 250
		first = 100
	)
	type fault = graphlab.Fault
	type durations = []time.Duration
	tests := []struct {
		name     string
		faults   []fault
		state    evidence.State
		rows     int
		reason   string // part of it
		requests int    // for users, faulty ones included
		tokens   int
		slept    durations
	}{
		{"none", nil, evidence.Complete, all, "", 3, 1, nil},
		{"429, whole seconds", []fault{{Kind: graphlab.Throttled, RetryAfter: 7 * time.Second}}, evidence.Complete, all, "", 4, 1, durations{7 * time.Second}},
		{"429, a fraction", []fault{{Kind: graphlab.Throttled, RetryAfter: 900 * time.Millisecond, RetryForm: graphlab.RetryFraction}},
			evidence.Complete, all, "", 4, 1, durations{900 * time.Millisecond}},
		{"429, long but allowed", []fault{{Kind: graphlab.Throttled, RetryAfter: 14 * time.Minute}}, evidence.Complete, all, "", 4, 1, durations{14 * time.Minute}},
		{"429, a date", []fault{{Kind: graphlab.Throttled, RetryAfter: 10 * time.Minute, RetryForm: graphlab.RetryDate}},
			evidence.Complete, all, "", 4, 1, durations{10 * time.Minute}},
		{"429, a date that is over", []fault{{Kind: graphlab.Throttled, RetryAfter: -time.Hour, RetryForm: graphlab.RetryDate}},
			evidence.Complete, all, "", 4, 1, durations{time.Second}},
		{"429, no header", []fault{{Kind: graphlab.Throttled, RetryForm: graphlab.RetryMissing, Times: 3}}, evidence.Complete, all, "", 6, 1,
			durations{2 * time.Second, 4 * time.Second, 8 * time.Second}},
		{"429, zero seconds", []fault{{Kind: graphlab.Throttled, Times: 2}}, evidence.Complete, all, "", 5, 1, durations{time.Second, time.Second}},
		{"429, longer than allowed", []fault{{Kind: graphlab.Throttled, RetryAfter: 16 * time.Minute}}, evidence.Partial, first, "asked to wait 16m0s", 2, 1, nil},
		{"429, a date beyond what is allowed", []fault{{Kind: graphlab.Throttled, RetryAfter: 48 * time.Hour, RetryForm: graphlab.RetryDate}},
			evidence.Partial, first, "asked to wait 48h0m0s", 2, 1, nil},
		{"429, longer than allowed in all", []fault{{Kind: graphlab.Throttled, RetryAfter: 6 * time.Minute, Times: -1}}, evidence.Partial, first,
			"after 12m0s of waiting", 4, 1, durations{6 * time.Minute, 6 * time.Minute}},
		{"503", []fault{{Kind: graphlab.Unavailable, RetryAfter: 3 * time.Second, Times: 2}}, evidence.Complete, all, "", 5, 1, durations{3 * time.Second, 3 * time.Second}},
		{"503, longer than allowed", []fault{{Kind: graphlab.Unavailable, RetryAfter: time.Hour}}, evidence.Partial, first, "answered 503", 2, 1, nil},
		{"504", []fault{{Kind: graphlab.GatewayTimeout, RetryAfter: 5 * time.Second}}, evidence.Complete, all, "", 4, 1, durations{5 * time.Second}},
		{"500 once", []fault{{Kind: graphlab.InternalError}}, evidence.Complete, all, "", 4, 1, durations{2 * time.Second}},
		{"500 again and again", []fault{{Kind: graphlab.InternalError, Times: -1}}, evidence.Partial, first, "HTTP 500", 5, 1,
			durations{2 * time.Second, 4 * time.Second, 8 * time.Second}},
		{"502", []fault{{Kind: graphlab.BadGateway}}, evidence.Complete, all, "", 4, 1, durations{2 * time.Second}},
		{"one 401", []fault{{Kind: graphlab.Unauthorized}}, evidence.Complete, all, "", 4, 2, nil},
		{"one 401 with a claims challenge", []fault{{Kind: graphlab.Unauthorized, Claims: `{"access_token":{"nbf":{"essential":true,"value":"1"}}}`}},
			evidence.Complete, all, "", 4, 2, nil},
		{"a 401 on two pages", []fault{{Kind: graphlab.Unauthorized}, {Kind: graphlab.Unauthorized, After: 2}}, evidence.Complete, all, "", 5, 3, nil},
		{"two 401s in a row", []fault{{Kind: graphlab.Unauthorized, Times: 2}}, evidence.Partial, first, "refused with a new token as well", 3, 2, nil},
		{"link to itself", []fault{{Kind: graphlab.LinkToSelf, Times: -1}}, evidence.Partial, 200, "going in circles", 2, 1, nil},
		{"two links in a circle", []fault{{Kind: graphlab.LinkCycle, Times: -1}}, evidence.Partial, 200, "going in circles", 4, 1, nil},
		{"link to another port", []fault{{Kind: graphlab.LinkElsewhere, Origin: "https://127.0.0.1:" + elsewherePort}}, evidence.Partial, 200, "was not requested", 2, 1, nil},
		{"link to another host", []fault{{Kind: graphlab.LinkElsewhere, Origin: "https://graph.example.com"}}, evidence.Partial, 200,
			"(to https://graph.example.com)", 2, 1, nil},
		{"link with another scheme", []fault{{Kind: graphlab.LinkElsewhere, Origin: "http://127.0.0.1:" + elsewherePort}}, evidence.Partial, 200, "was not requested", 2, 1, nil},
		{"link that is none", []fault{{Kind: graphlab.LinkNotURL}}, evidence.Partial, 200, "not an absolute URL", 2, 1, nil},
		{"redirect to another port", []fault{{Kind: graphlab.Redirected, Origin: "https://127.0.0.1:" + elsewherePort}}, evidence.Partial, first,
			"a redirect (to https://127.0.0.1:" + elsewherePort + ")", 2, 1, nil},
		{"page cut once", []fault{{Kind: graphlab.TruncatedJSON}}, evidence.Complete, all, "", 4, 1, durations{2 * time.Second}},
		{"page cut three times", []fault{{Kind: graphlab.TruncatedJSON, Times: 3, After: 2}}, evidence.Complete, all, "", 6, 1,
			durations{2 * time.Second, 4 * time.Second, 8 * time.Second}},
		{"page always cut", []fault{{Kind: graphlab.TruncatedJSON, Times: -1}}, evidence.Partial, first, "not complete JSON (4 tries)", 5, 1,
			durations{2 * time.Second, 4 * time.Second, 8 * time.Second}},
		{"connection closed in a page", []fault{{Kind: graphlab.ConnectionClosed}}, evidence.Complete, all, "", 4, 1, durations{2 * time.Second}},
		{"connection always closed in a page", []fault{{Kind: graphlab.ConnectionClosed, Times: -1}}, evidence.Partial, first, "cut off", 5, 1,
			durations{2 * time.Second, 4 * time.Second, 8 * time.Second}},
		{"connection reset", []fault{{Kind: graphlab.ConnectionReset}}, evidence.Complete, all, "", 4, 1, durations{2 * time.Second}},
		{"HTML page", []fault{{Kind: graphlab.HTMLPage, Times: -1}}, evidence.Partial, first, `"text/html; charset=utf-8" and not JSON`, 5, 1,
			durations{2 * time.Second, 4 * time.Second, 8 * time.Second}},
		{"another content type", []fault{{Kind: graphlab.WrongContentType, Times: -1}}, evidence.Partial, first, `"text/plain" and not JSON`, 5, 1,
			durations{2 * time.Second, 4 * time.Second, 8 * time.Second}},
		{"page without a list", []fault{{Kind: graphlab.NoValue, Times: -1}}, evidence.Partial, first, `no list "value"`, 5, 1,
			durations{2 * time.Second, 4 * time.Second, 8 * time.Second}},
		{"error without its member", []fault{{Kind: graphlab.ErrorWithoutMember}}, evidence.Partial, first, "HTTP 400", 2, 1, nil},
		{"empty page", []fault{{Kind: graphlab.EmptyPage}}, evidence.Complete, all, "", 4, 1, nil},
		{"empty pages for ever", []fault{{Kind: graphlab.EmptyPage, Times: -1}}, evidence.Partial, first, "100 pages in a row", -1, 1, nil},
		{"objects twice", []fault{{Kind: graphlab.RepeatedObjects}}, evidence.Complete, all, "", 3, 1, nil},
		{"slow", []fault{{Kind: graphlab.Slow, Delay: 20 * time.Millisecond}}, evidence.Complete, all, "", 3, 1, nil},
		{"several", []fault{{Kind: graphlab.Throttled, RetryAfter: time.Second}, {Kind: graphlab.Unauthorized}, {Kind: graphlab.TruncatedJSON}, {Kind: graphlab.EmptyPage}},
			evidence.Complete, all, "", 7, 2, durations{time.Second, 2 * time.Second}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i := range tt.faults {
				tt.faults[i].Path = "users"
				tt.faults[i].After = max(1, tt.faults[i].After)
			}
			tr := start(t, graphlab.Options{Tenant: manyUsers(all), Faults: tt.faults})
			s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
			if err != nil {
				t.Fatal(err)
			}
			cov := only(t, s, evidence.TenantUsers)
			if cov.State != tt.state || cov.Rows != tt.rows || s.Rows(evidence.TenantUsers) != tt.rows || cov.Expected != all {
				t.Errorf("%s with %d rows of %d (%s), want %s with %d", cov.State, cov.Rows, cov.Expected, cov.Reason, tt.state, tt.rows)
			}
			if !strings.Contains(cov.Reason, tt.reason) || (tt.reason == "") != (cov.Reason == "") {
				t.Errorf("reason %q, want %q", cov.Reason, tt.reason)
			}
			if n := tr.requests("users"); tt.requests >= 0 && n != tt.requests {
				t.Errorf("%d requests, want %d", n, tt.requests)
			}
			if n := tr.requests("token"); n != tt.tokens {
				t.Errorf("%d tokens, want %d", n, tt.tokens)
			}
			if d := cmp.Diff(tt.slept, tr.clock.sleeps()); d != "" {
				t.Errorf("waits (-want +got):\n%s", d)
			}
			if repeats := strings.Contains(fmt.Sprint(cov.Notes), "more than once"); repeats != (tt.name == "objects twice" || tt.name == "two links in a circle") {
				t.Errorf("notes %q", cov.Notes)
			}
			noDoubles(t, s)
		})
	}
	select {
	case <-elsewhere.called:
		t.Error("the foreign host was called")
	default:
	}
}

func noDoubles(t *testing.T, s *evidence.Snapshot) {
	t.Helper()
	seen := map[string]bool{}
	for u := range s.TenantUsers() {
		if id := u.ID().String(); seen[id] {
			t.Errorf("user %s is there twice", id)
		} else {
			seen[id] = true
		}
	}
}

// TestFaultsBeforeTheFirstRow: without a row the dataset is Failed.
func TestFaultsBeforeTheFirstRow(t *testing.T) {
	for _, tt := range []struct {
		fault  graphlab.Fault
		reason string
	}{
		{graphlab.Fault{Kind: graphlab.Throttled, RetryAfter: time.Hour}, "asked to wait 1h0m0s"},
		{graphlab.Fault{Kind: graphlab.InternalError, Times: -1}, "HTTP 500 Service_InternalServerError"},
		{graphlab.Fault{Kind: graphlab.Unauthorized, Times: -1}, "refused with a new token as well"},
		{graphlab.Fault{Kind: graphlab.ConnectionReset, Times: -1}, "was lost"},
		{graphlab.Fault{Kind: graphlab.HTMLPage, Times: -1}, "not JSON"},
	} {
		tt.fault.Path = "users"
		tr := start(t, graphlab.Options{Tenant: manyUsers(3), Faults: []graphlab.Fault{tt.fault}})
		s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
		if err != nil {
			t.Fatal(err)
		}
		if cov := only(t, s, evidence.TenantUsers); cov.State != evidence.Failed || cov.Rows != 0 || !strings.Contains(cov.Reason, tt.reason) {
			t.Errorf("%+v: %s, %d rows, %q", tt.fault, cov.State, cov.Rows, cov.Reason)
		}
	}
}

func TestFaultsOfOneDatasetLeaveTheOthers(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: fixtureTenant(t), Faults: []graphlab.Fault{{Path: "users", Kind: graphlab.Throttled, RetryAfter: time.Hour}}})
	s, err := tr.collect(context.Background(), t, Datasets()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, cov := range s.Coverage() {
		if (cov.State == evidence.Complete) != (cov.Dataset != evidence.TenantUsers) {
			t.Errorf("%s: %s %s", cov.Dataset, cov.State, cov.Reason)
		}
	}
}

func TestCounts(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		tr := start(t, graphlab.Options{Tenant: manyUsers(3), Faults: []graphlab.Fault{{Path: "users/$count", Kind: graphlab.ErrorWithoutMember}}})
		s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
		if err != nil {
			t.Fatal(err)
		}
		if cov := only(t, s, evidence.TenantUsers); cov.State != evidence.Complete || cov.Expected != -1 || len(cov.Notes) != 1 {
			t.Errorf("coverage %+v", cov)
		}
	})
	for _, tt := range []struct {
		expected, have int
		fault, note    bool
	}{
		{-1, 5, false, false}, {0, 0, false, false}, {5, 5, false, false}, {5, 9, false, true}, {0, 3, false, true},
		{1, 0, true, false}, {2, 1, false, true}, {9, 8, false, true}, {9, 7, true, false}, {90, 0, true, false}, {90, 80, false, true}, {90, 79, true, false},
		{2000, 1900, false, true}, {2000, 1899, true, false}, {100_000, 98_000, false, true}, {100_000, 97_999, true, false},
	} {
		cov := evidence.Coverage{Expected: tt.expected}
		if err := weigh(&cov, tt.have); (err != nil) != tt.fault || (len(cov.Notes) > 0) != tt.note {
			t.Errorf("%d of %d: %v, notes %q", tt.have, tt.expected, err, cov.Notes)
		}
	}
}

func TestShortLivedTokens(t *testing.T) {
	tr := start(t, graphlab.Options{Tenant: manyUsers(50), TokenLifetime: time.Nanosecond})
	tr.cfg.PageSize = 10
	s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	if err != nil {
		t.Fatal(err)
	}
	if cov := only(t, s, evidence.TenantUsers); cov.State != evidence.Failed || !strings.Contains(cov.Reason, "refused with a new token") {
		t.Errorf("tokens that never work: %+v", cov)
	}
}

func TestValuesThatDoNotFit(t *testing.T) {
	tenant := lab.Tenant{ID: tenantID, Collections: []lab.Collection{{Path: "users", Objects: []json.RawMessage{
		json.RawMessage(`{"id":"00000000-0000-4000-8000-000000000001","userPrincipalName":"a@contoso.com","accountEnabled":"yes","createdDateTime":"soon","proxyAddresses":"SMTP:a@contoso.com"}`),
		json.RawMessage(`{"id":"not a GUID","userPrincipalName":"b@contoso.com"}`),
		json.RawMessage(`{"userPrincipalName":"c@contoso.com"}`),
		json.RawMessage(`{"id":"00000000-0000-4000-8000-000000000002","userPrincipalName":"d@contoso.com","createdDateTime":"0001-01-01T00:00:00Z","assignedLicenses":[null,{"skuId":7}]}`),
	}}}}
	tr := start(t, graphlab.Options{Tenant: tenant})
	s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	if err != nil {
		t.Fatal(err)
	}
	cov := only(t, s, evidence.TenantUsers)
	if cov.State != evidence.Partial || cov.Rows != 2 {
		t.Errorf("coverage %+v", cov)
	}
	if d := cmp.Diff([]string{"accountEnabled", "assignedLicenses", "createdDateTime", "proxyAddresses"}, cov.Missing); d != "" {
		t.Errorf("missing (-want +got):\n%s", d)
	}
	for u := range s.TenantUsers() {
		if u.UPN() == "" || u.Enabled() != evidence.Absent || !u.Created().IsZero() {
			t.Errorf("user %q %v %v", u.UPN(), u.Enabled(), u.Created())
		}
	}
}
