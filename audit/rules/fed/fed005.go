package fed

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/join"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// FED005 finds AD FS services whose name no account has, or several have.
var FED005 = &audit.Rule{
	ID: "FED-005", Category: "fed", Severity: audit.High,
	Title: "AD FS service principal name missing or double",
	Why: "Inside the company network browsers and clients sign in to AD FS with Kerberos, for which exactly one account must have the name of the service. Otherwise single " +
		"sign-on fails there (\"Cannot sign in because the server is temporarily unavailable\"), while it works from outside.",
	Fix: "Look for the name with setspn -Q host/<federation service> and setspn -Q http/<federation service>. Remove it from accounts that AD FS does not run as (setspn -D), and give " +
		"it to the one that it does (Get-CimInstance Win32_Service -Filter \"Name='adfssrv'\" shows it as StartName): setspn -S host/<federation service> DOMAIN\\account. " +
		"If it fails still, look at the size of Kerberos tickets and the limits of HTTP headers.",
	Guards: "Only federation services with the paths of AD FS are judged, and a missing name only where people of the forests that were read sign in with a domain of the service. Names of " +
		"user accounts and managed service accounts are read, not those of computers: a service that is called like its own server, which is a fault itself, counts as missing. " +
		"Managed service accounts get the name from AD FS. A missing name is not judged where the accounts of AD FS may be in a forest that was not read: more than a twentieth of the " +
		"synchronised people with names in the service's domains are in no forest that was. Where the forest of AD FS has no people, waive the finding. Names that accounts of different forests have are no conflict.",
	Refs:     []audit.Ref{{Title: "KB 2839539"}, {Title: "AD FS requirements: service accounts"}},
	Identity: []string{"host"},
	Variants: []audit.Variant{
		{Code: "D", Message: "the name of the federation service {host} is that of several accounts: {accounts}"},
		{
			Code: "N", Message: "no user account or managed service account has the name host/{host} of the federation service",
			Needs: audit.Whole([]audit.Need{
				{Dataset: evidence.ADServiceAccounts, Attributes: []string{"servicePrincipalName"}},
				{Dataset: evidence.ADUsers, Attributes: []string{"userPrincipalName"}, PartOK: true},
				{Dataset: evidence.ADUsers, Attributes: join.ADAttributes(), Optional: true}, {Dataset: evidence.TenantUsers, Attributes: join.TenantAttributes(), Optional: true},
			}),
		},
		{
			Code: "W", Message: "the name of the federation service {host} is that of {account}, which is disabled: the service cannot run as it",
			Needs: []audit.Need{{Dataset: evidence.ADServiceAccounts, Attributes: []string{"userAccountControl"}}},
		},
	},
	Needs: []audit.Need{
		domainNeeds(),
		{Dataset: evidence.TenantFederations, Attributes: []string{"domain", "passiveSignInUri"}},
		{Dataset: evidence.ADServiceAccounts, Attributes: []string{"objectGUID", "sAMAccountName", "servicePrincipalName"}},
	},
	Applies: func(p *audit.Pass) audit.Reason {
		if len(services(p)) == 0 {
			return audit.Because("noADFS")
		}
		return audit.Reason{}
	},
	Check: audit.Once(func(p *audit.Pass) {
		all := services(p)
		holders := holdersOf(p, all)
		for _, host := range slices.Sorted(maps.Keys(all)) {
			judgeName(p, host, all[host], holders[host])
		}
	}),
}

// services gives the hosts of AD FS services with the federated domains that each serves.
func services(p *audit.Pass) map[string][]string {
	hosts := map[string][]string{}
	all := newSettings(p)
	for d := range p.Evidence.Domains() {
		if f, ok := all.of(d); ok {
			if host := serviceHost(f); host != "" {
				hosts[host] = append(hosts[host], address.DomainKey(d.ID()))
			}
		}
	}
	for _, domains := range hosts {
		slices.Sort(domains)
	}
	return hosts
}

