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
		{evidence.TenantGroups, "groups", "GroupMember.Read.All", "98830695-27a2-44f7-8c18-0c3ebc9698f6", "Group.Read.All gives it too. Members are not read."},
		{evidence.TenantContacts, "contacts", "OrgContact.Read.All", "e1a88a34-94c4-4418-be12-c87b00e26bea", ""},
		{evidence.TenantDeletedUsers, "directory/deletedItems/microsoft.graph.user", "User.Read.All", "df021288-bdef-4463-88db-98f22de89214", ""},
		{evidence.TenantVerification, "domains/{id}/verificationDnsRecords", "Domain.Read.All", "dbb9058a-0e50-45d7-ae91-66909b5d4664", ""},
		{evidence.TenantFederations, "domains/{id}/federationConfiguration", "Domain-InternalFederation.Read.All", "c0e5a7b0-e8b7-40a7-b8e0-8249e6ea81d5", "Asked for federated domains only."},
		{evidence.TenantHealth, "admin/serviceAnnouncement/healthOverviews", "ServiceHealth.Read.All", "79c261e0-fe76-4144-aad5-bdc68fbe4037", ""},
		{evidence.TenantIssues, "admin/serviceAnnouncement/issues", "ServiceHealth.Read.All", "79c261e0-fe76-4144-aad5-bdc68fbe4037", ""},
		{evidence.TenantNumbers, "admin/teams/telephoneNumberManagement/numberAssignments", "TeamsTelephoneNumber.Read.All", "39b17d18-680c-41f4-b9c2-5f30629e7cb6",
			"The resource exists in the global cloud only."},
		{evidence.TenantPrincipals, "servicePrincipals(appId='{id}')", "Application.Read.All", "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30", "Of Exchange Online and Skype for Business Online."},
		{evidence.TenantRoles, "roleManagement/directory/roleAssignments", "RoleManagement.Read.Directory", "483bed4a-2ad3-4361-a73b-c83ccdbdc53c", ""},
		{evidence.TenantSIPInfo, "users", "User.Read.All", "df021288-bdef-4463-88db-98f22de89214", "Beta; read when graph.beta is on."},
		{evidence.TenantLimits, "organization", "Organization.Read.All", "498476ce-e0fe-48b0-b801-37ba7e2685c6", "Beta; read when graph.beta is on."},
		{evidence.TenantSignIns, "users", "AuditLog.Read.All", "b0afded3-3588-46d8-8b3d-9842eff778da", "Wants Entra ID P1; read when graph.signIns is on."},
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
