package imports

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/valyala/fastjson"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
	"hybridaudit/sources/evidence/objects"
)

// pageFilling is the second reading.
type pageFilling struct {
	pages   *pages
	builder *evidence.Builder
	tables  map[evidence.Dataset]*pageTable
	parser  fastjson.Parser
	latest  time.Time // of the newest file
}

// pageTable is a dataset under construction.
type pageTable struct {
	rows    *objects.Rows
	schema  evidence.Schema
	domain  string // that the ids are told apart in
	removed int
	over    int // issues that were left out
}

func newPageFilling(s *pages) *pageFilling {
	used := map[int]bool{}
	for _, of := range s.chosen {
		for _, l := range of {
			maps.Copy(used, l.files)
		}
	}
	if len(used) == 0 {
		for i := range s.files {
			used[i] = true
		}
	}
	_, latest := newest(s.files, used)
	return &pageFilling{pages: s, builder: evidence.NewBuilder(latest), tables: map[evidence.Dataset]*pageTable{}, latest: latest}
}

func (f *pageFilling) table(d evidence.Dataset) *pageTable {
	t := f.tables[d]
	if t == nil {
		rows := objects.NewRows(f.builder.Table(d), f.pages.name(), nil)
		rows.Nameless = perDomain(d) || d == evidence.TenantNumbers
		rows.Compare = true
		t = &pageTable{rows: rows, schema: rows.Table.Schema()}
		f.tables[d] = t
	}
	return t
}

var errChanged = errors.New("changed while it was read: wait until it is saved")

