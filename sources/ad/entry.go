package ad

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"hybridaudit/sources/evidence"
	"hybridaudit/sources/evidence/directory"
)

// writer turns entries into rows of one table.
type writer struct {
	table  *evidence.Table
	forest string // text of the forest column
	byName map[string]field
	guid   int // column of objectGUID
	dn     int
	origin int // column of the forest
	rows   map[int]int
	tally  tally
	known  map[directory.GUID]struct{}
}

// field is where an attribute goes; column is -1 for attributes that nobody asked for.
type field struct {
	column int
	name   string
	list   bool
}

// tally counts what a reader of the coverage should know.
type tally struct {
	again      int            // times that a search was begun again
	twice      int            // entries of objects that had a row already
	nameless   int            // entries without objectGUID
	referrals  int            // references that were not followed
	unreadable map[string]int // values that do not fit their attribute, by attribute
	tooLong    map[string]int
	cut        map[string]int // objects of whose values only the first could be read
}

func newWriter(d evidence.Dataset, t *evidence.Table, forest string, wanted []string) *writer {
	w := &writer{
		table: t, forest: forest, byName: map[string]field{}, guid: -1, dn: -1, origin: -1, rows: map[int]int{}, known: map[directory.GUID]struct{}{},
		tally: tally{unreadable: map[string]int{}, tooLong: map[string]int{}, cut: map[string]int{}},
	}
	for i, column := range evidence.SchemaOf(d) {
		switch column.Name {
		case "objectGUID":
			w.guid = i
		case "distinguishedName":
			w.dn = i
		case evidence.ADForestColumn:
			w.origin = i
		default:
			if slices.Contains(wanted, column.Name) {
				w.byName[strings.ToLower(column.Name)] = field{i, column.Name, column.Kind == evidence.List || column.Kind == evidence.NameList}
			}
		}
	}
	return w
}

// fieldOf finds the column of an attribute by the name that the server gives it, in whatever case.
func (w *writer) fieldOf(name string) field {
	f, ok := w.byName[name]
	if !ok {
		if f, ok = w.byName[strings.ToLower(name)]; !ok {
			f = field{column: -1}
		}
		w.byName[name] = f // the same spelling comes with each entry
	}
	return f
}

// guidOf reads the objectGUID of an entry; ok is false when there is none that can be read.
func guidOf(e *ldap.Entry) (g directory.GUID, ok bool) {
	for _, a := range e.Attributes {
		if strings.EqualFold(a.Name, "objectGUID") && len(a.ByteValues) > 0 {
			g, err := directory.GUIDFromBytes(a.ByteValues[0])
			return g, err == nil && !g.IsZero()
		}
	}
	return directory.GUID{}, false
}

// more reads the rest of a multi-valued attribute of which the server gave only the first values; next is the position of the first missing one.
type more func(g directory.GUID, attribute string, next int) (values [][]byte, whole bool, err error)

// add makes a row of an entry unless its object has one. An error of the function that reads further values leaves no row behind.
func (w *writer) add(e *ldap.Entry, rest more) error {
	g, ok := guidOf(e)
	if !ok {
		w.tally.nameless++
		return nil
	}
	if _, twice := w.known[g]; twice {
		w.tally.twice++
		return nil
	}
	attributes, err := w.complete(g, e.Attributes, rest)
	if err != nil {
		return err
	}
	row := w.table.NewRow()
	w.known[g] = struct{}{}
	row.SetGUID(w.guid, g)
	w.store(row, field{w.dn, "distinguishedName", false}, [][]byte{[]byte(e.DN)})
	if err := row.SetText(w.origin, w.forest); err != nil {
		return fmt.Errorf("forest name: %w", err)
	}
	for _, a := range attributes {
		if f := w.fieldOf(a.Name); f.column >= 0 {
			w.store(row, f, a.ByteValues)
		}
	}
	return nil
}

// store puts the values into their column and counts those that do not go in.
func (w *writer) store(row evidence.Row, f field, values [][]byte) {
	if !f.list {
		values = values[:min(1, len(values))]
	}
	stored := false
	for i := range values {
		err := row.SetLDAP(f.column, values[i:i+1])
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

// complete joins attributes that came in ranges with the rest of their values.
func (w *writer) complete(g directory.GUID, attributes []*ldap.EntryAttribute, rest more) ([]*ldap.EntryAttribute, error) {
	ranged := slices.ContainsFunc(attributes, func(a *ldap.EntryAttribute) bool { return strings.Contains(a.Name, ";") })
	if !ranged {
		return attributes, nil
	}
	var out []*ldap.EntryAttribute
	for _, a := range attributes {
		name, options, has := strings.Cut(a.Name, ";")
		if !has {
			if len(a.ByteValues) > 0 { // the empty attribute that stands beside its range says nothing
				out = append(out, a)
			}
			continue
		}
		values := slices.Clone(a.ByteValues)
		if next, isRange := nextOfRange(options); isRange && next > 0 && w.fieldOf(name).column >= 0 {
			further, whole, err := rest(g, name, next)
			if err != nil {
				return nil, err
			}
			values = append(values, further...)
			if !whole {
				w.tally.cut[w.fieldOf(name).name]++
			}
		}
		out = append(out, &ldap.EntryAttribute{Name: name, ByteValues: values})
	}
	return out, nil
}

// notes are the tally as sentences.
func (t tally) notes() []string {
	var notes []string
	note := func(count int, one, many string) {
		switch {
		case count == 1:
			notes = append(notes, "1 "+one)
		case count > 1:
			notes = append(notes, fmt.Sprintf("%d %s", count, many))
		}
	}
	note(t.referrals, "referral to another naming context was not followed", "referrals to other naming contexts were not followed")
	note(t.again, "time a search was begun again after a fault", "times searches were begun again after a fault")
	if t.again > 0 {
		t.twice = 0 // that the same entries came again is then no news
	}
	note(t.twice, "entry came again and was not kept twice", "entries came again and were not kept twice")
	for _, name := range slices.Sorted(maps.Keys(t.tooLong)) {
		note(t.tooLong[name], "value of "+name+" was too long and left out", "values of "+name+" were too long and left out")
	}
	for _, name := range slices.Sorted(maps.Keys(t.unreadable)) {
		note(t.unreadable[name], "value of "+name+" was not of its kind and left out", "values of "+name+" were not of their kind and left out")
	}
	for _, name := range slices.Sorted(maps.Keys(t.cut)) {
		note(t.cut[name], "object has more values of "+name+" than could be read", "objects have more values of "+name+" than could be read")
	}
	return notes
}
