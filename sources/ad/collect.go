package ad

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// Filters of the three tables of objects. inetOrgPerson is a kind of user.
const (
	userFilter    = "(&(objectCategory=person)(objectClass=user))"
	contactFilter = "(&(objectCategory=person)(objectClass=contact))"
	groupFilter   = "(&(objectCategory=group)(|(mail=*)(proxyAddresses=*)(mailNickname=*)))"
	poolFilter    = "(objectClass=msRTCSIP-Pool)"
)

// Datasets lists what Collect covers.
func Datasets() []evidence.Dataset {
	return []evidence.Dataset{evidence.ADForests, evidence.ADPools, evidence.ADUsers, evidence.ADContacts, evidence.ADGroups}
}

// Collect reads one forest into b: each of Datasets gets its rows and a coverage that says how complete they are, whatever happens. The error is an
// [*Error] when nothing could be read because no server was reachable, trusted or willing to let the account in, and when the sign-in was refused later on,
// for a further domain or after a lost connection; the context's when it ended; that of [Config.Validate], with nothing covered, when the configuration is
// wrong. Other faults in the middle of the reading are no error: the coverage tells them.
func Collect(ctx context.Context, config Config, b *evidence.Builder) error {
	r, err := config.resolve()
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	c := &collection{config: &r, builder: b, limiter: limiterOf(r.MaxEntriesPerSecond, r.PageSize)}
	for _, s := range r.servers {
		c.candidates = append(c.candidates, candidate{server: s})
	}
	defer c.close()
	first, fault := c.open(ctx, "")
	if fault != nil {
		reason := error(fault)
		if ctx.Err() != nil {
			reason = ctx.Err()
		}
		for _, d := range Datasets() {
			cover := c.begin(d)
			end(&cover, []error{reason})
			c.cover(cover)
		}
		return reason
	}
	c.domains = []*domain{{context: first.root.defaultContext, session: first}}
	c.readForest(ctx)
	c.readPools(ctx)
	c.reachDomains(ctx)
	c.readSchema(ctx)
	places, faults := c.places()
	c.readObjects(ctx, evidence.ADUsers, userFilter, places, faults)
	contacts := places
	if c.forest.rtc != "" {
		// Contacts of applications (response groups, dial-in numbers) own addresses and numbers like those of people.
		contacts = append(slices.Clone(places), place{domain: c.domains[0], base: c.forest.rtc})
	}
	c.readObjects(ctx, evidence.ADContacts, contactFilter, contacts, faults)
	c.readObjects(ctx, evidence.ADGroups, groupFilter, places, faults)
	if c.refused != nil && ctx.Err() == nil {
		return c.refused
	}
	return ctx.Err()
}

// begin is the coverage of a dataset of which nothing is known yet. Should the collector die, this is what remains.
func (c *collection) begin(d evidence.Dataset) evidence.Coverage {
	cover := evidence.Coverage{
		Dataset: d, State: evidence.Failed, Expected: -1, Reason: "the collector ended unexpectedly", Source: c.forest.name, Started: c.config.Clock.Now().UTC(),
	}
	if cover.Source == "" {
		cover.Source = c.config.servers[0].host
	}
	if d == evidence.ADUsers || d == evidence.ADContacts || d == evidence.ADGroups {
		cover.Attributes = slices.Clone(c.config.wanted)
		cover.NotInSchema = slices.Clone(c.absent)
	}
	if len(c.domains) > 0 && c.domains[0].session != nil {
		cover.Server = c.domains[0].session.root.host
	}
	return cover
}

func (c *collection) cover(cover evidence.Coverage) {
	cover.Rows = c.builder.Table(cover.Dataset).Rows()
	if cover.State == evidence.Failed && cover.Rows > 0 {
		cover.State = evidence.Partial
	}
	cover.Ended = c.config.Clock.Now().UTC()
	c.builder.Cover(cover)
	c.config.Log.Info("dataset read", "dataset", cover.Dataset, "state", cover.State, "rows", cover.Rows, "reason", cover.Reason)
}

