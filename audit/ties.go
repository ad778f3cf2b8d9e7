package audit

import (
	"slices"
	"strings"

	"hybridaudit/audit/join"
	"hybridaudit/sources/evidence"
)

// ForestsOf lists the forests whose people are synchronised to a tenant, sorted. Where only one tenant was read those are all forests; of several tenants each has the
// forests of which it holds people by source anchor, SID or distinguished name: five or more, or a twentieth of those of the forest that any tenant holds. A single account
// does not make a tenant that of a forest.
func (p *Pass) ForestsOf(o evidence.Organization) []string { return p.facts.ties()[o.Tenant()] }

func newTies(s *evidence.Snapshot, pairs func() *join.Pairs) map[string][]string {
	ties := map[string][]string{}
	if s.Rows(evidence.TenantOrganization) <= 1 {
		for o := range s.Organizations() {
			for f := range s.Forests() {
				ties[o.Tenant()] = append(ties[o.Tenant()], f.Name())
			}
			slices.Sort(ties[o.Tenant()])
		}
		return ties
	}
	people, all := map[[2]string]int{}, map[string]int{}
	for u := range s.TenantUsers() {
		if a, by := pairs().AD(u); !a.IsZero() && by <= join.ByDN {
			people[[2]string{u.Tenant(), a.Forest()}]++
			all[a.Forest()]++
		}
	}
	for of, n := range people {
		if tenant, forest := of[0], of[1]; n >= 5 || n*20 >= all[forest] {
			ties[tenant] = append(ties[tenant], forest)
		}
	}
	for _, forests := range ties {
		slices.Sort(forests)
	}
	return ties
}

// TenantOf gives the tenant that PowerShell output is from: the one that it names, or the only one; ok is false when that says nothing.
func (p *Pass) TenantOf(source string) (of evidence.Organization, ok bool) {
	n := 0
	for o := range p.Evidence.Organizations() {
		n++
		if source == "" || strings.EqualFold(source, o.Tenant()) || strings.EqualFold(source, o.ID().String()) {
			of, ok = o, true
		}
	}
	return of, ok && (source != "" || n == 1)
}

// ForestOf gives the forest that PowerShell output of servers is from: the one that it names, the only one, or the only one with a deployment; "" when that says nothing.
func (p *Pass) ForestOf(source string) string {
	var all, deployed []string
	for f := range p.Evidence.Forests() {
		if source != "" && strings.EqualFold(source, f.Name()) {
			return f.Name()
		}
		all = append(all, f.Name())
		if p.Topology().In(f.Name()) {
			deployed = append(deployed, f.Name())
		}
	}
	switch {
	case source != "":
	case len(all) == 1:
		return all[0]
	case len(deployed) == 1:
		return deployed[0]
	}
	return ""
}

// ExportsOf lists the objects of a PowerShell command's output that are from a tenant.
func (p *Pass) ExportsOf(d evidence.Dataset, o evidence.Organization) []evidence.Export {
	return p.exports(d, func(source string) bool {
		of, ok := p.TenantOf(source)
		return ok && of == o
	})
}

// ServerExportsOf lists the objects of a PowerShell command's output that are from the servers of a forest.
func (p *Pass) ServerExportsOf(d evidence.Dataset, forest string) []evidence.Export {
	return p.exports(d, func(source string) bool { return forest != "" && p.ForestOf(source) == forest })
}

func (p *Pass) exports(d evidence.Dataset, from func(string) bool) []evidence.Export {
	var list []evidence.Export
	known := map[string]bool{}
	for e := range p.Evidence.Exports(d) {
		is, ok := known[e.Source()]
		if !ok {
			is = from(e.Source())
			known[e.Source()] = is
		}
		if is {
			list = append(list, e)
		}
	}
	return list
}

// BroughtOf says that output of a PowerShell command was brought along of the servers of a forest, however few objects it has.
func (p *Pass) BroughtOf(d evidence.Dataset, forest string) bool {
	return len(p.ServerExportsOf(d, forest)) > 0 || slices.ContainsFunc(p.Evidence.Of(d), func(c evidence.Coverage) bool {
		return c.State == evidence.Complete && forest != "" && p.ForestOf(c.Source) == forest
	})
}
