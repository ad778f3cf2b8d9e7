package dns

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/join"
	"hybridaudit/audit/records"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// DNS010 finds e-mail domains whose mailboxes clients cannot find.
var DNS010 = &audit.Rule{
	ID: "DNS-010", Category: "dns", Severity: audit.Medium,
	Title: "Exchange Autodiscover cannot be found by DNS",
	Why: "Skype for Business clients find the mailbox of their user by DNS alone. Without it the status of EWS is \"not deployed\", and presence from the calendar, conversation history and photos " +
		"are missing. Teams does not find the calendar of a mailbox on-premises.",
	Fix: "Publish autodiscover.<e-mail domain> as a CNAME: to autodiscover.outlook.com when all mailboxes of the domain are in Exchange Online, to the public name of the Exchange servers while some " +
		"are on-premises. The service connection point of the directory does not replace it: these clients do not read it.",
	FixHere: "Publish this record: {publish}",
	Guards: "Only domains in which somebody has the primary e-mail address of a mailbox. The domain of the e-mail address counts, not that of the SIP address. An answer that the zone gives for any " +
		"name is none. Nearly every domain has a web site: its address counts only when it answers to questions for Autodiscover; where nobody could ask it, and a record is lacking, the rule is in doubt. X is not reported when mailboxes are online, the record leads to servers, and Exchange servers are still in the directory: these redirect.",
	Refs:     []audit.Ref{{Title: "KB 2833618"}, {Title: "How Exchange and Microsoft Teams interact"}},
	Message:  "none of {record}, {service} and {domain} leads to Autodiscover; mailboxes with addresses in the domain: {people}",
	Identity: []string{"record"},
	Variants: []audit.Variant{{
		Code: "X", Message: "{record} leads {leads} ({found}), but mailboxes on-premises: {onPremisesBoxes}, in Exchange Online: {onlineBoxes}",
		Fix: "While mailboxes of the domain are on-premises let the record lead to the Exchange servers: they redirect clients whose mailboxes have moved. When all mailboxes are in Exchange Online and " +
			"the servers are gone, let it lead to autodiscover.outlook.com.",
	}},
	Needs: needs(
		audit.Need{Dataset: evidence.TenantUsers, Attributes: append(join.TenantAttributes(), "assignedPlans"), Optional: true},
		audit.Need{Dataset: evidence.ADUsers, Attributes: []string{"msExchRecipientTypeDetails", "mail", "proxyAddresses"}, Optional: true},
		audit.Need{Dataset: evidence.ADExchange, Attributes: []string{"objectClass"}, Optional: true},
		audit.Need{Dataset: evidence.ADConnectionPoints, Attributes: []string{"serviceBindingInformation"}, Optional: true},
		audit.Need{Dataset: evidence.ProbeConnections, Optional: true},
	),
	Check: audit.Once(func(p *audit.Pass) {
		all := mailboxes(p)
		for _, name := range slices.Sorted(maps.Keys(all.by)) {
			if d := p.Records().Domain(name); d.Public() && !d.Given && records.Plausible(name) {
				discover(p, d, *all.by[name], all.located)
			}
		}
	}),
}

// discover judges a domain with mailboxes.
func discover(p *audit.Pass, d records.Domain, b boxes, located bool) {
	x := p.Records()
	alias, service := "autodiscover."+d.Name, "_autodiscover._tcp."+d.Name
	ra, rs := x.Outside(alias, records.A), x.Outside(service, records.SRV)
	usable := func(r records.Record) bool { return r.State == records.Present && !r.Wildcard && !broken(p, r) }
	switch {
	case usable(ra):
		fitting(p, d, b, ra, located)
		return
	case usable(rs):
		fitting(p, d, b, rs, located)
		return
	case ra.State == records.Unknown:
		outside(p, alias, records.A)
		return
	case rs.State == records.Unknown:
		outside(p, service, records.SRV)
		return
	}
	if broken(p, ra) || broken(p, rs) {
		return // DNS-008
	}
	root, ok := outside(p, d.Name, records.A)
	if !ok {
		return
	}
	if root.State == records.Present {
		switch answers, known := answersThere(p, root); {
		case answers:
			return
		case !known:
			p.Doubt(audit.Because("autodiscoverUnread", audit.Str("domain", d.Name)))
			return
		}
	}
	f := audit.Finding{
		Subject: audit.DomainSubject(d.Name), Value: "absent",
		Args: []audit.Arg{
			audit.Str("record", alias), audit.Str("service", service), audit.Str("domain", d.Name), audit.Num("people", b.sum()),
		},
		Evidence: slices.Concat(p.DNSFacts(alias, records.A), serviceProof(p, service), b.facts(located), connectionPoints(p)),
	}
	if want, ok := wanted(p, d, b, located); ok {
		f.Args, f.Evidence = append(f.Args, audit.Str("publish", want.String())), append(f.Evidence, expectation(want)...)
	}
	p.Report(f)
}

