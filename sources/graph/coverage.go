package graph

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/objects"
)

// switchedOn says whether the configuration lets a dataset be read at all.
func (c Config) switchedOn(d evidence.Dataset) bool {
	switch d {
	case evidence.TenantSIPInfo, evidence.TenantLimits:
		return c.Beta
	case evidence.TenantSignIns:
		return c.SignIns
	}
	return true
}

// coverage begins the coverage of a dataset; until something better is known it is a read that broke off.
func (c *Collector) coverage(d evidence.Dataset) evidence.Coverage {
	return evidence.Coverage{
		Dataset: d, State: evidence.Failed, Expected: -1, Reason: "reading broke off",
		Permission: permissionFor(d), Optional: c.optional(d),
		Source: c.cfg.TenantID, Server: c.cfg.graph.Host, Started: c.cfg.Clock.Now().UTC(),
	}
}

// optional tells the datasets whose absence makes no run incomplete: those that applications are mostly refused, those read on request, and Teams where it does
// not exist.
func (c *Collector) optional(d evidence.Dataset) bool {
	switch d {
	case evidence.TenantSyncFeatures, evidence.TenantSIPInfo, evidence.TenantLimits, evidence.TenantSignIns:
		return true
	case evidence.TenantTeamsUsers, evidence.TenantNumbers:
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
	case errors.As(fault, &status) && strings.HasPrefix(status.Code, "Authentication_RequestFromNonPremiumTenant"):
		return fmt.Sprintf("the tenant has no licence for it, Entra ID P1 or P2 (%s)", status.Error())
	case errors.As(fault, &status) && status.Status == 403:
		return fmt.Sprintf("not permitted (%s): grant the application %s and consent to it", status.Error(), cov.Permission)
	case errors.As(fault, &status) && (cov.Dataset == evidence.TenantTeamsUsers || cov.Dataset == evidence.TenantNumbers) && (status.Status == 400 || status.Status == 404):
		return fmt.Sprintf("the tenant's cloud does not seem to offer this resource, which exists in the global cloud only (%s)", status.Error())
	}
	return fault.Error()
}

// tolerance is how many rows a listing may lack against the announced number before it counts as incomplete: the count comes from an index that lags. Of a small
// tenant that is little, and a listing that is announced and empty is never complete.
func tolerance(expected int) int {
	return min(max(100, expected/50), expected/10+1, expected-1)
}

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

// closed ends the coverage of a listing: what the rows have to say is added.
func closed(r *objects.Rows, cov *evidence.Coverage, fault error) error {
	notes, gaps := r.Notes()
	cov.Notes = append(cov.Notes, notes...)
	cov.Missing = append(cov.Missing, gaps...)
	if fault == nil && !r.Whole() {
		return errors.New("some of what was sent could not be read: see the notes")
	}
	return fault
}
