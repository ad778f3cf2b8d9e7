package ldaplab

import "strings"

// syntax is how the values of an attribute are compared.
type syntax uint8

const (
	syntaxText syntax = iota
	syntaxDN
	syntaxOID
	syntaxBool
	syntaxInteger
	syntaxLarge
	syntaxOctets
	syntaxTime
	syntaxSID
)

// syntaxCodes are attributeSyntax and oMSyntax of a schema entry.
var syntaxCodes = [...][2]string{
	syntaxText:    {"2.5.5.12", "64"},
	syntaxDN:      {"2.5.5.1", "127"},
	syntaxOID:     {"2.5.5.2", "6"},
	syntaxBool:    {"2.5.5.8", "1"},
	syntaxInteger: {"2.5.5.9", "2"},
	syntaxLarge:   {"2.5.5.16", "65"},
	syntaxOctets:  {"2.5.5.10", "4"},
	syntaxTime:    {"2.5.5.11", "24"},
	syntaxSID:     {"2.5.5.17", "4"},
}

// attributeKind is what the schema says about an attribute.
type attributeKind struct {
	name        string
	syntax      syntax
	multi       bool // more than one value
	global      bool // member of the partial attribute set
	constructed bool // computed by the server, returned only when asked for by name or with "+"
	product     bool // not in the schema of a bare forest: comes with Exchange or Skype for Business
}

// Flags of the list below, one letter each.
const (
	flagMulti       = 'm'
	flagGlobal      = 'g'
	flagConstructed = 'c'
	flagProduct     = 'p'
)

