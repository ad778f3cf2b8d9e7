// Command testsummary reads what "go test -json" prints, shows it as "go test" would, and ends with what was left out and why: groups of
// tests that need a real peer (a domain controller, LibreOffice, a browser), with the command that enables each. It exits with 1 if a test
// failed, a package did not build, or no test ran, and with HYBRIDAUDIT_E2E=required if one was skipped.
//
// A test that needs a peer skips with the text "peer NAME is missing: REASON; enable with: COMMAND".
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

func main() {
	s := newSummary(os.Stdout)
	s.required = os.Getenv("HYBRIDAUDIT_E2E") == "required"
	if err := s.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	s.print()
	if s.bad() {
		os.Exit(1)
	}
}

// event is one line of "go test -json"; see "go doc test2json".
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Output     string
}

type testID struct{ pkg, test string }

// peer is a group of tests that a missing program keeps from running.
type peer struct {
	tests            int
	reason, enableBy string
}

type summary struct {
	out                     io.Writer
	output                  map[testID][]string // what tests printed, until it is known how they ended
	passed, failed, skipped int
	required                bool     // every test must run
	failures                []string // packages that did not build and the like
	peers                   map[string]*peer
	others                  []string // tests skipped for another reason
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, output: map[testID][]string{}, peers: map[string]*peer{}}
}

// read takes events until the end of r. A line that is no event (go writes some beside them) is passed on.
func (s *summary) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				fmt.Fprint(s.out, string(line))
			} else {
				s.take(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading test events: %w", err)
		}
	}
}

func (s *summary) take(e event) {
	id := testID{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(s.out, e.Output)
	case "build-fail":
		s.failures = append(s.failures, e.ImportPath+" does not build")
	case "output":
		s.keep(id, e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			s.endPackage(e)
		} else {
			s.endTest(id, e.Action)
		}
	}
}

// keep holds a line back: a test's until it has ended. Lines that "go test" shows only with -v are dropped.
func (s *summary) keep(id testID, line string) {
	if strings.HasPrefix(line, "=== ") {
		return
	}
	if id.test == "" {
		if line != "PASS\n" && line != "FAIL\n" && !strings.Contains(line, "[no test files]") {
			fmt.Fprint(s.out, line)
		}
		return
	}
	s.output[id] = append(s.output[id], line)
}

func (s *summary) endTest(id testID, how string) {
	lines := s.output[id]
	delete(s.output, id)
	switch how {
	case "pass":
		s.passed++
	case "fail":
		s.failed++
		fmt.Fprint(s.out, strings.Join(lines, ""))
	case "skip":
		s.skipped++
		s.skip(id, strings.Join(lines, ""))
	}
}

func (s *summary) endPackage(e event) {
	// tests that were still running when the package ended: a panic, a time-out, os.Exit
	for id, lines := range s.output {
		if id.pkg == e.Package {
			fmt.Fprint(s.out, strings.Join(lines, ""))
			delete(s.output, id)
		}
	}
	if e.Action == "fail" {
		s.failures = append(s.failures, e.Package)
	}
}

func (s *summary) skip(id testID, text string) {
	missing := regexp.MustCompile(`peer (.+?) is missing: (.*); enable with: (.*)`).FindStringSubmatch(text)
	if missing == nil {
		s.others = append(s.others, id.pkg+" "+id.test+": "+reason(text))
		return
	}
	p := s.peers[missing[1]]
	if p == nil {
		p = &peer{reason: missing[2], enableBy: missing[3]}
		s.peers[missing[1]] = p
	}
	p.tests++
}

// reason is what a skipped test gave as its reason: its output without the frame that go test puts around it.
func reason(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "--- ") && line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, " ")
}

// bad reports whether the run has to count as failed. A run without any test has proved nothing.
func (s *summary) bad() bool {
	return s.failed > 0 || len(s.failures) > 0 || s.passed == 0 || s.required && s.skipped > 0
}

func (s *summary) print() {
	fmt.Fprintln(s.out)
	if len(s.peers) > 0 {
		fmt.Fprintln(s.out, "Not run, because a real peer is missing:")
		for _, name := range slices.Sorted(maps.Keys(s.peers)) {
			p := s.peers[name]
			fmt.Fprintf(s.out, "  %s (%d): %s; enable with: %s\n", name, p.tests, p.reason, p.enableBy)
		}
	}
	if len(s.others) > 0 {
		fmt.Fprintln(s.out, "Skipped:")
		for _, o := range s.others {
			fmt.Fprintln(s.out, "  "+o)
		}
	}
	if len(s.failures) > 0 {
		fmt.Fprintln(s.out, "Failed:")
		for _, f := range slices.Compact(slices.Sorted(slices.Values(s.failures))) {
			fmt.Fprintln(s.out, "  "+f)
		}
	}
	fmt.Fprintf(s.out, "%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
}
