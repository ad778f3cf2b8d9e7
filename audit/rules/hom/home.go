// Package hom holds the rules about where people are homed: on-premises or in Microsoft 365.
package hom

import (
	"slices"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/join"
	"hybridaudit/audit/plans"
	"hybridaudit/audit/scope"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// homeAttributes are shown with every finding about a home.
var homeAttributes = []string{
	"msRTCSIP-PrimaryUserAddress", "msRTCSIP-UserEnabled", "msRTCSIP-DeploymentLocator", "msRTCSIP-PrimaryHomeServer", "msRTCSIP-TargetHomeServer", "whenChanged",
}

// directoryNeeds are directory users with what the classes rest on, and the attributes given; what is found on a part of them holds. The rest of what a
// finding shows is optional.
func directoryNeeds(attributes ...string) []audit.Need {
	return slices.Concat(
		audit.OfADUsers(slices.Concat(scope.Attributes(), attributes)...),
		audit.Better(audit.OfADUsers(homeAttributes...)),
		audit.Better(tenantNeeds("onPremisesLastSyncDateTime", "assignedLicenses", "assignedPlans")),
	)
}

// pairNeeds are both sides of every person, completely: a pair found in a part may be the wrong one.
func pairNeeds(attributes, properties []string) []audit.Need {
	return slices.Concat(
		[]audit.Need{{Dataset: evidence.ADUsers, Attributes: slices.Concat(scope.Attributes(), join.ADAttributes(), attributes)}},
		tenantNeeds(properties...),
		audit.Better(audit.OfADUsers(homeAttributes...)),
	)
}

// tenantNeeds are the tenant users. Their account types make the classes better, and national clouds have none.
func tenantNeeds(properties ...string) []audit.Need {
	return []audit.Need{
		{Dataset: evidence.TenantUsers, Attributes: slices.Concat(join.TenantAttributes(), properties)},
		{Dataset: evidence.TenantTeamsUsers, Attributes: []string{"id", "accountType"}, Optional: true},
	}
}

// whenSIP lets a rule about people that are enabled for SIP judge only directories that know SIP.
func whenSIP(p *audit.Pass) audit.Reason { return p.WithoutSIP() }

// homed says whether rules about homes judge the object: application endpoints, devices and contacts are homed by other rules than people and mailboxes.
func homed(p *audit.Pass, o evidence.ADObject) bool {
	switch p.Scope().Class(o) {
	case scope.Person, scope.Linked, scope.Room, scope.Shared, scope.Equipment:
		return true
	}
	return false
}

// enabledAt says that the object is judged, enabled for SIP, and at home there.
func enabledAt(p *audit.Pass, o evidence.ADObject, home topology.Home) bool {
	return o.SIPEnabled() == evidence.True && p.Topology().Home(o) == home && homed(p, o)
}

// viewNeeds are both sides of every person, completely, and what tells where the tenant believes them to be.
func viewNeeds(attributes, properties []string) []audit.Need {
	return slices.Concat(
		[]audit.Need{
			{Dataset: evidence.ADUsers, Attributes: slices.Concat(scope.Attributes(), join.ADAttributes(), attributes)},
			{Dataset: evidence.TenantUsers, Attributes: slices.Concat(join.TenantAttributes(), properties)},
		},
		audit.HomeNeeds(),
		audit.Better(audit.OfADUsers(homeAttributes...)),
	)
}

// settled says that neither the directory nor the word of the tenant is so fresh that the other has had no time to follow.
func settled(p *audit.Pass, o evidence.ADObject, view audit.HomeView) bool {
	return p.Settled(o) && (view.Taken.IsZero() || view.Taken.Sub(o.Changed()) > 2*p.Cycle())
}

// split says that a person lives on-premises while the tenant has made an online account of the same person, because the SIP attributes do not get
// there: what HOM-006 reports, and HOM-005 therefore does not.
func split(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) bool {
	if u.Synced() != evidence.True || !enabledAt(p, o, topology.OnPremises) || !p.Plans().Ready(u) || p.Now().Sub(o.Created()) <= 2*p.Cycle() {
		return false
	}
	view := p.TenantHome(u)
	return view.Home == topology.Online && settled(p, o, view)
}

// about starts a finding on an attribute of o, with the tenant user as related where there is one.
func about(p *audit.Pass, o evidence.ADObject, attribute string) audit.Finding {
	u, _ := p.Pairs().Tenant(o)
	return aboutPair(p, o, u, attribute)
}

// aboutPair starts a finding on an attribute of o as a tenant has it: with u, which may be the zero value, as related.
func aboutPair(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser, attribute string) audit.Finding {
	f := audit.Finding{Subject: audit.ADSubject(o), Attribute: attribute, Evidence: audit.ADFacts("", o, homeAttributes...)}
	if v := o.Attribute(attribute); len(v) > 0 {
		f.Value = v[0]
	}
	if !u.IsZero() {
		s := audit.TenantSubject(u)
		f.Related = []audit.Subject{s}
		f.Evidence = slices.Concat(f.Evidence, audit.TenantFacts(s.Key, u, "onPremisesLastSyncDateTime"), p.AccountType(s.Key, u), hosting(p, s.Key, u),
			p.LicenceFacts(s.Key, u, plans.Teams, plans.Skype))
	}
	return f
}

// hosting is what else tells where the tenant believes a user to be, as evidence.
func hosting(p *audit.Pass, of string, u evidence.TenantUser) []audit.Fact {
	view := p.TenantHome(u)
	if view.View == "" || view.View == "accountType" {
		return nil
	}
	facts := []audit.Fact{{Of: of, Name: view.View, Values: []string{view.Value}}}
	if !view.Taken.IsZero() {
		facts = append(facts, audit.Fact{Of: of, Name: "taken", Values: []string{view.Taken.Format(time.RFC3339)}})
	}
	return facts
}
