package e2e

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
)

const (
	sambaPeople     = 50000
	contosoAddress  = "127.0.0.60"
	fabrikamAddress = "127.0.0.61"
)

// TestSamba loads a planted organisation and a second, small forest into real domain controllers and audits them over LDAP, also when a server is lost on the
// way, and from LDIF that ldapsearch writes.
func TestSamba(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	s := newForests(t)
	exported := s.export(t) // beside the first reading
	t.Run("server lost on the way", s.serverLost)
	t.Run("directory alone", s.alone)
	t.Run("with the tenant", s.withTenant)
	t.Run("encryption", s.encryption)
	t.Run("two forests", s.both)
	t.Run("from LDIF", func(t *testing.T) { s.fromLDIF(t, exported(t)) })
	t.Run("server stopped", s.serverStopped) // the last one
}

// forests are an organisation and a smaller one beside it, with their domain controllers.
type forests struct {
	dir                       string
	org, further              lab.Organisation
	clashes                   []clash
	contoso, fabrikam         map[string]string // what the domain controllers' env files say
	contosoRead, fabrikamRead string            // evidence files
	judged                    findingsFile      // of the large directory alone
	configs                   int
}

func newForests(t *testing.T) *forests {
	t.Helper()
	s := &forests{dir: t.TempDir()}
	// The same LDIF for two weeks, so that the loaded database can be used again: only accountExpires follows the clock.
	o := plant.Options{People: sambaPeople, Seed: 4, Now: time.Now().UTC().Truncate(14 * 24 * time.Hour), Loadable: true}
	org, err := plant.New(o)
	if err != nil {
		t.Fatal(err)
	}
	large, small := filepath.Join(s.dir, "contoso.ldif"), filepath.Join(s.dir, "fabrikam.ldif")
	writeLDIF(t, large, org.Directory)
	o.Now = time.Now().UTC().Truncate(time.Second)
	if s.org, err = plant.New(o); err != nil {
		t.Fatal(err)
	}
	s.further, s.clashes = fabrikam(t, s.org)
	writeLDIF(t, small, s.further.Directory)
	dcs := domainControllers(t, peer{contosoAddress, s.org.Directory.BaseDN, large}, peer{fabrikamAddress, s.further.Directory.BaseDN, small})
	s.contoso, s.fabrikam = dcs[0], dcs[1]
	for _, dc := range dcs {
		assertRefused(t, dc["AD_REFUSED"])
	}
	var left []string
	for _, l := range plant.NotLoadable() {
		left = append(left, fmt.Sprintf("%s%s %s", l.RuleID, l.Variant, l.Reason))
	}
	t.Logf("%d faults are not planted in a real domain controller:\n%s", len(left), strings.Join(left, "\n"))
	return s
}

