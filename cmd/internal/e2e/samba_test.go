package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"hybridaudit/cmd/internal/cli"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
)

const sambaPeople = 10000

// TestSamba loads a planted organisation into a real domain controller and audits it over LDAPS: alone, together with the tenant of the same
// organisation, and with the connection cut in the middle.
func TestSamba(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	dir := t.TempDir()
	org, err := plant.New(plant.Options{People: sambaPeople, Seed: 4, Now: time.Now().UTC().Truncate(time.Second), Loadable: true})
	if err != nil {
		t.Fatal(err)
	}
	ldif := filepath.Join(dir, "contoso.ldif")
	writeLDIF(t, ldif, org.Directory)
	env := domainController(t, strings.TrimPrefix(sambaAddress, "ldaps://"), ldif)
	assertRefused(t, env["AD_REFUSED"])

	running, err := server.Start(t.Context(), org, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	}()
	config := sambaConfig(t, dir, env, running)
	truth := resolved(t, dir, config, org)

	t.Run("directory alone", func(t *testing.T) {
		out := filepath.Join(dir, "alone")
		r := auditRun(t, config(env["AD_LDAPS"], false), out)
		if r.code != 3 {
			t.Errorf("exit code %d\n%s", r.code, r.stderr)
		}
		for _, c := range r.findings.Coverage {
			if strings.HasPrefix(c.Dataset, "ad.") && c.State != "complete" {
				t.Errorf("%s is %s: %s", c.Dataset, c.State, c.Reason)
			}
		}
		assertFindings(t, r.findings, slices.DeleteFunc(slices.Clone(truth), func(e lab.Expected) bool { return !r.findings.assessed(e) || strings.HasPrefix(e.Key, "tenant.") }))
	})
	t.Run("with the tenant", func(t *testing.T) {
		r := auditRun(t, config(env["AD_LDAPS"], true), filepath.Join(dir, "both"))
		if r.code != 1 {
			t.Errorf("exit code %d\n%s", r.code, r.stderr)
		}
		assertFindings(t, r.findings, truth)
	})
	t.Run("connection cut", func(t *testing.T) {
		proxy := newCuttingProxy(t, strings.TrimPrefix(env["AD_LDAPS"], "ldaps://"), 4<<20)
		r := auditRun(t, config("ldaps://"+proxy, true), filepath.Join(dir, "cut"))
		if r.code != 3 {
			t.Errorf("exit code %d\n%s", r.code, r.stderr)
		}
		assertCut(t, r.findings)
	})
}

func writeLDIF(t *testing.T, path string, d lab.Directory) {
	t.Helper()
	var b bytes.Buffer
	if err := plant.WriteLDIF(&b, d); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// assertRefused holds what the server would not store against the list of what is known: plants that it refuses are left out of a loadable organisation,
// and TestTruth proves them on the in-process server.
func assertRefused(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if fields := strings.Split(strings.TrimSpace(line), "\t"); len(fields) >= 3 && fields[2] == "left out" {
			t.Errorf("the domain controller refused %s", line)
		}
	}
	var left []string
	for _, l := range plant.NotLoadable() {
		left = append(left, fmt.Sprintf("%s%s %s", l.RuleID, l.Variant, l.Reason))
	}
	t.Logf("%d faults are not planted in a real domain controller:\n%s", len(left), strings.Join(left, "\n"))
}

