package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"

	"hybridaudit/audit"
	"hybridaudit/cmd/internal/config"
	"hybridaudit/sources/dns"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/targets"
	"hybridaudit/sources/probe"
)

const siteHelp = "`NAME` of the place that the network is looked at from, instead of the configured one"

// outlook is a look at the network, ready to be taken: what it looks at is known once the other sources are read.
type outlook struct {
	site    string
	more    targets.More
	named   []part // evidence that names things, and is not part of what is read
	maxTime time.Duration
	dns     dns.Config
	probe   probe.Config
}

// outlook prepares the look at the network; nil when it is switched off or left out.
func (a *app) outlook(c *config.Config) (*outlook, error) {
	n := c.Network
	if !n.Enabled || !a.reads("network") {
		return nil, nil //nolint:nilnil // there is none
	}
	detours, err := targets.ParseDetours(n.ConnectTo)
	if err != nil {
		return nil, usage("network.connectTo: %w", err)
	}
	o := &outlook{site: a.site, more: targets.More{Domains: n.Domains, Hosts: n.Hosts}, maxTime: n.MaxTime}
	if o.site == "" {
		o.site = n.Site
	}
	o.dns = dns.Config{
		Site: o.site, Public: n.Outside(), Authoritative: true, Timeout: n.QueryTimeout, Tries: 2, Workers: n.Workers, PerSecond: n.QueriesPerSecond, Detours: detours, Log: a.log,
	}
	var given bool
	if o.dns.Internal, given = n.Inside(); !given {
		if o.dns.Internal, err = dns.System(); err != nil {
			a.log.Warn("the DNS servers of this system are not known", "reason", err)
		}
	}
	if len(o.dns.Public) == 0 && len(o.dns.Internal) == 0 {
		return nil, usage("network: there is no DNS server to ask: name some in network.internalResolvers or network.publicResolvers, or leave the network out with --only")
	}
	if err := o.dns.Validate(); err != nil {
		return nil, usage("network: %w", err)
	}
	o.probe = probe.Config{
		Site: o.site, Detours: detours, Private: n.PrivateHosts, PAC: n.PAC, NTPServers: n.NTPServers, Idle: n.IdleTest, Mailbox: n.Mailbox,
		Timeout: n.Timeout, Tries: 3, Workers: n.Workers, Log: a.log,
	}
	o.probe.Proxy, o.probe.ProxySettings = proxySettings(n.Proxy)
	return o, a.probeFiles(&o.probe, n)
}

// networkAlone says that the network is looked at although neither a directory nor a tenant is read.
func (a *app) networkAlone(c *config.Config) bool {
	return slices.Equal(a.only, []string{"network"}) || len(c.Network.Domains)+len(c.Network.Hosts) > 0
}

// probeFiles reads the files that the configuration names.
func (a *app) probeFiles(p *probe.Config, n config.Network) (err error) {
	if p.Own, err = a.certificates("network.caFile", n.CAFile); err != nil {
		return err
	}
	if p.Public, err = a.certificates("network.publicCAFile", n.PublicCAFile); err != nil {
		return err
	}
	p.Endpoints, p.EndpointsDate = probe.ShippedEndpoints()
	if n.EndpointsFile != "" {
		if err := a.readFile("network.endpointsFile", n.EndpointsFile, func(f *os.File) error {
			p.Endpoints, p.EndpointsDate, err = probe.ReadEndpoints(f)
			p.EndpointsFile = filepath.Base(n.EndpointsFile)
			return err
		}); err != nil {
			return err
		}
	}
	if n.FirewallRules == "" {
		return nil
	}
	return a.readFile("network.firewallRules", n.FirewallRules, func(f *os.File) error {
		p.Firewall, err = probe.ReadFirewall(f)
		p.FirewallFile = filepath.Base(n.FirewallRules)
		return err
	})
}

// certificates reads a PEM file into a pool of its own; nil when no file is named.
func (a *app) certificates(key, path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil //nolint:nilnil // none is named
	}
	data, err := os.ReadFile(a.beside(path))
	if err != nil {
		return nil, usage("%s: %w", key, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, usage("%s: %s holds no PEM certificate (-----BEGIN CERTIFICATE-----)", key, path)
	}
	return pool, nil
}