// readForest fills the table of forests.
func (c *collection) readForest(ctx context.Context) {
	root := c.domains[0].session.root
	c.forest = forest{name: root.forest(), root: root.rootDomain}
	cover := c.begin(evidence.ADForests)
	defer func() { c.cover(cover) }()
	var (
		found  forest
		faults []error
		row    func(*evidence.Table) error
	)
	fault := c.trying(ctx, c.domains[0], func(s *session) *Error {
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
		faults = append(faults, c.because(ctx, fault))
		found.name, found.root = c.forest.name, c.forest.root
		if found.rtc == "" && found.rtcFault == nil {
			found.rtcFault = fault
		}
	}
	c.forest = found
	if len(found.domains) == 0 && len(c.config.bases) == 0 {
		c.unread = append(c.unread, errors.New("it is not known whether the forest has further domains"))
	}
	if row != nil {
		if err := row(c.builder.Table(evidence.ADForests)); err != nil {
			faults = append(faults, err)
		}
		cover.Rows = 1
	}
	end(&cover, faults)
	if cover.State == evidence.Complete {
		cover.Expected = 1
	}
}

// because is the reason of a fault: after an interruption whatever fault it caused does not matter.
func (c *collection) because(ctx context.Context, fault *Error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return fault
}

// readPools fills the table of pools. A forest without an RTC Service container has none.
func (c *collection) readPools(ctx context.Context) {
	cover := c.begin(evidence.ADPools)
	defer func() { c.cover(cover) }()
	table := c.builder.Table(evidence.ADPools)
	r := &reader{
		collection: c, dataset: evidence.ADPools, server: cover.Server,
		writer: newWriter(evidence.ADPools, table, c.forest.name, evidence.SchemaOf(evidence.ADPools).Names()),
	}
	r.attributes = evidence.SchemaOf(evidence.ADPools).Names()
	r.attributes = slices.DeleteFunc(r.attributes, func(name string) bool { return name == evidence.ADForestColumn || name == "distinguishedName" })
	var faults []error
	switch {
	case c.forest.rtcFault != nil:
		faults = append(faults, fmt.Errorf("whether there is an RTC Service container could not be found out: %w", c.because(ctx, c.forest.rtcFault)))
	case c.forest.rtc != "":
		if err := r.readPlace(ctx, place{domain: c.domains[0], base: c.forest.rtc, filter: poolFilter}); err != nil {
			faults = append(faults, err)
		}
	}
	cover.Notes = r.writer.tally.notes()
	cover.Rows = table.Rows()
	end(&cover, faults)
	if cover.State == evidence.Complete {
		cover.Expected = cover.Rows
	}
}

// reachDomains connects to the further domains of the forest that are to be read.
func (c *collection) reachDomains(ctx context.Context) {
	for _, p := range c.forest.domains {
		if c.domainOf(p.context) != nil || !c.concerns(p) {
			continue
		}
		s, fault := c.open(ctx, p.context)
		if fault != nil {
			c.unread = append(c.unread, fmt.Errorf("the domain %s was not read: %w", printable(p.dns, 255), c.because(ctx, fault)))
			continue
		}
		c.domains = append(c.domains, &domain{context: s.root.defaultContext, session: s})
	}
}

func (c *collection) domainOf(context string) *domain {
	key := directory.DNKey(context)
	for _, d := range c.domains {
		if directory.DNKey(d.context) == key {
			return d
		}
	}
	return nil
}

// concerns says whether a search base lies in the domain.
func (c *collection) concerns(p partition) bool {
	if len(c.config.bases) == 0 {
		return true
	}
	return slices.ContainsFunc(c.config.bases, func(base directory.DN) bool { return c.partitionOf(base) == p.context })
}

// partitionOf gives the naming context of the innermost domain of the forest that a name lies in, "" when it lies in none.
func (c *collection) partitionOf(base directory.DN) string {
	innermost, depth := "", 0
	contexts := []string{c.domains[0].context}
	for _, p := range c.forest.domains {
		contexts = append(contexts, p.context)
	}
	for _, text := range contexts {
		context, err := directory.ParseDN(text)
		if err == nil && context.Len() > depth && (base.Equal(context) || base.Below(context)) {
			innermost, depth = text, context.Len()
		}
	}
	return innermost
}

// places lists the subtrees to search, and what of the configured bases and of the forest's domains stays unread.
func (c *collection) places() ([]place, []error) {
	var places []place
	faults := slices.Clone(c.unread)
	if len(c.config.bases) == 0 {
		for _, d := range c.domains {
			places = append(places, place{domain: d, base: d.context})
		}
		return places, faults
	}
	for i, base := range c.config.bases {
		d := c.domainOf(c.partitionOf(base))
		if d == nil {
			faults = append(faults, fmt.Errorf("search base %s lies in no domain that was reached", printable(c.config.SearchBases[i], 300)))
			continue
		}
		places = append(places, place{domain: d, base: c.config.SearchBases[i]})
	}
	return places, faults
}

// readSchema finds out which of the attributes the forest does not know at all.
func (c *collection) readSchema(ctx context.Context) {
	c.schemaless = c.trying(ctx, c.domains[0], func(s *session) (fault *Error) {
		c.absent, fault = s.missingInSchema(c.config.wanted)
		return fault
	})
}

// readObjects fills one of the tables of objects.
func (c *collection) readObjects(ctx context.Context, d evidence.Dataset, filter string, places []place, faults []error) {
	cover := c.begin(d)
	defer func() { c.cover(cover) }()
	r := &reader{
		collection: c, dataset: d, server: cover.Server, writer: newWriter(d, c.builder.Table(d), c.forest.name, c.config.wanted),
		// The name comes with each entry, and asking for what the schema does not know is of no use.
		attributes: slices.DeleteFunc(slices.Clone(c.config.wanted), func(name string) bool { return name == "distinguishedName" || slices.Contains(c.absent, name) }),
	}
	if c.schemaless != nil {
		cover.Notes = append(cover.Notes, "the schema could not be read, so attributes that the forest does not know pass for empty ones: "+c.schemaless.Error())
	}
	faults = slices.Clone(faults)
	for _, p := range places {
		p.filter = filter
		if err := r.readPlace(ctx, p); err != nil {
			faults = append(faults, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	r.judge(&cover, faults)
}
