package voi

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/join"
	"hybridaudit/audit/owners"
	"hybridaudit/audit/phone"
	"hybridaudit/audit/scope"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// pairNeeds are both sides of every person, completely: a pair found in a part may be the wrong one.
func pairNeeds(attributes, properties []string) []audit.Need {
	return slices.Concat(
		[]audit.Need{
			{Dataset: evidence.ADUsers, Attributes: slices.Concat(scope.Attributes(), join.ADAttributes(), attributes)},
			{Dataset: evidence.TenantUsers, Attributes: slices.Concat(join.TenantAttributes(), properties)},
		},
		audit.Better(audit.OfADUsers(slices.Concat(numberAttributes, []string{"msRTCSIP-DeploymentLocator", "whenChanged"})...)),
	)
}

// pair starts a finding on an attribute of a joined person.
func pair(o evidence.ADObject, u evidence.TenantUser, attribute, value string) audit.Finding {
	f := about(o, attribute, value)
	f.Related = []audit.Subject{audit.TenantSubject(u)}
	f.Evidence = append(f.Evidence, audit.ADFacts("", o, "msRTCSIP-DeploymentLocator", "whenChanged")...)
	return f
}

// enabledVoice says that an object is enabled for SIP and for enterprise voice.
func enabledVoice(o evidence.ADObject) bool {
	voice, _, _ := flags(o)
	return voice && o.SIPEnabled() == evidence.True
}

// human says that the object is a person, or the half of one: rooms and devices telephone with licences of their own.
func human(p *audit.Pass, o evidence.ADObject) bool {
	switch p.Scope().Class(o) {
	case scope.Person, scope.Linked:
		return true
	}
	return false
}

// usableLine gives the number of an object's msRTCSIP-Line when it is in the form that the tenant takes: VOI-001 speaks of the others.
func usableLine(o evidence.ADObject) (phone.Number, bool) {
	if o.Line() == "" {
		return phone.Number{}, false
	}
	n, problem := phone.Parse(o.Line())
	return n, problem == phone.OK && n.Global()
}

// contested says that somebody else in the directory has the number (VOI-002), or the same main number in the other form, with or without extension (VOI-003).
func contested(p *audit.Pass, o evidence.ADObject, n phone.Number) bool {
	same := p.Owners(owners.Phone)
	if key := owners.PhoneKey(o.Forest(), n); same.Shared(key) && len(owners.Others(o, same.Holders(key))) > 0 {
		return true
	}
	main := p.Owners(owners.MainNumber)
	return main.Shared(n.Digits) && slices.ContainsFunc(owners.Others(o, main.Holders(n.Digits)), func(h evidence.ADObject) bool {
		return slices.ContainsFunc(extensions(h, n.Digits), func(ext string) bool { return (ext == "") != (n.Ext == "") })
	})
}

// elsewhere says that AD homes the person online while the tenant says on-premises: HOM-005 explains what the tenant lacks then.
func elsewhere(p *audit.Pass, u evidence.TenantUser) bool {
	return p.TenantHome(u).Home == topology.OnPremises
}
