package graph

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/valyala/fastjson"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/objects"
)

// changes are what a delta query told: a row for each time that an object came, whatever the order.
type changes struct {
	rows *objects.Rows
	link string // for the next time

	columns map[string]uint64 // by property: the columns that it fills, as bits
	told    []uint64          // by row: the columns that the object had, null ones too
	prior   []int             // by row: the row of the same object before, -1
	gone    []bool            // by row: the object was removed
	last    map[directory.GUID]int
	order   []directory.GUID // of first coming
}

// newChanges makes room for the changes of a listing, in a table of their own.
func (r *run) newChanges(l listing) *changes {
	table := evidence.NewBuilder(r.collector.cfg.Clock.Now()).Table(l.dataset)
	ch := &changes{rows: r.rows(l, table), columns: map[string]uint64{}, last: map[directory.GUID]int{}}
	ch.rows.Repeats = true
	for i, c := range table.Schema() {
		property, _, _ := strings.Cut(c.Name, ".")
		ch.columns[property] |= 1 << i
	}
	ch.rows.More = ch.more
	return ch
}

// more notes which properties an object came with. The default answer has all that were asked for, but it is only promised that it has those that changed: what
// is not there keeps its earlier value, what is null loses it.
func (ch *changes) more(_ evidence.Row, o *fastjson.Object) error {
	id, err := directory.ParseGUID(string(o.Get("id").GetStringBytes()))
	if err != nil {
		return err
	}
	row, prior := len(ch.told), -1
	if i, ok := ch.last[id]; ok {
		prior = i
	} else {
		ch.order = append(ch.order, id)
	}
	var told uint64
	o.Visit(func(key []byte, _ *fastjson.Value) { told |= ch.columns[string(key)] })
	ch.told, ch.prior, ch.gone = append(ch.told, told), append(ch.prior, prior), append(ch.gone, o.Get("@removed") != nil)
	ch.last[id] = row
	return nil
}

var errNoNewLink = errors.New("the service told the changes without a link for the next time")

// read takes the changes since a link and the link for the next time.
func (ch *changes) read(ctx context.Context, c *client, path string, from *url.URL, each func()) error {
	link := ""
	err := c.pages(ctx, request{url: from}, false, func(p objects.Page) int {
		ch.rows.Take(p)
		link = p.Delta
		each()
		return len(p.Elements)
	})
	if err != nil {
		return err
	}
	if !ch.rows.Whole() {
		return errors.New("some of the changes could not be read")
	}
	if ch.link = c.keepable(path, link); ch.link == "" {
		return errNoNewLink
	}
	return nil
}

// removed says that an object was there and is no more.
func (ch *changes) removed(id directory.GUID) bool {
	row, ok := ch.last[id]
	return ok && ch.gone[row]
}

// source is the row of the last change that told a column of an object, -1 when none did.
func (ch *changes) source(id directory.GUID, col int) int {
	row, ok := ch.last[id]
	if !ok {
		return -1
	}
	for ; row >= 0; row = ch.prior[row] {
		if ch.told[row]&(1<<col) != 0 && !ch.gone[row] {
			return row
		}
	}
	return -1
}
