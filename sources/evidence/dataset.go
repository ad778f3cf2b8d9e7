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

	ADDomains          Dataset = "ad.domains"          // the domains of the forests
	ADServers          Dataset = "ad.servers"          // the domain controllers that answered, with their clocks
	ADTopology         Dataset = "ad.topology"         // Skype for Business objects besides pools
	ADExchange         Dataset = "ad.exchange"         // the Exchange organisation
	ADConnectionPoints Dataset = "ad.connectionPoints" // Autodiscover and device registration
	ADServiceAccounts  Dataset = "ad.serviceAccounts"  // accounts of Entra Connect and those with service principal names
	ADComputers        Dataset = "ad.computers"        // computers that the topology names
	ADDeleted          Dataset = "ad.deleted"          // tombstones, on request

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
		ADForests, ADDomains, ADServers, ADUsers, ADContacts, ADGroups, ADPools, ADTopology, ADExchange, ADConnectionPoints, ADServiceAccounts, ADComputers, ADDeleted,
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
	case ADDomains:
		return adDomainSchema
	case ADServers:
		return adServerSchema
	case ADTopology, ADExchange, ADConnectionPoints, ADServiceAccounts, ADComputers, ADDeleted:
		return entrySchemas[d]
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
