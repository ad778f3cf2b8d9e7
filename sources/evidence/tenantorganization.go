package evidence

import (
	"time"

	"hybridaudit/sources/evidence/directory"
)

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
	syncPassword
	syncPreventionType
	syncThreshold
	syncTenant
)

var syncFeatureSchema = Schema{
	syncID:             {Name: "id", Kind: Text},
	syncBlockSoft:      {Name: "features.blockSoftMatchEnabled", Kind: Bool},
	syncBlockHard:      {Name: "features.blockCloudObjectTakeoverThroughHardMatchEnabled", Kind: Bool},
	syncPassword:       {Name: "features.passwordSyncEnabled", Kind: Bool},
	syncPreventionType: {Name: "configuration.accidentalDeletionPrevention.synchronizationPreventionType", Kind: Text},
	syncThreshold:      {Name: "configuration.accidentalDeletionPrevention.alertThreshold", Kind: Int},
	syncTenant:         {Name: TenantColumn, Kind: Name},
}

// SyncFeatures are the directory synchronisation settings of the tenant, which most applications may not read.
type SyncFeatures struct {
	t   *Table
	row int
}

// Tenant is the tenant that was asked, as it was configured.
func (f SyncFeatures) Tenant() string { return f.t.str(syncTenant, f.row) }

// PasswordSync is features.passwordSyncEnabled: password hashes are synchronised.
func (f SyncFeatures) PasswordSync() Tri { return f.t.tri(syncPassword, f.row) }

// BlockSoftMatch is features.blockSoftMatchEnabled.
func (f SyncFeatures) BlockSoftMatch() Tri { return f.t.tri(syncBlockSoft, f.row) }

// BlockHardMatch is features.blockCloudObjectTakeoverThroughHardMatchEnabled.
func (f SyncFeatures) BlockHardMatch() Tri { return f.t.tri(syncBlockHard, f.row) }
