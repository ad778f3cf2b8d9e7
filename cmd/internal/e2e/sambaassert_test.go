package e2e

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/lab"
)

// assertRefused lets nothing pass that a domain controller would not store: plants that it refuses are left out of a loadable organisation, and TestTruth
// proves them on the in-process server.
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
}

// assertLoaded wants each account that was loaded into a forest, and those that a fresh domain has, once; and as many contacts as were loaded.
func assertLoaded(t *testing.T, s *evidence.Snapshot, d lab.Directory) {
	t.Helper()
	want := map[string]int{"administrator": 1, "guest": 1, "krbtgt": 1, "svc-audit": 1}
	contacts := 0
	const servers, trusts = 0x2000, 0x800
	for _, e := range d.Entries {
		class := string(slices.Concat(e.Values("objectClass")...))
		control, _ := strconv.Atoi(value(e, "userAccountControl"))
		switch {
		case strings.Contains(class, "contact"):
			contacts++
		case strings.Contains(class, "user") && !strings.Contains(class, "computer") && control&(servers|trusts) == 0:
			want[strings.ToLower(value(e, "sAMAccountName"))] = 1
		}
	}
	got, seen := map[string]int{}, map[directory.GUID]bool{}
	for o := range s.ADObjects(evidence.ADUsers) {
		if o.Forest() != d.ForestName {
			continue
		}
		got[strings.ToLower(o.SAMAccountName())]++
		if seen[o.GUID()] {
			t.Errorf("%s is there twice", o.DN())
		}
		seen[o.GUID()] = true
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("users that are there (+) are not those that were loaded (-):\n%.20000s", d)
	}
	for _, c := range s.Coverage() {
		if rows := map[evidence.Dataset]int{evidence.ADUsers: len(want), evidence.ADContacts: contacts}[c.Dataset]; c.Source == d.ForestName && rows != 0 {
			if c.Rows != rows {
				t.Errorf("%s: %d are counted, want %d", c.Dataset, c.Rows, rows)
			}
			t.Logf("%s: %d %s", c.Source, c.Rows, c.Dataset)
		}
	}
}

// assertPart wants a part of the users, each of them once and counted. whole has the keys of all.
func assertPart(t *testing.T, s *evidence.Snapshot, whole map[string]string) {
	t.Helper()
	known := map[string]bool{}
	for _, key := range whole {
		known[key] = true
	}
	n := 0
	for o := range s.ADObjects(evidence.ADUsers) {
		if key := o.GUID().String(); known[key] {
			delete(known, key)
		} else {
			t.Errorf("%s is there twice, or not in the forest", o.DN())
		}
		n++
	}
	for _, c := range s.Of(evidence.ADUsers) {
		if c.State != evidence.Partial || c.Rows != n || n == 0 || n >= len(whole) || c.Expected != len(whole) || c.Reason == "" {
			t.Errorf("users are %s with %d of %d rows, and %d are there: %q", c.State, c.Rows, c.Expected, n, c.Reason)
		}
		t.Logf("%d of %d users: %s", c.Rows, c.Expected, c.Reason)
	}
}

// assertCut wants users in part, with a reason, and no rule that passed on them.
func assertCut(t *testing.T, f findingsFile, whole int) {
	t.Helper()
	for _, c := range f.Coverage {
		if c.Dataset != string(evidence.ADUsers) {
			continue
		}
		if c.State != "partial" || c.Reason == "" || c.Rows == 0 || c.Rows >= whole || c.Expected != whole {
			t.Errorf("AD users are %s with %d of %d rows: %q", c.State, c.Rows, c.Expected, c.Reason)
		}
	}
	for _, r := range f.Rules {
		if r.Status == "passed" && slices.Contains([]string{"SIP", "ADR", "HOM", "VOI"}, r.ID[:3]) {
			t.Errorf("%s passed on a part", r.ID)
		}
	}
}

// assertOwners wants each owner of a value that is there twice named with their forest.
func assertOwners(t *testing.T, f findingsFile, all []clash, contoso, fabrikam map[string]string) {
	t.Helper()
	found := map[lab.Expected]judged{}
	for _, j := range f.Findings {
		found[lab.Expected{RuleID: j.RuleID, Variant: j.Variant, Key: j.Subject.Key}] = j
	}
	for _, c := range all {
		first, second := owner{"ad.user", contoso[c.contoso], contosoForest}, owner{"ad.user", fabrikam[c.fabrikam], fabrikamForest}
		for _, pair := range [][2]owner{{first, second}, {second, first}} {
			j := found[lab.Expected{RuleID: c.rule, Key: pair[0].Key}]
			if j.Subject != pair[0] || !slices.Equal(j.Related, []owner{pair[1]}) || !strings.Contains(j.Message, c.value) {
				t.Errorf("%s on %v and %v, want %v and %v: %s", c.rule, j.Subject, j.Related, pair[0], pair[1], j.Message)
			}
		}
	}
}

