//go:build sdkcontract

package graph

import (
	"encoding/base64"
	"testing"

	"github.com/microsoftgraph/msgraph-sdk-go/models"
)

// sdkErrors stores the errors that users, groups and contacts have alike.
func sdkErrors(r sdkRow, sync []models.OnPremisesProvisioningErrorable, service []models.ServiceProvisioningErrorable) {
	many(r, "onPremisesProvisioningErrors", sync, func(e models.OnPremisesProvisioningErrorable) any {
		r := sdkRow{}
		r.text("category", e.GetCategory())
		r.text("propertyCausingError", e.GetPropertyCausingError())
		r.text("value", e.GetValue())
		r.moment("occurredDateTime", e.GetOccurredDateTime())
		return map[string]any(r)
	})
	many(r, "serviceProvisioningErrors", service, func(e models.ServiceProvisioningErrorable) any {
		r := sdkRow{}
		r.text("serviceInstance", e.GetServiceInstance())
		r.flag("isResolved", e.GetIsResolved())
		r.moment("createdDateTime", e.GetCreatedDateTime())
		if x, ok := e.(models.ServiceProvisioningXmlErrorable); ok {
			r.text("errorDetail", x.GetErrorDetail())
		}
		return map[string]any(r)
	})
}

func sdkGroups(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[models.GroupCollectionResponseable](t, body, models.CreateGroupCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{}
		r.id("id", v.GetId())
		r.text("displayName", v.GetDisplayName())
		r.text("mail", v.GetMail())
		r.text("mailNickname", v.GetMailNickname())
		r.texts("proxyAddresses", v.GetProxyAddresses())
		r.flag("mailEnabled", v.GetMailEnabled())
		r.flag("securityEnabled", v.GetSecurityEnabled())
		r.texts("groupTypes", v.GetGroupTypes())
		r.flag("onPremisesSyncEnabled", v.GetOnPremisesSyncEnabled())
		r.moment("onPremisesLastSyncDateTime", v.GetOnPremisesLastSyncDateTime())
		r.text("onPremisesSecurityIdentifier", v.GetOnPremisesSecurityIdentifier())
		r.text("onPremisesDomainName", v.GetOnPremisesDomainName())
		r.text("onPremisesSamAccountName", v.GetOnPremisesSamAccountName())
		sdkErrors(r, v.GetOnPremisesProvisioningErrors(), v.GetServiceProvisioningErrors())
		all = append(all, r)
	}
	return all
}

func sdkContacts(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[models.OrgContactCollectionResponseable](t, body, models.CreateOrgContactCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{}
		r.id("id", v.GetId())
		r.text("displayName", v.GetDisplayName())
		r.text("mail", v.GetMail())
		r.text("mailNickname", v.GetMailNickname())
		r.texts("proxyAddresses", v.GetProxyAddresses())
		r.flag("onPremisesSyncEnabled", v.GetOnPremisesSyncEnabled())
		r.moment("onPremisesLastSyncDateTime", v.GetOnPremisesLastSyncDateTime())
		sdkErrors(r, v.GetOnPremisesProvisioningErrors(), v.GetServiceProvisioningErrors())
		all = append(all, r)
	}
	return all
}

func sdkDeletedUsers(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[models.UserCollectionResponseable](t, body, models.CreateUserCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{}
		r.id("id", v.GetId())
		r.text("userPrincipalName", v.GetUserPrincipalName())
		r.text("displayName", v.GetDisplayName())
		r.text("mail", v.GetMail())
		r.texts("proxyAddresses", v.GetProxyAddresses())
		r.text("onPremisesImmutableId", v.GetOnPremisesImmutableId())
		r.flag("onPremisesSyncEnabled", v.GetOnPremisesSyncEnabled())
		r.moment("deletedDateTime", v.GetDeletedDateTime())
		all = append(all, r)
	}
	return all
}

func sdkSignIns(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[models.UserCollectionResponseable](t, body, models.CreateUserCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{}
		r.id("id", v.GetId())
		if a := v.GetSignInActivity(); a != nil {
			r.moment("signInActivity.lastSignInDateTime", a.GetLastSignInDateTime())
			r.moment("signInActivity.lastNonInteractiveSignInDateTime", a.GetLastNonInteractiveSignInDateTime())
		}
		all = append(all, r)
	}
	return all
}

