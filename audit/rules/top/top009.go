package top

import (
	"iter"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// TOP009 finds what telephones besides people.
var TOP009 = &audit.Rule{
	ID: "TOP-009", Category: "top", Severity: audit.Medium,
	Title: "Endpoint objects that do not move with people",
	Why: "Response groups, dial-in numbers, phones in common areas and analogue devices have no automatic way to Teams. They keep their telephone numbers and keep the " +
		"deployment from being taken down.",
	Fix: "Plan a successor for each kind and remove the object afterwards: response groups become call queues or auto attendants (Remove-CsRgsWorkflow), dial-in numbers " +
		"those of Teams conferencing (Remove-CsDialInConferencingAccessNumber), common area phones shared device licences (Remove-CsCommonAreaPhone), analogue devices go " +
		"to the session border controller (Remove-CsAnalogDevice), rooms to Teams Rooms (Disable-CsMeetingRoom), hybrid endpoints to resource accounts once DNS points to " +
		"the tenant (Remove-CsHybridApplicationEndpoint), other applications go with Remove-CsTrustedApplicationEndpoint, Remove-CsCallParkOrbit and the like.",
	Guards: "One finding for each forest and kind. Every deployment has contacts of its own applications without numbers: kinds of applications of which no object has a " +
		"number are low, as far as all objects were read. Contacts of Exchange unified messaging are VOI-009. Kinds are told from msRTCSIP-OwnerUrn, whose values no vendor's text lists.",
	Refs: []audit.Ref{
		{Title: "Decommission the on-premises environment: remove the deployment"}, {Title: "Migrate hybrid application endpoints before decommissioning"},
	},
	Message:  "{endpoint}: {count}, {numbers} of them with a telephone number: {names}",
	Identity: []string{"endpoint"},
	Needs: append(endpointNeeds(),
		audit.Need{Dataset: evidence.ADUsers, Attributes: []string{"msRTCSIP-PrimaryUserAddress"}, Optional: true},
		audit.Need{Dataset: evidence.ADContacts, Attributes: []string{"msRTCSIP-PrimaryUserAddress"}, Optional: true},
	),
	Check: audit.AllADObjects(endpoints),
}

// endpointNeeds are the objects that can be endpoints, with their numbers.
func endpointNeeds() []audit.Need {
	attributes := append(scope.Attributes(), "msRTCSIP-OwnerUrn", "msRTCSIP-Line")
	return []audit.Need{{Dataset: evidence.ADUsers, Attributes: attributes, PartOK: true}, {Dataset: evidence.ADContacts, Attributes: attributes, PartOK: true}}
}

// kindOf tells the kind of an endpoint, "" for what is none.
func kindOf(urn string) string {
	urn = strings.ToLower(urn)
	switch {
	case urn == "urn:application:rgs":
		return "responseGroup"
	case urn == "urn:application:caa":
		return "dialIn"
	case strings.HasPrefix(urn, "urn:application:"):
		return "application"
	case strings.HasPrefix(urn, "urn:trustedonlineplatformapplication:"):
		return "hybridEndpoint"
	case urn == "urn:device:commonareaphone":
		return "commonAreaPhone"
	case urn == "urn:device:analogphone":
		return "analogPhone"
	case urn == "urn:device:analogfax":
		return "analogFax"
	case urn == "urn:device:roomsystem":
		return "roomSystem"
	}
	return ""
}

// ofServer says whether the server product makes such objects by itself.
func ofServer(kind string) bool {
	return kind == "responseGroup" || kind == "dialIn" || kind == "application"
}

func endpoints(p *audit.Pass, objects iter.Seq[evidence.ADObject]) {
	all := p.Read(endpointNeeds()) // that none has a number is known of all only
	type group struct{ forest, kind string }
	found := map[group][]evidence.ADObject{}
	for o := range objects {
		if kind := kindOf(o.OwnerURN()); kind != "" {
			g := group{o.Forest(), kind}
			found[g] = append(found[g], o)
		}
	}
	for g, list := range found {
		numbers := 0
		for _, o := range list {
			if o.Line() != "" {
				numbers++
			}
		}
		names, facts := audit.Listed(list)
		f := audit.Finding{
			Subject: audit.ForestSubject(g.forest), Evidence: facts,
			Args: []audit.Arg{audit.Str("endpoint", g.kind), audit.Num("count", len(list)), audit.Num("numbers", numbers), audit.List("names", names)},
		}
		if numbers == 0 && all && ofServer(g.kind) {
			f.Severity = audit.Low
		}
		p.Report(f)
	}
}
