package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
	graphlab "hybridaudit/sources/lab/server/graph"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

// command runs one command in this process.
func command(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = Run(ctx, args, IO{In: strings.NewReader(""), Out: &out, Err: &err})
	return code, out.String(), err.String()
}

// labAt serves a small organisation with the faults of one rule and writes the configuration for it into dir.
func labAt(t *testing.T, dir, rule string, o server.Options) (config string) {
	t.Helper()
	org, err := plant.New(plant.Options{People: 120, Only: []string{rule}, Alone: true, Now: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	running, err := server.Start(context.Background(), org, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	})
	config = filepath.Join(dir, "lab.yaml")
	if err := labConfig(config, running, org); err != nil {
		t.Fatal(err)
	}
	return config
}

// files reads a folder.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(data)
	}
	return all
}

// watcher calls seen once, when the text has been written to it.
type watcher struct {
	text string
	seen func()

	mu   sync.Mutex
	all  bytes.Buffer
	once sync.Once
}

func (w *watcher) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Write(p)
	if strings.Contains(w.all.String(), w.text) {
		w.once.Do(w.seen)
	}
	return len(p), nil
}

// An interrupt in the middle ends a run with 130 and without a trace: the reports of the run before stay byte for byte, nothing is left beside them, and
// nothing goes on in the background.
func TestInterruptInTheMiddle(t *testing.T) {
	slowDirectory := server.Options{LDAPFaults: []ldaplab.Fault{{Kind: ldaplab.SlowDrip, Filter: "objectClass=user", Size: 100, Every: 50 * time.Millisecond, Times: -1}}}
	slowTenant := server.Options{GraphFault: []graphlab.Fault{{Path: "users", Kind: graphlab.Slow, Delay: time.Minute, Times: -1}}}
	throttled := server.Options{GraphFault: []graphlab.Fault{{Path: "users", Kind: graphlab.Throttled, RetryAfter: 10 * time.Minute, Times: -1}}}
	for _, tt := range []struct {
		name string
		lab  server.Options
		at   string // what the run says when it is interrupted
		args []string
	}{
		{"reading the directory", slowDirectory, "(objectClass=contact)", []string{"--only", "ad", "--verbose"}},
		{"reading the tenant", slowTenant, "dataset=ad.groups state=complete", nil},
		{"waiting for the tenant", throttled, "Graph asks to wait", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			there := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, there) }) // behind the labs' own
			dir := t.TempDir()
			out := filepath.Join(dir, "report")
			config := labAt(t, t.TempDir(), plant.NoFaults, server.Options{})
			if code, _, stderr := command(t.Context(), "audit", "--quiet", "--config", config, "--out", out); code != 0 {
				t.Fatalf("%d: %s", code, stderr)
			}
			kept := filepath.Join(out, "kept.evidence")
			if code, _, stderr := command(t.Context(), "collect", "--quiet", "--config", config, "--out", kept); code != 0 {
				t.Fatalf("%d: %s", code, stderr)
			}
			before := files(t, out)
			slow := labAt(t, t.TempDir(), plant.NoFaults, tt.lab)
			for _, args := range [][]string{{"audit", "--config", slow, "--out", out}, {"collect", "--config", slow, "--out", kept}, {"audit", "--config", slow, "--out", filepath.Join(dir, "fresh")}} {
				ctx, cancel := context.WithCancel(t.Context())
				w := &watcher{text: tt.at, seen: cancel}
				guard := time.AfterFunc(30*time.Second, cancel)
				code := Run(ctx, append(args, tt.args...), IO{Out: io.Discard, Err: w})
				if !guard.Stop() {
					t.Errorf("%q was never said", tt.at)
				}
				cancel()
				if says := w.all.String(); code != exitInterrupted || !strings.HasSuffix(says, "hybridaudit: interrupted; what an earlier run wrote is untouched\n") {
					t.Errorf("%s ended with %d:\n%s", args[0], code, says)
				}
			}
			if diff := cmp.Diff(before, files(t, out)); diff != "" {
				t.Errorf("the earlier reports are not what they were: %.500s", diff)
			}
			if _, err := os.Stat(filepath.Join(dir, "fresh")); !errors.Is(err, os.ErrNotExist) {
				t.Error("an interrupted run made its folder")
			}
		})
	}
}

// An interrupt that comes when the reports are already in their place does not claim that the earlier ones are untouched.
func TestInterruptAfterTheReports(t *testing.T) {
	config := labAt(t, t.TempDir(), "SYN-002", server.Options{})
	out := filepath.Join(t.TempDir(), "report")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	w := &watcher{text: "findings.json\n", seen: cancel} // the end of the summary
	if code := Run(ctx, []string{"audit", "--config", config, "--out", out, "--format", "json"}, IO{Out: io.Discard, Err: w}); code != exitFindings {
		t.Errorf("ended with %d:\n%s", code, w.all.String())
	}
	if len(files(t, out)) != 1 {
		t.Error("no report")
	}
}
