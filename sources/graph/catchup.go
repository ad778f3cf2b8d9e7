package graph

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/objects"
)

// catchUp brings a dataset up to date from the evidence of an earlier run, with the changes that the service tells since. Nothing is stored before all of it is
// known to fit; errReadInFull otherwise, with the reason among the notes.
func (r *run) catchUp(ctx context.Context, l listing, cov *evidence.Coverage) error {
	e, why := r.before(l)
	if e.link == nil {
		if why != "" {
			cov.Notes = append(cov.Notes, "read in full: "+why)
		}
		return errReadInFull
	}
	n, err := r.news(ctx, l, e)
	if err == nil {
		probe := *cov
		if err = weigh(&probe, n.size()); err == nil {
			*cov = probe
			return r.renew(n, cov)
		}
	}
	var refused *SignInError
	if ctx.Err() != nil || errors.As(err, &refused) {
		return err
	}
	cov.Notes = append(cov.Notes, "read in full: "+whyInFull(err, e.since))
	return errReadInFull
}

// whyInFull words why the changes were of no use.
func whyInFull(err error, since time.Time) string {
	var status *StatusError
	if errors.As(err, &status) {
		switch code := strings.ToLower(status.Code); {
		case status.Status == 410, strings.HasPrefix(code, "syncstate"), strings.HasPrefix(code, "resync"), code == "directory_expiredpagetoken":
			return fmt.Sprintf("the service no longer tells the changes since %s (%s)", since.UTC().Format(time.DateOnly), status.Error())
		}
	}
	return "the changes since " + since.UTC().Format(time.DateOnly) + " could not be used: " + err.Error()
}

// news is all that a dataset is renewed from.
type news struct {
	listing listing
	earlier earlier
	old     map[directory.GUID]int // rows of this tenant in the earlier table
	order   []directory.GUID       // of those
	changes *changes
	// anew are the columns that changes do not tell, read of all objects; nil where there are none. It decides which objects there are.
	anew *anew
}

// anew are columns that were listed again.
type anew struct {
	table   *evidence.Table
	columns map[string]bool
	rows    map[directory.GUID]int
}

// extraRounds is how often the changes are asked for again to explain what a listing has besides.
const extraRounds = 2

