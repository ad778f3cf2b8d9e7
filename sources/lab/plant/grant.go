package plant

import (
	"slices"
	"time"
)

// Groups of the tenant that carry licences.
const (
	groupOffice  = "7c0c1a52-2f6e-4f0d-9a51-0e6f5d6a1b01"
	groupAddOns  = "7c0c1a52-2f6e-4f0d-9a51-0e6f5d6a1b02"
	groupFormer  = "7c0c1a52-2f6e-4f0d-9a51-0e6f5d6a1b03"
	noFault      = "None"
	countFault   = "CountViolation"
	dependsFault = "DependencyViolation"
	clashFault   = "MutuallyExclusiveViolation"
)

// direct and grouped give an assignment that works; disabled names plans that it switches off.
func direct(s *sku, disabled ...string) licence {
	return licence{sku: s, disabled: disabled, state: stateActive, fault: noFault}
}

func grouped(s *sku, group string, disabled ...string) licence {
	l := direct(s, disabled...)
	l.group = group
	return l
}

// grant gives the user these licences and no others, assigned at a time: plans, their provisioning and the states follow from them.
func (u *user) grant(at time.Time, licences ...licence) {
	u.licences, u.plans, u.provisioned = nil, nil, nil
	for _, l := range licences {
		l.updated = at
		u.licences = append(u.licences, l)
		if !l.effective() {
			continue
		}
		for _, p := range l.sku.plans {
			if !contains(l.disabled, p.name) {
				u.plans = append(u.plans, plan{p.id, l.sku.status, p.service, at})
			}
		}
	}
	u.provision()
}

// provision fills provisionedPlans with one success for each service in use.
func (u *user) provision() {
	u.provisioned = nil
	for _, p := range u.plans {
		row := provisioned{p.status, resultSuccess, p.service}
		if p.status == statusDeleted {
			row.status = resultDisabled
		}
		if !slices.Contains(u.provisioned, row) {
			u.provisioned = append(u.provisioned, row)
		}
	}
}

// former adds what a licence that was taken away leaves behind: its plans as Deleted.
func (u *user) former(s *sku, at time.Time) {
	for _, p := range s.plans {
		u.plans = append(u.plans, plan{p.id, statusDeleted, p.service, at})
	}
	u.provision()
}

// setPlan changes the status of every entry of a plan.
func (u *user) setPlan(id, status string) {
	for i := range u.plans {
		if u.plans[i].id == id {
			u.plans[i].status = status
		}
	}
	u.provision()
}

// setProvisioned changes how far a service has come.
func (u *user) setProvisioned(service, status string) {
	for i := range u.provisioned {
		if u.provisioned[i].service == service && u.provisioned[i].capability == statusEnabled {
			u.provisioned[i].status = status
		}
	}
}

// dated moves the assignment of a plan to another time.
func (u *user) dated(id string, at time.Time) {
	for i := range u.plans {
		if u.plans[i].id == id {
			u.plans[i].assigned = at
		}
	}
}

// revoke takes all licences away.
func (u *user) revoke() { u.licences, u.plans, u.provisioned = nil, nil, nil }
