package ad

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
)

// Attributes by which a server tells of changes. Both are its own and not replicated.
const (
	usnChanged  = "uSNChanged"
	whenChanged = "whenChanged"
)

// past is the evidence of an earlier run, as far as somebody has asked for it.
type past struct {
	mu     sync.Mutex
	tables map[evidence.Dataset]*earlier
}

// earlier is a dataset of the earlier run.
type earlier struct {
	dataset  evidence.Dataset
	snapshot *evidence.Snapshot
	table    *evidence.Table
	cover    evidence.Coverage
	rows     map[directory.GUID]int32 // of this forest
	unusable string                   // why, "" when it is usable
}

func (e *earlier) object(row int) evidence.ADObject { return e.snapshot.ADObjectAt(e.dataset, row) }

// below lists the rows of a domain, as far as its naming context tells.
func (e *earlier) below(context string) []int32 {
	var rows []int32
	for row := range e.table.Rows() {
		dn := e.object(row).DN()
		at := len(dn) - len(context)
		if at < 1 || dn[at-1] != ',' || !strings.EqualFold(dn[at:], context) {
			continue
		}
		inner := dn[strings.LastIndexByte(dn[:at-1], ',')+1:]
		if len(inner) < 3 || !strings.EqualFold(inner[:3], "DC=") { // a domain below
			rows = append(rows, int32(row))
		}
	}
	return rows
}

// mark is the state of a domain controller's database from which on changes are wanted.
type mark struct {
	host       string
	invocation directory.GUID
	usn        int64 // the highest of the changes that the earlier evidence has
	taken      time.Time
	clock      time.Time // the server's then
}

// catchesUp says whether a place can be brought up to date at all: objects of a domain, and earlier evidence. What lies in the configuration partition is
// little, and nothing tells from which of the forest's servers it was read.
func (c *collection) catchesUp(r *reader, p place) bool {
	return c.config.Previous != nil && slices.Contains(objectDatasets(), r.sink.dataset) && slices.Contains(c.basesOf(r.lane.domain), p.base)
}

// plan prepares the catching up of a place. The error is a notCaughtUpError.
func (r *reader) plan(p place) (*catchUp, error) {
	c := r.collection
	e := c.earlierOf(r.sink.dataset)
	if e.unusable != "" {
		return nil, notCaughtUp("%s", e.unusable)
	}
	m, err := c.markOf(r.lane.domain, e.cover.Server)
	if err != nil {
		return nil, err
	}
	return &catchUp{
		reader: r, place: p, earlier: e, mark: m, changed: and(fmt.Sprintf("(%s>=%d)", usnChanged, m.usn+1), p.filter), there: make([]bool, e.table.Rows()),
		missed: map[directory.GUID]bool{}, parents: map[string]bool{},
	}, nil
}

// earlierOf finds a dataset in the earlier evidence.
func (c *collection) earlierOf(d evidence.Dataset) *earlier {
	c.past.mu.Lock()
	defer c.past.mu.Unlock()
	if e := c.past.tables[d]; e != nil {
		return e
	}
	if c.past.tables == nil {
		c.past.tables = map[evidence.Dataset]*earlier{}
	}
	e := earlierIn(c.config.Previous, d, c.forest.name)
	c.past.tables[d] = e
	return e
}

func earlierIn(s *evidence.Snapshot, d evidence.Dataset, forest string) *earlier {
	e := &earlier{dataset: d, snapshot: s, table: s.Table(d)}
	covers := slices.DeleteFunc(s.Of(d), func(c evidence.Coverage) bool { return !strings.EqualFold(c.Source, forest) })
	switch {
	case len(covers) == 0:
		e.unusable = "the earlier evidence does not hold this dataset of this forest"
	case len(covers) > 1:
		e.unusable = "the earlier evidence holds this dataset of this forest more than once"
	case covers[0].State != evidence.Complete:
		e.unusable = "the earlier evidence of this dataset is not complete"
	case len(covers[0].NotInCatalog) > 0:
		e.unusable = "some of the earlier evidence comes from a global catalog"
	case e.table == nil || e.table.Rows() == 0:
		e.unusable = "the earlier evidence has no objects"
	}
	if e.unusable != "" {
		return e
	}
	e.cover = covers[0]
	e.rows = make(map[directory.GUID]int32, e.table.Rows())
	for o := range s.ADObjects(d) {
		if strings.EqualFold(o.Forest(), forest) && !o.GUID().IsZero() {
			e.rows[o.GUID()] = int32(o.Row()) //nolint:gosec // a table has fewer rows
		}
	}
	return e
}

