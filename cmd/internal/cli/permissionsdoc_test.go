package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hybridaudit/audit/text"
	"hybridaudit/sources/graph"
)

const (
	tableBegin = "<!-- table: UPDATE=1 go test ./cmd/internal/cli -run TestPermissionsDocument -->\n"
	tableEnd   = "<!-- end -->\n"
)

// permissionTable is the table of permissions as the documentation has it: each once, with all that it gives.
func permissionTable(labels *text.Catalogue) string {
	type row struct{ name, role, gives, notes string }
	var rows []*row
	by := map[string]*row{}
	for _, p := range graph.Permissions() {
		r := by[p.Name]
		if r == nil {
			r = &row{name: p.Name, role: p.RoleID}
			by[p.Name] = r
			rows = append(rows, r)
		}
		label := labels.Get("dataset." + string(p.Dataset))
		if r.gives != "" {
			r.gives += "; "
		}
		r.gives += label
		if p.Note != "" {
			r.notes += label + ": " + p.Note + " "
		}
	}
	var b strings.Builder
	b.WriteString("| permission | role id | gives | note |\n|---|---|---|---|\n")
	for _, r := range rows {
		b.WriteString("| `" + r.name + "` | `" + r.role + "` | " + r.gives + " | " + strings.TrimSpace(r.notes) + " |\n")
	}
	return b.String()
}

// docs/permissions.md has the permissions that the collector asks for, and nothing else.
func TestPermissionsDocument(t *testing.T) {
	path := filepath.Join(root, "docs/permissions.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	labels, err := text.English()
	if err != nil {
		t.Fatal(err)
	}
	before, rest, _ := strings.Cut(string(data), tableBegin)
	got, after, ok := strings.Cut(rest, tableEnd)
	if !ok {
		t.Fatal("docs/permissions.md lacks the marks of the table")
	}
	want := permissionTable(labels)
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(path, []byte(before+tableBegin+want+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table of docs/permissions.md is out of date; run UPDATE=1 go test ./cmd/internal/cli -run TestPermissionsDocument\n%s", diff)
	}
	for _, m := range graph.Methods() {
		if !strings.Contains(after, "| `"+m+"` |") {
			t.Errorf("docs/permissions.md does not explain graph.auth %s", m)
		}
	}
	for _, c := range graph.Clouds() {
		if !strings.Contains(after, "| "+c+" |") || !strings.Contains(after, strings.TrimPrefix(graph.Root(c), "https://")) {
			t.Errorf("docs/permissions.md does not have the addresses of cloud %s", c)
		}
	}
}
