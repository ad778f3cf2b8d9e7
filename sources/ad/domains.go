package ad

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
)

// domainsAtOnce is how many domains are read beside each other.
const domainsAtOnce = 8

// oidShowDeleted is the control that shows what was deleted.
const oidShowDeleted = "1.2.840.113556.1.4.417"

// job is what is read of a domain's servers into one dataset, place by place, all on one line of work.
type job struct {
	sink  *sink
	parts []part
}

// part is one place of a job.
type part struct {
	place      place
	attributes []string
	skip       func(dn []byte) bool
	explain    func(error) error // a fault of the reading; nil leaves it as it is
}

// readDomains reads everything that lies in one domain or is read through its servers, several domains beside each other. It takes over the connection of home.
func (c *collection) readDomains(ctx context.Context, home *lane) {
	c.strayBases()
	first := home.session
	home.session = nil
	if first != nil && first.server.catalog {
		// Perhaps a domain controller of the domain can be found yet; and as long as the catalog's connection is held another domain may wait for it.
		first.close()
		first = nil
	}
	run := c.begins(ctx)
	slots := make(chan struct{}, domainsAtOnce)
	for _, d := range c.domains {
		var session *session
		if d == c.home {
			session = first
		}
		run.do(func(ctx context.Context) {
			slots <- struct{}{}
			defer func() { <-slots }()
			c.readDomain(ctx, d, session)
		})
	}
	run.wait()
}

// readDomain reads one domain. It takes over the connection, if there is one yet.
func (c *collection) readDomain(ctx context.Context, d *domain, first *session) {
	if first != nil && first.conn.IsClosing() {
		first.close()
		first = nil
	}
	if len(c.basesOf(d)) == 0 {
		for _, dataset := range []evidence.Dataset{evidence.ADServiceAccounts, evidence.ADComputers, evidence.ADDeleted} {
			if s := c.sinkOf(dataset); s != nil {
				s.narrow()
			}
		}
		if d != c.home && !(c.isRoot(d) && c.sinkOf(evidence.ADTopology) != nil) {
			return
		}
	}
	if first == nil {
		first = c.reach(ctx, d)
	}
	d.reached = first != nil
	jobs := c.jobsOf(d)
	switch {
	case !d.reached:
		err := fmt.Errorf("the domain %s was not read: %w", directory.Printable(d.dns, 255), because(ctx, d.because))
		for _, j := range jobs {
			j.sink.fault(err)
		}
	case len(jobs) == 0:
		first.close()
	default:
		c.work(ctx, &lane{domain: d, session: first}, jobs)
	}
}

// isRoot says whether a domain is the root domain of the forest.
func (c *collection) isRoot(d *domain) bool {
	return d.key == directory.DNKey(c.forest.root)
}

// reach connects to a server of a domain, or to a global catalog when there is none. Nil means that neither was to be had; the domain then says why.
func (c *collection) reach(ctx context.Context, d *domain) *session {
	d.catalog = false
	s, fault := c.open(ctx, d.wish())
	if fault == nil {
		return s
	}
	d.because = fault
	if ctx.Err() != nil || fault.SignIn() || fault.Kind == CredentialError {
		return nil
	}
	d.catalog = true
	s, other := c.open(ctx, d.wish())
	if other != nil {
		d.catalog = false
		if other.Kind != NoDomain && other.Kind != UnknownHost {
			d.because = other // somebody was there, so this tells more
		}
		return nil
	}
	c.config.Log.Warn("a domain is read from a global catalog", "domain", d.dns, "server", s.server.address, "because", fault)
	return s
}

