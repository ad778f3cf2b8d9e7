package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"hybridaudit/audit"
	"hybridaudit/cmd/internal/config"
	"hybridaudit/sources/ad"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/graph"
)

// sources are the configured sources of a run, ready to be asked; nil where there is none.
type sources struct {
	ad    *ad.Config
	graph *graph.Config
}

// collected is what the sources gave.
type collected struct {
	parts   []*evidence.Snapshot
	refused error // a source refused the sign-in
}

// nothing says that not a single dataset could be read, not even in part.
func (c collected) nothing() bool {
	for _, p := range c.parts {
		for _, cov := range p.Coverage() {
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
	if c.HasLDAP() && a.reads("ad") {
		password, err := c.LDAP.Password.Resolve()
		if err != nil {
			return s, fmt.Errorf("ldap.password: %w", err)
		}
		pool, err := a.authorities("ldap.caFile", c.LDAP.CAFile)
		if err != nil {
			return s, err
		}
		s.ad = &ad.Config{
			Servers: c.LDAP.Servers, BindName: c.LDAP.BindName, Password: given(password), RootCAs: pool, ServerName: c.LDAP.ServerName, StartTLS: c.LDAP.StartTLS,
			AllowPlaintext: c.LDAP.AllowPlaintext, PageSize: c.LDAP.PageSize, MaxEntriesPerSecond: c.LDAP.MaxEntriesPerSecond, Timeout: c.LDAP.Timeout,
			ReadMemberOf: memberOf, Log: a.log,
		}
		if err := s.ad.Validate(); err != nil {
			return s, fmt.Errorf("ldap: %w", err)
		}
	}
	if c.HasGraph() && a.reads("tenant") {
		g, err := a.tenant(c)
		if err != nil {
			return s, err
		}
		s.graph = g
	}
	if s.ad == nil && s.graph == nil {
		return s, errors.New("no source to read: configure ldap.servers, graph.tenant or both, or give --evidence; 'hybridaudit config example' prints a configuration")
	}
	return s, nil
}

func (a *app) tenant(c *config.Config) (*graph.Config, error) {
	pool, err := a.authorities("graph.caFile", c.Graph.CAFile)
	if err != nil {
		return nil, err
	}
	g := &graph.Config{
		TenantID: c.Graph.Tenant, ClientID: c.Graph.Client, Cloud: c.Graph.Cloud, LoginURL: c.Graph.LoginURL, GraphURL: c.Graph.GraphURL, RootCAs: pool,
		MaxWait: c.Graph.MaxWait, Timeout: c.Graph.Timeout, PageSize: c.Graph.PageSize, Version: toolVersion(), Log: a.log,
	}
	if c.Graph.Certificate != "" {
		data, err := os.ReadFile(a.beside(c.Graph.Certificate))
		if err != nil {
			return nil, fmt.Errorf("graph.certificate: %w", err)
		}
		g.Certificate = &graph.Certificate{Data: data}
		if !c.Graph.CertificatePassword.IsZero() {
			password, err := c.Graph.CertificatePassword.Resolve()
			if err != nil {
				return nil, fmt.Errorf("graph.certificatePassword: %w", err)
			}
			g.Certificate.Password = given(password)
		}
	} else {
		secret, err := c.Graph.Secret.Resolve()
		if err != nil {
			return nil, fmt.Errorf("graph.secret: %w", err)
		}
		g.Secret = given(secret)
	}
	if err := g.Validate(); err != nil {
		return nil, fmt.Errorf("graph: %w", err)
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

// collect asks the sources side by side, each into evidence of its own.
func (a *app) collect(ctx context.Context, s sources, rules []*audit.Rule) (collected, error) {
	datasets, attributes := audit.Wanted(rules)
	now := time.Now()
	p := a.newProgress()
	defer p.close()
	var group errgroup.Group
	var fromAD, fromGraph *evidence.Builder
	var adErr, graphErr error
	if s.ad != nil {
		fromAD = evidence.NewBuilder(now)
		c := *s.ad
		c.Attributes, c.Progress = attributes, p.rows
		group.Go(func() error {
			adErr = ad.Collect(ctx, c, fromAD)
			return nil
		})
	}
	if s.graph != nil {
		fromGraph = evidence.NewBuilder(now)
		c := *s.graph
		c.Progress = p.rows
		group.Go(func() error {
			graphErr = fromTenant(ctx, c, fromGraph, datasets)
			return nil
		})
	}
	_ = group.Wait() // the errors are kept apart
	if err := ctx.Err(); err != nil {
		return collected{}, err
	}
	var got collected
	for _, b := range []*evidence.Builder{fromAD, fromGraph} {
		if b != nil {
			got.parts = append(got.parts, b.Seal())
		}
	}
	var adRefused *ad.Error
	var tenantRefused *graph.SignInError
	if errors.As(adErr, &adRefused) && adRefused.SignIn() {
		got.refused = errors.Join(got.refused, adErr)
	}
	if errors.As(graphErr, &tenantRefused) {
		got.refused = errors.Join(got.refused, graphErr)
	}
	return got, nil
}

func fromTenant(ctx context.Context, c graph.Config, b *evidence.Builder, datasets []evidence.Dataset) error {
	collector, err := graph.New(c)
	if err != nil {
		return err
	}
	return collector.Collect(ctx, b, datasets)
}