// serverLost reads the large forest through an address that is gone in the middle, with the domain controller's own as the second: nothing is lost and nothing
// is there twice.
func (s *forests) serverLost(t *testing.T) {
	dying := newCuttingProxy(t, contosoAddress+":636", 16<<20)
	s.contosoRead = filepath.Join(s.dir, "contoso.evidence")
	r := program(t, nil, "collect", "--config", s.config(t, ldapSection(s.contoso, "ldaps://"+dying, s.contoso["AD_LDAPS"])), "--out", s.contosoRead)
	if r.code != 0 || !strings.Contains(r.stderr, "reading a dataset again") {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	t.Log(r.stderr)
	read := loadEvidence(t, s.contosoRead)
	for _, c := range read.Coverage() {
		if c.State != evidence.Complete && c.State != evidence.NotRequested {
			t.Errorf("%s is %s: %s", c.Dataset, c.State, c.Reason)
		}
	}
	assertLoaded(t, read, s.org.Directory)
}

// alone judges the large forest without a tenant.
func (s *forests) alone(t *testing.T) {
	r := s.audit(t, "alone", "--evidence", s.contosoRead)
	if r.code != 3 {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	s.judged = r.findings
	want, overtaken := withoutTenant(r.findings, s.truth(t))
	assertFindings(t, r.findings, want, overtaken)
}

// withoutTenant leaves out of the truth what a tenant is needed for. overtaken are findings that may be there then: about the same object, by a rule that is
// silent where another one names the cause.
func withoutTenant(f findingsFile, truth []lab.Expected) (want []lab.Expected, overtaken func(lab.Expected) bool) {
	causes := map[string]bool{}
	for _, e := range truth {
		if f.assessed(e) && !strings.HasPrefix(e.Key, "tenant.") {
			want = append(want, e)
		} else {
			causes[e.Key] = true
		}
	}
	return want, func(e lab.Expected) bool {
		return e.RuleID == "SIP-009" && causes[e.Key] || e.RuleID == "SIP-008" && e.Key == "adventure-works.com" // people with SIP-007 have addresses there
	}
}

// withTenant judges it together with its tenant.
func (s *forests) withTenant(t *testing.T) {
	running, err := server.Start(t.Context(), s.org, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	}()
	tenant := filepath.Join(s.dir, "tenant.evidence")
	if r := program(t, nil, "collect", "--config", s.config(t, s.tenantSection(t, running)), "--out", tenant); r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	r := s.audit(t, "tenant", "--evidence", s.contosoRead, "--evidence", tenant)
	if r.code != 1 {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	assertFindings(t, r.findings, s.truth(t), nil)
}

// encryption reads the small forest in each way in which a connection can be made secure, and fails to in the others.
func (s *forests) encryption(t *testing.T) {
	tests := []struct {
		name   string
		server string
		change map[string]any
		code   int
	}{
		{"LDAPS", s.fabrikam["AD_LDAPS"], nil, 0},
		{"StartTLS", s.fabrikam["AD_LDAP"], map[string]any{"startTLS": true}, 0},
		{"in clear, which the server refuses", s.fabrikam["AD_LDAP"], map[string]any{"allowPlaintext": true}, 4},
		{"in clear, which is not allowed", s.fabrikam["AD_LDAP"], nil, 2},
		{"LDAPS, another authority", s.fabrikam["AD_LDAPS"], map[string]any{"caFile": s.contoso["AD_CA"]}, 3},
		{"StartTLS, another authority", s.fabrikam["AD_LDAP"], map[string]any{"startTLS": true, "caFile": s.contoso["AD_CA"]}, 3},
		{"LDAPS, another name", s.fabrikam["AD_LDAPS"], map[string]any{"serverName": "dc1.contoso.com"}, 3},
		{"StartTLS, another name", s.fabrikam["AD_LDAP"], map[string]any{"startTLS": true, "serverName": "dc1.contoso.com"}, 3},
	}
	var read []string
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := ldapOf(s.fabrikam, tt.server)
			maps.Copy(c, tt.change)
			path := filepath.Join(s.dir, fmt.Sprintf("fabrikam%d.evidence", i))
			r := program(t, nil, "collect", "--config", s.config(t, map[string]any{"ldap": c}), "--out", path)
			if r.code != tt.code {
				t.Fatalf("exit code %d\n%s", r.code, r.stderr)
			}
			if _, err := os.Stat(path); (err == nil) != (tt.code == 0) {
				t.Errorf("evidence file: %v\n%s", err, r.stderr)
			}
			if strings.Contains(r.stderr, s.fabrikam["AD_PASSWORD"]) {
				t.Error("the password is in the messages")
			}
			if tt.code == 0 {
				s.fabrikamRead = path
				read = append(read, objects(loadEvidence(t, path)))
			}
		})
	}
	if len(read) != 2 || read[0] != read[1] {
		t.Errorf("LDAPS and StartTLS do not give the same: %s", cmp.Diff(strings.Split(read[0], "\n"), strings.Split(read[1], "\n")))
	}
}

