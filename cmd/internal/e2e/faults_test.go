package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hybridaudit/audit"
	"hybridaudit/cmd/internal/cli"
	"hybridaudit/sources/ad"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/graph"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
	graphlab "hybridaudit/sources/lab/server/graph"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

// patientClock passes the time of waits at once.
type patientClock struct {
	mu     sync.Mutex
	waited time.Duration
}

func (c *patientClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.waited)
}

func (c *patientClock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waited += d
	return ctx.Err()
}

// smallPage makes several pages of each table of a sample organisation.
const smallPage = 7

// fault is one thing that goes wrong in the middle of a read, and what must come of it.
type fault struct {
	name    string
	dataset evidence.Dataset
	ldap    []ldaplab.Fault
	graph   []graphlab.Fault
	state   evidence.State
	rows    int    // of a Partial dataset
	reason  string // part of it
	waits   time.Duration
	command bool // nothing waits, so that the whole command is run too
}

func faults() []fault {
	const (
		users    = "objectClass=user"
		contacts = "objectClass=contact"
		groups   = "objectCategory=group"
		always   = -1
	)
	cut := func(filter string, times int) []ldaplab.Fault {
		return []ldaplab.Fault{{Kind: ldaplab.CutConnection, Filter: filter, Pages: 1, Entries: 1, Times: times}}
	}
	one := func(f graphlab.Fault) []graphlab.Fault {
		f.Path, f.After = "users", 2 // two whole pages
		return []graphlab.Fault{f}
	}
	return []fault{
		{name: "users cut once", dataset: evidence.ADUsers, ldap: cut(users, 1), state: evidence.Complete},
		{name: "contacts cut once", dataset: evidence.ADContacts, ldap: cut(contacts, 1), state: evidence.Complete},
		{name: "groups cut once", dataset: evidence.ADGroups, ldap: cut(groups, 1), state: evidence.Complete},
		{name: "users cut always", dataset: evidence.ADUsers, ldap: cut(users, always), state: evidence.Partial, rows: 8, reason: "the connection was lost 4 times", command: true},
		{name: "contacts cut always", dataset: evidence.ADContacts, ldap: cut(contacts, always), state: evidence.Partial, rows: 16, reason: "the connection was lost 4 times", command: true},
		{name: "groups cut always", dataset: evidence.ADGroups, ldap: cut(groups, always), state: evidence.Partial, rows: 8, reason: "the connection was lost 4 times", command: true},
		{
			name: "users beyond the size limit", dataset: evidence.ADUsers, ldap: []ldaplab.Fault{{Kind: ldaplab.EndedEarly, Code: 4, Filter: users, Pages: 2, Times: always}},
			state: evidence.Partial, rows: 2 * smallPage, reason: "Size Limit Exceeded (4)", command: true,
		},
		{
			name: "users, search forgotten again and again", dataset: evidence.ADUsers, ldap: []ldaplab.Fault{{Kind: ldaplab.WrongCookie, Filter: users, Pages: 2, Times: always}},
			state: evidence.Partial, rows: 3 * smallPage, reason: "Unwilling To Perform (53)", command: true,
		},
		{
			name: "users, directory busy", dataset: evidence.ADUsers, ldap: []ldaplab.Fault{{Kind: ldaplab.Refused, Code: 51, Filter: users, Pages: 1, Times: 2}},
			state: evidence.Complete, waits: 3 * time.Second,
		},
		{name: "429 with a short wait", dataset: evidence.TenantUsers, graph: one(graphlab.Fault{Kind: graphlab.Throttled, RetryAfter: 7 * time.Second}), state: evidence.Complete, waits: 7 * time.Second},
		{
			name: "429 with a wait that is just allowed", dataset: evidence.TenantUsers, graph: one(graphlab.Fault{Kind: graphlab.Throttled, RetryAfter: 15 * time.Minute}),
			state: evidence.Complete, waits: 15 * time.Minute,
		},
		{
			name: "429 with a long wait", dataset: evidence.TenantUsers, graph: one(graphlab.Fault{Kind: graphlab.Throttled, RetryAfter: 16 * time.Minute}),
			state: evidence.Partial, rows: 2 * smallPage, reason: "asked to wait 16m0s, longer than the 15m0s allowed", command: true,
		},
		{
			name: "503", dataset: evidence.TenantUsers, graph: one(graphlab.Fault{Kind: graphlab.Unavailable, RetryAfter: 3 * time.Second, Times: 2}),
			state: evidence.Complete, waits: 6 * time.Second,
		},
		{
			name: "503 with a long wait", dataset: evidence.TenantUsers, graph: one(graphlab.Fault{Kind: graphlab.Unavailable, RetryAfter: time.Hour}),
			state: evidence.Partial, rows: 2 * smallPage, reason: "answered 503", command: true,
		},
		{name: "one 401", dataset: evidence.TenantUsers, graph: one(graphlab.Fault{Kind: graphlab.Unauthorized}), state: evidence.Complete},
		{
			name: "two 401s", dataset: evidence.TenantUsers, graph: one(graphlab.Fault{Kind: graphlab.Unauthorized, Times: 2}),
			state: evidence.Partial, rows: 2 * smallPage, reason: "refused with a new token as well", command: true,
		},
		{
			name: "endless nextLink", dataset: evidence.TenantUsers, graph: one(graphlab.Fault{Kind: graphlab.LinkToSelf, Times: always}),
			state: evidence.Partial, rows: 3 * smallPage, reason: "going in circles", command: true,
		},
		{
			name: "two nextLinks in a circle", dataset: evidence.TenantUsers, graph: one(graphlab.Fault{Kind: graphlab.LinkCycle, Times: always}),
			state: evidence.Partial, rows: 3 * smallPage, reason: "going in circles", command: true,
		},
		{
			name: "nextLink to another host", dataset: evidence.TenantUsers, graph: one(graphlab.Fault{Kind: graphlab.LinkElsewhere, Origin: "https://graph.example.com"}),
			state: evidence.Partial, rows: 3 * smallPage, reason: "(to https://graph.example.com)", command: true,
		},
		{
			name: "redirect to another host", dataset: evidence.TenantUsers, graph: one(graphlab.Fault{Kind: graphlab.Redirected, Origin: "https://graph.example.com"}),
			state: evidence.Partial, rows: 2 * smallPage, reason: "a redirect (to https://graph.example.com)", command: true,
		},
		{name: "body cut three times", dataset: evidence.TenantUsers, graph: one(graphlab.Fault{Kind: graphlab.TruncatedJSON, Times: 3}), state: evidence.Complete, waits: 14 * time.Second},
		{
			name: "body always cut", dataset: evidence.TenantUsers, graph: one(graphlab.Fault{Kind: graphlab.TruncatedJSON, Times: always}),
			state: evidence.Partial, rows: 2 * smallPage, reason: "not complete JSON (4 tries)", waits: 14 * time.Second,
		},
		{name: "users given twice", dataset: evidence.TenantUsers, graph: one(graphlab.Fault{Kind: graphlab.RepeatedObjects}), state: evidence.Complete},
	}
}

