package probe

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"hybridaudit/sources/evidence"
)

// trusted is how far a chain is trusted.
type trusted struct {
	level       string // one of evidence.TrustSystem and the like
	fault       string
	root, print string
	missing     []string // subjects
}

// What is fetched at most to complete a chain.
const (
	maxMissing = 4 // certificates
	maxIssuers = 3 // addresses of one certificate
)

// errNoAuthorities says that the audit host cannot tell whom to trust.
var errNoAuthorities = errors.New("the audit host's system has no list of authorities that it trusts")

// trust finds out how far a chain as served is trusted, at a time when the server's own certificate and its issuer's are valid: whether they are now is judged apart,
// by the rows of the certificates. Missing certificates are fetched from the addresses in those that are there.
func (p *prober) trust(ctx context.Context, served []*x509.Certificate) trusted {
	at := validity(p.now(), served)
	t, err := p.verified(served, nil, at)
	if err == nil {
		return t
	}
	if p.rootless {
		p.fault(evidence.ProbeHandshakes, "%v", errNoAuthorities)
		return trusted{level: evidence.TrustUnknown, fault: errNoAuthorities.Error()}
	}
	var (
		fetched []*x509.Certificate
		path    = climb(served[0], served)
		last    = path[len(path)-1]
		unknown bool
	)
	for range maxMissing {
		if selfSigned(last) {
			break
		}
		var parent *x509.Certificate
		if parent, unknown = p.issuerOf(ctx, last); parent == nil {
			break
		}
		fetched = append(fetched, parent)
		p.see(parent)
		if t, err := p.verified(served, fetched, at); err == nil {
			return t
		}
		last = parent
	}
	t = trusted{level: evidence.TrustNone, fault: err.Error(), missing: unsent(fetched, served)}
	if unknown {
		t.level = evidence.TrustUnknown
		t.missing = append(t.missing, last.Issuer.String())
	}
	if selfSigned(last) {
		t.root, t.print = last.Subject.String(), fingerprint(last)
	}
	return t
}

// trustInTime does what trust does, and no longer than three attempts may take, however many addresses there are to fetch certificates from.
func (p *prober) trustInTime(ctx context.Context, served []*x509.Certificate) trusted {
	ctx, cancel := context.WithTimeoutCause(ctx, 3*p.cfg.Timeout, errSlow)
	defer cancel()
	return p.trust(ctx, served)
}

// validity is now, or the time nearest to it at which the server's own certificate and, as far as one was served, its issuer's are valid.
func validity(now time.Time, served []*x509.Certificate) time.Time {
	at := within(now, served[0])
	nearest := at
	for _, c := range served[1:] {
		if !isIssuer(c, served[0]) {
			continue
		}
		if within(at, c).Equal(at) {
			return at
		}
		nearest = within(at, c)
	}
	return nearest
}

// within is now, or the time nearest to it at which a certificate is valid.
func within(now time.Time, c *x509.Certificate) time.Time {
	switch {
	case now.After(c.NotAfter):
		return c.NotAfter
	case now.Before(c.NotBefore):
		return c.NotBefore
	}
	return now
}

// climb follows a certificate to its issuers as far as they are among the given ones.
func climb(from *x509.Certificate, among []*x509.Certificate) []*x509.Certificate {
	path := []*x509.Certificate{from}
	for last := from; !selfSigned(last); last = path[len(path)-1] {
		i := slices.IndexFunc(among, func(c *x509.Certificate) bool { return isIssuer(c, last) && !slices.ContainsFunc(path, c.Equal) })
		if i < 0 {
			break
		}
		path = append(path, among[i])
	}
	return path
}

// isIssuer says that a certificate is that of the issuer of another.
func isIssuer(parent, c *x509.Certificate) bool {
	return bytes.Equal(parent.RawSubject, c.RawIssuer) && signs(parent, c)
}

// verified says how far a chain is trusted with these certificates; the error says why it is not. Signatures that are too weak for today are a fact about the
// certificate and not about the trust in the authority: the lower end of the chain is walked up to where they end, and the rest is verified in full.
func (p *prober) verified(served, fetched []*x509.Certificate, at time.Time) (trusted, error) {
	all := slices.Concat(served, fetched)
	start := aboveWeak(climb(served[0], all), at)
	options := x509.VerifyOptions{Intermediates: x509.NewCertPool(), CurrentTime: at, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}
	for _, c := range all {
		options.Intermediates.AddCert(c)
	}
	options.Roots = p.cfg.Public
	chains, err := start.Verify(options)
	level := evidence.TrustSystem
	if err != nil && p.cfg.Own != nil {
		options.Roots, level = p.cfg.Own, evidence.TrustConfigured
		var own error
		if chains, own = start.Verify(options); own == nil {
			err = nil
		}
	}
	if err != nil {
		return trusted{}, err
	}
	return shortest(chains, served, level), nil
}

// aboveWeak is the certificate at which the part of a chain begins whose signatures are strong enough to be verified in full: the first one when all are.
func aboveWeak(path []*x509.Certificate, at time.Time) *x509.Certificate {
	start := path[0]
	for i, c := range path[:len(path)-1] {
		parent := path[i+1]
		if at.After(parent.NotAfter) || at.Before(parent.NotBefore) || !parent.IsCA {
			break
		}
		if weak(c.SignatureAlgorithm) {
			start = parent
		}
	}
	return start
}

func weak(a x509.SignatureAlgorithm) bool { return a == x509.SHA1WithRSA || a == x509.ECDSAWithSHA1 }

// shortest takes the chain that needs the fewest certificates that the server did not send.
func shortest(chains [][]*x509.Certificate, served []*x509.Certificate, level string) trusted {
	var best trusted
	for i, chain := range chains {
		root := chain[len(chain)-1]
		t := trusted{level: level, root: root.Subject.String(), print: fingerprint(root)}
		if len(chain) > 1 {
			t.missing = unsent(chain[:len(chain)-1], served)
		}
		if len(t.missing) > 0 {
			t.level = evidence.TrustCompleted
		}
		if i == 0 || len(t.missing) < len(best.missing) || len(t.missing) == len(best.missing) && t.print < best.print {
			best = t
		}
	}
	return best
}

// unsent are the subjects of certificates that the server should have sent: all but roots.
func unsent(needed, served []*x509.Certificate) []string {
	var subjects []string
	for _, c := range needed {
		if !slices.ContainsFunc(served, c.Equal) && !selfSigned(c) {
			subjects = append(subjects, c.Subject.String())
		}
	}
	return subjects
}

// issuerOf fetches the certificate of the issuer of another. Nil is returned when there is none; unknown says that there should be one, and that it could not be had.
func (p *prober) issuerOf(ctx context.Context, c *x509.Certificate) (issuer *x509.Certificate, unknown bool) {
	tried := 0
	for _, address := range c.IssuingCertificateURL {
		if _, _, err := webURL(address); err != nil || tried == maxIssuers {
			continue
		}
		tried++
		found, err := p.issuers.get(ctx, address, maxFailures, func() ([]*x509.Certificate, error) {
			body, err := p.fetch(ctx, address)
			if err != nil {
				return nil, err
			}
			return parseCertificates(body)
		})
		if err != nil {
			p.cfg.Log.Debug("issuer's certificate not to be had", "url", address, "error", err)
			continue
		}
		if i := slices.IndexFunc(found, func(one *x509.Certificate) bool { return isIssuer(one, c) }); i >= 0 {
			return found[i], false
		}
	}
	return nil, len(c.IssuingCertificateURL) > 0
}
