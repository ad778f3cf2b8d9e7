package ad

import (
	"context"
	"strings"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// met is a server that answered and took the sign-in.
type met struct {
	root       rootDSE
	invocation directory.GUID
}

// meet notes a server when it is met for the first time: its clock, and its counter of changes before anything was read of it.
func (c *collection) meet(s *session) {
	name := s.name()
	if !c.firstMet(name, s.root) {
		return
	}
	invocation := s.invocation()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.servers[name].invocation = invocation
}

// Bounds on looking at servers that were not needed.
const (
	surveyEach = 4 // of one domain
	surveyTime = 5 * time.Second
)

// survey looks at servers that are known and were not needed: at their rootDSE only, without a sign-in. Clocks that differ between domain controllers are as
// harmful as wrong ones.
func (c *collection) survey(ctx context.Context) {
	if c.sinkOf(evidence.ADServers) == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, surveyTime)
	defer cancel()
	run := c.begins(ctx)
	for _, one := range c.unneeded() {
		run.do(func(ctx context.Context) {
			var root *rootDSE
			seen := &Error{Kind: NoDomain, Server: one.server.address, What: "only looked at"}
			_, _ = c.config.open(ctx, one.server, entrance{
				accept: func(found rootDSE) *Error {
					fault := c.accept(one, found, wish{})
					if fault == nil {
						root = &found
					}
					return fault
				},
				admit: func() (func(*Error), *Error) { return nil, seen },
			})
			if root != nil {
				c.firstMet(nameOf(*root, one.server), *root)
			}
		})
	}
	run.wait()
}

// unneeded picks the servers that nobody has spoken to, a few of each domain.
func (c *collection) unneeded() []*candidate {
	c.mu.Lock()
	defer c.mu.Unlock()
	picked := map[string]int{}
	var all []*candidate
	for _, one := range c.candidates {
		if one.met || one.lost || one.server.catalog || picked[one.context] == surveyEach {
			continue
		}
		picked[one.context]++
		all = append(all, one)
	}
	return all
}

func nameOf(root rootDSE, s server) string {
	if root.host != "" {
		return strings.ToLower(root.host)
	}
	return s.address
}

func (c *collection) firstMet(name string, root rootDSE) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.servers[name]; known != nil {
		known.root.catalog = known.root.catalog || root.catalog
		return false
	}
	c.servers[name] = &met{root: root}
	c.serverNames = append(c.serverNames, name)
	return true
}

// writeServers fills the table of domain controllers.
func (c *collection) writeServers(t *evidence.Table) []error {
	var faults []error
	for _, name := range c.serverNames {
		one := c.servers[name]
		r := newRecord(t, evidence.ADServers, "domain controller")
		r.text("dnsHostName", name)
		r.text(evidence.ADForestColumn, c.forest.name)
		r.text("domain", one.root.domain())
		if !one.invocation.IsZero() {
			r.SetGUID(r.column("invocationId"), one.invocation)
		}
		if one.root.usn >= 0 {
			r.SetInt(r.column("highestCommittedUSN"), one.root.usn)
		}
		if !one.root.clock.IsZero() {
			r.SetTime(r.column("currentTime"), one.root.clock)
		}
		r.SetTime(r.column("askedAt"), one.root.asked)
		r.SetInt(r.column("roundTripMillis"), one.root.roundTrip.Milliseconds())
		r.SetBool(r.column("globalCatalog"), one.root.catalog)
		faults = append(faults, r.faults...)
	}
	return faults
}

// writeDomains fills the table of the forest's domains.
func (c *collection) writeDomains(t *evidence.Table) []error {
	var faults []error
	for _, d := range c.domains {
		r := newRecord(t, evidence.ADDomains, "domain")
		r.text("dnsRoot", d.dns)
		r.text("nCName", d.context)
		r.text(evidence.ADForestColumn, c.forest.name)
		r.text("nETBIOSName", d.netBIOS)
		if len(d.servers) > 0 {
			r.text("server", d.servers[len(d.servers)-1])
			r.SetBool(r.column("globalCatalog"), d.catalog)
		}
		faults = append(faults, r.faults...)
	}
	return faults
}

// name is the DNS name by which the server knows itself, in lower case, or its address.
func (s *session) name() string { return nameOf(s.root, s.server) }
