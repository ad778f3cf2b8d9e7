package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"hybridaudit/sources/graph"
)

// graphApplication is the application id of Microsoft Graph, the same in every tenant and cloud.
const graphApplication = "00000003-0000-0000-c000-000000000000"

// grantCommands are the commands that grant the missing permissions, for those who administer the tenant. Everything in them is an id that has been checked, or comes
// from our own tables: it can be pasted into a shell.
func grantCommands(g graph.Config, a *graph.Access, missing []graph.Permission) []string {
	names := make([]string, len(missing))
	for i, p := range missing {
		names[i] = p.Name
	}
	head := "  To grant what is missing, as Privileged Role Administrator or Global Administrator of the tenant:"
	switch g.Auth {
	case graph.ByAzureCLI:
		return []string{
			"  The Azure CLI has permissions of its own that cannot be added to. To read what is missing, make an app registration with " + strings.Join(names, ", "),
			"  and sign in with graph.auth deviceCode (as a person who may read it, such as a Global Reader) or certificate: docs/permissions.md.",
		}
	case graph.ByDeviceCode:
		return append([]string{head}, delegatedCommands(g, a, names)...)
	}
	var roles []string
	for _, p := range missing {
		roles = append(roles, p.RoleID+"=Role")
	}
	lines := []string{
		head, "    Microsoft Graph PowerShell:",
		"      Connect-MgGraph -TenantId " + g.TenantID + environment(g.Cloud) + " -Scopes Application.Read.All, AppRoleAssignment.ReadWrite.All",
		"      " + principalOf("$app", g, a),
		"      $graph = Get-MgServicePrincipal -Filter \"appId eq '" + graphApplication + "'\"",
	}
	for _, p := range missing {
		lines = append(lines, "      New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $app.Id -PrincipalId $app.Id -ResourceId $graph.Id -AppRoleId "+p.RoleID+"  # "+p.Name)
	}
	lines = append(lines, "    or with the Azure CLI, after az login --tenant "+g.TenantID+" --allow-no-subscriptions:")
	if g.Auth != graph.ByManagedIdentity {
		return append(lines,
			"      az ad app permission add --id "+g.ClientID+" --api "+graphApplication+" --api-permissions "+strings.Join(roles, " "),
			"      az ad app permission admin-consent --id "+g.ClientID,
			"    or in the Entra admin center: App registrations > the application > API permissions > Add a permission > Microsoft Graph > Application permissions, then Grant admin consent")
	}
	lines = append(lines, "      graph=$(az ad sp show --id "+graphApplication+" --query id -o tsv)")
	for _, p := range missing {
		lines = append(lines, fmt.Sprintf("      az rest --method POST --uri %s/v1.0/servicePrincipals/%s/appRoleAssignments --body \"{\\\"principalId\\\":\\\"%s\\\",\\\"resourceId\\\":\\\"$graph\\\",\\\"appRoleId\\\":\\\"%s\\\"}\"  # %s",
			graph.Root(g.Cloud), identity(a), identity(a), p.RoleID, p.Name))
	}
	return append(lines, "    The Entra admin center has no page for the permissions of a managed identity.")
}

// identity is the object id of the signed-in service principal, which only the token tells of a system-assigned identity.
func identity(a *graph.Access) string {
	if a.ServicePrincipal == "" {
		return "OBJECT-ID"
	}
	return a.ServicePrincipal
}

// principalOf is the command that finds the application's service principal.
func principalOf(variable string, g graph.Config, a *graph.Access) string {
	if g.ClientID == "" {
		return variable + " = Get-MgServicePrincipal -ServicePrincipalId " + identity(a)
	}
	return variable + " = Get-MgServicePrincipal -Filter \"appId eq '" + g.ClientID + "'\""
}

// environment is the option of Connect-MgGraph for a cloud.
func environment(cloud string) string {
	return map[string]string{"usgov": " -Environment USGov", "usgovdod": " -Environment USGovDoD", "china": " -Environment China"}[cloud]
}

// scopeText is a scope that can be pasted into a shell, between quotes.
var scopeText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,99}$`)

// delegatedCommands consent for everybody. The scopes that there are already stand among them, whatever they are for: the commands replace what was consented to.
func delegatedCommands(g graph.Config, a *graph.Access, names []string) []string {
	scopes := slices.Clone(names)
	for _, held := range a.Held {
		if scopeText.MatchString(held) {
			scopes = append(scopes, held)
		}
	}
	slices.Sort(scopes)
	all := strings.Join(slices.Compact(scopes), " ")
	return []string{
		"    Microsoft Graph PowerShell (Update-MgOauth2PermissionGrant where there is a grant already):",
		"      Connect-MgGraph -TenantId " + g.TenantID + environment(g.Cloud) + " -Scopes Application.Read.All, DelegatedPermissionGrant.ReadWrite.All",
		"      " + principalOf("$app", g, a),
		"      $graph = Get-MgServicePrincipal -Filter \"appId eq '" + graphApplication + "'\"",
		"      New-MgOauth2PermissionGrant -ClientId $app.Id -ConsentType AllPrincipals -ResourceId $graph.Id -Scope \"" + all + "\"",
		"    or with the Azure CLI, after az login --tenant " + g.TenantID + " --allow-no-subscriptions:",
		"      az ad app permission grant --id " + g.ClientID + " --api " + graphApplication + " --scope \"" + all + "\"",
		"    or in the Entra admin center: App registrations > the application > API permissions > Add a permission > Microsoft Graph > Delegated permissions, then Grant admin consent",
		"    The commands replace what was consented to, so that what the sign-in has already is among the scopes: take out what not everybody shall consent to.",
		"    The person needs a role that may read it all as well, such as Global Reader.",
	}
}
