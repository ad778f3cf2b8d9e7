package ad

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"hybridaudit/sources/evidence"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

func TestCountFirst(t *testing.T) {
	const users = "objectClass=user"
	tests := []struct {
		name     string
		people   int
		faults   []ldaplab.Fault
		bases    []string
		state    evidence.State
		expected int
		rows     int
		story    []int // what Progress was told to expect
		note     string
		reason   string
	}{
		{name: "all", people: 25, state: evidence.Complete, expected: 25, rows: 25, story: []int{25, 25, 25}},
		{name: "nobody", people: 0, state: evidence.Complete, expected: 0, rows: 0},
		{
			name: "overlapping bases", people: 25, bases: []string{"OU=Staff," + testBase, testBase},
			state: evidence.Complete, expected: 25, rows: 25, note: "25 entries came again",
		},
		{
			name: "cut while they are counted", people: 25, faults: []ldaplab.Fault{{Kind: ldaplab.CutConnection, Pages: 1, Entries: 3}},
			state: evidence.Complete, expected: 25, rows: 25, story: []int{25, 25, 25}, note: "begun again",
		},
		{
			name: "refused", people: 25, faults: []ldaplab.Fault{{Kind: ldaplab.EndedEarly, Code: 50, Pages: 1}},
			state: evidence.Complete, expected: 25, rows: 25, story: []int{-1, -1, -1}, note: "could not be counted first: ",
		},
		{
			name: "refused for ever", people: 25, faults: []ldaplab.Fault{{Kind: ldaplab.EndedEarly, Code: 50, Pages: 1, Entries: 2, Times: -1}},
			state: evidence.Partial, expected: -1, rows: 12, story: []int{-1, -1}, reason: "Insufficient Access Rights (50)",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i := range tt.faults {
				tt.faults[i].Filter = users
			}
			var mu sync.Mutex
			counting := map[bool]int{}
			c := configFor(start(t, ldaplab.Options{Directory: sample(tt.people), Faults: tt.faults, Observe: func(r ldaplab.Request) {
				mu.Lock()
				defer mu.Unlock()
				if strings.Contains(r.Filter, users) {
					counting[slices.Equal(r.Attributes, []string{"1.1"})]++
				}
			}}, false))
			c.CountFirst, c.SearchBases = true, tt.bases
			var story []int
			c.Progress = func(d evidence.Dataset, _, expected int) {
				if d == evidence.ADUsers {
					story = append(story, expected)
				}
			}
			s, err := collect(t, c)
			if err != nil {
				t.Fatal(err)
			}
			got := coverage(t, s, evidence.ADUsers)
			if got.State != tt.state || got.Rows != tt.rows || got.Expected != tt.expected || !strings.Contains(got.Reason, tt.reason) {
				t.Errorf("coverage %v, %d of %d rows: %s", got.State, got.Rows, got.Expected, got.Reason)
			}
			if tt.note != "" && !slices.ContainsFunc(got.Notes, func(n string) bool { return strings.Contains(n, tt.note) }) {
				t.Errorf("notes %q lack %q", got.Notes, tt.note)
			}
			if tt.story != nil && !slices.Equal(story, tt.story) {
				t.Errorf("expected at each page %v, want %v", story, tt.story)
			}
			mu.Lock()
			defer mu.Unlock()
			if counting[true] == 0 || counting[false] == 0 {
				t.Errorf("searches for counting and reading: %v", counting)
			}
		})
	}
}

func TestCountJudges(t *testing.T) {
	for _, tt := range []struct {
		total, seen int
		note, fault string
	}{
		{1000, 1000, "", ""}, {1000, 1010, "", ""}, {1000, 990, "10 of 1000 entries that were counted first did not come", ""},
		{1000, 989, "", "11 of 1000 entries that were counted first did not come"}, {100_000, 99_100, "900 of 100000", ""}, {8, 6, "2 of 8", ""}, {8, 5, "", "3 of 8"},
	} {
		c := count{total: tt.total, last: tt.total, open: true}
		c.compare(tt.seen)
		c.compare(0) // a place that was not counted
		var cover evidence.Coverage
		err := c.judge(&cover)
		if note := strings.Join(cover.Notes, ""); (tt.note == "") != (note == "") || !strings.HasPrefix(note, tt.note) {
			t.Errorf("%d of %d: note %q", tt.seen, tt.total, note)
		}
		if (tt.fault == "") != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), tt.fault) {
			t.Errorf("%d of %d: error %v", tt.seen, tt.total, err)
		}
	}
}
