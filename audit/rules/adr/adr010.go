package adr

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/join"
	"hybridaudit/audit/scope"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// adr010Params are the parameters of ADR-010.
type adr010Params struct {
	// Single is the number of objects with an address in one domain up to which each address is a finding of its own.
	Single int `yaml:"single"`
}

// ADR010 finds e-mail addresses in domains that the tenant does not own.
var ADR010 = &audit.Rule{
	ID: "ADR-010", Category: "adr", Severity: audit.Medium,
	Title: "Address in a domain the tenant does not own",
	Why: "The service takes the address away while it provisions the mailbox. If it was the primary one, the person's e-mail address becomes one at onmicrosoft.com, and " +
		"mail to the old one bounces.",
	Fix: "If the organisation owns the domain, add it to the tenant and verify it. Otherwise remove the address: with Exchange by Set-Mailbox or Set-RemoteMailbox " +
		"-EmailAddresses @{remove='smtp:name@domain'} or in the e-mail address policy that writes it, without Exchange from proxyAddresses by Set-ADUser.",
	Guards: "Only people, rooms, equipment and shared mailboxes that are in the tenant, or expected there, are judged; contacts have addresses elsewhere by nature. Where more " +
		"than a few objects (parameter single) have an address in one domain, that is one finding on the domain. Silent where another rule names the cause: malformed values " +
		"(ADR-004), the domain of the object's own sign-in name (ADR-008), and domains that the tenant lists but has not verified (DOM-001).",
	Refs: []audit.Ref{
		{Title: "Troubleshoot errors during Microsoft Entra synchronization"}, {Title: "Prepare for directory synchronization to Microsoft 365"},
	},
	Identity: []string{"value"},
	Variants: []audit.Variant{
		{Code: "D", Message: "{count} objects have an e-mail address in {value}, which the tenant does not own; for {primary} of them it is the primary one"},
		{Code: "P", Message: "the primary address {value} is in {domain}, which the tenant does not own"},
		{Code: "S", Severity: audit.Low, Message: "the address {value} is in {domain}, which the tenant does not own"},
	},
	Needs: slices.Concat(
		audit.OfADUsers("proxyAddresses", "mail", "userPrincipalName"),
		[]audit.Need{
			{Dataset: evidence.TenantDomains, Attributes: []string{"id", "isVerified"}},
			{Dataset: evidence.TenantUsers, Attributes: join.TenantAttributes(), Optional: true},
		},
		audit.Better(audit.OfADUsers(join.ADAttributes()...)),
	),
	Params: func() any { return &adr010Params{Single: 10} },
	Check: audit.AllADUsers(func(p *audit.Pass, users iter.Seq[evidence.ADObject]) {
		strange, single := map[string]*strangeDomain{}, audit.Params[adr010Params](p).Single
		notOurs := newForeign(p)
		for o := range users {
			for v := range o.ProxyAddresses() {
				if domain := notOurs.domain(v); domain != "" && expected(p, o) && !signInDomain(p, o, domain) {
					d := strange[domain]
					if d == nil {
						d = &strangeDomain{}
						strange[domain] = d
					}
					d.add(o, v, single)
				}
			}
		}
		for domain, d := range strange {
			d.report(p, domain, single)
		}
	}),
}

// foreign knows the domains that the tenant does not list.
type foreign struct {
	listed map[string]bool
	known  map[string]bool // answers given
}

func newForeign(p *audit.Pass) *foreign {
	f := &foreign{listed: map[string]bool{}, known: map[string]bool{}}
	for d := range p.Evidence.Domains() {
		key := address.DomainKey(d.ID())
		f.listed[key] = true
		if initial, ok := strings.CutSuffix(key, ".onmicrosoft.com"); ok {
			f.listed[initial+".mail.onmicrosoft.com"] = true // comes with the tenant, and is not always listed
		}
	}
	return f
}

// domain gives the domain of an smtp: value when the tenant does not list it, "" otherwise and for malformed values.
func (f *foreign) domain(value string) string {
	a := address.ParseProxy(value)
	if a.Kind != address.SMTP {
		return ""
	}
	domain := address.Domain(a.Value)
	if domain == "" || f.listed[domain] || address.ProxyProblem(value).Code != address.OK {
		return ""
	}
	return domain
}

// expected says that directory synchronisation carries the object to the tenant, or has done so.
func expected(p *audit.Pass, o evidence.ADObject) bool {
	if p.Scope().Synchronised(o) {
		return true
	}
	switch p.Scope().Class(o) {
	case scope.Person, scope.Room, scope.Equipment, scope.Shared:
		u, _ := p.Pairs().Tenant(o)
		return !u.IsZero()
	}
	return false
}

// signInDomain says that the sign-in name of the object is in the domain as well: ADR-008 speaks.
func signInDomain(p *audit.Pass, o evidence.ADObject, domain string) bool {
	upn := o.UPN()
	return !p.Settings.AlternateLoginID && strings.Count(upn, "@") == 1 && address.Domain(upn) == domain && p.Scope().Synchronised(o)
}

// strangeDomain gathers who has addresses in a domain.
type strangeDomain struct {
	objects, primaries int
	last               evidence.ADObject
	holdings           []holding // as long as there are few objects
}

type holding struct {
	o       evidence.ADObject
	value   string
	primary bool
}

// add counts an address and keeps those of up to single objects. The objects come one after the other, so the last one is enough to count each once.
func (d *strangeDomain) add(o evidence.ADObject, value string, single int) {
	if d.objects == 0 || d.last != o {
		d.objects++
		d.last = o
	}
	primary := address.ParseProxy(value).Primary
	if primary {
		d.primaries++
	}
	if d.objects <= single && !slices.Contains(d.holdings, holding{o, value, primary}) {
		d.holdings = append(d.holdings, holding{o, value, primary})
	}
}

func (d *strangeDomain) report(p *audit.Pass, domain string, single int) {
	count := audit.Fact{Name: "objectsInDomain", Values: []string{strconv.Itoa(d.objects)}}
	if d.objects > single {
		f := audit.Finding{
			Variant: "D", Subject: audit.DomainSubject(domain), Evidence: []audit.Fact{count},
			Args: []audit.Arg{audit.Str("value", domain), audit.Num("count", d.objects), audit.Num("primary", d.primaries)},
		}
		if d.primaries == 0 {
			f.Severity = audit.Low
		}
		p.Report(f)
		return
	}
	for _, h := range d.holdings {
		f := audit.Finding{
			Variant: "S", Subject: audit.ADSubject(h.o), Attribute: "proxyAddresses", Value: h.value,
			Args:     []audit.Arg{audit.Str("value", h.value), audit.Str("domain", domain)},
			Evidence: append(audit.ADFacts("", h.o, "mail", "proxyAddresses"), count),
		}
		if h.primary {
			f.Variant = "P"
		}
		if u, _ := p.Pairs().Tenant(h.o); !u.IsZero() {
			s := audit.TenantSubject(u)
			f.Related = []audit.Subject{s}
			f.Evidence = append(f.Evidence, audit.TenantFacts(s.Key, u, "mail")...)
		}
		p.Report(f)
	}
}
