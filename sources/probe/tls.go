package probe

import (
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"golang.org/x/crypto/ocsp"

	"hybridaudit/sources/evidence"
)

// shaken is a handshake that was tried.
type shaken struct {
	place   place
	proxy   *url.URL
	via     string
	address string
	asked   time.Time
	err     error
	state   tls.ConnectionState
	served  []*x509.Certificate // at most maxChain
	// versions says that it is to be tried which versions the server accepts.
	versions bool
}

// maxChain is how many certificates of a chain are kept.
const maxChain = 10

// suites are all that this program can do, the weak ones as well: what a server does is to be seen.
func suites() []uint16 {
	var ids []uint16
	for _, s := range tls.CipherSuites() {
		ids = append(ids, s.ID)
	}
	for _, s := range tls.InsecureCipherSuites() {
		ids = append(ids, s.ID)
	}
	return ids
}

// groups are the key exchanges that are offered: those of today's Windows clients. The larger ones that come after them make the first message too long for one packet,
// over which old servers and firewalls stumble.
func groups() []tls.CurveID {
	return []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521}
}

// shake makes a handshake of one version of TLS, or, for 0, of the best that both sides can do. The certificates are kept as served and not judged.
func (p *prober) shake(ctx context.Context, conn net.Conn, host string, version uint16) *shaken {
	s := &shaken{asked: p.now()}
	asked := false // for a certificate
	config := &tls.Config{
		ServerName: host, CipherSuites: suites(), CurvePreferences: groups(), MinVersion: max(version, tls.VersionTLS10), MaxVersion: version,
		InsecureSkipVerify: true, //nolint:gosec // nothing is sent; the chain is recorded as served and judged afterwards
		VerifyConnection: func(state tls.ConnectionState) error {
			s.state, s.served = state, state.PeerCertificates[:min(maxChain, len(state.PeerCertificates))]
			return nil
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			asked = true
			return new(tls.Certificate), nil
		},
	}
	if isAddress(host) {
		config.ServerName = "" // servers are told names only
	}
	s.err = tls.Client(conn, config).HandshakeContext(ctx)
	// A server that wants to see a certificate first, as the federation port of an Edge does, has shown its own; so has one whose key is too weak for this program.
	if s.err != nil && len(s.served) > 0 && ctx.Err() == nil && (asked || tooWeak(s.served[0])) {
		s.err = nil
	}
	return s
}

// tooWeak says that this program refuses to make a handshake with the key.
func tooWeak(c *x509.Certificate) bool {
	key, ok := c.PublicKey.(*rsa.PublicKey)
	return ok && key.N.BitLen() < 1024
}

// secure makes a connection a TLS one, for a request.
func (p *prober) secure(ctx context.Context, conn net.Conn, host string) (*tls.Conn, error) {
	config := &tls.Config{
		ServerName: host, CipherSuites: suites(), CurvePreferences: groups(), MinVersion: tls.VersionTLS10,
		InsecureSkipVerify: true, //nolint:gosec // a request without anything secret; certificates are judged apart
	}
	if isAddress(host) {
		config.ServerName = ""
	}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return secured, nil
}

// proven says whether certificates prove that a host is the one that it is asked as, to anybody or to this organisation's computers.
func (p *prober) proven(served []*x509.Certificate, host string) bool {
	if len(served) == 0 {
		return false
	}
	options := x509.VerifyOptions{DNSName: bracketed(host), Intermediates: x509.NewCertPool(), CurrentTime: p.now()}
	for _, c := range served[1:min(maxChain, len(served))] {
		options.Intermediates.AddCert(c)
	}
	options.Roots = p.cfg.Public
	_, err := served[0].Verify(options)
	if err != nil && p.cfg.Own != nil {
		options.Roots = p.cfg.Own
		_, err = served[0].Verify(options)
	}
	return err == nil
}

