package ad

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
)

// collection is one run over a forest.
type collection struct {
	config  *resolved
	builder *evidence.Builder
	started time.Time
	sinks   map[evidence.Dataset]*sink
	ended   bool // in the way that was intended

	// Known once the first server was asked, before anything runs beside.
	server  string // the first one's name
	forest  forest
	schema  schema
	domains []*domain
	home    *domain // whose server speaks for the forest
	past    past

	signIn chan struct{} // held by whoever signs in
	dns    sync.Mutex    // held while names are looked up
	looked map[string]*Error

	mu          sync.Mutex // guards what follows, and the fields of candidates and domains that say so
	candidates  []*candidate
	seats       map[string]chan struct{} // of the connections to a server, by address
	limiters    map[string]*rate.Limiter // by the server's name
	servers     map[string]*met
	serverNames []string
	named       names
	refused     *Error // the sign-in was refused: it is not tried again, which would lock the account out
	broken      any    // what a goroutine panicked with
}

func newCollection(r *resolved, b *evidence.Builder) *collection {
	c := &collection{
		config: r, builder: b, started: r.Clock.Now().UTC(), sinks: map[evidence.Dataset]*sink{}, signIn: make(chan struct{}, 1), looked: map[string]*Error{},
		seats: map[string]chan struct{}{}, limiters: map[string]*rate.Limiter{}, servers: map[string]*met{},
	}
	for _, s := range r.servers {
		c.candidates = append(c.candidates, &candidate{server: s})
	}
	c.prefer(c.candidates)
	for _, d := range r.datasets {
		c.sinks[d] = &sink{dataset: d}
	}
	return c
}

// prepare gives each dataset its writer, once the forest's name is known.
func (c *collection) prepare() {
	for d, s := range c.sinks {
		if columns := c.columnsOf(d); columns != nil {
			s.writer = entries.NewWriter(d, c.builder.Table(d), c.forest.name, columns)
		}
		if d == evidence.ADPools || d == evidence.ADTopology {
			s.see = c.watch
		}
	}
}

// sinkOf gives where a dataset goes, nil when it is not wanted.
func (c *collection) sinkOf(d evidence.Dataset) *sink { return c.sinks[d] }

// fault notes a fault that concerns whole datasets.
func (c *collection) fault(err error, datasets ...evidence.Dataset) {
	for _, d := range datasets {
		if s := c.sinkOf(d); s != nil {
			s.fault(err)
		}
	}
}

// limiterFor gives the limiter of a server, which all connections to it share; nil when there is no limit.
func (c *collection) limiterFor(s *session) *rate.Limiter {
	if c.config.MaxEntriesPerSecond == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.limiters[s.name()]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(c.config.MaxEntriesPerSecond), c.config.PageSize)
		c.limiters[s.name()] = l
	}
	return l
}

// cover writes the coverage of all wanted datasets. Should the collector die, it says so.
func (c *collection) cover() {
	for _, d := range c.config.datasets {
		s := c.sinkOf(d)
		cover := c.begin(s)
		if c.ended {
			cover.Reason = ""
			c.judge(s, &cover)
		}
		cover.Rows = c.builder.Table(d).Rows()
		if cover.State == evidence.Failed && cover.Rows > 0 {
			cover.State = evidence.Partial
		}
		c.builder.Cover(cover)
		c.config.Log.Info("dataset read", "dataset", cover.Dataset, "state", cover.State, "rows", cover.Rows, "reason", cover.Reason, "forest", cover.Source)
	}
}

// begin is the coverage of a dataset of which nothing is known yet. Should the collector die, this is what remains.
func (c *collection) begin(s *sink) evidence.Coverage {
	cover := evidence.Coverage{
		Dataset: s.dataset, State: evidence.Failed, Expected: -1, Reason: "the collector ended unexpectedly", Source: c.forest.name, Server: c.server,
		Started: s.started, Ended: s.ended,
	}
	if cover.Source == "" {
		cover.Source = c.config.anyServer()
		if len(c.config.servers) > 0 {
			cover.Source = c.config.servers[0].host
		}
	}
	if cover.Started.IsZero() {
		cover.Started = c.started
	}
	if cover.Ended.IsZero() {
		cover.Ended = c.config.Clock.Now().UTC()
	}
	switch s.dataset {
	case evidence.ADUsers, evidence.ADContacts, evidence.ADGroups:
		cover.Attributes = c.config.wanted
		cover.NotInSchema = c.schema.absent(c.config.wanted)
	case evidence.ADDeleted:
		cover.Optional = true
		cover.Permission = "List Contents and Read Property on CN=Deleted Objects of each domain"
	}
	return cover
}

// domainOf gives the domain of a naming context, nil when the forest has none such.
func (c *collection) domainOf(context string) *domain {
	key := directory.DNKey(context)
	for _, d := range c.domains {
		if d.key == key {
			return d
		}
	}
	return nil
}

// innermost gives the domain that a name lies in, nil when it lies in none.
func (c *collection) innermost(dn directory.DN) *domain {
	var found *domain
	depth := 0
	for _, d := range c.domains {
		if d.name.Len() > depth && (dn.Equal(d.name) || dn.Below(d.name)) {
			found, depth = d, d.name.Len()
		}
	}
	return found
}

// because is the reason of a fault: after an interruption whatever fault it caused does not matter.
func because(ctx context.Context, fault *Error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return fault
}