// both audits the two forests in one run.
func (s *forests) both(t *testing.T) {
	r := s.audit(t, "both", "--config", s.config(t, map[string]any{"ldap": map[string]any{"timeout": "60s", "forests": []any{
		ldapOf(s.contoso, s.contoso["AD_LDAPS"]), ldapOf(s.fabrikam, s.fabrikam["AD_LDAPS"]),
	}}}))
	if r.code != 3 {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	rows := map[string]int{}
	for _, c := range r.findings.Coverage {
		if c.Dataset == string(evidence.ADUsers) {
			rows[c.Source] = c.Rows
			if c.State != "complete" {
				t.Errorf("users of %s are %s: %s", c.Source, c.State, c.Reason)
			}
		}
	}
	contoso, fabrikam := loadEvidence(t, s.contosoRead), loadEvidence(t, s.fabrikamRead)
	if want := map[string]int{contosoForest: contoso.Rows(evidence.ADUsers), fabrikamForest: fabrikam.Rows(evidence.ADUsers)}; !maps.Equal(rows, want) {
		t.Errorf("users %v, want %v", rows, want)
	}
	first, second := accounts(contoso, contosoForest), accounts(fabrikam, fabrikamForest)
	want, overtaken := withoutTenant(r.findings, slices.Concat(s.truth(t), resolved(t, fabrikam, s.further)))
	assertFindings(t, r.findings, slices.Concat(want, expected(s.clashes, first, second)), overtaken)
	assertOwners(t, r.findings, s.clashes, first, second)
}

// serverStopped ends the only domain controller's processes in the middle of two readings: one into an evidence file, which shows that what is counted is
// there, and one that is judged at once.
func (s *forests) serverStopped(t *testing.T) {
	config, part, out := s.config(t, ldapSection(s.contoso, s.contoso["AD_LDAPS"])), filepath.Join(s.dir, "part.evidence"), filepath.Join(s.dir, "stopped")
	var reading, running sync.WaitGroup
	reading.Add(2)
	under := func() *watch { return &watch{text: "msg=reading dataset=ad.users", seen: reading.Done} }
	var collected, audited outcome
	running.Go(func() { collected = program(t, under(), "collect", "--config", config, "--out", part) })
	running.Go(func() { audited = program(t, under(), "audit", "--config", config, "--out", out) })
	reading.Wait()
	stopController(t, s.contoso["AD_STATE"])
	running.Wait()
	whole := loadEvidence(t, s.contosoRead)
	if collected.code != 3 {
		t.Errorf("collect: exit code %d\n%s", collected.code, collected.stderr)
	}
	assertPart(t, loadEvidence(t, part), whole)
	audited = readFindings(t, audited, out)
	if audited.code != 3 {
		t.Errorf("audit: exit code %d\n%s", audited.code, audited.stderr)
	}
	if _, err := os.Stat(filepath.Join(out, "report.xlsx")); err != nil {
		t.Error(err)
	}
	assertCut(t, audited.findings, whole.Rows(evidence.ADUsers))
}

// export has ldapsearch write the large forest's partitions, beside whatever comes next. The result waits for it and names the files.
func (s *forests) export(t *testing.T) func(t *testing.T) []string {
	t.Helper()
	attributes := strings.Fields(program(t, nil, "rules", "attributes", "--separator", " ").stdout)
	partitions := map[string]string{"domain.ldif": s.contoso["AD_BASE"], "configuration.ldif": "CN=Configuration," + s.contoso["AD_BASE"]}
	var files []string
	for _, name := range slices.Sorted(maps.Keys(partitions)) {
		files = append(files, filepath.Join(s.dir, name))
	}
	var faults []error
	var writing sync.WaitGroup
	writing.Go(func() {
		for _, path := range files {
			args := []string{
				"-x", "-H", s.contoso["AD_LDAPS"], "-D", s.contoso["AD_BIND_UPN"], "-y", s.contoso["AD_PASSWORD_FILE"], "-E", "pr=1000/noprompt",
				"-b", partitions[filepath.Base(path)], "(objectClass=*)",
			}
			faults = append(faults, exportTo(t, path, "LDAPTLS_CACERT="+s.contoso["AD_CA"], append(args, attributes...)))
		}
	})
	t.Cleanup(writing.Wait)
	return func(t *testing.T) []string {
		t.Helper()
		writing.Wait()
		for _, err := range faults {
			if err != nil {
				t.Fatal(err)
			}
		}
		return files
	}
}

func exportTo(t *testing.T, path, env string, args []string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	var said strings.Builder
	search := exec.CommandContext(t.Context(), "ldapsearch", args...)
	search.Stdout, search.Stderr, search.Env = f, &said, append(os.Environ(), env)
	if err := search.Run(); err != nil {
		_ = f.Close()
		return fmt.Errorf("ldapsearch: %w: %s", err, &said)
	}
	return f.Close()
}

// notInLDIF are the rules and variants that a directory's LDIF does not suffice for although the directory itself does, and why.
func notInLDIF() map[string]string {
	return map[string]string{}
}

// fromLDIF judges the exported files: the findings and how the rules ended are those of the directory itself, but for what LDIF cannot hold.
func (s *forests) fromLDIF(t *testing.T, files []string) {
	var args []string
	for _, f := range files {
		args = append(args, "--ldif", f)
	}
	r := s.audit(t, "ldif", args...)
	if r.code != 3 {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	assertSame(t, s.judged, r.findings)
}

// audit judges and reads the report.
func (s *forests) audit(t *testing.T, name string, args ...string) outcome {
	t.Helper()
	out := filepath.Join(s.dir, name)
	return readFindings(t, program(t, nil, append([]string{"audit", "--out", out, "--format", "json"}, args...)...), out)
}

// truth gives the truth of the large forest with the keys that its domain controller gave.
func (s *forests) truth(t *testing.T) []lab.Expected {
	t.Helper()
	return resolved(t, loadEvidence(t, s.contosoRead), s.org)
}

// config writes a configuration.
func (s *forests) config(t *testing.T, c map[string]any) string {
	t.Helper()
	text, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	s.configs++
	path := filepath.Join(s.dir, fmt.Sprintf("config%d.yaml", s.configs))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// ldapOf says in a configuration how the forest of a domain controller is read.
func ldapOf(env map[string]string, servers ...string) map[string]any {
	return map[string]any{
		"servers": servers, "caFile": env["AD_CA"], "bindName": env["AD_BIND_UPN"], "password": "file:" + env["AD_PASSWORD_FILE"], "serverName": env["AD_HOST"],
	}
}

func ldapSection(env map[string]string, servers ...string) map[string]any {
	c := ldapOf(env, servers...)
	c["timeout"] = "60s"
	return map[string]any{"ldap": c}
}

// tenantSection says in a configuration how the sample organisation's tenant is read.
func (s *forests) tenantSection(t *testing.T, r *server.Running) map[string]any {
	t.Helper()
	for name, content := range map[string][]byte{"graph-ca.pem": r.CA, "graph.secret": []byte(r.Secret)} {
		if err := os.WriteFile(filepath.Join(s.dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]any{"graph": map[string]any{
		"tenant": r.TenantID, "client": server.ClientID, "secret": "file:graph.secret", "caFile": "graph-ca.pem",
		"loginURL": "https://" + r.Graph, "graphURL": "https://" + r.Graph,
	}}
}

func writeLDIF(t *testing.T, path string, d lab.Directory) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := plant.WriteLDIF(f, d); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
