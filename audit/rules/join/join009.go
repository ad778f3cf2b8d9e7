package join

import (
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// JOIN009 shows the values that directory synchronisation refused.
var JOIN009 = &audit.Rule{
	ID: "JOIN-009", Category: "join", Severity: audit.High,
	Title: "Directory-synchronisation conflict stored on the account",
	Why: "The tenant keeps the refused address or user principal name in quarantine, so the person works without it. The e-mail report of synchronisation mentions each " +
		"conflict only once, and it is forgotten after that.",
	Fix: "Find the object that holds the value (the finding names it if it is a user of the tenant; look at groups, contacts and deleted accounts otherwise) and remove the " +
		"duplicate where it is mastered: in AD for synchronised objects, in the tenant for others. The quarantine ends by itself within about an hour after the next " +
		"synchronisation.",
	Guards: "When the account itself and no other user holds the value, the entry only lingers: information.",
	Refs: []audit.Ref{
		{Title: "Microsoft Graph: onPremisesProvisioningError"}, {Title: "Identity synchronization and duplicate attribute resiliency"},
	},
	Message:  "synchronisation refused {property} {value}; held by: {heldBy}",
	Identity: []string{"property", "address"},
	Needs:    needs(nil, []string{"onPremisesProvisioningErrors"}),
	Check: audit.EachTenantUser(func(p *audit.Pass, u evidence.TenantUser) {
		for _, e := range conflicts(u) {
			f := audit.Finding{Subject: audit.TenantSubject(u), Evidence: audit.TenantFacts("", u, "userPrincipalName", "proxyAddresses")}
			if o, _ := p.Pairs().AD(u); !o.IsZero() {
				f = pair(o, u, []string{"userPrincipalName", "proxyAddresses", "mail", "whenChanged"}, []string{"userPrincipalName", "proxyAddresses"})
			}
			f.Evidence = append(f.Evidence, audit.Fact{Name: "onPremisesProvisioningErrors", Values: []string{shown(e)}})
			self, others := false, []string{}
			for _, h := range p.Disputed().Holders(e) {
				if h.ID() == u.ID() {
					self = true
					continue
				}
				s := audit.TenantSubject(h)
				others = append(others, h.UPN())
				f.Related = append(f.Related, s)
				f.Evidence = append(f.Evidence, audit.TenantFacts(s.Key, h, "userPrincipalName", "proxyAddresses", "accountEnabled", "onPremisesSyncEnabled")...)
			}
			switch {
			case len(others) > 0:
			case self:
				f.Severity, others = audit.Info, []string{"self"}
			default:
				others = []string{"none"}
			}
			f.Attribute, f.Value = attribute(e), e.Value
			f.Args = []audit.Arg{
				audit.Str("property", e.Property), audit.Str("value", e.Value), audit.Str("address", address.Fold(strings.TrimSpace(e.Value))), audit.List("heldBy", others),
			}
			p.Report(f)
		}
	}),
}

// conflicts lists the entries of a user, of several for one property and value the latest.
func conflicts(u evidence.TenantUser) []evidence.SyncError {
	var all []evidence.SyncError
	for e := range u.SyncErrors() {
		i := slices.IndexFunc(all, func(a evidence.SyncError) bool {
			return a.Property == e.Property && address.Fold(strings.TrimSpace(a.Value)) == address.Fold(strings.TrimSpace(e.Value))
		})
		switch {
		case i < 0:
			all = append(all, e)
		case e.Occurred.After(all[i].Occurred):
			all[i] = e
		}
	}
	return all
}

// attribute is the name of the refused property in AD and in the tenant, "" for one that is not known here.
func attribute(e evidence.SyncError) string {
	for _, name := range []string{"userPrincipalName", "proxyAddresses"} {
		if strings.EqualFold(e.Property, name) || strings.EqualFold(e.Property+"es", name) {
			return name
		}
	}
	return ""
}

func shown(e evidence.SyncError) string {
	text := e.Category + " " + e.Property + " " + e.Value
	if !e.Occurred.IsZero() {
		text += " " + e.Occurred.Format(time.RFC3339)
	}
	return strings.TrimSpace(text)
}
