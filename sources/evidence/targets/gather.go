package targets

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/address"
)

func (c *collection) tenantDomains(s *evidence.Snapshot) {
	for d := range s.Domains() {
		one := c.domain(d.ID())
		if one == nil {
			continue
		}
		one.Verified, one.Unverified = one.Verified || d.Verified(), one.Unverified || !d.Verified()
		one.Federated = one.Federated || strings.EqualFold(d.Authentication(), "Federated")
		if d.Initial() {
			one.Initial = true
			name, _, _ := strings.Cut(one.Name, ".")
			c.tenants[name] = true
		}
	}
}

// people adds the domains of people's addresses. Those of contacts are the business of others.
func (c *collection) people(s *evidence.Snapshot) {
	known := map[string]*Domain{"": nil} // an organisation has few domains and many people
	of := func(addr string) *Domain {
		domain := address.Domain(addr)
		d, ok := known[domain]
		if !ok {
			d = c.domain(domain)
			known[strings.Clone(domain)] = d
		}
		return d
	}
	mail := func(d *Domain) {
		if d != nil {
			d.Mail = true
		}
	}
	sip := func(d *Domain) {
		if d != nil {
			d.SIP = true
		}
	}
	for o := range s.ADObjects(evidence.ADUsers) {
		sip(of(o.SIP()))
		mail(of(o.Mail()))
		for v := range o.ProxyAddresses() {
			if p := address.ParseProxy(v); p.Kind == address.SMTP {
				mail(of(p.Value))
			}
		}
		if d := of(o.UPN()); d != nil {
			d.SignIn = true
		}
	}
	for u := range s.TenantUsers() {
		if strings.EqualFold(u.UserType(), "Guest") {
			continue
		}
		for v := range u.ProxyAddresses() {
			switch p := address.ParseProxy(v); p.Kind {
			case address.SMTP:
				mail(of(p.Value))
			case address.SIP:
				sip(of(p.Value))
			}
		}
	}
}

// The ports of Skype for Business: of the Access Edge and of federation.
const (
	portHTTPS      = 443
	portFederation = 5061
)

func (c *collection) deployment(s *evidence.Snapshot) {
	for d := range s.ADDomains() {
		if one := c.domain(d.Name()); one != nil {
			one.Directory = true
		}
	}
	for dc := range s.ADServers() {
		if name := address.DomainKey(dc.Host()); plausible(name) {
			c.named[name] = true
		}
	}
	for e := range s.Entries(evidence.ADTopology) {
		if d := e.Text("msRTCSIP-DomainName"); d != "" {
			if one := c.domain(d); one != nil {
				one.SIP = true
			}
		}
		if edge := e.Text("msRTCSIP-EdgeProxyFQDN"); edge != "" {
			c.host(edge, portHTTPS, evidence.ForEdge, "")
			c.host(edge, portFederation, evidence.ForEdge, "")
		}
		c.server(e.Text("msRTCSIP-TrustedServerFQDN"))
	}
	for e := range s.Exports(evidence.ServerSIPDomains) {
		if one := c.domain(e.Text("Name")); one != nil {
			one.SIP = true
		}
	}
	for p := range s.Pools() {
		c.server(p.Host())
		if p.Host() != "" {
			c.host(p.Host(), portHTTPS, evidence.ForWeb, "")
		}
	}
}

func (c *collection) server(name string) {
	if name = address.DomainKey(name); plausible(name) {
		c.servers[name], c.named[name] = true, true
	}
}

// exchange adds the hosts of the service connection points of Autodiscover. Web services stand on the same hosts.
func (c *collection) exchange(s *evidence.Snapshot) {
	for e := range s.Entries(evidence.ADConnectionPoints) {
		for _, text := range e.Attribute("serviceBindingInformation") {
			host, port, ok := splitURL(text)
			if !ok || !strings.Contains(strings.ToLower(text), "autodiscover") {
				continue
			}
			c.host(host, port, evidence.ForAutodiscover, "", text)
			c.host(host, port, evidence.ForEWS, "", "https://"+join(host, port)+"/EWS/Exchange.asmx")
		}
	}
}

// metadataPath is where AD FS describes itself.
const metadataPath = "/FederationMetadata/2007-06/FederationMetadata.xml"

func (c *collection) federations(s *evidence.Snapshot) {
	for f := range s.Federations() {
		domain := address.DomainKey(f.Domain())
		for _, text := range []string{f.PassiveURI(), f.MetadataURI(), f.ActiveURI()} {
			host, port, ok := splitURL(text)
			if !ok {
				continue
			}
			c.host(host, port, evidence.ForFederation, domain)
			switch u, err := url.Parse(text); {
			case err == nil && strings.HasPrefix(strings.ToLower(u.Path), "/adfs/"):
				c.host(host, port, evidence.ForFederation, domain, "https://"+join(host, port)+metadataPath)
			case text == f.MetadataURI():
				c.host(host, port, evidence.ForFederation, domain, text)
			}
		}
	}
}

// splitURL takes an https address apart. Others are nobody's business here: what is named in clear text is no service that signs people in.
func splitURL(text string) (host string, port int, ok bool) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || !strings.EqualFold(u.Scheme, "https") || u.Hostname() == "" {
		return "", 0, false
	}
	if port = portHTTPS; u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return "", 0, false
		}
	}
	return address.DomainKey(u.Hostname()), port, true
}

// splitHost takes host:port apart; the port is 443 when none is given.
func splitHost(text string) (host string, port int) {
	if at := strings.LastIndexByte(text, ':'); at > 0 && !isAddress(text) {
		if port, err := strconv.Atoi(text[at+1:]); err == nil {
			return strings.Trim(text[:at], "[]"), port
		}
	}
	return strings.Trim(text, "[]"), portHTTPS
}

// IsDomain says whether a text is the name of a domain that can be looked up.
func IsDomain(text string) bool { return plausible(address.DomainKey(text)) }

// IsHost says whether a text is a host or an address, with or without a port.
func IsHost(text string) bool {
	if isAddress(strings.Trim(text, "[]")) {
		return true
	}
	name, port, found := strings.Cut(text, ":")
	if host, p, err := net.SplitHostPort(text); err == nil {
		name, port, found = host, p, true
	}
	return (!found || isPort(port)) && (isAddress(name) || IsDomain(name))
}

func isAddress(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

func join(host string, port int) string {
	if port == portHTTPS {
		return host
	}
	return host + ":" + strconv.Itoa(port)
}
