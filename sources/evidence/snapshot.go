package evidence

import (
	"encoding/base64"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"sync"
	"time"

	"hybridaudit/sources/evidence/directory"
)

// Builder takes what one source gives: one forest, or one tenant. Different tables may be filled by different goroutines.
type Builder struct {
	mu sync.Mutex
	s  *Snapshot
}

// NewBuilder starts a snapshot that was taken at the given time: the only clock that rules know.
func NewBuilder(taken time.Time) *Builder {
	return &Builder{s: &Snapshot{taken: taken.UTC().Truncate(time.Second), tables: map[Dataset]*Table{}}}
}

// Table gives the table of a dataset, made when it is first asked for.
func (b *Builder) Table(d Dataset) *Table {
	b.mu.Lock()
	defer b.mu.Unlock()
	t := b.s.tables[d]
	if t == nil {
		t = newTable(SchemaOf(d), &arena{})
		b.s.tables[d] = t
	}
	return t
}

// Cover records how completely a dataset was read.
func (b *Builder) Cover(c Coverage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.coverage = append(b.s.coverage, c)
}

// Seal ends the building. The builder must not be used any more.
func (b *Builder) Seal() *Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.s
	b.s = nil
	sortCoverage(s.coverage)
	return s
}

// Snapshot is sealed evidence: it never changes and any number of goroutines may read it.
type Snapshot struct {
	taken    time.Time
	tables   map[Dataset]*Table
	coverage []Coverage
}

// Taken is when the evidence was collected; of merged evidence, when its newest part was.
func (s *Snapshot) Taken() time.Time { return s.taken }

// Coverage lists the coverage of all datasets and sources, in the order of [Datasets], then of the sources.
func (s *Snapshot) Coverage() []Coverage { return s.coverage }

// Table gives a dataset's table, nil when nothing was read into it.
func (s *Snapshot) Table(d Dataset) *Table { return s.tables[d] }

// Rows counts the rows of a dataset.
func (s *Snapshot) Rows(d Dataset) int {
	if t := s.tables[d]; t != nil {
		return t.rows
	}
	return 0
}

// State is the worst state of a dataset over all sources; NotRequested when no source was asked.
func (s *Snapshot) State(d Dataset) State {
	worst := NotRequested
	for _, c := range s.coverage {
		if c.Dataset == d {
			worst = max(worst, c.State)
		}
	}
	return worst
}

// Narrowed says that the configuration kept the reading of a dataset to a part, at any source.
func (s *Snapshot) Narrowed(d Dataset) bool {
	return slices.ContainsFunc(s.coverage, func(c Coverage) bool { return c.Dataset == d && c.Narrowed })
}

// Of lists the coverage of one dataset.
func (s *Snapshot) Of(d Dataset) []Coverage {
	var of []Coverage
	for _, c := range s.coverage {
		if c.Dataset == d {
			of = append(of, c)
		}
	}
	return of
}

// Keep gives the snapshot without the datasets that are not wanted, as if nobody had asked for them. It shares the tables.
func (s *Snapshot) Keep(wanted func(Dataset) bool) *Snapshot {
	k := &Snapshot{taken: s.taken, tables: map[Dataset]*Table{}}
	for d, t := range s.tables {
		if wanted(d) {
			k.tables[d] = t
		}
	}
	for _, c := range s.coverage {
		if wanted(c.Dataset) {
			k.coverage = append(k.coverage, c)
		}
	}
	return k
}

// ADObjectAt gives the object in a row of ADUsers, ADContacts or ADGroups.
func (s *Snapshot) ADObjectAt(d Dataset, row int) ADObject { return ADObject{s.tables[d], row, d} }

// ADObjects iterates over one of ADUsers, ADContacts and ADGroups.
func (s *Snapshot) ADObjects(d Dataset) iter.Seq[ADObject] {
	return rows(s, d, func(t *Table, r int) ADObject { return ADObject{t, r, d} })
}

// TenantUserAt gives the tenant user in a row.
func (s *Snapshot) TenantUserAt(row int) TenantUser { return TenantUser{s.tables[TenantUsers], row} }

