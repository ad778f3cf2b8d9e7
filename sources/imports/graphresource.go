package imports

import (
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/objects"
)

// Resource is a collection of Microsoft Graph that the audit has a use for.
type Resource struct {
	Dataset evidence.Dataset
	Path    string // below the API version; {id} stands for a domain's name or an application's id
	Beta    bool   // of the beta version
	selects bool
}

// Select is what to give as $select, "" when the collection takes none or gives everything without.
func (r Resource) Select() string {
	if !r.selects {
		return ""
	}
	schema := evidence.SchemaOf(r.Dataset)
	held := map[string]bool{}
	for _, n := range schema.Names() {
		held[n] = r.Dataset.Holds(n)
	}
	return strings.Join(objects.Properties(schema, held), ",")
}

// Resources lists what to save of a tenant, in the order of the datasets.
func Resources() []Resource {
	return []Resource{
		{Dataset: evidence.TenantOrganization, Path: "organization", selects: true},
		{Dataset: evidence.TenantDomains, Path: "domains"},
		{Dataset: evidence.TenantDomainRecords, Path: "domains/{id}/serviceConfigurationRecords"},
		{Dataset: evidence.TenantSKUs, Path: "subscribedSkus"},
		{Dataset: evidence.TenantUsers, Path: "users", selects: true},
		{Dataset: evidence.TenantTeamsUsers, Path: "admin/teams/userConfigurations", selects: true},
		{Dataset: evidence.TenantSyncFeatures, Path: "directory/onPremisesSynchronization"},
		{Dataset: evidence.TenantGroups, Path: "groups", selects: true},
		{Dataset: evidence.TenantContacts, Path: "contacts", selects: true},
		{Dataset: evidence.TenantDeletedUsers, Path: "directory/deletedItems/microsoft.graph.user", selects: true},
		{Dataset: evidence.TenantVerification, Path: "domains/{id}/verificationDnsRecords"},
		{Dataset: evidence.TenantFederations, Path: "domains/{id}/federationConfiguration"},
		{Dataset: evidence.TenantHealth, Path: "admin/serviceAnnouncement/healthOverviews"},
		{Dataset: evidence.TenantIssues, Path: "admin/serviceAnnouncement/issues", selects: true},
		{Dataset: evidence.TenantNumbers, Path: "admin/teams/telephoneNumberManagement/numberAssignments"},
		{Dataset: evidence.TenantPrincipals, Path: "servicePrincipals(appId='{id}')", selects: true},
		{Dataset: evidence.TenantRoles, Path: "roleManagement/directory/roleAssignments", selects: true},
		{Dataset: evidence.TenantSIPInfo, Path: "users", Beta: true, selects: true},
		{Dataset: evidence.TenantLimits, Path: "organization", Beta: true, selects: true},
		{Dataset: evidence.TenantSignIns, Path: "users", selects: true},
	}
}

// resourceOf is the path of a dataset, for messages.
func resourceOf(d evidence.Dataset) string {
	for _, r := range Resources() {
		if r.Dataset == d {
			return r.Path
		}
	}
	return string(d)
}
