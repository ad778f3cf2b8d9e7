package join

import (
	"slices"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/owners"
	"hybridaudit/audit/plans"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// provisioning is how long the service may take to fill imAddresses after a plan was assigned.
const provisioning = 24 * time.Hour

// JOIN008 finds SIP addresses that have not arrived in the tenant.
var JOIN008 = &audit.Rule{
	ID: "JOIN-008", Category: "join", Severity: audit.High,
	Title: "SIP address in the tenant differs from AD",
	Why:   "Others look for the person under an address that the tenant does not know, and the person signs in under an address that colleagues do not have.",
	Fix: "Check that the object is exported without an error by Microsoft Entra Connect and that nobody else holds the address. If the msRTCSIP-* attributes were cleared, make " +
		"sure that the sip: value stands in proxyAddresses. Run Start-ADSyncSyncCycle -PolicyType Delta and allow some hours: the service fills imAddresses itself.",
	Guards: "Only well-formed SIP addresses in verified domains are compared. For accounts without a Teams or Skype for Business Online plan an empty list is information only, " +
		"and within 24 hours after the plan was assigned it is silent. Silent while the AD object was changed within the last two synchronisation cycles, and when " +
		"somebody else in AD claims the address (SIP-001, SIP-002).",
	Refs:    []audit.Ref{{Title: "Microsoft Graph: user (imAddresses)"}, {Title: "KB 2430520"}},
	Message: "AD has the SIP address {sip}; in the tenant: {imAddresses}",
	Needs: slices.Concat(
		needs([]string{"msRTCSIP-PrimaryUserAddress", "whenChanged"}, []string{"imAddresses", "assignedPlans"}),
		[]audit.Need{verifiedNeeds()},
		otherOwnerNeeds("msRTCSIP-PrimaryUserAddress", "proxyAddresses"),
	),
	Applies: func(p *audit.Pass) audit.Reason { return p.WithoutSIP() },
	Check: audit.EachPair(func(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
		if o.SIP() == "" || o.SIPEnabled() != evidence.True || !p.Settled(o) {
			return
		}
		sip := address.NormalSIP(o.SIP())
		for v := range u.IMAddresses() {
			if address.NormalSIP(v) == sip {
				return
			}
		}
		there := slices.Collect(u.IMAddresses())
		if address.SIPProblem(o.SIP()).Code != address.OK || !verified(p, sip) || len(there) == 0 && recentlyPlanned(p, u) || claimed(p, o, sip) {
			return
		}
		f := pair(o, u, []string{"msRTCSIP-PrimaryUserAddress", "proxyAddresses", "whenChanged"}, []string{"imAddresses", "proxyAddresses", "onPremisesSyncEnabled"})
		f.Evidence = append(f.Evidence, licences(p, u.ID().String(), u)...)
		f.Attribute, f.Value = "msRTCSIP-PrimaryUserAddress", o.SIP()
		if len(there) == 0 {
			if there = []string{"none"}; !p.Plans().Ready(u) {
				f.Severity = audit.Info
			}
		}
		f.Args = []audit.Arg{audit.Str("sip", sip), audit.List("imAddresses", there)}
		p.Report(f)
	}),
}

// claimed says that somebody else in AD has the address as SIP address or as sip: value: SIP-001 or SIP-002 speaks.
func claimed(p *audit.Pass, o evidence.ADObject, sip string) bool {
	for _, k := range []owners.Kind{owners.SIPPrimary, owners.SIPProxy} {
		if len(owners.Others(o, p.Owners(k).Holders(sip))) > 0 {
			return true
		}
	}
	return false
}

// recentlyPlanned says that a plan was assigned so lately that the service may not have made the account yet.
func recentlyPlanned(p *audit.Pass, u evidence.TenantUser) bool {
	for _, g := range []plans.Group{plans.Teams, plans.Skype} {
		if s := p.Plans().Of(u, g); s.Usable() && p.Now().Sub(s.Assigned) < provisioning {
			return true
		}
	}
	return false
}
