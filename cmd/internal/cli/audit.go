package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"hybridaudit/audit"
	"hybridaudit/audit/text"
	"hybridaudit/cmd/internal/config"
	"hybridaudit/reports/document"
	"hybridaudit/sources/evidence"
)

// auditFlags are the inputs and outputs of an audit.
type auditFlags struct {
	evidence  []string
	ldif      []string
	graphJSON []string
	imports   []string
	previous  string
	identity  string
	out       string
	formats   []string
}

// files says that files are judged instead of sources that are read.
func (f auditFlags) files() bool { return len(f.evidence)+len(f.ldif)+len(f.graphJSON) > 0 }

func newAudit(a *app) *cobra.Command {
	f := auditFlags{}
	c := &cobra.Command{
		Use:   "audit [--config FILE] [--evidence FILE]... [--ldif FILE]... [--graph-json DIR]... [--import FILE]... --out DIR",
		Short: "Judge the sources, or evidence collected before, and write reports",
		Long: "Reads the configured sources, or takes evidence, LDIF files and saved pages of Graph instead, judges them against the rules and writes reports into a folder. The output of " +
			"PowerShell commands (--import) is judged besides. Reports are written aside and put into place together.\n\n" + exitHelp,
		Example: `  hybridaudit audit --config hybridaudit.yaml --out report
  hybridaudit audit --evidence ad.evidence --evidence tenant.evidence --out report
  hybridaudit audit --ldif contoso.ldf --ldif configuration.ldf --evidence tenant.evidence --out report
  hybridaudit audit --ldif contoso.ldf --graph-json pages --import Get-CsOnlineUser.xml --out report`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runAudit(c.Context(), f) },
	}
	c.Flags().StringArrayVar(&f.evidence, "evidence", nil, "evidence `FILE` to judge instead of reading the sources; may be repeated for several forests and tenants")
	c.Flags().StringArrayVar(&f.ldif, "ldif", nil, "LDIF `FILE` exported from a directory, to judge instead of reading the sources; may be repeated")
	c.Flags().StringArrayVar(&f.graphJSON, "graph-json", nil, "`DIR` with the pages of one tenant saved from Microsoft Graph, to judge instead of reading the sources; may be repeated")
	c.Flags().StringArrayVar(&f.imports, "import", nil, importHelp)
	c.Flags().StringVar(&f.previous, "previous", "", previousHelp)
	c.Flags().StringVar(&f.identity, "identity", "", "age identity `FILE` for encrypted evidence")
	c.Flags().StringVar(&a.site, "site", "", siteHelp)
	c.Flags().StringVar(&f.out, "out", "", "`DIR` to write the reports into")
	c.Flags().StringSliceVar(&f.formats, "format", []string{"xlsx", "json"}, "`FORMATS` to write: xlsx, json")
	return c
}

func (a *app) runAudit(ctx context.Context, f auditFlags) error {
	if f.out == "" {
		return usage("audit wants --out DIR")
	}
	kinds, err := chosen(f.formats)
	if err != nil {
		return err
	}
	cfg, options, err := a.loadConfig()
	if err != nil {
		return err
	}
	s, refused, err := a.evidence(ctx, cfg, f, options)
	if err != nil {
		return err
	}
	result, err := audit.Run(ctx, s, options)
	if err != nil {
		return err
	}
	if err := folder(f.out); err != nil {
		return err
	}
	d, err := a.document(result, options.Settings)
	if err != nil {
		return err
	}
	paths, err := a.reports(ctx, f.out, kinds, d)
	if err != nil {
		return err
	}
	if err := a.summary(d, paths); err != nil {
		return err
	}
	return a.outcome(result, refused)
}

// evidence gives what is to be judged: from files, or from the sources, and the output of PowerShell commands besides.
func (a *app) evidence(ctx context.Context, cfg *config.Config, f auditFlags, o audit.Options) (*evidence.Snapshot, error, error) {
	if f.files() && f.previous != "" {
		return nil, nil, usage("--previous is for reading the sources, and with --evidence, --ldif or --graph-json none is read")
	}
	exports, err := a.loadExports(ctx, cfg, f.imports, len(f.evidence) == 0)
	if err != nil {
		return nil, nil, err
	}
	if !f.files() {
		r, err := a.prepareReading(cfg, o.Scope.NeedsMemberOf(), earlier{f.previous, f.identity}, exports)
		if err != nil {
			return nil, nil, err
		}
		got, err := a.readSources(ctx, cfg, r, o.Rules)
		if err != nil {
			return nil, nil, err
		}
		s, err := merge(got.parts)
		return s, got.refused, err
	}
	parts, err := a.fromFiles(ctx, cfg, f, o)
	if err != nil {
		return nil, nil, err
	}
	if parts, err = a.withExports(cfg, parts, exports, false); err != nil {
		return nil, nil, err
	}
	s, err := merge(parts)
	if err != nil {
		return nil, nil, err
	}
	return s.Keep(a.keeps), nil, nil
}

// keeps says whether a dataset is of a source that is part of this run. What was exported from servers and from Entra Connect goes with the directory, what was exported from
// the tenant with the tenant.
func (a *app) keeps(d evidence.Dataset) bool {
	if d.Network() {
		return a.reads("network")
	}
	if d.OfTenant() {
		return a.reads("tenant")
	}
	return a.reads("ad")
}

func (a *app) document(r *audit.Result, settings audit.Settings) (*document.Document, error) {
	words, err := text.English()
	if err != nil {
		return nil, err
	}
	return document.New(r, document.Meta{Tool: "hybridaudit", Version: toolVersion(), Lang: words.Lang, Words: words, Made: time.Now(), Settings: settings}), nil
}
