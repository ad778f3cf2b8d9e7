package ad

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

// TestFaults reads 25 users in pages of ten from a server that misbehaves.
func TestFaults(t *testing.T) {
	const users = "objectClass=user"
	tests := []struct {
		name   string
		faults []ldaplab.Fault
		state  evidence.State
		rows   int
		reason string // part of it
		note   string // part of one
		slept  []time.Duration
	}{
		{name: "none", state: evidence.Complete, rows: 25},
		{
			name: "cut in the first page", faults: []ldaplab.Fault{{Kind: ldaplab.CutConnection, Entries: 3}},
			state: evidence.Complete, rows: 25, note: "1 time a search was begun again",
		},
		{
			name: "cut in the last page", faults: []ldaplab.Fault{{Kind: ldaplab.CutConnection, Pages: 2, Entries: 3}},
			state: evidence.Complete, rows: 25, note: "1 time a search was begun again",
		},
		{
			name: "cut behind the last entry", faults: []ldaplab.Fault{{Kind: ldaplab.CutConnection, Pages: 2, Entries: 1000}},
			state: evidence.Complete, rows: 25, note: "1 time a search was begun again",
		},
		{
			name: "cut three times", faults: []ldaplab.Fault{{Kind: ldaplab.CutConnection, Pages: 1, Entries: 3, Times: 3}},
			state: evidence.Complete, rows: 25, note: "3 times searches were begun again",
		},
		{
			name: "cut always", faults: []ldaplab.Fault{{Kind: ldaplab.CutConnection, Pages: 1, Entries: 3, Times: -1}},
			state: evidence.Partial, rows: 13, reason: "the connection was lost 4 times, at last: ",
		},
		{
			name: "cut always at the first entry", faults: []ldaplab.Fault{{Kind: ldaplab.CutConnection, Times: -1}},
			state: evidence.Failed, rows: 0, reason: "the connection was lost 4 times, at last: ",
		},
		{
			name: "reset", faults: []ldaplab.Fault{{Kind: ldaplab.ResetByServer, Pages: 1, Entries: 4}},
			state: evidence.Complete, rows: 25, note: "1 time a search was begun again",
		},
		{
			name: "malformed", faults: []ldaplab.Fault{{Kind: ldaplab.MalformedBER, Pages: 1, Entries: 4}},
			state: evidence.Complete, rows: 25, note: "1 time a search was begun again",
		},
		{
			name: "malformed always", faults: []ldaplab.Fault{{Kind: ldaplab.MalformedBER, Pages: 1, Entries: 4, Times: -1}},
			state: evidence.Partial, rows: 14, reason: "the connection was lost 4 times",
		},
		{
			name: "wrong cookie once", faults: []ldaplab.Fault{{Kind: ldaplab.WrongCookie, Pages: 1}},
			state: evidence.Complete, rows: 25, note: "1 time a search was begun again",
		},
		{
			name: "wrong cookie always", faults: []ldaplab.Fault{{Kind: ldaplab.WrongCookie, Pages: 1, Times: -1}},
			state: evidence.Partial, rows: 20, reason: "Unwilling To Perform (53)",
		},
		{
			name: "unwilling at a cookie once", faults: []ldaplab.Fault{{Kind: ldaplab.Refused, Code: 53, Pages: 1}},
			state: evidence.Complete, rows: 25, note: "1 time a search was begun again",
		},
		{
			name: "unwilling at once", faults: []ldaplab.Fault{{Kind: ldaplab.Refused, Code: 53}},
			state: evidence.Failed, rows: 0, reason: "Unwilling To Perform (53)",
		},
		{
			name: "same page once", faults: []ldaplab.Fault{{Kind: ldaplab.RepeatedPage, Pages: 1}},
			state: evidence.Partial, rows: 10, reason: "the server gave the same page again (10 rows were read)",
		},
		{
			name: "same page for ever", faults: []ldaplab.Fault{{Kind: ldaplab.RepeatedPage, Pages: 2, Times: -1}},
			state: evidence.Partial, rows: 20, reason: "the server gave the same page again (20 rows were read)",
		},
		{
			name:   "same page after a loss",
			faults: []ldaplab.Fault{{Kind: ldaplab.CutConnection, Pages: 1, Entries: 3}, {Kind: ldaplab.EmptyPage, Pages: 2}},
			state:  evidence.Complete, rows: 25, note: "1 time a search was begun again",
		},
		{name: "empty page", faults: []ldaplab.Fault{{Kind: ldaplab.EmptyPage, Pages: 1}}, state: evidence.Complete, rows: 25},
		{
			name: "empty pages for ever", faults: []ldaplab.Fault{{Kind: ldaplab.EmptyPage, Pages: 1, Times: -1}},
			state: evidence.Partial, rows: 10, reason: "100 empty pages one behind the other",
		},
		{
			name: "no paging control", faults: []ldaplab.Fault{{Kind: ldaplab.NoPaging, Pages: 1}},
			state: evidence.Partial, rows: 20, reason: "nothing tells whether more was to come",
		},
		{
			name: "busy twice", faults: []ldaplab.Fault{{Kind: ldaplab.Refused, Code: 51, Pages: 1, Times: 2}},
			state: evidence.Complete, rows: 25, slept: []time.Duration{time.Second, 2 * time.Second},
		},
		{
			name: "busy always", faults: []ldaplab.Fault{{Kind: ldaplab.Refused, Code: 51, Pages: 1, Times: -1}},
			state: evidence.Partial, rows: 10, reason: "Busy (51): 0000200E", slept: []time.Duration{time.Second, 2 * time.Second, 4 * time.Second},
		},
		{
			name: "size limit", faults: []ldaplab.Fault{{Kind: ldaplab.EndedEarly, Code: 4, Pages: 1, Entries: 6, Times: -1}},
			state: evidence.Partial, rows: 16, reason: "Size Limit Exceeded (4)",
		},
		{
			name: "time limit", faults: []ldaplab.Fault{{Kind: ldaplab.EndedEarly, Code: 3, Pages: 2, Entries: 2, Times: -1}},
			state: evidence.Partial, rows: 22, reason: "Time Limit Exceeded (3)",
		},
		{
			name: "time limit at once", faults: []ldaplab.Fault{{Kind: ldaplab.EndedEarly, Code: 3, Times: -1}},
			state: evidence.Failed, rows: 0, reason: "Time Limit Exceeded (3)",
		},
		{
			name: "insufficient rights", faults: []ldaplab.Fault{{Kind: ldaplab.Refused, Code: 50, Times: -1}},
			state: evidence.Failed, rows: 0, reason: "Insufficient Access Rights (50)",
		},
		{
			name: "silence once", faults: []ldaplab.Fault{{Kind: ldaplab.Silence, Pages: 1}},
			state: evidence.Complete, rows: 25, note: "1 time a search was begun again",
		},
		{
			name: "silence always", faults: []ldaplab.Fault{{Kind: ldaplab.Silence, Pages: 1, Times: -1}},
			state: evidence.Partial, rows: 10, reason: "no answer within 500ms",
		},
		{
			name: "slow", faults: []ldaplab.Fault{{Kind: ldaplab.SlowDrip, Pages: 1, Size: 100, Every: 100 * time.Microsecond}},
			state: evidence.Complete, rows: 25,
		},
		{
			// The time-out is for the whole answer, however steadily it comes.
			name: "slower than the time-out", faults: []ldaplab.Fault{{Kind: ldaplab.SlowDrip, Pages: 1, Size: 1, Every: 50 * time.Millisecond, Times: -1}},
			state: evidence.Partial, rows: 10, reason: "no answer within 500ms",
		},
		{
			name: "value of 10 MB", faults: []ldaplab.Fault{{Kind: ldaplab.HugeValue, Entries: 4, Names: []string{"displayName"}, Size: 10 << 20}},
			state: evidence.Complete, rows: 25, note: "1 value of displayName was too long and left out",
		},
		{
			name: "value of 70 MB", faults: []ldaplab.Fault{{Kind: ldaplab.HugeValue, Entries: 4, Names: []string{"displayName"}, Size: 70 << 20, Times: -1}},
			state: evidence.Failed, rows: 4, reason: "the answer to one request is larger than 64 MiB",
		},
		{
			name: "no objectGUID", faults: []ldaplab.Fault{{Kind: ldaplab.RefusedAttributes, Names: []string{"objectGUID"}}},
			state: evidence.Failed, rows: 0, reason: "25 objects show no objectGUID and were left out",
		},
		{
			name: "hidden subtree", faults: []ldaplab.Fault{{Kind: ldaplab.HiddenSubtree, Names: []string{"OU=Other," + testBase}}},
			state: evidence.Complete, rows: 25, // nothing can tell
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for i := range tt.faults {
				tt.faults[i].Filter = users
			}
			clock := &testClock{}
			c := configFor(start(t, ldaplab.Options{Faults: tt.faults}, false))
			c.Clock = clock
			if strings.HasPrefix(tt.name, "silence") || tt.name == "slower than the time-out" {
				c.Timeout = 500 * time.Millisecond
			}
			s, err := collect(t, c)
			if err != nil {
				t.Fatal(err)
			}
			got := coverage(t, s, evidence.ADUsers)
			if tt.name == "value of 70 MB" {
				// How many entries were decoded before the connection was given up does not matter.
				if got.State == evidence.Complete || !strings.Contains(got.Reason, tt.reason) || got.Rows >= 10 {
					t.Errorf("coverage %v, %d rows: %s", got.State, got.Rows, got.Reason)
				}
			} else if got.State != tt.state || got.Rows != tt.rows || s.Rows(evidence.ADUsers) != tt.rows {
				t.Errorf("coverage %v with %d rows (%s), want %v with %d", got.State, got.Rows, got.Reason, tt.state, tt.rows)
			}
			if !strings.Contains(got.Reason, tt.reason) || (tt.reason == "") != (got.Reason == "") {
				t.Errorf("reason %q lacks %q", got.Reason, tt.reason)
			}
			if tt.note != "" && !slices.ContainsFunc(got.Notes, func(n string) bool { return strings.Contains(n, tt.note) }) {
				t.Errorf("notes %q lack %q", got.Notes, tt.note)
			}
			if diff := cmp.Diff(tt.slept, clock.waits()); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
			seen := map[directory.GUID]bool{}
			for o := range s.ADObjects(evidence.ADUsers) {
				if seen[o.GUID()] {
					t.Errorf("%s stands there twice", o.DN())
				}
				seen[o.GUID()] = true
			}
			for _, d := range []evidence.Dataset{evidence.ADContacts, evidence.ADPools} {
				if other := coverage(t, s, d); other.State != evidence.Complete && tt.name != "no objectGUID" && tt.name != "hidden subtree" {
					t.Errorf("%s is %v: %s", d, other.State, other.Reason)
				}
			}
		})
	}
}

