package cli

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/reports/document"
	"hybridaudit/sources/evidence"
)

// testApp is an app whose report folder holds the reports of an earlier run.
func testApp(t *testing.T) (a *app, dir string, before map[string]string) {
	t.Helper()
	a = &app{io: IO{Out: io.Discard, Err: io.Discard}, failOn: "high", logFormat: "text", quiet: true}
	if err := a.prepare(); err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for _, name := range []string{"first", "second"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("old "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return a, dir, files(t, dir)
}

// report is a format that writes its name, and then does what then says.
func report(name string, then func() error) format {
	return format{name, name, func(_ context.Context, w io.Writer, _ *document.Document) error {
		if _, err := io.WriteString(w, "new "+name); err != nil {
			return err
		}
		return then()
	}}
}

func TestReportsAreWrittenTogetherOrNotAtAll(t *testing.T) {
	fine := func() error { return nil }
	t.Run("all", func(t *testing.T) {
		a, dir, _ := testApp(t)
		paths, err := a.reports(t.Context(), dir, []format{report("first", fine), report("second", fine)}, nil)
		if err != nil || len(paths) != 2 {
			t.Fatal(paths, err)
		}
		if diff := gocmp.Diff(map[string]string{"first": "new first", "second": "new second"}, files(t, dir)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("the disk is full at the second", func(t *testing.T) {
		a, dir, before := testApp(t)
		full := errors.New("no space left on device")
		_, err := a.reports(t.Context(), dir, []format{report("first", fine), report("second", func() error { return full })}, nil)
		var coded *exitError
		if !errors.As(err, &coded) || coded.code != exitReport || !errors.Is(err, full) || !strings.Contains(err.Error(), "second") {
			t.Error(err)
		}
		if diff := gocmp.Diff(before, files(t, dir)); diff != "" {
			t.Error(diff)
		}
	})
	for name, at := range map[string]int{"interrupted at the first": 0, "interrupted at the second": 1} {
		t.Run(name, func(t *testing.T) {
			a, dir, before := testApp(t)
			ctx, cancel := context.WithCancel(t.Context())
			stop := func() error { cancel(); return nil }
			kinds := []format{report("first", fine), report("second", fine)}
			kinds[at] = report(kinds[at].name, stop)
			if _, err := a.reports(ctx, dir, kinds, nil); !errors.Is(err, context.Canceled) || a.placed {
				t.Error(err)
			}
			if diff := gocmp.Diff(before, files(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("interrupted in the middle of a long one", func(t *testing.T) {
		a, dir, before := testApp(t)
		ctx, cancel := context.WithCancel(t.Context())
		long := format{"second", "second", func(_ context.Context, w io.Writer, _ *document.Document) error {
			cancel()
			for range 1000 { // far more than a buffer holds
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return err
				}
			}
			return errors.New("nobody stopped it")
		}}
		if _, err := a.reports(ctx, dir, []format{report("first", fine), long}, nil); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if diff := gocmp.Diff(before, files(t, dir)); diff != "" {
			t.Error(diff)
		}
	})
}

// Of several reasons to end with a code the first in the order of the contract counts.
func TestOutcomePriorities(t *testing.T) {
	rule := &audit.Rule{ID: "SIP-001", Severity: audit.High}
	complete := evidence.Coverage{Dataset: evidence.ADUsers, State: evidence.Complete}
	partial := evidence.Coverage{Dataset: evidence.ADUsers, State: evidence.Partial, Reason: "cut"}
	optional := evidence.Coverage{Dataset: evidence.TenantSyncFeatures, State: evidence.Failed, Reason: "refused", Optional: true}
	find := func(s audit.Severity) []audit.Finding { return []audit.Finding{{Rule: rule, Severity: s}} }
	ended := func(s audit.Status, excused bool) []audit.Outcome {
		return []audit.Outcome{{Rule: rule, Status: s, Excused: excused}}
	}
	refused := errors.New("refused")
	for _, tt := range []struct {
		name         string
		coverage     []evidence.Coverage
		outcomes     []audit.Outcome
		findings     []audit.Finding
		refused      error
		allowPartial bool
		failOn       string
		want         int
	}{
		{name: "clean", coverage: []evidence.Coverage{complete}, outcomes: ended(audit.Passed, false), want: 0},
		{name: "not applicable", outcomes: ended(audit.NotApplicable, false), want: 0},
		{name: "high", findings: find(audit.High), want: 1},
		{name: "critical", findings: find(audit.Critical), want: 1},
		{name: "medium", findings: find(audit.Medium), want: 0},
		{name: "medium counts", findings: find(audit.Medium), failOn: "medium", want: 1},
		{name: "high does not count", findings: find(audit.High), failOn: "critical", want: 0},
		{name: "info counts", findings: find(audit.Info), failOn: "info", want: 1},
		{name: "incomplete before findings", coverage: []evidence.Coverage{partial}, findings: find(audit.Critical), want: 3},
		{name: "not assessed before findings", outcomes: ended(audit.NotAssessed, false), findings: find(audit.Critical), want: 3},
		{name: "broken", outcomes: ended(audit.Broken, false), want: 3},
		{name: "excused", outcomes: ended(audit.NotAssessed, true), want: 0},
		{name: "optional", coverage: []evidence.Coverage{complete, optional}, want: 0},
		{name: "allowed", coverage: []evidence.Coverage{partial}, outcomes: ended(audit.NotAssessed, false), allowPartial: true, want: 0},
		{name: "allowed, with findings", coverage: []evidence.Coverage{partial}, findings: find(audit.High), allowPartial: true, want: 1},
		{name: "sign-in before incomplete", coverage: []evidence.Coverage{partial}, findings: find(audit.High), refused: refused, want: 4},
		{name: "sign-in is not allowed away", refused: refused, allowPartial: true, want: 4},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &app{io: IO{Out: io.Discard, Err: io.Discard}, failOn: cmp.Or(tt.failOn, "high"), logFormat: "text", allowPartial: tt.allowPartial}
			if err := a.prepare(); err != nil {
				t.Fatal(err)
			}
			b := evidence.NewBuilder(time.Now())
			for _, c := range tt.coverage {
				b.Cover(c)
			}
			err := a.outcome(&audit.Result{Evidence: b.Seal(), Outcomes: tt.outcomes, Findings: tt.findings}, tt.refused)
			got := exitOK
			var coded *exitError
			if errors.As(err, &coded) {
				got = coded.code
			} else if err != nil {
				t.Error(err)
			}
			if got != tt.want {
				t.Errorf("code %d (%v), want %d", got, err, tt.want)
			}
		})
	}
}
