package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestSummary(t *testing.T) {
	cases := []struct {
		name    string
		events  string
		want    []string // lines in the output
		without string   // text that must not be there
		bad     bool
	}{
		{
			name: "all pass, what they print is not shown",
			events: `{"Action":"output","Package":"p","Test":"TestA","Output":"chatter\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.01s\n"}
{"Action":"pass","Package":"p"}`,
			want:    []string{"ok  \tp\t0.01s", "1 passed, 0 failed, 0 skipped"},
			without: "chatter",
		},
		{
			name: "a failure is shown whole",
			events: `{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:3: got 1\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- FAIL: TestA (0.00s)\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestB"}
{"Action":"fail","Package":"p"}`,
			want:    []string{"    a_test.go:3: got 1", "Failed:", "  p", "1 passed, 1 failed, 0 skipped"},
			without: "=== RUN",
			bad:     true,
		},
		{
			name: "a missing peer is named once with its command",
			events: `{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:9: peer domain controller is missing: no samba-tool; enable with: make peers (as root)\n"}
{"Action":"skip","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    a_test.go:9: peer domain controller is missing: no samba-tool; enable with: make peers (as root)\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p","Test":"TestC"}
{"Action":"pass","Package":"p"}`,
			want: []string{"  domain controller (2): no samba-tool; enable with: make peers (as root)", "1 passed, 0 failed, 2 skipped"},
		},
		{
			name: "another skip keeps its reason",
			events: `{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:9: only on Windows\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- SKIP: TestA (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestA"}
{"Action":"pass","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p"}`,
			want: []string{"  p TestA: a_test.go:9: only on Windows"},
		},
		{
			name: "a package that does not build",
			events: `{"ImportPath":"p [p.test]","Action":"build-output","Output":"p/a.go:1: syntax error\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}
{"Action":"pass","Package":"q","Test":"TestA"}`,
			want: []string{"p/a.go:1: syntax error", "FAIL\tp [build failed]", "  p [p.test] does not build"},
			bad:  true,
		},
		{
			name: "a test that never ended",
			events: `{"Action":"output","Package":"p","Test":"TestA","Output":"panic: deep in TestA\n"}
{"Action":"pass","Package":"p","Test":"TestB"}
{"Action":"fail","Package":"p"}`,
			want: []string{"panic: deep in TestA"},
			bad:  true,
		},
		{name: "nothing ran", events: "", want: []string{"0 passed, 0 failed, 0 skipped"}, bad: true},
		{name: "lines that are no events", events: "go: downloading x\n", want: []string{"go: downloading x"}, bad: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			s := newSummary(&out)
			if err := s.read(strings.NewReader(c.events)); err != nil {
				t.Fatal(err)
			}
			s.print()
			for _, line := range c.want {
				if !strings.Contains("\n"+out.String(), "\n"+line+"\n") {
					t.Errorf("no line %q in:\n%s", line, out.String())
				}
			}
			if c.without != "" && strings.Contains(out.String(), c.without) {
				t.Errorf("%q in:\n%s", c.without, out.String())
			}
			if s.bad() != c.bad {
				t.Errorf("bad() = %v, want %v", s.bad(), c.bad)
			}
			if s.required = true; s.bad() != (c.bad || s.skipped > 0) {
				t.Errorf("with every test required bad() = %v after %d were skipped", s.bad(), s.skipped)
			}
		})
	}
}
