package graph

import (
	"net/http"
	"net/url"
	"strings"
)

// sameOrigin tells whether a URL keeps the scheme, host and port of another.
func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b) && a.User == nil
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	switch u.Scheme {
	case "https":
		return "443"
	case "http":
		return "80"
	}
	return ""
}

// follow checks a nextLink before it is requested.
func (c *client) follow(link string, seen map[string]bool) (*url.URL, error) {
	u, err := url.Parse(link)
	if err != nil || u.Hostname() == "" {
		return nil, &LinkError{Problem: "is not an absolute URL"}
	}
	if !sameOrigin(u, c.root) {
		return nil, &LinkError{Problem: "leaves " + c.root.String() + " and was not requested", Origin: u.Scheme + "://" + u.Host}
	}
	if seen[link] {
		return nil, &LinkError{Problem: "was followed before; the service is going in circles"}
	}
	return u, nil
}

// maxRedirects is how often one request may be sent on within the service.
const maxRedirects = 3

// checkRedirect lets a redirect through only within the Graph root's origin.
func checkRedirect(root *url.URL) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		if !sameOrigin(req.URL, root) {
			return &LinkError{Redirect: true, Problem: "leaves " + root.String() + " and was not followed", Origin: req.URL.Scheme + "://" + req.URL.Host}
		}
		if len(via) > maxRedirects {
			return &LinkError{Redirect: true, Problem: "is one of too many"}
		}
		return nil
	}
}