// readFile opens a file that the configuration names and has it read.
func (a *app) readFile(key, path string, read func(*os.File) error) error {
	f, err := os.Open(a.beside(path))
	if err != nil {
		return usage("%s: %w", key, err)
	}
	if err = errors.Join(read(f), f.Close()); err != nil {
		return usage("%s: %s: %w", key, path, err)
	}
	return nil
}

// proxySettings are the configured proxy, or that of the environment.
func proxySettings(configured string) (func(*url.URL) (*url.URL, error), []evidence.Setting) {
	getenv := os.Getenv
	switch configured {
	case config.None:
		return nil, nil
	case "":
	default:
		getenv = func(name string) string {
			if strings.EqualFold(name, "NO_PROXY") {
				return os.Getenv(name)
			}
			return configured
		}
	}
	settings := probe.ProxySettings(getenv)
	env := httpproxy.FromEnvironment()
	if configured != "" {
		env.HTTPProxy, env.HTTPSProxy = configured, configured
	}
	if env.HTTPProxy == "" && env.HTTPSProxy == "" {
		return nil, settings
	}
	return env.ProxyFunc(), settings
}

// wants says which parts of the look rules need.
func wants(rules []*audit.Rule) (names, hosts bool) {
	datasets, _ := audit.Wanted(rules)
	for _, d := range datasets {
		names = names || d == evidence.DNSLookups
		hosts = hosts || d.Network() && d != evidence.DNSLookups
	}
	return names, hosts
}

// look asks DNS about the domains that the parts name, connects to the hosts that they and the records name, and adds what was seen to the parts. Half of the time is for DNS at
// most; what cannot be had in time is a gap of the evidence, never of the run.
func (a *app) look(ctx context.Context, o *outlook, parts []part, rules []*audit.Rule) ([]part, error) {
	names, hosts := wants(rules)
	if !names && !hosts {
		return parts, nil
	}
	var snapshots []*evidence.Snapshot
	for _, p := range slices.Concat(parts, o.named) {
		snapshots = append(snapshots, p.snapshot)
	}
	progress := a.newProgress()
	defer progress.close()
	within, cancel := context.WithTimeout(ctx, o.maxTime+o.probe.Idle)
	defer cancel()
	o.dns.Targets = targets.Of(o.more, snapshots...)
	if len(o.dns.Targets.Domains)+len(o.dns.Targets.Hosts) == 0 {
		a.log.Warn("nothing names a domain or host of the organisation: only Microsoft's endpoints are looked at; give --evidence of directories and tenants, or set network.domains and network.hosts")
	}
	o.dns.Progress, o.probe.Progress = progress.source(), progress.source()

	found := evidence.NewBuilder(time.Now())
	half, release := context.WithTimeout(within, o.maxTime/2)
	err := dns.Collect(half, o.dns, found)
	release()
	if err = unlessLate(within, err); err != nil {
		return nil, err
	}
	records := found.Seal()
	a.tell(records)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	parts = append(parts, part{records, "network.site " + o.site})
	if !hosts {
		return parts, nil
	}
	o.probe.Targets, o.probe.Lookups, o.probe.Resolver = o.dns.Targets, records, dns.NewResolver(o.dns)
	seen := evidence.NewBuilder(time.Now())
	if err := unlessLate(within, probe.Collect(within, o.probe, seen)); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	hostsSeen := seen.Seal()
	a.tell(hostsSeen)
	return append(parts, part{hostsSeen, "network.site " + o.site}), nil
}

// tell logs how completely each dataset was read, as the other sources do.
func (a *app) tell(s *evidence.Snapshot) {
	for _, c := range s.Coverage() {
		a.log.Info("dataset read", "dataset", string(c.Dataset), "state", c.State.String(), "rows", c.Rows, "reason", c.Reason, "site", c.Source)
	}
}

// unlessLate drops the error of a look whose own time ran out: the coverage tells of it.
func unlessLate(ctx context.Context, err error) error {
	if err != nil && ctx.Err() == nil && !errors.Is(err, context.DeadlineExceeded) {
		return exit(exitUsage, err)
	}
	return nil
}
