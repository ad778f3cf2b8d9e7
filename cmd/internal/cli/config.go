package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/audit/scope"
	"hybridaudit/cmd/internal/config"
)

func newConfig(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "config",
		Short:   "Print an example configuration, or check one",
		Example: "  hybridaudit config example > hybridaudit.yaml\n  hybridaudit config check --config hybridaudit.yaml",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(&cobra.Command{
		Use:     "example",
		Short:   "Print the example configuration",
		Example: "  hybridaudit config example > hybridaudit.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := a.io.Out.Write(config.Example())
			return err
		},
	}, newConfigCheck(a))
	return c
}

// secrets tries every reference.
func secrets(c *config.Config) error {
	var errs []error
	var all []config.Secret
	for _, d := range c.LDAP.Directories() {
		all = append(all, d.Password, d.ClientKey)
	}
	for _, t := range c.Graph.Places() {
		all = append(all, t.Secret, t.CertificatePassword)
	}
	for _, s := range all {
		if !s.IsZero() {
			_, err := s.Resolve()
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

const noSource = "no source"

func sourcesOf(c *config.Config) string {
	var s []string
	for _, d := range c.LDAP.Directories() {
		s = append(s, "directory "+d.Name())
	}
	for _, t := range c.Graph.Places() {
		s = append(s, "tenant "+t.ID)
	}
	if len(s) == 0 {
		return noSource
	}
	return strings.Join(s, "; ")
}

// requested lists the rules that the configuration names and does not switch off: what they read on request only is then read.
func requested(c *config.Config) []string {
	var ids []string
	for _, r := range c.Rules {
		if rule := ruleByID(r.ID); rule != nil && r.Enabled {
			ids = append(ids, rule.ID)
		}
	}
	return ids
}

// loadConfig reads the configuration file, or gives the defaults when none is named, and turns the part about judging into the engine's options.
func (a *app) loadConfig() (*config.Config, audit.Options, error) {
	var c *config.Config
	var err error
	if a.config == "" {
		c, err = config.Defaults()
	} else {
		c, err = config.Load(a.config)
	}
	if err != nil {
		return nil, audit.Options{}, exit(exitUsage, err)
	}
	o, err := a.options(c)
	return c, o, err
}

// options are the engine's options: rules with their parameters, scope and settings.
func (a *app) options(c *config.Config) (audit.Options, error) {
	o := audit.Options{
		Params:   map[string]any{},
		Severity: map[string]audit.Severity{},
		Scope: scope.Config{
			SearchBases: c.Scope.SearchBases, ExcludeOUs: c.Scope.ExcludeOUs, ExcludeGroups: c.Scope.ExcludeGroups, DisabledOnPurpose: c.Scope.DisabledOnPurpose,
		},
		Settings: audit.Settings{
			SyncInterval: c.Sync.Interval, AlternateLoginID: c.Sync.AlternateLoginID, NoServer: c.Deployment.NoServer, OnlineSuffixes: c.Deployment.OnlineSuffixes,
		},
		LeftOut: a.leftOut(c),
	}
	if c.Graph.LicenceNames != "" {
		names, err := a.licenceNames(c.Graph.LicenceNames)
		if err != nil {
			return o, usage("graph.licenceNames: %w", err)
		}
		o.Settings.LicenceNames = names
	}
	var faults config.Faults
	changes := map[string]config.Rule{}
	for _, r := range c.Rules {
		rule := ruleByID(r.ID)
		if rule == nil {
			faults = append(faults, config.Fault{File: a.config, Line: r.Line, Key: "rules", Problem: fmt.Sprintf("there is no rule %q", r.ID)})
			continue
		}
		changes[rule.ID] = r
		faults = append(faults, ruleOptions(&o, a.config, rule, r)...)
	}
	if len(faults) > 0 {
		return o, exit(exitUsage, faults)
	}
	for _, r := range rules.All() {
		if change, ok := changes[r.ID]; !ok || change.Enabled {
			o.Rules = append(o.Rules, r)
		}
	}
	return o, nil
}

func ruleOptions(o *audit.Options, file string, rule *audit.Rule, r config.Rule) config.Faults {
	fault := func(err error) config.Faults {
		var several config.Faults
		if errors.As(err, &several) {
			return several
		}
		return config.Faults{{File: file, Line: r.Line, Key: "rules: " + rule.ID, Problem: err.Error()}}
	}
	if r.Severity != "" {
		s, err := audit.ParseSeverity(r.Severity)
		if err != nil {
			return fault(err)
		}
		o.Severity[rule.ID] = s
	}
	if r.Params.IsZero() {
		return nil
	}
	if rule.Params == nil {
		return fault(errors.New("it takes no parameters"))
	}
	params := rule.Params()
	if err := r.Decode(file, params); err != nil {
		return fault(err)
	}
	o.Params[rule.ID] = params
	return nil
}
