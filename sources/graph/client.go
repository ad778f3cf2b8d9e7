package graph

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	abs "github.com/microsoft/kiota-abstractions-go"
	khttp "github.com/microsoft/kiota-http-go"
	core "github.com/microsoftgraph/msgraph-sdk-go-core"
	coreauth "github.com/microsoftgraph/msgraph-sdk-go-core/authentication"
	"golang.org/x/time/rate"

	"hybridaudit/sources/evidence/directory"
)

// maxBody is the largest answer that is taken, unpacked: some ten times the largest page of users with every licence there is.
const maxBody = 256 << 20

// client asks one Graph root. All that it sends are GET requests, and POST requests that hold several of them.
type client struct {
	cfg     resolved
	root    *url.URL
	adapter *core.GraphRequestAdapterBase
	http    *http.Client
	parent  *http.Transport
	cred    *credential
	limiter *rate.Limiter
	budget  *budget
}

func newClient(cfg resolved) (*client, error) {
	parent, ok := http.DefaultTransport.(*http.Transport)
	if !ok {
		return nil, errors.New("the default HTTP transport was replaced")
	}
	parent = parent.Clone() // HTTP/2, transparent gzip
	parent.Proxy, parent.OnProxyConnectResponse = proxies(), lets
	parent.TLSClientConfig = &tls.Config{RootCAs: cfg.RootCAs, MinVersion: tls.VersionTLS12}
	parent.MaxIdleConnsPerHost = cfg.Streams + 1

	// Every request has a context with a time limit of its own: a client-wide timeout would cover waits and whole bodies.
	signIn := &http.Client{Transport: parent, CheckRedirect: checkRedirect(cfg.login)}
	cred := newCredential(cfg, signIn)
	auth, err := coreauth.NewAzureIdentityAuthenticationProviderWithScopesAndValidHosts(cred, cred.scopes, []string{cfg.graph.Hostname()})
	if err != nil {
		return nil, fmt.Errorf("graph authentication provider: %w", err)
	}
	options := core.GraphClientOptions{GraphServiceVersion: "v1.0"}
	// The order is explicit: the SDK's default one comes out of a map. Its retry and redirect handlers are left out, waiting and links are handled
	// where the coverage is known.
	pipeline := khttp.NewCustomTransportWithParentTransport(parent,
		core.NewGraphTelemetryHandler(&options),
		khttp.NewUserAgentHandlerWithOptions(&khttp.UserAgentHandlerOptions{Enabled: true, ProductName: "hybridaudit", ProductVersion: cfg.Version}),
	)
	plain := &http.Client{Transport: pipeline, CheckRedirect: checkRedirect(cfg.graph)}
	adapter, err := core.NewGraphRequestAdapterBaseWithParseNodeFactoryAndSerializationWriterFactoryAndHttpClient(auth, options, nil, nil, plain)
	if err != nil {
		return nil, fmt.Errorf("graph request adapter: %w", err)
	}
	adapter.SetBaseUrl(cfg.graph.String() + "/v1.0")
	c := &client{cfg: cfg, root: cfg.graph, adapter: adapter, http: plain, parent: parent, cred: cred,
		limiter: rate.NewLimiter(rate.Inf, 1), budget: newBudget(cfg.Clock)}
	if cfg.RequestsPerSecond > 0 {
		c.limiter = rate.NewLimiter(rate.Limit(cfg.RequestsPerSecond), 1)
	}
	return c, nil
}

// request is one thing to ask for.
type request struct {
	url     *url.URL
	headers map[string]string
	plain   bool   // text/plain is the right answer
	batch   []byte // the questions of a batch; nil for a GET
	parts   int    // how many they are
}

// answer is what a request got, status 200.
type answer struct {
	body       []byte
	generation int // of the token that it was asked with
}

const (
	stable = "v1.0"
	beta   = "beta"
)

// url gives the address of a path below v1.0 with OData options.
func (c *client) url(path string, options ...string) *url.URL {
	return c.versionURL(stable, path, options...)
}

// versionURL gives the address of a path below an API version with OData options.
func (c *client) versionURL(version, path string, options ...string) *url.URL {
	u := *c.root
	u.Path = "/" + version + "/" + path
	u.RawPath = u.Path // parentheses and apostrophes are sent as they are
	u.RawQuery = query(options...)
	return &u
}

// query makes a query of names and values in turn.
func query(options ...string) string {
	var pairs []string
	for i := 0; i+1 < len(options); i += 2 {
		pairs = append(pairs, options[i]+"="+strings.NewReplacer("%2C", ",", "+", "%20").Replace(url.QueryEscape(options[i+1])))
	}
	return strings.Join(pairs, "&")
}

// told logs an answer with the ids that support asks for; never a value.
func (c *client) told(r request, resp *http.Response, size int) {
	if resp != nil {
		c.cfg.Log.Debug("Graph answered", "path", r.url.Path, "status", resp.StatusCode, "bytes", size,
			"request-id", resp.Header.Get("request-id"), "client-request-id", resp.Header.Get("client-request-id"))
	}
}

