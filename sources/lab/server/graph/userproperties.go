package graphlab

import "strings"

// What GET /users knows, from the v1.0 entity type user. Selecting anything else is answered with 400.
const userPropertyNames = `aboutMe accountEnabled ageGroup assignedLicenses assignedPlans authorizationInfo birthday businessPhones city companyName
consentProvidedForMinor country createdDateTime creationType customSecurityAttributes deletedDateTime department deviceEnrollmentLimit displayName
employeeHireDate employeeId employeeLeaveDateTime employeeOrgData employeeType externalUserState externalUserStateChangeDateTime faxNumber
givenName hireDate id identities identityParentId imAddresses infoCatalogs interests isManagementRestricted isResourceAccount jobTitle
lastPasswordChangeDateTime legalAgeGroupClassification licenseAssignmentStates mail mailNickname mailboxSettings mobilePhone mySite
officeLocation onPremisesDistinguishedName onPremisesDomainName onPremisesExtensionAttributes onPremisesImmutableId onPremisesLastSyncDateTime
onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier onPremisesSyncEnabled onPremisesUserPrincipalName otherMails
passwordPolicies passwordProfile pastProjects postalCode preferredDataLocation preferredLanguage preferredName print provisionedPlans
proxyAddresses responsibilities schools securityIdentifier serviceProvisioningErrors showInAddressList signInActivity signInSessionsValidFromDateTime
skills state streetAddress surname usageLocation userPrincipalName userType`

// Properties that only the beta endpoint gives.
const betaUserPropertyNames = `onPremisesSipInfo`

// What comes without $select.
const defaultUserPropertyNames = `businessPhones displayName givenName id jobTitle mail mobilePhone officeLocation preferredLanguage surname
userPrincipalName`

// Properties of a single user that a collection cannot give: 501.
const singleUserPropertyNames = `aboutMe birthday hireDate interests mailboxSettings mySite pastProjects preferredName responsibilities schools skills`

func nameSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, n := range strings.Fields(list) {
		set[n] = true
	}
	return set
}
