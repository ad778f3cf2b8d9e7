package dns

import (
	"net/url"
	"slices"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/audit/records"
	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// answersThere says whether the web server of a domain itself answers to questions for Autodiscover; known is false where nobody could ask it. Places where nothing answers at
// all, those behind a proxy that wants credentials, and those where the name stands for another host inside tell nothing. root is the domain's address outside.
func answersThere(p *audit.Pass, root records.Record) (answers, known bool) {
	pages := discoveryPages(p, root.Name)
	silent := silentPlaces(p)
	for _, c := range pages {
		if address.DomainKey(c.Host) != root.Name {
			continue
		}
		switch {
		case hosts.Unauthenticated(c):
			return answered(pages, root.Name), false
		case c.Stage == evidence.StagePolicy || c.Tries == 0 || silent[c.Site] || c.Via != evidence.ViaProxy && another(p, c.Site, root):
		default:
			known = true
		}
	}
	return answered(pages, root.Name), known
}

// discoveryPages lists the attempts to read Autodiscover for a domain.
func discoveryPages(p *audit.Pass, domain string) []evidence.Connection {
	var pages []evidence.Connection
	for c := range p.Evidence.Connections() {
		if c.URL != "" && slices.Contains(c.Purposes, evidence.ForAutodiscover) && slices.Contains(c.Domains, domain) {
			pages = append(pages, c)
		}
	}
	return pages
}

// answered says that one of the pages on a host answers as Autodiscover may: it wants credentials, or leads on to where that is so.
func answered(pages []evidence.Connection, host string) bool {
	return slices.ContainsFunc(pages, func(c evidence.Connection) bool {
		return address.DomainKey(c.Host) == host && behaves(pages, c, nil)
	})
}

// behaves says that a page answers as Autodiscover may. A redirect is worth what it leads to, if that was asked: a web site that sends everybody to its front page knows nothing
// of Autodiscover.
func behaves(pages []evidence.Connection, c evidence.Connection, from []string) bool {
	switch {
	case !c.Through():
		return false
	case c.Status == 200 || c.Status == 401:
		return true
	case c.Status/100 != 3:
		return false
	}
	to := target(c)
	if to == "" || slices.Contains(from, to) {
		return false
	}
	asked := false
	for _, next := range pages {
		if next.URL != to || next.Site != c.Site || next.Stage == evidence.StagePolicy || hosts.Unauthenticated(next) {
			continue
		}
		if asked = true; behaves(pages, next, append(from, to)) {
			return true
		}
	}
	return !asked
}

// target is the address that a redirect leads to, "" when it cannot be read.
func target(c evidence.Connection) string {
	base, err := url.Parse(c.URL)
	if err != nil {
		return ""
	}
	u, err := base.Parse(c.Location)
	if err != nil || c.Location == "" {
		return ""
	}
	u.Fragment = ""
	return u.String()
}

// silentPlaces are those from which no host at all was reached.
func silentPlaces(p *audit.Pass) map[string]bool {
	m := map[string]bool{}
	for _, c := range p.Evidence.Of(evidence.ProbeConnections) {
		m[c.Source] = c.State == evidence.Failed
	}
	return m
}

// another says that internal servers of a place give a name other addresses than everybody sees: those of domain controllers, mostly.
func another(p *audit.Pass, site string, root records.Record) bool {
	in := p.Records().Inside(site, root.Name, records.A)
	if in.State != records.Present {
		return false
	}
	seen := p.Records().Addresses(root.Name)
	for _, l := range in.Answers {
		if slices.ContainsFunc(l.Values, func(a string) bool { return slices.Contains(seen, a) }) {
			return false
		}
	}
	return len(seen) > 0
}
