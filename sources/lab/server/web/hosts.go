package weblab

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"

	"hybridaudit/sources/lab"
)

// at is a host on a port.
type at struct {
	host string // lower case
	port int
}

// served is a host that is ready to answer.
type served struct {
	lab.Host
	tls func() (*tls.Config, error) // with the certificate, which is made when somebody asks for it first; nil for port 80
}

// ready makes the hosts, and of certificates what others need. An organisation has many hosts, few of which anybody asks.
func ready(hosts []lab.Host, w *workshop) (map[at]*served, error) {
	all := map[at]*served{}
	for _, h := range hosts {
		k := at{fold(h.Name), h.Port}
		switch {
		case all[k] != nil:
			return nil, fmt.Errorf("the host %s stands twice on port %d", h.Name, h.Port)
		case h.Port != PortHTTP && h.Port != PortHTTPS && h.Port != PortFederation:
			return nil, fmt.Errorf("the host %s stands on port %d, which is not served", h.Name, h.Port)
		}
		one := &served{Host: h}
		if h.Port != PortHTTP {
			if err := w.prepare(h); err != nil {
				return nil, fmt.Errorf("the certificate of %s: %w", h.Name, err)
			}
			one.tls = sync.OnceValues(func() (*tls.Config, error) {
				certificate, err := w.make(h)
				if err != nil {
					return nil, fmt.Errorf("the certificate of %s: %w", h.Name, err)
				}
				return configuration(h, *certificate), nil
			})
		}
		all[k] = one
	}
	if k := (at{IssuerHost, PortHTTP}); all[k] == nil {
		all[k] = &served{Host: lab.Host{Name: IssuerHost, Port: PortHTTP}}
	}
	return all, nil
}

func configuration(h lab.Host, certificate tls.Certificate) *tls.Config {
	c := &tls.Config{
		Certificates: []tls.Certificate{certificate}, MinVersion: h.MinTLS, MaxVersion: h.MaxTLS, NextProtos: []string{"http/1.1"}, SessionTicketsDisabled: true,
	}
	if c.MinVersion == 0 {
		c.MinVersion = tls.VersionTLS12
		if h.MaxTLS != 0 {
			c.MinVersion = min(c.MinVersion, h.MaxTLS)
		}
	}
	return c
}

// fold writes a host as it is looked up.
func fold(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// hostname is the host of a Host header.
func hostname(header string) string {
	if host, _, err := net.SplitHostPort(header); err == nil {
		return host
	}
	return strings.Trim(header, "[]")
}

// find gives the host that answers for a name: the one of that name, or the one for all names below its nearest parent. It is nil when nothing answers.
func (s *Server) find(name string, port int) *served {
	name = fold(name)
	if h := s.hosts[at{name, port}]; h != nil {
		return h
	}
	for {
		_, parent, ok := strings.Cut(name, ".")
		if !ok {
			return s.hosts[at{"*", port}]
		}
		if h := s.hosts[at{"*." + parent, port}]; h != nil {
			return h
		}
		name = parent
	}
}

// page is what a host answers to a request: of the path with what follows its ?, of the path, of all others.
func (s *Server) page(h *served, uri, path string) *lab.Page {
	var other *lab.Page
	for _, wanted := range []string{uri, path} {
		for i, p := range h.Pages {
			if p.Path == "" {
				other = &h.Pages[i]
			} else if strings.EqualFold(p.Path, wanted) {
				return &h.Pages[i]
			}
		}
	}
	if h.Port == PortHTTP && fold(h.Name) == IssuerHost {
		if c := s.files[path]; c != nil {
			return &lab.Page{Status: 200, Header: map[string]string{"Content-Type": "application/pkix-cert"}, Body: string(c.Raw)}
		}
	}
	return other
}
