// Package hybridaudit_test checks the repository itself: who may import whom, and what rules may not touch.
package hybridaudit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "hybridaudit"

// goPackage is what go list tells of a package.
type goPackage struct {
	ImportPath  string
	Imports     []string
	Deps        []string
	TestImports []string
}

func listPackages(t *testing.T) map[string]goPackage {
	t.Helper()
	c := exec.Command("go", "list", "-deps=false", "-json=ImportPath,Imports,Deps,TestImports", "./...")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	all := map[string]goPackage{}
	d := json.NewDecoder(bytes.NewReader(out))
	for {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all[p.ImportPath] = p
	}
}

// wall is one row of the import table. Paths are relative to the module; a trailing slash stands for everything below.
type wall struct {
	of string
	// may lists what of this module may be imported directly.
	may []string
	// never lists what must not be reached, directly or through others.
	never []string
}

var (
	network = []string{"net", "net/http", "github.com/go-ldap/ldap/v3", "github.com/microsoftgraph/", "github.com/microsoft/", "github.com/Azure/", "github.com/miekg/dns"}
	leaves  = []string{"sources/evidence/address", "sources/evidence/directory"}
	facts   = []string{"audit/join", "audit/owners", "audit/topology", "audit/plans", "audit/scope", "audit/domains", "audit/phone", "audit/records", "audit/hosts"}
)

func walls() []wall {
	collectors := []string{"sources/ad", "sources/graph", "sources/dns", "sources/probe"}
	fact := slices.Concat(leaves, []string{"sources/evidence"})
	w := []wall{
		{of: "sources/evidence/address", never: network},
		{of: "sources/evidence/directory", never: network},
		{of: "sources/evidence", may: leaves, never: network},
		{of: "sources/evidence/entries", may: fact, never: network},
		{of: "sources/evidence/objects", may: fact, never: network},
		{of: "sources/evidence/targets", may: fact, never: slices.DeleteFunc(slices.Clone(network), func(p string) bool { return p == "net" })}, // splits host:port
		{of: "sources/evidence/file", may: fact, never: []string{module + "/audit", module + "/reports/"}},
		{of: "sources/imports", may: slices.Concat(fact, []string{"sources/evidence/entries", "sources/evidence/objects", "sources/imports/"}), never: slices.Concat(network, []string{module + "/audit", module + "/audit/", module + "/reports/", module + "/sources/ad", module + "/sources/graph", module + "/sources/dns", module + "/sources/probe"})},
		{of: "sources/imports/", may: slices.Concat(leaves, []string{"sources/imports/"}), never: slices.Concat(network, []string{module + "/sources/ad", module + "/sources/graph", module + "/sources/dns", module + "/sources/probe"})},
		{of: "sources/lab/", may: slices.Concat(leaves, []string{"sources/lab", "sources/lab/"}), never: []string{module + "/audit", module + "/audit/", module + "/reports/", module + "/sources/ad", module + "/sources/graph", module + "/sources/dns", module + "/sources/probe"}},
		{of: "sources/lab", may: leaves, never: network},
		{of: "audit/text", never: network},
		{of: "audit", may: slices.Concat(fact, facts, []string{"audit/text"}), never: slices.Concat(network, []string{module + "/sources/evidence/file"})},
		{of: "audit/rules", may: []string{"audit", "audit/rules/"}, never: network},
		{of: "audit/rules/", may: slices.Concat(fact, facts, []string{"audit"}), never: network},
		{of: "reports/document", may: slices.Concat(fact, facts, []string{"audit", "audit/text", "reports/document/"}), never: []string{module + "/audit/rules", module + "/sources/ad", module + "/sources/graph", module + "/sources/dns", module + "/sources/probe"}},
		{of: "reports/document/textwidth", never: network},
		{of: "reports/document/documenttest", may: slices.Concat(fact, facts, []string{"audit", "audit/text", "reports/document"}), never: []string{"net/http"}},
		{of: "cmd/", may: []string{"cmd/", "sources/", "audit", "audit/", "reports/"}},
	}
	for _, f := range facts {
		may := slices.Concat(fact, []string{"audit/scope", "audit/phone", "audit/topology", "audit/domains"})
		if f == "audit/phone" {
			may = nil
		}
		w = append(w, wall{of: f, may: may, never: network})
	}
	for _, c := range collectors {
		never := []string{module + "/audit", module + "/audit/", module + "/reports/"}
		for _, other := range collectors {
			if other != c {
				never = append(never, module+"/"+other)
			}
		}
		may := slices.Concat(fact, []string{map[string]string{
			"sources/ad": "sources/evidence/entries", "sources/graph": "sources/evidence/objects", "sources/dns": "sources/evidence/targets", "sources/probe": "sources/evidence/targets",
		}[c]})
		w = append(w, wall{of: c, may: may, never: never})
	}
	for _, f := range []string{"xlsx", "jsonfile", "terminal"} {
		w = append(w, wall{of: "reports/" + f, may: []string{"reports/document", "reports/document/", "audit/text"}, never: []string{"net/http", module + "/sources/ad", module + "/sources/graph", module + "/sources/dns", module + "/sources/probe"}})
	}
	return w
}

