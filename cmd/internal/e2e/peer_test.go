package e2e

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// domainController starts a real Samba domain controller filled from the LDIF file, and gives what its env file says. It ends with the test, however
// that ends: the script watches over this process.
func domainController(t *testing.T, addr, ldif string) map[string]string {
	t.Helper()
	if os.Geteuid() != 0 {
		missing(t, "Samba domain controller", "it wants root")
	}
	state := filepath.Join(t.TempDir(), "dc")
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{filepath.Join(root, "testdata/samba/up.sh"), state, "--addr", addr, "--cache", filepath.Join(cache, "hybridaudit-ci", "samba"), ldif}
	up := exec.CommandContext(t.Context(), "bash", args...)
	out, err := up.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 3 {
		missing(t, "Samba domain controller", string(out))
	}
	if err != nil {
		t.Fatalf("starting the domain controller: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("bash", filepath.Join(root, "testdata/samba/down.sh"), state, "--purge").CombinedOutput(); err != nil {
			t.Errorf("stopping the domain controller: %v\n%s", err, out)
		}
	})
	return envFile(t, filepath.Join(state, "env"))
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