// A fault in the middle of a read ends as it is written down: read again and complete, with every finding; or incomplete with its reason and the rows read so
// far, none of them twice, and then no rule that needs the dataset passes.
func TestFaultsInTheMiddleOfARead(t *testing.T) {
	org := organisation(t, plant.Options{Seed: 12, Alone: true, NoNetwork: true})
	for _, f := range faults() {
		t.Run(f.name, func(t *testing.T) {
			running, err := server.Start(t.Context(), org, server.Options{LDAPFaults: f.ldap, GraphFault: f.graph})
			if err != nil {
				t.Fatal(err)
			}
			clock := &patientClock{}
			s := collectSlowly(t, org, running, clock, f.state == evidence.Complete) // what lasts would strike the other reads of users too
			if err := running.Stop(); err != nil {
				t.Error(err)
			}
			assertCoverage(t, s, f)
			if clock.waited != f.waits {
				t.Errorf("waited %s, want %s", clock.waited, f.waits)
			}
			noneTwice(t, s)
			result := run(t, s, audit.Options{LeftOut: []string{"network"}})
			if f.state == evidence.Complete {
				assertTruth(t, result, org.Truth)
				return
			}
			assertNotPassed(t, result, f.dataset)
			nothingInvented(t, result, org.Truth)
			if f.command {
				runCommand(t, org, f)
			}
		})
	}
}

