package graph

import (
	"context"
	"errors"
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
// datasets that are not the tenant's are passed over.
//
// What could not be read is in the coverage and is no error. The error is a [SignInError] when the tenant refused the application, and the context's
// when it ended.
func (c *Collector) Collect(ctx context.Context, b *evidence.Builder, wanted []evidence.Dataset) error {
	defer c.client.close()
	run := &run{collector: c, builder: b, wanted: map[evidence.Dataset]bool{}}
	for _, d := range Datasets() {
		if slices.Contains(wanted, d) {
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
	// The long listings first; every task is responsible for the coverage of its datasets.
	tasks := []func(context.Context){run.users, run.teams, run.domains, run.skus, run.organization, run.syncFeatures}
	var group errgroup.Group
	group.SetLimit(c.cfg.Streams)
	for _, task := range tasks {
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

	mu      sync.Mutex
	refused *SignInError
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

// coverage begins the coverage of a dataset; until something better is known it is a read that broke off.
func (c *Collector) coverage(d evidence.Dataset) evidence.Coverage {
	return evidence.Coverage{
		Dataset: d, State: evidence.Failed, Expected: -1, Reason: "reading broke off",
		Permission: permissionFor(d), Optional: c.optional(d),
		Source: c.cfg.TenantID, Server: c.cfg.graph.Host, Started: c.cfg.Clock.Now().UTC(),
	}
}

// optional tells the datasets whose absence makes no run incomplete: those that applications are mostly refused, and Teams where it does not exist.
func (c *Collector) optional(d evidence.Dataset) bool {
	switch d {
	case evidence.TenantSyncFeatures:
		return true
	case evidence.TenantTeamsUsers:
		return c.cfg.GraphURL == "" && c.cfg.Cloud != "" && c.cfg.Cloud != "global"
	}
	return false
}

// cover ends and records a coverage: Complete without a fault, otherwise Partial or, without rows, Failed.
func (r *run) cover(ctx context.Context, cov evidence.Coverage, fault error) {
	cov.Rows = r.builder.Table(cov.Dataset).Rows()
	cov.Ended = r.collector.cfg.Clock.Now().UTC()
	switch {
	case fault == nil:
		cov.State, cov.Reason = evidence.Complete, ""
	case cov.Rows > 0:
		cov.State, cov.Reason = evidence.Partial, reason(cov, fault)
	default:
		cov.State, cov.Reason = evidence.Failed, reason(cov, fault)
	}
	if fault != nil && ctx.Err() != nil {
		cov.Reason = "interrupted"
	}
	var refused *SignInError
	if errors.As(fault, &refused) {
		cov.SignIn = true
		r.mu.Lock()
		r.refused = refused
		r.mu.Unlock()
	}
	r.builder.Cover(cov)
}

// reason words a fault for the report.
func reason(cov evidence.Coverage, fault error) string {
	var (
		status  *StatusError
		refused *UnauthorizedError
	)
	switch {
	case errors.As(fault, &refused):
		return refused.Error()
	case errors.As(fault, &status) && status.Status == 403:
		return fmt.Sprintf("not permitted (%s): grant the application %s and consent to it", status.Error(), cov.Permission)
	case errors.As(fault, &status) && cov.Dataset == evidence.TenantTeamsUsers && (status.Status == 400 || status.Status == 404):
		return fmt.Sprintf("the tenant's cloud does not seem to offer this resource, which exists in the global cloud only (%s)", status.Error())
	}
	return fault.Error()
}

// count of rows that a listing may lack against the announced number before it counts as incomplete: the count comes from an index that lags.
func tolerance(expected int) int { return max(100, expected/50) }

// weigh compares the rows of a listing that ended properly with the announced number.
func weigh(cov *evidence.Coverage, have int) error {
	if cov.Expected < 0 || cov.Expected == have {
		return nil
	}
	if cov.Expected-have > tolerance(cov.Expected) {
		return fmt.Errorf("the listing ended after %d rows although the service counts %d", have, cov.Expected)
	}
	cov.Notes = append(cov.Notes, fmt.Sprintf("the service counts %d, the listing has %d: the count comes from an index that lags behind", cov.Expected, have))
	return nil
}

// close ends the coverage of a listing: what the rows have to say is added.
func (r *rows) close(cov *evidence.Coverage, fault error) error {
	notes, gaps := r.notes()
	cov.Notes = append(cov.Notes, notes...)
	cov.Missing = append(cov.Missing, gaps...)
	if fault == nil && (r.unusable > 0 || len(gaps) > 0) {
		return errors.New("some of what was sent could not be read: see the notes")
	}
	return fault
}
