package net

import (
	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// NET002Params name the hosts that people sign in at.
type NET002Params struct {
	Hosts []string `yaml:"hosts"`
}

// NET002 finds hosts of the sign-in service that are not reached.
var NET002 = &audit.Rule{
	ID: "NET-002", Category: "net", Severity: audit.Critical,
	Title: "Identity hosts not reachable",
	Why: "Nobody can sign in. Old clients say that the sign-in address was not found, because their sign-in assistant is kept from its service; new ones show an empty window or an " +
		"error without a name.",
	Fix: "Allow TCP 443 and 80 from the clients' networks to the hosts of endpoint ids 56 and 59 of Microsoft's list (login.microsoftonline.com, login.microsoft.com, login.windows.net, " +
		"graph.microsoft.com, clientconfig.microsoftonline-p.net, enterpriseregistration.windows.net and others), for all users, without authentication at the proxy and without " +
		"inspection of TLS. Then try again from the place concerned: Test-NetConnection <host> -Port 443.",
	FixHere: endpointsHere,
	Guards: "A host is reached when one way leads there, around the proxy or through it. A way is closed when two tries failed, or the name has no address. Behind a proxy that wants credentials " +
		"nothing is known (NET-006). Where none of the hosts of the parameter was tried, all of the list that serve sign-in are judged.",
	Refs:     []audit.Ref{{Title: "KB 2769142"}, {Title: "Microsoft 365 URLs and IP address ranges, ids 56 and 59"}},
	Message:  "{host} is not reached from {site}: {answers} of {tries} tries went through; what failed is {stage}",
	Identity: []string{"site"},
	Needs:    connectionNeeds(),
	Params: func() any {
		return &NET002Params{Hosts: []string{
			"login.microsoftonline.com", "login.microsoft.com", "login.windows.net", "graph.microsoft.com", "clientconfig.microsoftonline-p.net", "enterpriseregistration.windows.net",
		}}
	},
	Check: audit.Once(func(p *audit.Pass) {
		service{names: audit.Params[NET002Params](p).Hosts, purposes: []string{evidence.ForIdentity}, allow: "56, 59"}.judge(p)
	}),
}