// work does the jobs of a domain, on as many connections as there may be.
func (c *collection) work(ctx context.Context, first *lane, jobs []job) {
	queue := make(chan job, len(jobs))
	for _, j := range jobs {
		queue <- j
	}
	close(queue)
	run := c.begins(ctx)
	one := <-queue // the first connection begins with the longest job
	run.do(func(ctx context.Context) {
		defer first.drop()
		c.read(ctx, first, one)
		for j := range queue {
			c.read(ctx, first, j)
		}
	})
	for range min(c.config.Connections, len(jobs)) - 1 {
		run.do(func(ctx context.Context) {
			if len(queue) == 0 {
				return // the others were faster
			}
			l := &lane{domain: first.domain}
			if _, fault := c.live(ctx, l); fault != nil {
				c.config.Log.Debug("no further connection", "domain", l.domain.dns, "because", fault) // the first one does it all
				return
			}
			defer l.drop()
			for j := range queue {
				c.read(ctx, l, j)
			}
		})
	}
	run.wait()
}

// read does one job.
func (c *collection) read(ctx context.Context, l *lane, j job) {
	for _, p := range j.parts {
		c.readPart(ctx, l, j.sink, p)
	}
}

func (c *collection) readPart(ctx context.Context, l *lane, s *sink, p part) {
	r := &reader{collection: c, sink: s, lane: l, attributes: p.attributes, skip: p.skip}
	s.begun(r, c.config.Clock.Now().UTC())
	err := ctx.Err()
	if err == nil {
		err = r.bring(ctx, p.place)
	}
	if err != nil && ctx.Err() == nil {
		if p.explain != nil {
			err = p.explain(err)
		}
		if len(c.domains) > 1 {
			err = fmt.Errorf("%s: %w", directory.Printable(l.domain.dns, 255), err)
		}
	}
	if err != nil {
		s.fault(err)
	}
	s.done(c.config.Clock.Now().UTC())
}

// jobsOf lists what is to be read of a domain, the users first. What comes from a global catalog is noted as such.
func (c *collection) jobsOf(d *domain) []job {
	var jobs []job
	add := func(dataset evidence.Dataset, base, filter string, more ...ldap.Control) {
		s := c.sinkOf(dataset)
		if s == nil {
			return
		}
		p := c.partOf(s, d, place{base: base, filter: and(filter, c.config.filterOf(dataset)), controls: more})
		if i := slices.IndexFunc(jobs, func(j job) bool { return j.sink == s }); i >= 0 {
			jobs[i].parts = append(jobs[i].parts, p)
			return
		}
		jobs = append(jobs, job{s, []part{p}})
	}
	bases := c.basesOf(d)
	each := func(dataset evidence.Dataset, filter string) {
		for _, base := range bases {
			add(dataset, base, filter)
		}
	}
	each(evidence.ADUsers, entries.UserFilter)
	each(evidence.ADContacts, entries.ContactFilter)
	if d == c.home {
		c.addForestJobs(add)
	}
	each(evidence.ADGroups, entries.GroupFilter)
	if c.isRoot(d) {
		add(evidence.ADTopology, d.context, entries.UniversalGroupFilter())
	}
	if len(bases) == 0 {
		return jobs
	}
	add(evidence.ADServiceAccounts, d.context, entries.ServiceAccountFilter)
	deleted := "CN=Deleted Objects," + d.context
	add(evidence.ADDeleted, deleted, entries.DeletedFilter, ldap.NewControlString(oidShowDeleted, true, ""))
	return jobs
}

// addForestJobs adds what lies in the configuration partition, which every server of the forest holds.
func (c *collection) addForestJobs(add func(dataset evidence.Dataset, base, filter string, more ...ldap.Control)) {
	if c.forest.rtcFault != nil {
		c.fault(fmt.Errorf("whether there is an RTC Service container could not be found out: %w", c.forest.rtcFault), evidence.ADPools, evidence.ADTopology)
	}
	if c.forest.exchangeFault != nil {
		c.fault(fmt.Errorf("whether there is an Exchange organisation could not be found out: %w", c.forest.exchangeFault), evidence.ADExchange)
	}
	if c.forest.rtc != "" {
		add(evidence.ADPools, c.forest.rtc, entries.PoolFilter)
		add(evidence.ADTopology, c.forest.rtc, entries.TopologyFilter(c.forest.rtc))
		// Contacts of applications (response groups, dial-in numbers) own addresses and numbers like those of people.
		add(evidence.ADContacts, c.forest.rtc, entries.ContactFilter)
	}
	if c.forest.exchange != "" {
		add(evidence.ADExchange, c.forest.exchange, entries.ExchangeFilter)
	}
	if c.forest.configuration != "" {
		add(evidence.ADConnectionPoints, c.forest.configuration, entries.ConnectionPointFilter)
	}
}

