package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/plant"
	"hybridaudit/sources/lab/server"
)

// both serves the default organisation with its subsidiary.
func both(t *testing.T) *server.Running {
	t.Helper()
	org, err := plant.New(plant.Options{Now: time.Now().UTC().Truncate(time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	running, err := server.Start(context.Background(), org, server.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := running.Stop(); err != nil {
			t.Error(err)
		}
	})
	return running
}

func configured(t *testing.T, r *server.Running) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lab.yaml")
	if err := labConfig(path, r, lab.Organisation{}); err != nil {
		t.Fatal(err)
	}
	return path
}

type finding struct {
	RuleID  string
	Subject struct{ Kind, Source string }
}

func findingsIn(t *testing.T, dir string) (organisation map[string][]map[string]string, findings []finding) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "findings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Organisation map[string][]map[string]string
		Findings     []finding
	}
	if err := json.Unmarshal(data, &f); err != nil {
		t.Fatal(err)
	}
	return f.Organisation, f.Findings
}

func TestSeveralForestsAndTenants(t *testing.T) {
	running := both(t)
	out := filepath.Join(t.TempDir(), "report")
	code, _, stderr := command(t.Context(), "audit", "--config", configured(t, running), "--out", out, "--format", "json")
	if code != exitFindings {
		t.Fatalf("exit code %d\n%s", code, stderr)
	}
	organisation, findings := findingsIn(t, out)
	if len(organisation["forests"]) != 2 || len(organisation["tenants"]) != 2 {
		t.Errorf("organisation %v", organisation)
	}
	seen := map[string]bool{}
	for _, f := range findings {
		seen[f.RuleID+" "+f.Subject.Source] = true
	}
	for _, want := range []string{"HOM-002 wingtip.com", "SYN-001 " + running.Subsidiary.TenantID, "SYN-002 " + running.TenantID, "SIP-001 contoso.com"} {
		if !seen[want] {
			t.Errorf("no finding of %s", want)
		}
	}
	for _, never := range []string{"HOM-002 contoso.com", "SYN-001 " + running.TenantID} {
		if seen[never] {
			t.Errorf("a finding of %s", never)
		}
	}
}

// A forest that cannot be reached is a gap in the reports, and the other one is judged.
func TestOneOfTwoForestsUnreachable(t *testing.T) {
	running := both(t)
	gone := *running.Subsidiary
	gone.LDAPS = "127.0.0.1:1"
	half := *running
	half.Subsidiary = &gone
	out := filepath.Join(t.TempDir(), "report")
	code, _, stderr := command(t.Context(), "audit", "--config", configured(t, &half), "--out", out, "--format", "json")
	if code != exitIncomplete || !strings.Contains(stderr, "127.0.0.1") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	if _, findings := findingsIn(t, out); len(findings) == 0 {
		t.Error("the other forest has no findings")
	}
}

func TestSameForestTwice(t *testing.T) {
	running := both(t)
	same := *running
	same.Subsidiary = nil
	twice := same
	twice.Subsidiary = &same
	out := filepath.Join(t.TempDir(), "report")
	code, _, stderr := command(t.Context(), "audit", "--quiet", "--config", configured(t, &twice), "--out", out)
	if code != exitUsage || !strings.Contains(stderr, "ldap.forests[0] and ldap.forests[1] both hold evidence of forest contoso.com") {
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("something was written")
	}
}
