package net

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/audit/records"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// NET007 finds web addresses of Exchange that do not answer as they must.
var NET007 = &audit.Rule{
	ID: "NET-007", Category: "net", Severity: audit.Medium,
	Title: "Exchange web endpoint does not behave",
	Why: "Presence from the calendar, meeting details, voicemail and the contact list come through Autodiscover and Exchange Web Services. Where they do not answer these are missing; in Teams the calendar " +
		"itself is not there for people with a mailbox on-premises.",
	Fix: "Open the address in a browser on a client: it must ask for credentials (401). If not, look at the application pools and the authentication of the virtual directories " +
		"(Get-WebServicesVirtualDirectory, Get-AutodiscoverVirtualDirectory), at the reverse proxy's publication of /EWS/* and /autodiscover/*, and at the external addresses. For Teams with mailboxes " +
		"on-premises: Exchange 2016 CU3 or later, OAuth configured (Test-OAuthConnectivity), and an EwsApplicationAccessPolicy that lets *SchedulingService* through.",
	Guards: "401 is a success for whoever shows no credentials, and so are 200 and redirects. Autodiscover of a domain is at fault only when none of the addresses that clients try for it works from " +
		"the place; the domain's own web site is never at fault: where neither autodiscover.<domain> nor a service record leads anywhere it is a matter of DNS (DNS-010). Where the mailbox of the configuration is not known to Exchange Online (404, 456), or nothing was " +
		"learned because a proxy wants credentials, it is not assessed.",
	Refs:     []audit.Ref{{Title: "How Exchange and Microsoft Teams interact"}, {Title: "KB 2409256"}},
	Message:  "{url} does not behave as Exchange does from {site}: {exchangeFault}; status {httpStatus}, address in the answer: {exchangeAnswer}",
	Identity: []string{"site", "url"},
	Needs:    append(connectionNeeds(), audit.Need{Dataset: evidence.DNSLookups, Optional: true}),
	Applies: func(p *audit.Pass) audit.Reason {
		if !slices.ContainsFunc(exchangePages(p), ofExchange) {
			return audit.Because("noExchangeAddress")
		}
		return audit.Reason{}
	},
	Check: audit.Once(func(p *audit.Pass) {
		sites, of := hosts.BySite(exchangePages(p))
		for _, site := range sites {
			judgeExchange(p, site, of[site])
		}
	}),
}

// jsonPath is where Exchange Online tells where a mailbox is.
const jsonPath = "/autodiscover/autodiscover.json"

func mailboxPage(c evidence.Connection) bool {
	return strings.Contains(strings.ToLower(c.URL), jsonPath)
}

// exchangePages lists the attempts to reach addresses of Exchange: the organisation's own, and the one that tells where a mailbox is.
func exchangePages(p *audit.Pass) []evidence.Connection {
	var pages []evidence.Connection
	for _, h := range p.Hosts().Hosts() {
		for _, c := range h.Connections {
			if c.URL != "" && (mailboxPage(c) || slices.Contains(c.Purposes, evidence.ForAutodiscover) || slices.Contains(c.Purposes, evidence.ForEWS)) {
				pages = append(pages, c)
			}
		}
	}
	return pages
}

// ofExchange says that an attempt was one to reach Exchange: not the web site of a domain, and no name without an address that only might have been there.
func ofExchange(c evidence.Connection) bool {
	guessed := !mailboxPage(c) && !slices.Contains(c.Purposes, evidence.ForEWS) && len(c.Domains) > 0
	return !guessed || c.Stage != evidence.StageName && !slices.Contains(c.Domains, address.DomainKey(c.Host))
}

// page is an address with the attempts to reach it from a place.
type page struct {
	url      string
	attempts []evidence.Connection
	purposes []string
	domains  []string
}

