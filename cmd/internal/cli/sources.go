package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"hybridaudit/audit"
	"hybridaudit/cmd/internal/config"
	"hybridaudit/sources/ad"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/graph"
)

// sources are the configured sources of a run, ready to be asked.
type sources struct {
	ad    []forest
	graph []tenant
}

// forest and tenant are a source each, and what it is called in the configuration.
type (
	forest struct {
		name string
		*ad.Config
	}
	tenant struct {
		name string
		*graph.Config
	}
)

// collected is what the sources gave.
type collected struct {
	parts   []part
	refused error // a source refused the sign-in
}

// nothing says that not a single dataset could be read, not even in part.
func (c collected) nothing() bool {
	for _, p := range c.parts {
		for _, cov := range p.snapshot.Coverage() {
			if cov.State == evidence.Complete || cov.State == evidence.Partial {
				return false
			}
		}
	}
	return true
}

// connect turns the configuration into sources, without those that --only leaves out. Secrets are fetched now, so that a missing one is a fault of the configuration
// and not of the directory.
func (a *app) connect(c *config.Config, memberOf bool) (sources, error) {
	var s sources
	if a.reads("ad") {
		for i, d := range c.LDAP.Directories() {
			key := keyOf("ldap", "forests", i, len(c.LDAP.Forests))
			one, err := a.forest(d, key, memberOf)
			if err != nil {
				return s, err
			}
			s.ad = append(s.ad, forest{key, one})
		}
	}
	if a.reads("tenant") {
		for i, t := range c.Graph.Places() {
			key := keyOf("graph", "tenants", i, len(c.Graph.Tenants))
			one, err := a.tenant(t, key)
			if err != nil {
				return s, err
			}
			s.graph = append(s.graph, tenant{key, one})
		}
	}
	return s, nil
}

func (s sources) none() bool { return len(s.ad)+len(s.graph) == 0 }

// keyOf is the path of a source's section in the configuration: ldap, or ldap.forests[0] where several are listed.
func keyOf(section, list string, i, listed int) string {
	if listed == 0 {
		return section
	}
	return fmt.Sprintf("%s.%s[%d]", section, list, i)
}

func (a *app) forest(d config.Directory, key string, memberOf bool) (*ad.Config, error) {
	pool, err := a.authorities(key+".caFile", d.CAFile)
	if err != nil {
		return nil, err
	}
	c := &ad.Config{
		Servers: d.Servers, Domain: d.Domain, Resolver: net.DefaultResolver, BindName: d.BindName, RootCAs: pool, ServerName: d.ServerName, StartTLS: d.StartTLS,
		AllowPlaintext: d.AllowPlaintext, PageSize: d.PageSize, MaxEntriesPerSecond: d.MaxEntriesPerSecond, Timeout: d.Timeout, Connections: d.Connections,
		SearchBases: d.SearchBases, ExcludeOUs: d.ExcludeOUs, UserFilter: d.UserFilter, ContactFilter: d.ContactFilter, GroupFilter: d.GroupFilter,
		ReadDeleted: d.ReadDeleted, CountFirst: d.CountFirst, ReadMemberOf: memberOf, Log: a.log,
		Auth: ad.Auth{
			Method: d.Auth, Realm: d.Realm, Krb5Conf: a.path(d.Krb5Conf), Keytab: a.path(d.Keytab), CCache: a.path(d.CredentialCache), SPN: d.SPN,
		},
	}
	if !d.Password.IsZero() {
		password, err := d.Password.Resolve()
		if err != nil {
			return nil, fmt.Errorf("%s.password: %w", key, err)
		}
		c.Password = given(password)
	}
	if c.Auth.ClientCertificate, err = a.clientCertificate(d, key); err != nil {
		return nil, err
	}
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return c, nil
}

// path makes a path of the configuration absolute; "" stays, and so does the scheme of a credential cache.
func (a *app) path(path string) string {
	scheme, rest := "", path
	if cut, ok := strings.CutPrefix(path, "FILE:"); ok {
		scheme, rest = "FILE:", cut
	}
	if rest == "" {
		return path
	}
	return scheme + a.beside(rest)
}

