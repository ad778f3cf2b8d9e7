package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hybridaudit/audit"
	"hybridaudit/audit/rules"
	"hybridaudit/audit/text"
	"hybridaudit/sources/ad"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/graph"
)

func newConfigCheck(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "check",
		Short: "Check a configuration, sign in to its sources and say which permissions are missing",
		Long: `Checks a configuration and that its secrets can be fetched. Then it signs in to every directory and tenant, says what can be read, which permissions of the tenant
are granted and which are missing, what each missing one costs, and the commands that grant them. Nothing is read but one object of each kind.

Exit codes:
  0    everything can be read
  2    wrong usage or configuration
  3    a permission is missing, or a source cannot be reached (not with --allow-partial)
  4    a source refused the sign-in
  130  interrupted`,
		Example: "  hybridaudit config check --config hybridaudit.yaml\n  hybridaudit config check --offline --config hybridaudit.yaml",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return a.runCheck(c.Context()) },
	}
	c.Flags().BoolVar(&a.offline, "offline", false, "check the configuration and its secrets only; nothing is connected to")
	return c
}

func (a *app) runCheck(ctx context.Context) error {
	if a.config == "" {
		return usage("--config FILE says which configuration to check")
	}
	c, options, err := a.loadConfig()
	if err != nil {
		return err
	}
	if err := secrets(c); err != nil {
		return exit(exitUsage, fmt.Errorf("%s: %w", a.config, err))
	}
	var s sources
	if sourcesOf(c) != noSource {
		if s, err = a.connect(c, false); err != nil {
			return exit(exitUsage, fmt.Errorf("%s: %w", a.config, err))
		}
	}
	look, err := a.outlook(c)
	if err != nil {
		return exit(exitUsage, fmt.Errorf("%s: %w", a.config, err))
	}
	if _, err := fmt.Fprintf(a.io.Out, "%s is a valid configuration: %s\n", a.config, sourcesOf(c)); err != nil {
		return err
	}
	if a.offline {
		return nil
	}
	k := &checkup{app: a, rules: options.Rules, onRequest: requested(c)}
	k.wanted, _ = audit.Wanted(rules.All(), k.onRequest...)
	for _, f := range s.ad {
		k.forest(ctx, f)
	}
	for _, t := range s.graph {
		k.tenant(ctx, t)
	}
	k.network(look)
	return k.outcome(ctx)
}

// checkup is one run of config check.
type checkup struct {
	app       *app
	rules     []*audit.Rule // that are switched on
	onRequest []string
	wanted    []evidence.Dataset

	refused []error  // sign-ins
	gaps    []string // what will not be read
	fault   error    // of the output
}

// line writes one line of the result.
func (k *checkup) line(format string, args ...any) {
	if _, err := fmt.Fprintf(k.app.io.Out, format+"\n", args...); err != nil && k.fault == nil {
		k.fault = err
	}
}

func (k *checkup) outcome(ctx context.Context) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case k.fault != nil:
		return exit(exitReport, k.fault)
	case len(k.refused) > 0:
		return exit(exitSignIn, errors.Join(k.refused...))
	case len(k.gaps) > 0 && !k.app.allowPartial:
		return exit(exitIncomplete, errors.New(strings.Join(k.gaps, "\n")))
	}
	return nil
}

// failed notes a source that could not be checked.
func (k *checkup) failed(name string, signIn bool, err error) {
	k.line("  %v", err)
	if signIn {
		k.refused = append(k.refused, fmt.Errorf("%s: %w", name, err))
		return
	}
	k.gaps = append(k.gaps, fmt.Sprintf("%s: %v", name, err))
}

// network says how the network would be looked at. Whether it answers is what an audit finds out.
func (k *checkup) network(o *outlook) {
	if o == nil {
		return
	}
	k.line("")
	k.line("network: looked at from the place %s, not tried here", o.site)
	for _, of := range []struct {
		what    string
		servers []string
	}{{"internal DNS servers", o.dns.Internal}, {"public DNS servers", o.dns.Public}} {
		servers := "none"
		if len(of.servers) > 0 {
			servers = strings.Join(of.servers, ", ")
		}
		k.line("  %-21s %s", of.what, servers)
	}
	proxy := "none"
	for _, s := range o.probe.ProxySettings {
		if s.Name == evidence.SettingProxyHTTPS {
			proxy = s.Value
		}
	}
	k.line("  %-21s %s", "proxy", proxy)
}

func (k *checkup) forest(ctx context.Context, f forest) {
	k.line("")
	k.line("%s: directory", f.name)
	access, err := ad.Check(ctx, *f.Config)
	if access != nil {
		secured := "not encrypted"
		if access.Secured {
			secured = "encrypted"
		}
		k.line("  signed in to %s, domain %s, forest %s; %s", access.Server, access.Domain, access.Forest, secured)
		for _, p := range access.Places {
			if p.Readable {
				k.line("  readable  %-18s %s", p.What, p.Name)
				continue
			}
			k.line("  HIDDEN    %-18s %s: %s", p.What, p.Name, p.Why)
			k.gaps = append(k.gaps, fmt.Sprintf("%s: %s cannot be read: %s", f.name, p.What, p.Why))
		}
	}
	var refused *ad.Error
	if err != nil && ctx.Err() == nil {
		k.failed(f.name, errors.As(err, &refused) && refused.SignIn(), err)
	}
}

func (k *checkup) tenant(ctx context.Context, t tenant) {
	k.line("")
	k.line("%s: tenant %s", t.name, t.TenantID)
	access, err := graph.Check(ctx, *t.Config)
	if access != nil {
		k.line("  %s", signedIn(access, t.Auth))
		k.permissions(t, access)
	}
	var refused *graph.SignInError
	if err != nil && ctx.Err() == nil {
		k.failed(t.name, errors.As(err, &refused), err)
	}
}

