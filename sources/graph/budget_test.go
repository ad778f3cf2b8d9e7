package graph

import (
	"context"
	"net/http"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	graphlab "hybridaudit/sources/lab/server/graph"
)

func TestFamilyOf(t *testing.T) {
	for path, want := range map[string]family{
		"/v1.0/users": directoryFamily, "/beta/users": directoryFamily, "/v1.0/$batch": directoryFamily, "/v1.0/domains/contoso.com/admin/teams": directoryFamily,
		"/v1.0/admin/serviceAnnouncement/issues": announcementFamily, "/v1.0/Admin/Teams/userConfigurations": teamsFamily, "": directoryFamily,
	} {
		if got := familyOf(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

func TestGap(t *testing.T) {
	for used, want := range map[float64]time.Duration{0.8: 0, 0.85: 10 * time.Millisecond, 1: 160 * time.Millisecond, 1.3: time.Second, 1.8: 4 * time.Second, 99: 4 * time.Second} {
		if got := gap(used); got != want {
			t.Errorf("at %v: %v, want %v", used, got, want)
		}
	}
}

func newStillClock() *stillClock {
	return &stillClock{now: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)}
}

// TestOneStreamWaitsForAll: a 429 holds the family back, as long as each page's patience lasts, and no other family.
func TestOneStreamWaitsForAll(t *testing.T) {
	told := http.Header{"Retry-After": {"600"}, "X-Ms-Throttle-Scope": {"Tenant_Application/Read/app/tenant"}}
	application := http.Header{"Retry-After": {"600"}, "X-Ms-Throttle-Scope": {"Application/ReadWrite/app/tenant"}}
	tests := []struct {
		name   string
		header http.Header
		family family
		most   time.Duration
		want   time.Duration
	}{
		{"the same family", told, directoryFamily, 15 * time.Minute, 10 * time.Minute},
		{"less patience", told, directoryFamily, time.Minute, time.Minute},
		{"another family", told, teamsFamily, 15 * time.Minute, 0},
		{"the whole application", application, announcementFamily, 15 * time.Minute, 10 * time.Minute},
		{"nobody said how long", http.Header{}, directoryFamily, 15 * time.Minute, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			clock := newStillClock()
			b := newBudget(clock)
			b.hold(directoryFamily, tt.header, 10*time.Minute)
			b.hold(directoryFamily, tt.header, time.Minute) // a shorter one does not end the longer
			p := patience{clock: clock, most: tt.most}
			if err := b.admit(context.Background(), tt.family, &p); err != nil || p.waited != tt.want {
				t.Errorf("waited %v (%v), want %v", p.waited, err, tt.want)
			}
			before := p.waited
			if err := b.admit(context.Background(), tt.family, &p); err != nil || p.waited != before {
				t.Errorf("waited %v more (%v)", p.waited-before, err)
			}
		})
	}
}

func TestHeldBackAndInterrupted(t *testing.T) {
	clock := newStillClock()
	b := newBudget(clock)
	b.hold(directoryFamily, http.Header{"Retry-After": {"1"}}, time.Second)
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if err := b.admit(ctx, directoryFamily, &patience{clock: clock, most: time.Minute}); err == nil {
		t.Error("an ended context was not noticed")
	}
}

// TestSlowingDown: the nearer the limit, the longer the pauses; without word of it they go away again.
func TestSlowingDown(t *testing.T) {
	clock := newStillClock()
	b := newBudget(clock)
	wait := func() time.Duration {
		p := patience{clock: clock, most: time.Minute}
		if err := b.admit(context.Background(), directoryFamily, &p); err != nil {
			t.Fatal(err)
		}
		return p.waited
	}
	say := func(v string) { b.note(directoryFamily, http.Header{"X-Ms-Throttle-Limit-Percentage": {v}}) }
	say("1.0")
	if first, second := wait(), wait(); first != 0 || second != 160*time.Millisecond {
		t.Errorf("waited %v and %v", first, second)
	}
	say("1.8")
	wait()
	if got := wait(); got != 4*time.Second {
		t.Errorf("at the end of the scale: %v", got)
	}
	for _, odd := range []string{"NaN", "much", "-3", "", "0.8"} {
		say(odd)
	}
	wait()
	if got := wait(); got != 4*time.Second/32 {
		t.Errorf("after five answers without a word: %v", got)
	}
	for range 8 {
		b.note(directoryFamily, http.Header{})
	}
	wait()
	if got := wait(); got != 0 {
		t.Errorf("in the end: %v", got)
	}
}

// TestAnnouncementsAMinute: no minute has more than 240 requests.
func TestAnnouncementsAMinute(t *testing.T) {
	clock := newStillClock()
	b := newBudget(clock)
	var at []time.Time
	for range 600 {
		if err := b.admit(context.Background(), announcementFamily, &patience{clock: clock, most: time.Minute}); err != nil {
			t.Fatal(err)
		}
		at = append(at, clock.Now())
	}
	for i := 240; i < len(at); i++ {
		if d := at[i].Sub(at[i-240]); d < time.Minute-time.Second/2 {
			t.Fatalf("241 requests within %v", d)
		}
	}
	if at[59] != at[0] {
		t.Error("the first ones had to wait")
	}
}

// TestSlowedListing: what the service says of its limit slows a listing down.
func TestSlowedListing(t *testing.T) {
	tr, _ := startBehind(t, graphlab.Options{Tenant: manyUsers(250)}, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/v1.0/users" {
			w.Header().Set("x-ms-throttle-limit-percentage", "1.3")
		}
		return false
	})
	s, err := tr.collect(context.Background(), t, evidence.TenantUsers)
	if err != nil {
		t.Fatal(err)
	}
	// The first page after the word of the limit takes the gap's place; the second and third wait for it.
	if cov := only(t, s, evidence.TenantUsers); cov.State != evidence.Complete || cov.Rows != 250 || !sameWaits([]time.Duration{time.Second}, tr.clock.sleeps()) {
		t.Errorf("%+v, waited %v", cov, tr.clock.sleeps())
	}
}

// TestHeldStreams: a stream that gives up leaves the others alone, one that waits holds them back.
func TestHeldStreams(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after time.Duration
		state evidence.State
		waits bool
	}{{"waits", time.Minute, evidence.Complete, true}, {"gives up", time.Hour, evidence.Failed, false}} {
		t.Run(tt.name, func(t *testing.T) {
			tr := start(t, graphlab.Options{Tenant: fixtureTenant(t), Faults: []graphlab.Fault{{Path: "users", Kind: graphlab.Throttled, RetryAfter: tt.after}}})
			s, err := tr.collect(context.Background(), t, evidence.TenantUsers, evidence.TenantOrganization, evidence.TenantTeamsUsers)
			if err != nil {
				t.Fatal(err)
			}
			for _, cov := range s.Coverage() {
				want := evidence.Complete
				if cov.Dataset == evidence.TenantUsers {
					want = tt.state
				}
				if cov.State != want {
					t.Errorf("%s: %s %s", cov.Dataset, cov.State, cov.Reason)
				}
			}
			if (len(tr.clock.sleeps()) > 0) != tt.waits {
				t.Errorf("waited %v", tr.clock.sleeps())
			}
		})
	}
}
