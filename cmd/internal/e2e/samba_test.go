package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
)

const (
	sambaPeople     = 50000
	contosoAddress  = "127.0.0.60"
	fabrikamAddress = "127.0.0.61"
	furtherAddress  = "127.0.0.62" // of fabrikam.com's second domain controller
)

// TestSamba loads a planted organisation and a second, small forest into real domain controllers and audits them over LDAP, also when a server is lost on the
// way, and from LDIF that ldapsearch writes.
func TestSamba(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	s := newForests(t)
	group := func(name string, tests map[string]func(*testing.T)) {
		t.Run(name, func(t *testing.T) {
			for name, test := range tests {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t)
				})
			}
		})
	}
	group("read", map[string]func(*testing.T){"server lost on the way": s.serverLost, "tenant": s.readTenant, "encryption": s.encryption, "ldapsearch": s.export})
	if t.Failed() {
		return
	}
	t.Run("catching up", s.catchUp)
	joined := domainController(t, peer{"--join", s.fabrikam["AD_STATE"], "--host", "dc2", "--addr", furtherAddress})
	group("judged", map[string]func(*testing.T){"two forests": s.both, "with the tenant": s.withTenant})
	group("stopped", map[string]func(*testing.T){"only server": s.onlyServerStopped, "one of two": func(t *testing.T) { s.oneOfTwoStopped(t, joined(t)) }})
}

// forests are an organisation and a smaller one beside it, with their domain controllers and what was read of them.
type forests struct {
	dir               string
	org, further      lab.Organisation
	clashes           []clash
	contoso, fabrikam map[string]string // what the domain controllers' env files say
	configs           atomic.Int32

	bothRead, fabrikamRead, tenantRead string   // evidence
	exported                           []string // LDIF
}

func newForests(t *testing.T) *forests {
	t.Helper()
	dir := t.TempDir()
	s := &forests{
		dir: dir, bothRead: filepath.Join(dir, "both.evidence"), fabrikamRead: filepath.Join(dir, "fabrikam.evidence"), tenantRead: filepath.Join(dir, "tenant.evidence"),
	}
	// Only accountExpires follows the clock in LDIF, and it may be off by weeks; the tenant may not.
	o := plant.Options{People: sambaPeople, Seed: 4, Now: lately(), Loadable: true, NoExports: true, NoNetwork: true}
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
	first := domainController(t, peer{"--workers", "4", "--addr", contosoAddress, "--domain-dn", s.org.Directory.BaseDN, large})
	second := domainController(t, peer{"--addr", fabrikamAddress, "--domain-dn", s.further.Directory.BaseDN, "--joinable", small})
	s.contoso, s.fabrikam = first(t), second(t)
	assertRefused(t, s.contoso["AD_REFUSED"])
	assertRefused(t, s.fabrikam["AD_REFUSED"])
	var left []string
	for _, l := range plant.NotLoadable() {
		left = append(left, fmt.Sprintf("%s%s %s", l.RuleID, l.Variant, l.Reason))
	}
	t.Logf("%d faults are not planted in a real domain controller:\n%s", len(left), strings.Join(left, "\n"))
	return s
}

