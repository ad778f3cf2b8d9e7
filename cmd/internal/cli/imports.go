package cli

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/cmd/internal/config"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/imports"
)

const importHelp = "`FILE` with the output of a PowerShell command (JSON, CSV or CliXml), or TENANT=FILE or FOREST=FILE where there are several; may be repeated (docs/imports.md)"

// loadExports reads the output of PowerShell commands: the files of the command line, and those of the configuration unless evidence is given, which holds them already.
// What belongs to sources that are left out is passed over.
func (a *app) loadExports(ctx context.Context, cfg *config.Config, given []string, configured bool) ([]*imports.Export, error) {
	var files []imports.ExportFile
	add := func(key, text string, place func(string) string) error {
		f, err := exportFile(text, place)
		if err != nil {
			return usage("%s: %w", key, err)
		}
		files = append(files, f)
		return nil
	}
	for _, text := range given {
		if err := add("--import", text, func(path string) string { return path }); err != nil {
			return nil, err
		}
	}
	if configured {
		for _, text := range cfg.Imports.Files {
			if err := add("imports.files", text, a.beside); err != nil {
				return nil, err
			}
		}
	}
	if len(files) == 0 {
		return nil, nil
	}
	progress := a.newProgress()
	defer progress.close()
	exports, err := imports.Exports(ctx, files, imports.ExportOptions{Progress: progress.source(), Log: a.log})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, exit(exitUsage, err)
	}
	return slices.DeleteFunc(exports, func(e *imports.Export) bool { return !a.keeps(e.Command.Dataset) }), nil
}

