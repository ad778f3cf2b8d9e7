package net

import (
	"maps"
	"slices"
	"strconv"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
)

// mediaPort is the port of media relays that all kinds of media can use.
const mediaPort = 3478

// NET003 finds places from which media relays are not reached over UDP.
var NET003 = &audit.Rule{
	ID: "NET-003", Category: "net", Severity: audit.Medium,
	Title: "Media ports blocked",
	Why: "Audio, video and sharing fall back to TCP 443, which waits for lost packets instead of leaving them out: speech stutters, pictures freeze. With port 3478 alone they work, and " +
		"their kinds cannot be told apart for priorities in the network.",
	Fix: "Allow UDP 3478 to 3481 from the clients' networks to the ranges of endpoint id 11 of Microsoft's list (52.112.0.0/14, 52.122.0.0/15, 2603:1063::/38), and the answers back. 3478 is for all, 3479 for " +
		"audio, 3480 for video, 3481 for sharing. Leave these ranges out of the proxy and the VPN.",
	FixHere: "Here: no answer came to {site} from the UDP ports {ports} of {host}.",
	Guards: "Packets get lost: a port counts as silent only when two tries at least got no answer. Relays may one day leave anonymous questions unanswered: silence of all of them on all ports from all " +
		"places is not assessed. From a place where nothing answers although another place got answers: medium. Some ports silent beside others that answer: low.",
	Refs:     []audit.Ref{{Title: "KB 2409256"}, {Title: "Microsoft 365 URLs and IP address ranges, id 11"}},
	Message:  "media relays do not answer {site} on the UDP ports {ports}; ports that answer: {openPorts}",
	Identity: []string{"site"},
	Needs:    connectionNeeds(),
	Check: audit.Once(func(p *audit.Pass) {
		all := relays(p)
		if len(all) == 0 {
			p.Doubt(audit.Because("noRelayTried"))
		}
		anywhere := slices.ContainsFunc(all, func(r relay) bool { return len(r.open) > 0 })
		for _, r := range all {
			switch {
			case len(r.untold) > 0 && len(r.shut) == 0:
				p.Doubt(audit.Because("hostUntold", audit.Str("host", hosts.Key(r.name, r.untold[0])), audit.Str("site", r.site)))
			case len(r.open) == 0 && !anywhere:
				p.Doubt(audit.Because("relaysSilent", audit.Str("site", r.site)))
			case len(r.shut) > 0:
				p.Report(silence(r))
			}
		}
	}),
}

// relay is what was seen of media relays from a place.
type relay struct {
	site, name string // of the first by name
	open, shut []int  // ports that some relay answered on, and those that none did
	untold     []int  // ports of which neither is known
	attempts   []evidence.Connection
}

// relays gives what was seen of media relays, by place.
func relays(p *audit.Pass) []relay {
	var attempts []evidence.Connection
	for _, h := range p.Hosts().Hosts() {
		for _, c := range h.Connections {
			if c.Protocol == "stun" {
				attempts = append(attempts, c)
			}
		}
	}
	sites, of := hosts.BySite(attempts)
	var all []relay
	for _, site := range sites {
		r := relay{site: site, attempts: of[site], name: of[site][0].Host} // attempts are in the order of hosts
		ports := map[int]hosts.Reach{}
		for _, c := range r.attempts {
			switch {
			case c.Through():
				ports[c.Port] = hosts.Answered
			case ports[c.Port] == hosts.Answered:
			case c.Tries >= 2 && c.Stage != evidence.StageName && c.Stage != evidence.StagePolicy:
				ports[c.Port] = hosts.Silent
			case ports[c.Port] == hosts.Untold:
				ports[c.Port] = hosts.Untold // noted, so that the port is known to have been meant
			}
		}
		for _, port := range slices.Sorted(maps.Keys(ports)) {
			switch ports[port] {
			case hosts.Answered:
				r.open = append(r.open, port)
			case hosts.Silent:
				r.shut = append(r.shut, port)
			case hosts.Untold:
				r.untold = append(r.untold, port)
			}
		}
		all = append(all, r)
	}
	return all
}

func silence(r relay) audit.Finding {
	f := audit.Finding{
		Subject: audit.HostSubject(r.name, mediaPort), Evidence: facts(r.attempts),
		Args: []audit.Arg{audit.Str("host", r.name), audit.Str("site", r.site), audit.List("ports", numbers(r.shut)), audit.List("openPorts", []string{"none"})},
	}
	if len(r.open) > 0 {
		f.Severity = audit.Low
		f.Args[3] = audit.List("openPorts", numbers(r.open))
	}
	return f
}

func numbers(ports []int) []string {
	list := make([]string, len(ports))
	for i, n := range ports {
		list[i] = strconv.Itoa(n)
	}
	return list
}
