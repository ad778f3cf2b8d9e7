package audit

import (
	"slices"

	"hybridaudit/audit/plans"
	"hybridaudit/sources/evidence"
)

// LicenceFacts names the subscriptions whose licences a tenant user holds, and the states of the plans of the given groups. of is "" for the subject and
// the user's key for a related one.
func (p *Pass) LicenceFacts(of string, u evidence.TenantUser, groups ...plans.Group) []Fact {
	var facts []Fact
	if skus := p.HeldSKUs(u); len(skus) > 0 {
		facts = append(facts, Fact{of, "assignedLicenses", skus})
	}
	var states []string
	for _, g := range groups {
		if s := p.Plans().Of(u, g); s.State != "" {
			states = append(states, p.Plans().Name(s.Plan)+" "+s.State)
		}
	}
	if len(states) > 0 {
		facts = append(facts, Fact{of, "assignedPlans", states})
	}
	return facts
}

// HeldSKUs lists the part numbers of the licences that a tenant user holds, sorted.
func (p *Pass) HeldSKUs(u evidence.TenantUser) []string {
	var skus []string
	for l := range u.Licences() {
		skus = append(skus, p.Plans().SKUName(l.SKU))
	}
	slices.Sort(skus)
	return slices.Compact(skus)
}

// AccountType is what the Teams administration says a tenant user is, as evidence; none when it says nothing.
func (p *Pass) AccountType(of string, u evidence.TenantUser) []Fact {
	if t := p.Teams(u); !t.IsZero() && t.AccountType() != "" {
		return []Fact{{of, "accountType", []string{t.AccountType()}}}
	}
	return nil
}