func TestRefusedAttributes(t *testing.T) {
	tests := []struct {
		name    string
		refused []string
		missing []string // of users
		groups  []string
	}{
		{"none", nil, nil, nil},
		{"account control", []string{"userAccountControl", "pwdLastSet"}, []string{"pwdLastSet", "userAccountControl"}, nil},
		{"times", []string{"whenCreated"}, []string{"whenCreated"}, []string{"whenCreated"}},
		{"SIP address", []string{"msRTCSIP-PrimaryUserAddress"}, []string{"msRTCSIP-PrimaryUserAddress"}, nil},
		{
			"locator and flags", []string{"msRTCSIP-DeploymentLocator", "msRTCSIP-OptionFlags"},
			[]string{"msRTCSIP-DeploymentLocator", "msRTCSIP-OptionFlags"}, nil,
		},
		{"nobody has it anyway", []string{"msRTCSIP-PrivateLine"}, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var faults []ldaplab.Fault
			if tt.refused != nil {
				faults = []ldaplab.Fault{{Kind: ldaplab.RefusedAttributes, Names: tt.refused}}
			}
			s, err := collect(t, configFor(start(t, ldaplab.Options{Faults: faults}, false)))
			if err != nil {
				t.Fatal(err)
			}
			users, groups := coverage(t, s, evidence.ADUsers), coverage(t, s, evidence.ADGroups)
			if diff := cmp.Diff(tt.missing, users.Missing); diff != "" {
				t.Errorf("missing of users (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.groups, groups.Missing); diff != "" {
				t.Errorf("missing of groups (-want +got):\n%s", diff)
			}
			if users.State != evidence.Complete || slices.Contains(users.NotInSchema, "msRTCSIP-PrivateLine") || !slices.Contains(users.NotInSchema, "mailNickname") {
				t.Errorf("coverage %+v", users)
			}
			if !slices.ContainsFunc(users.Notes, func(n string) bool {
				return strings.HasPrefix(n, "no object holds, or none shows:") && strings.Contains(n, "msRTCSIP-PrivateLine")
			}) {
				t.Errorf("notes %q", users.Notes)
			}
		})
	}
}

