package lic

import (
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/plans"
	"hybridaudit/sources/evidence"
)

// young is how long after the assignment of a plan nothing can be expected of it.
const young = 30 * time.Minute

// services are the services of the plans, as provisionedPlans names them.
var services = []struct {
	name  string
	group plans.Group
}{
	{"MicrosoftCommunicationsOnline", plans.Skype}, {"TeamspaceAPI", plans.Teams},
}

// LIC005 finds people for whom the service has not made an account yet.
var LIC005 = &audit.Rule{
	ID: "LIC-005", Category: "lic", Severity: audit.Medium,
	Title: "Plan assigned but not yet provisioned",
	Why:   "Until the service has made the account, sign-in and move fail; in the first 30 minutes after the assignment the HostedMigration fault 507 is to be expected.",
	Fix: "Wait: mostly it takes 30 minutes, at worst 24 hours. After that look at serviceProvisioningErrors of the account (Get-MgUser -UserId <id> -Property " +
		"serviceProvisioningErrors), repair the attribute named there, and synchronise. If nothing is named, take the plan away and assign it again once.",
	Guards:   "Information only while a plan was assigned less than 24 hours ago. Plans that are switched off are not expected to be provisioned.",
	Refs:     []audit.Ref{{Title: "KB 10133"}, {Title: "HostedMigration fault 507"}, {Title: "KB 3063407"}},
	Message:  "{service} is not provisioned yet: {provisioning}; newest plan assigned {assigned}",
	Identity: []string{"service"},
	Needs:    slices.Concat(needs("assignedPlans", "provisionedPlans"), []audit.Need{skuNeeds(), deploymentNeeds()}),
	Check: audit.EachTenantUser(func(p *audit.Pass, u evidence.TenantUser) {
		if !active(p, u) {
			return
		}
		o, _ := p.Pairs().AD(u)
		needed := neededGroups(p, u, o)
		if len(needed) == 0 {
			return
		}
		newest := newestPlan(p, u, needed)
		if age(p, newest) >= young && !anyPending(u) {
			return
		}
		for _, s := range services {
			pending := provisioned(u, s.name, true)
			severity := audit.Medium
			switch {
			case len(pending) > 0 && age(p, newest) >= provisioning:
			case len(pending) > 0:
				severity = audit.Info
			case slices.Contains(needed, s.group) && p.Plans().Of(u, s.group).Enabled() && age(p, p.Plans().Of(u, s.group).Assigned) < young:
				severity = audit.Info
				if pending = provisioned(u, s.name, false); len(pending) == 0 {
					pending = []string{"none"}
				}
			default:
				continue
			}
			f := about(p, u, o)
			f.Severity, f.Attribute = severity, "provisionedPlans"
			f.Args = []audit.Arg{audit.Str("service", s.name), audit.List("provisioning", pending), assigned(newest)}
			p.Report(f)
		}
	}),
}

// provisioned lists the states in which the enabled plans of a service are, each once: all of them, or those that are pending only. States that are not
// known count as pending.
func provisioned(u evidence.TenantUser, service string, pending bool) []string {
	var states []string
	for e := range u.ProvisionedPlans() {
		if e.Service != service || e.Status == "" || !strings.EqualFold(e.Capability, "Enabled") || slices.Contains(states, e.Status) {
			continue
		}
		if done := strings.EqualFold(e.Status, "Success") || strings.EqualFold(e.Status, "Disabled"); !done || !pending {
			states = append(states, e.Status)
		}
	}
	slices.Sort(states)
	return states
}

func anyPending(u evidence.TenantUser) bool {
	for e := range u.ProvisionedPlans() {
		if e.Status != "" && !strings.EqualFold(e.Status, "Success") && !strings.EqualFold(e.Status, "Disabled") {
			return true
		}
	}
	return false
}

func newestPlan(p *audit.Pass, u evidence.TenantUser, groups []plans.Group) time.Time {
	var newest time.Time
	for _, g := range groups {
		if at := p.Plans().Of(u, g).Assigned; at.After(newest) {
			newest = at
		}
	}
	return newest
}

// age is how long ago something happened: very long when it is not known.
func age(p *audit.Pass, at time.Time) time.Duration { return p.Now().Sub(at) }

func assigned(at time.Time) audit.Arg {
	if at.IsZero() {
		return audit.Str("assigned", "unknown")
	}
	return audit.At("assigned", at)
}
