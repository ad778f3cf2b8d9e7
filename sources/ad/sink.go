package ad

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
)

// sink is where a dataset goes: one table that several connections fill, and what is known of how its reading went. The order of the rows is that in which
// the pages came and means nothing.
type sink struct {
	dataset evidence.Dataset

	mu      sync.Mutex
	writer  *entries.Writer // nil for the tables about forest, domains and servers
	faults  []error
	notes   []string
	origins []*origin
	skipped bool // entries that were not wanted
	readers []*reader
	started time.Time
	ended   time.Time

	notHeld  []string // attributes that were not asked for, because a global catalog does not hold them
	doubtful bool     // a global catalog was asked of which it is not known what it holds
	narrowed bool     // whole domains were left out
	see      func(entries.Entry)
	hidden   []string // columns of the forest's row that could not be read
	catalog  bool     // the forest's row came from a global catalog
}

// serverSeparator stands between the servers that a coverage names.
const serverSeparator = ", "

// origin is what came of one domain.
type origin struct {
	domain  *domain
	rows    int
	servers []string // that gave them
}

// fault notes what went wrong with a part of the dataset.
func (s *sink) fault(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, err)
}

// referred notes references to other places that were not followed.
func (s *sink) referred(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writer.Referred(n)
}

func (s *sink) note(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.notes, text) {
		s.notes = append(s.notes, text)
	}
}

// lacks notes attributes that are not asked for.
func (s *sink) lacks(names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		if !slices.Contains(s.notHeld, name) {
			s.notHeld = append(s.notHeld, name)
		}
	}
}

// of gives the account of a domain. The caller holds the lock.
func (s *sink) of(d *domain) *origin {
	for _, o := range s.origins {
		if o.domain == d {
			return o
		}
	}
	o := &origin{domain: d}
	s.origins = append(s.origins, o)
	return o
}

// gave notes that a server gave rows of a domain. The caller holds the sink's lock.
func (c *collection) gave(r *reader, s *session, rows int) {
	o := r.sink.of(r.lane.domain)
	o.rows += rows
	name := s.name()
	if !slices.Contains(o.servers, name) {
		o.servers = append(o.servers, name)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	d := r.lane.domain
	if n := len(d.servers); n == 0 || d.servers[n-1] != name {
		d.servers = append(d.servers, name)
	}
}

// expected is the number of rows to come from what is being read and was read, -1 while nothing tells. The caller holds the lock.
func (s *sink) expected() int {
	sum := 0
	for _, r := range s.readers {
		switch n := r.expected(); {
		case n > 0:
			sum += n
		case !r.collection.config.CountFirst || r.count.refused != nil:
			return -1
		}
	}
	if sum == 0 {
		return -1
	}
	return sum
}

// counted joins what was counted first. The caller holds the lock.
func (s *sink) counted() count {
	var all count
	for _, r := range s.readers {
		all.add(r.count)
	}
	return all
}

// servers lists those that gave rows, each once. The caller holds the lock.
func (s *sink) servers() []string {
	var all []string
	for _, o := range s.origins {
		for _, server := range o.servers {
			if !slices.Contains(all, server) {
				all = append(all, server)
			}
		}
	}
	return all
}

// judge fills in how the reading ended.
func (c *collection) judge(s *sink, cover *evidence.Coverage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	faults := slices.Clone(s.faults)
	cover.Rows = c.builder.Table(s.dataset).Rows()
	if all := s.servers(); len(all) > 0 {
		cover.Server = strings.Join(all, serverSeparator)
	}
	cover.Notes = append(cover.Notes, s.notes...)
	if s.writer != nil {
		names := c.columnsOf(s.dataset)
		notHeld := s.notInCatalog(names)
		for _, name := range notHeld {
			cover.Missing, cover.NotInCatalog = append(cover.Missing, name), append(cover.NotInCatalog, name)
		}
		faults = append(faults, s.writer.Judge(cover, append(c.schema.absent(names), notHeld...))...)
	}
	for _, name := range s.hidden {
		cover.Missing = append(cover.Missing, name)
		if s.catalog {
			cover.NotInCatalog = append(cover.NotInCatalog, name)
		}
	}
	counts := s.counted()
	if err := counts.judge(cover); err != nil {
		faults = append(faults, err)
	}
	c.tellNarrowing(s, cover)
	if len(c.domains) > 1 {
		for _, o := range s.origins {
			if o.rows > 0 {
				cover.Notes = append(cover.Notes, fmt.Sprintf("%s: rows from %s: %d", o.domain.dns, strings.Join(o.servers, ", "), o.rows))
			}
		}
	}
	end(cover, faults)
	expected := s.expected()
	switch {
	case cover.State == evidence.Complete:
		if expected > 0 && expected != cover.Rows && !s.skipped && counts.total == 0 {
			cover.Notes = append(cover.Notes, fmt.Sprintf("the server had estimated %d entries", expected))
		}
		cover.Expected = cover.Rows + counts.missing
	case expected > 0:
		cover.Expected = max(expected, cover.Rows)
	}
}

// notInCatalog lists the attributes that no global catalog gave. The caller holds the lock.
func (s *sink) notInCatalog(names []string) []string {
	lacking := slices.Clone(s.notHeld)
	if s.doubtful && s.writer.Rows() > 0 {
		for _, name := range names {
			if !slices.Contains(lacking, name) && !slices.Contains(keyAttributes(), name) && !s.writer.Held(name) {
				lacking = append(lacking, name)
			}
		}
	}
	slices.Sort(lacking)
	return lacking
}

// tellNarrowing says what the configuration kept out.
func (c *collection) tellNarrowing(s *sink, cover *evidence.Coverage) {
	cover.Narrowed = s.narrowed
	if !slices.Contains(objectDatasets(), s.dataset) {
		if s.narrowed {
			cover.Notes = append(cover.Notes, "domains without a search base were not read")
		}
		return
	}
	notes, _ := c.narrowing(s.dataset)
	cover.Narrowed = cover.Narrowed || len(notes) > 0
	cover.Notes = append(cover.Notes, notes...)
}

// What notes on a narrowed dataset begin with.
const (
	onlyBases    = "only these search bases were read: "
	withoutUnits = "what lies below these was left out: "
	onlyMatching = "only entries that match this filter were read: "
)

// narrowing says what the configuration keeps out of a dataset of objects. whole is false when that is too long to be told in full.
func (c *collection) narrowing(d evidence.Dataset) (notes []string, whole bool) {
	whole = true
	tell := func(what, text string) {
		if text == "" {
			return
		}
		printed := directory.Printable(text, 500)
		notes, whole = append(notes, what+printed), whole && printed == text
	}
	tell(onlyBases, strings.Join(c.config.SearchBases, "; "))
	tell(withoutUnits, strings.Join(c.config.ExcludeOUs, "; "))
	tell(onlyMatching, c.config.filterOf(d))
	return notes, whole
}

// begun notes a reader that goes to work.
func (s *sink) begun(r *reader, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.readers = append(s.readers, r)
	if s.started.IsZero() {
		s.started = at
	}
}

// done notes when the last reader came to its end.
func (s *sink) done(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = at
}

// narrow notes that domains are left out.
func (s *sink) narrow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.narrowed = true
}

// doubt notes that a global catalog is asked without knowing all that it holds.
func (s *sink) doubt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doubtful = true
}
