package probe

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence"
)

// What web services are asked for.
const (
	discoveryPath    = "/"
	discoveryRoot    = "/Autodiscover/autodiscoverservice.svc/Root"
	autodiscoverPath = "/autodiscover/autodiscover.xml"
	// mailboxHost is where Exchange Online tells where a mailbox is.
	mailboxHost = "outlook.office365.com"
	acceptJSON  = "application/json"
)

// webAsks lists what is asked first.
func (p *prober) webAsks(plan plan) []ask {
	var all []ask
	add := func(a ask, host string) {
		if _, told, exists := plan.final(host); told && !exists {
			return // there is nobody to ask, and the lookups say so
		}
		all = append(all, a)
	}
	for _, d := range p.cfg.Targets.Domains {
		of := []string{d.Name}
		if d.SIP {
			for _, label := range []string{"lyncdiscover.", "lyncdiscoverinternal."} {
				for _, scheme := range []string{"https://", "http://"} {
					add(ask{url: scheme + label + d.Name + discoveryPath, purposes: []string{evidence.ForWeb}, domains: of, accept: acceptJSON, read: discoveryAnswer}, label+d.Name)
				}
			}
		}
		if d.Mail && !d.Initial {
			exchange := ask{purposes: []string{evidence.ForAutodiscover}, domains: of, linked: true}
			for _, base := range []string{"https://" + d.Name, "https://autodiscover." + d.Name, "http://autodiscover." + d.Name} {
				exchange.url = base + autodiscoverPath
				add(exchange, base[strings.Index(base, "//")+2:])
			}
		}
	}
	for _, s := range plan.services {
		if strings.HasPrefix(s.record, "_autodiscover.") {
			add(ask{url: httpsURL(s.host, s.port) + autodiscoverPath, purposes: []string{evidence.ForAutodiscover}, domains: []string{s.domain}, linked: true}, s.host)
		}
	}
	for _, h := range p.cfg.Targets.Hosts {
		if h.Purpose != evidence.ForAutodiscover && h.Purpose != evidence.ForEWS {
			continue
		}
		for _, u := range h.URLs {
			a := ask{url: cleanAddress(u), purposes: []string{h.Purpose}, linked: h.Purpose == evidence.ForAutodiscover}
			if h.Domain != "" {
				a.domains = []string{h.Domain}
			}
			if a.url != "" {
				add(a, h.Name)
			}
		}
	}
	return slices.Concat(all, p.serviceAsks(), p.mailboxAsk())
}

// serviceAsks lists what Microsoft's own discovery is asked.
func (p *prober) serviceAsks() []ask {
	var all []ask
	for _, e := range p.cfg.Endpoints {
		if !e.Current {
			continue
		}
		for _, host := range probeHosts(e, p.cfg.Targets.Tenants) {
			if strings.HasPrefix(host, "webdir.") {
				all = append(all, ask{url: "https://" + host + discoveryRoot, purposes: []string{e.Purpose}, group: e.Group, accept: acceptJSON, read: discoveryAnswer})
			}
		}
	}
	return all
}

// mailboxAsk asks Exchange Online where a mailbox is.
func (p *prober) mailboxAsk() []ask {
	if p.cfg.Mailbox == "" {
		return nil
	}
	q := url.Values{"Email": {p.cfg.Mailbox}, "Protocol": {"EWS"}, "RedirectCount": {"5"}}
	return []ask{{
		url: "https://" + mailboxHost + "/autodiscover/autodiscover.json?" + q.Encode(), purposes: []string{evidence.ForExchange}, group: p.groupOf(mailboxHost), accept: acceptJSON,
		personal: true, read: mailboxAnswer,
	}}
}

// groupOf gives the id of the row of the list of endpoints that a host stands for.
func (p *prober) groupOf(host string) string {
	for _, e := range p.cfg.Endpoints {
		if e.Current && slices.Contains(e.Probes, host) {
			return e.Group
		}
	}
	return ""
}

// httpsURL gives the address of a host without a path.
func httpsURL(host string, port int) string {
	at := net.JoinHostPort(host, strconv.Itoa(port))
	if port == 443 {
		at = strings.TrimSuffix(at, ":443")
	}
	return "https://" + at
}
