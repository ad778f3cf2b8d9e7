package dom

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/records"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
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
	Guards:  "Domains that Microsoft gives are left alone. N needs the answers of DNS servers outside; one name server of Microsoft is enough for the tenant to be right.",
	Refs:    []audit.Ref{{Title: "KB 2526143"}, {Title: "Microsoft Graph: domain resource type"}},
	Message: "the DNS records of {domain} are managed by Microsoft",
	Variants: []audit.Variant{
		{
			Code: "N", Message: "the tenant says that the DNS records of {domain} are managed by Microsoft, but its name servers are others: {servers}",
			Fix: "Change records where these name servers get them from: what is changed in the admin center is seen by nobody. Then tell the tenant so (Settings, Domains, the domain, \"Manage DNS\"), or " +
				"let the name servers at the registrar point to those that the admin center shows.",
			Needs: []audit.Need{{Dataset: evidence.DNSLookups, Doubts: true}},
		},
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
		nameServers(p, s.Key, &f)
		p.Report(f)
	}),
}

// nameServers makes the finding one of variant N when the domain's name servers are known and none of them is Microsoft's.
func nameServers(p *audit.Pass, domain string, f *audit.Finding) {
	if !p.Assessed("N") {
		return
	}
	r := p.Records().NameServers(domain)
	switch r.State {
	case records.Unknown:
		p.Doubt(audit.Because("recordUnread", audit.Str("record", "NS "+domain)))
		return
	case records.Absent:
		return
	case records.Present:
	}
	f.Evidence = append(f.Evidence, p.DNSFacts(r.Answer.Name, records.NS)...)
	if !slices.ContainsFunc(r.Answer.Values, microsoftsServer) {
		f.Variant, f.Args = "N", append(f.Args, audit.List("servers", r.Answer.Values))
	}
}

// microsoftsServer says that a name server is one of those that Microsoft 365 lets domains be delegated to.
func microsoftsServer(host string) bool {
	host = address.DomainKey(host)
	return slices.ContainsFunc([]string{".microsoftonline.com", ".microsoftonline.us", ".microsoftonline.cn"}, func(suffix string) bool { return strings.HasSuffix(host, suffix) })
}
