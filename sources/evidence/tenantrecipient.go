package evidence

import (
	"iter"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// Columns of the tables of the tenant's groups and organisational contacts. Names are those of Graph's group and orgContact resources; contacts have no SID.
const (
	recipID = iota
	recipName
	recipMail
	recipNickname
	recipProxies
	recipMailEnabled
	recipSecurity
	recipTypes
	recipSynced
	recipLastSync
	recipSID
	recipDomain
	recipSAM
	recipSyncErrors
	recipServiceErrors
	recipTenant
)

var recipientSchema = Schema{
	recipID:            {Name: "id", Kind: GUID},
	recipName:          {Name: "displayName", Kind: Text},
	recipMail:          {Name: "mail", Kind: Text},
	recipNickname:      {Name: "mailNickname", Kind: Text},
	recipProxies:       {Name: "proxyAddresses", Kind: List},
	recipMailEnabled:   {Name: "mailEnabled", Kind: Bool},
	recipSecurity:      {Name: "securityEnabled", Kind: Bool},
	recipTypes:         {Name: "groupTypes", Kind: NameList},
	recipSynced:        {Name: "onPremisesSyncEnabled", Kind: Bool},
	recipLastSync:      {Name: "onPremisesLastSyncDateTime", Kind: Time},
	recipSID:           {Name: "onPremisesSecurityIdentifier", Kind: Text},
	recipDomain:        {Name: "onPremisesDomainName", Kind: Name},
	recipSAM:           {Name: "onPremisesSamAccountName", Kind: Text},
	recipSyncErrors:    {Name: "onPremisesProvisioningErrors", Kind: Records, Fields: syncErrorFields},
	recipServiceErrors: {Name: "serviceProvisioningErrors", Kind: Records, Fields: serviceErrorFields},
	recipTenant:        {Name: TenantColumn, Kind: Name},
}

// contactLacks lists the columns of recipients that organisational contacts do not have.
var contactLacks = []string{"mailEnabled", "securityEnabled", "groupTypes", "onPremisesSecurityIdentifier", "onPremisesDomainName", "onPremisesSamAccountName"}

// Holds says whether the service knows a column's property for the objects of a dataset: groups and contacts share a table's shape.
func (d Dataset) Holds(column string) bool {
	if d == TenantContacts {
		for _, c := range contactLacks {
			if c == column {
				return false
			}
		}
	}
	return true
}

// Recipient is a group or an organisational contact of the tenant. The zero value is none: see [Recipient.IsZero].
type Recipient struct {
	t       *Table
	row     int
	dataset Dataset
}

// IsZero says that there is none.
func (r Recipient) IsZero() bool { return r.t == nil }

// Group says that it is a group and no contact.
func (r Recipient) Group() bool { return r.dataset == TenantGroups }

// ID is the Graph object id.
func (r Recipient) ID() directory.GUID { return r.t.guid(recipID, r.row) }

// Tenant is the tenant that was asked, as it was configured.
func (r Recipient) Tenant() string { return r.t.str(recipTenant, r.row) }

// DisplayName is displayName.
func (r Recipient) DisplayName() string { return r.t.str(recipName, r.row) }

// Mail is mail.
func (r Recipient) Mail() string { return r.t.str(recipMail, r.row) }

// ProxyAddresses iterates over proxyAddresses, prefixes included.
func (r Recipient) ProxyAddresses() iter.Seq[string] { return r.t.list(recipProxies, r.row) }

// MailEnabled is mailEnabled of a group; absent for contacts.
func (r Recipient) MailEnabled() Tri { return r.t.tri(recipMailEnabled, r.row) }

// Synced is onPremisesSyncEnabled: true syncing, false formerly synced, absent never.
func (r Recipient) Synced() Tri { return r.t.tri(recipSynced, r.row) }

// LastSync is onPremisesLastSyncDateTime.
func (r Recipient) LastSync() time.Time { return r.t.when(recipLastSync, r.row) }

// SyncErrors iterates over onPremisesProvisioningErrors.
func (r Recipient) SyncErrors() iter.Seq[SyncError] {
	return records(r.t, recipSyncErrors, r.row, syncError)
}

// Attribute gives the values of a scalar or list property as text for evidence in a finding. Nil when it is absent, unknown or made of records.
func (r Recipient) Attribute(name string) []string {
	col, ok := recipientSchema.Find(name)
	if !ok || recipientSchema[col].Kind == Records {
		return nil
	}
	return r.t.printed(col, r.row)
}

// RecipientAt gives the group or contact in a row of TenantGroups or TenantContacts.
func (s *Snapshot) RecipientAt(d Dataset, row int) Recipient { return Recipient{s.tables[d], row, d} }

// Recipients iterates over TenantGroups or TenantContacts.
func (s *Snapshot) Recipients(d Dataset) iter.Seq[Recipient] {
	return rows(s, d, func(t *Table, r int) Recipient { return Recipient{t, r, d} })
}

// Columns of the table of deleted users.
const (
	delID = iota
	delUPN
	delName
	delMail
	delProxies
	delImmutableID
	delSynced
	delDeleted
	delTenant
)

var deletedUserSchema = Schema{
	delID:          {Name: "id", Kind: GUID},
	delUPN:         {Name: "userPrincipalName", Kind: Text},
	delName:        {Name: "displayName", Kind: Text},
	delMail:        {Name: "mail", Kind: Text},
	delProxies:     {Name: "proxyAddresses", Kind: List},
	delImmutableID: {Name: "onPremisesImmutableId", Kind: Text},
	delSynced:      {Name: "onPremisesSyncEnabled", Kind: Bool},
	delDeleted:     {Name: "deletedDateTime", Kind: Time},
	delTenant:      {Name: TenantColumn, Kind: Name},
}

// DeletedUser is a user that the tenant keeps for 30 days after deletion.
type DeletedUser struct {
	t   *Table
	row int
}

// ID is the Graph object id.
func (u DeletedUser) ID() directory.GUID { return u.t.guid(delID, u.row) }

// Tenant is the tenant that was asked, as it was configured.
func (u DeletedUser) Tenant() string { return u.t.str(delTenant, u.row) }

// UPN is userPrincipalName as the service gives it, often with the object id's 32 hex digits in front: see [DeletedUser.FormerUPN].
func (u DeletedUser) UPN() string { return u.t.str(delUPN, u.row) }

// FormerUPN is the userPrincipalName from before the deletion: without the object id in front.
func (u DeletedUser) FormerUPN() string {
	upn := u.UPN()
	if len(upn) <= 32 {
		return upn
	}
	g, err := directory.ParseGUID(upn[:8] + "-" + upn[8:12] + "-" + upn[12:16] + "-" + upn[16:20] + "-" + upn[20:32])
	if err != nil || g != u.ID() {
		return upn
	}
	return upn[32:]
}

// DisplayName is displayName.
func (u DeletedUser) DisplayName() string { return u.t.str(delName, u.row) }

// Mail is mail.
func (u DeletedUser) Mail() string { return u.t.str(delMail, u.row) }

// ProxyAddresses iterates over proxyAddresses, prefixes included; the service strips some of them.
func (u DeletedUser) ProxyAddresses() iter.Seq[string] { return u.t.list(delProxies, u.row) }

// ImmutableID is onPremisesImmutableId: base64 of the source anchor.
func (u DeletedUser) ImmutableID() string { return u.t.str(delImmutableID, u.row) }

// Synced is onPremisesSyncEnabled.
func (u DeletedUser) Synced() Tri { return u.t.tri(delSynced, u.row) }

// Deleted is deletedDateTime.
func (u DeletedUser) Deleted() time.Time { return u.t.when(delDeleted, u.row) }

// Attribute gives the values of a property as text for evidence in a finding; nil when it is absent or unknown.
func (u DeletedUser) Attribute(name string) []string {
	col, ok := deletedUserSchema.Find(name)
	if !ok {
		return nil
	}
	return u.t.printed(col, u.row)
}

// DeletedUsers iterates over the deleted users.
func (s *Snapshot) DeletedUsers() iter.Seq[DeletedUser] {
	return rows(s, TenantDeletedUsers, func(t *Table, r int) DeletedUser { return DeletedUser{t, r} })
}