// partOf makes a part of a job. Of objects of a domain a global catalog is asked only for what it holds; what the configuration partition holds may be there all the same.
func (c *collection) partOf(s *sink, d *domain, where place) part {
	names := c.columnsOf(s.dataset)
	absent := c.schema.absent(names)
	p := part{place: where, attributes: slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		// The name comes with each entry, and asking for what the schema does not know is of no use.
		return name == "distinguishedName" || slices.Contains(absent, name)
	})}
	ofDomain := !below(directory.DNKey(where.base), []string{directory.DNKey(c.forest.configuration)})
	if slices.Contains(objectDatasets(), s.dataset) && ofDomain {
		p.skip = c.skipping(c.config.excluded)
	}
	if s.dataset == evidence.ADDeleted {
		p.explain = explainDeleted
	}
	if d.catalog {
		c.fromCatalog(s, &p, d, ofDomain)
	}
	return p
}

// fromCatalog fits a part of a job to a global catalog.
func (c *collection) fromCatalog(s *sink, p *part, d *domain, ofDomain bool) {
	lacking := c.schema.notInCatalog(p.attributes)
	if !ofDomain || !c.schema.catalog {
		s.doubt()
	}
	if !ofDomain {
		return
	}
	p.attributes = slices.DeleteFunc(p.attributes, func(name string) bool { return slices.Contains(lacking, name) })
	s.lacks(lacking)
	if d.because != nil {
		s.note(fmt.Sprintf("%s was read from a global catalog, for no domain controller of it could be had: %s", directory.Printable(d.dns, 255), d.because))
	}
	// Below a domain a catalog also finds what lies in the domains below it, and in the configuration partition.
	inner := []string{directory.DNKey(c.forest.configuration)}
	for _, other := range c.domains {
		if other != d {
			inner = append(inner, other.key)
		}
	}
	base := directory.DNKey(p.place.base)
	inner = slices.DeleteFunc(inner, func(key string) bool { return !below(key, []string{base}) })
	if slices.Contains(objectDatasets(), s.dataset) {
		inner = append(inner, c.config.excluded...)
	}
	p.skip = c.skipping(inner)
	asked, _ := filterAttributes(p.place.filter)
	if blind := c.schema.notInCatalog(asked); len(blind) > 0 {
		s.fault(fmt.Errorf("%s was read from a global catalog, which does not hold %s and finds no objects by it", directory.Printable(d.dns, 255), blind[0]))
	}
}

// skipping gives the function that leaves out what lies below some names; nil when there are none.
func (c *collection) skipping(keys []string) func(dn []byte) bool {
	if len(keys) == 0 {
		return nil
	}
	return func(dn []byte) bool { return below(directory.DNKey(string(dn)), keys) }
}

// running are goroutines whose panics become one of their owner.
type running struct {
	c       *collection
	context context.Context //nolint:containedctx // it ends with the goroutines, which are those of one call
	cancel  context.CancelFunc
	group   sync.WaitGroup
}

func (c *collection) begins(ctx context.Context) *running {
	ctx, cancel := context.WithCancel(ctx)
	return &running{c: c, context: ctx, cancel: cancel}
}

func (r *running) do(work func(context.Context)) {
	r.group.Go(func() {
		defer func() {
			if broken := recover(); broken != nil {
				r.c.mu.Lock()
				r.c.broken = broken
				r.c.mu.Unlock()
				r.cancel()
			}
		}()
		work(r.context)
	})
}

// wait waits for all and goes on with the panic of one of them.
func (r *running) wait() {
	r.group.Wait()
	r.cancel()
	r.c.mu.Lock()
	broken := r.c.broken
	r.c.mu.Unlock()
	if broken != nil {
		panic(broken)
	}
}
