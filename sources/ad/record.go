package ad

import (
	"fmt"

	"hybridaudit/sources/evidence"
)

// record is a new row of a small table, filled by the names of the columns.
type record struct {
	evidence.Row
	columns evidence.Schema
	what    string // for faults
	faults  []error
}

func newRecord(t *evidence.Table, d evidence.Dataset, what string) *record {
	return &record{Row: t.NewRow(), columns: evidence.SchemaOf(d), what: what}
}

// column gives the position of a column.
func (r *record) column(name string) int {
	i, _ := r.columns.Find(name)
	return i
}

// text adds values to a column; empty ones are left out.
func (r *record) text(name string, values ...string) {
	for _, value := range values {
		if value == "" {
			continue
		}
		if err := r.SetText(r.column(name), value); err != nil {
			r.faults = append(r.faults, fmt.Errorf("%s: %w", r.what, err))
		}
	}
}