// markOf finds the server that a domain was read from in the earlier run, among those that gave the dataset, joined as coverage has them: the earlier evidence
// also lists servers that were only looked at. When the domain was read from several, nothing tells what came from which.
func (c *collection) markOf(d *domain, gave string) (mark, error) {
	s := c.config.Previous
	name := directory.DomainOf(d.context)
	if d.catalog {
		return mark{}, notCaughtUp("only a global catalog can be reached")
	}
	for one := range s.ADDomains() {
		if strings.EqualFold(one.Forest(), c.forest.name) && strings.EqualFold(directory.DomainOf(one.Context()), name) && one.Catalog() {
			return mark{}, notCaughtUp("the earlier evidence comes from a global catalog")
		}
	}
	hosts := hostsOf(gave)
	var found []evidence.ADServer
	for one := range s.ADServers() {
		if strings.EqualFold(one.Forest(), c.forest.name) && strings.EqualFold(one.Domain(), name) && slices.Contains(hosts, strings.ToLower(one.Host())) {
			found = append(found, one)
		}
	}
	switch len(found) {
	case 0:
		return mark{}, notCaughtUp("the earlier evidence does not tell which domain controller it comes from")
	case 1:
	default:
		return mark{}, notCaughtUp("the earlier evidence comes from more than one domain controller")
	}
	usn, ok := found[0].USN()
	if !ok || found[0].Invocation().IsZero() {
		return mark{}, notCaughtUp("the earlier evidence does not tell the state of the domain controller's database")
	}
	m := mark{host: found[0].Host(), invocation: found[0].Invocation(), usn: usn, taken: found[0].Asked(), clock: found[0].Clock()}
	if m.taken.IsZero() {
		m.taken = s.Taken()
	}
	if m.clock.IsZero() {
		m.clock = m.taken
	}
	return m, nil
}

// hostsOf splits the servers of a coverage, in lower case.
func hostsOf(servers string) []string {
	return strings.Split(strings.ToLower(servers), serverSeparator)
}

// check makes sure that a connection leads to the database of the mark. The counter of changes is the server's own, and starts anew with the database.
func (u *catchUp) check(s *session) error {
	if u.checked == s {
		return nil
	}
	now := s.invocation()
	switch {
	case now.IsZero():
		return notCaughtUp("the server does not tell which database it has")
	case now != u.mark.invocation && !strings.EqualFold(s.name(), u.mark.host):
		return notCaughtUp("the earlier evidence comes from another domain controller, %s", directory.Printable(u.mark.host, 255))
	case now != u.mark.invocation:
		return notCaughtUp("the domain controller's database was replaced since")
	case s.root.usn < 0:
		return notCaughtUp("the server does not tell its counter of changes")
	case s.root.usn < u.mark.usn:
		return notCaughtUp("the domain controller's counter of changes went back from %d to %d: its database was set back", u.mark.usn, s.root.usn)
	}
	u.checked = s
	return nil
}

