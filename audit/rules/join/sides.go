// Package join holds the rules about people whose two halves, in AD and in the tenant, are missing, wrongly joined, or different.
package join

import (
	"slices"

	"hybridaudit/audit"
	pairing "hybridaudit/audit/join"
	"hybridaudit/audit/plans"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// needs are both sides of everybody, completely: whoever is missing in a part may be in the rest, and a pair found in a part may be the wrong one.
func needs(attributes, properties []string) []audit.Need {
	return []audit.Need{
		{Dataset: evidence.ADUsers, Attributes: slices.Concat(scope.Attributes(), pairing.ADAttributes(), attributes)},
		{Dataset: evidence.TenantUsers, Attributes: slices.Concat(pairing.TenantAttributes(), properties)},
	}
}

// licenceNeeds let findings show what licences the tenant user has.
func licenceNeeds() []audit.Need {
	return []audit.Need{
		{Dataset: evidence.TenantUsers, Attributes: []string{"assignedLicenses", "assignedPlans"}, Optional: true},
		{Dataset: evidence.TenantSKUs, Optional: true},
	}
}

// verifiedNeeds are the tenant's domains.
func verifiedNeeds(properties ...string) audit.Need {
	return audit.Need{Dataset: evidence.TenantDomains, Attributes: append([]string{"id", "isVerified"}, properties...)}
}

// otherOwnerNeeds are the contacts and groups that may own a person's address as well.
func otherOwnerNeeds(attributes ...string) []audit.Need {
	return audit.Better([]audit.Need{
		{Dataset: evidence.ADContacts, Attributes: attributes}, {Dataset: evidence.ADGroups, Attributes: attributes},
	})
}

// pair starts a finding on a joined directory user, with the attributes of both sides that the rule compares.
func pair(o evidence.ADObject, u evidence.TenantUser, attributes, properties []string) audit.Finding {
	s := audit.TenantSubject(u)
	return audit.Finding{
		Subject: audit.ADSubject(o), Related: []audit.Subject{s},
		Evidence: slices.Concat(audit.ADFacts("", o, attributes...), audit.TenantFacts(s.Key, u, properties...)),
	}
}

// licences shows the licences and plans of a tenant user.
func licences(p *audit.Pass, of string, u evidence.TenantUser) []audit.Fact {
	return p.LicenceFacts(of, u, plans.Teams, plans.Skype)
}

// verified says whether the domain of an address is a verified one of the tenant.
func verified(p *audit.Pass, addr string) bool {
	_, ok := p.Verified(address.Domain(addr))
	return ok
}
