package dns

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
)

// maxNamed is how many open questions and silent servers a reason names.
const maxNamed = 3

// cover writes the coverage.
func (c *collection) cover(ctx context.Context) {
	v := evidence.Coverage{
		Dataset: evidence.DNSLookups, State: evidence.Complete, Expected: -1, Rows: c.builder.Table(evidence.DNSLookups).Rows(), Source: c.config.Site, Started: c.started,
		Attributes: c.roles(),
	}
	works := c.works()
	for _, role := range v.Attributes {
		if works[role] || !c.asked(role) && ctx.Err() == nil {
			continue
		}
		v.Missing = append(v.Missing, role)
		v.Notes = append(v.Notes, "no "+role+" server answered"+c.silent(role))
	}
	var why []string
	if c.fault != nil {
		why = append(why, c.fault.Error())
	}
	if n := c.open(); n > 0 {
		why = append(why, fmt.Sprintf("time ran out before %d of %d questions were answered", n, n+c.rows))
	}
	if open, all := c.unsettled(works); len(open) > 0 {
		why = append(why, fmt.Sprintf("%d of %d questions got no verdict: %s", len(open), all, few(open)))
	}
	switch {
	case len(v.Attributes) == 0:
		v.State, why = evidence.Failed, append(why, "no DNS server is configured")
	case len(v.Missing) == len(v.Attributes):
		v.State, why = evidence.Failed, append(why, "no DNS server answered"+c.silent(""))
		v.Notes = nil
	case len(why) > 0:
		v.State = evidence.Partial
	}
	v.Reason = strings.Join(why, "; ")
	v.Ended = time.Now().UTC()
	c.builder.Cover(v)
}

// roles lists the roles that the configuration has servers for.
func (c *collection) roles() []string {
	var roles []string
	if len(c.internal) > 0 {
		roles = append(roles, evidence.ResolverInternal)
	}
	if len(c.public) > 0 {
		roles = append(roles, evidence.ResolverPublic)
	}
	if len(roles) > 0 && c.config.Authoritative {
		roles = append(roles, evidence.ResolverAuthoritative)
	}
	return roles
}

// works tells the roles of which a server answered something, be it that it could not find out.
func (c *collection) works() map[string]bool {
	works := map[string]bool{}
	for _, i := range c.ended {
		if i.lookup.Told() || i.lookup.Status == evidence.LookupServerFailure {
			works[i.role] = true
		}
	}
	return works
}

// asked says whether there was anything to ask the servers of a role.
func (c *collection) asked(role string) bool {
	for _, i := range c.items {
		if i.role == role {
			return true
		}
	}
	return false
}

// silent lists the servers of a role, or of all, each with what asking it led to; where no server was found to ask, it says why.
func (c *collection) silent(role string) string {
	ends := map[string][]string{}
	var unknown []string
	for _, i := range c.ended {
		switch {
		case role != "" && i.role != role:
		case i.lookup.Server == "":
			unknown = append(unknown, i.lookup.Detail)
		case !slices.Contains(ends[i.lookup.Server], i.lookup.Status):
			ends[i.lookup.Server] = append(ends[i.lookup.Server], i.lookup.Status)
		}
	}
	var all []string
	for _, server := range slices.Sorted(maps.Keys(ends)) {
		slices.Sort(ends[server])
		all = append(all, server+" ("+strings.Join(ends[server], ", ")+")")
	}
	if len(all) == 0 {
		slices.Sort(unknown)
		all = slices.Compact(unknown)
	}
	if len(all) == 0 {
		return ""
	}
	return ": " + few(all)
}

// unsettled lists the questions that no server of a role gave a verdict on although the role works, and counts all that were asked of the roles that work.
func (c *collection) unsettled(works map[string]bool) (open []string, all int) {
	type about struct {
		role string
		question
	}
	told := map[about]bool{}
	for _, i := range c.ended {
		if a := (about{i.role, i.question}); works[i.role] {
			told[a] = told[a] || i.lookup.Told()
		}
	}
	all = len(told)
	slices.SortFunc(c.ended, func(x, y *item) int {
		return cmp.Or(strings.Compare(x.name, y.name), strings.Compare(typeName(x.typ), typeName(y.typ)), strings.Compare(x.role, y.role), strings.Compare(x.itemKey.server, y.itemKey.server))
	})
	for _, i := range c.ended {
		if a := (about{i.role, i.question}); works[i.role] && !told[a] {
			told[a] = true // once
			where := i.role
			if i.lookup.Server != "" {
				where += " server " + i.lookup.Server
			}
			open = append(open, fmt.Sprintf("%s at the %s (%s)", i.question, where, i.lookup.Status))
		}
	}
	return open, all
}

// few lists the first ones, and says when there are more.
func few(all []string) string {
	if len(all) <= maxNamed {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:maxNamed], ", ") + fmt.Sprintf(" and %d more", len(all)-maxNamed)
}
