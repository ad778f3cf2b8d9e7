package audit

import (
	"cmp"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
)

// Conflict starts a finding on o about a value that others hold as well, or claim: all of them become related, and each is shown with the attributes and,
// for users, with the tenant account that it has, since that helps to decide who is the rightful owner.
func (p *Pass) Conflict(o evidence.ADObject, others []evidence.ADObject, attributes ...string) Finding {
	attributes = slices.Concat([]string{"objectClass", "msExchRecipientTypeDetails"}, attributes)
	f := Finding{Subject: ADSubject(o)}
	f.Evidence = ADFacts("", o, slices.Concat([]string{"userAccountControl", "whenChanged"}, attributes)...)
	f.Evidence = append(f.Evidence, p.tenantFacts("", o)...)
	for _, h := range others {
		f.Related = append(f.Related, ADSubject(h))
		f.Evidence = append(f.Evidence, HolderFacts(h, attributes...)...)
		f.Evidence = append(f.Evidence, p.tenantFacts(h.GUID().String(), h)...)
	}
	return f
}

// tenantFacts names the tenant account of a directory user.
func (p *Pass) tenantFacts(of string, o evidence.ADObject) []Fact {
	if u, _ := p.Pairs().Tenant(o); !u.IsZero() {
		return []Fact{{of, "tenantUser", []string{u.UPN()}}}
	}
	return nil
}

// Names lists the names by which people know the objects; one of another forest than o comes with its forest.
func Names(o evidence.ADObject, objects []evidence.ADObject) []string {
	names := make([]string, len(objects))
	for i, other := range objects {
		names[i] = ADSubject(other).Name
		if other.Forest() != o.Forest() {
			names[i] += " (" + other.Forest() + ")"
		}
	}
	return names
}

// MostListed is how many objects a finding about many of them lists.
const MostListed = 100

// Listed names the first of several objects of a forest, by name, and describes each with its SIP address, its number and its DN as evidence.
func Listed(objects []evidence.ADObject) ([]string, []Fact) {
	objects = slices.SortedFunc(slices.Values(objects), func(a, b evidence.ADObject) int {
		return cmp.Or(strings.Compare(ADSubject(a).Name, ADSubject(b).Name), strings.Compare(a.GUID().String(), b.GUID().String()))
	})
	objects = objects[:min(len(objects), MostListed)]
	names, lines := make([]string, len(objects)), make([]string, len(objects))
	for i, o := range objects {
		names[i] = ADSubject(o).Name
		parts := []string{names[i], o.SIP(), o.Line(), o.DN()}
		lines[i] = strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " | ")
	}
	return names, []Fact{{Name: "objects", Values: lines}}
}