// fitting judges whether the record leads to where the mailboxes are.
func fitting(p *audit.Pass, d records.Domain, b boxes, r records.Record, located bool) {
	if !located {
		p.Doubt(audit.Because("mailboxesUnread"))
		return
	}
	leads := "online"
	if !slices.ContainsFunc(slices.Concat(r.Answer.Chain, targetHosts(r)), exchangeOnline) {
		leads = "onPremises"
	}
	switch {
	case leads == "online" && b.onPremises > 0:
	case leads == "onPremises" && b.onPremises == 0 && b.online > 0 && !redirected(p, d.Name) && serversGone(p):
	default:
		return
	}
	f := audit.Finding{
		Variant: "X", Subject: audit.DomainSubject(d.Name), Value: first(found(r)),
		Args: []audit.Arg{
			audit.Str("record", r.Name), audit.List("found", found(r)), audit.Str("leads", leads), audit.Num("onPremisesBoxes", b.onPremises), audit.Num("onlineBoxes", b.online),
		},
		Evidence: slices.Concat(p.DNSFacts(r.Name, r.Kind), b.facts(located), connectionPoints(p)),
	}
	if want, ok := wanted(p, d, b, located); ok {
		f.Args, f.Evidence = append(f.Args, audit.Str("publish", want.String())), append(f.Evidence, expectation(want)...)
	}
	p.Report(f)
}

func targetHosts(r records.Record) []string {
	var list []string
	for _, t := range r.Targets() {
		list = append(list, t.Host)
	}
	return list
}

// exchangeOnline says that a host is one of Exchange Online.
func exchangeOnline(host string) bool {
	host = "." + address.DomainKey(host)
	return slices.ContainsFunc([]string{".outlook.com", ".office365.com", ".outlook.office.com", ".office365.us", ".outlook.cn", ".partner.outlook.cn"}, func(suffix string) bool {
		return strings.HasSuffix(host, suffix)
	})
}

// redirected says that Autodiscover of the domain was seen to send clients on to Exchange Online.
func redirected(p *audit.Pass, domain string) bool {
	for c := range p.Evidence.Connections() {
		if !slices.Contains(c.Purposes, evidence.ForAutodiscover) || !slices.Contains(c.Domains, domain) || c.Status/100 != 3 {
			continue
		}
		if u, err := url.Parse(c.Location); err == nil && exchangeOnline(u.Hostname()) {
			return true
		}
	}
	return false
}

// serversGone says that the directory names no Exchange server any more, or that there is no directory. Where that is not known the rule is in doubt.
func serversGone(p *audit.Pass) bool {
	if p.Evidence.State(evidence.ADForests) == evidence.NotRequested {
		return true // mailboxes could be located, so no directory is in use
	}
	if why := p.Unread([]audit.Need{{Dataset: evidence.ADExchange, Attributes: []string{"objectClass"}}}); !why.IsZero() {
		p.Doubt(why)
		return false
	}
	for e := range p.Evidence.Entries(evidence.ADExchange) {
		if e.Is("msExchExchangeServer") {
			return false
		}
	}
	return true
}

// wanted is the record that fits the mailboxes; ok is false when its target is not known.
func wanted(p *audit.Pass, d records.Domain, b boxes, located bool) (w records.Want, ok bool) {
	w = p.Records().Want(records.EntryOf("autodiscover"), d.Name)
	if !located {
		return w, false
	}
	if b.onPremises == 0 {
		return w, true
	}
	for _, text := range bindings(p) {
		if u, err := url.Parse(text); err == nil && address.Routable(u.Hostname()) {
			w.Host, w.Tenant = address.DomainKey(u.Hostname()), false
			return w, w.Host != w.Name
		}
	}
	return w, false
}

// bindings lists the addresses of the service connection points of Autodiscover.
func bindings(p *audit.Pass) []string {
	var list []string
	for e := range p.Evidence.Entries(evidence.ADConnectionPoints) {
		for _, text := range e.Attribute("serviceBindingInformation") {
			if strings.Contains(strings.ToLower(text), "autodiscover") {
				list = append(list, text)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func connectionPoints(p *audit.Pass) []audit.Fact {
	if list := bindings(p); len(list) > 0 {
		return []audit.Fact{{Name: "serviceBindingInformation", Values: list}}
	}
	return nil
}

// serviceProof shows what was answered about the SRV record, apart from the answers about the other name.
func serviceProof(p *audit.Pass, service string) []audit.Fact {
	facts := p.DNSFacts(service, records.SRV)
	for i := range facts {
		facts[i].Name += ".srv"
	}
	return facts
}

// boxes counts the mailboxes with their primary address in a domain.
type boxes struct{ onPremises, online, somewhere int }

func (b boxes) sum() int { return b.onPremises + b.online + b.somewhere }

func (b boxes) facts(located bool) []audit.Fact {
	if !located {
		return []audit.Fact{{Name: "mailboxes", Values: []string{strconv.Itoa(b.sum())}}}
	}
	return []audit.Fact{{Name: "mailboxesOnPremises", Values: []string{strconv.Itoa(b.onPremises)}}, {Name: "mailboxesOnline", Values: []string{strconv.Itoa(b.online)}}}
}
