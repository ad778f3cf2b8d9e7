package evidence

import (
	"iter"

	"hybridaudit/sources/evidence/directory"
)

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
