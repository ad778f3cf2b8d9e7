package audit

import (
	"fmt"
	"slices"
)

// Severity is how bad a finding is.
type Severity uint8

// The severities. The zero value means "as the rule or its variant says".
const (
	_        Severity = iota
	Info              // a fact for planning
	Low               // tidiness, cost
	Medium            // will hurt in the migration or hides another fault
	High              // blocks the person or the move
	Critical          // people cannot sign in or call now, or a whole population will be damaged by the next step
)

var severityNames = []string{"", "info", "low", "medium", "high", "critical"}

// Severities lists them, worst first.
func Severities() []Severity { return []Severity{Critical, High, Medium, Low, Info} }

func (s Severity) String() string { return severityNames[s] }

// MarshalText writes the severity as findings.json spells it.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (s *Severity) UnmarshalText(text []byte) error {
	v, err := ParseSeverity(string(text))
	*s = v
	return err
}

// ParseSeverity reads critical, high, medium, low or info.
func ParseSeverity(text string) (Severity, error) {
	i := slices.Index(severityNames, text)
	if i <= 0 {
		return 0, fmt.Errorf("unknown severity %q: use critical, high, medium, low or info", text)
	}
	return Severity(i), nil //nolint:gosec // one of five
}

// Status is how a rule ended.
type Status uint8

// The statuses.
const (
	Passed        Status = iota // everything it needs was read, and nothing is wrong
	Failed                      // it has findings
	NotApplicable               // the organisation has nothing that it could judge
	NotAssessed                 // data it needs was not read completely: this is no pass
	Broken                      // the rule itself failed; its findings are incomplete
)

var statusNames = []string{"passed", "failed", "notApplicable", "notAssessed", "broken"}

func (s Status) String() string { return statusNames[s] }

// MarshalText writes the status as findings.json spells it.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (s *Status) UnmarshalText(text []byte) error {
	i := slices.Index(statusNames, string(text))
	if i < 0 {
		return fmt.Errorf("unknown status %q", text)
	}
	*s = Status(i) //nolint:gosec // one of five
	return nil
}
