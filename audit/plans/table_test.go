package plans_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"hybridaudit/audit/plans"
)

// The tables can be read (New would panic), every id is there once, in the form in which the tenant writes it, and everything has a name.
func TestTables(t *testing.T) {
	const id = `([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})`
	for _, table := range []struct{ file, heading, row string }{
		{"plans.csv", "group,name,id,display", `^(?:teams|skype|phone|conferencing|calling|),[A-Za-z0-9_]+,` + id + `,[^,"]*[^, "]$`},
		{"skus.csv", "id,part,display,kind", `^` + id + `,[^,"]+,[^,"]+,(?:free)?$`},
	} {
		source, err := os.ReadFile(table.file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(source)), "\n")
		if lines[0] != table.heading {
			t.Fatalf("%s begins with %q", table.file, lines[0])
		}
		row := regexp.MustCompile(table.row)
		seen := map[string]bool{}
		for _, l := range lines[1:] {
			m := row.FindStringSubmatch(l)
			if m == nil || seen[m[1]] {
				t.Errorf("%s: bad or repeated row %q", table.file, l)
				continue
			}
			seen[m[1]] = true
		}
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
	for id, want := range map[string]string{
		both: "SPE_E5", "unknown": "unknown", "05e9a617-0261-4cee-bb44-138d3ef5d965": "Microsoft 365 E3", "E43B5B99-8DFB-405F-9987-DC307F34BCBD": "Microsoft Teams Phone Standard",
	} {
		if got := catalogue.Display(id); got != want {
			t.Errorf("SKU %s is called %s, want %s", id, got, want)
		}
	}
	for id, want := range map[string]string{strings.ToUpper(teams): "Microsoft Teams", "4828c8ec-dc2e-4779-b502-87ac9ce28ab7": "Phone System", "unknown": "unknown"} {
		if got := catalogue.PlanDisplay(id); got != want {
			t.Errorf("plan %s is called %s, want %s", id, got, want)
		}
	}
	for id, want := range map[string]bool{both: false, "f30db892-07e9-47e9-837c-80727f46fd3d": true, "SOMETHING_VIRAL": true, "unknown": false} {
		if got := catalogue.Free(id); got != want {
			t.Errorf("SKU %s is free: %t", id, got)
		}
	}
	if !catalogue.Contains(both, plans.Teams) || catalogue.Contains(single, plans.Teams) || catalogue.Contains("unknown", plans.Skype) {
		t.Error("what SKUs contain is wrong")
	}
}