// serverLost reads both forests in one run, the large one through an address that is gone in the middle, with the domain controller's own as the second:
// nothing is lost and nothing is there twice.
func (s *forests) serverLost(t *testing.T) {
	dying := newCuttingProxy(t, contosoAddress+":636", 12<<20)
	config := s.config(t, map[string]any{"ldap": map[string]any{"timeout": "60s", "forests": []any{
		ldapOf(s.contoso, "ldaps://"+dying, s.contoso["AD_LDAPS"]), ldapOf(s.fabrikam, s.fabrikam["AD_LDAPS"]),
	}}})
	r := program(t, nil, "collect", "--config", config, "--out", s.bothRead)
	if r.code != 0 || !strings.Contains(r.stderr, "reading a dataset again") {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	read := loadEvidence(t, s.bothRead)
	for _, c := range read.Coverage() {
		if c.State != evidence.Complete && c.State != evidence.NotRequested {
			t.Errorf("%s of %s is %s: %s", c.Dataset, c.Source, c.State, c.Reason)
		}
	}
	assertLoaded(t, read, s.org.Directory)
	assertLoaded(t, read, s.further.Directory)
}

// readTenant reads the large organisation's tenant.
func (s *forests) readTenant(t *testing.T) {
	running, err := server.Start(t.Context(), s.org, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	}()
	if r := program(t, nil, "collect", "--config", s.config(t, s.tenantSection(t, running)), "--out", s.tenantRead); r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
}

// both judges the two forests together.
func (s *forests) both(t *testing.T) {
	r := s.audit(t, "both", "--evidence", s.bothRead)
	if r.code != 3 {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	read := loadEvidence(t, s.bothRead)
	contoso, fabrikam := accounts(read, contosoForest), accounts(read, fabrikamForest)
	want, overtaken := withoutTenant(r.findings, slices.Concat(resolved(t, read, s.org), resolved(t, read, s.further)))
	assertFindings(t, r.findings, slices.Concat(want, expected(s.clashes, contoso, fabrikam)), overtaken)
	assertOwners(t, r.findings, s.clashes, contoso, fabrikam)
	t.Run("from LDIF", func(t *testing.T) { s.fromLDIF(t, r) })
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

// withTenant judges the large forest together with its tenant. The small one, which has none, is there for its addresses only.
func (s *forests) withTenant(t *testing.T) {
	config := s.config(t, map[string]any{"scope": map[string]any{"searchBases": []string{s.contoso["AD_BASE"]}}})
	r := s.audit(t, "tenant", "--config", config, "--evidence", s.bothRead, "--evidence", s.tenantRead)
	if r.code != 1 {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	read := loadEvidence(t, s.bothRead)
	want := slices.DeleteFunc(slices.Concat(resolved(t, read, s.further), expected(s.clashes, accounts(read, contosoForest), nil)), func(e lab.Expected) bool {
		return e.Key == "" || slices.Contains([]string{"HOM-012", "HOM-013", "SIP-008", "TOP-009", "VOI-008", "VOI-009"}, e.RuleID) // these count people in scope
	})
	assertFindings(t, r.findings, slices.Concat(want, resolved(t, read, s.org)), nil)
}

// encryption fails to read the small forest where the connection cannot be made secure, and reads it in each way in which it can.
func (s *forests) encryption(t *testing.T) {
	tests := []struct {
		name   string
		server string
		change map[string]any
		code   int
	}{
		{"in clear, which the server refuses", s.fabrikam["AD_LDAP"], map[string]any{"allowPlaintext": true}, 4},
		{"in clear, which is not allowed", s.fabrikam["AD_LDAP"], nil, 2},
		{"LDAPS, another authority", s.fabrikam["AD_LDAPS"], map[string]any{"caFile": s.contoso["AD_CA"]}, 3},
		{"StartTLS, another authority", s.fabrikam["AD_LDAP"], map[string]any{"startTLS": true, "caFile": s.contoso["AD_CA"]}, 3},
		{"LDAPS, another name", s.fabrikam["AD_LDAPS"], map[string]any{"serverName": "dc1.contoso.com"}, 3},
		{"StartTLS, another name", s.fabrikam["AD_LDAP"], map[string]any{"startTLS": true, "serverName": "dc1.contoso.com"}, 3},
		{"LDAPS", s.fabrikam["AD_LDAPS"], nil, 0},
		{"StartTLS", s.fabrikam["AD_LDAP"], map[string]any{"startTLS": true}, 0},
	}
	var read []string
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := ldapOf(s.fabrikam, tt.server)
			maps.Copy(c, tt.change)
			path := s.fabrikamRead
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
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
				read = append(read, objects(loadEvidence(t, path)))
			}
		})
	}
	if len(read) != 2 || read[0] != read[1] {
		t.Errorf("LDAPS and StartTLS do not give the same: %s", cmp.Diff(strings.Split(read[0], "\n"), strings.Split(read[1], "\n")))
	}
}

// catchUp changes the small forest and reads it from its start and on top of the evidence of before: both give the same. An administrator sees what was deleted
// by its tombstones, an ordinary account by the list of what is there, and so does everybody when an organisational unit gets another name.
func (s *forests) catchUp(t *testing.T) {
	ordinary, admin := s.config(t, ldapSection(s.fabrikam, s.fabrikam["AD_LDAPS"])), s.adminConfig(t)
	people, base := s.londoners(t), s.fabrikam["AD_BASE"]
	s.modify(t,
		"dn: "+people[3]+"\nchangetype: modify\nreplace: manager\nmanager: "+people[1]+"\n-",
		"dn: "+people[4]+"\nchangetype: modify\nreplace: manager\nmanager: "+people[2]+"\n-",
	)
	before := s.collect(t, admin)
	s.modify(t,
		"dn: "+people[0]+"\nchangetype: modify\nreplace: displayName\ndisplayName: Other\n-\nreplace: msRTCSIP-Line\nmsRTCSIP-Line: tel:+825299999999\n-",
		"dn: "+people[1]+"\nchangetype: delete",
		"dn: "+people[2]+"\nchangetype: modrdn\nnewrdn: CN=Moved\ndeleteoldrdn: 1\nnewsuperior: OU=Leavers,"+base,
		"dn: CN=New,OU=London,"+base+"\nchangetype: add\nobjectClass: user\nsAMAccountName: new\nuserPrincipalName: new@wingtiptoys.com",
	)
	s.caughtUp(t, ordinary, s.fabrikamRead, "the list of all objects because ")
	then := s.caughtUp(t, admin, before, "tombstones")
	then = s.caughtUp(t, admin, then, "tombstones") // without changes
	s.modify(t, "dn: OU=London,"+base+"\nchangetype: modify\nreplace: description\ndescription: where it rains\n-")
	then = s.caughtUp(t, admin, then, "tombstones")
	s.modify(t, "dn: OU=London,"+base+"\nchangetype: modrdn\nnewrdn: OU=Bristol\ndeleteoldrdn: 1")
	s.caughtUp(t, admin, then, "the list of all objects because OU=Bristol,"+base+" was renamed, moved or restored")
}

