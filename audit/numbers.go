package audit

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"hybridaudit/audit/phone"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// HeldNumber is a telephone number that somebody or something has in the tenant.
type HeldNumber struct {
	Number   phone.Number
	Target   directory.GUID // the object that has it
	Tenant   string         // "" when the output of a command did not say
	Type     string         // directRouting, callingPlan, operatorConnect
	Source   string         // online or onPremises
	Category string         // primary, private, alternate
	Status   string         // userAssigned, conferenceAssigned, …
	Dataset  evidence.Dataset
}

// Whole says that an extension would be shown if the number had one. Teams user configurations have been seen without theirs.
func (n HeldNumber) Whole() bool { return n.Dataset != evidence.TenantTeamsUsers }

// Primary says that the number is the one that a person is called at, and no private or alternate one.
func (n HeldNumber) Primary() bool {
	return n.Category == "" || strings.EqualFold(n.Category, "primary")
}

// Online says that the number is mastered in the tenant.
func (n HeldNumber) Online() bool { return strings.EqualFold(n.Source, "online") }

// Facts shows the number as evidence of the object with that key.
func (n HeldNumber) Facts(of string) []Fact {
	var facts []Fact
	for _, f := range []struct{ name, value string }{
		{"telephoneNumber", n.Number.String()}, {"numberType", n.Type}, {"numberSource", n.Source}, {"assignmentCategory", n.Category}, {"assignmentStatus", n.Status},
	} {
		if f.value != "" {
			facts = append(facts, Fact{of, f.name, []string{f.value}})
		}
	}
	return facts
}

// Numbers tells who has which telephone number in the tenants.
type Numbers struct {
	held     []HeldNumber // by digits
	byTarget []int32      // places in held, by target
}

// NumberNeeds let a rule know who has which number in the tenant. In clouds without that resource, or without the permission, the output of
// Get-CsPhoneNumberAssignment does as well; the Teams configurations of users tell a part, since resource accounts are not among them.
func NumberNeeds() []Need {
	return []Need{
		{
			Dataset: evidence.TenantNumbers, Attributes: []string{"telephoneNumber", "assignmentTargetId"}, PartOK: true,
			Instead: []Substitute{{evidence.TeamsNumbers, []string{"TelephoneNumber", "AssignedPstnTargetId"}}},
			Partly:  []Substitute{{evidence.TenantTeamsUsers, []string{"id", "telephoneNumbers"}}},
		},
		{Dataset: evidence.TenantNumbers, Attributes: []string{"numberType", "numberSource", "assignmentStatus"}, Optional: true},
		{Dataset: evidence.TenantTeamsUsers, Attributes: []string{"id", "telephoneNumbers"}, Optional: true},
	}
}

// newNumbers gathers the assigned numbers: those that the service lists; from the output of Get-CsPhoneNumberAssignment those of tenants whose list was not read
// completely; and from the Teams configurations of users what neither has.
func newNumbers(s *evidence.Snapshot) *Numbers {
	n := &Numbers{}
	for _, list := range [...]iter.Seq[HeldNumber]{listed(s), exported(s), configured(s)} {
		n.merge(list)
	}
	return n
}

func listed(s *evidence.Snapshot) iter.Seq[HeldNumber] {
	return func(yield func(HeldNumber) bool) {
		for a := range s.NumberAssignments() {
			if !yield(HeldNumber{
				Number: tenantNumber(a.Number()), Target: a.Target(), Tenant: a.Tenant(), Type: a.Type(), Source: a.Source(), Status: a.Status(), Dataset: evidence.TenantNumbers,
			}) {
				return
			}
		}
	}
}

func exported(s *evidence.Snapshot) iter.Seq[HeldNumber] {
	return func(yield func(HeldNumber) bool) {
		complete := map[string]bool{}
		for e := range s.Exports(evidence.TeamsNumbers) {
			tenant := e.Source()
			if _, ok := complete[tenant]; !ok {
				complete[tenant] = readOf(s, tenant, Substitute{evidence.TenantNumbers, []string{"telephoneNumber", "assignmentTargetId"}})
			}
			if !complete[tenant] && !yield(HeldNumber{
				Number: tenantNumber(e.Text("TelephoneNumber")), Target: e.GUID("AssignedPstnTargetId"), Tenant: tenant, Type: e.Text("NumberType"), Source: e.Text("NumberSource"),
				Category: e.Text("AssignmentCategory"), Status: e.Text("PstnAssignmentStatus"), Dataset: evidence.TeamsNumbers,
			}) {
				return
			}
		}
	}
}

