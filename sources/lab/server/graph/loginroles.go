package graphlab

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
)

// roleFor is the application permission that Microsoft documents as the least one for a path, "" for paths that the lab knows nothing about.
func roleFor(path string) string {
	path = strings.ToLower(strings.Trim(path, "/"))
	switch {
	case strings.HasPrefix(path, "domains/") && strings.HasSuffix(path, "/federationconfiguration"):
		return "Domain-InternalFederation.Read.All"
	case path == "domains", strings.HasPrefix(path, "domains/"):
		return "Domain.Read.All"
	case strings.HasPrefix(path, "serviceprincipals"):
		return "Application.Read.All"
	case strings.HasPrefix(path, "admin/serviceannouncement/"):
		return "ServiceHealth.Read.All"
	}
	return map[string]string{
		"organization":   "Organization.Read.All",
		"subscribedskus": "LicenseAssignment.Read.All",
		"users":          "User.Read.All",
		"users/delta":    "User.Read.All",
		"directory/deleteditems/microsoft.graph.user": "User.Read.All",
		"groups":                              "GroupMember.Read.All",
		"groups/delta":                        "GroupMember.Read.All",
		"contacts":                            "OrgContact.Read.All",
		"contacts/delta":                      "OrgContact.Read.All",
		"directory/onpremisessynchronization": "OnPremDirectorySynchronization.Read.All",
		"admin/teams/userconfigurations":      "TeamsUserConfiguration.Read.All",
		"rolemanagement/directory/roleassignments":                "RoleManagement.Read.Directory",
		"admin/teams/telephonenumbermanagement/numberassignments": "TeamsTelephoneNumber.Read.All",
	}[path]
}

// granted lists the permissions of a token: all that there are, without those for what the tenant refuses.
func (s *Server) granted() []string {
	all := []string{
		"Application.Read.All", "AuditLog.Read.All", "Domain-InternalFederation.Read.All", "Domain.Read.All", "GroupMember.Read.All", "LicenseAssignment.Read.All",
		"OnPremDirectorySynchronization.Read.All", "OrgContact.Read.All", "Organization.Read.All", "RoleManagement.Read.Directory", "ServiceHealth.Read.All",
		"TeamsTelephoneNumber.Read.All", "TeamsUserConfiguration.Read.All", "User.Read.All",
	}
	for path := range s.options.Tenant.Refused {
		role := roleFor(path)
		all = slices.DeleteFunc(all, func(r string) bool { return r == role })
	}
	return all
}

// appClaims are those of an application's token.
func (s *Server) appClaims(app *Application) map[string]any {
	return map[string]any{
		"aud": "https://graph.microsoft.com", "iss": "https://sts.windows.net/" + s.options.Tenant.ID + "/", "tid": s.options.Tenant.ID, "appid": app.ClientID, "appidacr": "1",
		"app_displayname": "hybridaudit", "idtyp": "app", "oid": idOf(app.ClientID), "sub": idOf(app.ClientID), "roles": s.granted(), "ver": "1.0",
	}
}

// personClaims are those of the token of somebody who signed in for an application.
func (s *Server) personClaims(app *Application) map[string]any {
	return map[string]any{
		"aud": "https://graph.microsoft.com", "iss": "https://sts.windows.net/" + s.options.Tenant.ID + "/", "tid": s.options.Tenant.ID, "appid": app.ClientID, "appidacr": "0",
		"app_displayname": "hybridaudit", "idtyp": "user", "oid": idOf(app.Person), "upn": app.Person, "scp": strings.Join(append(s.granted(), "profile", "openid", "email"), " "), "ver": "1.0",
	}
}

// idOf makes an object id out of a name, always the same.
func idOf(name string) string {
	b := sha256.Sum256([]byte(name))
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