// get asks until there is an answer to keep: it waits for a busy service, renews a refused token once and repeats what came broken. check looks at the
// body before it is accepted; its errors count as a broken body. The body is appended to buf.
func (c *client) get(ctx context.Context, r request, buf []byte, check func(answer) error) ([]byte, error) {
	p := patience{clock: c.cfg.Clock, most: c.cfg.MaxWait}
	renewed := false
	fam := familyOf(r.url.Path)
	for {
		if err := c.budget.admit(ctx, fam, &p); err != nil {
			return buf, err
		}
		generation, resp, body, err := c.once(ctx, r, buf[:0]) //nolint:bodyclose // once has read and closed it
		buf = body
		c.told(r, resp, len(body))
		if resp != nil {
			c.budget.note(fam, resp.Header)
		}
		if err == nil && resp.StatusCode == http.StatusOK {
			if err = check(answer{body, generation}); err == nil {
				return body, nil
			}
		}
		if ctx.Err() != nil {
			return buf, context.Cause(ctx)
		}
		switch {
		case err != nil && repeatable(err):
			c.cfg.Log.Warn("Graph page is asked for again", "path", r.url.Path, "fault", err.Error())
			err = p.again(ctx, err)
		case err != nil:
		case resp.StatusCode == http.StatusUnauthorized && !renewed:
			renewed = true
			c.cfg.Log.Info("Graph token is renewed", "path", r.url.Path, "request-id", resp.Header.Get("request-id"))
			err = c.cred.renew(ctx, generation, challenge(resp.Header))
		case resp.StatusCode == http.StatusUnauthorized:
			err = &UnauthorizedError{Answer: statusError(resp, body)}
		case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusServiceUnavailable, resp.StatusCode == http.StatusGatewayTimeout:
			c.cfg.Log.Info("Graph asks to wait", "path", r.url.Path, "status", resp.StatusCode, "retryAfter", directory.Printable(resp.Header.Get("Retry-After"), 40),
				"request-id", resp.Header.Get("request-id"))
			err = c.yield(ctx, fam, &p, resp)
		case resp.StatusCode == http.StatusInternalServerError, resp.StatusCode == http.StatusBadGateway:
			err = p.again(ctx, statusError(resp, body))
		default:
			err = statusError(resp, body)
		}
		if err != nil {
			return buf, err
		}
	}
}

// yield waits as a busy service asks. The other streams of a family that is throttled are held back for as long; they are not when the wait is too long for
// this one, as the next may have more luck.
func (c *client) yield(ctx context.Context, f family, p *patience, resp *http.Response) error {
	d, err := p.ask(resp.StatusCode, resp.Header)
	if err != nil {
		return err
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		c.budget.hold(f, resp.Header, d)
	}
	return c.cfg.Clock.Sleep(ctx, d)
}

// once sends a single request and reads the whole answer.
func (c *client) once(ctx context.Context, r request, buf []byte) (generation int, resp *http.Response, body []byte, err error) {
	for range max(1, r.parts) {
		if err := c.limiter.Wait(ctx); err != nil {
			return 0, nil, buf, err
		}
	}
	_, generation, err = c.cred.token(ctx) // here, not below: a busy sign-in service may take longer than one request
	if err != nil {
		return 0, nil, buf, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	req, err := c.native(ctx, r)
	if err != nil {
		return generation, nil, buf, err
	}
	resp, err = c.http.Do(req)
	if err != nil {
		var link *LinkError
		if errors.As(err, &link) {
			return generation, nil, buf, link
		}
		return generation, nil, buf, &connectionError{host: c.root.Host, err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = readBody(resp, buf)
	if err != nil {
		return generation, resp, body, err
	}
	if resp.StatusCode == http.StatusOK && !r.plain && !isJSON(resp.Header.Get("Content-Type")) {
		return generation, resp, body, &bodyError{problem: fmt.Sprintf("the answer is %q and not JSON (is a proxy in between?)",
			directory.Printable(resp.Header.Get("Content-Type"), 60))}
	}
	return generation, resp, body, nil
}

// native lets the SDK build the request, token included.
func (c *client) native(ctx context.Context, r request) (*http.Request, error) {
	info := abs.NewRequestInformation()
	info.Method = abs.GET
	info.SetUri(*r.url)
	info.Headers.TryAdd("Accept", "application/json")
	for name, value := range r.headers {
		info.Headers.TryAdd(name, value)
	}
	if r.batch != nil {
		info.Method = abs.POST
		info.Headers.TryAdd("Content-Type", "application/json")
	}
	native, err := c.adapter.ConvertToNativeRequest(ctx, info)
	if err != nil {
		return nil, err
	}
	req, ok := native.(*http.Request)
	if !ok || req.Header.Get("Authorization") == "" {
		return nil, errors.New("the SDK gave no request with a token") // it drops the token silently for hosts it does not know
	}
	if r.batch != nil { // the SDK's own body has no length
		req.ContentLength = int64(len(r.batch))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.batch)), nil }
		req.Body, err = req.GetBody()
	}
	return req, err
}

// readBody appends the whole body to buf.
func readBody(resp *http.Response, buf []byte) ([]byte, error) {
	limit := maxBody
	if resp.StatusCode != http.StatusOK {
		limit = 64 << 10
	}
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := resp.Body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case err == io.EOF:
			return buf, nil
		case err != nil:
			return buf, &bodyError{problem: "the answer was cut off: " + connectionOr(err, resp.Request.URL.Host)}
		case len(buf) > limit && resp.StatusCode != http.StatusOK:
			return buf[:limit], nil
		case len(buf) > limit:
			return buf, fmt.Errorf("the answer is larger than %d MiB", limit>>20)
		}
	}
}

func connectionOr(err error, host string) string {
	return (&connectionError{host: host, err: err}).Error()
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}

var claimsText = regexp.MustCompile(`claims="([A-Za-z0-9+/=_-]+)"`)

// challenge gives the claims that a 401 asks for in the next token, "" for none.
func challenge(h http.Header) string {
	m := claimsText.FindStringSubmatch(h.Get("WWW-Authenticate"))
	if m == nil {
		return ""
	}
	claims, err := base64.StdEncoding.DecodeString(m[1])
	if err != nil {
		return ""
	}
	return string(claims)
}

func (c *client) close() { c.parent.CloseIdleConnections() }
