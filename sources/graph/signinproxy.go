package graph

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpproxy"

	"hybridaudit/sources/evidence/directory"
)

// proxies sends requests through the proxies that the environment names now: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in capitals or not. Loopback is never asked
// for through one. (The function of net/http is the same, but for reading the environment once for the whole process.)
func proxies() func(*http.Request) (*url.URL, error) {
	choose := httpproxy.FromEnvironment().ProxyFunc()
	return func(req *http.Request) (*url.URL, error) { return choose(req.URL) }
}

// proxyError says that a proxy did not let a connection through.
type proxyError struct {
	proxy   string // host:port
	status  int
	schemes []string // that it lets people sign in by
}

func (e *proxyError) Error() string {
	if e.status != http.StatusProxyAuthRequired {
		return fmt.Sprintf("the proxy %s does not let the connection through (HTTP %d)", e.proxy, e.status)
	}
	text := fmt.Sprintf("the proxy %s wants credentials (HTTP 407)", e.proxy)
	if len(e.schemes) > 0 && !slices.ContainsFunc(e.schemes, func(s string) bool { return strings.EqualFold(s, "Basic") }) {
		return text + ", by " + strings.Join(e.schemes, ", ") + ", which this program cannot give: have the addresses of the tenant let through without them"
	}
	return text + ": write them into the address, HTTPS_PROXY=http://account:password@" + e.proxy + ", or correct them if they are there"
}

// lets looks at a proxy's answer to CONNECT. What it says in words is not passed on.
func lets(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	e := &proxyError{proxy: directory.Printable(proxy.Host, 200), status: resp.StatusCode}
	for _, offer := range resp.Header.Values("Proxy-Authenticate") {
		if scheme, _, _ := strings.Cut(strings.TrimSpace(offer), " "); scheme != "" {
			e.schemes = append(e.schemes, directory.Printable(scheme, 30))
		}
	}
	return e
}

// proxyText says what is wrong with the proxy, "" when that is not where it went wrong.
func proxyText(err error) string {
	var (
		refused *proxyError
		network *net.OpError
	)
	switch {
	case errors.As(err, &refused):
		return refused.Error()
	case errors.As(err, &network) && network.Op == "proxyconnect":
		return "the proxy that the environment names (HTTPS_PROXY) cannot be used: " + directory.Printable(innermost(network).Error(), 200)
	}
	return ""
}

// proxyLasting tells the faults of a proxy that trying again cannot mend.
func proxyLasting(err error) bool {
	var refused *proxyError
	return errors.As(err, &refused) && refused.status < http.StatusInternalServerError
}
