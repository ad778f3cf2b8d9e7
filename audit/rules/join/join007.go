package join

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/owners"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// JOIN007 finds e-mail addresses that have not arrived in the tenant.
var JOIN007 = &audit.Rule{
	ID: "JOIN-007", Category: "join", Severity: audit.Medium,
	Title: "Address present in AD but missing in the tenant",
	Why: "Mail to the address bounces or reaches somebody else, replies come from another address than people expect, and it is a sign that the tenant has refused the " +
		"value because another object holds it.",
	Fix: "Find out who holds the address in the tenant: another user, a group, a contact or a deleted account. Take it away there if it does not belong there, make sure that " +
		"the domain is still verified, and run Start-ADSyncSyncCycle -PolicyType Delta. If nobody holds it, look for an export error of the object in Microsoft Entra Connect.",
	Guards: "Only e-mail addresses in verified domains are compared. Silent while the AD object was changed within the last two synchronisation cycles, for accounts " +
		"without any e-mail address in the tenant, and where another rule names the cause: the address is used twice in AD, is malformed, or was refused by " +
		"synchronisation. The primary address is compared only when AD has exactly one.",
	Refs:     []audit.Ref{{Title: "Identity synchronization and duplicate attribute resiliency"}},
	Message:  "AD has {value}; in the tenant: {tenantAddresses}",
	Identity: []string{"address"},
	Needs: slices.Concat(
		needs([]string{"mail", "whenChanged"}, []string{"mail", "onPremisesProvisioningErrors"}),
		[]audit.Need{verifiedNeeds()},
		otherOwnerNeeds("mail", "proxyAddresses"),
	),
	Check: audit.EachPair(func(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
		if !p.Settled(o) || !hasAddress(u) {
			return
		}
		for _, a := range missing(o, u) {
			if !verified(p, a.address) || refused(u, a.address) || malformed(o, a.address) || len(owners.Others(o, p.Owners(owners.SMTP).Holders(a.address))) > 0 {
				continue
			}
			f := pair(o, u, []string{"proxyAddresses", "mail", "whenChanged"}, []string{"proxyAddresses", "mail"})
			f.Attribute, f.Value = a.attribute, a.value
			f.Args = []audit.Arg{audit.Str("address", a.address), audit.Str("value", a.value), audit.List("tenantAddresses", mailAddresses(u))}
			p.Report(f)
		}
	}),
}

// mailAddress is an e-mail address of a directory user.
type mailAddress struct {
	address   string // comparison form
	value     string // as written
	attribute string
}

// missing lists the addresses that the tenant user does not have as the directory user does: not at all, or not as the primary one.
func missing(o evidence.ADObject, u evidence.TenantUser) []mailAddress {
	var all []mailAddress
	add := func(a mailAddress) {
		if !slices.ContainsFunc(all, func(b mailAddress) bool { return a.address == b.address }) {
			all = append(all, a)
		}
	}
	primaries, primary, primaryValue := 0, "", ""
	for v := range o.ProxyAddresses() {
		a := address.ParseProxy(v)
		if a.Kind != address.SMTP {
			continue
		}
		if a.Primary {
			primaries, primary, primaryValue = primaries+1, a.Value, v
		}
		if there, _ := held(u, a.Value); !there {
			add(mailAddress{address.NormalSMTP(a.Value), v, "proxyAddresses"})
		}
	}
	if mail := address.NormalSMTP(o.Mail()); mail != "" {
		if there, _ := held(u, mail); !there {
			add(mailAddress{mail, o.Mail(), "mail"})
		}
	}
	if primaries == 1 {
		if there, isPrimary := held(u, primary); there && !isPrimary && hasPrimary(u) {
			add(mailAddress{address.NormalSMTP(primary), primaryValue, "proxyAddresses"})
		}
	}
	return all
}

// held says whether the tenant user has the e-mail address among its proxyAddresses, and whether as the primary one.
func held(u evidence.TenantUser, smtp string) (there, primary bool) {
	smtp = strings.TrimSpace(smtp)
	for v := range u.ProxyAddresses() {
		if a := address.ParseProxy(v); a.Kind == address.SMTP && strings.EqualFold(strings.TrimSpace(a.Value), smtp) {
			there, primary = true, primary || a.Primary
		}
	}
	return there, primary
}

func hasPrimary(u evidence.TenantUser) bool {
	for v := range u.ProxyAddresses() {
		if a := address.ParseProxy(v); a.Kind == address.SMTP && a.Primary {
			return true
		}
	}
	return false
}

func hasAddress(u evidence.TenantUser) bool {
	for range u.ProxyAddresses() {
		return true
	}
	return u.Mail() != ""
}

// mailAddresses lists the e-mail addresses of a tenant user as written; "none" stands for an empty list.
func mailAddresses(u evidence.TenantUser) []string {
	var all []string
	for v := range u.ProxyAddresses() {
		if address.ParseProxy(v).Kind == address.SMTP {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return []string{"none"}
	}
	return all
}

// refused says that synchronisation reported the address as a conflict: JOIN-009 speaks.
func refused(u evidence.TenantUser, smtp string) bool {
	for e := range u.SyncErrors() {
		if address.NormalSMTP(e.Value) == smtp {
			return true
		}
	}
	return false
}

// malformed says that a proxyAddresses value with the address cannot be synchronised: ADR-004 speaks.
func malformed(o evidence.ADObject, smtp string) bool {
	for v := range o.ProxyAddresses() {
		if a := address.ParseProxy(v); a.Kind == address.SMTP && address.NormalSMTP(a.Value) == smtp && address.ProxyProblem(v).Code != address.OK {
			return true
		}
	}
	return false
}
