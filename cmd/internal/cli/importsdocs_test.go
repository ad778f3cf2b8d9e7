package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/graph"
	"hybridaudit/sources/imports"
)

// docs/imports.md lists the commands and resources that can be imported, with the rules that use them.
func TestImportsDocumentation(t *testing.T) {
	path := filepath.Join(root, "docs/imports.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := section(t, section(t, string(data), "commands", commandsTable()), "resources", resourcesTable())
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Errorf("docs/imports.md is out of date; run UPDATE=1 go test ./cmd/internal/cli -run TestImportsDocumentation\n%s", diff)
	}
}

// section replaces what stands between the marks of a section.
func section(t *testing.T, text, name, table string) string {
	t.Helper()
	marks := regexp.MustCompile(`(?s)(<!-- ` + name + `: [^\n]*-->\n).*(<!-- end of ` + name + ` -->)`)
	m := marks.FindStringSubmatchIndex(text)
	if m == nil {
		t.Fatalf("docs/imports.md has no section of %s", name)
	}
	return text[:m[3]] + "\n" + table + "\n" + text[m[4]:]
}

// usedBy lists the rules that use a dataset, in their order.
func usedBy(d evidence.Dataset) string {
	var ids []string
	for _, r := range rules.All() {
		needs := slices.Clone(r.Needs)
		for _, v := range r.Variants {
			needs = append(needs, v.Needs...)
		}
		if slices.ContainsFunc(needs, func(n audit.Need) bool { return n.Dataset == d }) {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return "none yet"
	}
	return strings.Join(ids, ", ")
}

func commandsTable() string {
	var b strings.Builder
	for _, c := range imports.Commands() {
		fmt.Fprintf(&b, "**%s** (`%s`; rules: %s)\n\n```powershell\n%s\n```\n\n", strings.ToUpper(c.Title()[:1])+c.Title()[1:], c.Dataset, usedBy(c.Dataset), c.Line())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func resourcesTable() string {
	var b strings.Builder
	b.WriteString("| resource | `$select` | dataset, and the rules that use it |\n|---|---|---|\n")
	for _, r := range imports.Resources() {
		version, selects := "v1.0", "-"
		if r.Beta {
			version = "beta"
		}
		if s := r.Select(); s != "" {
			selects = "`" + s + "`"
		}
		fmt.Fprintf(&b, "| `%s/%s` | %s | `%s`: %s |\n", version, r.Path, selects, r.Dataset, usedBy(r.Dataset))
	}
	return b.String()
}

// What is documented to be saved is what the collector asks for.
func TestImportedResourcesAreThoseOfTheCollector(t *testing.T) {
	asked := map[evidence.Dataset]string{}
	for _, p := range graph.Permissions() {
		asked[p.Dataset] = p.Path
	}
	saved := map[evidence.Dataset]string{}
	for _, r := range imports.Resources() {
		saved[r.Dataset] = r.Path
	}
	if diff := cmp.Diff(asked, saved); diff != "" {
		t.Errorf("-asked +documented:\n%s", diff)
	}
}
