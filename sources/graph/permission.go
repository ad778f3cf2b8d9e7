package graph

import "hybridaudit/sources/evidence"

// Permission is the least application permission that gives a dataset.
type Permission struct {
	Dataset evidence.Dataset
	Path    string // below the API version; {id} stands for a domain's name
	Name    string // Microsoft Graph application permission
	RoleID  string // its app role id
	Note    string // what an administrator should know, "" for nothing
}

// Permissions lists what the collector needs, in the order of the datasets. Directory.Read.All gives most of it too, but neither the DNS records
// nor Teams nor the synchronisation features.
func Permissions() []Permission {
	return []Permission{
		{evidence.TenantOrganization, "organization", "Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6", ""},
		{evidence.TenantDomains, "domains", "Domain.Read.All", "dbb9058a-0e50-45d7-ae91-66909b5d4664", ""},
		{evidence.TenantDomainRecords, "domains/{id}/serviceConfigurationRecords", "Domain.Read.All", "dbb9058a-0e50-45d7-ae91-66909b5d4664", ""},
		{evidence.TenantSKUs, "subscribedSkus", "LicenseAssignment.Read.All", "e2f98668-2877-4f38-a2f4-8202e0717aa1",
			"Organization.Read.All gives it too."},
		{evidence.TenantUsers, "users", "User.Read.All", "df021288-bdef-4463-88db-98f22de89214",
			"User.ReadBasic.All is not enough: it hides licences and on-premises properties."},
		{evidence.TenantTeamsUsers, "admin/teams/userConfigurations", "TeamsUserConfiguration.Read.All", "a91eadaf-2c3c-4362-908b-fb172d208fc6",
			"The resource exists in the global cloud only."},
		{evidence.TenantSyncFeatures, "directory/onPremisesSynchronization", "OnPremDirectorySynchronization.Read.All", "bb70e231-92dc-4729-aff5-697b3f04be95",
			"Documented for delegated sign-in only; an application may be refused all the same. Optional."},
	}
}

func permissionFor(d evidence.Dataset) string {
	for _, p := range Permissions() {
		if p.Dataset == d {
			return p.Name
		}
	}
	return ""
}