// judgeChains finds out how far the chains of all handshakes are trusted, and which versions the organisation's own hosts accept.
func (p *prober) judgeChains(ctx context.Context) {
	left := p.each(ctx, len(p.shaken), func(ctx context.Context, i int) { p.judge(ctx, p.shaken[i]) })
	for _, s := range p.shaken[len(p.shaken)-left:] {
		p.fault(evidence.ProbeHandshakes, "the time was over before the certificate of %s:%d could be looked at", s.place.host, s.place.port)
	}
}

func (p *prober) judge(ctx context.Context, s *shaken) {
	row := evidence.Handshake{
		Host: s.place.host, Port: s.place.port, Via: s.via, Address: s.address, Purposes: s.place.purposes, Domains: s.place.domains, Asked: s.asked,
	}
	if s.err != nil {
		row.Failure = failureText(s.err)
	} else {
		row.Version, row.Cipher = tls.VersionName(s.state.Version), tls.CipherSuiteName(s.state.CipherSuite)
		row.Stapled = stapled(s.state.OCSPResponse)
	}
	if s.err == nil && len(s.served) > 0 {
		for _, c := range s.served {
			row.Chain = append(row.Chain, p.see(c))
		}
		row.NameError = nameError(s.served[0], s.place.host)
		t := p.trustInTime(ctx, s.served)
		if interrupted(ctx) {
			p.fault(evidence.ProbeHandshakes, "the time was over before the certificate of %s:%d could be looked at", row.Host, row.Port)
			return
		}
		row.Trust, row.TrustError, row.Root, row.RootPrint, row.Missing = t.level, t.fault, t.root, t.print, t.missing
	}
	if s.versions && !errors.Is(s.err, context.DeadlineExceeded) { // who does not answer at all does not answer to a single version
		row.Versions, row.Tried = p.acceptedVersions(ctx, s)
	}
	record(p, row)
}

// acceptedVersions tries each version of TLS by itself. A try that ended before the server could answer tells nothing, and the version was not tried.
func (p *prober) acceptedVersions(ctx context.Context, s *shaken) (accepted, tried []string) {
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		if s.err == nil && s.state.Version == version {
			accepted, tried = append(accepted, tls.VersionName(version)), append(tried, tls.VersionName(version))
			continue
		}
		switch yes, told := p.acceptsAtAll(ctx, s, version); {
		case !told:
		case yes:
			accepted = append(accepted, tls.VersionName(version))
			fallthrough
		default:
			tried = append(tried, tls.VersionName(version))
		}
	}
	return accepted, tried
}

// acceptsAtAll tries a version. Some servers say that they do not know it; others just close the connection, as they do with those who ask too much at a time: they are
// tried again.
func (p *prober) acceptsAtAll(ctx context.Context, s *shaken, version uint16) (yes, told bool) {
	err, told := p.accepts(ctx, s, version)
	if told && err != nil && !alerted(err) {
		err, told = p.accepts(ctx, s, version)
	}
	return told && err == nil, told
}

// accepts makes one handshake. The error is that of the handshake; told is false when there was none.
func (p *prober) accepts(ctx context.Context, s *shaken, version uint16) (err error, told bool) {
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	conn, _, fault := p.open(ctx, s.place, s.proxy)
	if fault != nil {
		return nil, false
	}
	defer conn.Close()
	now := p.shake(ctx, conn, s.place.host, version)
	return now.err, ctx.Err() == nil
}

// alerted says that the server itself said, within TLS, that it makes no handshake.
func alerted(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// stapled tells what a server says about its certificate's revocation. Whether that is signed by the right one is not looked at.
func stapled(response []byte) string {
	if len(response) == 0 {
		return ""
	}
	r, err := ocsp.ParseResponse(response, nil)
	if err != nil {
		return "unreadable"
	}
	switch r.Status {
	case ocsp.Good:
		return "good"
	case ocsp.Revoked:
		return "revoked"
	}
	return "unknown"
}
