package probe

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"maps"
	"net/http"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
)

// maxRevocation is how many addresses for revocation are tried.
const maxRevocation = 200

// The kinds of revocation addresses.
const (
	revokedByList = "crl"
	revokedByOCSP = "ocsp"
)

// revocationURL is an address that certificates name for checking whether they were revoked.
type revocationURL struct {
	kind, url string
	prints    []string
	leaf      bool // a server's own certificate names it
}

// revocation tries the addresses that the certificates name.
func (p *prober) revocation(ctx context.Context) {
	all := p.revocationURLs()
	if len(all) > maxRevocation {
		p.fault(evidence.ProbeRevocation, "the certificates name %d addresses for revocation, of which %d were tried", len(all), maxRevocation)
		all = all[:maxRevocation]
	}
	if len(all) > 0 {
		p.tried(evidence.ProbeRevocation)
	}
	left := p.each(ctx, len(all), func(ctx context.Context, i int) { p.revoke(ctx, all[i]) })
	for _, u := range all[len(all)-left:] {
		p.fault(evidence.ProbeRevocation, "the time was over before %s could be tried", clip(u.url, maxText))
	}
}

// revocationURLs lists the addresses, those of the servers' own certificates first.
func (p *prober) revocationURLs() []revocationURL {
	p.seen.mu.Lock()
	defer p.seen.mu.Unlock()
	found := map[string]*revocationURL{}
	add := func(kind, url, print string, leaf bool) {
		u := found[kind+" "+url]
		if u == nil {
			u = &revocationURL{kind: kind, url: url}
			found[kind+" "+url] = u
		}
		u.prints = append(u.prints, print)
		u.leaf = u.leaf || leaf
	}
	for print, c := range p.seen.byPrint {
		if selfSigned(c) { // nobody asks whether a root was revoked
			continue
		}
		for kind, urls := range map[string][]string{revokedByList: c.CRLDistributionPoints, revokedByOCSP: c.OCSPServer} {
			for _, url := range head(urls, maxAddressed) {
				if isLDAP(url) && reachesWeb(c) {
					continue
				}
				add(kind, url, print, !c.IsCA)
			}
		}
	}
	all := make([]revocationURL, 0, len(found))
	for _, key := range slices.Sorted(maps.Keys(found)) {
		u := *found[key]
		slices.Sort(u.prints)
		all = append(all, u)
	}
	slices.SortStableFunc(all, func(a, b revocationURL) int { return cmp.Compare(b2i(b.leaf), b2i(a.leaf)) })
	return all
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func isLDAP(url string) bool {
	return len(url) >= 5 && strings.EqualFold(url[:5], "ldap:") || len(url) >= 6 && strings.EqualFold(url[:6], "ldaps:")
}

// reachesWeb says that a certificate names an address for revocation that everybody can use.
func reachesWeb(c *x509.Certificate) bool {
	return slices.ContainsFunc(slices.Concat(c.CRLDistributionPoints, c.OCSPServer), func(url string) bool { _, _, err := webURL(url); return err == nil })
}

// revoke tries one address.
func (p *prober) revoke(ctx context.Context, u revocationURL) {
	row := evidence.Revocation{URL: u.url, Kind: u.kind, Certificates: u.prints, Via: evidence.ViaDirect}
	if isLDAP(u.url) {
		row.Stage, row.Failure = evidence.StagePolicy, "only computers of the organisation's own network can use an ldap address"
		record(p, row)
		return
	}
	var a answer
	for range 2 {
		a = p.follow(ctx, u.url, linked)
		if a.row.Through() || a.interrupted || a.row.Stage == evidence.StagePolicy {
			break
		}
	}
	if a.interrupted {
		p.fault(evidence.ProbeRevocation, "the time was over before %s could be tried", clip(u.url, maxText))
		return
	}
	row.Stage, row.Failure, row.Status, row.Via = a.row.Stage, a.row.Failure, a.row.Status, a.row.Via
	if u.kind == revokedByOCSP && a.row.Through() { // any answer proves that the service is there
		row.Stage, row.Failure = evidence.StageNone, ""
	}
	if u.kind == revokedByList && row.Stage == evidence.StageNone && !isList(a) {
		row.Stage, row.Failure = evidence.StageHTTP, "the answer is no revocation list"
	}
	record(p, row)
}

// isList says that an answer is, or begins as, a revocation list.
func isList(a answer) bool {
	return a.row.Status == http.StatusOK && (bytes.HasPrefix(a.body, []byte{0x30}) || bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("-----BEGIN X509 CRL")))
}