// learn finds out which attributes come with the list of all objects.
func (u *catchUp) learn(context.Context, *session) error {
	r := u.reader
	c := r.collection
	silent, err := c.silentAttributes()
	if err != nil {
		return err
	}
	u.silent, u.unread, u.kept = silent, nil, nil
	wanted := c.columnsOf(r.sink.dataset)
	var fresh []string
	unread := 0
	for _, name := range wanted {
		then := slices.Contains(u.earlier.cover.Attributes, name)
		if !then {
			unread++
		}
		switch {
		case name == "objectGUID" || name == "distinguishedName":
		case !then, slices.Contains(u.earlier.cover.Missing, name):
			u.unread, fresh = append(u.unread, name), append(fresh, name)
		case slices.Contains(silent, name), !slices.Contains(r.attributes, name):
			fresh = append(fresh, name)
		default:
			u.kept = append(u.kept, name)
		}
	}
	u.listed = append([]string{"objectGUID", usnChanged}, slices.DeleteFunc(slices.Clone(fresh), func(name string) bool { return !slices.Contains(r.attributes, name) })...)
	if len(u.listed) > 2+len(r.attributes)/2 {
		return notCaughtUp("%d attributes were not read then or must be read again of all objects", len(u.listed)-2)
	}
	if !slices.Contains(u.listed, whenChanged) && slices.Contains(wanted, whenChanged) {
		u.listed = append(u.listed, whenChanged)
	}
	r.sink.mu.Lock()
	defer r.sink.mu.Unlock()
	u.carrying = r.sink.writer.Carrying(u.earlier.table, fresh)
	return nil
}

// silentAttributes lists the wanted attributes whose values may change without uSNChanged of their object: what the server computes, what is not
// replicated, and distinguished names, which follow the objects that they name and are no longer shown when those are deleted. They are told by the schema.
func (c *collection) silentAttributes() ([]string, error) {
	if c.schema.known == nil {
		return nil, notCaughtUp("the schema cannot be read")
	}
	var silent []string
	for _, name := range c.config.wanted {
		a, ok := c.schema.known[strings.ToLower(name)]
		switch {
		case !ok:
		case a.syntax == "":
			return nil, notCaughtUp("the schema does not tell the kind of %s", name)
		case changesSilently(name, a.syntax, a.flags):
			silent = append(silent, name)
		}
	}
	return silent, nil
}

// Bits of systemFlags of an attribute (MS-ADTS 2.2.10).
const (
	notReplicated = 0x1
	constructed   = 0x4
)

// changesSilently judges one attribute by the schema. objectGUID never changes, whenChanged changes with uSNChanged, the metadata with any attribute.
func changesSilently(name, syntax, systemFlags string) bool {
	switch name {
	case "objectGUID", whenChanged, "msDS-ReplAttributeMetaData":
		return false
	}
	switch syntax {
	case "2.5.5.1", "2.5.5.7", "2.5.5.14": // distinguished names, plain and with an octet string or text
		return true
	}
	flags, err := strconv.ParseInt(systemFlags, 10, 64)
	return err == nil && flags&(notReplicated|constructed) != 0
}

// prefer puts the servers that the earlier evidence comes from before others. The caller holds the lock, or is alone.
func (c *collection) prefer(candidates []*candidate) {
	if c.config.Previous == nil {
		return
	}
	then := map[string]bool{}
	for _, d := range objectDatasets() {
		for _, cover := range c.config.Previous.Of(d) {
			for _, host := range hostsOf(cover.Server) {
				then[host] = true
			}
		}
	}
	rank := func(one *candidate) int {
		if then[strings.ToLower(one.server.host)] {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(candidates, func(a, b *candidate) int { return rank(a) - rank(b) })
}

// guidFilter finds objects by their GUIDs.
func guidFilter(guids []directory.GUID) string {
	var b strings.Builder
	b.WriteString("(|")
	for _, g := range guids {
		b.WriteString("(objectGUID=")
		for _, octet := range g {
			fmt.Fprintf(&b, "\\%02x", octet)
		}
		b.WriteByte(')')
	}
	b.WriteByte(')')
	return b.String()
}

// sameDomain says whether two names lie in one domain.
func sameDomain(a, b string) bool {
	return strings.EqualFold(directory.DomainOf(a), directory.DomainOf(b))
}

func numberOf(e entries.Entry, name string) (int64, bool) {
	n, err := strconv.ParseInt(string(e.Value(name)), 10, 64)
	return n, err == nil
}

// timeOf gives a time in whole seconds, as evidence keeps it.
func timeOf(e entries.Entry, name string) (time.Time, bool) {
	at, err := directory.ParseGeneralizedTime(string(e.Value(name)))
	return at.Truncate(time.Second), err == nil
}
