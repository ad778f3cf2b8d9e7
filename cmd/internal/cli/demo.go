package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/cmd/internal/config"
	"hybridaudit/sources/ad"
	"hybridaudit/sources/evidence/file"
	"hybridaudit/sources/graph"
	"hybridaudit/sources/lab"
	"hybridaudit/sources/lab/server"
)

func newDemo(a *app) *cobra.Command {
	f := labFlags{}
	out := "hybridaudit-demo"
	c := &cobra.Command{
		Use:   "demo",
		Short: "Audit a sample organisation: nothing is needed",
		Long: "Starts a sample organisation on this computer (an LDAP server, a Graph server, DNS and web servers with planted faults), reads it with the real collectors and its PowerShell output from " +
			"the folder exports, judges it and writes report.xlsx, findings.json and demo.evidence. Ends with 0 once these are written.",
		Example: "  hybridaudit demo\n  hybridaudit demo --users 2000 --seed 7 --out /tmp/demo",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.runDemo(c.Context(), f, out) },
	}
	c.Flags().StringVar(&out, "out", out, "`DIR` to write into")
	sampleFlags(c, &f)
	return c
}

func (a *app) runDemo(ctx context.Context, f labFlags, out string) error {
	if err := folder(out); err != nil {
		return err
	}
	org, err := f.sample()
	if err != nil {
		return err
	}
	running, err := server.Start(ctx, org, server.Options{})
	if err != nil {
		return exit(exitIncomplete, err)
	}
	got, err := a.readLab(ctx, filepath.Join(out, "exports"), org, running)
	if err = errors.Join(err, running.Stop()); err != nil {
		return err
	}
	s, err := merge(got.parts)
	if err != nil {
		return err
	}
	result, err := audit.Run(ctx, s, audit.Options{Rules: rules.All()})
	if err != nil {
		return err
	}
	d, err := a.document(result, audit.Settings{})
	if err != nil {
		return err
	}
	kept, err := saveEvidence(filepath.Join(out, "demo.evidence"), s, file.Options{})
	if err != nil {
		return err
	}
	paths, err := a.reports(ctx, out, formats(), d, kept)
	if err != nil {
		return err
	}
	return a.summary(d, paths)
}

// readLab reads the sample organisation as an audit does: its sources, what was saved with PowerShell, and the network.
func (a *app) readLab(ctx context.Context, exports string, org lab.Organisation, running *server.Running) (collected, error) {
	got, err := a.collect(ctx, a.labSources(running), rules.All(), nil)
	if err != nil {
		return got, err
	}
	if got.parts, err = a.labExports(ctx, exports, org, got.parts); err != nil {
		return got, err
	}
	o, err := a.labOutlook(exports, running.Network, org.Network)
	if err != nil {
		return got, err
	}
	got.parts, err = a.look(ctx, o, got.parts, rules.All())
	return got, err
}

// labTimeout is for one connection to the sample organisation, whose servers are on this computer.
const labTimeout = 2500 * time.Millisecond

// labOutlook points the look at the network at a running lab; the rules of its firewall are saved beside the exports.
func (a *app) labOutlook(dir string, n *server.Network, shown lab.Network) (*outlook, error) {
	cfg, err := config.Defaults()
	if err != nil {
		return nil, err
	}
	cfg.Network = networkOf(cfg.Network, n, shown)
	cfg.Network.Timeout = labTimeout
	if shown.Firewall != "" {
		cfg.Network.FirewallRules = filepath.Join(dir, firewallFile)
		if err := place(cfg.Network.FirewallRules, func(w io.Writer) error {
			_, err := io.WriteString(w, shown.Firewall)
			return err
		}); err != nil {
			return nil, err
		}
	}
	o, err := a.outlook(cfg)
	if err != nil {
		return nil, err
	}
	o.probe.Public, o.probe.Own = x509.NewCertPool(), x509.NewCertPool()
	o.probe.Public.AppendCertsFromPEM(n.PublicCA)
	o.probe.Own.AppendCertsFromPEM(n.OwnCA)
	return o, nil
}

// labExports saves the sample organisation's PowerShell output and reads it as --import does.
func (a *app) labExports(ctx context.Context, dir string, org lab.Organisation, parts []part) ([]part, error) {
	given, err := saveExports(dir, org)
	if err != nil {
		return nil, err
	}
	cfg, err := config.Defaults()
	if err != nil {
		return nil, err
	}
	exports, err := a.loadExports(ctx, cfg, given, false)
	if err != nil {
		return nil, err
	}
	return a.withExports(cfg, parts, exports, true)
}

// labSources point the collectors at a running lab.
func (a *app) labSources(running *server.Running) sources {
	var s sources
	for _, r := range running.All() {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(r.CA)
		s.ad = append(s.ad, forest{r.LDAPS, &ad.Config{
			Servers: []string{"ldaps://" + r.LDAPS}, BindName: r.BindName, Password: given(r.Password), RootCAs: pool, Log: a.log,
		}})
		s.graph = append(s.graph, tenant{r.Graph, &graph.Config{
			TenantID: r.TenantID, ClientID: server.ClientID, Secret: given(r.Secret), RootCAs: pool, LoginURL: "https://" + r.Graph, GraphURL: "https://" + r.Graph,
			Version: toolVersion(), Log: a.log, Beta: true, SignIns: true,
		}})
	}
	return s
}
