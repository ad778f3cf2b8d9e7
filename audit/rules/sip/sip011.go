package sip

import (
	"iter"
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// linkedMailbox is the msExchRecipientTypeDetails of a mailbox whose owner signs in from another forest.
const linkedMailbox = 2

// SIP011 finds accounts of a resource forest that do not lead to the account that signs in.
var SIP011 = &audit.Rule{
	ID: "SIP-011", Category: "sip", Severity: audit.High,
	Title: "Resource-forest account without a usable link to the login account",
	Why: "The server cannot tell who may sign in with the disabled account, so there is no single sign-on, and Microsoft Entra Connect cannot join the two accounts: the person gets " +
		"two halves in the tenant, or none with the SIP address.",
	Fix: "Find the account that the person signs in with in the other forest. Write its objectSid into msRTCSIP-OriginatorSid of the account in the resource forest (normally " +
		"the same value as in msExchMasterAccountSid; Set-CsUser or the SIDMap tool of the server product does it). Microsoft Entra Connect joins the accounts with the option to match " +
		"by ObjectSID and msExchMasterAccountSID. Then run a synchronisation cycle for both forests.",
	Guards: "Judged only when more than one forest was read. Only disabled accounts that are enabled for SIP are judged, no rooms and no shared mailboxes. Without a SID an account counts " +
		"when it is a linked mailbox, or when most accounts of its forest that are enabled for SIP are disabled and have one; the others are left to SIP-010. A SID of a domain that was not read " +
		"may well have an account.",
	Refs: []audit.Ref{
		{Title: "Configure Microsoft Entra Connect for Teams and Skype for Business"}, {Title: "Deploy a resource forest topology"},
	},
	Variants: []audit.Variant{
		{Code: "D", Message: "msRTCSIP-OriginatorSid {sid} is also that of {others}"},
		{Code: "E", Message: "enabled for SIP and disabled, but msRTCSIP-OriginatorSid names no login account"},
		{
			Code: "R", Message: "msRTCSIP-OriginatorSid {sid} is the objectSid of no account in the domain, which was read",
			Needs: []audit.Need{{Dataset: evidence.ADUsers, Attributes: []string{"objectSid"}, Whole: true}},
		},
	},
	Needs: append(audit.OfADUsers("msRTCSIP-OriginatorSid", "msExchMasterAccountSid"), audit.Need{Dataset: evidence.ADForests, Attributes: []string{"name"}}),
	Applies: func(p *audit.Pass) audit.Reason {
		if p.Forests() < 2 && p.Evidence.State(evidence.ADUsers) == evidence.Complete { // else not assessed, like every rule about people
			return audit.Because("oneForest")
		}
		return whenSIP(p)
	},
	Check: audit.AllADUsers(func(p *audit.Pass, users iter.Seq[evidence.ADObject]) {
		if p.Forests() < 2 {
			return
		}
		accounts := readAccounts(p)
		stands := map[string][]evidence.ADObject{} // by msRTCSIP-OriginatorSid
		for o := range users {
			if standsFor(p, o) && o.OriginatorSID() != "" {
				stands[o.OriginatorSID()] = append(stands[o.OriginatorSID()], o)
			}
		}
		for o := range users {
			if !standsFor(p, o) {
				continue
			}
			f := audit.Finding{
				Subject: audit.ADSubject(o), Attribute: "msRTCSIP-OriginatorSid",
				Evidence: audit.ADFacts("", o, "msRTCSIP-PrimaryUserAddress", "userAccountControl", "msRTCSIP-OriginatorSid", "msExchMasterAccountSid", "msExchRecipientTypeDetails"),
			}
			sid := o.OriginatorSID()
			switch others := others(o, stands[sid]); {
			case sid == "":
				if !unlinked(p, o) {
					continue
				}
				f.Variant = "E"
			case len(others) > 0:
				f.Variant, f.Args = "D", []audit.Arg{audit.Str("sid", sidText(sid)), audit.List("others", audit.Names(o, others))}
				for _, h := range others {
					f.Related = append(f.Related, audit.ADSubject(h))
				}
			case accounts.domains[domainOf(sid)] && !accounts.sids[sid]:
				f.Variant, f.Args = "R", []audit.Arg{audit.Str("sid", sidText(sid))}
			default:
				continue
			}
			p.Report(f)
		}
	}),
}

// standsFor says that the object may be the disabled account that stands for somebody of another forest.
func standsFor(p *audit.Pass, o evidence.ADObject) bool {
	if o.SIPEnabled() != evidence.True || !o.Disabled() {
		return false
	}
	c := p.Scope().Class(o)
	return c == scope.Linked || c == scope.Person
}

// unlinked says that an account without msRTCSIP-OriginatorSid should have one.
func unlinked(p *audit.Pass, o evidence.ADObject) bool {
	kind, _ := o.RecipientType()
	return kind == linkedMailbox || strings.HasPrefix(sidText(o.MasterAccountSID()), "S-1-5-21-") || p.ResourceForest(o.Forest())
}

// others leaves o out of the objects, which are in the order of the directory, and puts them into one that does not depend on it.
func others(o evidence.ADObject, all []evidence.ADObject) []evidence.ADObject {
	rest := slices.DeleteFunc(slices.Clone(all), func(h evidence.ADObject) bool { return h == o })
	slices.SortFunc(rest, func(a, b evidence.ADObject) int { return strings.Compare(a.GUID().String(), b.GUID().String()) })
	return rest
}

// accounts are the SIDs of the users that were read, and those of their domains.
type accounts struct{ sids, domains map[string]bool }

func readAccounts(p *audit.Pass) accounts {
	a := accounts{map[string]bool{}, map[string]bool{}}
	for o := range p.Evidence.ADObjects(evidence.ADUsers) {
		if sid := o.SID(); sid != "" {
			a.sids[sid], a.domains[domainOf(sid)] = true, true
		}
	}
	return a
}

// domainOf gives the SID of an account without its last part. The number of parts in front is left as it is: it is the same for all accounts of a domain.
func domainOf(sid string) string { return sid[:max(0, len(sid)-4)] }

// sidText prints a SID, "" when it is none.
func sidText(sid string) string {
	text, err := directory.SIDText([]byte(sid))
	if err != nil {
		return ""
	}
	return text
}
