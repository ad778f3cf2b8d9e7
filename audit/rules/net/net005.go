package net

import (
	"cmp"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hybridaudit/audit"
	"hybridaudit/audit/hosts"
	"hybridaudit/sources/evidence"
)

// NET005 finds certificates of which nobody can tell whether they were revoked.
var NET005 = &audit.Rule{
	ID: "NET-005", Category: "net", Severity: audit.Medium,
	Title: "Certificate revocation cannot be checked",
	Why: "Clients that cannot check whether a certificate was revoked wait until they give up, on each connection, or refuse the connection with a certificate error. Computers outside of " +
		"the domain are hit first.",
	Fix: "Allow TCP 80 from clients and servers to the hosts that the certificates name (those of public authorities are endpoint id 125 of Microsoft's list), directly or through a proxy without " +
		"authentication. For an authority of your own publish the revocation list at an http address that is reached from everywhere (Properties of the authority, Extensions, CDP), and " +
		"issue the certificates again. certutil -url <file> shows whether it works.",
	FixHere: "Here: {host}, from {site}.",
	Guards: "What is tried are the addresses in the certificates that were seen, not lists of old ones. One address that answers is enough for a certificate; certificates that name none are not judged. " +
		"Addresses that were not tried, because they are private and not permitted or behind a proxy that wants credentials, are not assessed.",
	Refs:    []audit.Ref{{Title: "KB 2409256"}, {Title: "KB 2604176"}, {Title: "Microsoft 365 URLs and IP address ranges, id 125"}},
	Message: "from {site} it cannot be checked whether certificates were revoked ({host}): {obstacle}; certificates: {certificates}",
	// Of certificates that name LDAP addresses only there is a finding for each.
	Identity: []string{"site", "certificate"},
	Needs: []audit.Need{
		{Dataset: evidence.ProbeRevocation, PartOK: true}, {Dataset: evidence.ProbeCertificates, PartOK: true}, {Dataset: evidence.ProbeHandshakes, Optional: true},
	},
	Check: audit.Once(func(p *audit.Pass) {
		j := revocationJudge{p: p, dead: map[deadKey][]evidence.Certificate{}}
		for _, c := range slices.SortedFunc(p.Evidence.Certificates(), func(a, b evidence.Certificate) int {
			return cmp.Or(strings.Compare(a.Site, b.Site), byFingerprint(a, b))
		}) {
			j.judge(c)
		}
		j.report()
	}),
}

// deadKey is a host that does not answer at a place.
type deadKey struct {
	site, host string
	port       int
}

type revocationJudge struct {
	p    *audit.Pass
	dead map[deadKey][]evidence.Certificate
}

func (j *revocationJudge) judge(c evidence.Certificate) {
	web, directory := split(slices.Concat(c.CRL, c.OCSP))
	if len(web) == 0 {
		if len(directory) > 0 {
			j.reportDirectory(c, directory)
		}
		return
	}
	var dead []deadKey
	for _, text := range web {
		r, ok := j.p.Hosts().Revocation(c.Site, text)
		switch {
		case ok && hosts.Reached(r):
			return
		case !ok || r.Stage == evidence.StagePolicy || r.Status == 407:
			j.p.Doubt(audit.Because("revocationUntold", audit.Str("url", text), audit.Str("site", c.Site)))
			return
		}
		if host, port, ok := place(text); ok {
			dead = append(dead, deadKey{c.Site, host, port})
		}
	}
	for i, key := range dead {
		if !slices.Contains(dead[:i], key) {
			j.dead[key] = append(j.dead[key], c)
		}
	}
}

// split parts addresses by what they need: http and https, and ldap.
func split(addresses []string) (web, directory []string) {
	for _, a := range addresses {
		switch scheme, _, _ := strings.Cut(strings.ToLower(a), ":"); scheme {
		case "http", "https":
			web = append(web, a)
		case "ldap", "ldaps":
			directory = append(directory, a)
		}
	}
	return web, directory
}

// place is the host and port of an http or https address.
func place(text string) (host string, port int, ok bool) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return "", 0, false
	}
	port = 80
	if strings.EqualFold(u.Scheme, "https") {
		port = httpsPort
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return "", 0, false
		}
	}
	return strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), port, true
}

func (j *revocationJudge) report() {
	for _, key := range slices.SortedFunc(maps.Keys(j.dead), func(a, b deadKey) int {
		return strings.Compare(a.site+"\x00"+hosts.Key(a.host, a.port), b.site+"\x00"+hosts.Key(b.host, b.port))
	}) {
		certificates := j.dead[key]
		slices.SortFunc(certificates, byFingerprint)
		f := audit.Finding{
			Subject: audit.HostSubject(key.host, key.port),
			Args: []audit.Arg{
				audit.Str("site", key.site), audit.Str("host", hosts.Key(key.host, key.port)), audit.Str("certificate", ""), audit.Str("obstacle", "unreachable"), subjects(certificates),
			},
		}
		var tried []evidence.Revocation
		for _, c := range certificates {
			f.Evidence = append(f.Evidence, audit.Fact{Name: "certificate", Values: hosts.Certificate(c)})
			web, _ := split(slices.Concat(c.CRL, c.OCSP))
			for _, text := range web {
				r, _ := j.p.Hosts().Revocation(key.site, text)
				if !slices.ContainsFunc(tried, func(t evidence.Revocation) bool { return t.URL == r.URL }) {
					tried = append(tried, r)
				}
			}
		}
		for _, r := range tried {
			f.Evidence = append(f.Evidence, audit.Fact{Name: "attempt", Values: hosts.RevocationAttempt(r)})
		}
		j.p.Report(f)
	}
}

func byFingerprint(a, b evidence.Certificate) int {
	return strings.Compare(a.Fingerprint, b.Fingerprint)
}

// subjects names certificates.
func subjects(certificates []evidence.Certificate) audit.Arg {
	var names []string
	for _, c := range certificates {
		if !slices.Contains(names, c.Subject) {
			names = append(names, c.Subject)
		}
	}
	slices.Sort(names)
	return audit.List("certificates", names)
}

// reportDirectory reports a certificate that only members of a domain can check, on the server that serves it.
func (j *revocationJudge) reportDirectory(c evidence.Certificate, directory []string) {
	for _, h := range j.p.Hosts().Hosts() {
		if !slices.ContainsFunc(h.Handshakes, func(t evidence.Handshake) bool { return t.Site == c.Site && slices.Contains(t.Chain, c.Fingerprint) }) {
			continue
		}
		j.p.Report(audit.Finding{
			Subject: audit.HostSubject(h.Name, h.Port),
			Args: []audit.Arg{
				audit.Str("site", c.Site), audit.Str("host", hosts.Key(h.Name, h.Port)), audit.Str("certificate", c.Fingerprint), audit.Str("obstacle", "directoryOnly"),
				subjects([]evidence.Certificate{c}),
			},
			Evidence: []audit.Fact{{Name: "certificate", Values: hosts.Certificate(c)}, {Name: "addresses", Values: directory}},
		})
		return
	}
}
