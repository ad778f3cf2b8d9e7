package syn

import (
	"strconv"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// SYN004Params say from which share of the quota on it is reported.
type SYN004Params struct {
	Share float64 `yaml:"share"`
}

// SYN004 finds tenants that may soon take no more objects.
var SYN004 = &audit.Rule{
	ID: "SYN-004", Category: "syn", Severity: audit.Medium,
	Title: "Object quota nearly used",
	Why: "When the quota is used up, directory synchronisation makes no new objects in the tenant: new people get no account, and nothing else says why. A tenant may hold 50,000 objects, " +
		"300,000 once a domain is verified, and more on request.",
	Fix: "Remove devices, guests and groups that nobody uses, and keep from synchronisation what the tenant does not need (OU and attribute filters). If that is not enough, ask " +
		"Microsoft's support for a higher quota before it is used up; above 500,000 objects a paid licence is needed.",
	Guards:  "The quota is told by the beta interface only, which is read on request.",
	Refs:    []audit.Ref{{Title: "Microsoft Entra Connect: prerequisites"}, {Title: "Microsoft Entra service limits and restrictions"}},
	Message: "{used} of {total} objects are used ({percent} %)",
	Needs: []audit.Need{
		{Dataset: evidence.TenantOrganization, Attributes: []string{"id"}},
		{Dataset: evidence.TenantLimits, Attributes: []string{"id", "directorySizeQuota.used", "directorySizeQuota.total"}},
	},
	Params: func() any { return &SYN004Params{Share: 0.9} },
	Applies: func(p *audit.Pass) audit.Reason {
		for l := range p.Evidence.Limits() {
			if _, total, ok := l.Quota(); ok && total > 0 {
				return audit.Reason{}
			}
		}
		return audit.Because("noQuota")
	},
	Check: audit.Once(func(p *audit.Pass) {
		for o := range p.Evidence.Organizations() {
			l, ok := limitsOf(p, o)
			if !ok {
				continue
			}
			used, total, ok := l.Quota()
			if !ok || total <= 0 || float64(used) < audit.Params[SYN004Params](p).Share*float64(total) {
				continue
			}
			p.Report(audit.Finding{
				Subject: audit.TenantItself(o), Value: strconv.FormatInt(used, 10),
				Args: []audit.Arg{audit.Num("used", int(used)), audit.Num("total", int(total)), audit.Num("percent", int(100*float64(used)/float64(total)))},
				Evidence: []audit.Fact{
					{Name: "directorySizeQuota.used", Values: []string{strconv.FormatInt(used, 10)}}, {Name: "directorySizeQuota.total", Values: []string{strconv.FormatInt(total, 10)}},
				},
			})
		}
	}),
}