// holdersOf finds the accounts that have the name of a service, by host, in the order of forests and names.
func holdersOf(p *audit.Pass, hosts map[string][]string) map[string][]evidence.Entry {
	holders := map[string][]evidence.Entry{}
	for e := range p.Evidence.Entries(evidence.ADServiceAccounts) {
		has := map[string]bool{}
		for _, spn := range e.Attribute("servicePrincipalName") {
			class, host, _ := strings.Cut(strings.ToLower(strings.TrimSpace(spn)), "/")
			host, _, _ = strings.Cut(strings.TrimSuffix(host, ":443"), "/")
			if _, asked := hosts[host]; asked && (class == "host" || class == "http") {
				has[host] = true
			}
		}
		for host := range has {
			holders[host] = append(holders[host], e)
		}
	}
	for _, list := range holders {
		slices.SortFunc(list, func(a, b evidence.Entry) int {
			return cmp.Or(strings.Compare(a.Forest(), b.Forest()), strings.Compare(a.GUID().String(), b.GUID().String()))
		})
	}
	return holders
}

func judgeName(p *audit.Pass, host string, domains []string, holders []evidence.Entry) {
	if len(holders) == 0 {
		if slices.ContainsFunc(domains, func(d string) bool { return p.Domains().Of(d).UPN > 0 }) && !elsewhere(p, domains) {
			p.Report(audit.Finding{
				Variant: "N", Subject: audit.HostSubject(host, 443), Args: []audit.Arg{audit.Str("host", host)},
				Evidence: []audit.Fact{{Name: "domains", Values: domains}},
			})
		}
		return
	}
	for len(holders) > 0 {
		n := 1
		for n < len(holders) && holders[n].Forest() == holders[0].Forest() {
			n++
		}
		judgeHolders(p, host, holders[:n])
		holders = holders[n:]
	}
}

// elsewhere says that people with names in the domains are synchronised from a forest that was not read. A few without a partner were only deleted or are joined wrongly.
func elsewhere(p *audit.Pass, domains []string) bool {
	people, unknown := 0, 0
	for u := range p.Evidence.TenantUsers() {
		if u.Synced() != evidence.True || !slices.Contains(domains, address.Domain(u.UPN())) {
			continue
		}
		people++
		if o, _ := p.Pairs().AD(u); o.IsZero() {
			unknown++
		}
	}
	return unknown*20 > people
}

// judgeHolders reports the accounts of one forest.
func judgeHolders(p *audit.Pass, host string, holders []evidence.Entry) {
	if len(holders) == 1 {
		if v, ok := holders[0].Number("userAccountControl"); ok && v&accountDisabled != 0 {
			f := onAccount("W", host, holders[0])
			f.Args = append(f.Args, audit.Str("account", f.Subject.Name))
			p.Report(f)
		}
		return
	}
	names := make([]string, len(holders))
	for i, e := range holders {
		names[i] = audit.EntrySubject(e).Name
	}
	slices.Sort(names)
	for i, e := range holders {
		f := onAccount("D", host, e)
		f.Args = append(f.Args, audit.List("accounts", names))
		for j, other := range holders {
			if j != i {
				s := audit.EntrySubject(other)
				f.Related, f.Evidence = append(f.Related, s), append(f.Evidence, accountFacts(s.Key, other)...)
			}
		}
		p.Report(f)
	}
}

// accountDisabled is the bit of userAccountControl that switches an account off.
const accountDisabled = 0x2

func onAccount(variant, host string, e evidence.Entry) audit.Finding {
	return audit.Finding{
		Variant: variant, Subject: audit.EntrySubject(e), Attribute: "servicePrincipalName", Value: host, Args: []audit.Arg{audit.Str("host", host)},
		Evidence: accountFacts("", e),
	}
}

func accountFacts(of string, e evidence.Entry) []audit.Fact {
	var facts []audit.Fact
	for _, name := range []string{"distinguishedName", "servicePrincipalName", "userAccountControl", "whenChanged"} {
		if v := e.Attribute(name); len(v) > 0 {
			facts = append(facts, audit.Fact{Of: of, Name: name, Values: v})
		}
	}
	return facts
}