// pagesOf puts attempts together by address.
func pagesOf(attempts []evidence.Connection) []*page {
	var pages []*page
	for _, c := range attempts {
		i := slices.IndexFunc(pages, func(p *page) bool { return strings.EqualFold(p.url, c.URL) }) // Exchange does not tell /EWS from /ews
		if i < 0 {
			i = len(pages)
			pages = append(pages, &page{url: c.URL})
		}
		pages[i].attempts = append(pages[i].attempts, c)
		pages[i].purposes, pages[i].domains = append(pages[i].purposes, c.Purposes...), append(pages[i].domains, c.Domains...)
	}
	return pages
}

// atMicrosoft says that a name of the organisation is an alias of a host of Microsoft, outside or at the place.
func atMicrosoft(p *audit.Pass, site, host string) bool {
	x := p.Records()
	return slices.ContainsFunc(slices.Concat(x.Outside(host, records.A).Answer.Chain, x.Inside(site, host, records.A).Answer.Chain), hosts.MicrosoftName)
}

// published says that the page is named by a service connection point, which members of the domain read, and nobody outside.
func (g *page) published() bool {
	return slices.ContainsFunc(g.attempts, func(c evidence.Connection) bool { return len(c.Domains) == 0 })
}

// verdict says whether a page behaves, by any way.
func (g *page) verdict() hosts.Reach {
	verdict := hosts.Untold
	for _, c := range g.attempts {
		switch {
		case hosts.Unauthenticated(c) || c.Stage == evidence.StagePolicy:
		case c.Through() && behaves(c.Status):
			return hosts.Answered
		default:
			verdict = hosts.Silent
		}
	}
	if verdict == hosts.Silent && slices.ContainsFunc(g.attempts, hosts.Unauthenticated) && !slices.ContainsFunc(g.attempts, evidence.Connection.Through) {
		return hosts.Untold // the way that is open leads through the proxy
	}
	return verdict
}

func behaves(status int) bool { return slices.Contains([]int{200, 301, 302, 307, 308, 401}, status) }

func judgeExchange(p *audit.Pass, site string, attempts []evidence.Connection) {
	var discovery []*page
	domains, said := map[string]bool{}, map[string]bool{}
	for _, g := range pagesOf(attempts) {
		switch {
		case mailboxPage(g.attempts[0]):
			judgeMailbox(p, site, g)
			continue
		case len(g.domains) == 0 && p.Hosts().View(site) == hosts.Outside:
			continue
		case atMicrosoft(p, site, g.attempts[0].Host): // a name of the organisation's by which mailboxes online are found
		case slices.Contains(g.purposes, evidence.ForEWS), g.published() && p.Hosts().View(site) != hosts.Outside:
			judgePage(p, site, g)
			said[g.url] = true
		}
		if slices.Contains(g.purposes, evidence.ForAutodiscover) {
			discovery = append(discovery, g)
			for _, d := range g.domains {
				domains[d] = true
			}
		}
	}
	for _, d := range slices.Sorted(maps.Keys(domains)) {
		for _, g := range broken(p, site, d, discovery) {
			if !said[g.url] {
				said[g.url] = true
				reportPage(p, site, g)
			}
		}
	}
}

// broken gives the addresses to report when Autodiscover of a domain does not work at all. The domain itself and what it leads to is mostly a web site that knows nothing of it:
// when there is nothing else, DNS-010 speaks. Port 80 only leads on.
func broken(p *audit.Pass, site, domain string, all []*page) []*page {
	of := slices.DeleteFunc(slices.Clone(all), func(g *page) bool { return !slices.Contains(g.domains, domain) })
	web := website(domain, of)
	for _, g := range of {
		if g.verdict() == hosts.Answered && (!web[g] || slices.ContainsFunc(g.attempts, wantsCredentials)) {
			return nil
		}
	}
	var tried, worth []*page
	untold := false
	for _, g := range of {
		switch {
		case web[g]:
			continue
		case g.verdict() == hosts.Untold:
			p.Doubt(untoldPage(site, g))
			untold = true
			continue
		case hosts.Last(g.attempts).Stage == evidence.StageName:
			continue
		}
		tried = append(tried, g)
		if g.attempts[0].Port != 80 {
			worth = append(worth, g)
		}
	}
	if len(worth) == 0 {
		worth = tried
	}
	if untold { // one of the others may work: what is sure is a wrong answer
		worth = slices.DeleteFunc(worth, func(g *page) bool { return !slices.ContainsFunc(g.attempts, evidence.Connection.Through) })
	}
	return worth
}