// exportFile takes FILE or SOURCE=FILE apart. A name with an equals sign in it that is there is a file.
func exportFile(text string, place func(string) string) (imports.ExportFile, error) {
	f := imports.ExportFile{}
	path := place(text)
	info, err := os.Stat(path)
	if source, rest, ok := strings.Cut(text, "="); err != nil && ok && source != "" && rest != "" && !strings.ContainsAny(source, `/\`) {
		f.Source, path = source, place(rest)
		info, err = os.Stat(path)
	}
	if err != nil {
		return f, err
	}
	f.File = imports.File{Name: path, Modified: info.ModTime(), Open: opener(path)}
	return f, nil
}

func opener(path string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return os.Open(path) } //nolint:gosec // the administrator names the file
}

// importGraph reads the pages that a folder and those below it hold.
func (a *app) importGraph(ctx context.Context, cfg *config.Config, dir string, o audit.Options) (part, error) {
	files, err := pagesIn(dir)
	if err != nil {
		return part{}, usage("--graph-json: %w", err)
	}
	if len(files) == 0 {
		return part{}, usage("--graph-json %s: there is no file in it", dir)
	}
	wanted, _ := audit.Wanted(o.Rules, requested(cfg)...)
	progress := a.newProgress()
	defer progress.close()
	s, err := imports.Graph(ctx, files, imports.GraphOptions{Name: filepath.Clean(dir), Wanted: wanted, Progress: progress.source(), Log: a.log})
	switch {
	case ctx.Err() != nil:
		return part{}, ctx.Err()
	case err != nil:
		return part{}, exit(exitUsage, err)
	}
	return part{s, dir}, nil
}

// pagesIn lists the files of a folder and those below it, in the order of their names. Hidden ones are none of them.
func pagesIn(dir string) ([]imports.File, error) {
	var files []imports.File
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case path != dir && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		info, err := os.Stat(path) // of a link, what it points to
		if err != nil {
			return err
		}
		if info.Mode().IsRegular() {
			files = append(files, imports.File{Name: path, Modified: info.ModTime(), Open: opener(path)})
		}
		return nil
	})
	return files, err
}

// reading is a run that reads sources: which, the output of PowerShell commands that comes on top, and the look at the network that comes last.
type reading struct {
	sources sources
	exports []*imports.Export
	outlook *outlook
}

// prepareReading makes everything ready that is known before anything is asked. When no source is configured, the output of PowerShell commands stands alone, and so does the
// network when it is asked for by itself.
func (a *app) prepareReading(cfg *config.Config, memberOf bool, before earlier, exports []*imports.Export) (reading, error) {
	r := reading{exports: exports}
	var err error
	if r.outlook, err = a.outlook(cfg); err != nil {
		return r, err
	}
	if r.sources, err = a.connect(cfg, memberOf); err != nil {
		return r, exit(exitUsage, err)
	}
	if r.outlook == nil && slices.Equal(a.only, []string{"network"}) {
		return r, usage("--only network, and the configuration switches it off: network.enabled is false")
	}
	switch configured := sourcesOf(cfg) != noSource; {
	case !r.sources.none() || r.outlook != nil && a.networkAlone(cfg):
	case configured || len(exports) == 0:
		return r, usage("no source to read: configure a directory (ldap), a tenant (graph) or both, or give --evidence, --ldif, --graph-json or --import; " +
			"'hybridaudit config example' prints a configuration")
	default:
		r.outlook = nil
	}
	if err := before.into(r.sources); err != nil {
		return r, err
	}
	if err := imports.Check(exports, imports.World{Tenants: configuredTenants(r.sources)}); err != nil {
		return r, exit(exitUsage, err)
	}
	return r, nil
}

// readSources reads the sources, adds the output of PowerShell commands, and looks at the network for what these name.
func (a *app) readSources(ctx context.Context, cfg *config.Config, r reading, rules []*audit.Rule) (got collected, err error) {
	if !r.sources.none() {
		if got, err = a.collect(ctx, r.sources, rules, requested(cfg)); err != nil {
			return got, err
		}
		if got.nothing() {
			return got, nothingRead(got)
		}
	}
	if got.parts, err = a.withExports(cfg, got.parts, r.exports, true); err != nil || r.outlook == nil {
		return got, err
	}
	got.parts, err = a.look(ctx, r.outlook, got.parts, rules)
	return got, err
}

// configuredTenants are the tenants that will be read, as far as their ids are known.
func configuredTenants(s sources) []imports.Known {
	var all []imports.Known
	for _, t := range s.graph {
		id, err := directory.ParseGUID(t.TenantID)
		if err != nil {
			id = directory.GUID{}
		}
		all = append(all, imports.Known{Name: t.TenantID, ID: id})
	}
	return all
}

// withExports adds the output of PowerShell commands to other evidence; live says that this was read just now.
func (a *app) withExports(cfg *config.Config, parts []part, exports []*imports.Export, live bool) ([]part, error) {
	if len(exports) == 0 {
		return parts, nil
	}
	w := worldOf(parts)
	w.MaxAge, w.Reference = cfg.Imports.MaxAge, time.Now()
	if !live {
		w.Reference = time.Time{}
		for _, p := range parts {
			if p.snapshot.Taken().After(w.Reference) {
				w.Reference = p.snapshot.Taken()
			}
		}
	}
	a.alias(w.Forests, cfg)
	snapshots, err := imports.Place(exports, w)
	if err != nil {
		return nil, exit(exitUsage, err)
	}
	if len(parts) == 0 { // then their own time is the clock of the rules
		var latest time.Time
		for _, e := range exports {
			if e.Newest.After(latest) {
				latest = e.Newest
			}
		}
		parts = append(parts, part{evidence.NewBuilder(latest).Seal(), ""})
	}
	for i, s := range snapshots {
		parts = append(parts, part{s, strings.Join(exports[i].Files, ", ")})
	}
	return parts, nil
}

// worldOf says which tenants and forests evidence is of.
func worldOf(parts []part) imports.World {
	var w imports.World
	for _, p := range parts {
		s := p.snapshot
		for _, c := range s.Coverage() {
			switch {
			case c.Source == "" || c.State == evidence.NotRequested:
			case c.Dataset.AD():
				known(&w.Forests, c.Source).Unread = true
			case c.Dataset.Tenant():
				known(&w.Tenants, c.Source).Unread = true
			}
		}
		for f := range s.Forests() {
			known(&w.Forests, f.Name()).Unread = false
		}
		for o := range s.Organizations() {
			k := known(&w.Tenants, tenantName(s, o))
			k.ID, k.Unread = o.ID(), false
			k.Aliases = append(k.Aliases, o.Name())
		}
		for d := range s.Domains() {
			if d.Tenant() != "" && d.Verified() {
				k := known(&w.Tenants, d.Tenant())
				k.Aliases = append(k.Aliases, d.ID())
			}
		}
	}
	for i := range w.Tenants {
		if id, err := directory.ParseGUID(w.Tenants[i].Name); err == nil && w.Tenants[i].ID.IsZero() {
			w.Tenants[i].ID = id
		}
	}
	return w
}

// tenantName is what evidence calls a tenant.
func tenantName(s *evidence.Snapshot, o evidence.Organization) string {
	if of := s.Of(evidence.TenantOrganization); o.Tenant() == "" && len(of) == 1 && of[0].Source != "" {
		return of[0].Source
	}
	if o.Tenant() == "" {
		return o.ID().String()
	}
	return o.Tenant()
}

// known finds or adds a name.
func known(all *[]imports.Known, name string) *imports.Known {
	for i := range *all {
		if strings.EqualFold((*all)[i].Name, name) {
			return &(*all)[i]
		}
	}
	*all = append(*all, imports.Known{Name: name})
	return &(*all)[len(*all)-1]
}

// alias lets the only forest be called as the configuration calls it, which may be by another domain of it.
func (a *app) alias(forests []imports.Known, cfg *config.Config) {
	configured := cfg.LDAP.Directories()
	if len(forests) == 1 && len(configured) == 1 {
		forests[0].Aliases = append(forests[0].Aliases, configured[0].Name())
	}
}