func (a *app) clientCertificate(d config.Directory, key string) (*tls.Certificate, error) {
	if d.ClientCertificate == "" {
		return nil, nil //nolint:nilnil // none is configured
	}
	chain, err := os.ReadFile(a.beside(d.ClientCertificate))
	if err != nil {
		return nil, fmt.Errorf("%s.clientCertificate: %w", key, err)
	}
	private, err := d.ClientKey.Resolve()
	if err != nil {
		return nil, fmt.Errorf("%s.clientKey: %w", key, err)
	}
	pair, err := tls.X509KeyPair(chain, []byte(private))
	if err != nil {
		return nil, fmt.Errorf("%s.clientCertificate: %s and %s are no pair of certificate and key in PEM: %w", key, d.ClientCertificate, d.ClientKey, err)
	}
	return &pair, nil
}

func (a *app) tenant(t config.Tenant, key string) (*graph.Config, error) {
	pool, err := a.authorities(key+".caFile", t.CAFile)
	if err != nil {
		return nil, err
	}
	g := &graph.Config{
		TenantID: t.ID, ClientID: t.Client, Auth: t.Method(), TokenFile: a.path(t.TokenFile), Cloud: t.Cloud, LoginURL: t.LoginURL, GraphURL: t.GraphURL, RootCAs: pool,
		MaxWait: t.MaxWait, Timeout: t.Timeout, PageSize: t.PageSize, Beta: t.Beta, SignIns: t.SignIns, Version: toolVersion(), Log: a.log,
	}
	if err := a.credential(g, t, key); err != nil {
		return nil, err
	}
	if err := g.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	return g, nil
}

func given(secret string) func() (string, error) {
	return func() (string, error) { return secret, nil }
}

// beside makes a path of the configuration relative to its file.
func (a *app) beside(path string) string {
	if filepath.IsAbs(path) || a.config == "" {
		return path
	}
	return filepath.Join(filepath.Dir(a.config), path)
}

// authorities adds a CA file to the system's pool; without a file the system's pool stands alone.
func (a *app) authorities(key, path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	data, err := os.ReadFile(a.beside(path))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", key, err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("%s: %s holds no PEM certificate (-----BEGIN CERTIFICATE-----)", key, path)
	}
	return pool, nil
}

// collect asks the sources side by side for what the rules need, each into evidence of its own. onRequest names the rules for which costly attributes are read, too.
func (a *app) collect(ctx context.Context, s sources, rules []*audit.Rule, onRequest []string) (collected, error) {
	datasets, attributes := audit.Wanted(rules, onRequest...)
	now := time.Now()
	p := a.newProgress()
	defer p.close()
	var group errgroup.Group
	builders := make([]*evidence.Builder, len(s.ad)+len(s.graph))
	faults := make([]error, len(builders))
	ask := func(i int, read func(*evidence.Builder) error) {
		builders[i] = evidence.NewBuilder(now)
		group.Go(func() error {
			faults[i] = read(builders[i])
			return nil
		})
	}
	for i, one := range s.ad {
		c := *one.Config
		c.Attributes, c.Datasets, c.Progress = attributes, directories(datasets, c.ReadDeleted), p.source()
		ask(i, func(b *evidence.Builder) error { return ad.Collect(ctx, c, b) })
	}
	for i, one := range s.graph {
		c := *one.Config
		c.Progress = p.source()
		ask(len(s.ad)+i, func(b *evidence.Builder) error { return fromTenant(ctx, c, b, datasets) })
	}
	_ = group.Wait() // the errors are kept apart
	if err := ctx.Err(); err != nil {
		return collected{}, err
	}
	var got collected
	for i, b := range builders {
		got.parts = append(got.parts, part{b.Seal(), s.name(i)})
		var adRefused *ad.Error
		var tenantRefused *graph.SignInError
		if errors.As(faults[i], &adRefused) && adRefused.SignIn() || errors.As(faults[i], &tenantRefused) {
			got.refused = errors.Join(got.refused, faults[i])
		}
	}
	return got, nil
}

// name is what the configuration calls the source that is asked as number i.
func (s sources) name(i int) string {
	if i < len(s.ad) {
		return s.ad[i].name
	}
	return s.graph[i-len(s.ad)].name
}

// directories picks what comes from a directory.
func directories(datasets []evidence.Dataset, deleted bool) []evidence.Dataset {
	var of []evidence.Dataset
	for _, d := range datasets {
		if d.AD() && d != evidence.ADDeleted {
			of = append(of, d)
		}
	}
	if deleted {
		of = append(of, evidence.ADDeleted)
	}
	return of
}

func fromTenant(ctx context.Context, c graph.Config, b *evidence.Builder, datasets []evidence.Dataset) error {
	collector, err := graph.New(c)
	if err != nil {
		return err
	}
	return collector.Collect(ctx, b, datasets)
}
