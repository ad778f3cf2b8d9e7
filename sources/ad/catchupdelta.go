package ad

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
)

// Bounds on what is looked at closely. Above them listing all objects is as good.
const (
	containersAtMost = 1000
	namesAtMost      = 500
	// reusedWindow is how many numbers below the mark are looked at for what came after it.
	reusedWindow = 10_000
	// clockMargin is how far clocks of domain controllers may differ.
	clockMargin = 10 * time.Minute
)

// delta is what happened in a domain since a mark, as far as numbers and tombstones tell. The datasets share it.
type delta struct {
	closed *closedError // why it cannot be relied on

	changed, gone map[directory.GUID]bool
	renamed       map[string]bool           // names that objects of the earlier evidence had and do not have any more, as keys
	changedAs     map[string]directory.GUID // names of objects of the earlier evidence that changed and are called as they were
	taken         map[string]bool           // names that objects have now and did not have then, as keys
	unknown       map[string]string         // names, by key, of other users, contacts and groups that changed; what they were called then is not known
	lost          bool                      // something was deleted of which it is not known what it was called
	recycles      bool                      // the recycle bin is on
	passwords     passwordPolicy
}

// deltas are those of a domain, by mark.
type deltas struct {
	mu    sync.Mutex
	known map[string]*delta
}

// delta gives what happened since the mark. Whoever asks first reads it, the others wait.
func (u *catchUp) delta(ctx context.Context, s *session) (*delta, error) {
	all := &u.reader.lane.domain.deltas
	all.mu.Lock()
	defer all.mu.Unlock()
	key := u.mark.invocation.String() + " " + strconv.FormatInt(u.mark.usn, 10)
	if d := all.known[key]; d != nil {
		return d, nil
	}
	d := &delta{
		changed: map[directory.GUID]bool{}, gone: map[directory.GUID]bool{}, renamed: map[string]bool{}, changedAs: map[string]directory.GUID{}, unknown: map[string]string{},
		taken: map[string]bool{},
	}
	if err := u.readDelta(ctx, s, d); err != nil && !errors.As(err, &d.closed) {
		reason := whyListed(ctx, err)
		if reason == "" {
			return nil, err
		}
		d.closed = &closedError{reason}
	}
	if all.known == nil {
		all.known = map[string]*delta{}
	}
	all.known[key] = d
	return d, nil
}

// readDelta reads all that changed in the domain, whatever it is and wherever it lies: what an object is called depends on those above it, and what others
// call it changes with it.
func (u *catchUp) readDelta(ctx context.Context, s *session, d *delta) error {
	head, err := s.shown("the domain's head", u.reader.lane.domain.context, []string{"wellKnownObjects", "maxPwdAge"})
	if err != nil {
		return err
	}
	if err := u.seeTombstones(ctx, s, head); err != nil {
		return err
	}
	if err := u.checkLifetime(s); err != nil {
		return err
	}
	if d.recycles, err = recycles(s); err != nil {
		return err
	}
	if err := u.checkNumbers(ctx, s); err != nil {
		return err
	}
	if d.passwords, err = u.readPasswordPolicy(ctx, s, head); err != nil {
		return err
	}
	var containers []directory.GUID
	where := place{base: u.reader.lane.domain.context, filter: fmt.Sprintf("(%s>=%d)", usnChanged, u.mark.usn+1), controls: withDeleted()}
	err = u.reader.sweep(ctx, s, where, []string{"objectGUID", "objectClass", "isDeleted", "uSNCreated"}, func(e entries.Entry) error {
		g, ok := entries.GUIDOf(e)
		if !ok {
			return closed("an object that changed shows no objectGUID")
		}
		container, err := u.note(d, g, e)
		if container {
			containers = append(containers, g)
		}
		return err
	})
	if err != nil {
		return err
	}
	return u.checkContainers(ctx, s, d, containers)
}

