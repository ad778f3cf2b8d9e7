package audit_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// taken is when all evidence of these tests was collected.
var taken = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// tables are rows in JSON by dataset. A "$" in front of digits stands for a GUID.
type tables map[evidence.Dataset][]string

// snapshot makes evidence in which every dataset is complete, but for those that coverage speaks of.
func snapshot(t testing.TB, rows tables, coverage ...evidence.Coverage) *evidence.Snapshot {
	t.Helper()
	b := evidence.NewBuilder(taken)
	var decoder evidence.Decoder
	for _, d := range evidence.Datasets() {
		for _, line := range rows[d] {
			if err := decoder.Row(b.Table(d), []byte(expand(line))); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		}
		said := false
		for _, c := range coverage {
			if c.Dataset == d {
				c.Rows = len(rows[d])
				b.Cover(c)
				said = true
			}
		}
		if !said {
			b.Cover(evidence.Coverage{Dataset: d, State: evidence.Complete, Rows: len(rows[d])})
		}
	}
	return b.Seal()
}

func expand(line string) string {
	parts := strings.Split(line, "$")
	for i, p := range parts[1:] {
		n := 0
		for n < len(p) && p[n] >= '0' && p[n] <= '9' {
			n++
		}
		parts[i+1] = guid(p[:n]) + p[n:]
	}
	return strings.Join(parts, "")
}

func guid(digits string) string {
	return "00000000-0000-0000-0000-" + strings.Repeat("0", 12-len(digits)) + digits
}

// person is a row of ad.users: an enabled user account with the GUID n and whatever else is given.
func person(n int, more string) string {
	row := fmt.Sprintf(`{"objectGUID":"$%d","objectClass":["top","person","user"],"distinguishedName":"CN=P%d,OU=People,DC=contoso,DC=com","forest":"contoso.com"`, n, n)
	if !strings.Contains(more, "userAccountControl") {
		row += `,"userAccountControl":512`
	}
	if more != "" {
		row += "," + more
	}
	return row + "}"
}

func people(n int) []string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = person(i+1, "")
	}
	return rows
}

// everybody is a rule that reports every directory user.
func everybody(id string, needs ...audit.Need) *audit.Rule {
	return &audit.Rule{
		ID: id, Category: "sip", Severity: audit.High, Message: "found", Needs: needs,
		Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) { p.Report(audit.Finding{Subject: audit.ADSubject(o)}) }),
	}
}

// nobody is a rule that looks at every directory user and reports none.
func nobody(id string, needs ...audit.Need) *audit.Rule {
	r := everybody(id, needs...)
	r.Check = audit.EachADUser(func(*audit.Pass, evidence.ADObject) {})
	return r
}

func run(t testing.TB, s *evidence.Snapshot, o audit.Options) *audit.Result {
	t.Helper()
	r, err := audit.Run(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// status prints an outcome: status, reason code and, when excused, a star.
func status(o audit.Outcome) string {
	s := o.Status.String()
	if !o.Reason.IsZero() {
		s += " " + o.Reason.Code
	}
	if o.Excused {
		s += " *"
	}
	return s
}