// assertSame compares what was found and how the rules ended, but for what is in notInLDIF.
func assertSame(t *testing.T, want, got findingsFile) {
	t.Helper()
	silent, reasons := map[string]bool{}, map[string]string{}
	status := func(f findingsFile) map[string]string {
		all := map[string]string{}
		for _, r := range f.Rules {
			all[r.ID], reasons[r.ID] = r.Status, r.Reason
			for _, v := range r.Variants {
				all[r.ID+v.Variant], reasons[r.ID+v.Variant] = v.Status, v.Reason
			}
		}
		return all
	}
	live, file := status(want), status(got)
	for name, s := range file {
		if _, ok := live[name]; ok && s == live[name] {
			continue
		}
		if _, known := notInLDIF()[name]; s != "notAssessed" || !known {
			t.Errorf("%s is %s, and %s in the directory: %s", name, s, live[name], reasons[name])
			continue
		}
		silent[name] = true
	}
	for name := range live {
		if _, ok := file[name]; !ok && !silent[name[:len("ABC-001")]] {
			t.Errorf("%s is judged, and %s in the directory", name, live[name])
		}
	}
	for name, reason := range notInLDIF() {
		if !silent[name] {
			t.Errorf("%s was judged from LDIF although %s", name, reason)
		}
	}
	lines := func(f findingsFile) map[string]int {
		all := map[string]int{}
		for _, j := range f.Findings {
			if !silent[j.RuleID] {
				all[fmt.Sprintf("%s%s %s on %s %s: %s", j.RuleID, j.Variant, j.Severity, j.Subject.Key, j.Fingerprint, j.Message)]++
			}
		}
		return all
	}
	a, b := lines(want), lines(got)
	if d := cmp.Diff(a, b); d != "" {
		t.Errorf("what LDIF gives (+) is not what the directory gives (-):\n%.20000s", d)
	}
	if len(a) < 100 {
		t.Errorf("only %d findings are compared", len(a))
	}
}

// assertFindings compares findings in both directions, but for those that may be there or not.
func assertFindings(t *testing.T, f findingsFile, want []lab.Expected, either func(lab.Expected) bool) {
	t.Helper()
	var got []lab.Expected
	messages := map[string]string{}
	for _, x := range f.Findings {
		got = append(got, lab.Expected{RuleID: x.RuleID, Variant: x.Variant, Key: x.Subject.Key})
		messages[x.RuleID+x.Variant+" on "+x.Subject.Key] = x.Message
	}
	if either != nil {
		want, got = slices.DeleteFunc(slices.Clone(want), either), slices.DeleteFunc(got, either)
	}
	lines := differences(want, got)
	for i, l := range lines {
		if i == 40 {
			t.Errorf("… and %d more", len(lines)-i)
			break
		}
		_, what, _ := strings.Cut(strings.TrimPrefix(l, "too many"), " ")
		what, _, _ = strings.Cut(what, " (")
		t.Error(l, messages[what])
	}
	if len(want) < 100 {
		t.Errorf("only %d findings are expected: the test proves little", len(want))
	}
}

// resolved gives the truth with the keys that the domain controller gave: accounts are recognised by their names, other objects by their DNs.
func resolved(t *testing.T, s *evidence.Snapshot, org lab.Organisation) []lab.Expected {
	t.Helper()
	given, forest := map[string]string{}, org.Directory.ForestName
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
		for o := range s.ADObjects(d) {
			if o.Forest() == forest {
				given[nameOf(o.SAMAccountName(), o.DN())] = o.GUID().String()
			}
		}
	}
	for p := range s.Pools() {
		given[nameOf("", p.DN())] = p.GUID().String()
	}
	for _, d := range []evidence.Dataset{evidence.ADTopology, evidence.ADExchange, evidence.ADConnectionPoints, evidence.ADServiceAccounts, evidence.ADComputers} {
		for e := range s.Entries(d) {
			given[nameOf("", e.DN())] = e.GUID().String()
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
		for _, name := range []string{nameOf(value(e, "sAMAccountName"), e.DN), nameOf("", e.DN)} {
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

func nameOf(sam, dn string) string {
	if sam != "" {
		return "sam:" + strings.ToLower(sam)
	}
	return "dn:" + directory.DNKey(dn)
}

// objects writes all directory objects of a snapshot as text.
func objects(s *evidence.Snapshot) string {
	var lines []string
	for _, d := range evidence.Datasets() {
		if t := s.Table(d); d.AD() && t != nil && d != evidence.ADServers && d != evidence.ADForests { // these hold the time
			for r := range t.Rows() {
				lines = append(lines, string(d)+" "+string(t.AppendJSON(nil, r)))
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
