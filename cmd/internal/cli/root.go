package cli

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hybridaudit/audit"
	"hybridaudit/cmd/internal/config"
)

// app is what all commands share.
type app struct {
	io           IO
	config       string
	quiet        bool
	verbose      bool
	logFormat    string
	allowPartial bool
	failOn       string
	only         []string
	site         string // instead of the configured one
	prompt       bool   // show a device code without a terminal, too
	offline      bool   // nothing will be connected to
	threshold    audit.Severity
	lines        *lines // where log lines go
	log          *slog.Logger
	placed       bool // reports are being put into their place: what an earlier run wrote is gone
}

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:   "hybridaudit",
		Short: "Audit Active Directory and a Microsoft 365 tenant together",
		Long: `hybridaudit reads an on-premises Active Directory over LDAP and a Microsoft 365 tenant over Microsoft Graph, joins the two person by person, looks at
DNS, certificates and reachability from where it runs, judges all of it against its rules and writes reports, Excel first.

It never writes to the directory or the tenant.`,
		Example: `  hybridaudit demo                                       a sample organisation, read and reported: nothing is needed
  hybridaudit config example > hybridaudit.yaml          a configuration to fill in
  hybridaudit audit --config hybridaudit.yaml --out report
  hybridaudit rules show SIP-001`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return a.prepare()
		},
	}
	root.SetOut(a.io.Out)
	root.SetErr(a.io.Err)
	root.SetIn(a.io.In)
	f := root.PersistentFlags()
	f.StringVar(&a.config, "config", "", "configuration `FILE`")
	f.BoolVar(&a.quiet, "quiet", false, "no progress and no summary, only errors")
	f.BoolVar(&a.verbose, "verbose", false, "log every request to the sources, without values")
	f.StringVar(&a.logFormat, "log-format", "text", "`FORMAT` of log lines: text or json")
	f.BoolVar(&a.allowPartial, "allow-partial", false, "do not end with 3 when something was not read")
	f.StringVar(&a.failOn, "fail-on", "high", "end with 1 at open findings of this `SEVERITY` or worse: critical, high, medium, low or info")
	f.StringSliceVar(&a.only, "only", nil, "read and judge only these `SOURCES`: ad, tenant, network")
	f.BoolVar(&a.prompt, "prompt", false, "with graph.auth deviceCode, show the code for signing in without a terminal, too")
	root.AddCommand(newDemo(a), newCollect(a), newAudit(a), newRules(a), newConfig(a), newLab(a), newVersion(a))
	root.CompletionOptions.HiddenDefaultCmd = true
	return root
}

// prepare checks the global flags and makes the log.
func (a *app) prepare() error {
	level := slog.LevelInfo
	if a.bars() {
		level = slog.LevelWarn
	}
	switch {
	case a.quiet && a.verbose:
		return usage("--quiet and --verbose do not go together")
	case a.quiet:
		level = slog.LevelError
	case a.verbose:
		level = slog.LevelDebug
	}
	o := &slog.HandlerOptions{Level: level}
	a.lines = &lines{to: a.io.Err}
	switch a.logFormat {
	case "text":
		a.log = slog.New(slog.NewTextHandler(a.lines, o))
	case "json":
		a.log = slog.New(slog.NewJSONHandler(a.lines, o))
	default:
		return usage("--log-format %q is neither text nor json", a.logFormat)
	}
	var err error
	if a.threshold, err = audit.ParseSeverity(a.failOn); err != nil {
		return usage("--fail-on: %w", err)
	}
	for _, s := range a.only {
		if !slices.Contains(sides(), s) {
			return usage("--only %s: the sources are %s", s, strings.Join(sides(), ", "))
		}
	}
	return nil
}

// bars says whether progress is shown as bars instead of log lines.
func (a *app) bars() bool { return !a.quiet && a.logFormat == "text" && terminalStream(a.io.Err) }

// reads says whether a source is part of this run.
func (a *app) reads(source string) bool { return len(a.only) == 0 || slices.Contains(a.only, source) }

// sides are the sources that --only can name.
func sides() []string { return []string{"ad", "tenant", "network"} }

// leftOut lists the sources that --only leaves out, or the configuration switches off.
func (a *app) leftOut(c *config.Config) []string {
	var out []string
	for _, s := range sides() {
		if !a.reads(s) || s == "network" && !c.Network.Enabled {
			out = append(out, s)
		}
	}
	return out
}

// say tells people something on the error stream, unless they want quiet. Among log lines of JSON it is one of them.
func (a *app) say(format string, args ...any) {
	switch {
	case a.quiet:
	case a.logFormat == "json":
		a.log.Info(fmt.Sprintf(format, args...))
	default:
		_, _ = fmt.Fprintf(a.io.Err, strings.TrimSuffix(format, "\n")+"\n", args...)
	}
}
