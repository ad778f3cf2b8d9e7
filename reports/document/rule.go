package document

import (
	"hybridaudit/audit"
)

// Rule is a rule and how it ended, in words.
type Rule struct {
	ID       string
	Category string // code: sip
	Severity audit.Severity
	Title    string
	Why      string
	Fix      string
	Guards   string // when the rule stays silent on purpose; may be empty
	Refs     []audit.Ref
	Status   audit.Status
	Reason   string // why it is not applicable, not assessed or broken, or on what its findings rest; may be empty
	Excused  bool   // not assessed only because its source was left out on purpose
	Partial  bool   // judged on data that was read in part: what it found holds, what it did not find means nothing
	Checked  int    // objects judged
	Hits     int    // findings
	Missing  []MissingVariant

	rule     *audit.Rule
	messages map[string]string // by variant
	fixes    map[string]string // by variant; only those of their own
	fixHere  string            // with placeholders: what findings that have these arguments add; may be empty
}

// MissingVariant is a variant that was not assessed although its rule was.
type MissingVariant struct {
	Code    string
	Reason  string
	Later   bool // it waits for data that is not collected yet
	Excused bool // its source was left out on purpose
}

func newRule(w Words, o audit.Outcome) Rule {
	r := o.Rule
	v := Rule{
		ID: r.ID, Category: r.Category, Severity: r.Severity, Refs: r.Refs, Status: o.Status, Reason: reason(w, o.Reason), Excused: o.Excused, Partial: o.Partial,
		Checked: o.Checked, Hits: o.Hits, rule: r, messages: map[string]string{"": sayOf(w, r, "message", r.Message)}, fixes: map[string]string{},
		Title: sayOf(w, r, "title", r.Title), Why: sayOf(w, r, "why", r.Why), Fix: sayOf(w, r, "fix", r.Fix), Guards: sayOf(w, r, "guards", r.Guards),
	}
	if r.FixHere != "" {
		v.fixHere = sayOf(w, r, "fixHere", r.FixHere)
	}
	for _, x := range r.Variants {
		v.messages[x.Code] = sayOf(w, r, "message."+x.Code, x.Message)
		if x.Fix != "" {
			v.fixes[x.Code] = sayOf(w, r, "fix."+x.Code, x.Fix)
		}
	}
	for _, x := range o.Variants {
		v.Missing = append(v.Missing, MissingVariant{x.Code, reason(w, x.Reason), x.Later, x.Excused})
	}
	return v
}

// FixOf is the remedy for a variant.
func (r Rule) FixOf(variant string) string {
	if fix, ok := r.fixes[variant]; ok {
		return fix
	}
	return r.Fix
}

// Judged says that the rule's verdict covers all that it had to look at.
func (r Rule) Judged() bool { return r.Status != audit.NotAssessed && r.Status != audit.Broken }
