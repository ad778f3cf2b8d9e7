package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"hybridaudit/cmd/internal/cli"
	"hybridaudit/sources/lab"
)

// findingsFile is what the tests need of findings.json.
type findingsFile struct {
	Coverage []struct {
		Dataset, State, Reason, Source string
		Rows, Expected                 int
	}
	Rules []struct {
		ID, Status, Reason string
		Hits               int
		Variants           []struct{ Variant, Status, Reason string }
	}
	Findings []judged
}

type judged struct {
	RuleID, Variant, Severity, Message, Fingerprint string
	Subject                                         owner
	Related                                         []owner
}

type owner struct{ Kind, Key, Source string }

// assessed says whether the rule and the variant were judged.
func (f findingsFile) assessed(e lab.Expected) bool {
	for _, r := range f.Rules {
		if r.ID != e.RuleID {
			continue
		}
		for _, v := range r.Variants {
			if v.Variant == e.Variant && v.Status == "notAssessed" {
				return false
			}
		}
		return r.Status != "notAssessed"
	}
	return false
}

type outcome struct {
	code           int
	stdout, stderr string
	findings       findingsFile
}

// program runs the program in this process. watching gets its messages too; it may be nil.
func program(t *testing.T, watching *watch, args ...string) outcome {
	t.Helper()
	var stdout bytes.Buffer
	if watching == nil {
		watching = &watch{}
	}
	code := cli.Run(t.Context(), args, cli.IO{In: strings.NewReader(""), Out: &stdout, Err: watching})
	watching.tell()
	return outcome{code: code, stdout: stdout.String(), stderr: watching.all.String()}
}

// watch keeps messages, and calls seen when the text has come for the first time, or when no more can come.
type watch struct {
	text string
	seen func()

	mu  sync.Mutex
	all strings.Builder
}

func (w *watch) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Write(p)
	if w.seen != nil && strings.Contains(w.all.String(), w.text) {
		w.seen()
		w.seen = nil
	}
	return len(p), nil
}

func (w *watch) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen != nil {
		w.seen()
		w.seen = nil
	}
}

// readFindings adds what the report says.
func readFindings(t *testing.T, o outcome, dir string) outcome {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "findings.json"))
	if err != nil {
		t.Fatalf("%v\n%s", err, o.stderr)
	}
	if err := json.Unmarshal(data, &o.findings); err != nil {
		t.Fatal(err)
	}
	return o
}
