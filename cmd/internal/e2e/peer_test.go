package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// root is the module's folder, seen from this package.
const root = "../../.."

// missing skips a test for want of a peer, or fails it where all peers are required.
func missing(t *testing.T, peer, reason string) {
	t.Helper()
	text := "peer " + peer + " is missing: " + strings.TrimSpace(reason) + "; enable with: make peers (as root)"
	if os.Getenv("HYBRIDAUDIT_E2E") == "required" {
		t.Fatal(text)
	}
	t.Skip(text)
}

// peer is a real Samba domain controller: where it listens, the root of its forest and what it holds.
type peer struct{ addr, base, ldif string }

// domainControllers starts real Samba domain controllers side by side and gives what their env files say, and as AD_STATE their folders. They end with the
// test, however that ends: the script watches over this process.
func domainControllers(t *testing.T, peers ...peer) []map[string]string {
	t.Helper()
	if os.Geteuid() != 0 {
		missing(t, "Samba domain controller", "it wants root")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	states, faults, said := make([]string, len(peers)), make([]error, len(peers)), make([]bytes.Buffer, len(peers))
	var starting sync.WaitGroup
	for i, p := range peers {
		states[i] = filepath.Join(t.TempDir(), "dc")
		up := exec.CommandContext(t.Context(), "bash", filepath.Join(root, "testdata/samba/up.sh"), states[i], "--domain-dn", p.base, "--addr", p.addr,
			"--cache", filepath.Join(cache, "hybridaudit-ci", "samba"), p.ldif)
		up.Stdout, up.Stderr = &said[i], &said[i]
		starting.Go(func() { faults[i] = up.Run() })
		t.Cleanup(func() { stopController(t, states[i], "--purge") })
	}
	starting.Wait()
	all := make([]map[string]string, len(peers))
	for i, err := range faults {
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == 3 {
			missing(t, "Samba domain controller", said[i].String())
		}
		if err != nil {
			t.Fatalf("starting the domain controller of %s: %v\n%s", peers[i].base, err, &said[i])
		}
		t.Logf("%s:\n%s", peers[i].base, &said[i])
		all[i] = envFile(t, filepath.Join(states[i], "env"))
		all[i]["AD_STATE"] = states[i]
	}
	return all
}

// stopController ends a domain controller's processes.
func stopController(t *testing.T, state string, options ...string) {
	t.Helper()
	args := append([]string{filepath.Join(root, "testdata/samba/down.sh"), state}, options...)
	if out, err := exec.Command("bash", args...).CombinedOutput(); err != nil {
		t.Errorf("stopping the domain controller: %v\n%s", err, out)
	}
}

func envFile(t *testing.T, path string) map[string]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // only read
	env := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), "="); ok {
			env[name] = value
		}
	}
	return env
}
