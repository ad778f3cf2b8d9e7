package documenttest

import (
	"errors"
	"fmt"
	"time"

	"hybridaudit/audit"
	"hybridaudit/sources/evidence"
)

// Places of the sample from which the network was looked at.
const (
	HeadOffice = "head-office"
	Branch     = "branch"
)

// network adds what was seen on the network, from two places. With Hostile, servers and certificates say what harms a reader.
func (f *filler) network() {
	for _, site := range []string{HeadOffice, Branch} {
		f.lookups(site)
		f.hosts(site)
	}
}

func observe[T evidence.Observation](f *filler, rows ...T) {
	for _, r := range rows {
		f.err = errors.Join(f.err, evidence.Observe(f.b, r))
	}
}

func (f *filler) lookups(site string) {
	look := func(name, kind, role, server, status string, ttl int, chain, values []string) evidence.Lookup {
		return evidence.Lookup{
			Site: site, Domain: "contoso.com", Name: name, Type: kind, Resolver: role, Server: server, Status: status, TTL: ttl, Chain: chain, Values: values, Asked: Taken,
		}
	}
	const (
		in, out, zone      = evidence.ResolverInternal, evidence.ResolverPublic, evidence.ResolverAuthoritative
		dc, one, eight, ns = "10.0.0.53:53", "1.1.1.1:53", "8.8.8.8:53", "192.0.2.53:53"
		ok                 = evidence.LookupAnswer
		none               = evidence.LookupNoName
	)
	online := []string{"webdir.online.lync.com"}
	const sip, discover = "_sip._tls.contoso.com", "lyncdiscover.contoso.com"
	observe(f,
		look(sip, "SRV", in, dc, none, 0, nil, nil),
		look(sip, "SRV", out, eight, ok, 120, nil, []string{"100 1 443 sipdir.online.lync.com"}),
		look(sip, "SRV", out, one, ok, 900, nil, []string{"100 1 443 sip.contoso.com"}),
		look(sip, "SRV", zone, ns, ok, 3600, nil, []string{"100 1 443 sipdir.online.lync.com"}),
		look(discover, "A", in, dc, evidence.LookupTimeout, 0, nil, nil),
		look(discover, "A", out, one, ok, 300, online, []string{"203.0.113.7", "203.0.113.8"}),
		look(discover, "AAAA", out, one, ok, 300, online, []string{"2001:db8::7"}),
		look(discover, "A", out, eight, ok, 60, online, []string{"203.0.113.7", "203.0.113.8"}),
		look(discover, "AAAA", out, eight, ok, 60, online, []string{"2001:db8::7"}),
		look(discover, "A", zone, ns, evidence.LookupLoop, 0, []string{"a.contoso.com", discover}, nil),
		look(discover, "AAAA", zone, ns, evidence.LookupNoData, 0, nil, nil),
		look("contoso.com", "SOA", zone, ns, ok, 3600, nil, []string{"ns1.contoso.com hostmaster.contoso.com 1 7200 900 1209600 3600"}),
	)
	wild := look("meet.contoso.com", "A", out, one, ok, 3600, nil, []string{"203.0.113.9"})
	wild.Forged, wild.Mixed = true, true
	pool := look("pool1.contoso.com", "A", in, dc, ok, 1200, nil, []string{"10.0.0.9"})
	pool.Domain = ""
	observe(f, wild, pool)
	if f.o.Hostile {
		for i, text := range harmful {
			observe(f, look(fmt.Sprintf("t%d.contoso.com", i), "TXT", out, one, ok, 3600, nil, []string{shorter(text)}))
		}
	}
}

// shorter cuts a text to what evidence keeps.
func shorter(s string) string { return s[:min(len(s), 4000)] }

