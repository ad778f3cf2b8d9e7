package ad

import (
	"context"
	"errors"
	"fmt"

	"hybridaudit/sources/evidence"
)

// Bounds on how many of the counted entries may be missing in the end before the reading counts as incomplete: objects are deleted and moved while it lasts.
const (
	missingShare  = 1  // percent, when they are more than
	missingAtMost = 10 // and in small places
	missingOfFew  = 25 // percent
)

// count is the number of entries that a server has of the places of a dataset, asked for without their attributes before they are read.
type count struct {
	total   int    // of the places counted so far
	last    int    // of the place that is being read
	open    bool   // that one was counted and not compared yet
	missing int    // entries that were counted and did not come
	refused *Error // why a place could not be counted
}

// countFirst asks for the entries of a place without their attributes. A fault that would also strike the reading is left to it: only the loss of the
// connection, a forgotten search and the end of ctx are errors, and done is then false.
func (r *reader) countFirst(ctx context.Context, s *session, p place) (done bool, err error) {
	n := 0
	err = r.fetcherOf(s, p, []string{"1.1"}).each(ctx, func(one page) error {
		n += one.entries()
		return nil
	})
	var fault *Error
	switch {
	case err == nil:
		r.sink.mu.Lock()
		r.count.total, r.count.last, r.count.open = r.count.total+n, n, true
		r.sink.mu.Unlock()
		return true, nil
	case ctx.Err() != nil, errors.As(err, new(*cookieError)) && r.restarts < maxRestarts:
		return false, err
	case errors.As(err, &fault) && fault.Kind == ConnectionLost:
		return false, err
	case errors.As(err, &fault):
		r.sink.mu.Lock()
		r.count.refused = fault
		r.sink.mu.Unlock()
	}
	return true, nil
}

// compare holds the entries that the pages of a place had against their number before.
func (r *reader) compare(seen int) {
	r.sink.mu.Lock()
	defer r.sink.mu.Unlock()
	r.count.compare(seen)
}

func (c *count) compare(seen int) {
	if c.open && seen < c.last {
		c.missing += c.last - seen
	}
	c.open = false
}

// add joins the counts of two readers.
func (c *count) add(o count) {
	c.total, c.missing = c.total+o.total, c.missing+o.missing
	if c.refused == nil {
		c.refused = o.refused
	}
}

// judge tells of a difference. The error says that too many are missing for the reading to count as whole.
func (c *count) judge(cover *evidence.Coverage) error {
	if c.refused != nil {
		cover.Notes = append(cover.Notes, "the entries could not be counted first: "+c.refused.Error())
	}
	if c.missing == 0 {
		return nil
	}
	if percent := c.missing * 100 / max(1, c.total); c.missing > missingAtMost && percent >= missingShare || percent > missingOfFew {
		return fmt.Errorf("%d of %d entries that were counted first did not come", c.missing, c.total)
	}
	cover.Notes = append(cover.Notes, fmt.Sprintf("%d of %d entries that were counted first did not come: they were deleted or moved meanwhile", c.missing, c.total))
	return nil
}
