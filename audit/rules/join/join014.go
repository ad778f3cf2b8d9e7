package join

import (
	"iter"
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	pairing "hybridaudit/audit/join"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
	"hybridaudit/sources/evidence/directory"
)

const (
	// arrival is how long a change may take at least, whatever the cycle.
	arrival = 2 * time.Hour
	// staleSync is the age of the last synchronisation from which on SYN-002 speaks by default, and nothing can be concluded from a difference.
	staleSync = 3 * time.Hour
	// fewDiffer is how many people may differ in an attribute before their share says anything.
	fewDiffer = 10
)

// join014Params are the parameters of JOIN-014.
type join014Params struct {
	// Usual is the share of joined people, in per cent, above which a difference in an attribute is what the synchronisation rules make of it.
	Usual int `yaml:"usual"`
}

// JOIN014 finds changes in AD that have not arrived.
var JOIN014 = &audit.Rule{
	ID: "JOIN-014", Category: "join", Severity: audit.Medium,
	Title: "A change made in AD has not arrived in the tenant",
	Why:   "Something was put right in AD and has no effect. What keeps it away, mostly a filter, a rule of one's own or an export error, keeps the next correction away as well.",
	Fix: "Look the object up on the Entra Connect server (Get-ADSyncCSObject -DistinguishedName <dn> -ConnectorName <name>), follow it to the metaverse and to the export, and read the " +
		"synchronisation error report in the Entra admin centre. Repair what stops it and run Start-ADSyncSyncCycle -PolicyType Delta.",
	Guards: "Compared are attributes that the standard rules copy as they are: displayName, department, sAMAccountName, the distinguished name, and with an alternate login ID the user principal " +
		"name. Sign-in name, addresses and SIP address have rules of their own (JOIN-006, JOIN-007, JOIN-008). Only people joined by their source anchor, and values that AD has. Silent " +
		"while the AD object was changed within three synchronisation cycles and two hours, and when the synchronisation of the tenant is stale (SYN-002). When more than the share usual " +
		"(20 %) of the people of a forest differ in an attribute, rules of one's own fill it. whenChanged belongs to the domain controller that was asked and is not replicated.",
	Refs:    []audit.Ref{{Title: "Microsoft Entra Connect Sync: Scheduler"}, {Title: "Microsoft Entra Connect Sync: attributes synchronized"}},
	Message: "a change of {attributes} has not arrived: AD has {value}, the tenant {tenantValue}; changed {changed}",
	Needs: slices.Concat(
		needs([]string{"whenChanged", "displayName", "department", "sAMAccountName"}, []string{"displayName", "department", "onPremisesSamAccountName"}),
		[]audit.Need{
			{Dataset: evidence.TenantOrganization, Attributes: []string{"id", "onPremisesSyncEnabled", "onPremisesLastSyncDateTime"}},
			{Dataset: evidence.TenantUsers, Attributes: []string{"onPremisesUserPrincipalName", "onPremisesLastSyncDateTime"}, Optional: true},
		},
	),
	Params: func() any { return &join014Params{Usual: 20} },
	Applies: func(p *audit.Pass) audit.Reason {
		for o := range p.Evidence.Organizations() {
			if fresh(p, o) {
				return audit.Reason{}
			}
		}
		return audit.Because("staleSync")
	},
	Check: audit.AllADUsers(func(p *audit.Pass, users iter.Seq[evidence.ADObject]) {
		fine := freshTenants(p)
		people := map[string]int{}       // by forest
		differing := map[[2]string]int{} // by forest and attribute
		for o := range users {
			u, ok := comparable014(p, o, fine)
			if !ok {
				continue
			}
			people[o.Forest()]++
			for _, d := range differences(p, o, u) {
				differing[[2]string{o.Forest(), d.attribute}]++
			}
		}
		if len(differing) == 0 {
			return
		}
		share := audit.Params[join014Params](p).Usual
		for o := range users {
			u, ok := comparable014(p, o, fine)
			if !ok || p.Now().Sub(o.Changed()) <= max(3*p.Cycle(), arrival) {
				continue
			}
			notArrived(p, o, u, slices.DeleteFunc(differences(p, o, u), func(d difference) bool {
				n := differing[[2]string{o.Forest(), d.attribute}]
				return n >= fewDiffer && n*100 > people[o.Forest()]*share
			}))
		}
	}),
}

