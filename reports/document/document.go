package document

import (
	"iter"
	"time"

	"hybridaudit/audit"
)

// Meta is what a report says about itself.
type Meta struct {
	Tool     string         // name of the program
	Version  string         // its version
	Lang     string         // language of Words: en, ja
	Words    Words          // text catalogue of that language
	Made     time.Time      // when the report was made
	Settings audit.Settings // with which the evidence was judged
}

// Document is a result made ready for readers. It is safe for any number of goroutines.
type Document struct {
	Meta
	Taken        time.Time // when the evidence was collected, UTC
	Organisation Organisation
	Summary      Summary
	Rules        []Rule // in the order of the result

	result *audit.Result
	byRule map[*audit.Rule]int // position in Rules
}

// New makes a document of a result. The result must not change any more.
func New(r *audit.Result, m Meta) *Document {
	d := &Document{Meta: m, Taken: r.Evidence.Taken().UTC(), Organisation: organisation(r.Evidence), result: r, byRule: map[*audit.Rule]int{}}
	for i, o := range r.Outcomes {
		d.Rules = append(d.Rules, newRule(m.Words, o))
		d.byRule[o.Rule] = i
	}
	d.Summary = summary(d)
	return d
}

// Count is the number of findings.
func (d *Document) Count() int { return len(d.result.Findings) }

// Findings hands out the findings in the order of the result: by rule, then subject.
func (d *Document) Findings() iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		for i := range d.result.Findings {
			if !yield(Finding{&d.result.Findings[i], d}) {
				return
			}
		}
	}
}

// WorstFirst hands out the findings by severity, within a severity in the order of the result.
func (d *Document) WorstFirst() iter.Seq[Finding] {
	return func(yield func(Finding) bool) {
		for _, s := range audit.Severities() {
			for f := range d.Findings() {
				if f.Severity == s && !yield(f) {
					return
				}
			}
		}
	}
}
