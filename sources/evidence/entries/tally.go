package entries

import (
	"fmt"
	"maps"
	"slices"
)

// tally counts what a reader of the coverage should know.
type tally struct {
	again      int            // times that the reading was begun again
	twice      int            // entries of objects that had a row already
	nameless   int            // entries without objectGUID
	referrals  int            // references that were not followed
	unreadable map[string]int // values that do not fit their attribute, by attribute
	tooLong    map[string]int
	cut        map[string]int // objects of whose values only the first could be read
}

// notes are the tally as sentences.
func (t tally) notes() []string {
	var notes []string
	note := func(count int, one, many string) {
		switch {
		case count == 1:
			notes = append(notes, "1 "+one)
		case count > 1:
			notes = append(notes, fmt.Sprintf("%d %s", count, many))
		}
	}
	note(t.referrals, "referral to another naming context was not followed", "referrals to other naming contexts were not followed")
	note(t.again, "time a search was begun again after a fault", "times searches were begun again after a fault")
	if t.again > 0 {
		t.twice = 0 // that the same entries came again is then no news
	}
	note(t.twice, "entry came again and was not kept twice", "entries came again and were not kept twice")
	for _, name := range slices.Sorted(maps.Keys(t.tooLong)) {
		note(t.tooLong[name], "value of "+name+" was too long and left out", "values of "+name+" were too long and left out")
	}
	for _, name := range slices.Sorted(maps.Keys(t.unreadable)) {
		note(t.unreadable[name], "value of "+name+" was not of its kind and left out", "values of "+name+" were not of their kind and left out")
	}
	for _, name := range slices.Sorted(maps.Keys(t.cut)) {
		note(t.cut[name], "object has more values of "+name+" than could be read", "objects have more values of "+name+" than could be read")
	}
	return notes
}
