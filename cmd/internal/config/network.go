package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"hybridaudit/sources/evidence/address"
	"hybridaudit/sources/evidence/targets"
)

// None in place of a list of DNS servers, or of a proxy, says that there is none.
const None = "none"

// publicResolvers are asked when the configuration names none.
var publicResolvers = []string{"1.1.1.1:53", "8.8.8.8:53"}

// Outside are the public resolvers as ADDRESS:PORT; none when the configuration says so.
func (n Network) Outside() []string {
	if len(n.PublicResolvers) == 0 {
		return slices.Clone(publicResolvers)
	}
	return resolvers(n.PublicResolvers)
}

// Inside are the internal resolvers as ADDRESS:PORT; ok is false when those of the system are meant.
func (n Network) Inside() (servers []string, ok bool) {
	return resolvers(n.InternalResolvers), len(n.InternalResolvers) > 0
}

func resolvers(list []string) []string {
	var all []string
	for _, text := range list {
		if at, ok := resolver(text); ok {
			all = append(all, at.String())
		}
	}
	return all
}

// resolver reads ADDRESS or ADDRESS:PORT.
func resolver(text string) (netip.AddrPort, bool) {
	if a, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return netip.AddrPortFrom(a, 53), true
	}
	at, err := netip.ParseAddrPort(text)
	return at, err == nil && at.Port() > 0
}

// network checks what the types cannot.
func network(n Network, fault func(name, problem string)) {
	for _, of := range []struct {
		name string
		list []string
	}{{"network.internalResolvers", n.InternalResolvers}, {"network.publicResolvers", n.PublicResolvers}} {
		for _, text := range of.list {
			if _, ok := resolver(text); !ok && (text != None || len(of.list) > 1) {
				fault(of.name, text+" is no address of a DNS server, such as 192.0.2.53 or 192.0.2.53:53; write [none] for none")
			}
		}
	}
	if n.Proxy != "" && n.Proxy != None {
		u, err := url.Parse(n.Proxy)
		switch {
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
			fault("network.proxy", "this is no address such as http://proxy.contoso.com:8080")
		case u.User != nil:
			fault("network.proxy", "leave out name and password: whether the proxy asks for them is what is found out")
		}
	}
	for _, text := range n.PrivateHosts {
		if strings.Contains(text, "/") {
			if _, err := netip.ParsePrefix(text); err != nil {
				fault("network.privateHosts", text+" is neither a host nor a network such as 10.1.0.0/16")
			}
		}
	}
	if _, err := targets.ParseDetours(n.ConnectTo); err != nil {
		fault("network.connectTo", err.Error())
	}
	for i, a := range n.ConnectTo {
		from, _, _ := strings.Cut(a, "=")
		if slices.ContainsFunc(n.ConnectTo[:i], func(b string) bool { return strings.HasPrefix(strings.ToLower(b), strings.ToLower(from)+"=") }) {
			fault("network.connectTo", from+" is listed twice")
		}
	}
	places(n, fault)
}

// places checks the names of what is looked at.
func places(n Network, fault func(name, problem string)) {
	for _, d := range n.Domains {
		if !targets.IsDomain(d) {
			fault("network.domains", fmt.Sprintf("%q is no domain such as contoso.com", d))
		}
	}
	for _, h := range n.Hosts {
		if !targets.IsHost(h) {
			fault("network.hosts", fmt.Sprintf("%q is no host such as mail.contoso.com or mail.contoso.com:443", h))
		}
	}
	for _, h := range n.NTPServers {
		if !targets.IsHost(h) {
			fault("network.ntpServers", fmt.Sprintf("%q is no host such as time.windows.com", h))
		}
	}
	if n.PAC != "" {
		if u, err := url.Parse(n.PAC); err != nil || !slices.Contains([]string{"http", "https", "file"}, u.Scheme) || u.Scheme != "file" && u.Host == "" {
			fault("network.pac", "this is no address such as http://proxy.contoso.com/proxy.pac; a file is written as file:///c:/proxy.pac")
		}
	}
	if n.Mailbox != "" && (strings.Count(n.Mailbox, "@") != 1 || !targets.IsDomain(address.Domain(n.Mailbox))) {
		fault("network.mailbox", "this is no e-mail address such as kim@contoso.com")
	}
	if strings.TrimSpace(n.Site) == "" || len(n.Site) > 64 {
		fault("network.site", "name the place in 1 to 64 characters")
	}
}
