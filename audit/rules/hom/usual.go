package hom

import (
	"slices"
	"strconv"

	"hybridaudit/audit"
)

// fewPeople is how many people at least say something about what is usual in an organisation.
const fewPeople = 10

// tally counts, in one forest, the people that a rule judges and those of them that it is about.
type tally struct{ like, people int }

// usual says that more than a share of the people, in per cent, are like that.
func (t tally) usual(share int) bool { return t.people >= fewPeople && t.like*100 > t.people*share }

// tallies counts by forest.
type tallies map[string]*tally

func (t tallies) add(forest string, like bool) {
	if t[forest] == nil {
		t[forest] = &tally{}
	}
	t[forest].people++
	if like {
		t[forest].like++
	}
}

// byDepartment shows counts with the largest first.
func byDepartment(counts map[string]int) []audit.Fact {
	var names []string
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		switch {
		case counts[a] != counts[b]:
			return counts[b] - counts[a]
		case a < b:
			return -1
		}
		return 1
	})
	var values []string
	for _, name := range names {
		shown := name
		if shown == "" {
			shown = "-"
		}
		values = append(values, shown+": "+strconv.Itoa(counts[name]))
	}
	return []audit.Fact{{Name: "department", Values: values}}
}
