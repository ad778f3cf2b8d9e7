package audit

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// Options say what to judge and how.
type Options struct {
	Rules    []*Rule
	Params   map[string]any // by rule id: a pointer of the type that the rule's Params makes; rules without an entry use their defaults
	Severity map[string]Severity
	Scope    scope.Config
	Settings Settings
	// LeftOut names the sources ("ad", "tenant", "network") that the operator left out of this run on purpose. What is not assessed for that alone is excused.
	LeftOut []string
	Workers int // 0: as many as there are processors
	// Progress is told after every rule; it may be called from any goroutine, one call at a time. May be nil.
	Progress func(done, total int)
}

// Result is what a run gives.
type Result struct {
	Evidence *evidence.Snapshot
	Outcomes []Outcome // one for each rule, in the order of the rules
	Findings []Finding // by rule, then subject, variant and identity
	Headline Headline
	// Persons lists the people of the headline figure.
	Persons []Person
}

// Outcome is how one rule ended.
type Outcome struct {
	Rule     *Rule
	Status   Status
	Reason   Reason // why it is not applicable, not assessed or broken, or on what its findings rest
	Excused  bool   // not assessed only because its source was left out, or narrowed, on purpose
	Wanting  bool   // not assessed only because nobody brought the data along: the output of a PowerShell command, or what is read on request
	Beside   bool   // not assessed, or judged on a part, only for variants that judge other objects than people
	Partial  bool   // judged on datasets that were read in part: what it found holds, what it did not find means nothing
	Checked  int    // objects judged
	Hits     int    // findings
	Variants []VariantOutcome
}

// VariantOutcome says why a variant was not assessed although the rule was.
type VariantOutcome struct {
	Code    string
	Reason  Reason
	Later   bool // it waits for data that no collector reads yet
	Excused bool // its source was left out on purpose
	// OnRequest says that it rests on costly attributes that nobody asked for, or on data that nobody brought along: it says nothing about this run.
	OnRequest bool
}

const shardSize = 4096

// Run judges the evidence. It ends early with ctx's error; every other fault is confined to the rule that has it.
func Run(ctx context.Context, s *evidence.Snapshot, o Options) (*Result, error) {
	r := &run{options: o, evidence: s, facts: newFacts(s, o)}
	jobs := make([]*job, len(o.Rules))
	for i, rule := range o.Rules {
		jobs[i] = r.prepare(rule)
	}
	if err := r.work(ctx, jobs); err != nil {
		return nil, err
	}
	result := &Result{Evidence: s}
	for _, j := range jobs {
		outcome, findings := j.close()
		result.Outcomes = append(result.Outcomes, outcome)
		result.Findings = append(result.Findings, findings...)
	}
	result.Persons = people(r, result)
	result.Headline = headline(result.Persons)
	return result, nil
}

type run struct {
	options  Options
	evidence *evidence.Snapshot
	facts    *facts
}

// job is the judging of one rule: shards run side by side, each with a pass of its own.
type job struct {
	outcome Outcome
	base    Pass
	units   int
	stale   Reason // the rule rests on files that are too old
	beside  bool   // only variants beside the people rest on a part
	excuses func(Reason) bool
	mu      sync.Mutex
	judged  []judged
	left    atomic.Int64
}

// judged is what came of one shard.
type judged struct {
	from  int
	pass  *Pass
	fault string
}

