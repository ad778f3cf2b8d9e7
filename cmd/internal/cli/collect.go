package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"filippo.io/age"
	"github.com/spf13/cobra"

	"hybridaudit/audit/rules"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/file"
)

func newCollect(a *app) *cobra.Command {
	var out, previous, identity string
	var recipients, imported, named []string
	c := &cobra.Command{
		Use:   "collect --config FILE [--import FILE]... --out FILE.evidence",
		Short: "Read the sources into an evidence file, to be judged later or elsewhere",
		Long: "Reads what all rules need from the configured sources and writes one evidence file, with the output of PowerShell commands (--import) in it. Nothing is judged. " +
			"With --only network the evidence that is given names the domains and hosts to look at: so the network can be seen from several places.\n\n" +
			exitHelp,
		Example: `  hybridaudit collect --config hybridaudit.yaml --out contoso.evidence
  hybridaudit collect --config hybridaudit.yaml --only ad --out ad.evidence --encrypt-to age1…
  hybridaudit collect --config hybridaudit.yaml --previous ad.evidence --out ad.evidence
  hybridaudit collect --config hybridaudit.yaml --only network --site branch --evidence ad.evidence --out branch.evidence`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if out == "" || a.config == "" {
				return usage("collect wants --config FILE and --out FILE")
			}
			o := file.Options{}
			for _, r := range recipients {
				to, err := age.ParseX25519Recipient(r)
				if err != nil {
					return usage("--encrypt-to %s: %w", r, err)
				}
				o.Recipients = append(o.Recipients, to)
			}
			if len(named) > 0 && !slices.Equal(a.only, []string{"network"}) {
				return usage("--evidence names what to look at on the network: it goes with --only network")
			}
			return a.runCollect(c, collectFlags{out, earlier{previous, identity}, imported, named}, o)
		},
	}
	c.Flags().StringVar(&out, "out", "", "evidence `FILE` to write")
	c.Flags().StringArrayVar(&imported, "import", nil, importHelp)
	c.Flags().StringVar(&previous, "previous", "", previousHelp)
	c.Flags().StringArrayVar(&named, "evidence", nil, "with --only network, evidence `FILE` of directories and tenants that names what to look at; may be repeated")
	c.Flags().StringVar(&a.site, "site", "", siteHelp)
	c.Flags().StringVar(&identity, "identity", "", "age identity `FILE` for an encrypted --previous or --evidence")
	c.Flags().StringSliceVar(&recipients, "encrypt-to", nil, "encrypt the file to this age `RECIPIENT`; may be repeated")
	return c
}

// collectFlags say what is read besides the sources, and where to it is written.
type collectFlags struct {
	out      string
	before   earlier
	imported []string
	named    []string // evidence that names what to look at on the network
}

func (a *app) runCollect(c *cobra.Command, f collectFlags, o file.Options) error {
	ctx, out := c.Context(), f.out
	cfg, options, err := a.loadConfig()
	if err != nil {
		return err
	}
	exports, err := a.loadExports(ctx, cfg, f.imported, true)
	if err != nil {
		return err
	}
	r, err := a.prepareReading(cfg, options.Scope.NeedsMemberOf(), f.before, exports)
	if err != nil {
		return err
	}
	if r.outlook != nil {
		if r.outlook.named, err = loadEvidence(f.named, f.before.identity); err != nil {
			return err
		}
	}
	if err := folder(filepath.Dir(out)); err != nil {
		return err
	}
	got, err := a.readSources(ctx, cfg, r, rules.All())
	if err != nil {
		return err
	}
	merged, err := merge(got.parts)
	if err != nil {
		return err
	}
	written, err := saveEvidence(out, merged, o)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), written.Discard())
	}
	a.placed = true
	if err := written.Commit(); err != nil {
		return exit(exitReport, err)
	}
	a.say("%s: %d AD users, %d tenant users, %d DNS lookups, %d connections", out, merged.Rows(evidence.ADUsers), merged.Rows(evidence.TenantUsers),
		merged.Rows(evidence.DNSLookups), merged.Rows(evidence.ProbeConnections))
	return a.collectOutcome(merged, got.refused)
}

func (a *app) collectOutcome(s *evidence.Snapshot, refused error) error {
	if refused != nil {
		return exit(exitSignIn, refused)
	}
	if gaps := unread(s); len(gaps) > 0 && !a.allowPartial {
		return exit(exitIncomplete, errors.New("incomplete\n"+strings.Join(gaps, "\n")))
	}
	return nil
}

// nothingRead ends a run in which no source gave anything.
func nothingRead(got collected) error {
	if got.refused != nil {
		return exit(exitSignIn, fmt.Errorf("nothing was read, nothing is written: %w", got.refused))
	}
	var why []string
	seen := map[string]bool{}
	for _, p := range got.parts {
		for _, c := range p.snapshot.Coverage() {
			if c.Reason != "" && !seen[c.Reason] {
				seen[c.Reason] = true
				why = append(why, c.Reason)
			}
		}
	}
	return exit(exitIncomplete, errors.New("nothing could be read, nothing is written\n"+strings.Join(why, "\n")))
}

func loadOne(path string, identities []age.Identity) (_ *evidence.Snapshot, err error) {
	f, err := os.Open(path) //nolint:gosec // the administrator names the file
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	return file.Read(f, info.Size(), identities, file.Limits{})
}
