package evidence

import (
	"iter"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// Columns of the table of users' SIP data as synchronisation brought them (beta).
const (
	siID = iota
	siEnabled
	siLocation
	siAddress
	siTenant
)

var sipInfoSchema = Schema{
	siID:       {Name: "id", Kind: GUID},
	siEnabled:  {Name: "onPremisesSipInfo.isSipEnabled", Kind: Bool},
	siLocation: {Name: "onPremisesSipInfo.sipDeploymentLocation", Kind: Text},
	siAddress:  {Name: "onPremisesSipInfo.sipPrimaryAddress", Kind: Text},
	siTenant:   {Name: TenantColumn, Kind: Name},
}

// SIPInfo is what a tenant user's directory object says about SIP: the copy of msRTCSIP-UserEnabled, -DeploymentLocator and -PrimaryUserAddress.
type SIPInfo struct {
	t   *Table
	row int
}

// IsZero says that there is none.
func (i SIPInfo) IsZero() bool { return i.t == nil }

// ID is the object id of the user.
func (i SIPInfo) ID() directory.GUID { return i.t.guid(siID, i.row) }

// Tenant is the tenant that was asked, as it was configured.
func (i SIPInfo) Tenant() string { return i.t.str(siTenant, i.row) }

// Enabled is isSipEnabled.
func (i SIPInfo) Enabled() Tri { return i.t.tri(siEnabled, i.row) }

// Location is sipDeploymentLocation: SRV: for a pool on-premises.
func (i SIPInfo) Location() string { return i.t.str(siLocation, i.row) }

// Address is sipPrimaryAddress.
func (i SIPInfo) Address() string { return i.t.str(siAddress, i.row) }

// SIPInfos iterates over the users' synchronised SIP data.
func (s *Snapshot) SIPInfos() iter.Seq[SIPInfo] {
	return rows(s, TenantSIPInfo, func(t *Table, r int) SIPInfo { return SIPInfo{t, r} })
}

// Columns of the table of the tenant's limits (beta).
const (
	limID = iota
	limPassword
	limUsed
	limTotal
	limTenant
)

var limitSchema = Schema{
	limID:       {Name: "id", Kind: GUID},
	limPassword: {Name: "onPremisesLastPasswordSyncDateTime", Kind: Time},
	limUsed:     {Name: "directorySizeQuota.used", Kind: Int},
	limTotal:    {Name: "directorySizeQuota.total", Kind: Int},
	limTenant:   {Name: TenantColumn, Kind: Name},
}

// Limits are the tenant's object quota and the time of its last password synchronisation.
type Limits struct {
	t   *Table
	row int
}

// ID is the tenant id.
func (l Limits) ID() directory.GUID { return l.t.guid(limID, l.row) }

// Tenant is the tenant that was asked, as it was configured.
func (l Limits) Tenant() string { return l.t.str(limTenant, l.row) }

// PasswordSync is onPremisesLastPasswordSyncDateTime, the zero time when there was none.
func (l Limits) PasswordSync() time.Time { return l.t.when(limPassword, l.row) }

// Quota is directorySizeQuota: objects that there are and that there may be; ok is false when the service did not say.
func (l Limits) Quota() (used, total int64, ok bool) {
	used, one := l.t.number(limUsed, l.row)
	total, other := l.t.number(limTotal, l.row)
	return used, total, one && other
}

// Limits iterates over the tenants' limits.
func (s *Snapshot) Limits() iter.Seq[Limits] {
	return rows(s, TenantLimits, func(t *Table, r int) Limits { return Limits{t, r} })
}

// Columns of the table of sign-ins.
const (
	actID = iota
	actLast
	actNonInteractive
	actTenant
)

var signInSchema = Schema{
	actID:             {Name: "id", Kind: GUID},
	actLast:           {Name: "signInActivity.lastSignInDateTime", Kind: Time},
	actNonInteractive: {Name: "signInActivity.lastNonInteractiveSignInDateTime", Kind: Time},
	actTenant:         {Name: TenantColumn, Kind: Name},
}

// SignIn says when a tenant user last signed in.
type SignIn struct {
	t   *Table
	row int
}

// IsZero says that there is none.
func (a SignIn) IsZero() bool { return a.t == nil }

// ID is the object id of the user.
func (a SignIn) ID() directory.GUID { return a.t.guid(actID, a.row) }

// Last is the later of the last interactive and the last other sign-in, the zero time when there was none.
func (a SignIn) Last() time.Time {
	last, other := a.t.when(actLast, a.row), a.t.when(actNonInteractive, a.row)
	if other.After(last) {
		return other
	}
	return last
}

// SignIns iterates over the users' sign-ins.
func (s *Snapshot) SignIns() iter.Seq[SignIn] {
	return rows(s, TenantSignIns, func(t *Table, r int) SignIn { return SignIn{t, r} })
}