func TestSchemaCannotBeRead(t *testing.T) {
	faults := []ldaplab.Fault{{Kind: ldaplab.HiddenSubtree, Names: []string{"CN=Schema," + testConfig}}}
	s, err := collect(t, configFor(start(t, ldaplab.Options{Faults: faults}, false)))
	if err != nil {
		t.Fatal(err)
	}
	got := coverage(t, s, evidence.ADUsers)
	if got.State != evidence.Complete || len(got.NotInSchema) != 0 || len(got.Notes) == 0 || !strings.HasPrefix(got.Notes[0], "the schema could not be read") {
		t.Errorf("coverage %+v", got)
	}
}

func TestFaultsInForestFacts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault ldaplab.Fault
		state evidence.State
	}{
		{"cut once", ldaplab.Fault{Kind: ldaplab.CutConnection, Filter: "crossRef)"}, evidence.Complete},
		{"cut always", ldaplab.Fault{Kind: ldaplab.CutConnection, Filter: "crossRef)", Times: -1}, evidence.Partial},
		{"refused", ldaplab.Fault{Kind: ldaplab.Refused, Code: 50, Filter: "crossRef)", Times: -1}, evidence.Partial},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := collect(t, configFor(start(t, ldaplab.Options{Faults: []ldaplab.Fault{tt.fault}}, false)))
			if err != nil {
				t.Fatal(err)
			}
			if got := coverage(t, s, evidence.ADForests); got.State != tt.state || got.Rows != 1 {
				t.Errorf("forest %+v", got)
			}
			// Without the list of domains nobody knows whether the users are all of the forest's.
			if got := coverage(t, s, evidence.ADUsers); got.State != tt.state || got.Rows != 25 {
				t.Errorf("users %v %d %s", got.State, got.Rows, got.Reason)
			}
		})
	}
}

