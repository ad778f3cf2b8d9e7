package evidence

import (
	"iter"

	"hybridaudit/sources/evidence/directory"
)

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

// TeamsNumber is a telephone number of a Teams user configuration.
type TeamsNumber struct{ Number, Category string }

// Numbers iterates over telephoneNumbers: primary, private and alternate ones.
func (u TeamsUser) Numbers() iter.Seq[TeamsNumber] {
	return records(u.t, teamsNumbers, u.row, func(t *Table, r int) TeamsNumber {
		return TeamsNumber{t.str(numNumber, r), t.str(numCategory, r)}
	})
}

// Tenant is the tenant that was asked, as it was configured.
func (u TeamsUser) Tenant() string { return u.t.str(teamsTenant, u.row) }