func (r *run) prepare(rule *Rule) *job {
	j := &job{outcome: Outcome{Rule: rule}, excuses: r.excuses}
	j.base = Pass{
		Evidence: r.evidence, Settings: r.options.Settings, facts: r.facts, rule: rule, severity: r.options.Severity[rule.ID], silent: map[string]bool{},
	}
	if rule.Params != nil {
		j.base.params = rule.Params()
		if p, ok := r.options.Params[rule.ID]; ok {
			j.base.params = p
		}
	}
	if why := r.unasked(rule.Needs); !why.IsZero() {
		j.outcome.Status, j.outcome.Reason = NotApplicable, why
		return j
	}
	verdict := r.coverage(rule.Needs)
	j.outcome.Partial = verdict.partial
	person := verdict.partial
	j.outcome.Reason, j.outcome.Excused, j.outcome.Wanting = verdict.reason, verdict.excused, verdict.wanting
	if !verdict.assessed {
		j.outcome.Status = NotAssessed
		return j
	}
	for _, v := range rule.Variants {
		if why := r.unasked(v.Needs); !why.IsZero() {
			j.silence(VariantOutcome{Code: v.Code, Reason: why, Excused: true, OnRequest: true})
			continue
		}
		verdict := r.coverage(v.Needs)
		if verdict.partial {
			j.part(verdict)
			person = person || !v.Beside
		}
		switch {
		case v.Later != "":
			j.silence(VariantOutcome{Code: v.Code, Reason: Because("later", Str("data", v.Later)), Later: true})
		case !verdict.assessed:
			j.silence(VariantOutcome{Code: v.Code, Reason: verdict.reason, Excused: verdict.excused, OnRequest: verdict.wanting})
		}
	}
	j.beside = j.outcome.Partial && !person
	all := slices.Clone(rule.Needs)
	for _, v := range rule.Variants {
		all = append(all, v.Needs...)
	}
	j.base.stale, j.stale = r.stale(all)
	if rule.Applies != nil {
		if why := r.applies(j); !why.IsZero() {
			return j
		}
	}
	j.units = rule.Check.units(&j.base)
	return j
}

// part notes that a variant rests on data that was read in part.
func (j *job) part(v verdict) {
	j.outcome.Excused = v.excused && (j.outcome.Excused || !j.outcome.Partial)
	j.outcome.Partial = true
	if j.outcome.Reason.IsZero() {
		j.outcome.Reason = v.reason
	}
}

// doubt notes that the check itself could not judge something.
func (j *job) doubt(why Reason) {
	j.outcome.Excused = j.excuses(why) && (j.outcome.Excused || !j.outcome.Partial)
	j.outcome.Partial, j.outcome.Wanting = true, false
	if j.outcome.Reason.IsZero() {
		j.outcome.Reason = why
	}
}

// silence drops the findings of a variant that is not assessed.
func (j *job) silence(v VariantOutcome) {
	j.base.silent[v.Code] = true
	j.outcome.Variants = append(j.outcome.Variants, v)
}

// applies asks the rule; a panic there breaks the rule like any other.
func (r *run) applies(j *job) (why Reason) {
	if fault := guarded(func() { why = j.base.rule.Applies(&j.base) }); fault != "" {
		why = broken(fault)
		j.outcome.Status, j.outcome.Reason = Broken, why
	} else if !why.IsZero() {
		j.outcome.Status, j.outcome.Reason = NotApplicable, why
	}
	return why
}

// work runs the shards of all jobs.
func (r *run) work(ctx context.Context, jobs []*job) error {
	type shard struct {
		j        *job
		from, to int
	}
	var shards []shard
	for _, j := range jobs {
		for from := 0; from < j.units; from += shardSize {
			shards = append(shards, shard{j, from, min(from+shardSize, j.units)})
			j.left.Add(1)
		}
	}
	workers := r.options.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	var wait sync.WaitGroup
	var next atomic.Int64
	progress := newMeter(r.options.Progress, jobs)
	for range min(workers, len(shards)) {
		wait.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(shards) {
					return
				}
				s := shards[i]
				s.j.judge(s.from, s.to)
				if s.j.left.Add(-1) == 0 {
					progress.step()
				}
			}
		})
	}
	wait.Wait()
	return ctx.Err()
}

// judge runs the check over a range of units. One guard stands around the range: a guard around each row would double the time.
func (j *job) judge(from, to int) {
	p := j.base
	p.findings, p.checked, p.doubt = nil, 0, Reason{}
	fault := guarded(func() {
		for i := from; i < to; i++ {
			p.rule.Check.each(&p, i)
		}
	})
	j.mu.Lock()
	defer j.mu.Unlock()
	j.judged = append(j.judged, judged{from, &p, fault})
}

// guarded runs f and tells what it panicked with and where, "" when it did not. The panic's own text may hold directory data, and a whole stack holds paths:
// neither is kept.
func guarded(f func()) (fault string) {
	defer func() {
		if c := recover(); c != nil {
			fault = fmt.Sprintf("%T at %s", c, place())
		}
	}()
	f()
	return ""
}

