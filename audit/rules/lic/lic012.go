package lic

import (
	"iter"
	"maps"
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/plans"
	"hybridaudit/audit/scope"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// LIC012 finds people who hold meetings with dial-in on the server and will not in Teams.
var LIC012 = &audit.Rule{
	ID: "LIC-012", Category: "lic", Severity: audit.Medium,
	Title: "Dial-in conferencing user without Audio Conferencing",
	Why: "After the move the meetings of the person have no dial-in numbers any more: whoever joins by telephone is locked out. The prerequisites of the move list the licence; Move-CsUser " +
		"no longer insists on it.",
	Fix: "Assign a licence with Audio Conferencing (Microsoft 365 E5, or the add-on), best through the group by which others get theirs. Or tell the person before the move that dial-in numbers " +
		"go away, and grant a conferencing policy without dial-in until then (Grant-CsConferencingPolicy).",
	Guards: "Needs the output of Get-CsUser and Get-CsConferencingPolicy of the servers of each forest; a forest without it is not judged. Judged are people homed on-premises with a tenant account. Dial-in is on in the Global policy of every new deployment, so it " +
		"says little of the single person: those who have it by the Global policy are counted once for each forest, and not at all where the policy of a site says otherwise.",
	Refs:    []audit.Ref{{Title: "Move users between on-premises and cloud (prerequisites)"}, {Title: "Move-CsUser"}, {Title: "Get-CsConferencingPolicy"}},
	Message: "the conferencing policy {policy} allows dial-in, Audio Conferencing: {conferencing}",
	Variants: []audit.Variant{
		{
			Code: "G", Severity: audit.Low, Message: "people without Audio Conferencing who have dial-in by the policy {policy}: {count}",
			Fix: "Find out who really holds meetings with dial-in (the monitoring reports of the server, or a question to the departments), and give those people a licence with Audio " +
				"Conferencing before they move.",
		},
	},
	Identity: []string{"policy"},
	Needs: slices.Concat(
		[]audit.Need{
			{Dataset: evidence.ServerConferencing, Attributes: []string{"Identity", "EnableDialInConferencing"}},
			{Dataset: evidence.ServerUsers, Attributes: []string{"ConferencingPolicy"}},
			{Dataset: evidence.ADUsers, Attributes: []string{"msRTCSIP-DeploymentLocator"}}, {Dataset: evidence.ADUsers, Attributes: []string{"department"}, Optional: true},
		},
		needs("assignedPlans"), []audit.Need{seatNeeds(), {Dataset: evidence.TenantUsers, Attributes: []string{"licenseAssignmentStates"}, Optional: true}},
	),
	Applies: (*audit.Pass).WithoutSIP,
	Check: audit.AllADUsers(func(p *audit.Pass, users iter.Seq[evidence.ADObject]) {
		policies := map[string]*dialIn{}          // by forest
		general := map[[2]string]map[string]int{} // by forest and policy: by department
		for o := range users {
			if o.SIPEnabled() != evidence.True || p.Topology().Home(o) != topology.OnPremises || p.Scope().Class(o) != scope.Person || o.Disabled() {
				continue
			}
			u, _ := p.Pairs().Tenant(o)
			if u.IsZero() || !active(p, u) || p.Plans().Of(u, plans.Conferencing).Enabled() {
				continue
			}
			if policies[o.Forest()] == nil {
				policies[o.Forest()] = newDialIn(p, o.Forest())
			}
			policy, assigned, on := policies[o.Forest()].of(o)
			switch {
			case !on:
			case assigned:
				f := about(p, u, o)
				f.Attribute = "assignedPlans"
				f.Args = []audit.Arg{audit.Str("policy", policy), audit.Str("conferencing", conferencing(p, u))}
				f.Evidence = slices.Concat(f.Evidence, []audit.Fact{{Of: o.GUID().String(), Name: "ConferencingPolicy", Values: []string{policy}}}, seats(p, u.Tenant(), plans.Conferencing))
				p.Report(f)
			default:
				key := [2]string{o.Forest(), policy}
				if general[key] == nil {
					general[key] = map[string]int{}
				}
				general[key][o.Department()]++
			}
		}
		for key, departments := range general {
			count := 0
			for n := range maps.Values(departments) {
				count += n
			}
			p.Report(audit.Finding{
				Variant: "G", Subject: audit.ForestSubject(key[0]), Args: []audit.Arg{audit.Str("policy", key[1]), audit.Num("count", count)},
				Evidence: []audit.Fact{{Name: "department", Values: counted(departments)}},
			})
		}
	}),
}

// conferencing says what there is of the Audio Conferencing plan.
func conferencing(p *audit.Pass, u evidence.TenantUser) string {
	status := p.Plans().Of(u, plans.Conferencing)
	if status.State == "" || status.Deleted() {
		return "none"
	}
	return status.State
}

// dialIn knows the conferencing policies of a forest and who has which.
type dialIn struct {
	allows map[string]bool           // by policy name in lower case, without Tag:
	byGUID map[directory.GUID]string // policy assigned to a person; "" when none is
	byUPN  map[string]string
	site   bool // there are policies of sites, so the Global one does not decide alone
	global bool
}

func newDialIn(p *audit.Pass, forest string) *dialIn {
	d := &dialIn{allows: map[string]bool{}, byGUID: map[directory.GUID]string{}, byUPN: map[string]string{}}
	sites := map[bool]bool{}
	for _, e := range p.ServerExportsOf(evidence.ServerConferencing, forest) {
		name := policyName(e.Text("Identity"))
		on := e.Flag("EnableDialInConferencing") == evidence.True
		d.allows[strings.ToLower(name)] = on
		switch {
		case strings.EqualFold(name, "Global"):
			d.global = on
		case len(name) > 5 && strings.EqualFold(name[:5], "Site:"):
			sites[on] = true
		}
	}
	d.site = sites[!d.global]
	for _, e := range p.ServerExportsOf(evidence.ServerUsers, forest) {
		name := policyName(e.Text("ConferencingPolicy"))
		if id := e.GUID("Guid"); id != (directory.GUID{}) {
			d.byGUID[id] = name
		} else if upn := e.Text("UserPrincipalName"); upn != "" {
			d.byUPN[strings.ToLower(upn)] = name
		}
	}
	return d
}

// policyName is a policy's name as people know it.
func policyName(identity string) string {
	if len(identity) >= 4 && strings.EqualFold(identity[:4], "Tag:") {
		return identity[4:]
	}
	return identity
}

// of gives the policy that applies to a person, whether it was assigned to the person, and whether it allows dial-in. Where a site's policy may apply and says otherwise than the
// Global one, nothing is known.
func (d *dialIn) of(o evidence.ADObject) (policy string, assigned, on bool) {
	policy, known := d.byGUID[o.GUID()]
	if !known {
		policy, known = d.byUPN[strings.ToLower(o.UPN())]
	}
	switch {
	case !known:
		return "", false, false
	case policy != "" && !strings.EqualFold(policy, "Global"):
		return policy, true, d.allows[strings.ToLower(policy)]
	}
	return "Global", false, d.global && !d.site
}