// TenantUsers iterates over the tenant's users.
func (s *Snapshot) TenantUsers() iter.Seq[TenantUser] {
	return rows(s, TenantUsers, func(t *Table, r int) TenantUser { return TenantUser{t, r} })
}

// TeamsUsers iterates over the Teams user configurations.
func (s *Snapshot) TeamsUsers() iter.Seq[TeamsUser] {
	return rows(s, TenantTeamsUsers, func(t *Table, r int) TeamsUser { return TeamsUser{t, r} })
}

// Forests iterates over the forests.
func (s *Snapshot) Forests() iter.Seq[Forest] {
	return rows(s, ADForests, func(t *Table, r int) Forest { return Forest{t, r} })
}

// Pools iterates over the pools.
func (s *Snapshot) Pools() iter.Seq[Pool] {
	return rows(s, ADPools, func(t *Table, r int) Pool { return Pool{t, r} })
}

// Domains iterates over the tenant's domains.
func (s *Snapshot) Domains() iter.Seq[Domain] {
	return rows(s, TenantDomains, func(t *Table, r int) Domain { return Domain{t, r} })
}

// DomainRecords iterates over the DNS records that the tenant wants.
func (s *Snapshot) DomainRecords() iter.Seq[DomainRecord] {
	return rows(s, TenantDomainRecords, func(t *Table, r int) DomainRecord { return DomainRecord{t, r} })
}

// SKUs iterates over the subscribed SKUs.
func (s *Snapshot) SKUs() iter.Seq[SKU] {
	return rows(s, TenantSKUs, func(t *Table, r int) SKU { return SKU{t, r} })
}

// Organizations iterates over the tenants.
func (s *Snapshot) Organizations() iter.Seq[Organization] {
	return rows(s, TenantOrganization, func(t *Table, r int) Organization { return Organization{t, r} })
}

// SyncFeatures iterates over the tenants' synchronisation settings.
func (s *Snapshot) SyncFeatures() iter.Seq[SyncFeatures] {
	return rows(s, TenantSyncFeatures, func(t *Table, r int) SyncFeatures { return SyncFeatures{t, r} })
}

func rows[T any](s *Snapshot, d Dataset, view func(*Table, int) T) iter.Seq[T] {
	return func(yield func(T) bool) {
		t := s.tables[d]
		if t == nil {
			return
		}
		for r := range t.rows {
			if !yield(view(t, r)) {
				return
			}
		}
	}
}

// printed gives the values of a cell as text.
func (t *Table) printed(col, row int) []string {
	c := &t.cols[col]
	switch c.Kind {
	case Text, Name:
		if s, ok := t.text(col, row); ok {
			return []string{s}
		}
	case List, NameList:
		var all []string
		for s := range t.list(col, row) {
			all = append(all, s)
		}
		return all
	case Int, Count, Size:
		if v, ok := t.number(col, row); ok {
			return []string{strconv.FormatInt(v, 10)}
		}
	case Bool:
		switch t.tri(col, row) {
		case True:
			return []string{"TRUE"}
		case False:
			return []string{"FALSE"}
		case Absent:
		}
	case Time:
		if v := t.when(col, row); !v.IsZero() {
			return []string{v.Format(time.RFC3339)}
		}
	case GUID:
		if g := t.guid(col, row); !g.IsZero() {
			return []string{g.String()}
		}
	case Bytes:
		if s, ok := t.text(col, row); ok {
			return []string{printedBytes([]byte(s))}
		}
	case Records:
	}
	return nil
}

// printedBytes shows an octet string as the SID or GUID that it is, or in base64.
func printedBytes(b []byte) string {
	if sid, err := directory.SIDText(b); err == nil {
		return sid
	}
	if g, err := directory.GUIDFromBytes(b); err == nil {
		return g.String()
	}
	return base64.StdEncoding.EncodeToString(b)
}

// String says what a snapshot holds, for logs: no values.
func (s *Snapshot) String() string {
	return fmt.Sprintf("evidence of %s with %d AD users and %d tenant users", s.taken.Format(time.RFC3339), s.Rows(ADUsers), s.Rows(TenantUsers))
}
