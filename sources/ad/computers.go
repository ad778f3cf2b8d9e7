package ad

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
)

// computerBatch is how many names one search for computers holds.
const computerBatch = 40

// serverDepth is how far below its computer a server of Skype for Business may stand: below CN=Microsoft, in a service of its own.
const serverDepth = 3

// names are those of the computers that pools and topology speak of.
type names struct {
	hosts map[string]bool // DNS names in lower case
	dns   map[string]bool // distinguished names, perhaps of something below the computer
}

// watch notes the computers that an entry names. The sinks of pools and topology call it, each under its own lock.
func (c *collection) watch(e entries.Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.named.hosts == nil {
		c.named = names{hosts: map[string]bool{}, dns: map[string]bool{}}
	}
	for _, a := range e.Attributes {
		for _, v := range a.Values {
			switch strings.ToLower(string(a.Name)) {
			case "dnshostname", "msrtcsip-trustedserverfqdn":
				if host := strings.ToLower(string(v)); dnsName(host) {
					c.named.hosts[host] = true
				}
			case "msrtcsip-frontendservers":
				c.named.dns[string(v)] = true
			}
		}
	}
}

// readComputers looks for the accounts of the named computers in all domains: a computer's DNS name need not be that of its domain.
func (c *collection) readComputers(ctx context.Context) {
	s := c.sinkOf(evidence.ADComputers)
	if s == nil {
		return
	}
	for _, d := range []evidence.Dataset{evidence.ADPools, evidence.ADTopology} {
		if len(c.sinkOf(d).faults) > 0 {
			s.fault(errors.New("what was not read of the pools and of the topology may name further computers"))
		}
	}
	if len(c.named.hosts)+len(c.named.dns) == 0 {
		return
	}
	run := c.begins(ctx)
	slots := make(chan struct{}, domainsAtOnce)
	for _, d := range c.domains {
		if len(c.basesOf(d)) == 0 {
			continue // it was not to be read
		}
		filters := c.computerFilters(d)
		run.do(func(ctx context.Context) {
			slots <- struct{}{}
			defer func() { <-slots }()
			c.readComputersOf(ctx, d, filters)
		})
	}
	run.wait()
}

func (c *collection) readComputersOf(ctx context.Context, d *domain, filters []string) {
	s := c.sinkOf(evidence.ADComputers)
	if !d.reached {
		s.fault(fmt.Errorf("the domain %s was not read: %w", directory.Printable(d.dns, 255), because(ctx, d.because)))
		return
	}
	l := &lane{domain: d}
	defer l.drop()
	for _, filter := range filters {
		c.readPart(ctx, l, s, c.partOf(s, d, place{base: d.context, filter: filter}))
	}
}

// computerFilters make the searches for the named computers in a domain.
func (c *collection) computerFilters(d *domain) []string {
	var terms []string
	for _, host := range slices.Sorted(maps.Keys(c.named.hosts)) {
		terms = append(terms, entries.Equal("dNSHostName", host))
	}
	for _, text := range slices.Sorted(maps.Keys(c.named.dns)) {
		dn, err := directory.ParseDN(text)
		if err != nil || c.innermost(dn) != d {
			continue
		}
		for range serverDepth + 1 {
			terms = append(terms, entries.Equal("distinguishedName", dn.String()))
			if dn = dn.Parent(); c.innermost(dn) != d || dn.Len() == 0 {
				break
			}
		}
	}
	var filters []string
	for batch := range slices.Chunk(terms, computerBatch) {
		filters = append(filters, and(entries.ComputerFilter, "(|"+strings.Join(batch, "")+")"))
	}
	return filters
}

// explainDeleted says why deleted objects could not be read.
func explainDeleted(err error) error {
	var fault *Error
	if !errors.As(err, &fault) || fault.Kind != Refused || fault.Code != 32 && fault.Code != 50 {
		return err
	}
	return &Error{
		Kind: Refused, Server: fault.Server, Code: fault.Code, What: "CN=Deleted Objects cannot be seen", Err: err,
		Advice: "only administrators may, unless the account is given List Contents and Read Property on it with dsacls",
	}
}
