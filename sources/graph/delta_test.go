package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hybridaudit/sources/evidence"
	graphlab "hybridaudit/sources/lab/server/graph"
)

// trackedSets are the datasets of which the service tells changes.
func trackedSets() []evidence.Dataset {
	return []evidence.Dataset{evidence.TenantUsers, evidence.TenantGroups, evidence.TenantContacts}
}

// sortedRows gives the rows of a dataset in the order of their ids.
func sortedRows(t testing.TB, s *evidence.Snapshot, d evidence.Dataset) []map[string]any {
	t.Helper()
	rows := rowsOf(t, s, d)
	slices.SortFunc(rows, func(a, b map[string]any) int { return strings.Compare(fmt.Sprint(a["id"]), fmt.Sprint(b["id"])) })
	return rows
}

// again reads the datasets with the earlier evidence.
func (tr *trial) again(t testing.TB, previous *evidence.Snapshot, wanted ...evidence.Dataset) *evidence.Snapshot {
	t.Helper()
	tr.mu.Lock()
	tr.seen = nil
	tr.mu.Unlock()
	tr.cfg.Previous = previous
	s, err := tr.collect(context.Background(), t, wanted...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// inFull says whether all properties of users, groups or contacts were listed.
func (tr *trial) inFull(target string) bool {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return slices.ContainsFunc(tr.seen, func(q graphlab.Request) bool {
		return q.Target == target && strings.Contains(q.RawQuery, "proxyAddresses")
	})
}

// delta is the coverage that a run with changes must have.
func caughtUp(t testing.TB, tr *trial, s *evidence.Snapshot, d evidence.Dataset, target string) {
	t.Helper()
	cov := only(t, s, d)
	if cov.State != evidence.Complete || cov.Delta == "" || !strings.Contains(strings.Join(cov.Notes, " "), "brought up to date") || tr.inFull(target) {
		t.Errorf("%s was not caught up: in full %v, %+v", d, tr.inFull(target), cov)
	}
}

// TestChangesEqualAFullRead changes a tenant at random, round by round, and reads it with the changes and in full.
func TestChangesEqualAFullRead(t *testing.T) {
	targets := map[evidence.Dataset]string{evidence.TenantUsers: "users", evidence.TenantGroups: "groups", evidence.TenantContacts: "contacts"}
	rapid.Check(t, func(rt *rapid.T) {
		options := graphlab.Options{Tenant: fixtureTenant(t), Delta: graphlab.DeltaOptions{
			Sparse: rapid.Bool().Draw(rt, "sparse"), Replays: rapid.IntRange(0, 3).Draw(rt, "replays"), Repeated: rapid.Bool().Draw(rt, "repeated"),
		}}
		tr, served := startBehind(t, options, nil)
		previous := tr.again(t, nil, trackedSets()...)
		live := map[string][]string{}
		for _, d := range trackedSets() {
			for _, row := range rowsOf(t, previous, d) {
				live[targets[d]] = append(live[targets[d]], fmt.Sprint(row["id"]))
			}
		}
		for round := range rapid.IntRange(1, 2).Draw(rt, "rounds") {
			for i := range rapid.IntRange(0, 12).Draw(rt, "changes") {
				m := drawChange(rt, live, fmt.Sprintf("%d-%d", round, i))
				if err := served.Mutate(m); err != nil {
					rt.Fatal(err)
				}
			}
			changed := tr.again(t, previous, trackedSets()...)
			for d, target := range targets {
				caughtUp(t, tr, changed, d, target)
			}
			full := tr.again(t, nil, trackedSets()...)
			for d := range targets {
				if diff := cmp.Diff(sortedRows(t, full, d), sortedRows(t, changed, d)); diff != "" {
					rt.Fatalf("round %d, %s (-in full +with changes):\n%s", round, d, diff)
				}
			}
			previous = changed
		}
	})
}

// drawChange makes a change of any kind; live are the ids of the objects that there are, by collection.
func drawChange(rt *rapid.T, live map[string][]string, mark string) graphlab.Mutation {
	path := rapid.SampledFrom([]string{"users", "groups", "contacts"}).Draw(rt, "path")
	m := graphlab.Mutation{Path: path, ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", rapid.IntRange(0, 5).Draw(rt, "new"))}
	kind := rapid.SampledFrom([]string{"add", "change", "clear", "remove", "purge", "licences", "nothing"}).Draw(rt, "kind")
	if kind != "add" && len(live[path]) > 0 {
		m.ID = rapid.SampledFrom(live[path]).Draw(rt, "id")
	} else if !slices.Contains(live[path], m.ID) {
		kind = "add"
		live[path] = append(live[path], m.ID)
	}
	switch kind {
	case "remove", "purge":
		m.Remove, m.Purge = kind == "remove", kind == "purge"
		live[path] = slices.DeleteFunc(slices.Clone(live[path]), func(id string) bool { return id == m.ID })
	case "clear":
		m.Set = json.RawMessage(`{"displayName":null,"proxyAddresses":[],"onPremisesProvisioningErrors":[]}`)
	case "licences":
		m.Set = json.RawMessage(`{"licenseAssignmentStates":[{"skuId":"06ebc4ee-1bb5-47dd-8120-11324bc54e06","state":"Error","error":"` + mark + `"}]}`)
	case "nothing":
		m.Set = json.RawMessage(`{"visibility":"` + mark + `"}`)
	default:
		m.Set = json.RawMessage(`{"displayName":"` + mark + `","proxyAddresses":["SMTP:` + mark + `@contoso.com","smtp:x@contoso.com"]}`)
	}
	return m
}

// TestWhatOnlyAFullReadGives: for each of these reasons everything is read, the reason noted, and a link for the next time kept.
func TestWhatOnlyAFullReadGives(t *testing.T) {
	odata := func(code string) string { return `{"error":{"code":"` + code + `","message":"gone"}}` }
	edit := func(change func(*evidence.Coverage)) func(*trial, *graphlab.Server, *evidence.Snapshot) {
		return func(_ *trial, _ *graphlab.Server, s *evidence.Snapshot) {
			for i := range s.Coverage() {
				change(&s.Coverage()[i])
			}
		}
	}
	link := func(text string) func(*trial, *graphlab.Server, *evidence.Snapshot) {
		return edit(func(c *evidence.Coverage) { c.Delta = text })
	}
	delta := func(status int, body string) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/v1.0/users/delta" || r.URL.Query().Get("$deltatoken") == "latest" {
				return false
			}
			writeJSON(w, status, strings.Replace(body, "BASE", "https://"+r.Host, 1))
			return true
		}
	}
	const none = "read in full: the link that was kept is none to changes of users"
	tests := []struct {
		name    string
		prepare func(*trial, *graphlab.Server, *evidence.Snapshot)
		answers func(http.ResponseWriter, *http.Request) bool // of the second read
		note    string
		delta   int // questions for changes
	}{
		{"410", func(_ *trial, s *graphlab.Server, _ *evidence.Snapshot) { s.ExpireDeltaLinks() }, nil, "the service no longer tells the changes since 2026-", 1},
		{"400 for a token that is too old", nil, delta(400, odata("syncStateNotFound")), "the service no longer tells the changes since", 1},
		{"400 for a page token", nil, delta(400, odata("Directory_ExpiredPageToken")), "the service no longer tells the changes since", 1},
		{"403", nil, delta(403, odata("Authorization_RequestDenied")), "could not be used: HTTP 403", 1},
		{"broken for ever", nil, delta(200, `{"value":`), "not complete JSON (4 tries)", 4},
		{"no link at the end", nil, delta(200, `{"value":[]}`), "without a link for the next time", 1},
		{"a link elsewhere at the end", nil, delta(200, `{"value":[],"@odata.deltaLink":"https://graph.example.com/v1.0/users/delta?$deltatoken=x"}`), "without a link for the next time", 1},
		{"an object without an id", nil, delta(200, `{"value":[{"displayName":"x"}]}`), "some of the changes could not be read", 1},
		{"a value of another kind", nil, delta(200, `{"value":[{"id":"00000000-0000-4000-8000-000000000001","accountEnabled":"yes"}]}`), "some of the changes could not be read", 1},
		{"all gone but the count", nil, delta(200, removals(250)), "could not be used: 250 objects are listed that", 3},
		{"too old", edit(func(c *evidence.Coverage) { c.Started = c.Started.Add(-deltaAge - time.Minute) }), nil, "is 6 days old", 0},
		{"from the future", edit(func(c *evidence.Coverage) { c.Started = c.Started.Add(2 * time.Hour) }), nil, "from the future", 0},
		{"partial", edit(func(c *evidence.Coverage) { c.State = evidence.Partial }), nil, "is not complete", 0},
		{"properties were missing", edit(func(c *evidence.Coverage) { c.Missing = []string{"mail"} }), nil, "is not complete", 0},
		{"other properties", func(tr *trial, _ *graphlab.Server, _ *evidence.Snapshot) {
			tr.cfg.UserProperties = []string{"userPrincipalName", "proxyAddresses"}
		}, nil, "other properties", 0},
		{"another server", edit(func(c *evidence.Coverage) { c.Server = "graph.example.com" }), nil, "was of graph.example.com", 0},
		{"no link", link(""), nil, "kept no link", 0},
		{"a whole address", link("https://graph.example.com/v1.0/users/delta?$deltatoken=x"), nil, none, 0},
		{"another host", link("//graph.example.com/v1.0/users/delta?$deltatoken=x"), nil, none, 0},
		{"another collection", link("/v1.0/groups/delta?$deltatoken=x"), nil, none, 0},
		{"another question", link("/v1.0/users?$deltatoken=x"), nil, none, 0},
		{"a way around", link("/v1.0/users/delta/../../groups?$deltatoken=x"), nil, none, 0},
		{"an encoded way around", link("/v1.0/users/delta%2f..%2f..%2fgroups?$deltatoken=x"), nil, none, 0},
		{"no token", link("/v1.0/users/delta?$select=id"), nil, none, 0},
		{"the token of no changes", link("/v1.0/users/delta?$deltaToken=Latest"), nil, none, 0},
		{"too long", link("/v1.0/users/delta?$deltatoken=" + strings.Repeat("x", maxDeltaLink)), nil, none, 0},
		{"no address", link("/v1.0/users/%zz?$deltatoken=x"), nil, none, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			second := false
			tr, served := startBehind(t, graphlab.Options{Tenant: manyUsers(250)}, func(w http.ResponseWriter, r *http.Request) bool {
				return second && tt.answers != nil && tt.answers(w, r)
			})
			asked := 0
			previous := tr.again(t, nil, evidence.TenantUsers)
			if tt.prepare != nil {
				tt.prepare(tr, served, previous)
			}
			second = true
			if tt.answers != nil {
				inner := tt.answers
				tt.answers = func(w http.ResponseWriter, r *http.Request) bool {
					if inner(w, r) {
						asked++
						return true
					}
					return false
				}
			}
			s := tr.again(t, previous, evidence.TenantUsers)
			cov := only(t, s, evidence.TenantUsers)
			if cov.State != evidence.Complete || cov.Rows != 250 || cov.Delta == "" || !tr.inFull("users") || !strings.Contains(strings.Join(cov.Notes, "; "), tt.note) ||
				!strings.Contains(strings.Join(cov.Notes, "; "), "read in full: ") {
				t.Errorf("in full %v, coverage %+v", tr.inFull("users"), cov)
			}
			if tt.answers != nil && asked != tt.delta {
				t.Errorf("changes were asked for %d times, want %d", asked, tt.delta)
			}
			noDoubles(t, s)
		})
	}
}

