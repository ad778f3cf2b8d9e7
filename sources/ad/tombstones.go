package ad

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/entries"
)

// Controls beside that of paging.
const (
	oidShowRecycled = "1.2.840.113556.1.4.2064" // shows what was deleted and cannot be restored any more
	oidDomainScope  = "1.2.840.113556.1.4.1339" // asks for no referrals
)

// Bounds on how long tombstones can be relied on.
const (
	// usualLifetime, in days, is that of tombstones where the forest names none.
	usualLifetime = 60
	// lifetimeMargin makes up for clocks that differ and runs that last.
	lifetimeMargin = 24 * time.Hour
)

// deletedObjects is the well-known GUID of the container of tombstones, as wellKnownObjects has it.
const deletedObjects = "B:32:18E2EA80684F11D2B9AA00C04F79F805:"

// closedError says why the quick way is closed: something may have happened that neither numbers nor tombstones tell. All objects are then listed.
type closedError struct{ reason string }

func (e *closedError) Error() string { return e.reason }

func closed(format string, args ...any) error { return &closedError{fmt.Sprintf(format, args...)} }

// whyListed says why all objects are to be listed after a fault of the quick way; "" when listing would be of no use either.
func whyListed(ctx context.Context, err error) string {
	var (
		no      *closedError
		fault   *Error
		expired *cookieError
	)
	switch {
	case ctx.Err() != nil:
		return ""
	case errors.As(err, &no):
		return no.reason
	case errors.As(err, &expired), errors.Is(err, errSamePage), errors.Is(err, errNoPaging):
		return err.Error()
	case errors.As(err, &fault) && fault.Kind == Refused:
		return fault.Error()
	}
	return ""
}

// withDeleted are the controls of a search that also finds what was deleted.
func withDeleted() []ldap.Control {
	return []ldap.Control{ldap.NewControlString(oidShowDeleted, true, ""), ldap.NewControlString(oidShowRecycled, false, ""), ldap.NewControlString(oidDomainScope, false, "")}
}

// shown reads attributes of one object whose own rights must let the account read it: one that shows no objectGUID may hide the others too, and their absence
// then says nothing.
func (s *session) shown(what, dn string, attributes []string, controls ...ldap.Control) (*ldap.Entry, error) {
	e, fault := s.base(dn, "(objectClass=*)", append([]string{"objectGUID"}, attributes...), controls...)
	if fault != nil && fault.Kind != Refused {
		return nil, fault
	}
	if e != nil {
		if _, ok := guidOf(e); ok {
			return e, nil
		}
	}
	return nil, closed("%s cannot be seen", what)
}

// seeTombstones makes sure that the account sees what was deleted. That a search for it finds nothing proves nothing: a domain controller leaves out what the
// account may not see. So the container must show itself, which takes Read Property on it, and at least one object in it must show the attributes by which
// tombstones are found, which takes List Contents.
func (u *catchUp) seeTombstones(ctx context.Context, s *session, head *ldap.Entry) error {
	container := "CN=Deleted Objects," + u.reader.lane.domain.context
	for _, known := range head.GetEqualFoldAttributeValues("wellKnownObjects") {
		if len(known) > len(deletedObjects) && strings.EqualFold(known[:len(deletedObjects)], deletedObjects) {
			container = known[len(deletedObjects):]
		}
	}
	e, err := s.shown("CN=Deleted Objects", container, nil, withDeleted()...)
	if err != nil {
		return err
	}
	itself, _ := guidOf(e)
	seen := false
	where := place{base: container, filter: "(&(isDeleted=TRUE)(" + usnChanged + ">=1))", controls: withDeleted()}
	err = u.reader.glance(ctx, s, where, []string{"objectGUID", "isDeleted", usnChanged}, 2, func(e entries.Entry) error {
		g, ok := entries.GUIDOf(e)
		_, numbered := numberOf(e, usnChanged)
		seen = seen || ok && g != itself && numbered && string(e.Value("isDeleted")) == "TRUE"
		return nil
	})
	if err == nil && !seen {
		return closed("no deleted object can be seen")
	}
	return err
}

// checkLifetime makes sure that the tombstones of all that was deleted since the mark are still there.
func (u *catchUp) checkLifetime(s *session) error {
	e, err := s.shown("the lifetime of deleted objects", "CN=Directory Service,CN=Windows NT,CN=Services,"+s.root.configuration, []string{"tombstoneLifetime", "msDS-DeletedObjectLifetime"})
	if err != nil {
		return err
	}
	days := usualLifetime
	if text := e.GetEqualFoldAttributeValue("tombstoneLifetime"); text != "" {
		if days, err = strconv.Atoi(text); err != nil {
			return closed("the lifetime of deleted objects cannot be read")
		}
	}
	if text := e.GetEqualFoldAttributeValue("msDS-DeletedObjectLifetime"); text != "" {
		whole, err := strconv.Atoi(text)
		if err != nil {
			return closed("the lifetime of deleted objects cannot be read")
		}
		days = min(days, whole)
	}
	if age := u.reader.collection.config.Clock.Now().Sub(u.mark.taken); age < 0 || age+lifetimeMargin > time.Duration(days)*24*time.Hour {
		return closed("the earlier evidence is older than deleted objects are kept, %d days", days)
	}
	return nil
}

// recycles says whether the recycle bin is on: an object that is restored from it gets its links back, without a new number for the objects that name it.
func recycles(s *session) (bool, error) {
	e, err := s.shown("CN=Partitions", "CN=Partitions,"+s.root.configuration, []string{"msDS-EnabledFeature"})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(e.GetEqualFoldAttributeValues("msDS-EnabledFeature"), func(dn string) bool {
		return strings.HasPrefix(directory.DNKey(dn), "cn=recycle bin feature,")
	}), nil
}

// glance gives the entries of the first page of a search, of that size at most. The rest is not asked for.
func (r *reader) glance(ctx context.Context, s *session, p place, attributes []string, size int, take func(entries.Entry) error) error {
	f := r.fetcherOf(s, p, attributes)
	got, _, err := f.ask(ctx, ldap.NewControlPaging(uint32(size))) //nolint:gosec // small
	if err != nil {
		return err
	}
	decode := new(decoder).entry
	for i := range got.entries() {
		e, err := decode(got.entry(i))
		if err != nil {
			return s.unreadable(err)
		}
		if err := take(e); err != nil {
			return err
		}
	}
	return f.slowDown(ctx, got.entries())
}

// sweep gives all entries of a search to take. It makes no rows.
func (r *reader) sweep(ctx context.Context, s *session, p place, attributes []string, take func(entries.Entry) error) error {
	decode := new(decoder).entry
	turns := circle{}
	return r.fetcherOf(s, p, attributes).each(ctx, func(one page) error {
		for i := range one.entries() {
			e, err := decode(one.entry(i))
			if err != nil {
				return s.unreadable(err)
			}
			if i == 0 && turns.closes(e) {
				return errSamePage
			}
			if err := take(e); err != nil {
				return err
			}
		}
		return nil
	})
}
