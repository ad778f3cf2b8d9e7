package graph

import (
	"context"
	"errors"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/objects"
)

// signInPage is the largest page of users that the service gives when signInActivity is among the properties.
const signInPage = 500

// withUnknown makes the service name enumeration values that came late. Without the header they are all sent as unknownFutureValue.
const withUnknown = "include-unknown-enum-members"

// listings are the datasets that are one collection each.
func (c *Collector) listings() []listing {
	page := c.cfg.PageSize
	return []listing{
		{dataset: evidence.TenantUsers, long: true, path: "users", top: page, selects: true, keep: c.userColumns(), counted: true, tracked: true},
		{dataset: evidence.TenantSignIns, long: true, path: "users", top: min(page, signInPage), selects: true},
		{dataset: evidence.TenantSIPInfo, long: true, version: beta, path: "users", top: page, selects: true},
		{dataset: evidence.TenantGroups, long: true, path: "groups", top: page, selects: true, counted: true, tracked: true},
		// Without $select the effective policies come too, the larger part by far.
		{dataset: evidence.TenantTeamsUsers, long: true, path: "admin/teams/userConfigurations", selects: true, lenient: true, headers: map[string]string{"Prefer": withUnknown}},
		{dataset: evidence.TenantContacts, long: true, path: "contacts", top: page, selects: true, keep: held(evidence.TenantContacts), counted: true, tracked: true},
		{dataset: evidence.TenantNumbers, long: true, path: "admin/teams/telephoneNumberManagement/numberAssignments", nameless: true, headers: map[string]string{"Prefer": withUnknown}},
		{dataset: evidence.TenantDeletedUsers, path: "directory/deletedItems/microsoft.graph.user", top: page, selects: true},
		{dataset: evidence.TenantRoles, path: "roleManagement/directory/roleAssignments", selects: true, lenient: true},
		// subscribedSkus takes no query options.
		{dataset: evidence.TenantSKUs, path: "subscribedSkus"},
		{dataset: evidence.TenantOrganization, path: "organization", selects: true},
		{dataset: evidence.TenantLimits, version: beta, path: "organization", selects: true},
		{dataset: evidence.TenantHealth, path: "admin/serviceAnnouncement/healthOverviews"},
		{dataset: evidence.TenantSyncFeatures, path: "directory/onPremisesSynchronization", whole: true},
	}
}

// userColumns are the columns of users that the configuration wants, nil for all.
func (c *Collector) userColumns() map[string]bool {
	if len(c.cfg.UserProperties) == 0 {
		return nil
	}
	keep := map[string]bool{"id": true}
	for _, n := range c.cfg.UserProperties {
		keep[n] = true
	}
	return keep
}

// held are the columns whose properties the service knows for the objects of a dataset.
func held(d evidence.Dataset) map[string]bool {
	keep := map[string]bool{}
	for _, n := range evidence.SchemaOf(d).Names() {
		if d.Holds(n) {
			keep[n] = true
		}
	}
	return keep
}

// hybridApplications are the applications that servers on-premises talk to: Skype for Business Online and Exchange Online.
func hybridApplications() []string {
	return []string{"00000004-0000-0ff1-ce00-000000000000", "00000002-0000-0ff1-ce00-000000000000"}
}

// principals reads the service principals of the hybrid applications. A tenant that never used one does not have it, which is no fault.
func (r *run) principals(ctx context.Context) {
	cov := r.collector.coverage(evidence.TenantPrincipals)
	fault := errors.New(cov.Reason)
	defer func() { r.cover(ctx, cov, fault) }()

	rows := objects.NewRows(r.builder.Table(evidence.TenantPrincipals), r.collector.cfg.TenantID, nil)
	var first error
	for _, app := range hybridApplications() {
		// By itself, and not out of the list: certificates come only so.
		l := listing{dataset: evidence.TenantPrincipals, path: "servicePrincipals(appId='" + app + "')", selects: true, whole: true}
		err := r.read(ctx, &l, rows, &cov)
		if isStatus(err, 404) {
			cov.Notes = append(cov.Notes, "the tenant does not have the application "+app)
			continue
		}
		if err != nil && first == nil {
			first = err
		}
	}
	fault = closed(rows, &cov, first)
}