// knownAttributes lists attributes by syntax; behind a slash stand flags. What is not listed is single-valued Unicode text unless an entry shows otherwise.
var knownAttributes = map[syntax]string{
	syntaxText: `c/g canonicalName/cm cn/g co comment company countryCode dc/g department description/mg displayName/g displayNamePrintable division
		dNSHostName/g dnsRoot/mg employeeID employeeNumber employeeType facsimileTelephoneNumber givenName/g homePhone info initials ipPhone/g l/g
		keywords/mg lastKnownParent lDAPDisplayName/g legacyExchangeDN/g mail/g middleName mobile msDS-ExternalDirectoryObjectId/g msDS-ReplAttributeMetaData/cm msDS-SourceObjectDN
		name/g nETBIOSName o/m otherFacsimileTelephoneNumber/m otherHomePhone/m otherIpPhone/m otherMailbox/m otherMobile/m otherPager/m otherTelephone/m
		ou/g pager personalTitle physicalDeliveryOfficeName postalCode postOfficeBox/m preferredLanguage proxyAddresses/m roomNumber sAMAccountName/g
		serviceBindingInformation/mg servicePrincipalName/mg sn/g st/g street streetAddress telephoneNumber/g textEncodedORAddress/g title uid/m uPNSuffixes/m url/m userPrincipalName/g
		userWorkstations wWWHomePage attributeID attributeSyntax
		extensionAttribute1/gp extensionAttribute2/gp extensionAttribute3/gp extensionAttribute4/gp extensionAttribute5/gp extensionAttribute6/gp
		extensionAttribute7/gp extensionAttribute8/gp extensionAttribute9/gp extensionAttribute10/gp extensionAttribute11/gp extensionAttribute12/gp
		extensionAttribute13/gp extensionAttribute14/gp extensionAttribute15/gp mailNickname/gp msExchHomeServerName/gp msExchUCVoiceMailSettings/mp
		msExchUsageLocation/gp targetAddress/gp msRTCSIP-AcpInfo/mp msRTCSIP-DeploymentLocator/gp msRTCSIP-Line/gp msRTCSIP-LineServer/gp
		msRTCSIP-OwnerUrn/gp msRTCSIP-PoolDisplayName/p msRTCSIP-PrimaryUserAddress/gp msRTCSIP-PrivateLine/gp msRTCSIP-UserExtension/mgp
		msRTCSIP-UserPolicies/mp msRTCSIP-DomainName/p msRTCSIP-TrustedServerFQDN/p msRTCSIP-EdgeProxyFQDN/p`,
	syntaxDN: `distinguishedName/g homeMDB/gp manager/g managedBy/g member/mg memberOf/m directReports/m msDS-EnabledFeature/m nCName/g objectCategory/g publicDelegates/mp
		msRTCSIP-PrimaryHomeServer/gp msRTCSIP-TargetHomeServer/gp msRTCSIP-ApplicationDestination/p msRTCSIP-BackEndServer/p msRTCSIP-FrontEndServers/mp
		msRTCSIP-UserPolicy/mp msRTCSIP-UserLocationProfile/p msRTCSIP-MobilityPolicy/p msRTCSIP-PresencePolicy/p showInAddressBook/mg`,
	syntaxOID: `objectClass/mg`,
	syntaxBool: `isCriticalSystemObject/g isDeleted/g isMemberOfPartialAttributeSet isRecycled/g isSingleValued msExchHideFromAddressLists/gp
		msRTCSIP-FederationEnabled/gp msRTCSIP-InternetAccessEnabled/gp msRTCSIP-UserEnabled/gp`,
	syntaxInteger: `adminCount groupType/g instanceType/g msDS-User-Account-Control-Computed/c msExchRecipientDisplayType/gp msExchUMEnabledFlags/p
		msRTCSIP-ApplicationOptions/p msRTCSIP-ArchivingEnabled/gp msRTCSIP-OptionFlags/gp msRTCSIP-PoolType/p msRTCSIP-PoolVersion/p
		msRTCSIP-TrustedServerVersion/p oMSyntax linkID msDS-DeletedObjectLifetime primaryGroupID/g rangeUpper sAMAccountType/g searchFlags systemFlags/g tombstoneLifetime userAccountControl/g versionNumber`,
	syntaxLarge: `accountExpires badPasswordTime lastLogon lastLogonTimestamp/g lockoutDuration lockoutTime maxPwdAge msDS-MaximumPasswordAge msExchRecipientTypeDetails/gp msExchRemoteRecipientType/gp
		pwdLastSet uSNChanged/g uSNCreated/g`,
	syntaxOctets: `invocationId mS-DS-ConsistencyGuid replPropertyMetaData msExchMailboxGuid/gp msRTCSIP-GroupingID/p msRTCSIP-TenantId/p msRTCSIP-UserRoutingGroupId/p objectGUID/g
		schemaIDGUID thumbnailPhoto userCertificate/mg`,
	syntaxSID:  `msExchMasterAccountSid/gp msRTCSIP-OriginatorSid/gp objectSid/g sIDHistory/mg`,
	syntaxTime: `createTimeStamp/c modifyTimeStamp/c whenChanged/g whenCreated/g`,
}

// notReplicated are attributes that each domain controller has for itself.
var notReplicated = []string{"distinguishedName", "lastLogon", "memberOf", "objectGUID", "uSNChanged", "uSNCreated", "whenChanged"}

// linkIDs are those of attributes whose values are links between objects: even ones go forward, the odd one behind each goes back.
var linkIDs = map[string]string{
	"member": "2", "memberOf": "3", "publicDelegates": "14", "homeMDB": "32", "manager": "42", "directReports": "43", "msDS-EnabledFeature": "2168",
}

// structural attributes keep their values under every fault: without them a client could not even tell what it reads.
var structural = []string{
	"objectclass", "objectcategory", "distinguishedname", "cn", "name", "dc", "ou", "ldapdisplayname", "attributesyntax", "attributeid", "dnsroot", "canonicalname",
}

// parseAttributeList reads the list above into a map by lower-case name.
func parseAttributeList() map[string]attributeKind {
	kinds := map[string]attributeKind{}
	for s, list := range knownAttributes {
		for item := range strings.FieldsSeq(list) {
			name, flags, _ := strings.Cut(item, "/")
			kinds[strings.ToLower(name)] = attributeKind{
				name: name, syntax: s,
				multi:       strings.ContainsRune(flags, flagMulti),
				global:      strings.ContainsRune(flags, flagGlobal),
				constructed: strings.ContainsRune(flags, flagConstructed),
				product:     strings.ContainsRune(flags, flagProduct),
			}
		}
	}
	return kinds
}
