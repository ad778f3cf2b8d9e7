package evidence

import (
	"iter"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// Columns of the tables of users, contacts and groups.
const (
	adGUID = iota
	adSID
	adDN
	adForest
	adObjectClass
	adSAM
	adUPN
	adDisplayName
	adMail
	adMailNickname
	adProxies
	adTarget
	adUAC
	adUACComputed
	adAccountExpires
	adPwdLastSet
	adLastLogon
	adWhenCreated
	adWhenChanged
	adCritical
	adConsistency
	adExternalID
	adCountry
	adDepartment
	adMemberOf
	adRecipientType
	adMasterSID
	adUsageLocation
	adHideFromLists
	adSIP
	adSIPEnabled
	adLocator
	adHomeServer
	adTargetHome
	adOptionFlags
	adLine
	adPrivateLine
	adLineServer
	adFederation
	adInternet
	adOwnerURN
	adOriginatorSID
	adGivenName
	adSurname
	adTelephone
	adOtherTelephone
	adIPPhone
	adMobile
	adCountryName
	adCompany
	adOffice
	adManager
	adDescription
	adAdminCount
	adSourceDN
	adSPN
	adCertificates
	adPhoto
	adMetaData
	adDisplayType
	adRemoteType
	adMailboxGUID
	adExchHome
	adHomeMDB
	adUMFlags
	adDelegates
	adLegacyDN
	adVoiceMail
	adArchiving
	adAppOptions
	adAppDestination
	adUserPolicies
	adUserPolicy
	adLocationProfile
	adMobilityPolicy
	adPresencePolicy
	adUserExtension
	adAcpInfo
	adRTCTenant
	adGrouping
	adRoutingGroup
	adExtension1
	adExtension2
	adExtension3
	adExtension4
	adExtension5
	adExtension6
	adExtension7
	adExtension8
	adExtension9
	adExtension10
	adExtension11
	adExtension12
	adExtension13
	adExtension14
	adExtension15
)

// ADForestColumn is the one column of the AD tables that no LDAP attribute fills: the DNS name of the forest an object was read from.
const ADForestColumn = "forest"

var adSchema = Schema{
	adGUID:            {Name: "objectGUID", Kind: GUID},
	adSID:             {Name: "objectSid", Kind: Bytes},
	adDN:              {Name: "distinguishedName", Kind: Text},
	adForest:          {Name: ADForestColumn, Kind: Name},
	adObjectClass:     {Name: "objectClass", Kind: NameList},
	adSAM:             {Name: "sAMAccountName", Kind: Text},
	adUPN:             {Name: "userPrincipalName", Kind: Text},
	adDisplayName:     {Name: "displayName", Kind: Text},
	adMail:            {Name: "mail", Kind: Text},
	adMailNickname:    {Name: "mailNickname", Kind: Text},
	adProxies:         {Name: "proxyAddresses", Kind: List},
	adTarget:          {Name: "targetAddress", Kind: Text},
	adUAC:             {Name: "userAccountControl", Kind: Int},
	adUACComputed:     {Name: "msDS-User-Account-Control-Computed", Kind: Int},
	adAccountExpires:  {Name: "accountExpires", Kind: Int},
	adPwdLastSet:      {Name: "pwdLastSet", Kind: Int},
	adLastLogon:       {Name: "lastLogonTimestamp", Kind: Int},
	adWhenCreated:     {Name: "whenCreated", Kind: Time},
	adWhenChanged:     {Name: "whenChanged", Kind: Time},
	adCritical:        {Name: "isCriticalSystemObject", Kind: Bool},
	adConsistency:     {Name: "mS-DS-ConsistencyGuid", Kind: Bytes},
	adExternalID:      {Name: "msDS-ExternalDirectoryObjectId", Kind: Text},
	adCountry:         {Name: "c", Kind: Name},
	adDepartment:      {Name: "department", Kind: Name},
	adMemberOf:        {Name: "memberOf", Kind: NameList},
	adRecipientType:   {Name: "msExchRecipientTypeDetails", Kind: Int},
	adMasterSID:       {Name: "msExchMasterAccountSid", Kind: Bytes},
	adUsageLocation:   {Name: "msExchUsageLocation", Kind: Name},
	adHideFromLists:   {Name: "msExchHideFromAddressLists", Kind: Bool},
	adSIP:             {Name: "msRTCSIP-PrimaryUserAddress", Kind: Text},
	adSIPEnabled:      {Name: "msRTCSIP-UserEnabled", Kind: Bool},
	adLocator:         {Name: "msRTCSIP-DeploymentLocator", Kind: Name},
	adHomeServer:      {Name: "msRTCSIP-PrimaryHomeServer", Kind: Name},
	adTargetHome:      {Name: "msRTCSIP-TargetHomeServer", Kind: Name},
	adOptionFlags:     {Name: "msRTCSIP-OptionFlags", Kind: Int},
	adLine:            {Name: "msRTCSIP-Line", Kind: Text},
	adPrivateLine:     {Name: "msRTCSIP-PrivateLine", Kind: Text},
	adLineServer:      {Name: "msRTCSIP-LineServer", Kind: Text},
	adFederation:      {Name: "msRTCSIP-FederationEnabled", Kind: Bool},
	adInternet:        {Name: "msRTCSIP-InternetAccessEnabled", Kind: Bool},
	adOwnerURN:        {Name: "msRTCSIP-OwnerUrn", Kind: Name},
	adOriginatorSID:   {Name: "msRTCSIP-OriginatorSid", Kind: Bytes},
	adGivenName:       {Name: "givenName", Kind: Text},
	adSurname:         {Name: "sn", Kind: Text},
	adTelephone:       {Name: "telephoneNumber", Kind: Text},
	adOtherTelephone:  {Name: "otherTelephone", Kind: List},
	adIPPhone:         {Name: "ipPhone", Kind: Text},
	adMobile:          {Name: "mobile", Kind: Text},
	adCountryName:     {Name: "co", Kind: Name},
	adCompany:         {Name: "company", Kind: Name},
	adOffice:          {Name: "physicalDeliveryOfficeName", Kind: Name},
	adManager:         {Name: "manager", Kind: Name},
	adDescription:     {Name: "description", Kind: Text},
	adAdminCount:      {Name: "adminCount", Kind: Int},
	adSourceDN:        {Name: "msDS-SourceObjectDN", Kind: Text},
	adSPN:             {Name: "servicePrincipalName", Kind: List},
	adCertificates:    {Name: "userCertificate", Kind: Count},
	adPhoto:           {Name: "thumbnailPhoto", Kind: Size},
	adMetaData:        {Name: "msDS-ReplAttributeMetaData", Kind: List},
	adDisplayType:     {Name: "msExchRecipientDisplayType", Kind: Int},
	adRemoteType:      {Name: "msExchRemoteRecipientType", Kind: Int},
	adMailboxGUID:     {Name: "msExchMailboxGuid", Kind: GUID},
	adExchHome:        {Name: "msExchHomeServerName", Kind: Name},
	adHomeMDB:         {Name: "homeMDB", Kind: Name},
	adUMFlags:         {Name: "msExchUMEnabledFlags", Kind: Int},
	adDelegates:       {Name: "publicDelegates", Kind: List},
	adLegacyDN:        {Name: "legacyExchangeDN", Kind: Text},
	adVoiceMail:       {Name: "msExchUCVoiceMailSettings", Kind: NameList},
	adArchiving:       {Name: "msRTCSIP-ArchivingEnabled", Kind: Int},
	adAppOptions:      {Name: "msRTCSIP-ApplicationOptions", Kind: Int},
	adAppDestination:  {Name: "msRTCSIP-ApplicationDestination", Kind: Name},
	adUserPolicies:    {Name: "msRTCSIP-UserPolicies", Kind: NameList},
	adUserPolicy:      {Name: "msRTCSIP-UserPolicy", Kind: Name},
	adLocationProfile: {Name: "msRTCSIP-UserLocationProfile", Kind: Name},
	adMobilityPolicy:  {Name: "msRTCSIP-MobilityPolicy", Kind: Name},
	adPresencePolicy:  {Name: "msRTCSIP-PresencePolicy", Kind: Name},
	adUserExtension:   {Name: "msRTCSIP-UserExtension", Kind: List},
	adAcpInfo:         {Name: "msRTCSIP-AcpInfo", Kind: List},
	adRTCTenant:       {Name: "msRTCSIP-TenantId", Kind: Bytes},
	adGrouping:        {Name: "msRTCSIP-GroupingID", Kind: Bytes},
	adRoutingGroup:    {Name: "msRTCSIP-UserRoutingGroupId", Kind: Bytes},
	adExtension1:      {Name: "extensionAttribute1", Kind: Name},
	adExtension2:      {Name: "extensionAttribute2", Kind: Name},
	adExtension3:      {Name: "extensionAttribute3", Kind: Name},
	adExtension4:      {Name: "extensionAttribute4", Kind: Name},
	adExtension5:      {Name: "extensionAttribute5", Kind: Name},
	adExtension6:      {Name: "extensionAttribute6", Kind: Name},
	adExtension7:      {Name: "extensionAttribute7", Kind: Name},
	adExtension8:      {Name: "extensionAttribute8", Kind: Name},
	adExtension9:      {Name: "extensionAttribute9", Kind: Name},
	adExtension10:     {Name: "extensionAttribute10", Kind: Name},
	adExtension11:     {Name: "extensionAttribute11", Kind: Name},
	adExtension12:     {Name: "extensionAttribute12", Kind: Name},
	adExtension13:     {Name: "extensionAttribute13", Kind: Name},
	adExtension14:     {Name: "extensionAttribute14", Kind: Name},
	adExtension15:     {Name: "extensionAttribute15", Kind: Name},
}

// ADObject is a user, contact or group of a directory. The zero value is no object: see [ADObject.IsZero].
type ADObject struct {
	t       *Table
	row     int
	dataset Dataset
}

// IsZero says that there is no object.
func (o ADObject) IsZero() bool { return o.t == nil }

// Dataset is the table the object stands in: ADUsers, ADContacts or ADGroups.
func (o ADObject) Dataset() Dataset { return o.dataset }

// Row is the object's position in its table.
func (o ADObject) Row() int { return o.row }

// GUID is objectGUID.
func (o ADObject) GUID() directory.GUID { return o.t.guid(adGUID, o.row) }

// SID is objectSid as bytes in a string, "" when absent (contacts have none). directory.SIDText prints it.
func (o ADObject) SID() string { return o.t.str(adSID, o.row) }

// DN is distinguishedName as the server wrote it.
func (o ADObject) DN() string { return o.t.str(adDN, o.row) }

// Forest is the DNS name of the forest the object was read from.
func (o ADObject) Forest() string { return o.t.str(adForest, o.row) }

// ObjectClasses iterates over objectClass, most general first.
func (o ADObject) ObjectClasses() iter.Seq[string] { return o.t.list(adObjectClass, o.row) }

// SAMAccountName is the pre-Windows 2000 logon name.
func (o ADObject) SAMAccountName() string { return o.t.str(adSAM, o.row) }

// UPN is userPrincipalName.
func (o ADObject) UPN() string { return o.t.str(adUPN, o.row) }

// DisplayName is displayName.
func (o ADObject) DisplayName() string { return o.t.str(adDisplayName, o.row) }

// Mail is the mail attribute.
func (o ADObject) Mail() string { return o.t.str(adMail, o.row) }

// MailNickname is Exchange's alias.
func (o ADObject) MailNickname() string { return o.t.str(adMailNickname, o.row) }

// ProxyAddresses iterates over proxyAddresses as stored, prefixes included.
func (o ADObject) ProxyAddresses() iter.Seq[string] { return o.t.list(adProxies, o.row) }

// TargetAddress is targetAddress as stored.
func (o ADObject) TargetAddress() string { return o.t.str(adTarget, o.row) }

// UserAccountControl is the bit mask, 0 when absent.
func (o ADObject) UserAccountControl() int64 { return o.num(adUAC) }

// Disabled says that the account has ACCOUNTDISABLE set.
func (o ADObject) Disabled() bool { return o.UserAccountControl()&0x2 != 0 }

// LockedOut and PasswordExpired come from msDS-User-Account-Control-Computed.
func (o ADObject) LockedOut() bool { return o.num(adUACComputed)&0x10 != 0 }

// PasswordExpired says that the domain controller computed the password as expired.
func (o ADObject) PasswordExpired() bool { return o.num(adUACComputed)&0x800000 != 0 }

// Expires is accountExpires; ok is false when the account never expires.
func (o ADObject) Expires() (at time.Time, ok bool) {
	v, there := o.t.number(adAccountExpires, o.row)
	if !there {
		return time.Time{}, false
	}
	at, never := directory.FileTime(v)
	return at, !never
}

// MustChangePassword says that pwdLastSet is there and 0.
func (o ADObject) MustChangePassword() bool {
	v, ok := o.t.number(adPwdLastSet, o.row)
	return ok && v == 0
}

// LastLogon is lastLogonTimestamp, up to two weeks coarse; the zero time when never or unknown.
func (o ADObject) LastLogon() time.Time {
	v, ok := o.t.number(adLastLogon, o.row)
	if !ok {
		return time.Time{}
	}
	at, never := directory.FileTime(v)
	if never {
		return time.Time{}
	}
	return at
}

// Created is whenCreated.
func (o ADObject) Created() time.Time { return o.t.when(adWhenCreated, o.row) }

// Changed is whenChanged of the domain controller that was asked.
func (o ADObject) Changed() time.Time { return o.t.when(adWhenChanged, o.row) }

// CriticalSystemObject says isCriticalSystemObject is TRUE.
func (o ADObject) CriticalSystemObject() bool { return o.t.tri(adCritical, o.row) == True }

// ConsistencyGUID is mS-DS-ConsistencyGuid as bytes in a string, "" when absent. Entra Connect takes any length.
func (o ADObject) ConsistencyGUID() string { return o.t.str(adConsistency, o.row) }

// ExternalID is msDS-ExternalDirectoryObjectId ("User_" and the object id), written back by Exchange hybrid.
func (o ADObject) ExternalID() string { return o.t.str(adExternalID, o.row) }

// Country is the two-letter c attribute.
func (o ADObject) Country() string { return o.t.str(adCountry, o.row) }

// Department is department.
func (o ADObject) Department() string { return o.t.str(adDepartment, o.row) }

// MemberOf iterates over the DNs of the groups the object is a direct member of; empty unless memberOf was asked for.
func (o ADObject) MemberOf() iter.Seq[string] { return o.t.list(adMemberOf, o.row) }

// RecipientType is msExchRecipientTypeDetails; ok is false when the object is no Exchange recipient.
func (o ADObject) RecipientType() (v int64, ok bool) { return o.t.number(adRecipientType, o.row) }

// MasterAccountSID is msExchMasterAccountSid as bytes in a string.
func (o ADObject) MasterAccountSID() string { return o.t.str(adMasterSID, o.row) }

// UsageLocation is msExchUsageLocation.
func (o ADObject) UsageLocation() string { return o.t.str(adUsageLocation, o.row) }

// SIP is msRTCSIP-PrimaryUserAddress as stored.
func (o ADObject) SIP() string { return o.t.str(adSIP, o.row) }

// SIPEnabled is msRTCSIP-UserEnabled.
func (o ADObject) SIPEnabled() Tri { return o.t.tri(adSIPEnabled, o.row) }

// DeploymentLocator is msRTCSIP-DeploymentLocator as stored.
func (o ADObject) DeploymentLocator() string { return o.t.str(adLocator, o.row) }

// HomeServer is the DN in msRTCSIP-PrimaryHomeServer.
func (o ADObject) HomeServer() string { return o.t.str(adHomeServer, o.row) }

// TargetHomeServer is the DN in msRTCSIP-TargetHomeServer.
func (o ADObject) TargetHomeServer() string { return o.t.str(adTargetHome, o.row) }

// OptionFlags is msRTCSIP-OptionFlags.
func (o ADObject) OptionFlags() (v int64, ok bool) { return o.t.number(adOptionFlags, o.row) }

// Line is msRTCSIP-Line as stored.
func (o ADObject) Line() string { return o.t.str(adLine, o.row) }

// PrivateLine is msRTCSIP-PrivateLine as stored.
func (o ADObject) PrivateLine() string { return o.t.str(adPrivateLine, o.row) }

// LineServer is msRTCSIP-LineServer as stored.
func (o ADObject) LineServer() string { return o.t.str(adLineServer, o.row) }

// FederationEnabled is msRTCSIP-FederationEnabled.
func (o ADObject) FederationEnabled() Tri { return o.t.tri(adFederation, o.row) }

// InternetAccessEnabled is msRTCSIP-InternetAccessEnabled.
func (o ADObject) InternetAccessEnabled() Tri { return o.t.tri(adInternet, o.row) }

// OwnerURN is msRTCSIP-OwnerUrn as stored.
func (o ADObject) OwnerURN() string { return o.t.str(adOwnerURN, o.row) }

// OriginatorSID is msRTCSIP-OriginatorSid as bytes in a string.
func (o ADObject) OriginatorSID() string { return o.t.str(adOriginatorSID, o.row) }

// GivenName is givenName.
func (o ADObject) GivenName() string { return o.t.str(adGivenName, o.row) }

// Telephone is telephoneNumber: free text, not the number that the SIP server routes by.
func (o ADObject) Telephone() string { return o.t.str(adTelephone, o.row) }

// Description is description.
func (o ADObject) Description() string { return o.t.str(adDescription, o.row) }

// Certificates is the number of values of userCertificate.
func (o ADObject) Certificates() int64 { return o.num(adCertificates) }

// PhotoSize is the length of thumbnailPhoto in bytes.
func (o ADObject) PhotoSize() int64 { return o.num(adPhoto) }

// ReplicationMetaData iterates over msDS-ReplAttributeMetaData, one XML fragment for each attribute; empty unless it was asked for.
func (o ADObject) ReplicationMetaData() iter.Seq[string] { return o.t.list(adMetaData, o.row) }

// UMEnabledFlags is msExchUMEnabledFlags; ok is false when absent.
func (o ADObject) UMEnabledFlags() (v int64, ok bool) { return o.t.number(adUMFlags, o.row) }

// VoiceMailSettings iterates over msExchUCVoiceMailSettings.
func (o ADObject) VoiceMailSettings() iter.Seq[string] { return o.t.list(adVoiceMail, o.row) }

// Attribute gives the values of an attribute as text for evidence in a finding: numbers in decimal, TRUE and FALSE, times in RFC 3339, GUIDs and SIDs
// in their text form. Nil when it is absent or no attribute of the tables.
func (o ADObject) Attribute(name string) []string {
	col, ok := adSchema.Find(name)
	if !ok {
		return nil
	}
	return o.t.printed(col, o.row)
}

func (o ADObject) num(col int) int64 {
	v, _ := o.t.number(col, o.row)
	return v
}
