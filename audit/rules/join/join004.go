package join

import (
	"slices"

	"hybridaudit/audit"
	pairing "hybridaudit/audit/join"
	"hybridaudit/sources/evidence"
)

// JOIN004 finds cloud-only accounts that look like a directory user who is not synchronised yet.
var JOIN004 = &audit.Rule{
	ID: "JOIN-004", Category: "join", Severity: audit.High,
	Title: "A cloud-only twin of an unsynchronised person exists",
	Why: "As soon as the person is synchronised, soft match takes the cloud account over and overwrites all its attributes. When the name fits one account and the " +
		"e-mail address another, it reports an error and makes a third account.",
	Fix: "Decide before synchronising whether the cloud account belongs to the same person. If it does, give AD object and cloud account the same user principal name and " +
		"primary SMTP address. If it does not, rename the cloud account and take the address from it. Where soft match is blocked in the tenant, allow it for the " +
		"time of the matching only.",
	Guards:  "Guests, resource accounts and accounts that belong to another AD object are no twins.",
	Refs:    []audit.Ref{{Title: "Microsoft Entra Connect: when you already have Microsoft Entra ID"}, {Title: "InvalidSoftMatch"}},
	Message: "the cloud-only account {twin} has the same {properties}",
	Variants: []audit.Variant{
		{
			Code:    "A",
			Message: "the cloud-only account {twin} has the user principal name {upn}, and another one, {otherTwin}, the address {smtp}",
			Fix: "Decide which of the two cloud accounts belongs to the person. Rename the other one, or take the address from it, so that user principal name and " +
				"primary SMTP address lead to one account only. Synchronise the person after that.",
		},
	},
	Needs: slices.Concat(
		needs([]string{"mail"}, nil),
		licenceNeeds(),
		[]audit.Need{
			{Dataset: evidence.TenantUsers, Attributes: []string{"accountEnabled", "mail", "createdDateTime"}, Optional: true},
			{Dataset: evidence.TenantTeamsUsers, Attributes: []string{"id", "accountType"}, Optional: true},
			{
				Dataset: evidence.TenantSyncFeatures, Optional: true,
				Attributes: []string{"features.blockSoftMatchEnabled", "features.blockCloudObjectTakeoverThroughHardMatchEnabled"},
			},
		},
	),
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		if u, _ := p.Pairs().Tenant(o); !u.IsZero() || !p.Scope().Synchronised(o) {
			return
		}
		byUPN, bySMTP := twins(p, o)
		if byUPN.IsZero() && bySMTP.IsZero() {
			return
		}
		f := audit.Finding{Subject: audit.ADSubject(o), Evidence: audit.ADFacts("", o, "userPrincipalName", "mail", "proxyAddresses", "userAccountControl", "whenCreated")}
		if !byUPN.IsZero() && !bySMTP.IsZero() && byUPN.ID() != bySMTP.ID() {
			f.Variant = "A"
			f.Args = []audit.Arg{
				audit.Str("twin", byUPN.UPN()), audit.Str("upn", o.UPN()), audit.Str("otherTwin", bySMTP.UPN()),
				audit.Str("smtp", pairing.PrimarySMTP(o.ProxyAddresses())),
			}
			f = withTwin(withTwin(f, p, byUPN), p, bySMTP)
		} else {
			twin, properties := byUPN, []string{"userPrincipalName", "proxyAddresses"}
			switch {
			case byUPN.IsZero():
				twin, properties = bySMTP, properties[1:]
			case bySMTP.IsZero():
				properties = properties[:1]
			}
			f.Attribute = properties[0]
			f.Args = []audit.Arg{audit.Str("twin", twin.UPN()), audit.List("properties", properties)}
			f = withTwin(f, p, twin)
		}
		for s := range p.Evidence.SyncFeatures() {
			f.Evidence = append(f.Evidence, features(s)...)
		}
		p.Report(f)
	}),
}

func withTwin(f audit.Finding, p *audit.Pass, u evidence.TenantUser) audit.Finding {
	s := audit.TenantSubject(u)
	f.Related = append(f.Related, s)
	f.Evidence = slices.Concat(f.Evidence, audit.TenantFacts(s.Key, u, "userPrincipalName", "proxyAddresses", "mail", "accountEnabled", "onPremisesSyncEnabled", "createdDateTime"),
		licences(p, s.Key, u))
	return f
}

// features shows which kinds of matching the tenant blocks, as far as that could be read.
func features(s evidence.SyncFeatures) []audit.Fact {
	var facts []audit.Fact
	for _, flag := range []struct {
		name  string
		value evidence.Tri
	}{
		{"features.blockSoftMatchEnabled", s.BlockSoftMatch()}, {"features.blockCloudObjectTakeoverThroughHardMatchEnabled", s.BlockHardMatch()},
	} {
		switch flag.value {
		case evidence.True:
			facts = append(facts, audit.Fact{Name: flag.name, Values: []string{"TRUE"}})
		case evidence.False:
			facts = append(facts, audit.Fact{Name: flag.name, Values: []string{"FALSE"}})
		case evidence.Absent:
		}
	}
	return facts
}
