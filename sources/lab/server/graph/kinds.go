package graphlab

import "strings"

// entityKind is what the service knows of the objects of a collection.
type entityKind struct {
	name string // of the entity type: microsoft.graph.user
	// known are the properties that can be selected; nil when they are not checked. beta are those that only the beta endpoint has.
	known, beta map[string]bool
	// byDefault are what comes without $select, nil for everything; single what a collection cannot give: 501.
	byDefault, single map[string]bool
	// unpaged collections come whole and take no $top; skipping ones page with $skip and Prefer: odata.maxpagesize, and can be filtered.
	unpaged, skipping bool
	tracked           bool            // has a delta function
	untracked         map[string]bool // properties of which that function tells nothing
	unknownEnums      map[string]bool // values that come only to those who ask for unknown ones
}

// What the service knows of other objects than users, from the v1.0 entity types; navigation properties are left out, since $select does not give them.
const (
	organizationProperties = `assignedPlans businessPhones city country countryLetterCode createdDateTime defaultUsageLocation deletedDateTime displayName id
marketingNotificationEmails mobileDeviceManagementAuthority onPremisesLastSyncDateTime onPremisesSyncEnabled partnerTenantType postalCode preferredLanguage
privacyProfile provisionedPlans securityComplianceNotificationMails securityComplianceNotificationPhones state street technicalNotificationMails tenantType
verifiedDomains`
	betaOrganizationProperties = `directorySizeQuota onPremisesLastPasswordSyncDateTime`

	groupProperties = `allowExternalSenders assignedLabels assignedLicenses autoSubscribeNewMembers classification createdDateTime deletedDateTime description
displayName expirationDateTime groupTypes hasMembersWithLicenseErrors hideFromAddressLists hideFromOutlookClients id isArchived isAssignableToRole
isManagementRestricted isSubscribedByMail licenseProcessingState mail mailEnabled mailNickname membershipRule membershipRuleProcessingState
onPremisesDomainName onPremisesLastSyncDateTime onPremisesNetBiosName onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier
onPremisesSyncEnabled preferredDataLocation preferredLanguage proxyAddresses renewedDateTime resourceBehaviorOptions resourceProvisioningOptions
securityEnabled securityIdentifier serviceProvisioningErrors theme uniqueName unseenCount visibility`

	contactProperties = `addresses companyName deletedDateTime department displayName givenName id jobTitle mail mailNickname onPremisesLastSyncDateTime
onPremisesProvisioningErrors onPremisesSyncEnabled phones proxyAddresses serviceProvisioningErrors surname`

	principalProperties = `accountEnabled addIns alternativeNames appDescription appDisplayName appId applicationTemplateId appOwnerOrganizationId
appRoleAssignmentRequired appRoles customSecurityAttributes deletedDateTime description disabledByMicrosoftStatus displayName homepage id info keyCredentials
loginUrl logoutUrl notes notificationEmailAddresses oauth2PermissionScopes passwordCredentials preferredSingleSignOnMode
preferredTokenSigningKeyThumbprint replyUrls resourceSpecificApplicationPermissions samlSingleSignOnSettings servicePrincipalNames servicePrincipalType
signInAudience tags tokenEncryptionKeyId verifiedPublisher`

	issueProperties = `classification details endDateTime feature featureGroup highImpact id impactDescription isResolved lastModifiedDateTime origin posts service
startDateTime status title`

	teamsUserProperties = `accountType createdDateTime effectivePolicyAssignments featureTypes id isEnterpriseVoiceEnabled modifiedDateTime telephoneNumbers
tenantId userPrincipalName`
)

// userKind are users, also the deleted ones.
func userKind() *entityKind {
	return &entityKind{
		name: "microsoft.graph.user", known: nameSet(userPropertyNames), beta: nameSet(betaUserPropertyNames), byDefault: nameSet(defaultUserPropertyNames),
		single: nameSet(singleUserPropertyNames),
	}
}

// kindOf tells the kind of a collection by its path.
func kindOf(path string) *entityKind {
	switch path := collectionKey(path); path {
	case "users":
		k := userKind()
		k.tracked, k.untracked = true, nameSet("licenseAssignmentStates signInActivity")
		return k
	case "directory/deleteditems/microsoft.graph.user":
		return userKind()
	case "organization":
		return &entityKind{name: "microsoft.graph.organization", known: nameSet(organizationProperties), beta: nameSet(betaOrganizationProperties), unpaged: true}
	case "subscribedskus":
		return &entityKind{name: "microsoft.graph.subscribedSku", unpaged: true}
	case "groups":
		return &entityKind{name: "microsoft.graph.group", known: nameSet(groupProperties), tracked: true}
	case "contacts":
		return &entityKind{name: "microsoft.graph.orgContact", known: nameSet(contactProperties), tracked: true}
	case "serviceprincipals":
		return &entityKind{name: "microsoft.graph.servicePrincipal", known: nameSet(principalProperties), tracked: true}
	case "admin/teams/userconfigurations":
		return &entityKind{name: "microsoft.graph.teamsAdministration.teamsUserConfiguration", known: nameSet(teamsUserProperties), unknownEnums: nameSet("ineligibleUser")}
	case "admin/serviceannouncement/issues":
		return &entityKind{name: "microsoft.graph.serviceHealthIssue", known: nameSet(issueProperties), skipping: true}
	default:
		return &entityKind{name: "microsoft.graph.entity", skipping: strings.HasPrefix(path, "admin/serviceannouncement/")}
	}
}
