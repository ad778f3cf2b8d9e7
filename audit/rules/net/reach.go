// Package net holds the rules about reaching hosts from the places that were looked from.
package net

import (
	"slices"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
)

// httpsPort is the port on which services are judged: port 80 only leads to it.
const httpsPort = 443

// connectionNeeds are the attempts to reach hosts. What was seen from one place holds whatever another one was to tell.
func connectionNeeds() []audit.Need {
	return []audit.Need{{Dataset: evidence.ProbeConnections, PartOK: true}}
}

// service is a group of hosts that are judged alike.
type service struct {
	names    []string // hosts that stand for it; * for the first label, <tenant> for the tenants' names
	purposes []string // all hosts with one of these are judged when none of the names was tried: in other clouds they have other names
	allow    string   // ids of Microsoft's list of endpoints
}

// hostsOf lists the hosts of a service that were tried on port 443, by name.
func (s service) hostsOf(p *audit.Pass) []*hosts.Host {
	var named, others []*hosts.Host
	names := s.expand(p)
	for _, h := range p.Hosts().Hosts() {
		switch {
		case h.Port != httpsPort || len(h.Connections) == 0:
		case slices.ContainsFunc(names, func(n string) bool { return n == h.Name || sameButFirst(n, h.Name) }):
			named = append(named, h)
		case h.For(s.purposes...):
			others = append(others, h)
		}
	}
	if len(named) > 0 {
		return named
	}
	return others
}

// expand puts the tenants' names into the names of hosts.
func (s service) expand(p *audit.Pass) []string {
	var names []string
	for _, n := range s.names {
		if !strings.Contains(n, "<tenant>") {
			names = append(names, strings.ToLower(n))
			continue
		}
		for d := range p.Evidence.Domains() {
			if tenant, _, ok := strings.Cut(strings.ToLower(d.ID()), "."); ok && d.Initial() {
				names = append(names, strings.ReplaceAll(n, "<tenant>", tenant))
			}
		}
	}
	return names
}

// sameButFirst says that a name with * in its first label stands for a host.
func sameButFirst(pattern, host string) bool {
	front, rest, ok := strings.Cut(pattern, "*")
	return ok && strings.HasPrefix(host, front) && strings.HasSuffix(host, rest) && len(host) > len(front)+len(rest)
}

// judge reports the hosts of a service that are not reached, place by place.
func (s service) judge(p *audit.Pass) {
	all := s.hostsOf(p)
	if len(all) == 0 {
		p.Doubt(audit.Because("noHostTried"))
	}
	for _, h := range all {
		sites, attempts := hosts.BySite(h.Connections)
		for _, site := range sites {
			of := plain(attempts[site])
			switch hosts.Reaching(of, enough(h.Name)) {
			case hosts.Silent:
				p.Report(s.finding(h, site, of))
			case hosts.Untold:
				p.Doubt(untold(h, site, of))
			case hosts.Answered:
			}
		}
	}
}

// plain leaves out single pages of a host: what they answer is judged elsewhere. They are all there is when nobody tried the connection as such.
func plain(attempts []evidence.Connection) []evidence.Connection {
	bare := slices.DeleteFunc(slices.Clone(attempts), func(c evidence.Connection) bool { return c.URL != "" })
	if len(bare) == 0 {
		return attempts
	}
	return bare
}

// enough is how far a try must have come. Hosts of Lync and Skype for Business may refuse a TLS handshake that is no client's.
func enough(host string) hosts.Far {
	if strings.HasSuffix(host, ".lync.com") {
		return hosts.ToTCP
	}
	return hosts.Whole
}

// untold is why a host was not judged from a place.
func untold(h *hosts.Host, site string, attempts []evidence.Connection) audit.Reason {
	name, from := audit.Str("host", hosts.Key(h.Name, h.Port)), audit.Str("site", site)
	if slices.ContainsFunc(attempts, hosts.Unauthenticated) {
		return audit.Because("behindProxy", name, from)
	}
	return audit.Because("hostUntold", name, from)
}

func (s service) finding(h *hosts.Host, site string, attempts []evidence.Connection) audit.Finding {
	last := hosts.Last(attempts)
	allow := s.allow
	if last.Group != "" {
		allow = last.Group
	}
	return audit.Finding{
		Subject: audit.HostSubject(h.Name, h.Port),
		Args: []audit.Arg{
			audit.Str("host", hosts.Key(h.Name, h.Port)), audit.Str("site", site), audit.Num("tries", last.Tries), audit.Num("answers", last.Answers),
			audit.Str("stage", stage(last)), audit.Str("endpoints", allow),
		},
		Evidence: facts(attempts),
	}
}

// stage is where an attempt ended, in a word of the text catalogue.
func stage(c evidence.Connection) string {
	if c.Stage == evidence.StageNone {
		return "none"
	}
	return c.Stage
}

// facts show attempts.
func facts(attempts []evidence.Connection) []audit.Fact {
	list := make([]audit.Fact, len(attempts))
	for i, c := range attempts {
		list[i] = audit.Fact{Name: "attempt", Values: hosts.Attempt(c)}
	}
	return list
}

// endpointsHere says what to allow for a host.
const endpointsHere = "Here: allow {host} (id {endpoints} of Microsoft's list of endpoints) from {site}; what failed is {stage}."
