package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"

	"hybridaudit/audit"
	"hybridaudit/cmd/internal/config"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/imports"
)

// part is evidence, and the files or the section of the configuration that it is from.
type part struct {
	snapshot *evidence.Snapshot
	from     string
}

// earlier is evidence of an earlier run, from which directories and tenants catch up.
type earlier struct{ path, identity string }

const previousHelp = "evidence `FILE` of an earlier run: of a directory whose domain controller is the same, and of the same tenant, only what changed since is read"

// into gives the evidence to the sources that can use it.
func (e earlier) into(s sources) error {
	switch {
	case e.path == "":
		return nil
	case s.none():
		return usage("--previous is for reading directories and tenants, and none is read")
	}
	parts, err := loadEvidence([]string{e.path}, e.identity)
	if err != nil {
		return err
	}
	for _, f := range s.ad {
		f.Previous = parts[0].snapshot
	}
	for _, t := range s.graph {
		t.Previous = parts[0].snapshot
	}
	return nil
}

// fromFiles reads what evidence files, LDIF files and saved pages of Graph hold.
func (a *app) fromFiles(ctx context.Context, cfg *config.Config, f auditFlags, o audit.Options) ([]part, error) {
	parts, err := loadEvidence(f.evidence, f.identity)
	if err != nil {
		return nil, err
	}
	if len(f.ldif) > 0 {
		imported, err := a.importLDIF(ctx, cfg, f.ldif, o)
		if err != nil {
			return nil, err
		}
		parts = append(parts, imported...)
	}
	for _, dir := range f.graphJSON {
		imported, err := a.importGraph(ctx, cfg, dir, o)
		if err != nil {
			return nil, err
		}
		parts = append(parts, imported)
	}
	return parts, nil
}

// merge puts the parts together; two of the same forest or tenant are an error that names both.
func merge(parts []part) (*evidence.Snapshot, error) {
	snapshots := make([]*evidence.Snapshot, len(parts))
	for i, p := range parts {
		snapshots[i] = p.snapshot
	}
	merged, err := evidence.Merge(snapshots...)
	var twice *evidence.OverlapError
	if errors.As(err, &twice) {
		return nil, usage("%s and %s both hold evidence of %s: give only one of them", parts[twice.First].from, parts[twice.Second].from, twice.Source)
	}
	return merged, err
}

// loadEvidence reads evidence files.
func loadEvidence(paths []string, identityFile string) ([]part, error) {
	var identities []age.Identity
	if identityFile != "" {
		f, err := os.Open(identityFile) //nolint:gosec // the administrator names the file
		if err != nil {
			return nil, usage("--identity: %w", err)
		}
		identities, err = age.ParseIdentities(io.LimitReader(f, 1<<20))
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, usage("--identity %s: %w", identityFile, err)
		}
	}
	var parts []part
	for _, p := range paths {
		s, err := loadOne(p, identities)
		if err != nil {
			return nil, exit(exitUsage, fmt.Errorf("%s: %w", p, err))
		}
		parts = append(parts, part{s, p})
	}
	return parts, nil
}

// importLDIF reads LDIF files, all together: one of a domain and one of the configuration partition make one forest.
func (a *app) importLDIF(ctx context.Context, cfg *config.Config, paths []string, o audit.Options) ([]part, error) {
	_, wanted := audit.Wanted(o.Rules, requested(cfg)...)
	if o.Scope.NeedsMemberOf() {
		wanted = append(wanted, "memberOf")
	}
	var files []imports.File
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, usage("--ldif: %w", err)
		}
		files = append(files, imports.File{Name: p, Modified: info.ModTime(), Open: func() (io.ReadCloser, error) { return os.Open(p) }}) //nolint:gosec // as above
	}
	progress := a.newProgress()
	defer progress.close()
	snapshots, err := imports.LDIF(ctx, files, imports.Options{
		Wanted: wanted, AllAttributes: cfg.LDIF.AllAttributes, Attributes: cfg.LDIF.Attributes, Whole: cfg.LDIF.Whole, Progress: progress.source(), Log: a.log,
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, exit(exitUsage, err)
	}
	var parts []part
	for _, s := range snapshots {
		parts = append(parts, part{s, strings.Join(paths, ", ")})
	}
	return parts, nil
}
