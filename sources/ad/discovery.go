package ad

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"

	"hybridaudit/sources/evidence/directory"
)

// maxFound bounds how many servers of one name in DNS are tried.
const maxFound = 16

// discover looks the wanted servers up in DNS and adds them to the candidates. A name is looked up once. The error says why there are none.
func (c *collection) discover(ctx context.Context, w wish) *Error {
	if c.config.Resolver == nil {
		return nil
	}
	service, name, context := "ldap", "", ""
	switch {
	case w.catalog:
		service, name = "gc", c.forest.name
	case w.context != "":
		name, context = "dc._msdcs."+directory.DomainOf(w.context), directory.DNKey(w.context)
	case c.config.Domain != "":
		name = "dc._msdcs." + strings.ToLower(strings.TrimSuffix(c.config.Domain, "."))
	default:
		return nil
	}
	c.dns.Lock()
	defer c.dns.Unlock()
	key := service + " " + name
	if fault, done := c.looked[key]; done {
		return fault
	}
	found, fault := c.config.lookUp(ctx, service, name)
	if ctx.Err() == nil {
		c.looked[key] = fault
	}
	c.add(found, context)
	return fault
}

// add appends found servers to the candidates.
func (c *collection) add(found []server, context string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	have, before := map[string]bool{}, len(c.candidates)
	for _, one := range c.candidates {
		have[strings.ToLower(one.server.address)] = true
	}
	for _, s := range found {
		if !have[s.address] {
			have[s.address] = true
			c.candidates = append(c.candidates, &candidate{server: s, context: context})
		}
	}
	c.prefer(c.candidates[before:])
}

// lookUp asks DNS for the servers of a service. They come in the order in which they are to be tried.
func (r *resolved) lookUp(ctx context.Context, service, name string) ([]server, *Error) {
	record := "_" + service + "._tcp." + name
	ctx, cancel := context.WithTimeout(ctx, DialTimeout)
	defer cancel()
	_, records, err := r.Resolver.LookupSRV(ctx, service, "tcp", name)
	var found []server
	for _, one := range records {
		if s, ok := r.foundServer(one); ok && len(found) < maxFound {
			found = append(found, s)
		}
	}
	if len(found) > 0 {
		// The resolver may complain of some records and give the others.
		r.Log.Info("servers found in DNS", "record", record, "servers", len(found))
		return found, nil
	}
	fault := &Error{Kind: UnknownHost, Server: record, What: "DNS names no server", Advice: "check that this machine asks a DNS server that knows the domain, or name servers"}
	var dns *net.DNSError
	if err != nil && (!errors.As(err, &dns) || !dns.IsNotFound) {
		fault.What, fault.Err = "DNS gave no answer", err
	}
	r.Log.Debug("no servers found in DNS", "record", record, "because", fault)
	return nil, fault
}

// foundServer makes a server of a record, which names the port in clear.
func (r *resolved) foundServer(record *net.SRV) (server, bool) {
	host := strings.ToLower(strings.TrimSuffix(record.Target, "."))
	if !dnsName(host) || record.Port == 0 {
		return server{}, false
	}
	port := strconv.Itoa(int(record.Port))
	s := server{host: host, name: host, implicit: !r.plain(), catalog: port == catalogPort || port == catalogTLSPort}
	if s.implicit {
		switch port {
		case "389":
			port = "636"
		case catalogPort:
			port = catalogTLSPort
		}
	}
	s.address = net.JoinHostPort(host, port)
	return s, true
}

// plain says whether found servers are spoken to on the port in clear: to secure the connection then, or because plain text was allowed and nothing
// configured is any better.
func (r *resolved) plain() bool {
	if r.StartTLS {
		return true
	}
	for _, s := range r.servers {
		if s.implicit {
			return false
		}
	}
	return r.AllowPlaintext
}
