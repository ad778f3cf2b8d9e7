package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"testing"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/imports"
	"hybridaudit/sources/lab"
)

// withExports adds what the organisations' administrators saved with PowerShell.
func withExports(t testing.TB, org lab.Organisation, parts []*evidence.Snapshot) []*evidence.Snapshot {
	t.Helper()
	var files []imports.ExportFile
	world := imports.World{Reference: time.Now(), MaxAge: 24 * time.Hour}
	for _, o := range org.All() {
		world.Forests = append(world.Forests, imports.Known{Name: o.Directory.ForestName})
		world.Tenants = append(world.Tenants, imports.Known{Name: o.Tenant.ID})
		for _, e := range o.Exports {
			source := o.Directory.ForestName
			if slices.ContainsFunc(imports.Commands(), func(c imports.Command) bool { return c.File() == e.Command && c.Tenant() }) {
				source = o.Tenant.ID
			}
			data, err := json.Marshal(e.Objects)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, imports.ExportFile{Source: source, File: imports.File{Name: e.Command + ".json", Modified: time.Now(), Open: func() (io.ReadCloser, error) {
				return io.NopCloser(bytes.NewReader(data)), nil
			}}})
		}
	}
	exports, err := imports.Exports(t.Context(), files, imports.ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	more, err := imports.Place(exports, world)
	if err != nil {
		t.Fatal(err)
	}
	return append(parts, more...)
}
