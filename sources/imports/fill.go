package imports

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/entries"
	"hybridaudit/sources/imports/ldif"
)

// filling is the second reading: records become rows.
type filling struct {
	survey   *survey
	options  Options
	selector selector
	forests  []*forestFilling
	ofDomain map[*domain]*forestFilling
	classed  map[*ldif.Search]bool // objectClass stands in some of its records
}

// forestFilling is the evidence of one forest under construction.
type forestFilling struct {
	*forest
	filling   *filling
	builder   *evidence.Builder
	tables    []*tableFilling
	deleted   int                  // deleted objects that were passed over
	classless map[*ldif.Search]int // records without objectClass
}

// tableFilling is one dataset of it.
type tableFilling struct {
	dataset evidence.Dataset
	clauses []*clauseFilling
	writer  *entries.Writer
	faulty  bool // known once it was judged
}

type clauseFilling struct {
	clause
	parsed filter
	common bool // a domain without any is unheard of
}

func newFilling(s *survey, forests []*forest, o Options) (*filling, error) {
	f := &filling{survey: s, options: o, selector: newSelector(), ofDomain: map[*domain]*forestFilling{}, classed: map[*ldif.Search]bool{}}
	for _, one := range forests {
		ff := &forestFilling{forest: one, filling: f, builder: evidence.NewBuilder(o.Taken), classless: map[*ldif.Search]int{}}
		for _, t := range tables(one.rtc) {
			tf := &tableFilling{dataset: t.dataset, writer: entries.NewWriter(t.dataset, ff.builder.Table(t.dataset), one.name, o.columns(t.dataset))}
			for _, c := range t.clauses {
				parsed, err := parseFilter(c.filter, f.selector.slots)
				if err != nil {
					return nil, err
				}
				tf.clauses = append(tf.clauses, &clauseFilling{clause: c, parsed: parsed, common: t.dataset == evidence.ADUsers})
			}
			ff.tables = append(ff.tables, tf)
		}
		f.forests = append(f.forests, ff)
		for d := range one.members {
			f.ofDomain[d] = ff
		}
	}
	f.selector.object.held = make([][][]byte, len(f.selector.slots))
	return f, nil
}

// fill reads all files.
func (f *filling) fill(ctx context.Context) error {
	for i := range f.survey.files {
		file := &f.survey.files[i]
		r, err := file.records(ctx, f.options.Limits, func(record *ldif.Record) error { return f.take(i, record) })
		if err != nil {
			return err
		}
		same := slices.EqualFunc(file.searches, r.Searches(), func(a, b *ldif.Search) bool { return a.Records == b.Records && a.Fault() == b.Fault() })
		if why, _ := r.Cut(); !same || (why == "") != (file.cut == "") {
			return fmt.Errorf("%s changed while it was read: wait for the export to end", file.Name)
		}
	}
	return nil
}

// take turns a record into rows.
func (f *filling) take(file int, record *ldif.Record) error {
	p := f.survey.domains.locate(record.DN)
	ff := f.ofDomain[p.domain]
	if p.domain == nil || ff == nil || p.schema {
		return nil
	}
	e := f.selector.load(record)
	switch {
	case f.selector.isDeleted():
		ff.deleted++
		return nil
	case f.selector.isClassless():
		ff.classless[record.Search]++
		return nil
	}
	f.classed[record.Search] = true
	extent := f.survey.extentOf(file, record.Search, p.domain)
	if isSilent(record.Search) {
		if k := f.selector.kind(p); k != "" {
			extent.filled.hold(k, e)
		}
	}
	for _, t := range ff.tables {
		if err := ff.offer(t, p, extent, e, record); err != nil {
			return err
		}
	}
	return nil
}

// unclassed counts the records without objectClass: those of exports without this attribute, and those that hide it from the account of the export. Nobody
// who reads the directory itself with that account finds the hidden ones either.
func (ff *forestFilling) unclassed() (unknown, hidden int) {
	for s, n := range ff.classless {
		if ff.filling.classed[s] {
			hidden += n
		} else {
			unknown += n
		}
	}
	return unknown, hidden
}

// progressEvery is how many rows pass between two reports of progress.
const progressEvery = 1000

// offer makes a row of the record if the table takes it.
func (ff *forestFilling) offer(t *tableFilling, p place, x *extent, e entries.Entry, record *ldif.Record) error {
	for _, c := range t.clauses {
		if !c.where.takes(p, ff.forest) || c.parsed.matches(&ff.filling.selector.object) != yes || t.dataset == evidence.ADComputers && !ff.names(e) {
			continue
		}
		if err := t.writer.Add(e, nil); err != nil {
			return err
		}
		if x.filled.rows == nil {
			x.filled.rows = map[*clauseFilling]int{}
		}
		x.filled.rows[c]++
		if isSilent(record.Search) {
			x.filled.hold(kind(t.dataset), e)
		}
		if n := t.writer.Rows(); n%progressEvery == 0 {
			ff.filling.options.Progress(t.dataset, n, -1)
		}
		return nil
	}
	return nil
}

// maxHeld bounds how many names of attributes are remembered for a kind of records.
const maxHeld = 10_000

// hold remembers the attributes that a record holds.
func (f *filled) hold(k kind, e entries.Entry) {
	held := f.held[k]
	if held == nil {
		if f.held == nil {
			f.held = map[kind]map[string]bool{}
		}
		held = map[string]bool{}
		f.held[k] = held
	}
	for i := range e.Attributes {
		name, _, _ := bytes.Cut(e.Attributes[i].Name, []byte(";"))
		if !held[string(name)] && len(held) < maxHeld {
			held[string(name)] = true
		}
	}
}

// names says whether pools or topology name the computer.
func (ff *forestFilling) names(e entries.Entry) bool {
	hosts := ff.root.hosts
	if len(hosts) == 0 {
		return false
	}
	for i := range e.Attributes {
		a := &e.Attributes[i]
		if len(a.Name) == len("dNSHostName") && strings.EqualFold(string(a.Name), "dNSHostName") && len(a.Values) > 0 && hosts[hostKey(string(a.Values[0]))] {
			return true
		}
	}
	return hosts[nameKey(string(e.DN))]
}
