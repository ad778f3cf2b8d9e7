package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/sources/graph"
)

const root = "../../.."

// docs/rules.md is what "hybridaudit rules docs" prints.
func TestRulesDocumentation(t *testing.T) {
	got, err := os.ReadFile(filepath.Join(root, "docs/rules.md"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(RulesMarkdown(), string(got)); diff != "" {
		t.Errorf("docs/rules.md is out of date; run make docs\n%s", diff)
	}
}

// The README names every permission that the collector asks for, every exit code and every command.
func TestReadme(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	readme := string(data)
	for _, p := range graph.Permissions() {
		if !strings.Contains(readme, p.Name) {
			t.Errorf("the README does not name %s", p.Name)
		}
	}
	for _, code := range []string{"| 130 |", "| 5 |", "| 4 |", "| 3 |", "| 2 |", "| 1 |", "| 0 |"} {
		if !strings.Contains(readme, code) {
			t.Errorf("the README does not explain exit code %s", code)
		}
	}
	for _, c := range newRoot(&app{}).Commands() {
		if !strings.Contains(readme, "`"+c.Name()) && !strings.Contains(readme, "hybridaudit "+c.Name()) && c.Name() != "version" {
			t.Errorf("the README does not mention %s", c.Name())
		}
	}
}

// Links in the documentation point at files that are there.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	files, err := filepath.Glob(filepath.Join(root, "docs/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, filepath.Join(root, "README.md"), filepath.Join(root, "CHANGELOG.md")) {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(data), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(f), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", f, m[1], err)
			}
		}
	}
}
