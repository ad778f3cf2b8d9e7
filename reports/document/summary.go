package document

import (
	"cmp"
	"slices"
	"strconv"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// Summary is what a manager reads first.
type Summary struct {
	audit.Headline
	Sentence    string           // what the headline figure says, in words
	Findings    int              // all findings
	BySeverity  Counts           // of all findings
	Categories  []CategoryCount  // those with rules, the worst first
	Rules       map[string]int   // findings by rule id; only rules with findings
	Worst       []Rule           // rules with findings, the worst first
	Departments []DepartmentTake // those with affected people, the most affected first
	Statuses    map[audit.Status]int
	Gaps        []Gap // what was not read; empty when everything was
}

// Counts are numbers of findings by severity.
type Counts [audit.Critical + 1]int

// Total adds them up.
func (c Counts) Total() int {
	n := 0
	for _, c := range c {
		n += c
	}
	return n
}

// CategoryCount counts the findings of one category.
type CategoryCount struct {
	Code  string
	Label string
	Counts
}

// DepartmentTake counts the people of one department.
type DepartmentTake struct {
	Name     string // "" for people without one
	People   int
	Affected int
}

func summary(d *Document) Summary {
	s := Summary{Headline: d.result.Headline, Findings: len(d.result.Findings), Rules: map[string]int{}, Statuses: map[audit.Status]int{}}
	categories := map[string]*CategoryCount{}
	for _, r := range d.Rules {
		s.Statuses[r.Status]++
		if categories[r.Category] == nil {
			categories[r.Category] = &CategoryCount{Code: r.Category, Label: d.Category(r.Category)}
		}
		if r.Hits > 0 {
			s.Rules[r.ID] = r.Hits
			s.Worst = append(s.Worst, r)
		}
	}
	worst := make(map[*audit.Rule]audit.Severity, len(d.Rules))
	for i := range d.result.Findings {
		f := &d.result.Findings[i]
		s.BySeverity[f.Severity]++
		categories[f.Rule.Category].Counts[f.Severity]++
		worst[f.Rule] = max(worst[f.Rule], f.Severity)
	}
	for _, c := range categories {
		s.Categories = append(s.Categories, *c)
	}
	slices.SortFunc(s.Categories, compareCategories)
	for i := range s.Worst {
		s.Worst[i].Severity = worst[s.Worst[i].rule]
	}
	slices.SortStableFunc(s.Worst, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Hits, a.Hits))
	})
	s.Departments = departments(d.result.Persons)
	s.Gaps = gaps(d)
	s.Sentence = sentence(d, s)
	return s
}

// compareCategories puts the one with more of the worst first.
func compareCategories(a, b CategoryCount) int {
	for _, s := range audit.Severities() {
		if c := cmp.Compare(b.Counts[s], a.Counts[s]); c != 0 {
			return c
		}
	}
	return cmp.Compare(a.Label, b.Label)
}

func departments(people []audit.Person) []DepartmentTake {
	byName := map[string]*DepartmentTake{}
	for _, p := range people {
		name := ""
		if !p.AD.IsZero() {
			name = p.AD.Department()
		} else if !p.Tenant.IsZero() {
			name = p.Tenant.Department()
		}
		t := byName[name]
		if t == nil {
			t = &DepartmentTake{Name: name}
			byName[name] = t
		}
		t.People++
		if p.Verdict == audit.Affected {
			t.Affected++
		}
	}
	var all []DepartmentTake
	for _, t := range byName {
		if t.Affected > 0 {
			all = append(all, *t)
		}
	}
	slices.SortFunc(all, func(a, b DepartmentTake) int {
		return cmp.Or(cmp.Compare(b.Affected, a.Affected), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// sentence says in words what the headline figure says as a number.
func sentence(d *Document, s Summary) string {
	numbers := []audit.Arg{
		audit.Str("people", Number(s.People)), audit.Str("clear", Number(s.Clear)), audit.Str("affected", Number(s.Affected)),
		audit.Str("judged", Number(s.Clear+s.Affected)), audit.Str("notAssessed", Number(s.NotAssessed)),
	}
	say := func(key string) string { return d.Say("headline."+key, numbers...) }
	switch {
	case s.People == 0 && len(d.Coverage()) > 0 && d.anyRead():
		return say("nobody")
	case s.Share == nil:
		return say("unknown")
	case s.Affected == 0 && s.NotAssessed == 0:
		return say("allClear")
	case s.NotAssessed == 0:
		return say("judged")
	}
	return say("judged") + " " + say("doubt")
}

// Nothing says that there are no findings, and not more than that when something was not read.
func (d *Document) Nothing() string {
	if len(d.Summary.Gaps) > 0 {
		return d.Say("report.noFindingsRead")
	}
	return d.Say("report.noFindings")
}

// RuleCounts says how many rules ended in which way.
func (d *Document) RuleCounts() string {
	n := d.Summary.Statuses
	return d.Say("report.ruleCounts", audit.Num("rules", len(d.Rules)), audit.Num("passed", n[audit.Passed]), audit.Num("failed", n[audit.Failed]),
		audit.Num("notApplicable", n[audit.NotApplicable]), audit.Num("notAssessed", n[audit.NotAssessed]+n[audit.Broken]))
}

func (d *Document) anyRead() bool {
	for _, c := range d.Coverage() {
		if (c.Dataset == evidence.ADUsers || c.Dataset == evidence.TenantUsers) && c.State == evidence.Complete {
			return true
		}
	}
	return false
}

// Shown is the headline figure, cut (never rounded up) to the decimals of a per cent that it takes to tell it from nobody and from everybody: 100 % means
// everybody. ok is false when nobody could be judged.
func (s Summary) Shown() (share float64, decimals int, ok bool) {
	judged := s.Clear + s.Affected
	if judged == 0 {
		return 0, 0, false
	}
	if percent := s.Clear * 100 / judged; s.Affected == 0 || s.Clear == 0 || percent > 0 && percent < 99 {
		return float64(percent) / 100, 0, true
	}
	return float64(s.Clear*1000/judged) / 1000, 1, true
}

// ShownText is the headline figure as text, "–" when nobody could be judged.
func (s Summary) ShownText() string {
	share, decimals, ok := s.Shown()
	if !ok {
		return "–"
	}
	return strconv.FormatFloat(share*100, 'f', decimals, 64) + "%"
}

// Category is what readers call a category.
func (d *Document) Category(code string) string {
	if key := "category." + code; d.Words.Has(key) {
		return d.Words.Get(key)
	}
	return code
}
