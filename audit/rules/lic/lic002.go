package lic

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/plans"
	"hybridaudit/sources/evidence"
)

// LIC002 finds people of the on-premises system who lack the second plan that the move needs.
var LIC002 = &audit.Rule{
	ID: "LIC-002", Category: "lic", Severity: audit.High,
	Title: "Skype for Business Online (Plan 2) missing or disabled in a hybrid organisation",
	Why: "Microsoft still demands this plan besides Teams for moving a person from the server, although the service itself is retired. Without it Move-CsUser ends with the " +
		"HostedMigration fault 507.",
	Fix: "Look in the licences that the person holds for the plan MCOSTANDARD and switch it on there (Set-MgUserLicense -AddLicenses with a DisabledPlans list that no longer " +
		"names it, or in the group that assigns the licence). If none of them contains it, assign a subscription of the evidence that does. Ask Microsoft's support when your " +
		"subscriptions no longer offer the plan.",
	Guards: "Judged only while a deployment exists on-premises, and for people with an enabled account who are enabled for SIP in AD. Silent without any licence, when the plan " +
		"is switched off in a licence held, and when it is there in an unusable state: other rules speak then.",
	Refs:    []audit.Ref{{Title: "Move users between on-premises and cloud (prerequisites)"}, {Title: "HostedMigration fault 507"}},
	Message: "no Skype for Business Online (Plan 2), which the move needs; licences held: {skus}",
	Needs:   slices.Concat(needs("assignedPlans", "licenseAssignmentStates"), []audit.Need{skuNeeds(), deploymentNeeds(), seatNeeds()}),
	Applies: (*audit.Pass).WithoutDeployment,
	Check: audit.EachPair(func(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
		if !onPremises(p, o) || !active(p, u) || u.LicenceCount() == 0 || status(p, u, plans.Skype).State != "" || anyOff(p, u, plans.Skype) {
			return
		}
		f := about(p, u, o)
		f.Attribute = "assignedPlans"
		f.Args = []audit.Arg{audit.List("skus", heldSKUs(p, u))}
		f.Evidence = append(f.Evidence, seats(p, u.Tenant(), plans.Skype)...)
		p.Report(f)
	}),
}