// signedIn says who is signed in, and where.
func signedIn(a *graph.Access, method string) string {
	who := a.Application
	if a.ClientID != "" {
		who = strings.TrimSpace(who + " (" + a.ClientID + ")")
	}
	if a.Person != "" {
		who = a.Person + " with " + who
	}
	where := a.TenantID
	if a.TenantName != "" {
		where = a.TenantName + " (" + a.TenantID + ")"
	}
	said := fmt.Sprintf("signed in to %s by %s as %s", where, method, who)
	switch {
	case a.Delegated:
		said += "; delegated permissions: what is read is what the person may read, so every resource was asked for"
	case a.Asked:
		said += "; its token does not tell the permissions, so every resource was asked for"
	}
	return said
}

// grantedLine is one line of the table of permissions.
type grantedLine struct {
	state     graph.GrantState
	name, by  string
	optional  bool
	why, note string
	datasets  []evidence.Dataset
}

// permissions prints the table of permissions: those that give several datasets once for each state that they are in.
func (k *checkup) permissions(t tenant, a *graph.Access) {
	var lines []*grantedLine
	for _, g := range a.Grants {
		g.Optional = g.Optional || !slices.Contains(k.wanted, g.Dataset)
		i := slices.IndexFunc(lines, func(l *grantedLine) bool {
			return l.state == g.State && l.name == g.Name && l.by == g.By && l.why == g.Why && (l.state == graph.Granted || l.optional == g.Optional)
		})
		if i < 0 {
			i = len(lines)
			lines = append(lines, &grantedLine{state: g.State, name: g.Name, by: g.By, optional: g.Optional, why: g.Why, note: g.Note})
		}
		lines[i].datasets = append(lines[i].datasets, g.Dataset)
	}
	slices.SortStableFunc(lines, func(a, b *grantedLine) int { return int(a.state) - int(b.state) })
	labels, err := text.English()
	if err != nil {
		k.fault = err
		return
	}
	var missing []graph.Permission
	for _, l := range lines {
		k.permission(t, l, labels)
	}
	for _, g := range a.Grants {
		if g.State == graph.Missing && !slices.ContainsFunc(missing, func(p graph.Permission) bool { return p.Name == g.Name }) {
			missing = append(missing, g.Permission)
		}
	}
	if len(missing) > 0 {
		k.line("")
		for _, l := range grantCommands(*t.Config, a, missing) {
			k.line("%s", l)
		}
	}
}

func (k *checkup) permission(t tenant, l *grantedLine, labels *text.Catalogue) {
	var gives []string
	for _, d := range l.datasets {
		gives = append(gives, labels.Get("dataset."+string(d)))
	}
	name := l.name
	if l.by != "" {
		name += " (by " + l.by + ")"
	}
	state := map[graph.GrantState]string{graph.Granted: "granted", graph.Missing: "MISSING", graph.Off: "off", graph.Absent: "no such", graph.Untested: "UNKNOWN"}[l.state]
	k.line("  %-8s  %-45s %s", state, name, strings.Join(gives, ", "))
	switch l.state {
	case graph.Off:
		k.line("            switched off in the configuration: %s", l.note)
	case graph.Absent:
		k.line("            %s", l.note)
		k.cost(l)
	case graph.Missing, graph.Untested:
		if l.why != "" {
			k.line("            %s", l.why)
		}
		k.cost(l)
		if l.optional {
			k.line("            optional: without it an audit is complete")
			return
		}
		k.gaps = append(k.gaps, fmt.Sprintf("%s: %s is missing: %s", t.name, l.name, strings.Join(gives, ", ")))
		if l.state == graph.Untested {
			k.gaps[len(k.gaps)-1] = fmt.Sprintf("%s: whether %s is granted could not be found out: %s", t.name, l.name, strings.Join(gives, ", "))
		}
	case graph.Granted:
	}
}

// cost prints what the want of a line's datasets means.
func (k *checkup) cost(l *grantedLine) {
	for _, line := range wrapped(costOf(k.rules, k.onRequest, l.datasets).String(), 110) {
		k.line("            %s", line)
	}
}

// cost is what the want of datasets means for the rules.
type cost struct {
	whole []string // rules that are not assessed
	part  []string // rules with variants that are not
}

// costOf finds the rules that need one of the datasets, as the engine does.
func costOf(of []*audit.Rule, onRequest []string, datasets []evidence.Dataset) cost {
	var c cost
	for _, r := range of {
		lost := func(needs []audit.Need) bool {
			return slices.ContainsFunc(needs, func(n audit.Need) bool {
				return slices.Contains(datasets, n.Dataset) && !n.Optional && (!n.OnRequest || slices.Contains(onRequest, r.ID))
			})
		}
		if lost(r.Needs) {
			c.whole = append(c.whole, r.ID)
			continue
		}
		var variants []string
		for _, v := range r.Variants {
			if v.Later == "" && lost(v.Needs) {
				variants = append(variants, v.Code)
			}
		}
		if len(variants) > 0 {
			c.part = append(c.part, r.ID+" ("+strings.Join(variants, ", ")+")")
		}
	}
	return c
}

func (c cost) String() string {
	switch {
	case len(c.whole)+len(c.part) == 0:
		return "no rule needs it; reports lack it"
	case len(c.part) == 0:
		return "not assessed without it: " + strings.Join(c.whole, ", ")
	case len(c.whole) == 0:
		return "not assessed without it, in part: " + strings.Join(c.part, ", ")
	}
	return "not assessed without it: " + strings.Join(c.whole, ", ") + "; in part: " + strings.Join(c.part, ", ")
}

// wrapped breaks a text at blanks into lines of about the given width.
func wrapped(s string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(s) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