// TestMalformed lets the server send what is no LDAP in the middle of the second page, each time that it is asked.
func TestMalformed(t *testing.T) {
	for _, m := range ldaplab.Malformations() {
		t.Run(fmt.Sprint(m), func(t *testing.T) {
			fault := ldaplab.Fault{Kind: ldaplab.MalformedBER, Malformed: m, Pages: 1, Entries: 4, Times: -1, Filter: "objectClass=user"}
			address := start(t, ldaplab.Options{Faults: []ldaplab.Fault{fault}}, false)
			c := configFor(address)
			reason := "the connection was lost 4 times, at last: " + address + ": it sent what is no LDAP: "
			switch m {
			case ldaplab.Endless:
				reason = address + ": the answer to one request is larger than 64 MiB"
			case ldaplab.Half:
				reason = address + ": no answer within "
				c.Timeout = 700 * time.Millisecond
			}
			s, err := collect(t, c)
			if err != nil {
				t.Fatal(err)
			}
			got := coverage(t, s, evidence.ADUsers)
			if got.State != evidence.Partial || got.Rows != 14 || !strings.Contains(got.Reason, reason) {
				t.Errorf("coverage %v with %d rows: %s; want 14 and %q", got.State, got.Rows, got.Reason, reason)
			}
			// What follows is read over a new connection.
			if other := coverage(t, s, evidence.ADGroups); other.State != evidence.Complete || other.Rows != 2 {
				t.Errorf("groups are %v: %s", other.State, other.Reason)
			}
		})
	}
}