// place is the source file and line that panicked, for the function that recovers.
func place() string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	for {
		f, more := frames.Next()
		if f.Function != "" && !strings.HasPrefix(f.Function, "runtime.") {
			return path.Base(f.File) + ":" + strconv.Itoa(f.Line)
		}
		if !more {
			return "?"
		}
	}
}

func broken(fault string) Reason { return Because("broken", Str("fault", fault)) }

// close puts the shards' findings in order and decides the status.
func (j *job) close() (Outcome, []Finding) {
	var findings []Finding
	slices.SortFunc(j.judged, func(a, b judged) int { return cmp.Compare(a.from, b.from) })
	for _, s := range j.judged {
		findings = append(findings, s.pass.findings...)
		j.outcome.Checked += s.pass.checked
		if !s.pass.doubt.IsZero() {
			j.doubt(s.pass.doubt)
		}
		if s.fault != "" && j.outcome.Status != Broken {
			j.outcome.Status, j.outcome.Reason = Broken, broken(s.fault)
		}
	}
	slices.SortStableFunc(findings, compare)
	j.outcome.Hits = len(findings)
	if j.outcome.Status == Passed {
		switch {
		case len(findings) > 0:
			j.outcome.Status = Failed
		case j.outcome.Partial:
			j.outcome.Status = NotAssessed
		default:
			j.outcome.Reason = Reason{}
			j.unreadVariant()
		}
	}
	if j.beside && !slices.ContainsFunc(j.outcome.Variants, j.aboutPeople) {
		j.outcome.Beside = true
	}
	j.outcome.Excused = j.outcome.Excused && j.outcome.Status == NotAssessed
	if (j.outcome.Status == Passed || j.outcome.Status == Failed) && j.outcome.Reason.IsZero() {
		j.outcome.Reason = j.stale
	}
	return j.outcome, findings
}

// aboutPeople says that a variant that was not assessed judges the people of the rule, and that the run was to read its data.
func (j *job) aboutPeople(v VariantOutcome) bool {
	of, _ := j.outcome.Rule.Variant(v.Code)
	return !v.Later && !v.OnRequest && !of.Beside
}

// unreadVariant keeps a rule without findings from passing when a variant could not be judged: unread is never a pass. A variant that waits for data that nobody reads yet
// says nothing about this run.
func (j *job) unreadVariant() {
	excused, beside := true, true
	for _, v := range j.outcome.Variants {
		if v.Later || v.OnRequest {
			continue
		}
		if of, ok := j.outcome.Rule.Variant(v.Code); ok {
			beside = beside && of.Beside
		}
		if j.outcome.Status = NotAssessed; j.outcome.Reason.IsZero() {
			j.outcome.Reason = v.Reason
		}
		excused = excused && v.Excused
	}
	j.outcome.Excused = j.outcome.Status == NotAssessed && excused
	j.outcome.Beside = j.outcome.Status == NotAssessed && beside
}

// compare orders findings of one rule independently of the order of rows.
func compare(a, b Finding) int {
	if c := cmp.Or(cmp.Compare(a.Subject.Kind, b.Subject.Kind), cmp.Compare(a.Subject.Key, b.Subject.Key), cmp.Compare(a.Variant, b.Variant)); c != 0 {
		return c
	}
	for _, name := range a.Rule.Identity {
		if c := cmp.Compare(text(a.Arg(name)), text(b.Arg(name))); c != 0 {
			return c
		}
	}
	return cmp.Compare(a.tenant, b.tenant)
}

// meter counts finished rules and tells them one at a time.
type meter struct {
	mu    sync.Mutex
	tell  func(done, total int)
	done  int
	total int
}

func newMeter(tell func(done, total int), jobs []*job) *meter {
	m := &meter{tell: tell, total: len(jobs)}
	for _, j := range jobs {
		if j.units == 0 {
			m.done++
		}
	}
	return m
}

func (m *meter) step() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done++
	if m.tell != nil {
		m.tell(m.done, m.total)
	}
}