func (f *filler) hosts(site string) {
	const day = 24 * time.Hour
	try := func(host string, port int, protocol, via string, tries, answers int, stage, failure string, status int) evidence.Connection {
		c := evidence.Connection{
			Site: site, Host: host, Port: port, Protocol: protocol, Purposes: []string{evidence.ForWeb}, Via: via, Tries: tries, Answers: answers, Stage: stage,
			Failure: failure, Status: status, Asked: Taken,
		}
		if via == evidence.ViaDirect {
			c.Address = "203.0.113.7:443"
		} else {
			c.Proxy = "proxy.contoso.com:8080"
		}
		return c
	}
	const direct, proxy = evidence.ViaDirect, evidence.ViaProxy
	observe(f,
		try("lyncdiscover.contoso.com", 443, "tls", direct, 2, 2, "", "", 0),
		try("lyncdiscover.contoso.com", 443, "https", direct, 1, 1, "", "", 503),
		try("lyncdiscover.contoso.com", 443, "tls", proxy, 2, 0, evidence.StageProxy, "the proxy wants credentials", 407),
		try("sip.contoso.com", 443, "tls", direct, 2, 2, "", "", 0),
		try("sip.contoso.com", 5061, "tls", direct, 2, 0, evidence.StageTCP, "connection refused", 0),
		try("meet.contoso.com", 443, "tls", direct, 3, 1, "", "the connection was closed", 0),
		try("private.contoso.com", 443, "tls", direct, 0, 0, evidence.StagePolicy, "its only address 10.0.0.9 is private", 0),
	)
	shake := func(host, leaf, trust, trouble string) evidence.Handshake {
		return evidence.Handshake{
			Site: site, Host: host, Port: 443, Via: direct, Address: "203.0.113.7:443", Purposes: []string{evidence.ForWeb}, Version: "TLS 1.3",
			Versions: []string{"TLS 1.2", "TLS 1.3"}, Chain: []string{leaf}, Trust: trust, TrustError: trouble, Asked: Taken,
		}
	}
	other := shake("sip.contoso.com", "bb", evidence.TrustNone, "the root is not known")
	other.Address, other.Version, other.NameError = "203.0.113.8:443", "TLS 1.2", "the certificate is for old.contoso.com"
	observe(f, shake("lyncdiscover.contoso.com", "aa", evidence.TrustSystem, ""), shake("sip.contoso.com", "aa", evidence.TrustConfigured, ""), other)
	subject := "CN=old.contoso.com"
	if f.o.Hostile {
		subject = harmful[0]
		for i, text := range harmful {
			h := shake(fmt.Sprintf("h%d.contoso.com", i), fmt.Sprintf("h%d", i), evidence.TrustNone, shorter(text))
			observe(f, h)
			observe(f, evidence.Certificate{Site: site, Fingerprint: h.Chain[0], Subject: shorter(text), Issuer: shorter(text), Ends: Taken})
		}
	}
	observe(f,
		evidence.Certificate{Site: site, Fingerprint: "aa", Subject: "CN=*.contoso.com", Issuer: "CN=Some CA,O=Some", Begins: Taken.Add(-300 * day), Ends: Taken.Add(19*day + time.Hour)},
		evidence.Certificate{Site: site, Fingerprint: "bb", Subject: subject, Issuer: "CN=Old CA", Begins: Taken.Add(-900 * day), Ends: Taken.Add(-time.Hour)},
	)
	observe(f,
		evidence.Clock{Site: site, Host: "lyncdiscover.contoso.com", Method: "http", Offset: -1500 * time.Millisecond, Uncertainty: time.Second, Asked: Taken, Via: direct},
		evidence.Clock{Site: site, Host: "time.contoso.com", Method: "ntp", Offset: 250 * time.Millisecond, Uncertainty: time.Millisecond, Asked: Taken, Via: direct},
		evidence.Clock{Site: site, Host: "away.contoso.com", Method: "ntp", Failure: "no answer in time", Asked: Taken, Via: direct},
	)
}

// networkRules find a fault of each kind of subject: a record everywhere, a record at one place, a zone, a host.
func networkRules() []*audit.Rule {
	lookups := []audit.Need{{Dataset: evidence.DNSLookups}}
	rule := func(id string, needs []audit.Need, findings ...audit.Finding) *audit.Rule {
		return &audit.Rule{
			ID: id, Category: "net", Severity: audit.Low, Title: "Sample", Why: "Sample.", Fix: "Sample.", Message: "sample", Needs: needs,
			Check: audit.Once(func(p *audit.Pass) {
				for _, f := range findings {
					p.Report(f)
				}
			}),
		}
	}
	domain := audit.DomainSubject("contoso.com")
	return []*audit.Rule{
		rule("DNS-901", lookups, audit.Finding{Subject: domain, Args: []audit.Arg{audit.Str("record", "_sip._tls.contoso.com")}}),
		rule("DNS-902", lookups, audit.Finding{Subject: domain, Args: []audit.Arg{audit.Str("record", "lyncdiscover.contoso.com"), audit.Str("site", Branch)}}),
		rule("DNS-903", lookups, audit.Finding{Subject: domain}),
		rule("NET-901", []audit.Need{{Dataset: evidence.ProbeConnections}},
			audit.Finding{Subject: audit.HostSubject("sip.contoso.com", 443)},
			audit.Finding{Subject: audit.HostSubject("sip.contoso.com", 5061), Args: []audit.Arg{audit.List("sites", []string{HeadOffice})}},
			audit.Finding{Subject: domain, Args: []audit.Arg{audit.Str("host", "lyncdiscover.contoso.com:443")}}),
	}
}
