package entries

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// Writer turns entries into rows of one table. It serves one goroutine.
type Writer struct {
	dataset   evidence.Dataset
	table     *evidence.Table
	forest    string // text of the forest column
	wanted    []field
	byName    map[string]field
	spellings int // entries of byName that are mere spellings
	guid      int // column of objectGUID
	dn        int
	origin    int   // column of the forest
	rows      []int // that have a value, by column
	known     map[directory.GUID]struct{}
	tally     tally
	one       [1][]byte
}

// field is where an attribute goes; column is -1 for attributes that nobody asked for.
type field struct {
	column int
	name   string
	take   takes
}

// takes is how many of an attribute's values a column uses.
type takes uint8

const (
	first takes = iota // the first
	each               // one by one, so that a bad one spoils no other
	all                // at once: they are counted
)

// maxSpellings bounds how many spellings of names are remembered: a server has one of each name.
const maxSpellings = 4096

// NewWriter gives the writer of a dataset's table t. forest is the DNS name of the forest the entries come from; wanted lists the columns to be filled,
// by name, and what it does not list is passed over. objectGUID and distinguishedName are always stored.
func NewWriter(d evidence.Dataset, t *evidence.Table, forest string, wanted []string) *Writer {
	columns := evidence.SchemaOf(d)
	w := &Writer{
		dataset: d, table: t, forest: forest, byName: map[string]field{}, guid: -1, dn: -1, origin: -1, rows: make([]int, len(columns)),
		known: map[directory.GUID]struct{}{}, tally: tally{unreadable: map[string]int{}, tooLong: map[string]int{}, cut: map[string]int{}},
	}
	for i, column := range columns {
		switch column.Name {
		case guidName:
			w.guid = i
		case "distinguishedName":
			w.dn = i
		case evidence.ADForestColumn:
			w.origin = i
		default:
			if slices.Contains(wanted, column.Name) {
				f := field{i, column.Name, takesOf(column.Kind)}
				w.wanted = append(w.wanted, f)
				w.byName[strings.ToLower(column.Name)] = f
			}
		}
	}
	return w
}

func takesOf(k evidence.Kind) takes {
	switch k {
	case evidence.List, evidence.NameList:
		return each
	case evidence.Count:
		return all
	}
	return first
}

// fieldOf finds the column of an attribute by the name that the directory gives it, in whatever case.
func (w *Writer) fieldOf(name []byte) field {
	if f, ok := w.byName[string(name)]; ok {
		return f
	}
	f, ok := w.byName[strings.ToLower(string(name))]
	if !ok {
		f = field{column: -1}
	}
	if w.spellings < maxSpellings {
		w.spellings++
		w.byName[string(name)] = f // the same spelling comes with each entry
	}
	return f
}

// Has says whether the object has a row.
func (w *Writer) Has(g directory.GUID) bool {
	_, ok := w.known[g]
	return ok
}

// Rows counts the rows that were written.
func (w *Writer) Rows() int { return len(w.known) }

// Again notes that the reading was begun again after a fault. That entries come twice is then no news.
func (w *Writer) Again() { w.tally.again++ }

// Referred notes references to other places that were not followed.
func (w *Writer) Referred(n int) { w.tally.referrals += n }

// Add makes a row of an entry unless its object has one, or has no objectGUID. rest reads further values of attributes that came in ranges; without it they
// count as cut. An error is rest's, and leaves no row behind.
func (w *Writer) Add(e Entry, rest Rest) error {
	g, ok := GUIDOf(e)
	if !ok {
		w.tally.nameless++
		return nil
	}
	if w.Has(g) {
		w.tally.twice++
		return nil
	}
	attributes := e.Attributes
	if slices.ContainsFunc(attributes, Attribute.optioned) {
		var err error
		if attributes, err = w.complete(g, attributes, rest); err != nil {
			return err
		}
	}
	row := w.table.NewRow()
	w.known[g] = struct{}{}
	row.SetGUID(w.guid, g)
	w.one[0] = e.DN
	w.store(row, field{w.dn, "distinguishedName", first}, w.one[:])
	if err := row.SetText(w.origin, w.forest); err != nil {
		return fmt.Errorf("forest name: %w", err)
	}
	for i := range attributes {
		if f := w.fieldOf(attributes[i].Name); f.column >= 0 {
			w.store(row, f, attributes[i].Values)
		}
	}
	return nil
}

// store puts the values into their column and counts those that do not go in.
func (w *Writer) store(row evidence.Row, f field, values [][]byte) {
	step := 1
	switch f.take {
	case first:
		values = values[:min(1, len(values))]
	case all:
		step = max(1, len(values))
	}
	stored := false
	for ; len(values) > 0; values = values[step:] {
		err := row.SetLDAP(f.column, values[:step])
		switch {
		case err == nil:
			stored = true
		case errors.As(err, new(*evidence.ValueTooLongError)):
			w.tally.tooLong[f.name]++
		default:
			w.tally.unreadable[f.name]++
		}
	}
	if stored {
		w.rows[f.column]++
	}
}

// complete joins attributes that came in ranges with the rest of their values, and drops the options of the others.
func (w *Writer) complete(g directory.GUID, attributes []Attribute, rest Rest) ([]Attribute, error) {
	var out []Attribute
	for _, a := range attributes {
		name, options, has := strings.Cut(string(a.Name), ";")
		if !has {
			if len(a.Values) > 0 { // the empty attribute that stands beside its range says nothing
				out = append(out, a)
			}
			continue
		}
		values := slices.Clone(a.Values)
		if next, isRange := NextOfRange(options); isRange && next > 0 && w.fieldOf([]byte(name)).column >= 0 {
			var (
				further [][]byte
				whole   bool
				err     error
			)
			if rest != nil {
				further, whole, err = rest(g, name, next)
			}
			if err != nil {
				return nil, err
			}
			values = append(values, further...)
			if !whole {
				w.tally.cut[w.fieldOf([]byte(name)).name]++
			}
		}
		out = append(out, Attribute{Name: []byte(name), Values: values})
	}
	return out, nil
}
