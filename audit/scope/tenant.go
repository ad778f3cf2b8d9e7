package scope

import (
	"strings"

	"hybridaudit/sources/evidence"
)

// TenantClass is the kind of a tenant user.
type TenantClass uint8

// The classes of tenant users.
const (
	Member          TenantClass = iota // a person of the organisation
	Guest                              // from another organisation
	ResourceAccount                    // auto attendant or call queue
	SyncService                        // the account of directory synchronisation itself
)

// virtualUserPlan is the service plan of Teams resource accounts (MCOEV_VIRTUALUSER).
const virtualUserPlan = "f47330e9-c134-43b3-9993-e7f004506889"

// TenantClassOf gives the class of a tenant user. teams is its Teams configuration, the zero value when there is none.
func TenantClassOf(u evidence.TenantUser, teams evidence.TeamsUser) TenantClass {
	upn := strings.ToLower(u.UPN())
	switch {
	case strings.EqualFold(u.UserType(), "Guest"), strings.Contains(upn, "#ext#"):
		return Guest
	case u.ResourceAccount() == evidence.True, !teams.IsZero() && strings.EqualFold(teams.AccountType(), "resourceAccount"):
		return ResourceAccount
	case strings.HasPrefix(upn, "sync_") && strings.HasSuffix(upn, ".onmicrosoft.com"), u.DisplayName() == "On-Premises Directory Synchronization Service Account":
		return SyncService
	}
	for p := range u.Plans() {
		if p.ID == virtualUserPlan && !strings.EqualFold(p.Status, "Deleted") {
			return ResourceAccount
		}
	}
	return Member
}
