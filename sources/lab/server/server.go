// Package server runs a whole sample organisation: a domain controller over LDAPS and StartTLS, Microsoft sign-in with Graph over HTTPS, and the network around them (DNS,
// hosts, media relays, a proxy), with certificates of authorities made for the run.
package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"hybridaudit/sources/lab"
	graphlab "hybridaudit/sources/lab/server/graph"
	ldaplab "hybridaudit/sources/lab/server/ldap"
)

// AccountName is the directory account that may sign in; its user principal name is this name at the forest.
const AccountName = "svc-audit"

// ClientID is the application that may sign in.
const ClientID = "8d4a6f4e-1111-4c9a-9d1f-2b7c5e0a9d10"

// Running is a sample organisation that answers.
type Running struct {
	LDAPS, LDAP, Graph string // host:port
	BindName           string
	Password           string // of the account, made for this run
	Secret             string // of the application, made for this run
	TenantID           string
	CA                 []byte           // PEM
	Subsidiary         *Running         // the second organisation, nil when there is none
	Tenant             *graphlab.Server // to change what it serves
	// Network is that of both organisations; nil for the subsidiary, and when Options say so.
	Network *Network

	parts []*part // what runs, that of the subsidiary left out
}

// part is servers that run and end together.
type part struct {
	group *errgroup.Group
	stop  context.CancelFunc
}

// Options change what is served.
type Options struct {
	Host string // address to listen on; 127.0.0.1 when empty
	Port int    // of LDAPS; LDAP and Graph follow, then those of the subsidiary, then those of the network. 0 takes free ports
	// Faults are those of the organisation; its subsidiary has none.
	LDAPFaults []ldaplab.Fault
	GraphFault []graphlab.Fault
	// NoNetwork leaves out DNS servers, hosts, media relays and the proxy.
	NoNetwork bool
	// Network changes the network's servers.
	Network NetworkOptions
}

// serversEach is how many servers, and ports, an organisation has.
const serversEach = 3

// Start listens and answers until Stop or the end of ctx.
func Start(ctx context.Context, org lab.Organisation, o Options) (*Running, error) {
	if o.Host == "" {
		o.Host = "127.0.0.1"
	}
	r, err := start(ctx, org, o)
	if err != nil {
		return nil, err
	}
	if err := r.startOthers(ctx, org, o); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

// startOthers starts what stands beside the organisation's own servers.
func (r *Running) startOthers(ctx context.Context, org lab.Organisation, o Options) error {
	port := func(organisations int) int {
		if o.Port == 0 {
			return 0
		}
		return o.Port + organisations*serversEach
	}
	var err error
	if org.Subsidiary != nil {
		if r.Subsidiary, err = start(ctx, *org.Subsidiary, Options{Host: o.Host, Port: port(1)}); err != nil {
			return err
		}
	}
	if o.NoNetwork {
		return nil
	}
	network, running, err := startNetwork(ctx, merged(org), o, port(len(org.All())))
	if err != nil {
		return err
	}
	r.Network, r.parts = network, append(r.parts, running)
	return nil
}

// All lists what answers: the organisation and its subsidiary.
func (r *Running) All() []*Running {
	if r.Subsidiary == nil {
		return []*Running{r}
	}
	return []*Running{r, r.Subsidiary}
}

func start(ctx context.Context, org lab.Organisation, o Options) (*Running, error) {
	r := &Running{BindName: AccountName + "@" + org.Directory.ForestName, Password: secret(), Secret: secret(), TenantID: org.Tenant.ID}
	listeners, err := listen(ctx, o.Host, o.Port, serversEach)
	if err != nil {
		return nil, err
	}
	directory, tenant, err := r.servers(org, o, listeners[0].Addr())
	if err != nil {
		return nil, errors.Join(err, closeAll(listeners))
	}
	r.LDAPS, r.LDAP, r.Graph = listeners[0].Addr().String(), listeners[1].Addr().String(), listeners[2].Addr().String()
	p, serving := newPart(ctx)
	r.parts = []*part{p}
	p.group.Go(func() error { return directory.ServeTLS(serving, listeners[0]) })
	p.group.Go(func() error { return directory.Serve(serving, listeners[1]) })
	p.group.Go(func() error { return tenant.Serve(serving, listeners[2]) })
	return r, nil
}

// servers makes the servers with their certificate, which holds the names and the address under which they are reached.
func (r *Running) servers(org lab.Organisation, o Options, at net.Addr) (*ldaplab.Server, *graphlab.Server, error) {
	address, _, err := net.SplitHostPort(at.String())
	if err != nil {
		return nil, nil, fmt.Errorf("listening: %w", err)
	}
	authority, err := newAuthority(o.Host, org.Directory.DCHost, address)
	if err != nil {
		return nil, nil, err
	}
	r.CA = authority.pem
	directory, err := ldaplab.New(ldaplab.Options{
		Directory: org.Directory, Accounts: []ldaplab.Account{{Name: AccountName, Password: r.Password}},
		Certificate: authority.server, RequireTLS: true, Faults: o.LDAPFaults,
	})
	if err != nil {
		return nil, nil, err
	}
	tenant, err := graphlab.New(graphlab.Options{
		Tenant: org.Tenant, Applications: []graphlab.Application{{ClientID: ClientID, Secret: r.Secret, Person: "auditor@contoso.com"}}, Certificate: authority.server, Faults: o.GraphFault,
	})
	r.Tenant = tenant
	return directory, tenant, err
}

// newPart makes a part without servers, and the context under which they are to run.
func newPart(ctx context.Context) (*part, context.Context) {
	serving, stop := context.WithCancel(ctx)
	p := &part{stop: stop}
	p.group, serving = errgroup.WithContext(serving)
	return p, serving
}

// running lists all parts.
func (r *Running) running() []*part {
	all := r.parts
	if r.Subsidiary != nil {
		all = append(slices.Clip(all), r.Subsidiary.parts...)
	}
	return all
}

// Stop ends the servers and waits for them.
func (r *Running) Stop() error {
	for _, p := range r.running() {
		p.stop()
	}
	var errs []error
	for _, p := range r.running() {
		errs = append(errs, p.group.Wait())
	}
	return errors.Join(errs...)
}

// Wait waits until the context that Start was given ends, or a server fails.
func (r *Running) Wait() error {
	var waiting errgroup.Group
	for _, p := range r.running() {
		waiting.Go(func() error {
			defer func() {
				for _, other := range r.running() {
					other.stop()
				}
			}()
			return p.group.Wait()
		})
	}
	return waiting.Wait()
}

// listen opens n ports from port upward, or free ones.
func listen(ctx context.Context, host string, port, n int) ([]net.Listener, error) {
	var all []net.Listener
	for i := range n {
		p := 0
		if port > 0 {
			p = port + i
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(p)))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("listening: %w", err), closeAll(all))
		}
		all = append(all, l)
	}
	return all, nil
}

func closeAll(listeners []net.Listener) error {
	var errs []error
	for _, l := range listeners {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

func secret() string {
	b := make([]byte, 20)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}
