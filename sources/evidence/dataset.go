package evidence

import (
	"slices"
	"strings"
)

// Dataset names a table and what was asked to fill it.
type Dataset string

// The datasets.
const (
	ADForests  Dataset = "ad.forests"
	ADUsers    Dataset = "ad.users"
	ADContacts Dataset = "ad.contacts"
	ADGroups   Dataset = "ad.groups"
	ADPools    Dataset = "ad.pools"

	TenantOrganization  Dataset = "tenant.organization"
	TenantDomains       Dataset = "tenant.domains"
	TenantDomainRecords Dataset = "tenant.domainRecords"
	TenantSKUs          Dataset = "tenant.skus"
	TenantUsers         Dataset = "tenant.users"
	TenantTeamsUsers    Dataset = "tenant.teamsUsers"
	TenantSyncFeatures  Dataset = "tenant.syncFeatures"
)

// Datasets lists all datasets, in the order of reports.
func Datasets() []Dataset {
	return []Dataset{
		ADForests, ADUsers, ADContacts, ADGroups, ADPools,
		TenantOrganization, TenantDomains, TenantDomainRecords, TenantSKUs, TenantUsers, TenantTeamsUsers, TenantSyncFeatures,
	}
}

// Known says whether there is such a dataset.
func (d Dataset) Known() bool { return slices.Contains(Datasets(), d) }

// AD says whether the dataset comes from a directory.
func (d Dataset) AD() bool { return strings.HasPrefix(string(d), "ad.") }

// Tenant says whether the dataset comes from a tenant.
func (d Dataset) Tenant() bool { return strings.HasPrefix(string(d), "tenant.") }

// SchemaOf gives the columns of a dataset's table.
func SchemaOf(d Dataset) Schema {
	switch d {
	case ADForests:
		return forestSchema
	case ADUsers, ADContacts, ADGroups:
		return adSchema
	case ADPools:
		return poolSchema
	case TenantOrganization:
		return organizationSchema
	case TenantDomains:
		return domainSchema
	case TenantDomainRecords:
		return recordSchema
	case TenantSKUs:
		return skuSchema
	case TenantUsers:
		return tenantUserSchema
	case TenantTeamsUsers:
		return teamsUserSchema
	case TenantSyncFeatures:
		return syncFeatureSchema
	}
	return nil
}