// sambaConfig writes configurations: for a server address, with the tenant or without.
func sambaConfig(t *testing.T, dir string, env map[string]string, r *server.Running) func(server string, tenant bool) string {
	t.Helper()
	for name, content := range map[string][]byte{"graph-ca.pem": r.CA, "graph.secret": []byte(r.Secret)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	return func(server string, tenant bool) string {
		c := map[string]any{"ldap": map[string]any{
			"servers": []string{server}, "caFile": env["AD_CA"], "bindName": env["AD_BIND_UPN"], "password": "file:" + env["AD_PASSWORD_FILE"], "serverName": env["AD_HOST"],
			"timeout": "60s",
		}}
		if tenant {
			c["graph"] = labGraph(r)
		}
		text, err := yaml.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		n++
		path := filepath.Join(dir, fmt.Sprintf("config%d.yaml", n))
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
}

func labGraph(r *server.Running) map[string]any {
	return map[string]any{
		"tenant": r.TenantID, "client": server.ClientID, "secret": "file:graph.secret", "caFile": "graph-ca.pem",
		"loginURL": "https://" + r.Graph, "graphURL": "https://" + r.Graph,
	}
}

// findingsFile is what the tests need of findings.json.
type findingsFile struct {
	Coverage []struct {
		Dataset, State, Reason string
		Rows                   int
	}
	Rules []struct {
		ID, Status string
		Variants   []struct{ Variant, Status string }
	}
	Findings []struct {
		RuleID, Variant, Message string
		Subject                  struct{ Kind, Key string }
	}
}

// assessed says whether the rule and the variant were judged.
func (f findingsFile) assessed(e lab.Expected) bool {
	for _, r := range f.Rules {
		if r.ID != e.RuleID {
			continue
		}
		for _, v := range r.Variants {
			if v.Variant == e.Variant && v.Status == "notAssessed" {
				return false
			}
		}
		return r.Status != "notAssessed"
	}
	return false
}

type outcome struct {
	code     int
	stderr   string
	findings findingsFile
}

// auditRun runs the program's audit in this process.
func auditRun(t *testing.T, config, out string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := cli.Run(t.Context(), []string{"audit", "--config", config, "--out", out}, cli.IO{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	o := outcome{code: code, stderr: stderr.String()}
	data, err := os.ReadFile(filepath.Join(out, "findings.json"))
	if err != nil {
		t.Fatalf("%v\n%s", err, o.stderr)
	}
	if err := json.Unmarshal(data, &o.findings); err != nil {
		t.Fatal(err)
	}
	return o
}

// resolved gives the truth with the keys that the domain controller gave: objects are recognised by their account names, contacts by their DNs.
func resolved(t *testing.T, dir string, config func(string, bool) string, org lab.Organisation) []lab.Expected {
	t.Helper()
	path := filepath.Join(dir, "resolve.evidence")
	var stderr bytes.Buffer
	args := []string{"collect", "--config", config(sambaAddress, false), "--out", path}
	if code := cli.Run(t.Context(), args, cli.IO{In: strings.NewReader(""), Out: io.Discard, Err: &stderr}); code != 0 {
		t.Fatalf("collect ended with %d\n%s", code, stderr.String())
	}
	s := loadEvidence(t, path)
	given := map[string]string{}
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
		for o := range s.ADObjects(d) {
			for _, name := range names(o.SAMAccountName(), o.DN()) {
				given[name] = o.GUID().String()
			}
		}
	}
	planted := map[string]string{}
	for _, e := range org.Directory.Entries {
		raw := e.Values("objectGUID")
		if len(raw) != 1 {
			continue
		}
		g, err := directory.GUIDFromBytes(raw[0])
		if err != nil {
			t.Fatal(err)
		}
		sam := ""
		if v := e.Values("sAMAccountName"); len(v) == 1 {
			sam = string(v[0])
		}
		for _, name := range names(sam, e.DN) {
			if key, ok := given[name]; ok {
				planted[g.String()] = key
				break
			}
		}
	}
	truth := slices.Clone(org.Truth)
	for i := range truth {
		if key, ok := planted[truth[i].Key]; ok {
			truth[i].Key = key
		}
	}
	return truth
}

const sambaAddress = "ldaps://127.0.0.31"

func names(sam, dn string) []string {
	if sam != "" {
		return []string{"sam:" + strings.ToLower(sam)}
	}
	return []string{"dn:" + directory.DNKey(dn)}
}

func assertFindings(t *testing.T, f findingsFile, want []lab.Expected) {
	t.Helper()
	var got []lab.Expected
	messages := map[lab.Expected]string{}
	for _, x := range f.Findings {
		e := lab.Expected{RuleID: x.RuleID, Variant: x.Variant, Key: x.Subject.Key}
		got = append(got, e)
		messages[e] = x.Message
	}
	lines := differences(want, got)
	for i, l := range lines {
		if i == 40 {
			t.Errorf("… and %d more", len(lines)-i)
			break
		}
		t.Error(l)
	}
	if len(want) < 100 {
		t.Errorf("only %d findings are expected: the test proves little", len(want))
	}
}

// assertCut wants users in part, with a reason, and no rule that passed on them.
func assertCut(t *testing.T, f findingsFile) {
	t.Helper()
	for _, c := range f.Coverage {
		if c.Dataset == string(evidence.ADUsers) && (c.State != "partial" || c.Reason == "" || c.Rows == 0 || c.Rows >= sambaPeople) {
			t.Errorf("AD users are %s with %d rows: %q", c.State, c.Rows, c.Reason)
		}
	}
	for _, r := range f.Rules {
		if r.Status == "passed" && !slices.ContainsFunc([]string{"LIC-", "SYN-"}, func(p string) bool { return strings.HasPrefix(r.ID, p) }) {
			t.Errorf("%s passed on a part", r.ID)
		}
	}
}

// newCuttingProxy passes a connection on and cuts it after so many bytes of answers; later connections are refused.
func newCuttingProxy(t *testing.T, target string, after int64) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(func() {
		stop()
		if err := l.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	var left atomic.Int64
	left.Store(after)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			go pass(ctx, client, target, &left, l)
		}
	}()
	return l.Addr().String()
}

func pass(ctx context.Context, client net.Conn, target string, left *atomic.Int64, l net.Listener) {
	defer func() { _ = client.Close() }()
	upstream, err := (&net.Dialer{}).DialContext(ctx, "tcp", target)
	if err != nil {
		return
	}
	defer func() { _ = upstream.Close() }()
	go func() { _, _ = io.Copy(upstream, client) }()
	buffer := make([]byte, 16<<10)
	for {
		n, err := upstream.Read(buffer)
		if err != nil {
			return
		}
		if left.Add(-int64(n)) < 0 {
			_ = l.Close()
			return
		}
		if _, err := client.Write(buffer[:n]); err != nil {
			return
		}
	}
}
