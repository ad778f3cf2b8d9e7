package hom

import (
	"iter"
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/plans"
	"hybridaudit/audit/scope"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// hom012Params are the parameters of HOM-012.
type hom012Params struct {
	// Recent is how long ago the Teams plan was assigned at most for the order of things to be still worth correcting.
	Recent time.Duration `yaml:"recent"`
}

// HOM012 finds people who got Teams before the deployment on-premises knew them.
var HOM012 = &audit.Rule{
	ID: "HOM-012", Category: "hom", Severity: audit.Medium,
	Title: "Licensed for Teams before being enabled on-premises (hybrid)",
	Why: "While people are still on-premises, somebody who is licensed for Teams without a SIP account in AD becomes an online person at once, and colleagues on the server cannot " +
		"find or reach that person. Microsoft asks to enable such people on-premises first and to let that synchronise.",
	Fix: "For somebody who is meant to be online: Enable-CsUser -HostingProviderProxyFqdn sipfed.online.lync.com -SipAddress sip:name@domain. For somebody who is meant to start on " +
		"the server: Enable-CsUser -RegistrarPool <pool>, and Move-CsUser later. Then run Start-ADSyncSyncCycle -PolicyType Delta. For the next new account do this before " +
		"the licence is assigned.",
	Guards: "Only synchronised, enabled accounts of people in a forest with people homed on-premises are judged. A plan that was assigned longer ago than recent (30 days) belongs to somebody " +
		"who evidently need not be found from there: such people are counted once for each forest. OUs and groups of scope.disabledOnPurpose are online by design. Silent where " +
		"other attributes are left over (HOM-010) or the account is enabled without an address (SIP-004).",
	Refs:    []audit.Ref{{Title: "Skype for Business Online retirement: guidance for on-premises organisations"}, {Title: "Enable-CsUser"}},
	Message: "licensed for Teams since {assigned}, but not enabled for SIP on-premises",
	Variants: []audit.Variant{
		{
			Code: "O", Severity: audit.Info, Message: "{count} people have been licensed for Teams for longer without being enabled for SIP on-premises",
			Fix: "Nothing has to be done for people whom nobody on-premises has to find. For the others: Enable-CsUser -HostingProviderProxyFqdn sipfed.online.lync.com " +
				"-SipAddress sip:name@domain. If an OU or group is online by design, name it in scope.disabledOnPurpose.",
		},
	},
	Needs: slices.Concat(
		pairNeeds(slices.Concat(leftovers, []string{"department"}), []string{"assignedPlans", "accountEnabled", "createdDateTime"}),
		[]audit.Need{{Dataset: evidence.ADPools, Attributes: []string{"distinguishedName"}}, {Dataset: evidence.ADForests, Attributes: []string{"name"}}},
	),
	Params: func() any { return &hom012Params{Recent: 30 * 24 * time.Hour} },
	Applies: func(p *audit.Pass) audit.Reason {
		if why := p.WithoutDeployment(); !why.IsZero() {
			return why
		}
		return whenSIP(p)
	},
	Check: audit.AllADUsers(func(p *audit.Pass, users iter.Seq[evidence.ADObject]) {
		hybrid := map[string]bool{}
		for o := range users {
			if enabledAt(p, o, topology.OnPremises) && p.Topology().In(o.Forest()) {
				hybrid[o.Forest()] = true
			}
		}
		recent := audit.Params[hom012Params](p).Recent
		older := map[string]map[string]int{}
		for o := range users {
			u, since := onlineOnly(p, o)
			if u.IsZero() || !hybrid[o.Forest()] {
				continue
			}
			if p.Now().Sub(since) > recent {
				if older[o.Forest()] == nil {
					older[o.Forest()] = map[string]int{}
				}
				older[o.Forest()][o.Department()]++
				continue
			}
			f := about(p, o, "msRTCSIP-PrimaryUserAddress")
			f.Args = []audit.Arg{audit.At("assigned", since)}
			f.Evidence = append(f.Evidence, audit.TenantFacts(u.ID().String(), u, "createdDateTime")...)
			p.Report(f)
		}
		for forest, departments := range older {
			count := 0
			for _, n := range departments {
				count += n
			}
			p.Report(audit.Finding{
				Variant: "O", Subject: audit.ForestSubject(forest), Args: []audit.Arg{audit.Num("count", count)}, Evidence: byDepartment(departments),
			})
		}
	}),
}

// onlineOnly gives the tenant user of somebody whom only Teams knows, and since when; the zero value for everybody else.
func onlineOnly(p *audit.Pass, o evidence.ADObject) (u evidence.TenantUser, since time.Time) {
	if o.SIPEnabled() == evidence.True || strings.TrimSpace(o.SIP()) != "" || o.Disabled() || p.Scope().Class(o) != scope.Person || len(remains(o)) > 0 ||
		p.Scope().DisabledOnPurpose(o) {
		return u, since
	}
	partner, _ := p.Pairs().Tenant(o)
	if partner.IsZero() || partner.Synced() != evidence.True || partner.Enabled() == evidence.False || p.TenantClass(partner) != scope.Member {
		return u, since
	}
	plan := p.Plans().Of(partner, plans.Teams)
	if !plan.Enabled() {
		return u, since
	}
	if plan.Assigned.IsZero() {
		return partner, partner.Created()
	}
	return partner, plan.Assigned
}