// removals tells n users as removed.
func removals(n int) string {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, `,{"id":"00000000-0000-4000-8000-%012d","@removed":{"reason":"deleted"}}`, i)
	}
	return `{"@odata.deltaLink":"BASE/v1.0/users/delta?$deltatoken=next","value":[` + strings.TrimPrefix(b.String(), ",") + `]}`
}

// TestFaultsAmongChanges: what a listing gets over, the changes get over as well.
func TestFaultsAmongChanges(t *testing.T) {
	for _, f := range []graphlab.Fault{
		{Kind: graphlab.Throttled, RetryAfter: 90 * time.Second}, {Kind: graphlab.Unavailable, RetryAfter: 1500 * time.Millisecond, RetryForm: graphlab.RetryFraction},
		{Kind: graphlab.BadGateway}, {Kind: graphlab.InternalError, Times: 2}, {Kind: graphlab.Unauthorized}, {Kind: graphlab.TruncatedJSON}, {Kind: graphlab.ConnectionReset},
		{Kind: graphlab.ConnectionClosed}, {Kind: graphlab.HTMLPage}, {Kind: graphlab.EmptyPage, Times: 3}, {Kind: graphlab.RepeatedObjects, Times: 9},
	} {
		f.Path, f.After = "users/delta", 2 // behind the question for the first link and the first page of changes
		tr, served := startBehind(t, graphlab.Options{Tenant: manyUsers(500), Faults: []graphlab.Fault{f}}, nil)
		previous := tr.again(t, nil, evidence.TenantUsers)
		for i := range 250 {
			if err := served.Mutate(graphlab.Mutation{Path: "users", ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", 2*i), Set: json.RawMessage(`{"displayName":"new"}`)}); err != nil {
				t.Fatal(err)
			}
		}
		s := tr.again(t, previous, evidence.TenantUsers)
		caughtUp(t, tr, s, evidence.TenantUsers, "users")
		if n := tr.requests("users/delta"); n < 3 {
			t.Errorf("%+v: the fault met nothing in %d requests", f, n)
		}
		renamed := 0
		for u := range s.TenantUsers() {
			if u.DisplayName() == "new" {
				renamed++
			}
		}
		if renamed != 250 || s.Rows(evidence.TenantUsers) != 500 {
			t.Errorf("%+v: %d of %d users are renamed", f, renamed, s.Rows(evidence.TenantUsers))
		}
	}
}

// TestOtherTenantsAreNotCarriedOver: the earlier evidence may hold several tenants.
func TestOtherTenantsAreNotCarriedOver(t *testing.T) {
	tr, _ := startBehind(t, graphlab.Options{Tenant: manyUsers(20)}, nil)
	previous := tr.again(t, nil, evidence.TenantUsers)
	b := evidence.NewBuilder(time.Now())
	table := b.Table(evidence.TenantUsers)
	col, _ := table.Schema().Find(evidence.TenantColumn)
	for range 5 {
		if err := table.NewRow().SetText(col, "fabrikam.com"); err != nil {
			t.Fatal(err)
		}
	}
	b.Cover(evidence.Coverage{Dataset: evidence.TenantUsers, State: evidence.Complete, Rows: 5, Source: "fabrikam.com", Started: time.Now()})
	merged, err := evidence.Merge(b.Seal(), previous)
	if err != nil {
		t.Fatal(err)
	}
	s := tr.again(t, merged, evidence.TenantUsers)
	caughtUp(t, tr, s, evidence.TenantUsers, "users")
	if n := len(rowsOf(t, s, evidence.TenantUsers)); n != 20 {
		t.Errorf("%d users", n)
	}
}

// TestNewcomersAreLookedFor: a user who comes between the changes and the listing is found in the changes of a second round; one who goes is left out.
func TestNewcomersAreLookedFor(t *testing.T) {
	var served *graphlab.Server
	armed := false
	tr, served := startBehind(t, graphlab.Options{Tenant: manyUsers(20)}, func(_ http.ResponseWriter, r *http.Request) bool {
		if armed && r.URL.Path == "/v1.0/users" {
			armed = false
			if err := errors.Join(
				served.Mutate(graphlab.Mutation{Path: "users", ID: "00000000-0000-4000-8000-000000000777", Set: json.RawMessage(`{"displayName":"newcomer"}`)}),
				served.Mutate(graphlab.Mutation{Path: "users", ID: "00000000-0000-4000-8000-000000000003", Remove: true})); err != nil {
				t.Error(err)
			}
		}
		return false
	})
	previous := tr.again(t, nil, evidence.TenantUsers)
	armed = true
	s := tr.again(t, previous, evidence.TenantUsers)
	caughtUp(t, tr, s, evidence.TenantUsers, "users")
	names := map[string]string{}
	for u := range s.TenantUsers() {
		names[u.ID().String()] = u.DisplayName()
	}
	if _, there := names["00000000-0000-4000-8000-000000000003"]; there || len(names) != 20 || names["00000000-0000-4000-8000-000000000777"] != "newcomer" {
		t.Errorf("users %v", names)
	}
	if n := tr.requests("users/delta"); n != 2 {
		t.Errorf("changes were asked for %d times", n)
	}
}

// TestNarrowUsers: without licence states there is nothing to list anew.
func TestNarrowUsers(t *testing.T) {
	tr, _ := startBehind(t, graphlab.Options{Tenant: manyUsers(20)}, nil)
	tr.cfg.UserProperties = []string{"userPrincipalName"}
	s := tr.again(t, tr.again(t, nil, evidence.TenantUsers), evidence.TenantUsers)
	caughtUp(t, tr, s, evidence.TenantUsers, "users")
	if n := tr.requests("users"); n != 0 {
		t.Errorf("users were listed %d times", n)
	}
}

// TestWithoutDelta: a service that tracks no changes is read as before, and says nothing for the next time.
func TestWithoutDelta(t *testing.T) {
	tr, _ := startBehind(t, graphlab.Options{Tenant: manyUsers(20)}, func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/delta") {
			writeJSON(w, 400, `{"error":{"code":"Request_UnsupportedQuery","message":"Change enumeration is not supported for requested tenant."}}`)
			return true
		}
		return false
	})
	s := tr.again(t, nil, evidence.TenantUsers)
	if cov := only(t, s, evidence.TenantUsers); cov.State != evidence.Complete || cov.Delta != "" || len(cov.Notes) != 0 {
		t.Errorf("coverage %+v", cov)
	}
}

// TestInterruptedChanges: an end of the context among the changes is no reason for a full read.
func TestInterruptedChanges(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	second := false
	tr, _ := startBehind(t, graphlab.Options{Tenant: manyUsers(20)}, func(http.ResponseWriter, *http.Request) bool {
		if second {
			stop()
		}
		return false
	})
	tr.cfg.Previous = tr.again(t, nil, evidence.TenantUsers)
	second = true
	s, err := tr.collect(ctx, t, evidence.TenantUsers)
	if cov := only(t, s, evidence.TenantUsers); err == nil || cov.State != evidence.Failed || cov.Reason != "interrupted" || cov.Delta != "" {
		t.Errorf("%v, %+v", err, cov)
	}
	stop()
}

// TestSchemasFitTheBits: the changes keep a bit for each column.
func TestSchemasFitTheBits(t *testing.T) {
	for _, d := range trackedSets() {
		schema := evidence.SchemaOf(d)
		if len(schema) > 64 {
			t.Errorf("%s has %d columns", d, len(schema))
		}
		for _, name := range untracked(d) {
			if _, ok := schema.Find(name); !ok {
				t.Errorf("%s has no %s", d, name)
			}
		}
	}
}
