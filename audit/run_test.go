package audit_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Enough rows for several shards: the order of findings depends neither on workers nor on the order of rows.
func TestOrderOfFindings(t *testing.T) {
	rows := people(10_000)
	two := everybody("SIP-902")
	two.Identity = []string{"n"}
	two.Variants = []audit.Variant{{Code: "A", Message: "{n}"}, {Code: "B", Message: "{n}"}}
	two.Check = audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		for _, n := range []int{2, 1} {
			p.Report(audit.Finding{Variant: "B", Subject: audit.ADSubject(o), Args: []audit.Arg{audit.Num("n", n)}})
		}
		p.Report(audit.Finding{Variant: "A", Subject: audit.ADSubject(o), Args: []audit.Arg{audit.Num("n", 0)}})
	})
	judge := func(workers int) []string {
		r := run(t, snapshot(t, tables{evidence.ADUsers: rows}), audit.Options{Rules: []*audit.Rule{everybody("SIP-901"), two}, Workers: workers})
		var lines []string
		for i := range r.Findings {
			f := &r.Findings[i]
			lines = append(lines, fmt.Sprint(f.Rule.ID, f.Variant, f.Subject.Key, f.Args))
		}
		return lines
	}
	want := judge(1)
	if len(want) != 40_000 || want[0] != "SIP-901"+guid("1")+"[]" || want[10_001] != "SIP-902B"+guid("1")+"[{n 1}]" {
		t.Fatalf("%d findings, %q first, %q as the second of the second rule", len(want), want[0], want[10_001])
	}
	if diff := cmp.Diff(want, judge(8)); diff != "" {
		t.Errorf("8 workers: %.1000s", diff)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	if diff := cmp.Diff(want, judge(8)); diff != "" {
		t.Errorf("shuffled rows: %.1000s", diff)
	}
}

func TestPanicBreaksOneRuleOnly(t *testing.T) {
	atRow := everybody("SIP-901")
	atRow.Check = audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		if o.Row() == 5000 {
			panic("secret of " + o.DN())
		}
		p.Report(audit.Finding{Subject: audit.ADSubject(o)})
	})
	inApplies := everybody("SIP-902")
	inApplies.Applies = func(*audit.Pass) audit.Reason {
		var missing []audit.Reason
		return missing[0]
	}
	good := everybody("SIP-903")
	for _, workers := range []int{1, 8} {
		r := run(t, snapshot(t, tables{evidence.ADUsers: people(6000)}), audit.Options{Rules: []*audit.Rule{atRow, inApplies, good}, Workers: workers})
		var got []string
		for _, o := range r.Outcomes {
			got = append(got, fmt.Sprint(status(o), " ", o.Hits))
		}
		if diff := cmp.Diff([]string{"broken broken 5000", "broken broken 0", "failed 6000"}, got); diff != "" {
			t.Errorf("%d workers (-want +got):\n%s", workers, diff)
		}
		fault := fmt.Sprint(r.Outcomes[0].Reason.Args)
		if strings.Contains(fault, "secret") || !strings.Contains(fault, "string at run_test.go:") {
			t.Errorf("a broken rule tells %q: want the kind of panic and its place, and none of its text", fault)
		}
	}
}

// Of several faults the one of the first rows is told, whichever comes first. The first shard waits until the other worker has gone on to the third.
func TestFirstFaultIsTold(t *testing.T) {
	third := make(chan struct{})
	rule := everybody("SIP-901")
	rule.Check = audit.EachADUser(func(_ *audit.Pass, o evidence.ADObject) {
		switch o.Row() {
		case 0:
			select {
			case <-third:
			case <-t.Context().Done():
			}
			panic(errors.New("first"))
		case 5000:
			panic(2)
		case 8500:
			close(third)
		}
	})
	r := run(t, snapshot(t, tables{evidence.ADUsers: people(9000)}), audit.Options{Rules: []*audit.Rule{rule}, Workers: 2})
	if fault := fmt.Sprint(r.Outcomes[0].Reason.Args); !strings.Contains(fault, "errorString") {
		t.Errorf("the fault is %s", fault)
	}
}

