package dom

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// fullRedelegation is the service of a domain whose name servers are Microsoft's.
const fullRedelegation = "FullRedelegation"

// DOM004 tells of domains whose DNS records Microsoft keeps.
var DOM004 = &audit.Rule{
	ID: "DOM-004", Category: "dom", Severity: audit.Info,
	Title: "DNS fully delegated to Microsoft",
	Why: "Records of the domain are changed in the Microsoft 365 admin center and not at the registrar: whoever looks for them there changes nothing. Records for servers on-premises must be " +
		"added there too, or sign-in fails.",
	Fix: "Look at the records of the domain in the admin center (Settings, Domains), compare them with those that the servers on-premises need, and add what is missing there. To take the " +
		"records back, let the name servers at the registrar point to your own ones again, once these hold all records.",
	Guards:  "Domains that Microsoft gives are left alone. Which name servers the domain has is not seen in the tenant.",
	Refs:    []audit.Ref{{Title: "KB 2526143"}, {Title: "Microsoft Graph: domain resource type"}},
	Message: "the DNS records of {domain} are managed by Microsoft",
	Variants: []audit.Variant{
		{Code: "N", Message: "the tenant says that the DNS records of {domain} are managed by Microsoft, but its name servers are others", Later: "the answers of DNS servers"},
	},
	Needs: []audit.Need{{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isAdminManaged", "supportedServices"}}},
	Check: audit.EachDomain(func(p *audit.Pass, d evidence.Domain) {
		redelegated := slices.ContainsFunc(slices.Collect(d.Services()), func(s string) bool { return strings.EqualFold(s, fullRedelegation) })
		if d.Initial() || fromMicrosoft(d.ID()) || d.AdminManaged() != evidence.False && !redelegated {
			return
		}
		s := audit.DomainSubject(d.ID())
		f := audit.Finding{Subject: s, Attribute: "isAdminManaged", Args: []audit.Arg{audit.Str("domain", s.Key)}}
		if d.AdminManaged() == evidence.False {
			f.Value = "false"
			f.Evidence = []audit.Fact{{Name: "isAdminManaged", Values: []string{"false"}}}
		}
		if redelegated {
			f.Evidence = append(f.Evidence, audit.Fact{Name: "supportedServices", Values: slices.Collect(d.Services())})
		}
		p.Report(f)
	}),
}
