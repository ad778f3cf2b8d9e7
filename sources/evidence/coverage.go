package evidence

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// State is how much of a dataset was read. The order is that of trust: a higher state is worse.
type State uint8

// The states of a dataset.
const (
	NotRequested State = iota // nobody asked for it
	Complete                  // all of it was read
	Partial                   // some of it was read
	Failed                    // nothing of it could be read
)

var stateNames = []string{"notRequested", "complete", "partial", "failed"}

func (s State) String() string { return stateNames[s] }

// MarshalText writes the state as findings.json and the evidence file spell it.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is the inverse of MarshalText; an unknown word is an error.
func (s *State) UnmarshalText(text []byte) error {
	i := slices.Index(stateNames, string(text))
	if i < 0 {
		return fmt.Errorf("unknown coverage state %q", text)
	}
	*s = State(i) //nolint:gosec // one of four
	return nil
}

// Coverage says how completely a dataset was read from one source. A collector writes it in a deferred call, so that even one that dies leaves Partial
// or Failed and never silence.
type Coverage struct {
	Dataset      Dataset   `json:"dataset"`
	State        State     `json:"state"`
	Expected     int       `json:"expected"` // rows announced by the source, -1 when it did not say
	Rows         int       `json:"rows"`
	Attributes   []string  `json:"attributes,omitempty"`   // asked for
	Missing      []string  `json:"missing,omitempty"`      // asked for and refused, or cut
	NotInSchema  []string  `json:"notInSchema,omitempty"`  // asked for, but the directory's schema does not know them: the product was never installed
	NotInCatalog []string  `json:"notInCatalog,omitempty"` // asked for, but a global catalog was read, which does not hold them; each is Missing too
	Narrowed     bool      `json:"narrowed,omitempty"`     // search bases, exclusions or filters of the configuration kept the reading to a part of the directory
	Reason       string    `json:"reason,omitempty"`       // why it is not complete
	Notes        []string  `json:"notes,omitempty"`        // what a reader should know although it is complete: referrals left out, rows given twice
	Permission   string    `json:"permission,omitempty"`   // the least permission that gives it
	Optional     bool      `json:"optional,omitempty"`     // its absence makes no run incomplete
	SignIn       bool      `json:"signInRefused,omitempty"`
	Source       string    `json:"source,omitempty"` // forest or tenant
	Files        []string  `json:"files,omitempty"`  // that it was read from, instead of a server
	Stale        bool      `json:"stale,omitempty"`  // the files are older than the configuration allows
	Delta        string    `json:"delta,omitempty"`  // where the tenant tells what changed since; good for some days, and nothing without a sign-in
	Server       string    `json:"server,omitempty"`
	Started      time.Time `json:"started"`
	Ended        time.Time `json:"ended"`
}

// Lacks says whether the attribute was asked for and could not be read, or was never asked for although a list of attributes was.
func (c Coverage) Lacks(attribute string) bool {
	if slices.Contains(c.Missing, attribute) {
		return true
	}
	return len(c.Attributes) > 0 && !slices.Contains(c.Attributes, attribute)
}

// Place says where it was read: the server, or the names of the files without their folders.
func (c Coverage) Place() []string {
	if len(c.Files) == 0 {
		return []string{c.Server}
	}
	names := make([]string, len(c.Files))
	for i, f := range c.Files {
		names[i] = f[strings.LastIndexAny(f, `/\`)+1:]
	}
	return names
}
