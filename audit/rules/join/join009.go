package join

import (
	"iter"
	"slices"
	"strings"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
	"hybridaudit/sources/evidence/directory"
)

// otherHolderNeeds are the groups, contacts and deleted users that may hold a refused value.
var otherHolderNeeds = audit.Better([]audit.Need{
	{Dataset: evidence.TenantGroups, Attributes: []string{"id", "proxyAddresses"}}, {Dataset: evidence.TenantContacts, Attributes: []string{"id", "proxyAddresses"}},
	{Dataset: evidence.TenantDeletedUsers, Attributes: []string{"id", "userPrincipalName", "proxyAddresses", "deletedDateTime"}},
})

// JOIN009 shows the values that directory synchronisation refused.
var JOIN009 = &audit.Rule{
	ID: "JOIN-009", Category: "join", Severity: audit.High,
	Title: "Directory-synchronisation conflict stored on the account",
	Why: "The tenant keeps the refused address or user principal name in quarantine, so the person works without it. The e-mail report of synchronisation mentions each " +
		"conflict only once, and it is forgotten after that.",
	Fix: "Go to the object that holds the value (the finding names users, groups, contacts and deleted users, as far as they could be read) and remove the " +
		"duplicate where it is mastered: in AD for synchronised objects, in the tenant for others; restore or permanently delete a deleted user (JOIN-011). The quarantine " +
		"ends by itself within about an hour after the next synchronisation.",
	Guards: "When the object itself and nobody else holds the value, the entry only lingers: information. Holders are looked for within the same tenant.",
	Refs: []audit.Ref{
		{Title: "Microsoft Graph: onPremisesProvisioningError"}, {Title: "Identity synchronization and duplicate attribute resiliency"},
	},
	Message:  "synchronisation refused {property} {value}; held by: {heldBy}",
	Identity: []string{"property", "address"},
	Variants: []audit.Variant{
		{
			Code: "C", Message: "synchronisation refused {property} {value} of the contact; held by: {heldBy}", Beside: true,
			Needs: []audit.Need{{Dataset: evidence.TenantContacts, Attributes: []string{"id", "onPremisesProvisioningErrors"}, PartOK: true}},
		},
		{
			Code: "G", Message: "synchronisation refused {property} {value} of the group; held by: {heldBy}", Beside: true,
			Needs: []audit.Need{{Dataset: evidence.TenantGroups, Attributes: []string{"id", "onPremisesProvisioningErrors"}, PartOK: true}},
		},
	},
	Needs: slices.Concat(needs(nil, []string{"onPremisesProvisioningErrors"}), otherHolderNeeds, audit.Better([]audit.Need{
		{Dataset: evidence.TenantGroups, Attributes: []string{"displayName", "mail", "onPremisesSyncEnabled"}},
		{Dataset: evidence.TenantContacts, Attributes: []string{"displayName", "mail", "onPremisesSyncEnabled"}},
	})),
	Check: audit.EachTenantObject(func(p *audit.Pass, u evidence.TenantUser) {
		for _, e := range conflicts(u.SyncErrors()) {
			f := audit.Finding{Subject: audit.TenantSubject(u), Evidence: audit.TenantFacts("", u, "userPrincipalName", "proxyAddresses")}
			if o, _ := p.Pairs().AD(u); !o.IsZero() {
				f = pair(o, u, []string{"userPrincipalName", "proxyAddresses", "mail", "whenChanged"}, []string{"userPrincipalName", "proxyAddresses"})
			}
			report(p, f, u.Tenant(), u.ID(), e)
		}
	}, func(p *audit.Pass, r evidence.Recipient) {
		for _, e := range conflicts(r.SyncErrors()) {
			f := audit.Finding{Subject: audit.RecipientSubject(r), Variant: "C", Evidence: recipientFacts("", r)}
			if r.Group() {
				f.Variant = "G"
			}
			report(p, f, r.Tenant(), r.ID(), e)
		}
	}),
}

// report completes the finding on a refused value with its other holders.
func report(p *audit.Pass, f audit.Finding, tenant string, own directory.GUID, e evidence.SyncError) {
	f.Evidence = append(f.Evidence, audit.Fact{Name: "onPremisesProvisioningErrors", Values: []string{shown(e)}})
	self, others := false, []string{}
	also := func(id directory.GUID, s audit.Subject, name string, facts []audit.Fact) {
		if id == own {
			self = true
			return
		}
		others = append(others, name)
		f.Related = append(f.Related, s)
		f.Evidence = append(f.Evidence, facts...)
	}
	for _, h := range p.Disputed().Holders(tenant, e) {
		s := audit.TenantSubject(h)
		also(h.ID(), s, h.UPN(), audit.TenantFacts(s.Key, h, "userPrincipalName", "proxyAddresses", "accountEnabled", "onPremisesSyncEnabled"))
	}
	for _, r := range p.Disputed().Recipients(tenant, e) {
		s := audit.RecipientSubject(r)
		also(r.ID(), s, s.Name, recipientFacts(s.Key, r))
	}
	for _, d := range p.Former().Refused(tenant, e) {
		s := audit.DeletedSubject(d)
		also(d.ID(), s, s.UPN+" (deleted)", deletedFacts(s.Key, d))
	}
	switch {
	case len(others) > 0:
	case self:
		f.Severity, others = audit.Info, []string{"self"}
	case p.Read(otherHolderNeeds):
		others = []string{"nobody"}
	default:
		others = []string{"none"}
	}
	f.Attribute, f.Value = attribute(e), e.Value
	if f.Variant != "" && f.Attribute == "userPrincipalName" {
		f.Attribute = "" // groups and contacts have none
	}
	f.Args = []audit.Arg{
		audit.Str("property", e.Property), audit.Str("value", e.Value), audit.Str("address", address.Fold(strings.TrimSpace(e.Value))), audit.List("heldBy", others),
	}
	p.Report(f)
}

// recipientFacts describes a group or contact of the tenant.
func recipientFacts(of string, r evidence.Recipient) []audit.Fact {
	var facts []audit.Fact
	for _, name := range []string{"mail", "proxyAddresses", "onPremisesSyncEnabled"} {
		if v := r.Attribute(name); len(v) > 0 {
			facts = append(facts, audit.Fact{Of: of, Name: name, Values: v})
		}
	}
	return facts
}

// deletedFacts describes a deleted user.
func deletedFacts(of string, d evidence.DeletedUser) []audit.Fact {
	var facts []audit.Fact
	for _, name := range []string{"userPrincipalName", "mail", "proxyAddresses", "onPremisesImmutableId", "onPremisesSyncEnabled", "deletedDateTime"} {
		if v := d.Attribute(name); len(v) > 0 {
			facts = append(facts, audit.Fact{Of: of, Name: name, Values: v})
		}
	}
	return facts
}

// conflicts lists the entries of an object, of several for one property and value the latest.
func conflicts(entries iter.Seq[evidence.SyncError]) []evidence.SyncError {
	var all []evidence.SyncError
	for e := range entries {
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
