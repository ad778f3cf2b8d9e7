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
	evidence []string
	ldif     []string
	previous string
	identity string
	out      string
	formats  []string
}

func newAudit(a *app) *cobra.Command {
	f := auditFlags{}
	c := &cobra.Command{
		Use:   "audit [--config FILE] [--evidence FILE]... [--ldif FILE]... --out DIR",
		Short: "Judge the sources, or evidence collected before, and write reports",
		Long: "Reads the configured sources, or takes evidence and LDIF files instead, judges them against the rules and writes reports into a folder. Reports are written aside " +
			"and put into place together.\n\n" + exitHelp,
		Example: `  hybridaudit audit --config hybridaudit.yaml --out report
  hybridaudit audit --evidence ad.evidence --evidence tenant.evidence --out report
  hybridaudit audit --ldif contoso.ldf --ldif configuration.ldf --evidence tenant.evidence --out report`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.runAudit(c.Context(), f) },
	}
	c.Flags().StringArrayVar(&f.evidence, "evidence", nil, "evidence `FILE` to judge instead of reading the sources; may be repeated for several forests and tenants")
	c.Flags().StringArrayVar(&f.ldif, "ldif", nil, "LDIF `FILE` exported from a directory, to judge instead of reading the sources; may be repeated")
	c.Flags().StringVar(&f.previous, "previous", "", previousHelp)
	c.Flags().StringVar(&f.identity, "identity", "", "age identity `FILE` for encrypted evidence")
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

// evidence gives what is to be judged: from files, or from the sources.
func (a *app) evidence(ctx context.Context, cfg *config.Config, f auditFlags, o audit.Options) (*evidence.Snapshot, error, error) {
	if len(f.evidence)+len(f.ldif) > 0 {
		if f.previous != "" {
			return nil, nil, usage("--previous is for reading the sources, and with --evidence or --ldif none is read")
		}
		s, err := a.fromFiles(ctx, cfg, f, o)
		if err != nil {
			return nil, nil, err
		}
		return s.Keep(func(d evidence.Dataset) bool { return d.AD() && a.reads("ad") || d.Tenant() && a.reads("tenant") }), nil, nil
	}
	src, err := a.connect(cfg, o.Scope.NeedsMemberOf())
	if err != nil {
		return nil, nil, exit(exitUsage, err)
	}
	if err := (earlier{f.previous, f.identity}).into(src); err != nil {
		return nil, nil, err
	}
	got, err := a.collect(ctx, src, o.Rules, requested(cfg))
	if err != nil {
		return nil, nil, err
	}
	if got.nothing() {
		return nil, nil, nothingRead(got)
	}
	s, err := merge(got.parts)
	return s, got.refused, err
}

func (a *app) document(r *audit.Result, settings audit.Settings) (*document.Document, error) {
	words, err := text.English()
	if err != nil {
		return nil, err
	}
	return document.New(r, document.Meta{Tool: "hybridaudit", Version: toolVersion(), Lang: words.Lang, Words: words, Made: time.Now(), Settings: settings}), nil
}
