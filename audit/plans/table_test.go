package plans_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"hybridaudit/audit/plans"
)

// The table of plans can be read (New would panic), every id is there once, and in the form in which the tenant writes it.
func TestTable(t *testing.T) {
	source, err := os.ReadFile("plans.csv")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(source)), "\n")
	if lines[0] != "group,name,id" {
		t.Fatalf("the table begins with %q", lines[0])
	}
	row := regexp.MustCompile(`^(teams|skype),[A-Z0-9_]+,([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)
	seen := map[string]bool{}
	for _, l := range lines[1:] {
		m := row.FindStringSubmatch(l)
		if m == nil || seen[m[2]] {
			t.Errorf("bad or repeated row %q", l)
			continue
		}
		seen[m[2]] = true
	}
}

func TestBestStatus(t *testing.T) {
	entry := func(plan, status, assigned string) string {
		return `{"servicePlanId":"` + plan + `","capabilityStatus":"` + status + `","assignedDateTime":"` + assigned + `"}`
	}
	const early, late = "2026-01-05T08:00:00Z", "2026-02-05T08:00:00Z"
	const gov = "304767db-7d23-49e8-a945-4a7eb65f9f28"
	for _, c := range []struct {
		entries  []string
		want     string
		plan     string
		assigned string
		ready    bool
	}{
		{nil, "", "", "", false},
		{[]string{entry(skype, "Enabled", early)}, "", "", "", true},
		{[]string{entry(teams, "Deleted", late), entry(teams, "Suspended", early), entry(teams, "LockedOut", late)}, "Suspended", teams, early, false},
		{[]string{entry(teams, "LockedOut", early), entry(teams, "Deleted", late)}, "LockedOut", teams, early, false},
		{[]string{entry(teams, "Suspended", late), entry(teams, "Warning", early)}, "Warning", teams, early, false},
		{[]string{entry(teams, "Enabled", early), entry(teams, "Enabled", late)}, "Enabled", teams, late, true},
		{[]string{entry(teams, "Enabled", late), entry(teams, "Enabled", early)}, "Enabled", teams, late, true},
		{[]string{entry(teams, "Warning", early), entry(gov, "enabled", late)}, "enabled", gov, late, true},
		{[]string{entry("00000000-0000-0000-0000-0000000000ff", "Enabled", early)}, "", "", "", false},
	} {
		catalogue, u := catalogue(t, `{"assignedPlans":[`+strings.Join(c.entries, ",")+`]}`)
		s := catalogue.Of(u, plans.Teams)
		at := ""
		if !s.Assigned.IsZero() {
			at = s.Assigned.Format("2006-01-02T15:04:05Z")
		}
		if s.State != c.want || s.Plan != c.plan || at != c.assigned || catalogue.Ready(u) != c.ready {
			t.Errorf("%v: %+v, ready %t", c.entries, s, catalogue.Ready(u))
		}
	}
}

func TestNames(t *testing.T) {
	catalogue, _ := catalogue(t, `{}`)
	for id, want := range map[string]string{both: "SPE_E5", strings.ToUpper(both): "SPE_E5", "unknown": "unknown"} {
		if got := catalogue.SKUName(id); got != want {
			t.Errorf("SKU %s is %s, want %s", id, got, want)
		}
	}
	for id, want := range map[string]string{teams: "TEAMS1", skype: "MCOSTANDARD", "unknown": "unknown"} {
		if got := catalogue.Name(id); got != want {
			t.Errorf("plan %s is %s, want %s", id, got, want)
		}
	}
	if !catalogue.Contains(both, plans.Teams) || catalogue.Contains(single, plans.Teams) || catalogue.Contains("unknown", plans.Skype) {
		t.Error("what SKUs contain is wrong")
	}
}
