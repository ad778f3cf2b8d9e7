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

// syncErrorFields and serviceErrorFields are the errors of users, groups and contacts alike.
var (
	syncErrorFields = Schema{
		seCategory: {Name: "category", Kind: Name},
		seProperty: {Name: "propertyCausingError", Kind: Name},
		seValue:    {Name: "value", Kind: Text},
		seOccurred: {Name: "occurredDateTime", Kind: Time},
	}
	serviceErrorFields = Schema{
		veInstance: {Name: "serviceInstance", Kind: Name},
		veResolved: {Name: "isResolved", Kind: Bool},
		veCreated:  {Name: "createdDateTime", Kind: Time},
		veDetail:   {Name: "errorDetail", Kind: Text},
	}
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
	tuSyncErrors:    {Name: "onPremisesProvisioningErrors", Kind: Records, Fields: syncErrorFields},
	tuServiceErrors: {Name: "serviceProvisioningErrors", Kind: Records, Fields: serviceErrorFields},
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
	return records(u.t, tuSyncErrors, u.row, syncError)
}

func syncError(t *Table, r int) SyncError {
	return SyncError{t.str(seCategory, r), t.str(seProperty, r), t.str(seValue, r), t.when(seOccurred, r)}
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