func TestHostileText(t *testing.T) {
	s, err := collect(t, configFor(start(t, ldaplab.Options{Faults: []ldaplab.Fault{{Kind: ldaplab.HostileText}}}, false)))
	if err != nil {
		t.Fatal(err)
	}
	if got := coverage(t, s, evidence.ADUsers); got.State != evidence.Complete || got.Rows != 25 {
		t.Errorf("coverage %+v", got)
	}
	var all strings.Builder
	leads := map[byte]bool{}
	for o := range s.ADObjects(evidence.ADUsers) {
		// Text is evidence as it is; making it harmless is the writers' duty. Only broken UTF-8 is mended.
		texts := append(slices.Collect(o.ProxyAddresses()), o.Mail(), o.UPN(), o.DisplayName(), o.Department(), o.SIP(), o.Line())
		for _, text := range texts {
			if text == "" || !strings.ContainsRune("=+-@", rune(text[0])) || !utf8.ValidString(text) {
				t.Fatalf("%q", text)
			}
			leads[text[0]] = true
			all.WriteString(text)
		}
	}
	for _, part := range []string{"\x1b[2J", "\x00\r\n", "\u202e", "\u2066", "\uFFFD", "<script>"} {
		if !strings.Contains(all.String(), part) {
			t.Errorf("%q was lost", part)
		}
	}
	if len(leads) < 3 {
		t.Errorf("beginnings %q", slices.Collect(maps.Keys(leads)))
	}
}

func TestSignInLostInTheMiddle(t *testing.T) {
	c := configFor(start(t, ldaplab.Options{Faults: []ldaplab.Fault{{Kind: ldaplab.CutConnection, Filter: "objectClass=user", Pages: 1}}}, false))
	calls := 0
	c.Password = func() (string, error) {
		if calls++; calls == 1 {
			return testPassword, nil
		}
		return "changed meanwhile", nil
	}
	s, err := collect(t, c)
	var fault *Error
	if !errors.As(err, &fault) || !fault.SignIn() {
		t.Fatal(err)
	}
	for _, d := range []evidence.Dataset{evidence.ADUsers, evidence.ADContacts, evidence.ADGroups} {
		if got := coverage(t, s, d); got.State == evidence.Complete || !got.SignIn || !strings.Contains(got.Reason, "data 52e") {
			t.Errorf("%s: %+v", d, got)
		}
	}
	if got := coverage(t, s, evidence.ADUsers); got.Rows != 10 || got.State != evidence.Partial {
		t.Errorf("users: %+v", got)
	}
	if calls != 2 {
		t.Errorf("the password was tried %d times: that locks accounts out", calls)
	}
}

func TestSecondServerStandsIn(t *testing.T) {
	cut := ldaplab.Fault{Kind: ldaplab.CutConnection, Filter: "objectClass=user", Pages: 1, Times: -1}
	c := configFor(start(t, ldaplab.Options{Faults: []ldaplab.Fault{cut}}, false))
	dead := listener(t)
	c.Servers = []string{"ldap://" + dead, c.Servers[0], "ldap://" + start(t, ldaplab.Options{}, false)}
	s, err := collect(t, c)
	if err != nil {
		t.Fatal(err)
	}
	got := coverage(t, s, evidence.ADUsers)
	if got.State != evidence.Complete || got.Rows != 25 {
		t.Errorf("users: %v %d %s", got.State, got.Rows, got.Reason)
	}
}