// news asks for the changes, and for what they do not tell.
func (r *run) news(ctx context.Context, l listing, e earlier) (*news, error) {
	c := r.collector.client
	n := &news{listing: l, earlier: e, old: map[directory.GUID]int{}, changes: r.newChanges(l)}
	for row, id := range r.objectsBefore(l.dataset) {
		n.old[id] = row
		n.order = append(n.order, id)
	}
	progress := func() { c.cfg.Progress(l.dataset, len(n.old), -1) }
	if err := n.changes.read(ctx, c, l.path, e.link, progress); err != nil {
		return nil, err
	}
	var err error
	if n.anew, err = r.listAnew(ctx, l); err != nil || n.anew == nil {
		return n, err
	}
	for round := 0; n.unexplained() > 0; round++ {
		if round == extraRounds {
			return nil, fmt.Errorf("%d objects are listed that are neither among them nor in the earlier evidence", n.unexplained())
		}
		link, err := c.takeUp(l.path, n.changes.link)
		if err != nil {
			return nil, err
		}
		if err := n.changes.read(ctx, c, l.path, link, progress); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// objectsBefore gives the objects of this tenant in the earlier evidence, with their rows.
func (r *run) objectsBefore(d evidence.Dataset) iter.Seq2[int, directory.GUID] {
	cfg := r.collector.cfg
	return func(yield func(int, directory.GUID) bool) {
		if d == evidence.TenantUsers {
			for u := range cfg.Previous.TenantUsers() {
				if strings.EqualFold(u.Tenant(), cfg.TenantID) && !yield(u.Row(), u.ID()) {
					return
				}
			}
			return
		}
		row := -1
		for o := range cfg.Previous.Recipients(d) {
			if row++; strings.EqualFold(o.Tenant(), cfg.TenantID) && !yield(row, o.ID()) {
				return
			}
		}
	}
}

// listAnew lists the columns that changes do not tell; nil when none is wanted.
func (r *run) listAnew(ctx context.Context, l listing) (*anew, error) {
	a := &anew{columns: map[string]bool{}, rows: map[directory.GUID]int{}}
	for _, name := range untracked(l.dataset) {
		if l.keep == nil || l.keep[name] {
			a.columns[name] = true
		}
	}
	if len(a.columns) == 0 {
		return nil, nil //nolint:nilnil // nothing to list is no fault
	}
	l.keep = map[string]bool{"id": true}
	for name := range a.columns {
		l.keep[name] = true
	}
	a.table = evidence.NewBuilder(r.collector.cfg.Clock.Now()).Table(l.dataset)
	rows := r.rows(l, a.table)
	rows.More = func(_ evidence.Row, o *fastjson.Object) error {
		id, err := directory.ParseGUID(string(o.Get("id").GetStringBytes()))
		a.rows[id] = a.table.Rows() - 1
		return err
	}
	var slim evidence.Coverage
	if err := closed(rows, &slim, r.read(ctx, &l, rows, &slim)); err != nil {
		return nil, err
	}
	if len(slim.Missing) > 0 {
		return nil, fmt.Errorf("the service no longer knows %s", strings.Join(slim.Missing, ", "))
	}
	return a, nil
}

// unexplained counts the listed objects of which nothing else is known.
func (n *news) unexplained() (count int) {
	for id := range n.anew.rows {
		if !n.has(id) {
			count++
		}
	}
	return count
}

// has says whether the earlier evidence and the changes together have an object.
func (n *news) has(id directory.GUID) bool {
	if _, changed := n.changes.last[id]; changed {
		return !n.changes.removed(id)
	}
	_, old := n.old[id]
	return old
}

// objects gives the objects that there are now: those from before in their order, then the new ones.
func (n *news) objects() iter.Seq[directory.GUID] {
	return func(yield func(directory.GUID) bool) {
		there := func(id directory.GUID) bool {
			if n.anew != nil {
				if _, listed := n.anew.rows[id]; !listed {
					return false
				}
			}
			return n.has(id)
		}
		for _, id := range n.order {
			if there(id) && !yield(id) {
				return
			}
		}
		for _, id := range n.changes.order {
			if _, old := n.old[id]; !old && there(id) && !yield(id) {
				return
			}
		}
	}
}

func (n *news) size() (count int) {
	for range n.objects() {
		count++
	}
	return count
}

// renew stores the dataset as it is now.
func (r *run) renew(n *news, cov *evidence.Coverage) error {
	table := r.builder.Table(n.listing.dataset)
	schema := table.Schema()
	cov.Attributes = objects.Columns(schema, n.listing.keep)
	cov.Delta = n.changes.link
	old, told := evidence.NewCarrier(n.earlier.table, table), evidence.NewCarrier(n.changes.rows.Table, table)
	var listed *evidence.Carrier
	if n.anew != nil {
		listed = evidence.NewCarrier(n.anew.table, table)
	}
	changed := 0
	for id := range n.objects() {
		row := table.NewRow()
		before, known := n.old[id]
		if _, ok := n.changes.last[id]; ok {
			changed++
		}
		for col, c := range schema {
			switch source := n.changes.source(id, col); {
			case c.Name == evidence.TenantColumn:
				if err := row.SetText(col, r.collector.cfg.TenantID); err != nil {
					return err
				}
			case n.anew != nil && n.anew.columns[c.Name]:
				listed.Cell(row, col, n.anew.rows[id])
			case source >= 0:
				told.Cell(row, col, source)
			case known:
				old.Cell(row, col, before)
			}
		}
	}
	r.collector.cfg.Progress(n.listing.dataset, table.Rows(), cov.Expected)
	cov.Notes = append(cov.Notes, fmt.Sprintf("brought up to date from the read of %s: %d new or changed, %d as they were",
		n.earlier.since.UTC().Format(time.RFC3339), changed, table.Rows()-changed))
	return nil
}
