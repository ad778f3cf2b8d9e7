package audit

import (
	"slices"

	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
)

// OfADUsers needs attributes of the directory's users, and those that classes and scope rest on. What is found on a part of the users holds.
func OfADUsers(attributes ...string) []Need {
	return []Need{{Dataset: evidence.ADUsers, Attributes: withScope(attributes), PartOK: true}}
}

// OfADObjects needs attributes of the directory's users, contacts and groups, and those that classes and scope rest on. What is found on a part of them
// holds.
func OfADObjects(attributes ...string) []Need {
	attributes = withScope(attributes)
	return []Need{
		{Dataset: evidence.ADUsers, Attributes: attributes, PartOK: true},
		{Dataset: evidence.ADContacts, Attributes: attributes, PartOK: true},
		{Dataset: evidence.ADGroups, Attributes: attributes, PartOK: true},
	}
}

func withScope(attributes []string) []string {
	all := scope.Attributes()
	for _, a := range attributes {
		if !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return all
}

// Whole makes needs of everything that there is: the rule concludes from what is not there, so a dataset that the configuration narrowed will not do.
func Whole(needs []Need) []Need {
	needs = slices.Clone(needs)
	for i := range needs {
		needs[i].Whole = true
	}
	return needs
}

// All makes needs of every row: the rule judges a person by how many are like that, so a part that was read does not hold.
func All(needs []Need) []Need {
	needs = slices.Clone(needs)
	for i := range needs {
		needs[i].PartOK = false
	}
	return needs
}

// Better makes needs optional: they are shown as evidence, or make a finding sharper.
func Better(needs []Need) []Need {
	needs = slices.Clone(needs)
	for i := range needs {
		needs[i].Optional, needs[i].PartOK = true, false
	}
	return needs
}
