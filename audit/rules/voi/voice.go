// Package voi holds the rules about telephone numbers and enterprise voice.
package voi

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// numberAttributes are shown with every finding about a number.
var numberAttributes = []string{"msRTCSIP-Line", "msRTCSIP-PrivateLine", "msRTCSIP-OptionFlags", "msRTCSIP-UserEnabled", "msRTCSIP-OwnerUrn"}

// holderNeeds are the directory objects that can hold numbers: users and contacts, among them those of applications in the configuration partition.
func holderNeeds(attributes ...string) []audit.Need {
	attributes = slices.Concat(scope.Attributes(), attributes)
	shown := []audit.Need{{Dataset: evidence.ADUsers, Attributes: numberAttributes}, {Dataset: evidence.ADContacts, Attributes: numberAttributes}}
	return slices.Concat([]audit.Need{
		{Dataset: evidence.ADUsers, Attributes: attributes, PartOK: true},
		{Dataset: evidence.ADContacts, Attributes: attributes, PartOK: true},
	}, audit.Better(shown))
}

// flags reads msRTCSIP-OptionFlags.
func flags(o evidence.ADObject) (voice, remoteCall, known bool) {
	v, known := o.OptionFlags()
	return v&audit.FlagVoice != 0, v&(audit.FlagRemoteCall|audit.FlagDualMode) != 0 || o.LineServer() != "", known
}

// inUse says that the object's number is one that calls are meant to reach: that of an object enabled for SIP, of an application or of a device. What stands on other
// objects is left over, and HOM-010 speaks of it.
func inUse(p *audit.Pass, o evidence.ADObject) bool {
	switch p.Scope().Class(o) {
	case scope.AppEndpoint, scope.Device:
		return true
	}
	return o.SIPEnabled() == evidence.True
}

// about starts a finding on an attribute of o.
func about(o evidence.ADObject, attribute, value string) audit.Finding {
	return audit.Finding{Subject: audit.ADSubject(o), Attribute: attribute, Value: value, Evidence: audit.ADFacts("", o, numberAttributes...)}
}

// lines are the numbers of an object as they are stored, with the attributes that they stand in.
func lines(o evidence.ADObject) [2]line {
	return [2]line{{"msRTCSIP-Line", o.Line()}, {"msRTCSIP-PrivateLine", o.PrivateLine()}}
}

type line struct{ attribute, value string }