// note files one object that changed or was deleted. container is true of a living one that others may lie below, and that has to be looked at.
func (u *catchUp) note(d *delta, g directory.GUID, e entries.Entry) (container bool, err error) {
	created, ok := numberOf(e, "uSNCreated")
	fresh := ok && created > u.mark.usn // nothing can have named it then
	was := u.reader.collection.calledThen(g)
	deleted := string(e.Value("isDeleted")) == "TRUE"
	switch {
	case hasClass(e, "infrastructureUpdate") && (deleted || fresh):
		// Objects that went to another domain leave no other trace.
		return false, closed("objects may have gone to another domain, or come from it")
	case hasClass(e, "msDS-PasswordSettings"):
		d.passwords.unsure = "password settings changed"
	}
	if deleted {
		d.gone[g] = true
		if was != "" {
			d.renamed[directory.DNKey(was)] = true
		}
		d.lost = d.lost || was == "" && !fresh
		return false, nil
	}
	d.changed[g] = true
	switch {
	case was != "" && was == string(e.DN):
		d.changedAs[directory.DNKey(was)] = g
	case was != "":
		d.renamed[directory.DNKey(was)], d.taken[directory.DNKey(string(e.DN))] = true, true
	case fresh:
		d.taken[directory.DNKey(string(e.DN))] = true
	case hasClass(e, "user"), hasClass(e, "contact"), hasClass(e, "group"):
		d.unknown[directory.DNKey(string(e.DN))] = string(e.DN)
	default:
		return true, nil
	}
	return false, nil
}

// checkContainers makes sure that no organisational unit, and nothing else that may have objects below it, was renamed, moved or given other rights: the names
// of the objects below it, and what the account may see of them, change with it and get no number. What the metadata cannot show may have happened.
func (u *catchUp) checkContainers(ctx context.Context, s *session, d *delta, guids []directory.GUID) error {
	if len(guids) > containersAtMost {
		return closed("%d containers changed", len(guids))
	}
	seen := 0
	err := u.metaDataOf(ctx, s, u.reader.lane.domain.context, guids, func(dn string, _ directory.GUID, m metaData) error {
		seen++
		switch name := directory.Printable(dn, 200); {
		case m == nil:
			return closed("nothing tells whether %s was renamed", name)
		case m[attributeName] > u.mark.usn:
			return closed("%s was renamed, moved or restored", name)
		case m[attributeRights] > u.mark.usn:
			return closed("the rights on %s changed", name)
		case m[attributeLockoutDuration] > u.mark.usn:
			d.passwords.unsure = "the policy on lockouts changed"
		}
		return nil
	})
	if err == nil && seen < len(guids) {
		return closed("a container changed again meanwhile")
	}
	return err
}

// metaDataOf gives the names and metadata of objects to take, nil metadata for those that show none.
func (u *catchUp) metaDataOf(ctx context.Context, s *session, base string, guids []directory.GUID, take func(dn string, g directory.GUID, m metaData) error) error {
	for batch := range slices.Chunk(guids, missedBatch) {
		where := place{base: base, filter: guidFilter(batch), controls: []ldap.Control{ldap.NewControlString(oidDomainScope, false, "")}}
		err := u.reader.sweep(ctx, s, where, []string{"objectGUID", "replPropertyMetaData"}, func(e entries.Entry) error {
			g, _ := entries.GUIDOf(e)
			m, _ := parseMetaData(e.Value("replPropertyMetaData"))
			return take(string(e.DN), g, m)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checkNumbers looks for numbers that were given twice: when a database was set back and has counted on since, what it wrote then has numbers of before the
// mark and a time of after it.
func (u *catchUp) checkNumbers(ctx context.Context, s *session) error {
	after := directory.FormatGeneralizedTime(u.mark.clock.Add(clockMargin))
	where := place{
		base:     u.reader.lane.domain.context,
		filter:   fmt.Sprintf("(&(%s>=%d)(%s<=%d)(%s>=%s))", usnChanged, max(1, u.mark.usn-reusedWindow), usnChanged, u.mark.usn, whenChanged, after),
		controls: withDeleted(),
	}
	return u.reader.glance(ctx, s, where, []string{"1.1"}, 1, func(entries.Entry) error {
		return closed("changes of now have numbers of then, as after a database was set back")
	})
}

// calledThen gives the name that an object has in the earlier evidence, "" when that does not have it.
func (c *collection) calledThen(g directory.GUID) string {
	for _, d := range objectDatasets() {
		e := c.earlierOf(d)
		if row, ok := e.rows[g]; ok {
			return e.object(int(row)).DN()
		}
	}
	return ""
}

// hasClass says whether an entry is of a class.
func hasClass(e entries.Entry, class string) bool {
	for _, a := range e.Attributes {
		if strings.EqualFold(string(a.Name), "objectClass") {
			return slices.ContainsFunc(a.Values, func(v []byte) bool { return strings.EqualFold(string(v), class) })
		}
	}
	return false
}
