package net

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// NET001Params name the hosts that stand for Teams and Skype signalling.
type NET001Params struct {
	Hosts []string `yaml:"hosts"`
}

// NET001 finds Teams and Skype hosts that are not reached.
var NET001 = &audit.Rule{
	ID: "NET-001", Category: "net", Severity: audit.Critical,
	Title: "Teams or Skype hosts not reachable on TCP 443",
	Why: "Clients cannot connect at all, or parts of them fail: presence, files, meetings. Which part depends on the host that is closed, so that it is seldom recognised as a fault " +
		"of the network.",
	Fix: "Allow TCP 443 and 80 from the clients' networks to the hosts and ranges of endpoint id 12 of Microsoft's list (teams.microsoft.com, *.teams.microsoft.com, " +
		"teams.cloud.microsoft, *.teams.cloud.microsoft, *.lync.com) on firewall and proxy, for all users and without inspection of TLS. Then try again from the place concerned: " +
		"Test-NetConnection <host> -Port 443.",
	FixHere: endpointsHere,
	Guards: "A host is reached when one way leads there, around the proxy or through it. A way is closed when two tries failed, or the name has no address. Hosts of lync.com may refuse a TLS " +
		"handshake: a TCP connection is enough, and they are judged only where people have SIP addresses. Behind a proxy that wants credentials nothing is known (NET-006). Where none of the " +
		"hosts of the parameter was tried, all of the list that serve Teams are judged.",
	Refs:     []audit.Ref{{Title: "KB 2409256"}, {Title: "Microsoft 365 URLs and IP address ranges, id 12"}},
	Message:  "{host} is not reached from {site}: {answers} of {tries} tries went through; what failed is {stage}",
	Identity: []string{"site"},
	Needs:    connectionNeeds(),
	Params: func() any {
		return &NET001Params{Hosts: []string{"teams.microsoft.com", "teams.cloud.microsoft", "sipdir.online.lync.com", "webdir.online.lync.com"}}
	},
	Check: audit.Once(func(p *audit.Pass) {
		names := audit.Params[NET001Params](p).Hosts
		if !p.WithoutSIP().IsZero() {
			names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return strings.HasSuffix(strings.ToLower(n), ".lync.com") })
		}
		service{names: names, purposes: []string{evidence.ForTeams}, allow: "12"}.judge(p)
	}),
}
