package lic

import (
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// unlimited is the number of seats from which a subscription is one of those that are free or paid by use, and nobody counts its seats.
const unlimited = 10000

// LIC008 finds subscriptions without enough seats.
var LIC008 = &audit.Rule{
	ID: "LIC-008", Category: "lic", Severity: audit.High,
	Title:    "SKU exhausted, over-allocated or too small for the plan",
	Why:      "The next assignment fails, so the next person of the migration gets no licence. More assigned seats than bought ones are also a breach of the contract.",
	Fix:      "Buy seats, or free some: take licences from accounts that are disabled or not used. Check group assignments that give the licence to more people than intended.",
	Guards:   "Subscriptions of the whole company, those that are not enabled, and free or pay-as-you-go ones with 10000 seats or more are not judged.",
	Refs:     []audit.Ref{{Title: "Microsoft Graph: subscribedSku", URL: "https://learn.microsoft.com/graph/api/resources/subscribedsku"}},
	Identity: []string{"tenant"}, // tenants have the same subscriptions by skuId
	Variants: []audit.Variant{
		{Code: "L", Severity: audit.Medium, Message: "{free} of {usable} seats are free"},
		{Code: "O", Message: "{consumed} seats are assigned, but only {usable} can be used"},
		{Code: "W", Message: "the migration wave needs {demand} seats, and {free} are free", Later: "the people of each migration wave"},
	},
	Needs: []audit.Need{{Dataset: evidence.TenantSKUs, PartOK: true, Attributes: []string{
		"skuId", "skuPartNumber", "appliesTo", "capabilityStatus", "consumedUnits", "prepaidUnits.enabled", "prepaidUnits.warning",
	}}},
	Check: audit.EachSKU(func(p *audit.Pass, s evidence.SKU) {
		if !strings.EqualFold(s.AppliesTo(), "User") || !strings.EqualFold(s.Status(), "Enabled") || s.Enabled() >= unlimited {
			return
		}
		usable := s.Enabled() + s.Warning()
		free := usable - s.Consumed()
		f := audit.Finding{Subject: audit.SKUSubject(s), Attribute: "consumedUnits", Value: strconv.FormatInt(s.Consumed(), 10), Evidence: units(s)}
		switch {
		case free < 0:
			f.Variant = "O"
			f.Args = []audit.Arg{audit.Num("consumed", int(s.Consumed())), audit.Num("usable", int(usable))}
		case usable > 0 && free*50 <= usable: // 2 %
			f.Variant = "L"
			f.Args = []audit.Arg{audit.Num("free", int(free)), audit.Num("usable", int(usable))}
		default:
			return
		}
		f.Args = append(f.Args, audit.Str("tenant", s.Tenant()))
		p.Report(f)
	}),
}

// units shows the state and the seats of a subscription.
func units(s evidence.SKU) []audit.Fact {
	facts := []audit.Fact{{Name: "skuPartNumber", Values: []string{s.PartNumber()}}, {Name: "capabilityStatus", Values: []string{s.Status()}}}
	for _, n := range []struct {
		name  string
		value int64
	}{
		{"consumedUnits", s.Consumed()}, {"prepaidUnits.enabled", s.Enabled()}, {"prepaidUnits.warning", s.Warning()},
		{"prepaidUnits.suspended", s.Suspended()}, {"prepaidUnits.lockedOut", s.LockedOut()},
	} {
		facts = append(facts, audit.Fact{Name: n.name, Values: []string{strconv.FormatInt(n.value, 10)}})
	}
	return facts
}