func sdkFederations(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[models.InternalDomainFederationCollectionResponseable](t, body,
		models.CreateInternalDomainFederationCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{"domain": "contoso.com"}
		r.text("id", v.GetId())
		r.text("displayName", v.GetDisplayName())
		r.text("issuerUri", v.GetIssuerUri())
		r.text("metadataExchangeUri", v.GetMetadataExchangeUri())
		r.text("passiveSignInUri", v.GetPassiveSignInUri())
		r.text("activeSignInUri", v.GetActiveSignInUri())
		r.text("signOutUri", v.GetSignOutUri())
		printed(r, "preferredAuthenticationProtocol", v.GetPreferredAuthenticationProtocol())
		r.text("signingCertificate", v.GetSigningCertificate())
		r.text("nextSigningCertificate", v.GetNextSigningCertificate())
		if u := v.GetSigningCertificateUpdateStatus(); u != nil {
			r.text("signingCertificateUpdateStatus.certificateUpdateResult", u.GetCertificateUpdateResult())
			r.moment("signingCertificateUpdateStatus.lastRunDateTime", u.GetLastRunDateTime())
		}
		printed(r, "federatedIdpMfaBehavior", v.GetFederatedIdpMfaBehavior())
		all = append(all, r)
	}
	return all
}

func sdkHealth(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[models.ServiceHealthCollectionResponseable](t, body, models.CreateServiceHealthCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{}
		r.text("id", v.GetId())
		r.text("service", v.GetService())
		printed(r, "status", v.GetStatus())
		all = append(all, r)
	}
	return all
}

func sdkIssues(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[models.ServiceHealthIssueCollectionResponseable](t, body, models.CreateServiceHealthIssueCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{}
		r.text("id", v.GetId())
		r.text("title", v.GetTitle())
		r.text("service", v.GetService())
		r.text("feature", v.GetFeature())
		r.text("featureGroup", v.GetFeatureGroup())
		printed(r, "classification", v.GetClassification())
		printed(r, "origin", v.GetOrigin())
		printed(r, "status", v.GetStatus())
		r.flag("isResolved", v.GetIsResolved())
		r.moment("startDateTime", v.GetStartDateTime())
		r.moment("endDateTime", v.GetEndDateTime())
		r.moment("lastModifiedDateTime", v.GetLastModifiedDateTime())
		r.text("impactDescription", v.GetImpactDescription())
		all = append(all, r)
	}
	return all
}

func sdkRoles(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[models.UnifiedRoleAssignmentCollectionResponseable](t, body, models.CreateUnifiedRoleAssignmentCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{}
		r.text("id", v.GetId())
		r.id("principalId", v.GetPrincipalId())
		r.id("roleDefinitionId", v.GetRoleDefinitionId())
		r.text("directoryScopeId", v.GetDirectoryScopeId())
		all = append(all, r)
	}
	return all
}

func sdkPrincipals(t testing.TB, body []byte) (all []sdkRow) {
	for _, v := range parse[models.ServicePrincipalCollectionResponseable](t, body, models.CreateServicePrincipalCollectionResponseFromDiscriminatorValue).GetValue() {
		r := sdkRow{}
		r.id("id", v.GetId())
		r.id("appId", v.GetAppId())
		r.text("displayName", v.GetDisplayName())
		r.flag("accountEnabled", v.GetAccountEnabled())
		r.texts("servicePrincipalNames", v.GetServicePrincipalNames())
		many(r, "keyCredentials", v.GetKeyCredentials(), func(k models.KeyCredentialable) any {
			r := sdkRow{}
			printed(r, "keyId", k.GetKeyId())
			r.text("type", k.GetTypeEscaped())
			r.text("usage", k.GetUsage())
			r.moment("startDateTime", k.GetStartDateTime())
			r.moment("endDateTime", k.GetEndDateTime())
			if id := k.GetCustomKeyIdentifier(); id != nil {
				r["customKeyIdentifier"] = base64.StdEncoding.EncodeToString(id)
			}
			return map[string]any(r)
		})
		all = append(all, r)
	}
	return all
}