// fresh says that directory synchronisation of a tenant ran lately.
func fresh(p *audit.Pass, o evidence.Organization) bool {
	return o.SyncEnabled() == evidence.True && !o.LastSync().IsZero() && p.Now().Sub(o.LastSync()) <= max(staleSync, 2*p.Cycle())
}

func freshTenants(p *audit.Pass) map[string]bool {
	fine := map[string]bool{}
	for o := range p.Evidence.Organizations() {
		fine[o.Tenant()] = fresh(p, o)
	}
	return fine
}

// comparable014 gives the tenant user of o when both sides can be compared.
func comparable014(p *audit.Pass, o evidence.ADObject, fine map[string]bool) (evidence.TenantUser, bool) {
	u, match := p.Pairs().Tenant(o)
	return u, match == pairing.ByAnchor && u.Synced() == evidence.True && fine[u.Tenant()]
}

// difference is an attribute in which the two sides differ.
type difference struct{ attribute, property, value, tenantValue string }

// differences compares what synchronisation copies as it is.
func differences(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) []difference {
	var list []difference
	add := func(attribute, property, value, tenantValue string, same bool) {
		if strings.TrimSpace(value) != "" && !same {
			list = append(list, difference{attribute, property, value, tenantValue})
		}
	}
	text := func(attribute, property, value, tenantValue string) {
		add(attribute, property, value, tenantValue, value == tenantValue || strings.TrimSpace(value) == strings.TrimSpace(tenantValue))
	}
	text("displayName", "displayName", o.DisplayName(), u.DisplayName())
	text("department", "department", o.Department(), u.Department())
	if sam := u.OnPremSAM(); sam != "" {
		add("sAMAccountName", "onPremisesSamAccountName", o.SAMAccountName(), sam, strings.EqualFold(o.SAMAccountName(), sam))
	}
	if dn := u.OnPremDN(); dn != "" {
		add("distinguishedName", "onPremisesDistinguishedName", o.DN(), dn, o.DN() == dn || directory.DNKey(o.DN()) == directory.DNKey(dn))
	}
	if upn := u.OnPremUPN(); upn != "" && p.Settings.AlternateLoginID {
		add("userPrincipalName", "onPremisesUserPrincipalName", o.UPN(), upn, address.Fold(o.UPN()) == address.Fold(upn))
	}
	return list
}

// notArrived reports what is left of the differences of a person.
func notArrived(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser, list []difference) {
	if len(list) == 0 {
		return
	}
	attributes, properties := []string{}, []string{"onPremisesLastSyncDateTime"}
	for _, d := range list {
		attributes, properties = append(attributes, d.attribute), append(properties, d.property)
	}
	f := pair(o, u, slices.Concat(attributes, []string{"whenChanged"}), properties)
	f.Attribute, f.Value = list[0].attribute, list[0].value
	tenantValue := list[0].tenantValue
	if tenantValue == "" {
		tenantValue = "none"
	}
	f.Args = []audit.Arg{
		audit.List("attributes", attributes), audit.Str("value", list[0].value), audit.Str("tenantValue", tenantValue), audit.At("changed", o.Changed()),
	}
	if org, ok := p.OrganizationOf(u.Tenant()); ok {
		f.Evidence = append(f.Evidence, audit.Fact{Name: "organization.onPremisesLastSyncDateTime", Values: []string{org.LastSync().Format(time.RFC3339)}})
	}
	p.Report(f)
}