// adminConfig reads the small forest as its administrator.
func (s *forests) adminConfig(t *testing.T) string {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "admin.secret"), []byte(s.fabrikam["AD_ADMIN_PASSWORD"]), 0o600); err != nil {
		t.Fatal(err)
	}
	c := ldapOf(s.fabrikam, s.fabrikam["AD_LDAPS"])
	c["bindName"], c["password"], c["timeout"] = s.fabrikam["AD_ADMIN_UPN"], "file:admin.secret", "60s"
	return s.config(t, map[string]any{"ldap": c})
}

// collect reads into a new evidence file and gives its path.
func (s *forests) collect(t *testing.T, config string, more ...string) string {
	t.Helper()
	path := filepath.Join(s.dir, fmt.Sprintf("collected%d.evidence", s.configs.Add(1)))
	if r := program(t, nil, append([]string{"collect", "--config", config, "--out", path}, more...)...); r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	return path
}

// caughtUp holds catching up on top of earlier evidence against a reading from the start, and wants users brought up to date by a way. It
// gives the new evidence.
func (s *forests) caughtUp(t *testing.T, config, previous, way string) string {
	t.Helper()
	whole, path := loadEvidence(t, s.collect(t, config)), s.collect(t, config, "--previous", previous)
	caught := loadEvidence(t, path)
	if way != "tombstones" && objects(whole) == objects(loadEvidence(t, previous)) {
		t.Error("nothing was changed")
	}
	if d := cmp.Diff(strings.Split(objects(whole), "\n"), strings.Split(objects(caught), "\n")); d != "" {
		t.Error(d)
	}
	for _, c := range caught.Of(evidence.ADUsers) {
		if c.State != evidence.Complete || !strings.Contains(strings.Join(c.Notes, " "), ", deletions from "+way) {
			t.Errorf("users are %s: %q, not from %s", c.State, c.Notes, way)
		}
		t.Log(c.Notes)
	}
	return path
}

// londoners are people of the small forest.
func (s *forests) londoners(t *testing.T) []string {
	t.Helper()
	var people []string
	for o := range loadEvidence(t, s.fabrikamRead).ADObjects(evidence.ADUsers) {
		_, parent, _ := strings.Cut(o.DN(), ",")
		if parent == "OU=London,"+s.fabrikam["AD_BASE"] && !strings.ContainsFunc(o.DN(), func(r rune) bool { return r > '~' }) {
			people = append(people, o.DN())
		}
	}
	if len(people) < 5 {
		t.Fatalf("%d people are in London", len(people))
	}
	return people
}

// modify applies changes to the small forest.
func (s *forests) modify(t *testing.T, records ...string) {
	t.Helper()
	modify := exec.CommandContext(t.Context(), "ldapmodify", "-x", "-H", s.fabrikam["AD_LDAPS"], "-D", s.fabrikam["AD_ADMIN_UPN"], "-w", s.fabrikam["AD_ADMIN_PASSWORD"])
	modify.Env, modify.Stdin = append(os.Environ(), "LDAPTLS_CACERT="+s.fabrikam["AD_CA"]), strings.NewReader(strings.Join(records, "\n\n")+"\n")
	if out, err := modify.CombinedOutput(); err != nil {
		t.Fatalf("ldapmodify: %v\n%s", err, out)
	}
}

