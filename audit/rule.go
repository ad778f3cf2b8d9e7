package audit

import (
	"hybridaudit/sources/evidence"
)

// Rule is one thing that can be wrong. Every text is English; other languages live in catalogues keyed by the rule's id.
type Rule struct {
	ID       string // stable for ever: SIP-001
	Category string // lower case: sip
	Severity Severity
	Title    string
	Why      string // what happens to people when it is left alone
	Fix      string // what to do, step by step; it can be followed without this tool
	FixHere  string // with {placeholders}: what is added to the remedy of findings that have all these arguments; "" for nothing
	Guards   string // when the rule stays silent on purpose
	Refs     []Ref
	Message  string    // of variant "", with {placeholders} for the finding's arguments; "" when every finding has a variant
	Variants []Variant // in the order of their letters
	Needs    []Need
	// Identity names the arguments that tell findings of one rule, variant and subject apart. They enter the fingerprint.
	Identity []string
	// Params makes the parameters with their defaults: a pointer to a struct with yaml tags, or nil. Defaults are documentation and example configuration.
	Params func() any
	// Applies says why the rule has nothing to judge here, or the zero Reason. Nil means that it always applies.
	Applies func(*Pass) Reason
	Check   Check
}

// Variant is one form of a rule's fault with its own wording and severity.
type Variant struct {
	Code     string   // a capital letter
	Severity Severity // 0: the rule's
	Message  string
	Fix      string // "": the rule's
	// Later says which data a variant waits for that no collector reads yet. Such a variant ends as not assessed.
	Later string
	// Needs are the needs of this variant beyond the rule's. When they were not read, the variant ends as not assessed and the rest of the rule stands.
	Needs []Need
	// Beside says that the variant judges other objects than the people of the rule, so that nobody is in doubt when it was not assessed.
	Beside bool
}

// Ref is a public source.
type Ref struct {
	Title string
	URL   string // may be empty
}

// Need is a dataset, and of a directory dataset the attributes, that a rule reads.
type Need struct {
	Dataset    evidence.Dataset
	Attributes []string
	// Optional data makes findings better when it is there; without it the rule is still assessed.
	Optional bool
	// OnRequest says that the attributes are costly to read, so that they are collected only when the configuration asks for them ([Wanted]). A rule or variant
	// whose attributes nobody asked for does not apply; that is no gap of the run.
	OnRequest bool
	// PartOK says that a finding in the part that was read holds whatever the rest may say: the rule judges an incomplete dataset too, but cannot pass on it.
	PartOK bool
	// Doubts says that the rule itself tells what it could not judge ([Pass.Doubt]), object by object, so that a dataset that was read in part, or from some of its
	// places, counts as read.
	Doubts bool
	// Whole says that the rule concludes from what is not there, so that a dataset which the configuration narrowed (search bases, exclusions, filters) counts as one
	// that was read in part. Other rules take a narrowed dataset for all that they are meant to judge.
	Whole bool
	// Instead lists data of which any one, read completely with its attributes, does as well: then the need is met although its own dataset was not read. It must be
	// of each tenant whose own data is lacking: what was brought along of one says nothing about another.
	Instead []Substitute
	// Partly lists data of which any one lets the rule judge a part where its own dataset could not be read: what it finds holds, but it cannot pass.
	Partly []Substitute
}

// Substitute is data that can stand in for other data. A dataset may stand in a list more than once, with attributes of which either will do.
type Substitute struct {
	Dataset    evidence.Dataset
	Attributes []string
}

// Variant gives the variant with that code; ok is false for "" and for unknown codes.
func (r *Rule) Variant(code string) (Variant, bool) {
	for _, v := range r.Variants {
		if v.Code == code {
			return v, true
		}
	}
	return Variant{}, false
}

// SeverityOf is the severity of a variant before a finding changes it.
func (r *Rule) SeverityOf(code string) Severity {
	if v, ok := r.Variant(code); ok && v.Severity != 0 {
		return v.Severity
	}
	return r.Severity
}

// MessageOf is the English wording of a variant.
func (r *Rule) MessageOf(code string) string {
	if v, ok := r.Variant(code); ok {
		return v.Message
	}
	return r.Message
}

// FixOf is the English remedy for a variant.
func (r *Rule) FixOf(code string) string {
	if v, ok := r.Variant(code); ok && v.Fix != "" {
		return v.Fix
	}
	return r.Fix
}

// Reason says why a rule was not judged, or a variant of it. Code is a key of the text catalogue. The zero value is no reason.
type Reason struct {
	Code string
	Args []Arg
}

// IsZero says that there is no reason.
func (r Reason) IsZero() bool { return r.Code == "" }

// Because makes a reason.
func Because(code string, args ...Arg) Reason { return Reason{code, args} }