func TestCancellation(t *testing.T) {
	s := snapshot(t, tables{evidence.ADUsers: people(9000)})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var once sync.Once
	rule := everybody("SIP-901")
	rule.Check = audit.EachADUser(func(*audit.Pass, evidence.ADObject) { once.Do(cancel) })
	var rules []*audit.Rule
	for range 50 {
		rules = append(rules, rule)
	}
	finished := 0
	r, err := audit.Run(ctx, s, audit.Options{Rules: rules, Workers: 2, Progress: func(int, int) { finished++ }})
	if !errors.Is(err, context.Canceled) || r != nil {
		t.Errorf("a cancelled run gives %v, %v", r, err)
	}
	if finished == len(rules) {
		t.Error("a cancelled run judged everything all the same")
	}
}

func TestProgressCountsRules(t *testing.T) {
	rules := []*audit.Rule{everybody("SIP-901"), everybody("SIP-902", audit.Need{Dataset: evidence.TenantUsers}), everybody("SIP-903")}
	s := snapshot(t, tables{evidence.ADUsers: people(5000)}, evidence.Coverage{Dataset: evidence.TenantUsers, State: evidence.Failed})
	var told []string
	run(t, s, audit.Options{Rules: rules, Workers: 4, Progress: func(done, total int) { told = append(told, fmt.Sprintf("%d/%d", done, total)) }})
	// The rule that is not assessed is done before the work begins.
	if diff := cmp.Diff([]string{"2/3", "3/3"}, told); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestParametersAndSeverity(t *testing.T) {
	type params struct{ Limit int }
	rule := everybody("SIP-901")
	rule.Severity = audit.Medium
	rule.Variants = []audit.Variant{{Code: "A", Severity: audit.Low, Message: "a"}}
	rule.Params = func() any { return &params{Limit: 1} }
	rule.Check = audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		for range audit.Params[params](p).Limit {
			p.Report(audit.Finding{Subject: audit.ADSubject(o)})
			p.Report(audit.Finding{Subject: audit.ADSubject(o), Variant: "A"})
			p.Report(audit.Finding{Subject: audit.ADSubject(o), Severity: audit.Critical})
		}
	})
	s := snapshot(t, tables{evidence.ADUsers: people(1)})
	for _, c := range []struct {
		options audit.Options
		want    string
	}{
		{audit.Options{}, "[medium critical low]"},
		{audit.Options{Params: map[string]any{"SIP-901": &params{Limit: 0}}}, "[]"},
		{audit.Options{Params: map[string]any{"SIP-902": &params{Limit: 0}}}, "[medium critical low]"},
		{audit.Options{Severity: map[string]audit.Severity{"SIP-901": audit.Info}}, "[info info info]"},
	} {
		c.options.Rules = []*audit.Rule{rule}
		var got []audit.Severity
		for _, f := range run(t, s, c.options).Findings {
			got = append(got, f.Severity)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("with %v: %v, want %s", c.options.Params, got, c.want)
		}
	}
}

func TestNotApplicable(t *testing.T) {
	rule := everybody("SIP-901")
	rule.Applies = func(*audit.Pass) audit.Reason { return audit.Because("noSIP") }
	r := run(t, snapshot(t, tables{evidence.ADUsers: people(3)}), audit.Options{Rules: []*audit.Rule{rule}})
	if got := status(r.Outcomes[0]); got != "notApplicable noSIP" || len(r.Findings) > 0 || r.Outcomes[0].Checked > 0 {
		t.Errorf("%s with %d findings", got, len(r.Findings))
	}
	rule.Needs = []audit.Need{{Dataset: evidence.ADUsers}}
	unread := snapshot(t, nil, evidence.Coverage{Dataset: evidence.ADUsers, State: evidence.Failed})
	if got := status(run(t, unread, audit.Options{Rules: []*audit.Rule{rule}}).Outcomes[0]); got != "notAssessed datasetFailed" {
		t.Errorf("%s: what was not read decides before what applies", got)
	}
}
