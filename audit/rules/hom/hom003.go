package hom

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// HOM003 finds people homed on-premises whose home server does not exist.
var HOM003 = &audit.Rule{
	ID: "HOM-003", Category: "hom", Severity: audit.High,
	Title: "Home pool missing or no longer existing",
	Why: "The client finds no server to register with, so the person cannot sign in, cannot be moved in the ordinary way, and keeps the old deployment from being " +
		"taken apart.",
	Fix: "Check with Get-CsUser which pool the management shell sees. Move the person to a pool that exists with Move-CsUser -Target <pool> -Force; contacts and " +
		"meetings kept on the lost pool are gone then. If that fails, switch the account off and on again with Disable-CsUser and Enable-CsUser.",
	Guards: "Silent in a forest without any pool, where another rule speaks of every person, and when the pools could not be read completely.",
	Refs:   []audit.Ref{{Title: "Skype for Business Server schema reference: msRTCSIP-PrimaryHomeServer"}, {Title: "Move-CsUser"}},
	Variants: []audit.Variant{
		{
			Code: "D", Message: "the home server {homeServer} belongs to no pool of the forests that were read",
			Needs: []audit.Need{{Dataset: evidence.ADPools, Attributes: []string{"distinguishedName"}, Whole: true}},
		},
		{Code: "E", Message: "homed on-premises, but msRTCSIP-PrimaryHomeServer is empty"},
		{Code: "X", Message: "the home server {homeServer} is an object that was deleted or lost a replication conflict"},
	},
	Needs: slices.Concat(directoryNeeds("msRTCSIP-DeploymentLocator", "msRTCSIP-PrimaryHomeServer"), []audit.Need{
		{Dataset: evidence.ADPools, Attributes: []string{"distinguishedName"}},
		{Dataset: evidence.ADForests, Attributes: []string{"name"}},
		{Dataset: evidence.ADPools, Attributes: []string{"dNSHostName"}, Optional: true},
	}),
	Applies: func(p *audit.Pass) audit.Reason {
		if why := p.WithoutDeployment(); !why.IsZero() {
			return why
		}
		return whenSIP(p)
	},
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		if !enabledAt(p, o, topology.OnPremises) || !p.Topology().In(o.Forest()) {
			return
		}
		variant := ""
		switch server := o.HomeServer(); {
		case server == "":
			variant = "E"
		case gone(server):
			variant = "X"
		default:
			if _, ok := p.Topology().Pool(server); ok {
				return
			}
			variant = "D"
		}
		f := about(p, o, "msRTCSIP-PrimaryHomeServer")
		f.Variant = variant
		if variant != "E" {
			f.Args = []audit.Arg{audit.Str("homeServer", o.HomeServer())}
		}
		f.Evidence = append(f.Evidence, audit.Fact{Name: "pools", Values: p.Topology().Hosts(o.Forest())})
		p.Report(f)
	}),
}

// gone says that a DN names an object that was deleted or lost a replication conflict, or something below one.
func gone(dn string) bool {
	upper := strings.ToUpper(dn)
	for _, mark := range []string{`\0ADEL:`, `\0ACNF:`, "\nDEL:", "\nCNF:"} {
		if strings.Contains(upper, mark) {
			return true
		}
	}
	return false
}
