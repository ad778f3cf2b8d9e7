package voi

import (
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/owners"
	"hybridaudit/audit/phone"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// VOI006 finds people whose number the tenant has given to somebody else.
var VOI006 = &audit.Rule{
	ID: "VOI-006", Category: "voi", Severity: audit.Critical,
	Title: "Number already assigned to somebody else in the tenant",
	Why:   "Calls reach the other one, and the move to Teams or the assignment of the number fails: a number belongs to one object of the tenant only.",
	Fix: "Decide who owns the number; the finding names both. Take it from the other one: Remove-CsPhoneNumberAssignment -Identity <name> -PhoneNumber <number> " +
		"-PhoneNumberType <type> where the number is mastered online, or clear msRTCSIP-Line of that person in AD where it is mastered on-premises. Or give the person of this " +
		"finding another number (Set-CsUser -LineUri, or msRTCSIP-Line where no server is left). Then run Start-ADSyncSyncCycle -PolicyType Delta.",
	Guards: "Judged are joined people, rooms and mailboxes enabled for SIP with a well-formed number (others are VOI-001), against the numbers of their own tenant. An account of the same person in " +
		"another forest is nobody else. A main number is shared on purpose: with another extension, or without any, it is another number to the tenant, which VOI-003 looks at in AD. " +
		"Teams configurations of users have been seen without the extension; there the AD number of the other one decides. Silent when the two hold the number in AD as well (VOI-002), and while one of the AD objects was changed within the last two " +
		"synchronisation cycles. Where the numbers of the tenant cannot be read, the Teams configurations of users tell a part; the output of Get-CsPhoneNumberAssignment tells it all.",
	Refs: []audit.Ref{
		{Title: "Microsoft Graph: numberAssignment"}, {Title: "Get-CsPhoneNumberAssignment"}, {Title: "Set-CsPhoneNumberAssignment"},
	},
	Message:  "{number} is assigned to {holder} in the tenant",
	Identity: []string{"number", "holderId"},
	Needs: slices.Concat(
		pairNeeds(append(owners.PersonAttributes(), "msRTCSIP-Line", "whenChanged"), nil), audit.NumberNeeds(),
		audit.Better([]audit.Need{{Dataset: evidence.ADContacts, Attributes: []string{"msRTCSIP-Line", "msRTCSIP-PrivateLine"}}}),
	),
	Applies: (*audit.Pass).WithoutNumbers,
	Check: audit.EachPair(func(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser) {
		n, ok := usableLine(o)
		if !ok || o.SIPEnabled() != evidence.True || !p.Settled(o) {
			return
		}
		for _, h := range takers(p, o, u, n) {
			f := pair(o, u, "msRTCSIP-Line", o.Line())
			var key string
			name := h.held.Target.String()
			if holder := h.user; !holder.IsZero() {
				s := audit.TenantSubject(holder)
				f.Related, name, key = append(f.Related, s), s.UPN, s.Key
				f.Evidence = append(f.Evidence, audit.TenantFacts(s.Key, holder, "userPrincipalName", "accountEnabled", "onPremisesSyncEnabled")...)
			} else {
				s := audit.NumberSubject(h.held.Number.String(), u.Tenant())
				f.Related, key = append(f.Related, s), s.Key
			}
			f.Evidence = append(f.Evidence, h.held.Facts(key)...)
			f.Args = []audit.Arg{audit.Str("number", n.String()), audit.Str("holder", name), audit.Str("holderId", h.held.Target.String())}
			p.Report(f)
		}
	}),
}

// taker is somebody else who has a number.
type taker struct {
	held audit.HeldNumber
	user evidence.TenantUser // zero when no user of the tenant has that id
}

// takers lists those who have a person's number in the tenant and are somebody else, each once.
func takers(p *audit.Pass, o evidence.ADObject, u evidence.TenantUser, n phone.Number) []taker {
	var list []taker
	var seen []directory.GUID
	for _, h := range p.Numbers().Holders(u.Tenant(), n.Digits) {
		if h.Target == u.ID() || slices.Contains(seen, h.Target) {
			continue
		}
		holder, _ := p.TenantUser(h.Target)
		var other evidence.ADObject
		if !holder.IsZero() {
			other, _ = p.Pairs().AD(holder)
		}
		if !sameNumber(n, h, other) || !other.IsZero() && (owners.SamePerson(o, other) || !p.Settled(other) || holdsInAD(other, n)) {
			continue
		}
		seen = append(seen, h.Target)
		list = append(list, taker{h, holder})
	}
	return list
}

// sameNumber says that a number of the tenant with the same digits is the same number: to the tenant a main number with an extension is another one than without. other is the AD object of its holder, zero when there is none.
func sameNumber(n phone.Number, h audit.HeldNumber, other evidence.ADObject) bool {
	if n.Ext != h.Number.Ext {
		return false
	}
	// A source that does not show extensions may have dropped the holder's.
	return h.Whole() || n.Ext != "" || other.IsZero() || !slices.ContainsFunc(extensions(other, n.Digits), func(ext string) bool { return ext != "" })
}

// holdsInAD says that an AD object holds the number itself, in whatever form: the directory's own rules speak.
func holdsInAD(o evidence.ADObject, n phone.Number) bool {
	return slices.Contains(extensions(o, n.Digits), n.Ext)
}