func covers(pattern, path string) bool {
	return pattern == path || strings.HasSuffix(pattern, "/") && strings.HasPrefix(path, pattern)
}

// TestImportTable holds every package against the table, the most specific row counting. A package without a row fails, so that a new one gets its place.
func TestImportTable(t *testing.T) {
	for _, fault := range breaches(listPackages(t), walls()) {
		t.Error(fault)
	}
}

func breaches(packages map[string]goPackage, table []wall) []string {
	var faults []string
	for path, p := range packages {
		relative := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
		if relative == "" {
			continue // the tests of the repository
		}
		var row *wall
		for i := range table {
			if covers(table[i].of, relative) && (row == nil || len(table[i].of) > len(row.of)) {
				row = &table[i]
			}
		}
		if row == nil {
			faults = append(faults, fmt.Sprintf("%s has no row in the import table", relative))
			continue
		}
		for _, i := range p.Imports {
			own, ours := strings.CutPrefix(i, module+"/")
			if ours && !slices.ContainsFunc(row.may, func(m string) bool { return covers(m, own) }) {
				faults = append(faults, fmt.Sprintf("%s must not import %s", relative, own))
			}
			if strings.HasPrefix(relative, "audit/rules/") && ours && strings.HasPrefix(own, "audit/rules/") {
				faults = append(faults, fmt.Sprintf("%s imports another category, %s", relative, own))
			}
		}
		for _, d := range p.Deps {
			if slices.ContainsFunc(row.never, func(n string) bool { return covers(n, d) }) {
				faults = append(faults, fmt.Sprintf("%s reaches %s", relative, d))
			}
		}
	}
	slices.Sort(faults)
	return faults
}

// TestImportTableCatches proves that the table can fail.
func TestImportTableCatches(t *testing.T) {
	got := breaches(map[string]goPackage{
		module + "/audit/rules/sip": {Imports: []string{module + "/audit/rules/hom", module + "/sources/ad"}, Deps: []string{"net/http"}},
		module + "/sources/new":     {},
		module + "/reports/xlsx":    {Imports: []string{module + "/audit"}},
	}, walls())
	for _, want := range []string{
		"audit/rules/sip must not import audit/rules/hom", "audit/rules/sip must not import sources/ad", "audit/rules/sip reaches net/http",
		"audit/rules/sip imports another category, audit/rules/hom", "sources/new has no row in the import table", "reports/xlsx must not import audit",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not caught: %q", want, got)
		}
	}
}

// TestAuditIsPure holds the judging part to doing no input or output and knowing no clock but the evidence's.
func TestAuditIsPure(t *testing.T) {
	err := filepath.WalkDir("audit", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(f.Comments, func(c *ast.CommentGroup) bool { return strings.Contains(c.List[0].Text, "go:build ignore") }) {
			return nil // a generator, part of no program
		}
		for _, fault := range impure(f) {
			t.Errorf("%s %s", path, fault)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func impure(f *ast.File) []string {
	var faults []string
	for _, i := range f.Imports {
		switch path := strings.Trim(i.Path.Value, `"`); path {
		case "os", "math/rand", "math/rand/v2", "crypto/rand", "io/ioutil", "os/exec", "log", "log/slog":
			faults = append(faults, "imports "+path)
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains([]string{"Now", "Since", "Until", "Sleep", "After", "Tick"}, s.Sel.Name) {
				faults = append(faults, "uses time."+s.Sel.Name)
			}
		}
		return true
	})
	return faults
}

func TestImpureCatches(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nimport (\"os\"; \"time\")\nvar a, b = os.Args, time.Now()", 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := impure(f); len(got) != 2 {
		t.Errorf("caught %q", got)
	}
}