// oneOfTwoStopped ends the processes of the small forest's first domain controller in the middle of the reading: a second one that has joined the domain gives
// the rest.
func (s *forests) oneOfTwoStopped(t *testing.T, second map[string]string) {
	c := ldapOf(s.fabrikam, s.fabrikam["AD_LDAPS"], second["AD_LDAPS"])
	delete(c, "serverName") // the certificates hold the addresses too
	c["caFile"], c["pageSize"] = s.bothAuthorities(t, second), 20
	whole, path := filepath.Join(s.dir, "before.evidence"), filepath.Join(s.dir, "after.evidence")
	if r := program(t, nil, "collect", "--config", s.config(t, map[string]any{"ldap": c}), "--out", whole); r.code != 0 {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	c["maxEntriesPerSecond"] = 60 // so that there is a middle
	var stopping sync.WaitGroup
	watching := &watch{text: "msg=reading dataset=ad.users", seen: func() { stopping.Go(func() { stopController(t, s.fabrikam["AD_STATE"]) }) }}
	r := program(t, watching, "collect", "--config", s.config(t, map[string]any{"ldap": c}), "--out", path)
	stopping.Wait()
	if r.code != 0 || !strings.Contains(r.stderr, "reading a dataset again") {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	before, after := loadEvidence(t, whole), loadEvidence(t, path)
	for _, c := range after.Of(evidence.ADUsers) {
		if c.State != evidence.Complete || !strings.HasSuffix(c.Server, second["AD_HOST"]) {
			t.Errorf("users are %s, at last from %s: %s", c.State, c.Server, c.Reason)
		}
	}
	first, then := accounts(before, fabrikamForest), accounts(after, fabrikamForest)
	if d := cmp.Diff(first, then); d != "" || before.Rows(evidence.ADUsers) != after.Rows(evidence.ADUsers) || after.Rows(evidence.ADUsers) != len(then) {
		t.Errorf("%d users, then %d: %s", before.Rows(evidence.ADUsers), after.Rows(evidence.ADUsers), d)
	}
}

// bothAuthorities puts the certificate authorities of the small forest's servers into one file.
func (s *forests) bothAuthorities(t *testing.T, second map[string]string) string {
	t.Helper()
	var all []byte
	for _, path := range []string{s.fabrikam["AD_CA"], second["AD_CA"]} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	path := filepath.Join(s.dir, "fabrikam-ca.pem")
	if err := os.WriteFile(path, all, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// onlyServerStopped ends the only domain controller's processes in the middle of two readings: one into an evidence file, which shows that what is counted is
// there, and one that is judged at once.
func (s *forests) onlyServerStopped(t *testing.T) {
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
	whole := accounts(loadEvidence(t, s.bothRead), contosoForest)
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
	assertCut(t, audited.findings, len(whole))
}

// export has ldapsearch write the forests' partitions.
func (s *forests) export(t *testing.T) {
	attributes := strings.Fields(program(t, nil, "rules", "attributes", "--separator", " ").stdout)
	for _, env := range []map[string]string{s.fabrikam, s.contoso} {
		for _, base := range []string{"CN=Configuration," + env["AD_BASE"], env["AD_BASE"]} {
			path := filepath.Join(s.dir, fmt.Sprintf("export%d.ldif", len(s.exported)))
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			search := exec.CommandContext(t.Context(), "ldapsearch", append([]string{
				"-x", "-H", env["AD_LDAPS"], "-D", env["AD_BIND_UPN"], "-y", env["AD_PASSWORD_FILE"], "-E", "pr=1000/noprompt", "-b", base, "(objectClass=*)",
			}, attributes...)...)
			var said strings.Builder
			search.Stdout, search.Stderr, search.Env = f, &said, append(os.Environ(), "LDAPTLS_CACERT="+env["AD_CA"])
			if err := errors.Join(search.Run(), f.Close()); err != nil {
				t.Fatalf("ldapsearch: %v\n%s", err, &said)
			}
			s.exported = append(s.exported, path)
		}
	}
}

// notInLDIF are the rules that a directory's LDIF does not suffice for although the directory itself does, and why.
func notInLDIF() map[string]string {
	return map[string]string{
		"TIM-001A": "a domain controller's clock is seen when it answers",
		"TIM-001D": "so it is",
		"TIM-002":  "so it is",
	}
}

// fromLDIF judges the exported files: the findings and how the rules ended are those of the directories themselves, but for what LDIF cannot hold.
func (s *forests) fromLDIF(t *testing.T, live outcome) {
	var args []string
	for _, path := range s.exported {
		args = append(args, "--ldif", path)
	}
	r := s.audit(t, "ldif", args...)
	if r.code != live.code {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	assertSame(t, live.findings, r.findings)
}

// audit judges and reads the report.
func (s *forests) audit(t *testing.T, name string, args ...string) outcome {
	t.Helper()
	out := filepath.Join(s.dir, name)
	return readFindings(t, program(t, nil, append([]string{"audit", "--out", out, "--format", "json"}, args...)...), out)
}

// config writes a configuration.
func (s *forests) config(t *testing.T, c map[string]any) string {
	t.Helper()
	c = maps.Clone(c)
	c["network"] = map[string]any{"enabled": false}
	text, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.dir, fmt.Sprintf("config%d.yaml", s.configs.Add(1)))
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
		"loginURL": "https://" + r.Graph, "graphURL": "https://" + r.Graph, "beta": true, "signIns": true,
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