// website gives the pages of the domain's own web server, and those that only it leads to.
func website(domain string, of []*page) map[*page]bool {
	web := map[*page]bool{}
	for _, g := range of {
		web[g] = address.DomainKey(g.attempts[0].Host) == domain
	}
	for range of { // as many redirects as there are pages
		for _, g := range of {
			if web[g] {
				continue
			}
			from := slices.DeleteFunc(slices.Clone(of), func(other *page) bool { return other == g || !slices.ContainsFunc(other.attempts, g.follows) })
			web[g] = len(from) > 0 && !slices.ContainsFunc(from, func(other *page) bool { return !web[other] })
		}
	}
	return web
}

// follows says that an answer redirects to the page.
func (g *page) follows(c evidence.Connection) bool {
	base, err := url.Parse(c.URL)
	if err != nil || c.Location == "" {
		return false
	}
	u, err := base.Parse(c.Location)
	return err == nil && strings.EqualFold(u.String(), g.url)
}

func wantsCredentials(c evidence.Connection) bool { return c.Status == 401 }

func untoldPage(site string, g *page) audit.Reason {
	name, from := audit.Str("host", g.url), audit.Str("site", site)
	if slices.ContainsFunc(g.attempts, hosts.Unauthenticated) {
		return audit.Because("behindProxy", name, from)
	}
	return audit.Because("hostUntold", name, from)
}

func judgePage(p *audit.Pass, site string, g *page) {
	switch g.verdict() {
	case hosts.Silent:
		reportPage(p, site, g)
	case hosts.Untold:
		p.Doubt(untoldPage(site, g))
	case hosts.Answered:
	}
}

func reportPage(p *audit.Pass, site string, g *page) {
	last := answered(g.attempts)
	fault := "silent"
	if last.Through() {
		fault = "status"
	}
	p.Report(exchangeFinding(site, g, last, fault))
}

// answered is the attempt that got an answer, or else the one that tells most.
func answered(attempts []evidence.Connection) evidence.Connection {
	if i := slices.IndexFunc(attempts, evidence.Connection.Through); i >= 0 {
		return attempts[i]
	}
	return hosts.Last(attempts)
}

func exchangeFinding(site string, g *page, last evidence.Connection, fault string) audit.Finding {
	status, answer := "none", "none"
	if last.Status != 0 {
		status = strconv.Itoa(last.Status)
	}
	if last.Answer != "" {
		answer = last.Answer
	}
	return audit.Finding{
		Subject: audit.HostSubject(last.Host, last.Port), Value: g.url,
		Args: []audit.Arg{
			audit.Str("url", g.url), audit.Str("site", site), audit.Str("exchangeFault", fault), audit.Str("httpStatus", status), audit.Str("exchangeAnswer", answer),
		},
		Evidence: facts(g.attempts),
	}
}

// judgeMailbox looks at where Exchange Online sends those who ask for a mailbox on-premises: not to itself.
func judgeMailbox(p *audit.Pass, site string, g *page) {
	last := answered(g.attempts)
	switch {
	case g.verdict() == hosts.Untold:
		p.Doubt(untoldPage(site, g))
	case !last.Through():
		p.Report(exchangeFinding(site, g, last, "silent"))
	case last.Status == 404 || last.Status == 456:
		p.Doubt(audit.Because("mailboxUnknown", audit.Str("url", g.url), audit.Num("status", last.Status)))
	case last.Status != 200:
		p.Report(exchangeFinding(site, g, last, "status"))
	default:
		if host, _, ok := place(last.Answer); !ok || hosts.MicrosoftName(host) {
			p.Report(exchangeFinding(site, g, last, "elsewhere"))
		}
	}
}
