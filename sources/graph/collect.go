package graph

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"hybridaudit/sources/evidence"
)

// Datasets lists what the collector can read.
func Datasets() []evidence.Dataset {
	var all []evidence.Dataset
	for _, p := range Permissions() {
		all = append(all, p.Dataset)
	}
	return all
}

// Collector reads one tenant. It is used once.
type Collector struct {
	cfg    resolved
	client *client
}

// New checks the configuration and makes a collector; nothing is sent yet.
func New(cfg Config) (*Collector, error) {
	r, err := cfg.resolve()
	if err != nil {
		return nil, fmt.Errorf("graph configuration: %w", err)
	}
	c, err := newClient(r)
	if err != nil {
		return nil, err
	}
	return &Collector{cfg: r, client: c}, nil
}

// Collect reads the wanted datasets of the tenant into the builder, several side by side, and records the coverage of each in every case. Wanted
// datasets that are not the tenant's, or are not switched on, are passed over.
//
// What could not be read is in the coverage and is no error. The error is a [SignInError] when the tenant refused the application, and the context's
// when it ended.
func (c *Collector) Collect(ctx context.Context, b *evidence.Builder, wanted []evidence.Dataset) error {
	defer c.client.close()
	run := &run{collector: c, builder: b, wanted: map[evidence.Dataset]bool{}}
	for _, d := range Datasets() {
		if slices.Contains(wanted, d) && c.cfg.switchedOn(d) {
			run.wanted[d] = true
		}
	}
	if len(run.wanted) == 0 {
		return nil
	}
	if _, _, err := c.client.cred.token(ctx); err != nil {
		for d := range run.wanted {
			run.cover(ctx, c.coverage(d), err)
		}
		return run.end(ctx)
	}
	var group errgroup.Group
	group.SetLimit(c.cfg.Streams)
	run.help = func(task func()) bool {
		return group.TryGo(func() error {
			task()
			return nil
		})
	}
	for _, task := range run.tasks() {
		group.Go(func() error {
			task(ctx)
			return nil
		})
	}
	_ = group.Wait() // tasks report into the coverage
	return run.end(ctx)
}

// run is one collection.
type run struct {
	collector *Collector
	builder   *evidence.Builder
	wanted    map[evidence.Dataset]bool
	// help runs a task beside the others if one of the streams is free, and says whether it does.
	help func(task func()) bool

	mu      sync.Mutex
	refused *SignInError
}

// tasks are what is read side by side, the long listings first; nothing that is not wanted. Every task is responsible for the coverage of its datasets.
func (r *run) tasks() []func(context.Context) {
	var long, short []func(context.Context)
	for _, l := range r.collector.listings() {
		if !r.wanted[l.dataset] {
			continue
		}
		task := func(ctx context.Context) { r.list(ctx, l) }
		if l.long {
			long = append(long, task)
		} else {
			short = append(short, task)
		}
	}
	if r.wanted[evidence.TenantDomains] || slices.ContainsFunc(domainKinds(), func(k domainKind) bool { return r.wanted[k.dataset] }) {
		long = append(long, r.domains)
	}
	if r.wanted[evidence.TenantIssues] {
		long = append(long, r.issues)
	}
	if r.wanted[evidence.TenantPrincipals] {
		short = append(short, r.principals)
	}
	return append(long, short...)
}

func (r *run) end(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil {
		return fmt.Errorf("reading the tenant: %w", ctx.Err())
	}
	if r.refused != nil {
		return r.refused
	}
	return nil
}
