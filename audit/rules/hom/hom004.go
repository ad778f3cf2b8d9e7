package hom

import (
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/topology"
	"hybridaudit/sources/evidence"
)

// hom004Params are the parameters of HOM-004.
type hom004Params struct {
	// MoveWindow is how long a move between pools may take.
	MoveWindow time.Duration `yaml:"moveWindow"`
}

// HOM004 finds home data that contradict themselves.
var HOM004 = &audit.Rule{
	ID: "HOM-004", Category: "hom", Severity: audit.Medium,
	Title: "Contradictory or unfinished home data",
	Why: "A move was interrupted or the attributes were edited by hand. The components read different attributes, so calls and messages take different ways, and " +
		"the next move starts from a wrong picture.",
	Fix: "Look at the person with Get-CsUser and Get-CsOnlineUser first, to see where the account really lives. Then repeat the move from the management shell " +
		"(Move-CsUser) and let it finish. Do not clear msRTCSIP-PrimaryHomeServer or msRTCSIP-TargetHomeServer by hand before both answers are known.",
	Guards: "A target home server is taken for a move in progress while the object was changed less than moveWindow (1 hour) ago.",
	Refs:   []audit.Ref{{Title: "Skype for Business Server schema reference: msRTCSIP-TargetHomeServer"}, {Title: "Move-CsUser"}},
	Variants: []audit.Variant{
		{Code: "C", Message: "homed online ({locator}), but still has the home server {homeServer}"},
		{Code: "P", Message: "a move to {targetServer} was begun and did not end; last change {changed}"},
	},
	Needs:  directoryNeeds("msRTCSIP-DeploymentLocator", "msRTCSIP-PrimaryHomeServer", "msRTCSIP-TargetHomeServer", "whenChanged"),
	Params: func() any { return &hom004Params{MoveWindow: time.Hour} },
	Check: audit.EachADUser(func(p *audit.Pass, o evidence.ADObject) {
		if o.HomeServer() == "" && o.TargetHomeServer() == "" || !homed(p, o) {
			return
		}
		if o.HomeServer() != "" && p.Topology().Home(o) == topology.Online {
			f := about(p, o, "msRTCSIP-PrimaryHomeServer")
			f.Variant = "C"
			f.Args = []audit.Arg{audit.Str("locator", o.DeploymentLocator()), audit.Str("homeServer", o.HomeServer())}
			p.Report(f)
		}
		if o.TargetHomeServer() != "" && p.Now().Sub(o.Changed()) > audit.Params[hom004Params](p).MoveWindow {
			f := about(p, o, "msRTCSIP-TargetHomeServer")
			f.Variant = "P"
			f.Args = []audit.Arg{audit.Str("targetServer", o.TargetHomeServer()), audit.At("changed", o.Changed())}
			p.Report(f)
		}
	}),
}
