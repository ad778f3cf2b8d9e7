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

// peer is a real Samba domain controller: the options that up.sh wants for it and the LDIF that it holds.
type peer []string

// domainController starts a real Samba domain controller in the background. What it returns waits for it and gives what its env file says, and as AD_STATE its
// folder. It ends with the test t, however that ends: the script watches over this process.
func domainController(t *testing.T, p peer) func(t *testing.T) map[string]string {
	t.Helper()
	if os.Geteuid() != 0 {
		missing(t, "Samba domain controller", "it wants root")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "dc")
	args := []string{filepath.Join(root, "testdata/samba/up.sh"), state, "--cache", filepath.Join(cache, "hybridaudit-ci", "samba")}
	up := exec.CommandContext(t.Context(), "bash", append(args, p...)...)
	var (
		said     bytes.Buffer
		fault    error
		starting sync.WaitGroup
	)
	up.Stdout, up.Stderr = &said, &said
	starting.Go(func() { fault = up.Run() })
	t.Cleanup(func() {
		starting.Wait()
		stopController(t, state, "--purge")
	})
	return func(t *testing.T) map[string]string {
		t.Helper()
		starting.Wait()
		var exit *exec.ExitError
		if errors.As(fault, &exit) && exit.ExitCode() == 3 {
			missing(t, "Samba domain controller", said.String())
		}
		if fault != nil {
			t.Fatalf("starting the domain controller %s: %v\n%s", p, fault, &said)
		}
		t.Logf("%s:\n%s", p, &said)
		env := envFile(t, filepath.Join(state, "env"))
		env["AD_STATE"] = state
		return env
	}
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
