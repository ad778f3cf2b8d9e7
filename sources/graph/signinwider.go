package graph

import (
	"slices"

	"hybridaudit/sources/evidence"
)

// wider lists the permissions that give a dataset beside the one in Permissions, for applications and persons alike. Those that give only a part of the properties
// are left out: User.ReadBasic.All and those of Intune for users, User.Read.All for the organisation, Group.ReadBasic.All.
//
// Source: permissions/new/permissions.json of https://github.com/microsoftgraph/microsoft-graph-devx-content of 7 August 2026, and for the deleted users and the
// synchronisation, whose paths are not in it, the pages of their resources in Microsoft's reference.
func wider(d evidence.Dataset) []string {
	directory := []string{"Directory.Read.All", "Directory.ReadWrite.All"}
	switch d {
	case evidence.TenantOrganization, evidence.TenantLimits:
		return append(directory, "Organization.ReadWrite.All")
	case evidence.TenantDomains:
		return []string{"Domain.ReadWrite.All", "Directory.Read.All"}
	case evidence.TenantDomainRecords, evidence.TenantVerification:
		return []string{"Domain.ReadWrite.All"}
	case evidence.TenantFederations:
		return []string{"Domain-InternalFederation.ReadWrite.All"}
	case evidence.TenantSKUs:
		return append(directory, "Organization.Read.All", "Organization.ReadWrite.All")
	case evidence.TenantUsers, evidence.TenantDeletedUsers, evidence.TenantSIPInfo:
		return append(directory, "User.ReadWrite.All")
	case evidence.TenantGroups:
		return append(directory, "Group.Read.All", "Group.ReadWrite.All")
	case evidence.TenantContacts:
		return directory
	case evidence.TenantSyncFeatures:
		return []string{"OnPremDirectorySynchronization.ReadWrite.All"}
	case evidence.TenantNumbers:
		return []string{"TeamsTelephoneNumber.ReadWrite.All"}
	case evidence.TenantPrincipals:
		return append(directory, "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy")
	case evidence.TenantRoles:
		return append(directory, "RoleManagement.ReadWrite.Directory")
	}
	return nil
}

// Covers says whether somebody who has the permission held may read the dataset of p.
func (p Permission) Covers(held string) bool {
	return held == p.Name || slices.Contains(wider(p.Dataset), held)
}
