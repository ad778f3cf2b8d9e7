package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"hybridaudit/sources/imports"
	"hybridaudit/sources/lab"
)

// saveExports writes the PowerShell output of a sample organisation and its subsidiary below a folder, as an administrator would have saved it, and gives the files as
// --import takes them: SOURCE=FILE.
func saveExports(dir string, org lab.Organisation) ([]string, error) {
	var given []string
	for _, o := range org.All() {
		to := filepath.Join(dir, strings.ToLower(o.Directory.NetBIOSName))
		if len(o.Exports) == 0 {
			continue
		}
		if err := os.MkdirAll(to, 0o700); err != nil {
			return nil, exit(exitReport, err)
		}
		for _, e := range o.Exports {
			path := filepath.Join(to, e.Command+".json")
			if err := place(path, func(w io.Writer) error { return writeObjects(w, e.Objects) }); err != nil {
				return nil, err
			}
			source := o.Directory.ForestName
			if ofTenant(e.Command) {
				source = o.Tenant.ID
			}
			given = append(given, source+"="+path)
		}
	}
	return given, nil
}

// ofTenant says whether a command asks the tenant; the others ask the servers of a forest.
func ofTenant(command string) bool {
	return slices.ContainsFunc(imports.Commands(), func(c imports.Command) bool { return c.File() == command && c.Tenant() })
}

// writeObjects writes objects as ConvertTo-Json does.
func writeObjects(w io.Writer, objects []json.RawMessage) error {
	var all bytes.Buffer
	all.WriteByte('[')
	for i, o := range objects {
		if i > 0 {
			all.WriteByte(',')
		}
		all.WriteByte('\n')
		all.Write(o)
	}
	all.WriteString("\n]\n")
	_, err := w.Write(all.Bytes())
	if err != nil {
		return errors.Join(errors.New("writing PowerShell output"), err)
	}
	return nil
}

// beneath makes the files of saveExports relative to a folder, as a configuration in it names them.
func beneath(dir string, given []string) ([]string, error) {
	var all []string
	for _, text := range given {
		source, path, _ := strings.Cut(text, "=")
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return nil, fmt.Errorf("naming %s in the configuration: %w", path, err)
		}
		all = append(all, source+"="+filepath.ToSlash(rel))
	}
	return all, nil
}
