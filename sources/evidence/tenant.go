package evidence

import (
	"iter"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// TenantColumn is the one column of the tenant's tables that no property fills: the tenant that was asked, as it was configured.
const TenantColumn = "tenant"

// Columns of the table of tenant users. Names are those of Graph's user resource.
const (
	tuID = iota
	tuUPN
	tuDisplayName
	tuMail
	tuMailNickname
	tuProxies
	tuIM
	tuEnabled
	tuType
	tuUsageLocation
	tuCreated
	tuResource
	tuDepartment
	tuSynced
	tuImmutableID
	tuSID
	tuDN
	tuDomain
	tuSAM
	tuOnPremUPN
	tuLastSync
	tuSyncErrors
	tuServiceErrors
	tuLicences
	tuPlans
	tuProvisioned
	tuStates
	tuTenant
)

// Columns of the records of a tenant user.
const (
	seCategory = iota
	seProperty
	seValue
	seOccurred
)

const (
	veInstance = iota
	veResolved
	veCreated
	veDetail
)

const (
	licSKU = iota
	licDisabled
)

const (
	planID = iota
	planStatus
	planService
	planAssigned
)

const (
	provCapability = iota
	provStatus
	provService
)

const (
	stSKU = iota
	stDisabled
	stGroup
	stState
	stError
	stUpdated
)

var tenantUserSchema = Schema{
	tuID:            {Name: "id", Kind: GUID},
	tuUPN:           {Name: "userPrincipalName", Kind: Text},
	tuDisplayName:   {Name: "displayName", Kind: Text},
	tuMail:          {Name: "mail", Kind: Text},
	tuMailNickname:  {Name: "mailNickname", Kind: Text},
	tuProxies:       {Name: "proxyAddresses", Kind: List},
	tuIM:            {Name: "imAddresses", Kind: List},
	tuEnabled:       {Name: "accountEnabled", Kind: Bool},
	tuType:          {Name: "userType", Kind: Name},
	tuUsageLocation: {Name: "usageLocation", Kind: Name},
	tuCreated:       {Name: "createdDateTime", Kind: Time},
	tuResource:      {Name: "isResourceAccount", Kind: Bool},
	tuDepartment:    {Name: "department", Kind: Name},
	tuSynced:        {Name: "onPremisesSyncEnabled", Kind: Bool},
	tuImmutableID:   {Name: "onPremisesImmutableId", Kind: Text},
	tuSID:           {Name: "onPremisesSecurityIdentifier", Kind: Text},
	tuDN:            {Name: "onPremisesDistinguishedName", Kind: Text},
	tuDomain:        {Name: "onPremisesDomainName", Kind: Name},
	tuSAM:           {Name: "onPremisesSamAccountName", Kind: Text},
	tuOnPremUPN:     {Name: "onPremisesUserPrincipalName", Kind: Text},
	tuLastSync:      {Name: "onPremisesLastSyncDateTime", Kind: Time},
	tuSyncErrors: {Name: "onPremisesProvisioningErrors", Kind: Records, Fields: Schema{
		seCategory: {Name: "category", Kind: Name},
		seProperty: {Name: "propertyCausingError", Kind: Name},
		seValue:    {Name: "value", Kind: Text},
		seOccurred: {Name: "occurredDateTime", Kind: Time},
	}},
	tuServiceErrors: {Name: "serviceProvisioningErrors", Kind: Records, Fields: Schema{
		veInstance: {Name: "serviceInstance", Kind: Name},
		veResolved: {Name: "isResolved", Kind: Bool},
		veCreated:  {Name: "createdDateTime", Kind: Time},
		veDetail:   {Name: "errorDetail", Kind: Text},
	}},
	tuLicences: {Name: "assignedLicenses", Kind: Records, Fields: Schema{
		licSKU:      {Name: "skuId", Kind: Name},
		licDisabled: {Name: "disabledPlans", Kind: NameList},
	}},
	tuPlans: {Name: "assignedPlans", Kind: Records, Fields: Schema{
		planID:       {Name: "servicePlanId", Kind: Name},
		planStatus:   {Name: "capabilityStatus", Kind: Name},
		planService:  {Name: "service", Kind: Name},
		planAssigned: {Name: "assignedDateTime", Kind: Time},
	}},
	tuProvisioned: {Name: "provisionedPlans", Kind: Records, Fields: Schema{
		provCapability: {Name: "capabilityStatus", Kind: Name},
		provStatus:     {Name: "provisioningStatus", Kind: Name},
		provService:    {Name: "service", Kind: Name},
	}},
	tuStates: {Name: "licenseAssignmentStates", Kind: Records, Fields: Schema{
		stSKU:      {Name: "skuId", Kind: Name},
		stDisabled: {Name: "disabledPlans", Kind: NameList},
		stGroup:    {Name: "assignedByGroup", Kind: Name},
		stState:    {Name: "state", Kind: Name},
		stError:    {Name: "error", Kind: Name},
		stUpdated:  {Name: "lastUpdatedDateTime", Kind: Time},
	}},
	tuTenant: {Name: TenantColumn, Kind: Name},
}

// TenantUser is a user object of the tenant. The zero value is no user: see [TenantUser.IsZero].
type TenantUser struct {
	t   *Table
	row int
}

// IsZero says that there is no user.
func (u TenantUser) IsZero() bool { return u.t == nil }

// Row is the user's position in the table.
func (u TenantUser) Row() int { return u.row }

// ID is the Graph object id.
func (u TenantUser) ID() directory.GUID { return u.t.guid(tuID, u.row) }

// Tenant is the tenant that was asked, as it was configured.
func (u TenantUser) Tenant() string { return u.t.str(tuTenant, u.row) }

// UPN is userPrincipalName.
func (u TenantUser) UPN() string { return u.t.str(tuUPN, u.row) }

// DisplayName is displayName.
func (u TenantUser) DisplayName() string { return u.t.str(tuDisplayName, u.row) }

// Mail is mail.
func (u TenantUser) Mail() string { return u.t.str(tuMail, u.row) }

// ProxyAddresses iterates over proxyAddresses, prefixes included.
func (u TenantUser) ProxyAddresses() iter.Seq[string] { return u.t.list(tuProxies, u.row) }

// IMAddresses iterates over imAddresses: the SIP addresses as the service sees them, mostly without sip:.
func (u TenantUser) IMAddresses() iter.Seq[string] { return u.t.list(tuIM, u.row) }

// Enabled is accountEnabled.
func (u TenantUser) Enabled() Tri { return u.t.tri(tuEnabled, u.row) }

// UserType is Member, Guest or "".
func (u TenantUser) UserType() string { return u.t.str(tuType, u.row) }

// UsageLocation is usageLocation.
func (u TenantUser) UsageLocation() string { return u.t.str(tuUsageLocation, u.row) }

// Created is createdDateTime.
func (u TenantUser) Created() time.Time { return u.t.when(tuCreated, u.row) }

// ResourceAccount is isResourceAccount, which the service often leaves null.
func (u TenantUser) ResourceAccount() Tri { return u.t.tri(tuResource, u.row) }

// Department is department.
func (u TenantUser) Department() string { return u.t.str(tuDepartment, u.row) }

// Synced is onPremisesSyncEnabled: true syncing, false formerly synced, absent never.
func (u TenantUser) Synced() Tri { return u.t.tri(tuSynced, u.row) }

// ImmutableID is onPremisesImmutableId: base64 of the source anchor.
func (u TenantUser) ImmutableID() string { return u.t.str(tuImmutableID, u.row) }

// OnPremSID is onPremisesSecurityIdentifier in text form.
func (u TenantUser) OnPremSID() string { return u.t.str(tuSID, u.row) }

// OnPremDN is onPremisesDistinguishedName.
func (u TenantUser) OnPremDN() string { return u.t.str(tuDN, u.row) }

// OnPremDomain is onPremisesDomainName.
func (u TenantUser) OnPremDomain() string { return u.t.str(tuDomain, u.row) }

// OnPremSAM is onPremisesSamAccountName.
func (u TenantUser) OnPremSAM() string { return u.t.str(tuSAM, u.row) }

// OnPremUPN is onPremisesUserPrincipalName.
func (u TenantUser) OnPremUPN() string { return u.t.str(tuOnPremUPN, u.row) }

// LastSync is onPremisesLastSyncDateTime; it moves only when the object changes.
func (u TenantUser) LastSync() time.Time { return u.t.when(tuLastSync, u.row) }

// SyncError is an entry of onPremisesProvisioningErrors.
type SyncError struct {
	Category, Property, Value string
	Occurred                  time.Time
}

// SyncErrors iterates over onPremisesProvisioningErrors.
func (u TenantUser) SyncErrors() iter.Seq[SyncError] {
	return records(u.t, tuSyncErrors, u.row, func(t *Table, r int) SyncError {
		return SyncError{t.str(seCategory, r), t.str(seProperty, r), t.str(seValue, r), t.when(seOccurred, r)}
	})
}

// ServiceError is an entry of serviceProvisioningErrors.
type ServiceError struct {
	Instance string
	Resolved Tri
	Created  time.Time
	Detail   string // XML
}

// ServiceErrors iterates over serviceProvisioningErrors.
func (u TenantUser) ServiceErrors() iter.Seq[ServiceError] {
	return records(u.t, tuServiceErrors, u.row, func(t *Table, r int) ServiceError {
		return ServiceError{t.str(veInstance, r), t.tri(veResolved, r), t.when(veCreated, r), t.str(veDetail, r)}
	})
}

// Licence is an entry of assignedLicenses.
type Licence struct {
	SKU      string
	Disabled iter.Seq[string] // service plan ids
}

// Licences iterates over assignedLicenses.
func (u TenantUser) Licences() iter.Seq[Licence] {
	return records(u.t, tuLicences, u.row, func(t *Table, r int) Licence {
		return Licence{t.str(licSKU, r), t.list(licDisabled, r)}
	})
}

// LicenceCount is the number of assigned licences.
func (u TenantUser) LicenceCount() int { return u.t.count(tuLicences, u.row) }

// Plan is an entry of assignedPlans. Entries stay with the status Deleted after a licence was removed.
type Plan struct {
	ID       string // service plan id, lower case
	Status   string // Enabled, Warning, Suspended, Deleted, LockedOut
	Service  string
	Assigned time.Time
}

// Plans iterates over assignedPlans.
func (u TenantUser) Plans() iter.Seq[Plan] {
	return records(u.t, tuPlans, u.row, func(t *Table, r int) Plan {
		return Plan{t.str(planID, r), t.str(planStatus, r), t.str(planService, r), t.when(planAssigned, r)}
	})
}

// ProvisionedPlan is an entry of provisionedPlans: one for each instance of a service, without a plan id.
type ProvisionedPlan struct{ Capability, Status, Service string }

// ProvisionedPlans iterates over provisionedPlans.
func (u TenantUser) ProvisionedPlans() iter.Seq[ProvisionedPlan] {
	return records(u.t, tuProvisioned, u.row, func(t *Table, r int) ProvisionedPlan {
		return ProvisionedPlan{t.str(provCapability, r), t.str(provStatus, r), t.str(provService, r)}
	})
}

// LicenceState is an entry of licenseAssignmentStates: one for each SKU and source.
type LicenceState struct {
	SKU      string
	Disabled iter.Seq[string] // service plan ids
	Group    string           // "" when assigned directly
	State    string           // Active, ActiveWithError, Disabled, Error
	Error    string           // None or "" when there is none
	Updated  time.Time
}

// LicenceStates iterates over licenseAssignmentStates.
func (u TenantUser) LicenceStates() iter.Seq[LicenceState] {
	return records(u.t, tuStates, u.row, func(t *Table, r int) LicenceState {
		return LicenceState{t.str(stSKU, r), t.list(stDisabled, r), t.str(stGroup, r), t.str(stState, r), t.str(stError, r), t.when(stUpdated, r)}
	})
}

// Attribute gives the values of a scalar or list property as text for evidence in a finding. Nil when it is absent, unknown or made of records.
func (u TenantUser) Attribute(name string) []string {
	col, ok := tenantUserSchema.Find(name)
	if !ok || tenantUserSchema[col].Kind == Records {
		return nil
	}
	return u.t.printed(col, u.row)
}

func records[T any](t *Table, col, row int, view func(*Table, int) T) iter.Seq[T] {
	child, rows := t.records(col, row)
	return func(yield func(T) bool) {
		for r := range rows {
			if !yield(view(child, r)) {
				return
			}
		}
	}
}

// Columns of the table of Teams user configurations.
const (
	teamsID = iota
	teamsUPN
	teamsAccountType
	teamsVoice
	teamsNumbers
	teamsFeatures
	teamsModified
	teamsTenant
)

const (
	numNumber = iota
	numCategory
)

var teamsUserSchema = Schema{
	teamsID:          {Name: "id", Kind: GUID},
	teamsUPN:         {Name: "userPrincipalName", Kind: Text},
	teamsAccountType: {Name: "accountType", Kind: Name},
	teamsVoice:       {Name: "isEnterpriseVoiceEnabled", Kind: Bool},
	teamsNumbers: {Name: "telephoneNumbers", Kind: Records, Fields: Schema{
		numNumber:   {Name: "telephoneNumber", Kind: Text},
		numCategory: {Name: "assignmentCategory", Kind: Name},
	}},
	teamsFeatures: {Name: "featureTypes", Kind: NameList},
	teamsModified: {Name: "modifiedDateTime", Kind: Time},
	teamsTenant:   {Name: TenantColumn, Kind: Name},
}

// TeamsUser is a teamsUserConfiguration. Its id is that of the tenant user.
type TeamsUser struct {
	t   *Table
	row int
}

// IsZero says that there is none.
func (u TeamsUser) IsZero() bool { return u.t == nil }

// ID is the object id of the user.
func (u TeamsUser) ID() directory.GUID { return u.t.guid(teamsID, u.row) }

// AccountType is user, resourceAccount, guest, sfbOnPremUser, ineligibleUser or unknown; compare without regard to case.
func (u TeamsUser) AccountType() string { return u.t.str(teamsAccountType, u.row) }

// EnterpriseVoice is isEnterpriseVoiceEnabled.
func (u TeamsUser) EnterpriseVoice() Tri { return u.t.tri(teamsVoice, u.row) }

// Columns of the table of domains.
const (
	domID = iota
	domVerified
	domInitial
	domDefault
	domRoot
	domAuthentication
	domAdminManaged
	domServices
	domTenant
)

var domainSchema = Schema{
	domID:             {Name: "id", Kind: Text},
	domVerified:       {Name: "isVerified", Kind: Bool},
	domInitial:        {Name: "isInitial", Kind: Bool},
	domDefault:        {Name: "isDefault", Kind: Bool},
	domRoot:           {Name: "isRoot", Kind: Bool},
	domAuthentication: {Name: "authenticationType", Kind: Name},
	domAdminManaged:   {Name: "isAdminManaged", Kind: Bool},
	domServices:       {Name: "supportedServices", Kind: NameList},
	domTenant:         {Name: TenantColumn, Kind: Name},
}

// Domain is a domain of the tenant, verified or not.
type Domain struct {
	t   *Table
	row int
}

// ID is the domain's name as Graph wrote it.
func (d Domain) ID() string { return d.t.str(domID, d.row) }

// Verified is isVerified.
func (d Domain) Verified() bool { return d.t.tri(domVerified, d.row) == True }

// Initial says that it is the tenant's first onmicrosoft.com domain.
func (d Domain) Initial() bool { return d.t.tri(domInitial, d.row) == True }

// Default is isDefault.
func (d Domain) Default() bool { return d.t.tri(domDefault, d.row) == True }

// Root is isRoot: false for a subdomain of a verified domain.
func (d Domain) Root() Tri { return d.t.tri(domRoot, d.row) }

// Authentication is Managed or Federated.
func (d Domain) Authentication() string { return d.t.str(domAuthentication, d.row) }

// Services iterates over supportedServices.
func (d Domain) Services() iter.Seq[string] { return d.t.list(domServices, d.row) }

// Columns of the table of the DNS records that the tenant wants for its domains.
const (
	recDomain = iota
	recKind
	recType
	recLabel
	recService
	recOptional
	recTTL
	recTarget
	recPort
	recPriority
	recWeight
	recTenant
)

var recordSchema = Schema{
	recDomain:   {Name: "domain", Kind: Name},
	recKind:     {Name: "@odata.type", Kind: Name},
	recType:     {Name: "recordType", Kind: Name},
	recLabel:    {Name: "label", Kind: Text},
	recService:  {Name: "supportedService", Kind: Name},
	recOptional: {Name: "isOptional", Kind: Bool},
	recTTL:      {Name: "ttl", Kind: Int},
	recTarget:   {Name: "target", Kind: Text}, // canonicalName, nameTarget, mailExchange, text or description
	recPort:     {Name: "port", Kind: Int},
	recPriority: {Name: "priority", Kind: Int},
	recWeight:   {Name: "weight", Kind: Int},
	recTenant:   {Name: TenantColumn, Kind: Name},
}

// DomainRecord is a DNS record that the tenant wants to see published.
type DomainRecord struct {
	t   *Table
	row int
}

// Domain is the tenant domain the record belongs to.
func (r DomainRecord) Domain() string { return r.t.str(recDomain, r.row) }

// Type is CName, Mx, Srv or Txt.
func (r DomainRecord) Type() string { return r.t.str(recType, r.row) }

// Label is the record's name.
func (r DomainRecord) Label() string { return r.t.str(recLabel, r.row) }

// Service is the service that wants it.
func (r DomainRecord) Service() string { return r.t.str(recService, r.row) }

// Target is what it points to.
func (r DomainRecord) Target() string { return r.t.str(recTarget, r.row) }

// Columns of the table of subscribed SKUs.
const (
	skuObjectID = iota
	skuID
	skuPart
	skuApplies
	skuStatus
	skuConsumed
	skuEnabled
	skuWarning
	skuSuspended
	skuLocked
	skuPlans
	skuTenant
)

const (
	spID = iota
	spName
	spApplies
	spStatus
)

var skuSchema = Schema{
	skuObjectID:  {Name: "id", Kind: Text},
	skuID:        {Name: "skuId", Kind: GUID},
	skuPart:      {Name: "skuPartNumber", Kind: Text},
	skuApplies:   {Name: "appliesTo", Kind: Name},
	skuStatus:    {Name: "capabilityStatus", Kind: Name},
	skuConsumed:  {Name: "consumedUnits", Kind: Int},
	skuEnabled:   {Name: "prepaidUnits.enabled", Kind: Int},
	skuWarning:   {Name: "prepaidUnits.warning", Kind: Int},
	skuSuspended: {Name: "prepaidUnits.suspended", Kind: Int},
	skuLocked:    {Name: "prepaidUnits.lockedOut", Kind: Int},
	skuPlans: {Name: "servicePlans", Kind: Records, Fields: Schema{
		spID:      {Name: "servicePlanId", Kind: Name},
		spName:    {Name: "servicePlanName", Kind: Name},
		spApplies: {Name: "appliesTo", Kind: Name},
		spStatus:  {Name: "provisioningStatus", Kind: Name},
	}},
	skuTenant: {Name: TenantColumn, Kind: Name},
}

// SKU is a subscribedSku.
type SKU struct {
	t   *Table
	row int
}

// ID is skuId.
func (s SKU) ID() directory.GUID { return s.t.guid(skuID, s.row) }

// Tenant is the tenant that was asked, as it was configured.
func (s SKU) Tenant() string { return s.t.str(skuTenant, s.row) }

// PartNumber is skuPartNumber. Match by ID, show this.
func (s SKU) PartNumber() string { return s.t.str(skuPart, s.row) }

// AppliesTo is User or Company.
func (s SKU) AppliesTo() string { return s.t.str(skuApplies, s.row) }

// Status is capabilityStatus: Enabled, Warning, Suspended, Deleted, LockedOut.
func (s SKU) Status() string { return s.t.str(skuStatus, s.row) }

// Consumed is consumedUnits.
func (s SKU) Consumed() int64 { return s.num(skuConsumed) }

// Enabled is the number of units that are paid and usable. Seats are those of Enabled and Warning.
func (s SKU) Enabled() int64 { return s.num(skuEnabled) }

// Warning is the number of units in their grace period.
func (s SKU) Warning() int64 { return s.num(skuWarning) }

// Suspended is the number of suspended units.
func (s SKU) Suspended() int64 { return s.num(skuSuspended) }

// LockedOut is the number of locked units.
func (s SKU) LockedOut() int64 { return s.num(skuLocked) }

// ServicePlan is a plan that a SKU contains.
type ServicePlan struct{ ID, Name, AppliesTo, Status string }

// Plans iterates over servicePlans.
func (s SKU) Plans() iter.Seq[ServicePlan] {
	return records(s.t, skuPlans, s.row, func(t *Table, r int) ServicePlan {
		return ServicePlan{t.str(spID, r), t.str(spName, r), t.str(spApplies, r), t.str(spStatus, r)}
	})
}

func (s SKU) num(col int) int64 {
	v, _ := s.t.number(col, s.row)
	return v
}

// Columns of the table with the organisation.
const (
	orgID = iota
	orgName
	orgCountry
	orgSync
	orgLastSync
	orgUsageLocation
	orgTenant
)

var organizationSchema = Schema{
	orgID:            {Name: "id", Kind: GUID},
	orgName:          {Name: "displayName", Kind: Text},
	orgCountry:       {Name: "countryLetterCode", Kind: Text},
	orgSync:          {Name: "onPremisesSyncEnabled", Kind: Bool},
	orgLastSync:      {Name: "onPremisesLastSyncDateTime", Kind: Time},
	orgUsageLocation: {Name: "defaultUsageLocation", Kind: Text},
	orgTenant:        {Name: TenantColumn, Kind: Name},
}

// Organization is the tenant itself.
type Organization struct {
	t   *Table
	row int
}

// ID is the tenant id.
func (o Organization) ID() directory.GUID { return o.t.guid(orgID, o.row) }

// Tenant is the tenant that was asked, as it was configured.
func (o Organization) Tenant() string { return o.t.str(orgTenant, o.row) }

// Name is displayName.
func (o Organization) Name() string { return o.t.str(orgName, o.row) }

// SyncEnabled is onPremisesSyncEnabled: true syncing, false formerly synced, absent never.
func (o Organization) SyncEnabled() Tri { return o.t.tri(orgSync, o.row) }

// LastSync is onPremisesLastSyncDateTime, the zero time when there was none.
func (o Organization) LastSync() time.Time { return o.t.when(orgLastSync, o.row) }

// DefaultUsageLocation is defaultUsageLocation.
func (o Organization) DefaultUsageLocation() string { return o.t.str(orgUsageLocation, o.row) }

// Columns of the table with the synchronisation features.
const (
	syncID = iota
	syncBlockSoft
	syncBlockHard
	syncPreventionType
	syncThreshold
	syncTenant
)

var syncFeatureSchema = Schema{
	syncID:             {Name: "id", Kind: Text},
	syncBlockSoft:      {Name: "features.blockSoftMatchEnabled", Kind: Bool},
	syncBlockHard:      {Name: "features.blockCloudObjectTakeoverThroughHardMatchEnabled", Kind: Bool},
	syncPreventionType: {Name: "configuration.accidentalDeletionPrevention.synchronizationPreventionType", Kind: Text},
	syncThreshold:      {Name: "configuration.accidentalDeletionPrevention.alertThreshold", Kind: Int},
	syncTenant:         {Name: TenantColumn, Kind: Name},
}

// SyncFeatures are the directory synchronisation settings of the tenant, which most applications may not read.
type SyncFeatures struct {
	t   *Table
	row int
}

// BlockSoftMatch is features.blockSoftMatchEnabled.
func (f SyncFeatures) BlockSoftMatch() Tri { return f.t.tri(syncBlockSoft, f.row) }

// BlockHardMatch is features.blockCloudObjectTakeoverThroughHardMatchEnabled.
func (f SyncFeatures) BlockHardMatch() Tri { return f.t.tri(syncBlockHard, f.row) }
