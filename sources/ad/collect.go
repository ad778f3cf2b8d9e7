package ad

import (
	"context"
	"errors"
	"fmt"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// Datasets lists what Collect reads unless it is told otherwise.
func Datasets() []evidence.Dataset {
	return []evidence.Dataset{
		evidence.ADForests, evidence.ADDomains, evidence.ADServers, evidence.ADUsers, evidence.ADContacts, evidence.ADGroups, evidence.ADPools, evidence.ADTopology,
		evidence.ADExchange, evidence.ADConnectionPoints, evidence.ADServiceAccounts, evidence.ADComputers,
	}
}

// Collect reads one forest into b: each wanted dataset gets its rows and a coverage that says how complete they are, whatever happens. The error is an
// [*Error] when nothing could be read because no server was reachable, trusted or willing to let the account in, and when the sign-in was refused later on,
// for a further domain or after a lost connection; the context's when it ended; that of [Config.Validate], with nothing covered, when the configuration is
// wrong. Other faults in the middle of the reading are no error: the coverage tells them.
func Collect(ctx context.Context, config Config, b *evidence.Builder) error {
	r, err := config.resolve()
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	c := newCollection(&r, b)
	defer c.cover()
	err = c.run(ctx)
	c.ended = true
	return err
}

// run reads everything. The error is that of Collect.
func (c *collection) run(ctx context.Context) error {
	first, fault := c.open(ctx, wish{})
	if fault != nil {
		reason := because(ctx, fault)
		c.fault(reason, c.config.datasets...)
		return reason
	}
	home := &lane{domain: newDomain(partition{dns: first.root.domain(), context: first.root.defaultContext}), session: first}
	home.domain.catalog = first.server.catalog
	defer home.drop() // unless somebody took the connection over
	c.server = first.root.host
	c.readForest(ctx, home)
	c.readSchema(ctx, home)
	c.prepare()
	c.readDomains(ctx, home)
	c.readComputers(ctx)
	c.survey(ctx)
	c.writeFacts()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case c.refused != nil:
		return c.refused
	}
	return nil
}

// readForest finds out what the forest consists of and fills the table of forests.
func (c *collection) readForest(ctx context.Context, home *lane) {
	root := home.session.root
	c.forest = forest{name: root.forest(), root: root.rootDomain}
	var (
		found  forest
		faults []error
		row    func(*evidence.Table) error
	)
	fault := c.trying(ctx, home, func(s *session) *Error {
		var all []*Error
		found, all = s.readForest()
		faults, row = nil, found.row(s)
		for _, one := range all {
			if one.Kind == ConnectionLost {
				return one
			}
			faults = append(faults, one)
		}
		return nil
	})
	if fault != nil {
		faults = append(faults, because(ctx, fault))
		found.name, found.root, found.configuration = c.forest.name, c.forest.root, root.configuration
		if found.rtc == "" && found.rtcFault == nil {
			found.rtcFault = fault
		}
		if found.exchange == "" && found.exchangeFault == nil {
			found.exchangeFault = fault
		}
	}
	if ctx.Err() != nil {
		// Whatever fault the interruption caused does not matter.
		found.rtcFault, found.exchangeFault = interruption(ctx, c.config.anyServer()), interruption(ctx, c.config.anyServer())
	}
	c.forest = found
	c.listDomains(home)
	if s := c.sinkOf(evidence.ADForests); s != nil {
		if row != nil {
			if err := row(c.builder.Table(evidence.ADForests)); err != nil {
				faults = append(faults, err)
			}
		}
		for _, err := range faults {
			s.fault(err)
		}
		s.hidden, s.catalog = found.hidden, home.domain.catalog
	}
}

// listDomains lists the domains of the forest, that of the first server among them even when the list could not be read.
func (c *collection) listDomains(home *lane) {
	for _, p := range c.forest.domains {
		if c.domainOf(p.context) == nil {
			c.domains = append(c.domains, newDomain(p))
		}
	}
	if len(c.forest.domains) == 0 {
		unknown := errors.New("it is not known whether the forest has further domains")
		c.fault(unknown, evidence.ADDomains)
		if len(c.config.bases) == 0 {
			c.fault(unknown, evidence.ADUsers, evidence.ADContacts, evidence.ADGroups, evidence.ADServiceAccounts, evidence.ADComputers, evidence.ADDeleted)
		}
	}
	c.home = c.domainOf(home.domain.context)
	if c.home == nil {
		c.home = home.domain
		c.domains = append(c.domains, c.home)
	}
	c.home.catalog = home.domain.catalog
	home.domain = c.home
}

// readSchema finds out which attributes the forest knows, and which a global catalog holds.
func (c *collection) readSchema(ctx context.Context, home *lane) {
	var found schema
	fault := c.trying(ctx, home, func(s *session) (fault *Error) {
		found, fault = s.readSchema(c.schemaNames())
		return fault
	})
	c.schema = found
	if fault == nil {
		return
	}
	c.schema = schema{}
	for _, d := range objectDatasets() {
		if s := c.sinkOf(d); s != nil {
			s.note("the schema could not be read, so attributes that the forest does not know pass for empty ones: " + fault.Error())
		}
	}
}

// writeFacts fills the tables of domains and servers, which are known when all is read.
func (c *collection) writeFacts() {
	for d, write := range map[evidence.Dataset]func(*evidence.Table) []error{evidence.ADDomains: c.writeDomains, evidence.ADServers: c.writeServers} {
		s := c.sinkOf(d)
		if s == nil {
			continue
		}
		for _, err := range write(c.builder.Table(d)) {
			s.fault(err)
		}
	}
}

// basesOf lists what is searched of a domain.
func (c *collection) basesOf(d *domain) []string {
	if len(c.config.bases) == 0 {
		return []string{d.context}
	}
	var bases []string
	for i, base := range c.config.bases {
		if c.innermost(base) == d {
			bases = append(bases, c.config.SearchBases[i])
		}
	}
	return bases
}

// strayBases notes the search bases that lie in no domain of the forest.
func (c *collection) strayBases() {
	for i, base := range c.config.bases {
		if c.innermost(base) == nil {
			c.fault(fmt.Errorf("search base %s lies in no domain of the forest", directory.Printable(c.config.SearchBases[i], 300)), objectDatasets()...)
		}
	}
}

// below says whether a name, in its comparison form, is one of the others or lies below it.
func below(key string, heads []string) bool {
	for _, head := range heads {
		if key == head {
			return true
		}
		at := len(key) - len(head) - 1
		if at <= 0 || key[at] != ',' || key[at+1:] != head {
			continue
		}
		if key[at-1] != '\\' {
			return true
		}
		// An escaped comma may be part of a name.
		dn, err := directory.ParseDN(key)
		other, otherErr := directory.ParseDN(head)
		if err == nil && otherErr == nil && dn.Below(other) {
			return true
		}
	}
	return false
}
