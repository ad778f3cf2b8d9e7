package net

import (
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// NET004Params name the hosts of Exchange Online and SharePoint Online; <tenant> stands for the tenants' names.
type NET004Params struct {
	Exchange   []string `yaml:"exchange"`
	SharePoint []string `yaml:"sharePoint"`
}

// NET004 finds hosts of Exchange Online and SharePoint Online that are not reached.
var NET004 = &audit.Rule{
	ID: "NET-004", Category: "net", Severity: audit.Medium,
	Title: "Exchange or SharePoint hosts not reachable",
	Why:   "Calendars, free/busy times, photos and voicemail come from Exchange Online, files and recordings from SharePoint: they are missing in the client while chats work.",
	Fix: "Allow TCP 443 and 80 from the clients' networks to the hosts of endpoint ids 1 and 8 (Exchange Online, Autodiscover) and 31 (<tenant>.sharepoint.com) of Microsoft's list. " +
		"Then try again from the place concerned: Test-NetConnection <host> -Port 443.",
	FixHere: endpointsHere,
	Guards: "A service that no subscription of the tenant contains is not judged. A host is reached when one way leads there, around the proxy or through it. A way is closed when two tries " +
		"failed, or the name has no address. Behind a proxy that wants credentials nothing is known (NET-006).",
	Refs:     []audit.Ref{{Title: "KB 2409256"}, {Title: "Microsoft 365 URLs and IP address ranges, ids 1, 8 and 31"}},
	Message:  "{host} is not reached from {site}: {answers} of {tries} tries went through; what failed is {stage}",
	Identity: []string{"site"},
	Needs: append(connectionNeeds(), audit.Need{Dataset: evidence.TenantSKUs, Attributes: []string{"servicePlans"}, Optional: true},
		audit.Need{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isInitial"}, Optional: true}),
	Params: func() any {
		return &NET004Params{
			Exchange:   []string{"outlook.office365.com", "outlook.cloud.microsoft", "autodiscover.outlook.com", "autodiscover.<tenant>.onmicrosoft.com"},
			SharePoint: []string{"<tenant>.sharepoint.com"},
		}
	},
	Applies: func(p *audit.Pass) audit.Reason {
		if !subscribed(p, "EXCHANGE") && !subscribed(p, "SHAREPOINT") {
			return audit.Because("noExchangeOnline")
		}
		return audit.Reason{}
	},
	Check: audit.Once(func(p *audit.Pass) {
		params := audit.Params[NET004Params](p)
		if subscribed(p, "EXCHANGE") {
			service{names: params.Exchange, purposes: []string{evidence.ForExchange}, allow: "1, 8"}.judge(p)
		}
		if subscribed(p, "SHAREPOINT") {
			service{names: params.SharePoint, purposes: []string{evidence.ForSharePoint}, allow: "31"}.judge(p)
		}
	}),
}

// subscribed says that the tenant may have a service: a subscription has a plan of that name, or the subscriptions are not known.
func subscribed(p *audit.Pass, plan string) bool {
	if p.Evidence.State(evidence.TenantSKUs) != evidence.Complete || p.Evidence.Rows(evidence.TenantSKUs) == 0 {
		return true
	}
	for s := range p.Evidence.SKUs() {
		for contained := range s.Plans() {
			if strings.Contains(strings.ToUpper(contained.Name), plan) {
				return true
			}
		}
	}
	return false
}
