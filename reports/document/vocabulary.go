package document

import (
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// Results are spoken of in the words of the engine and of the evidence. Formats need nothing but this package and the text catalogues, so the words that
// they use are given here.

// Severity is how bad a finding is.
type Severity = audit.Severity

// Status is how a rule ended.
type Status = audit.Status

// Verdict is what the headline figure says of a person.
type Verdict = audit.Verdict

// Subject is what a finding is about.
type Subject = audit.Subject

// Fact is a piece of evidence.
type Fact = audit.Fact

// Arg is a named argument of a sentence.
type Arg = audit.Arg

// Ref is a public source.
type Ref = audit.Ref

// Coverage is how completely a dataset was read from one source.
type Coverage = evidence.Coverage

// State is how much of a dataset was read.
type State = evidence.State

// Tri is a fact that may be unknown.
type Tri = evidence.Tri

// The severities.
const (
	Info     = audit.Info
	Low      = audit.Low
	Medium   = audit.Medium
	High     = audit.High
	Critical = audit.Critical
)

// How rules end.
const (
	Passed        = audit.Passed
	Failed        = audit.Failed
	NotApplicable = audit.NotApplicable
	NotAssessed   = audit.NotAssessed
	Broken        = audit.Broken
)

// What is said of people.
const (
	Clear    = audit.Clear
	Affected = audit.Affected
	InDoubt  = audit.InDoubt
)

// How much of a dataset was read.
const (
	NotRequested = evidence.NotRequested
	Complete     = evidence.Complete
	Partial      = evidence.Partial
	Unreadable   = evidence.Failed
)

// The values of a Tri.
const (
	Yes    = evidence.True
	No     = evidence.False
	Absent = evidence.Absent
)

// Severities lists the severities, worst first.
func Severities() []Severity { return audit.Severities() }

// Str makes a text argument for [Document.Say].
func Str(name, value string) Arg { return audit.Str(name, value) }

// Num makes a number argument.
func Num(name string, value int) Arg { return audit.Num(name, value) }

// List makes an argument with several values.
func List(name string, values []string) Arg { return audit.List(name, values) }

// At makes a time argument.
func At(name string, value time.Time) Arg { return audit.At(name, value) }
