package document

import (
	"iter"

	"hybridaudit/audit/plans"
)

// Licence is a subscription of the tenant.
type Licence struct {
	Name      string // display name; the part number when it is not known, the id when there is none either
	Part      string // part number, or the id when there is none
	Tenant    string // that has it, as it was configured
	State     string // capabilityStatus as Graph writes it
	Enabled   int    // units
	Warning   int    // units in their grace period
	Suspended int
	LockedOut int
	Consumed  int
	Free      int  // usable units (enabled and warning) less the consumed ones; negative when more are used than there are
	Teams     bool // contains Microsoft Teams
	Skype     bool // contains Skype for Business Online
}

// Licences lists the subscriptions in the order of the evidence.
func (d *Document) Licences() iter.Seq[Licence] {
	return func(yield func(Licence) bool) {
		catalogue := plans.New(d.result.Evidence, d.Settings.LicenceNames)
		for s := range d.result.Evidence.SKUs() {
			id := s.ID().String()
			l := Licence{
				Name: catalogue.Display(id), Part: catalogue.SKUName(id), Tenant: s.Tenant(), State: s.Status(), Enabled: int(s.Enabled()), Warning: int(s.Warning()), Suspended: int(s.Suspended()),
				LockedOut: int(s.LockedOut()), Consumed: int(s.Consumed()), Free: int(s.Enabled() + s.Warning() - s.Consumed()),
				Teams: catalogue.Contains(id, plans.Teams), Skype: catalogue.Contains(id, plans.Skype),
			}
			if !yield(l) {
				return
			}
		}
	}
}