// fill reads the files again.
func (f *pageFilling) fill(ctx context.Context) error {
	s := f.pages
	for i := range s.files {
		if !slices.ContainsFunc(s.of[i], func(l *listing) bool { return l != nil }) {
			continue
		}
		at := 0
		err := s.each(ctx, i, func(page objects.Page, line int) error {
			if at >= len(s.of[i]) {
				return &PageError{s.files[i].Name, line, errChanged.Error()}
			}
			l := s.of[i][at]
			at++
			if l != nil {
				f.take(l, page)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if at != len(s.of[i]) {
			return &PageError{File: s.files[i].Name, Problem: errChanged.Error()}
		}
	}
	return nil
}

// take stores the objects of a page.
func (f *pageFilling) take(l *listing, page objects.Page) {
	for _, d := range l.feeds() {
		if !slices.Contains(f.pages.chosen[d], l) {
			continue
		}
		t := f.table(d)
		if perDomain(d) {
			f.within(t, d, l.domain)
		}
		for _, element := range page.Elements {
			if bytes.Contains(element, []byte(`"@removed"`)) && f.removed(element) {
				t.removed++
				continue
			}
			if d == evidence.TenantIssues && f.over(element) {
				t.over++
				continue
			}
			t.rows.Add(element)
		}
		f.pages.options.Progress(d, t.rows.Table.Rows(), -1)
	}
}

// removed tells what a list of changes says is gone.
func (f *pageFilling) removed(element []byte) bool {
	v, err := f.parser.ParseBytes(element)
	return err == nil && v.Exists("@removed")
}

// lately is how far back resolved issues are of interest.
const lately = 8 * 24 * time.Hour

// over tells the issues that were resolved long before the pages were saved, which a collector does not ask for.
func (f *pageFilling) over(element []byte) bool {
	v, err := f.parser.ParseBytes(element)
	if err != nil || !v.GetBool("isResolved") {
		return false
	}
	at, err := time.Parse(time.RFC3339, string(v.GetStringBytes("lastModifiedDateTime")))
	return err == nil && at.Before(f.latest.Add(-lately))
}

// within says of which domain the next objects are. Their ids are told apart within one domain.
func (f *pageFilling) within(t *pageTable, d evidence.Dataset, domain string) {
	if t.domain != domain {
		t.rows.Forget()
		t.domain = domain
	}
	t.rows.More = func(row evidence.Row, o *fastjson.Object) error {
		if d == evidence.TenantFederations {
			col, _ := t.schema.Find("domain")
			return row.SetText(col, domain)
		}
		return objects.FillRecord(t.schema, row, o, domain)
	}
}

// close ends the coverage of every dataset.
func (f *pageFilling) close() *evidence.Snapshot {
	first := true
	for _, d := range evidence.Datasets() {
		of := f.pages.chosen[d]
		if len(of) == 0 && (!slices.Contains(f.pages.options.Wanted, d) || !d.Tenant() || d.Supplied()) {
			continue
		}
		c := f.cover(d, of)
		if first {
			c.Notes = append(c.Notes, f.pages.notes()...)
			first = false
		}
		f.builder.Cover(c)
	}
	return f.builder.Seal()
}

// notes say what of the files is in no dataset.
func (s *pages) notes() []string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(s.unused)) {
		all = append(all, "pages of "+name+" are not used ("+directory.Printable(s.unused[name], 200)+")")
	}
	if s.failed > 0 {
		all = append(all, fmt.Sprintf("%d answers in batches are errors and were left out", s.failed))
	}
	return all
}

// cover makes the coverage of a dataset out of its listings.
func (f *pageFilling) cover(d evidence.Dataset, of []*listing) evidence.Coverage {
	s := f.pages
	files := map[int]bool{}
	for _, l := range of {
		maps.Copy(files, l.files)
	}
	c := evidence.Coverage{Dataset: d, State: evidence.Failed, Expected: -1, Source: s.name(), Server: s.host, Optional: s.optional(d)}
	if c.Started, c.Ended = newest(s.files, files); len(files) == 0 {
		c.Started, c.Ended = newest(s.files, f.everything())
	}
	for _, i := range slices.Sorted(maps.Keys(files)) {
		c.Files = append(c.Files, s.files[i].Name)
	}
	var faults []error
	have := 0 // of what the service counted
	if t := f.tables[d]; t != nil {
		c.Rows = t.rows.Table.Rows()
		have = c.Rows + t.over
		notes, gaps := t.rows.Notes()
		c.Notes, c.Missing = append(c.Notes, notes...), append(c.Missing, gaps...)
		if !t.rows.Whole() {
			faults = append(faults, errors.New("some of what was saved could not be read: see the notes"))
		}
		if t.removed > 0 {
			c.Notes = append(c.Notes, fmt.Sprintf("%d objects that a list of changes says are gone were left out", t.removed))
			faults = append(faults, errChanges)
		}
		if n := t.rows.Differing(); n > 0 {
			faults = append(faults, fmt.Errorf("%d objects came again with another content: save one full listing instead", n))
		}
	}
	c.Notes = append(c.Notes, s.skipped[d]...)
	columnsOf(&c, of)
	for _, l := range of {
		if perDomain(d) {
			have = l.elements
		}
		faults = append(faults, l.faults(d, have)...)
	}
	switch {
	case perDomain(d):
		faults = append(faults, f.domainFaults(d, of, &c)...)
	case len(of) == 0:
		faults = append(faults, fmt.Errorf("no page of %s is among the files", resourceOf(d)))
	case d == evidence.TenantPrincipals:
		faults = append(faults, s.principalFaults(of, c.Rows)...)
	}
	end(&c, faults)
	return c
}

func (f *pageFilling) everything() map[int]bool {
	all := map[int]bool{}
	for i := range f.pages.files {
		all[i] = true
	}
	return all
}

// columnsOf says which columns all listings of a dataset filled.
func columnsOf(c *evidence.Coverage, of []*listing) {
	if len(of) == 0 {
		return
	}
	for _, column := range objects.Columns(evidence.SchemaOf(c.Dataset), nil) {
		switch {
		case !c.Dataset.Holds(column):
		case slices.ContainsFunc(of, func(l *listing) bool { return !perDomain(c.Dataset) && !l.has(column) }):
			if !slices.Contains(c.Missing, column) {
				c.Missing = append(c.Missing, column)
			}
		default:
			c.Attributes = append(c.Attributes, column)
		}
	}
}

// optional tells the datasets whose absence makes no run incomplete: what applications are mostly refused, and Teams where a cloud does not have it.
func (s *pages) optional(d evidence.Dataset) bool {
	switch d {
	case evidence.TenantSyncFeatures:
		return true
	case evidence.TenantTeamsUsers, evidence.TenantNumbers:
		return slices.Contains([]string{"graph.microsoft.us", "dod-graph.microsoft.us", "microsoftgraph.chinacloudapi.cn"}, s.host)
	}
	return false
}

var errChanges = errors.New("these are pages of changes: save a full listing instead")

// faults say whether some of a listing is missing, of which there are rows of a dataset.
func (l *listing) faults(d evidence.Dataset, rows int) []error {
	if l.partOf(d) {
		return []error{fmt.Errorf("%s holds a single object, which does not tell that there are no others: save the list", directory.Printable(l.lastFile, 200))}
	}
	if l.changes {
		return []error{errChanges}
	}
	if l.finals == 0 && len(l.nexts) > 0 {
		return []error{fmt.Errorf("%s:%d: the page announces another one, and none of the files is the last", directory.Printable(l.lastFile, 200), l.lastLine)}
	}
	if len(l.counts) != 1 {
		return nil
	}
	for n := range l.counts {
		if n > rows && (rows == 0 || n-rows > min(max(100, n/50), n/10+1)) { // the count comes from an index that lags
			return []error{fmt.Errorf("the service counted %d objects and the files hold %d", n, rows)}
		}
	}
	return nil
}

// principalFaults says whether one of the two applications may be missing: single objects do not tell that there is no other one.
func (s *pages) principalFaults(of []*listing, rows int) []error {
	const applications = 2
	if rows >= applications || slices.ContainsFunc(of, func(l *listing) bool { return !l.single }) {
		return nil
	}
	return []error{errors.New("only one of the two hybrid applications was saved, and nothing says that the other is not there")}
}
