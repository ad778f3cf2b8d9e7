package scope

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

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

// TenantAttributes are the properties that the class of a tenant user rests on. isResourceAccount is not among them: the service often leaves it null, and
// the other signs decide then.
func TenantAttributes() []string {
	return []string{"userType", "userPrincipalName", "displayName", "assignedPlans"}
}

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

// TenantClasses gives the classes of all tenant users, by row. Most rules about them ask for it, and a user has some thirty plans to look through. teams is
// asked from several goroutines.
func TenantClasses(s *evidence.Snapshot, teams func(evidence.TenantUser) evidence.TeamsUser) []TenantClass {
	const chunk = 4096
	classes := make([]TenantClass, s.Rows(evidence.TenantUsers))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for {
				from := int(next.Add(chunk)) - chunk
				if from >= len(classes) {
					return
				}
				for row := from; row < min(from+chunk, len(classes)); row++ {
					u := s.TenantUserAt(row)
					classes[row] = TenantClassOf(u, teams(u))
				}
			}
		})
	}
	wait.Wait()
	return classes
}