func configured(s *evidence.Snapshot) iter.Seq[HeldNumber] {
	return func(yield func(HeldNumber) bool) {
		for t := range s.TeamsUsers() {
			for v := range t.Numbers() {
				if !yield(HeldNumber{Number: tenantNumber(v.Number), Target: t.ID(), Tenant: t.Tenant(), Category: v.Category, Dataset: evidence.TenantTeamsUsers}) {
					return
				}
			}
		}
	}
}

// readOf says that data was read completely, with its attributes, from a tenant.
func readOf(s *evidence.Snapshot, tenant string, what Substitute) bool {
	return (&run{evidence: s}).gives(what, tenant, true)
}

// NumbersRead says that all numbers of people in a tenant are known: who has none in [Numbers] has none there.
func (p *Pass) NumbersRead(tenant string) bool {
	return slices.ContainsFunc([]Substitute{
		{evidence.TenantNumbers, []string{"telephoneNumber", "assignmentTargetId"}}, {evidence.TeamsNumbers, []string{"TelephoneNumber", "AssignedPstnTargetId"}},
		{evidence.TenantTeamsUsers, []string{"id", "telephoneNumbers"}},
	}, func(s Substitute) bool { return readOf(p.Evidence, tenant, s) })
}

// merge adds numbers that somebody has and that can be dialled from anywhere. Of one that is known in its tenant from a source before, it takes the category.
func (n *Numbers) merge(list iter.Seq[HeldNumber]) {
	var more []HeldNumber
	for h := range list {
		if h.Number.Global() && h.Target != (directory.GUID{}) && !n.knows(h) {
			more = append(more, h)
		}
	}
	n.held = append(n.held, more...)
	n.order()
}

// knows says that a number is known in its tenant already, whoever has it, and fills in its category.
func (n *Numbers) knows(h HeldNumber) bool {
	known := false
	from, to := n.span(h.Number.Digits)
	for i := from; i < to; i++ {
		k := &n.held[i]
		if !sameTenant(k.Tenant, h.Tenant) || h.Whole() && k.Number != h.Number {
			continue
		}
		known = true
		if k.Target == h.Target && k.Category == "" {
			k.Category = h.Category
		}
	}
	return known
}

// tenantNumber reads a number as the tenant writes it: E.164 with or without the plus sign.
func tenantNumber(text string) phone.Number {
	text = strings.TrimSpace(text)
	if len(text) > 6 && text[0] >= '0' && text[0] <= '9' {
		text = "+" + text
	}
	parsed, _ := phone.Parse(text)
	return parsed
}

func (n *Numbers) order() {
	slices.SortFunc(n.held, func(a, b HeldNumber) int {
		return cmp.Or(
			cmp.Compare(a.Number.Digits, b.Number.Digits), cmp.Compare(a.Number.Ext, b.Number.Ext), slices.Compare(a.Target[:], b.Target[:]), cmp.Compare(a.Tenant, b.Tenant),
			cmp.Compare(a.Category, b.Category), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Status, b.Status),
		)
	})
	n.byTarget = make([]int32, len(n.held))
	for i := range n.byTarget {
		n.byTarget[i] = int32(i)
	}
	slices.SortFunc(n.byTarget, func(a, b int32) int {
		return cmp.Or(slices.Compare(n.held[a].Target[:], n.held[b].Target[:]), cmp.Compare(a, b))
	})
}

// span is where the numbers with these digits stand.
func (n *Numbers) span(digits string) (from, to int) {
	from, _ = slices.BinarySearchFunc(n.held, digits, func(h HeldNumber, d string) int { return cmp.Compare(h.Number.Digits, d) })
	to = from
	for to < len(n.held) && n.held[to].Number.Digits == digits {
		to++
	}
	return from, to
}

func sameTenant(a, b string) bool { return a == b || a == "" || b == "" }

// Holders lists who has a number with these digits (+81312345678), with whatever extension, in a tenant.
func (n *Numbers) Holders(tenant, digits string) []HeldNumber {
	from, to := n.span(digits)
	var list []HeldNumber
	for _, h := range n.held[from:to] {
		if sameTenant(h.Tenant, tenant) {
			list = append(list, h)
		}
	}
	return list
}

// Of lists the numbers of a tenant user.
func (n *Numbers) Of(u evidence.TenantUser) []HeldNumber {
	id := u.ID()
	i, _ := slices.BinarySearchFunc(n.byTarget, id, func(p int32, id directory.GUID) int { return slices.Compare(n.held[p].Target[:], id[:]) })
	var list []HeldNumber
	for ; i < len(n.byTarget) && n.held[n.byTarget[i]].Target == id; i++ {
		list = append(list, n.held[n.byTarget[i]])
	}
	return list
}
