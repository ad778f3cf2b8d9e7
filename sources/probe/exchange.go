package probe

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

// userAgent names the program to the servers that it asks.
const userAgent = "hybridaudit"

// maxBody is how much of an answer is read, in bytes, when the request does not say.
const maxBody = 256 << 10

// past is a deadline that ends what a connection is doing.
var past = time.Unix(1, 0)

// request is a plain request without credentials and cookies.
type request struct {
	url    string
	kind   kind
	via    string // evidence.ViaDirect, which "" is, or evidence.ViaProxy
	method string // GET when ""
	accept string // */* when ""
	limit  int64  // how much of the body is read; 0 is maxBody
	// personal says that the address names a person: it is sent only to a host that proves to be the right one.
	personal bool
}

// answer is what became of a request.
type answer struct {
	// row is filled but for Site, Purposes, Domains, Group and Answer.
	row    evidence.Connection
	header http.Header
	body   []byte
	cut    bool // the body is longer than was read, or broke off
	// began is when the request was on its way, ended when the header of the answer was there.
	began, ended time.Time
	// interrupted says that everything ends: what became of the request tells nothing about the host.
	interrupted bool
}

// vias lists the ways in which an address can be asked for: directly and, where there is one, through the proxy.
func (p *prober) vias(rawURL string) []string {
	ways := []string{evidence.ViaDirect}
	if u, port, err := webURL(rawURL); err == nil && p.proxyFor(u.Scheme, u.Hostname(), port) != nil {
		ways = append(ways, evidence.ViaProxy)
	}
	return ways
}

// webURL takes an http or https address apart.
func webURL(rawURL string) (*url.URL, int, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "" {
		return nil, 0, errors.New("it is no http or https address")
	}
	port, err := portOf(u.Scheme, u.Port())
	if err != nil {
		return nil, 0, err
	}
	u.User, u.Fragment = nil, ""
	return u, port, nil
}

// get sends a request and reads the answer, all within the time for one attempt however slowly it comes. It follows no redirect. Certificates are not verified: that
// is done apart, and nothing secret is sent.
func (p *prober) get(ctx context.Context, r request) answer {
	a := answer{row: evidence.Connection{Via: r.via, URL: r.url, Tries: 1, Asked: p.now()}}
	if r.via == "" {
		a.row.Via = evidence.ViaDirect
	}
	u, port, err := webURL(r.url)
	if err != nil {
		a.row.Stage, a.row.Failure = evidence.StagePolicy, err.Error()
		return a
	}
	a.row.Host, a.row.Port, a.row.Protocol = address.DomainKey(u.Hostname()), port, u.Scheme
	if r.personal && u.Scheme != "https" {
		a.row.Stage, a.row.Failure = evidence.StagePolicy, "the address that is asked for names a person, and would be sent in clear text"
		return a
	}
	ctx, cancel := p.bounded(ctx)
	defer cancel()
	begin := time.Now()
	if fault := p.exchange(ctx, r, u, &a); fault != nil {
		a.row.Stage, a.row.Failure, a.row.Status, a.interrupted = fault.stage, fault.failure, fault.status, fault.interrupted
		return a
	}
	a.row.Answers, a.row.Took = 1, time.Since(begin)
	return a
}

// exchange does what get does, with the connection.
func (p *prober) exchange(ctx context.Context, r request, u *url.URL, a *answer) *stageError {
	conn, plain, fault := p.way(ctx, r, u, a)
	if fault != nil {
		return fault
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(past) })
	defer stop()
	stream := conn
	if u.Scheme == "https" {
		secured, err := p.secure(ctx, conn, a.row.Host)
		if err != nil {
			return ended(ctx, evidence.StageTLS, err)
		}
		if r.personal && !p.proven(secured.ConnectionState().PeerCertificates, a.row.Host) {
			return &stageError{stage: evidence.StagePolicy, failure: "the certificate does not prove that this is the host, and the address that is asked for names a person"}
		}
		stream = secured
	}
	method, target := r.method, u.RequestURI()
	if method == "" {
		method = http.MethodGet
	}
	if plain { // a proxy is asked for the whole address
		target = u.String()
	}
	accept := r.accept
	if accept == "" {
		accept = "*/*"
	}
	a.began = p.now()
	if _, err := fmt.Fprintf(stream, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\nAccept: %s\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n",
		method, target, u.Host, userAgent, accept); err != nil {
		return ended(ctx, evidence.StageHTTP, err)
	}
	if fault := p.readAnswer(ctx, stream, method, r.limit, a); fault != nil {
		return fault
	}
	p.heard()
	if plain && a.row.Status == http.StatusProxyAuthRequired {
		return &stageError{stage: evidence.StageProxy, failure: refusal(a.row.Status), status: a.row.Status}
	}
	return nil
}

// way connects to the host, or to the proxy. Plain says that the connection is to a proxy that is to be asked for the whole address.
func (p *prober) way(ctx context.Context, r request, u *url.URL, a *answer) (conn net.Conn, plain bool, fault *stageError) {
	if a.row.Via != evidence.ViaProxy {
		conn, a.row.Address, fault = p.dial(ctx, "tcp", a.row.Host, a.row.Port, r.kind)
		return conn, false, fault
	}
	proxy := p.proxyFor(u.Scheme, a.row.Host, a.row.Port)
	if proxy == nil {
		return nil, false, &stageError{stage: evidence.StagePolicy, failure: "there is no proxy for it"}
	}
	a.row.Proxy = proxyAddress(proxy)
	if u.Scheme == "https" {
		conn, fault = p.tunnel(ctx, proxy, a.row.Host, a.row.Port, r.kind)
		return conn, false, fault
	}
	if fault = p.mayThrough(ctx, a.row.Host, a.row.Port, r.kind); fault != nil {
		return nil, false, fault
	}
	conn, fault = p.dialProxy(ctx, proxy)
	return conn, true, fault
}

// readAnswer reads status, header and the beginning of the body.
func (p *prober) readAnswer(ctx context.Context, conn net.Conn, method string, limit int64, a *answer) *stageError {
	limited := &io.LimitedReader{R: conn, N: maxHeader}
	in := bufio.NewReader(limited)
	var res *http.Response
	for range 5 { // informational answers come before the real one
		var err error
		if res, err = http.ReadResponse(in, &http.Request{Method: method}); err != nil {
			if limited.N <= 0 {
				return &stageError{stage: evidence.StageHTTP, failure: "the header of the answer is too long"}
			}
			return p.unread(ctx, err)
		}
		if res.StatusCode >= 200 {
			break
		}
	}
	defer res.Body.Close()
	a.ended = p.now()
	a.header, a.row.Status = res.Header, res.StatusCode
	if res.StatusCode/100 == 3 {
		a.row.Location = res.Header.Get("Location")
	}
	if limit == 0 {
		limit = maxBody
	}
	limited.N = limit + maxHeader // chunks have headers, too
	body, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil && interrupted(ctx) {
		return ended(ctx, evidence.StageHTTP, err)
	}
	a.cut = err != nil || int64(len(body)) > limit
	a.body = body[:min(int64(len(body)), limit)]
	return nil
}

// unread words what kept an answer from being read: errors about its form quote it, at whatever length.
func (p *prober) unread(ctx context.Context, err error) *stageError {
	fault := ended(ctx, evidence.StageHTTP, err)
	if strings.Contains(fault.failure, "malformed") || strings.Contains(fault.failure, "textproto") || strings.Contains(fault.failure, "net/http") {
		fault.failure = "the answer is no HTTP"
	}
	return fault
}
