// Package tls holds the rules about certificates and TLS.
package tls

import (
	"slices"
	"time"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/audit/records"
	"hybridaudit/sources/evidence"
)

// handshakeNeeds are the handshakes and the certificates that were served in them. What was seen from one place holds whatever another one was to tell.
func handshakeNeeds() []audit.Need {
	return []audit.Need{{Dataset: evidence.ProbeHandshakes, PartOK: true}, {Dataset: evidence.ProbeCertificates, PartOK: true}, {Dataset: evidence.DNSLookups, Optional: true}}
}

// own says that a host stands for the organisation itself. A name that the zone gives for any name, as it would for one that nobody uses, is no host of Skype for Business, and
// an alias of a host of Microsoft is Microsoft's, whatever a device on the way shows in its place (TLS-005).
func own(p *audit.Pass, h *hosts.Host) bool { return h.Own() && !anyName(p, h) && !ofMicrosoft(p, h) }

// ofMicrosoft says that a name is an alias of a host of Microsoft, to everybody or at all places inside that tell.
func ofMicrosoft(p *audit.Pass, h *hosts.Host) bool {
	x := p.Records()
	views := []records.Record{x.Outside(h.Name, records.A)}
	for _, site := range x.Sites() {
		views = append(views, x.Inside(site, h.Name, records.A))
	}
	views = slices.DeleteFunc(views, func(r records.Record) bool { return r.State != records.Present })
	return len(views) > 0 && !slices.ContainsFunc(views, func(r records.Record) bool { return !slices.ContainsFunc(r.Answer.Chain, hosts.MicrosoftName) })
}

// anyName says that a host was only looked at because the zone answers for any name, and nothing leads there.
func anyName(p *audit.Pass, h *hosts.Host) bool {
	x := p.Records()
	if r := x.Outside(h.Name, records.A); !r.Wildcard || h.For(evidence.ForFederation, evidence.ForEWS, evidence.ForAutodiscover, evidence.ForAsked, evidence.ForMicrosoft) {
		return false
	}
	for _, site := range x.Sites() {
		if in := x.Inside(site, h.Name, records.A); in.State == records.Present && !in.Wildcard {
			return false
		}
	}
	return !slices.ContainsFunc(h.Domains, func(d string) bool {
		leads := func(label string) bool { return x.Outside(label+"."+d, records.SRV).Reaches(h.Name) }
		return slices.Contains(x.Edges(d), h.Name) || leads("_sip._tls") || leads("_sipfederationtls._tcp")
	})
}

// served is what a host of the organisation showed in a handshake.
type served struct {
	handshake evidence.Handshake
	chain     []evidence.Certificate // the server's own first
}

func (s served) leaf() evidence.Certificate { return s.chain[0] }

// whenServed lets a rule judge only when a host of the organisation was tried.
func whenServed(p *audit.Pass) audit.Reason {
	for _, h := range p.Hosts().Hosts() {
		if own(p, h) && len(h.Handshakes) > 0 {
			return audit.Reason{}
		}
	}
	if len(unserved(p)) > 0 {
		return audit.Reason{} // the check says why it cannot judge
	}
	return audit.Because("noOwnHost")
}

// unserved lists the hosts of the organisation that were reached and of which no handshake tells anything, although one was tried.
func unserved(p *audit.Pass) []*hosts.Host {
	var list []*hosts.Host
	for _, h := range p.Hosts().Hosts() {
		if own(p, h) && h.Port != federationPort && len(h.Handshakes) > 0 && len(h.Served()) == 0 {
			list = append(list, h)
		}
	}
	return list
}

// federationPort is the port of SIP between Access Edges, where both ends want certificates: that a handshake fails there says nothing.
const federationPort = 5061

// eachOwn judges every host of the organisation that showed a certificate; those that are Microsoft's own under a name of the organisation are left out. A host that refuses is a
// fact of which other rules speak; when all did that were tried, there is nothing to judge.
func eachOwn(judge func(p *audit.Pass, h *hosts.Host, all []served)) audit.Check {
	return audit.Once(func(p *audit.Pass) {
		shown := false
		for _, h := range p.Hosts().Hosts() {
			if !own(p, h) {
				continue
			}
			shown = shown || len(h.Served()) > 0
			if all := servedBy(p, h); len(all) > 0 {
				judge(p, h, all)
			}
		}
		if refusing := unserved(p); !shown && len(refusing) > 0 {
			p.Doubt(audit.Because("noHandshake", audit.Str("host", hosts.Key(refusing[0].Name, refusing[0].Port))))
		}
	})
}

// servedBy gives what a host showed, without what is Microsoft's.
func servedBy(p *audit.Pass, h *hosts.Host) []served {
	var all []served
	for _, t := range h.Served() {
		chain, ok := p.Hosts().Chain(t)
		if !ok {
			p.Doubt(audit.Because("noCertificate", audit.Str("host", hosts.Key(h.Name, h.Port))))
			continue
		}
		if !hosts.OfMicrosoft(t, chain[0]) {
			all = append(all, served{t, chain})
		}
	}
	return all
}

// now is the time by which certificates are judged: when the evidence was taken, put right where others agree that the clock of the host that looked was wrong.
func now(p *audit.Pass, site string) time.Time { return p.Hosts().Time(site, p.Now()) }

// facts show handshakes and the certificates that were sent, each once.
func facts(all []served) []audit.Fact {
	var list []audit.Fact
	var shown []string
	for _, s := range all {
		list = append(list, audit.Fact{Name: "handshake", Values: hosts.Handshake(s.handshake)})
		for _, c := range s.chain {
			if !slices.Contains(shown, c.Fingerprint) {
				shown = append(shown, c.Fingerprint)
				list = append(list, audit.Fact{Name: "certificate", Values: hosts.Certificate(c)})
			}
		}
	}
	return list
}

// clockFacts show that a wrong clock was taken into account.
func clockFacts(p *audit.Pass, sites ...string) []audit.Fact {
	var list []audit.Fact
	for _, site := range sites {
		if at := now(p, site); !at.Equal(p.Now()) {
			list = append(list, audit.Fact{Name: "judgedAt", Values: []string{"site: " + site, at.UTC().Format(time.RFC3339), "clock of the audit host: " + p.Now().UTC().Format(time.RFC3339)}})
		}
	}
	return list
}

func subject(h *hosts.Host) audit.Subject { return audit.HostSubject(h.Name, h.Port) }

func hostArg(h *hosts.Host) audit.Arg { return audit.Str("host", hosts.Key(h.Name, h.Port)) }