// collectSlowly reads a lab in small pages; all says that what is read on request only is read too.
func collectSlowly(t *testing.T, org lab.Organisation, r *server.Running, clock *patientClock, all bool) *evidence.Snapshot {
	t.Helper()
	directory, tenant := evidence.NewBuilder(time.Now()), evidence.NewBuilder(time.Now())
	err := ad.Collect(t.Context(), ad.Config{
		Servers: []string{"ldaps://" + r.LDAPS}, BindName: r.BindName, Password: func() (string, error) { return r.Password, nil }, RootCAs: pool(r.CA),
		PageSize: smallPage, Clock: clock, Attributes: allAttributes(),
	}, directory)
	if err != nil {
		t.Error(err)
	}
	c, err := graph.New(graph.Config{
		TenantID: r.TenantID, ClientID: server.ClientID, Secret: func() (string, error) { return r.Secret, nil }, RootCAs: pool(r.CA),
		LoginURL: "https://" + r.Graph, GraphURL: "https://" + r.Graph, PageSize: smallPage, Clock: clock, Beta: all, SignIns: all,
		Streams: 1, // a token that is revoked under one dataset is refused to those read beside it
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Collect(t.Context(), tenant, evidence.Datasets()); err != nil {
		t.Error(err)
	}
	s, err := evidence.Merge(withExports(t, org, []*evidence.Snapshot{directory.Seal(), tenant.Seal()})...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// assertCoverage holds the coverage of all datasets against the fault: that of one, and nothing wrong with the others.
func assertCoverage(t *testing.T, s *evidence.Snapshot, f fault) {
	t.Helper()
	for _, c := range s.Coverage() {
		want := evidence.Complete
		if c.Dataset == f.dataset {
			want = f.state
		}
		if c.State != want && !c.Optional {
			t.Errorf("%s is %s (%s), want %s", c.Dataset, c.State, c.Reason, want)
		}
		if c.Rows != s.Rows(c.Dataset) {
			t.Errorf("%s: the coverage counts %d rows, the table has %d", c.Dataset, c.Rows, s.Rows(c.Dataset))
		}
		if (c.State == evidence.Complete) != (c.Reason == "") {
			t.Errorf("%s is %s with the reason %q", c.Dataset, c.State, c.Reason)
		}
		if c.Dataset != f.dataset {
			continue
		}
		if !strings.Contains(c.Reason, f.reason) {
			t.Errorf("reason %q lacks %q", c.Reason, f.reason)
		}
		if f.state == evidence.Partial && c.Rows != f.rows || c.Rows == 0 {
			t.Errorf("%d rows, want %d", c.Rows, f.rows)
		}
	}
}

func noneTwice(t *testing.T, s *evidence.Snapshot) {
	t.Helper()
	seen := map[string]bool{}
	once := func(key string) {
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
	}
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
		for o := range s.ADObjects(d) {
			once(string(d) + " " + o.GUID().String())
		}
	}
	for u := range s.TenantUsers() {
		once("tenant user " + u.ID().String())
	}
}

// assertNotPassed looks at the rules that need the dataset: none may have passed or say that there was nothing to judge.
func assertNotPassed(t *testing.T, r *audit.Result, d evidence.Dataset) {
	t.Helper()
	concerned := 0
	for _, o := range r.Outcomes {
		if looks(o.Rule) { // nobody looked at the network
			continue
		}
		if !slices.ContainsFunc(o.Rule.Needs, func(n audit.Need) bool { return n.Dataset == d && !n.Optional }) {
			if o.Status == audit.NotAssessed && !o.Wanting || o.Status == audit.Broken {
				t.Errorf("%s does not need %s and ended %s: %+v", o.Rule.ID, d, o.Status, o.Reason)
			}
			continue
		}
		concerned++
		if o.Status != audit.NotAssessed && (o.Status != audit.Failed || o.Hits == 0) || o.Reason.IsZero() || o.Excused {
			t.Errorf("%s needs %s and ended %s with %d findings (%+v)", o.Rule.ID, d, o.Status, o.Hits, o.Reason)
		}
	}
	if concerned == 0 {
		t.Errorf("no rule needs %s", d)
	}
}

// nothingInvented: what is found in a part of the data is true of all of it, but for the finding that says that it is a part.
func nothingInvented(t *testing.T, r *audit.Result, truth []lab.Expected) {
	t.Helper()
	incomplete := 0
	for _, l := range differences(truth, found(r)) {
		switch {
		case strings.HasPrefix(l, "too many DQ-001 on "):
			incomplete++
		case strings.HasPrefix(l, "too many"):
			t.Error(l)
		}
	}
	if incomplete != 1 {
		t.Errorf("%d more findings of DQ-001 than were planted, want 1", incomplete)
	}
}

// runCommand audits a lab with the same fault by the command itself: it ends with 3, names the dataset and the reason, and writes the report all the same.
func runCommand(t *testing.T, org lab.Organisation, f fault) {
	t.Helper()
	running, err := server.Start(t.Context(), org, server.Options{LDAPFaults: f.ldap, GraphFault: f.graph})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	}()
	dir := t.TempDir()
	config := fmt.Sprintf("ldap:\n  servers: [ldaps://%s]\n  bindName: %s\n  password: file:password\n  caFile: ca.pem\n  pageSize: %d\n"+
		"graph:\n  tenant: %s\n  client: %s\n  secret: file:secret\n  caFile: ca.pem\n  loginURL: https://%s\n  graphURL: https://%s\n  pageSize: %d\nnetwork:\n  enabled: false\n",
		running.LDAPS, running.BindName, smallPage, running.TenantID, server.ClientID, running.Graph, running.Graph, smallPage)
	for name, content := range map[string]string{"c.yaml": config, "password": running.Password, "secret": running.Secret, "ca.pem": string(running.CA)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "report")
	var stdout, stderr bytes.Buffer
	code := cli.Run(t.Context(), []string{"audit", "--quiet", "--config", filepath.Join(dir, "c.yaml"), "--out", out, "--format", "json"}, cli.IO{Out: &stdout, Err: &stderr})
	if code != 3 {
		t.Errorf("the command ended with %d:\n%s", code, stderr.String())
	}
	if says := stderr.String(); !strings.Contains(says, string(f.dataset)+" is partial: ") || !strings.Contains(says, f.reason) || stdout.Len() > 0 {
		t.Errorf("the command says:\n%s\nand on standard output:\n%s", says, stdout.String())
	}
	report, err := os.ReadFile(filepath.Join(out, "findings.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(report), fmt.Sprintf(`{"dataset":%q,"state":"partial"`, f.dataset)) {
		t.Error("the report does not show that the dataset is incomplete")
	}
}
