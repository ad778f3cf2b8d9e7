package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// proxyFor tells the proxy for a host, nil when there is none: proxies are for ports 80 and 443.
func (p *prober) proxyFor(scheme, host string, port int) *url.URL {
	if port != 80 && port != 443 {
		return nil
	}
	proxy, err := p.cfg.Proxy(&url.URL{Scheme: scheme, Host: net.JoinHostPort(host, strconv.Itoa(port))})
	if err != nil || proxy == nil || proxy.Hostname() == "" {
		return nil
	}
	return proxy
}

// proxyAddress is host:port of a proxy.
func proxyAddress(proxy *url.URL) string {
	port := proxy.Port()
	if port == "" {
		port = map[string]string{"https": "443", "socks5": "1080"}[proxy.Scheme]
	}
	if port == "" {
		port = "80"
	}
	return net.JoinHostPort(proxy.Hostname(), port)
}

// dialProxy connects to a proxy, which the configuration names. A name that DNS does not know may be known to the system, as short names are.
func (p *prober) dialProxy(ctx context.Context, proxy *url.URL) (net.Conn, *stageError) {
	if proxy.Scheme != "http" && proxy.Scheme != "https" {
		return nil, &stageError{stage: evidence.StageProxy, failure: fmt.Sprintf("a proxy of the kind %q is not spoken to", proxy.Scheme)}
	}
	host, port, _ := net.SplitHostPort(proxyAddress(proxy))
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, &stageError{stage: evidence.StageProxy, failure: fmt.Sprintf("%q is no port of a proxy", port)}
	}
	places := []string{net.JoinHostPort(host, port)}
	if to, ok := p.cfg.Detours.Of(host, number); ok {
		places[0] = to
	} else if found, _, err := p.addresses(ctx, address.DomainKey(host)); err == nil {
		places = places[:0]
		for _, at := range bothKinds(found)[:min(maxAddresses, len(found))] {
			places = append(places, net.JoinHostPort(at.String(), port))
		}
	}
	var (
		conn  net.Conn
		fault *stageError
	)
	for i, place := range places {
		if conn, fault = p.connectTo(ctx, "tcp", place, len(places)-i); fault == nil || fault.interrupted {
			break
		}
	}
	if fault != nil {
		fault.stage, fault.failure = evidence.StageProxy, "the proxy cannot be reached: "+fault.failure
		return nil, fault
	}
	if proxy.Scheme == "http" {
		return conn, nil
	}
	secured := tls.Client(conn, &tls.Config{ServerName: host, InsecureSkipVerify: true}) //nolint:gosec // nothing secret is sent; whether a proxy's certificate is good is not the question
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, &stageError{stage: evidence.StageProxy, failure: "the proxy makes no TLS connection: " + failureText(err), interrupted: interrupted(ctx)}
	}
	return secured, nil
}

// maxHeader is how much of an answer's beginning is read, in bytes.
const maxHeader = 32 << 10

// tunnel connects to a host through a proxy, within the time for one attempt. No credentials are sent.
func (p *prober) tunnel(ctx context.Context, proxy *url.URL, host string, port int, k kind) (net.Conn, *stageError) {
	host = address.DomainKey(host)
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	if fault := p.mayThrough(ctx, host, port, k); fault != nil {
		return nil, fault
	}
	conn, fault := p.dialProxy(ctx, proxy)
	if fault != nil {
		return nil, fault
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(past) })
	defer stop()
	to := net.JoinHostPort(host, strconv.Itoa(port))
	if _, err := fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n\r\n", to, to, userAgent); err != nil {
		conn.Close()
		return nil, ended(ctx, evidence.StageProxy, err)
	}
	status, rest, err := readConnect(conn)
	if err != nil {
		conn.Close()
		return nil, ended(ctx, evidence.StageProxy, err)
	}
	p.heard()
	if status != http.StatusOK {
		conn.Close()
		return nil, &stageError{stage: evidence.StageProxy, failure: refusal(status), status: status}
	}
	return &continued{Conn: conn, rest: rest}, nil
}

// readConnect reads the answer to CONNECT. What came behind it belongs to the host.
func readConnect(conn net.Conn) (status int, rest *bufio.Reader, err error) {
	limited := &io.LimitedReader{R: conn, N: maxHeader}
	rest = bufio.NewReader(limited)
	res, err := http.ReadResponse(rest, &http.Request{Method: http.MethodConnect})
	if err != nil {
		if limited.N <= 0 {
			err = errors.New("the proxy's answer is too long")
		}
		return 0, nil, err
	}
	res.Body.Close()
	limited.N = 1 << 62
	return res.StatusCode, rest, nil
}

func refusal(status int) string {
	if status == http.StatusProxyAuthRequired {
		return "the proxy asks for credentials (407)"
	}
	return fmt.Sprintf("the proxy answered %d", status)
}

// continued is a connection of which a reader has already taken some.
type continued struct {
	net.Conn
	rest *bufio.Reader
}

// Read reads what came with the proxy's answer first.
func (c *continued) Read(b []byte) (int, error) { return c.rest.Read(b) }

// mayThrough says why a host may not be asked for through a proxy. The proxy finds the address itself, so of a host that nobody vouches for all addresses must be
// known here, and be good ones.
func (p *prober) mayThrough(ctx context.Context, host string, port int, k kind) *stageError {
	if why := p.guard.hostFault(host, port, k); why != "" {
		return &stageError{stage: evidence.StagePolicy, failure: why}
	}
	if p.guard.trusted(host) || p.guard.private.hosts[host] {
		return nil
	}
	found, chain, err := p.addresses(ctx, host)
	if err != nil {
		return &stageError{stage: evidence.StagePolicy, failure: "its address is not known here, and a proxy might lead anywhere", interrupted: interrupted(ctx)}
	}
	for _, at := range found {
		if why := p.guard.addressFault(host, chain, at); why != "" {
			return &stageError{stage: evidence.StagePolicy, failure: why + ", and only names that somebody else decides on lead there"}
		}
	}
	return nil
}
